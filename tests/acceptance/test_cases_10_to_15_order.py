"""Acceptance cases 10 to 15: who is served when, all exact."""

from __future__ import annotations

from random import Random

import pytest
from offices import Block, ends, office, people, rows, seconds, task, timer

ONE_CLERK = {"clerk": people()}


def test_10_priorities_do_not_make_anyone_wait_for_an_idle_person() -> None:
    urgent = [Random(10).random() < 0.5 for _ in range(500)]
    times = {name: [3600 * i for i, high in enumerate(urgent) if high == (name == "high")] for name in ("high", "low")}
    caseload = {name: {"arrivals": seconds(times[name]), "priority": int(name == "low")} for name in times}
    log = rows(office({"serve": task("1800 s")}, ONE_CLERK, caseload=caseload))
    assert len(log) == 500
    assert (log["start"] == log["enabled"]).all()


def test_11_the_urgent_case_overtakes_those_that_wait_but_not_the_one_in_hand() -> None:
    caseload = {"low": {"arrivals": ["0 s", "0 s"], "priority": 1}, "high": {"arrivals": ["1 s"]}}
    log = rows(office({"serve": task("2 s")}, ONE_CLERK, caseload=caseload))
    assert log[["case", "start", "complete"]].values.tolist() == [[0, 0, 2], [1, 4, 6], [2, 2, 4]]


def test_12_who_leaves_frees_the_place_for_who_comes_at_that_instant() -> None:
    log = rows(office({"serve": task("1 s")}, ONE_CLERK, range(50)))
    assert log["start"].tolist() == list(range(50))


def test_13_two_sources_of_equal_priority_are_served_in_order_of_arrival() -> None:
    caseload = {"even": {"arrivals": seconds([0, 2, 4, 6])}, "odd": {"arrivals": seconds([1, 3, 5, 7])}}
    log = rows(office({"serve": task("2 s")}, ONE_CLERK, caseload=caseload)).sort_values("start")
    assert log["released"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert log["start"].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


def test_14_branches_side_by_side_take_as_long_as_the_longest() -> None:
    nodes = {
        "split": {"kind": "parallel", "branches": ["one", "two", "three"], "join": "met"},
        "one": task("10 s", "met"),
        "two": task("20 s", "met"),
        "three": timer("30 s", "met"),
        "met": {"kind": "join", "next": "last"},
        "last": task("5 s"),
    }
    assert ends(office(nodes, {"clerk": people("inf")})) == [35]


@pytest.mark.parametrize(("evaluators", "lawyers", "second"), [(6, 1, 10), (6, 2, 0), (5, 2, 10)])
def test_15_a_committee_starts_with_all_its_members_or_not_at_all(evaluators: int, lawyers: int, second: int) -> None:
    roles = {"evaluator": people(evaluators), "lawyer": people(lawyers)}
    log = rows(office({"evaluate": task("10 s", evaluator=3, lawyer=1)}, roles, [0, 0]))
    assert log["start"].tolist() == [0, second]


@pytest.mark.parametrize(("lawyer_opens", "small", "large"), [(0, 20, 10), (20, 5, 20)])
def test_15_a_waiting_committee_keeps_its_people_unless_one_of_them_is_off_duty(
    lawyer_opens: int, small: int, large: int
) -> None:
    """One of three evaluators is busy until 10, the committee waits from 1, a task for one is enabled at 5."""
    nodes = {
        "which": by_value("long", "committee", "small"),
        "long": task("10 s", evaluator=1),
        "committee": task("10 s", evaluator=3, lawyer=1),
        "small": task("10 s", evaluator=1),
    }
    roles = {"evaluator": people(3), "lawyer": people(1, "lawyer")}
    calendars = {"lawyer": {"intervals": [[lawyer_opens, 100]]}}
    caseload = {f"class_{i}": {"arrivals": [f"{at} s"], "value": f"{i} USD"} for i, at in enumerate((0, 1, 5))}
    log = rows(office(nodes, roles, caseload=caseload, calendars=calendars)).set_index("activity")
    assert log["start"].to_dict() == {"long": 0, "committee": large, "small": small}


def by_value(*targets: str) -> Block:
    """A choice of the first target for value 0, the second for 1 and so on."""
    bounds = [{"to": target, "below": i + 1} for i, target in enumerate(targets[:-1])]
    return {"kind": "exclusive", "by": "value", "branches": [*bounds, {"to": targets[-1]}]}
