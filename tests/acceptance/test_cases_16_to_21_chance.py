"""Acceptance cases 16 to 21: intervals, levels, seeds, common luck and the null test."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
import pytest
from offices import Block, office, people, seconds, task, timer

import procsim as ps
from procsim.study.experiment import interval

DRAWN: Block = {"value": "4 h", "distribution": "lognormal", "cv": 0.8}
KEYS = ["case", "activity", "visit"]


def test_16_interval_of_a_small_sample() -> None:
    found = interval([5, 3, 8, -1, 2])
    assert found.mean == pytest.approx(3.4, abs=1e-12)
    assert found.high - found.mean == pytest.approx(4.17391, abs=5e-6)
    assert found.mean - found.low == pytest.approx(4.17391, abs=5e-6)


def test_17_time_weighted_mean_of_a_level() -> None:
    """Cases in hand follow the level from second 2 on, but one higher, since they cannot be -1."""
    stays = {0: [2, 2, 6, 6, 6, 6], 3: [3, 3, 3, 3, 3], 7: [2, 3, 3], 9: [1]}
    caseload, branches, nodes = {}, [], {}
    for value, (arrival, stay) in enumerate((time, stay) for time, list_ in stays.items() for stay in list_):
        caseload[f"class_{value}"] = {"arrivals": seconds([arrival]), "value": f"{value} USD"}
        nodes[f"stay_{value}"] = timer(f"{stay} s")
        branches.append({"to": f"stay_{value}", "below": value + 1})
    del branches[-1]["below"]  # the last takes the rest
    workflow = office({"which": {"kind": "exclusive", "by": "value", "branches": branches}, **nodes}, caseload=caseload)
    levels = [6] * 2 + [4] + [9] * 3 + [0] + [3] * 3
    assert sum(levels) / len(levels) == 5.2
    found = ps.measure(ps.totals.of(ps.simulate(workflow)), workflow)
    assert found.office["backlog"] == pytest.approx(4.2 + 1, abs=1e-12)


@pytest.fixture(scope="module")
def chancy() -> ps.Workflow:
    """Two clerks, drawn efforts and hand-overs, rework, cases at random times."""
    again = [{"to": "first", "probability": 0.3, "at_most": 4, "then": "second"}, {"to": "second"}]
    nodes = {
        "first": {**task(DRAWN, "again"), "handover": {"value": "1 h", "distribution": "exponential"}},
        "again": {"kind": "exclusive", "branches": again},
        "second": {**task(DRAWN), "milestone": "contract"},
    }
    return office(nodes, {"clerk": people(2)}, caseload={"case": {"interval": "9 h"}})


def same(a: ps.EventLog, b: ps.EventLog) -> bool:
    tables = ("table", "assignments", "case_table")
    return all(getattr(a, name)().equals(getattr(b, name)()) for name in tables)


def test_18_the_same_seed_gives_identical_tables(chancy: ps.Workflow) -> None:
    assert same(ps.simulate(chancy, seed=5), ps.simulate(chancy, seed=5))


def test_18_another_seed_gives_other_tables(chancy: ps.Workflow) -> None:
    assert not same(ps.simulate(chancy, seed=5), ps.simulate(chancy, seed=6))


def test_18_the_number_of_workers_changes_nothing(chancy: ps.Workflow) -> None:
    alone, together = (ps.compare({"a": chancy}, replications=3, workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(alone.table(), together.table(), check_exact=True)


def downstream(effort: str, role: str) -> ps.EventLog:
    """A drawn task of the clerk, then one of this effort by this role."""
    nodes = {"up": task(DRAWN, "between"), "between": timer(DRAWN, "down"), "down": task(effort, **{role: 1})}
    roles = {"clerk": people(), "lawyer": people()}
    return ps.simulate(office(nodes, roles, caseload={"case": {"interval": "6 h"}}))


def upstream(log: ps.EventLog, cases: int) -> pd.DataFrame:
    """The rows before the change; the last cases are cut, because a slower policy lets more of them arrive."""
    frame = log.table()
    return frame[(frame["activity"] != "down") & (frame["case"] < cases)].reset_index(drop=True)


def test_19_rows_upstream_of_a_change_are_identical_where_nothing_leads_back() -> None:
    short, long = downstream("1 h", "lawyer"), downstream("2 h", "lawyer")
    assert len(upstream(short, 1000)) == 2000
    pd.testing.assert_frame_equal(upstream(short, 1000), upstream(long, 1000))


def test_19_shared_people_may_move_rows_but_not_draws() -> None:
    short, long = upstream(downstream("1 h", "clerk"), 1000), upstream(downstream("1.5 h", "clerk"), 1000)
    assert not short.equals(long)
    lengths = [frame.assign(waited=frame["complete"] - frame["start"]) for frame in (short, long)]
    works = [frame.loc[frame["activity"] == "up", [*KEYS, "worked"]] for frame in lengths]
    waits = [frame.loc[frame["activity"] == "between", [*KEYS, "waited"]] for frame in lengths]
    pd.testing.assert_frame_equal(*works)
    pd.testing.assert_frame_equal(*waits)


def drawn(settings: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What chance decided in an open tender: work of every visit, and the suppliers of every case."""
    log = ps.simulate(ps.load("open_tender", settings=settings))
    cases = log.case_table()
    ended = cases[cases["final_status"] != "open"]
    return log.table().set_index(KEYS)["worked"].to_frame(), ended.set_index("case")[["all_bids", "price", "rounds"]]


def test_19_every_draw_of_a_tender_is_the_same_at_every_staffing() -> None:
    many, few = drawn([]), drawn(["role.evaluator=21", "role.legal_officer=3"])
    for a, b in zip(many, few, strict=True):
        both = a.index.intersection(b.index)
        assert len(both) > 300
        pd.testing.assert_frame_equal(a.loc[both], b.loc[both])


def test_20_two_equal_policies_differ_by_exactly_nothing() -> None:
    policies = {name: ps.load("open_tender").under("electronic") for name in ("one", "other")}
    result = ps.compare(policies, replications=2)
    differences = {name: result.difference("other", name) for name in result.names()}
    assert len(differences) > 20
    for name, found in differences.items():
        assert (found.interval.mean, found.interval.low, found.interval.high) == (0, 0, 0), name
        assert found.ties, name
        assert found.left_out == 0, name


def test_21_without_queues_and_nights_a_case_takes_its_longest_path() -> None:
    handover = {"value": "2 h", "distribution": "triangular", "low": 0.5, "high": 1.5}
    nodes = {
        "first": {**task(DRAWN, "split"), "handover": handover},
        "split": {"kind": "parallel", "branches": ["left", "right"], "join": "met"},
        "left": timer({"value": "9 h", "distribution": "exponential"}, "met"),
        "right": {**task(DRAWN, "on", clerk=2), "handover": handover},
        "on": task(DRAWN, "met"),
        "met": {"kind": "join", "next": "again"},
        "again": {
            "kind": "exclusive",
            "branches": [{"to": "first", "probability": 0.4, "at_most": 3, "then": "last"}, {"to": "last"}],
        },
        "last": {**task(DRAWN), "milestone": "contract"},
    }
    workflow = office(nodes, {"clerk": people("inf")}, caseload={"case": {"per_year": 100}})
    log = ps.simulate(workflow)
    cycle = ps.measure(ps.totals.of(log), workflow)
    drawn_times = times_by_case(log.table())
    paths = {case: longest_path(drawn_times[case]) for case in cycle.case}
    assert len(paths) > 50
    assert {
        case: round(days * 86_400) for case, days in zip(cycle.case, cycle.by_case["cycle_time"], strict=True)
    } == paths


Times = dict[tuple[str, int], int]


def times_by_case(log: pd.DataFrame) -> dict[int, Times]:
    """For each case, what was drawn for each visit: hand-over and work, or the length of the timer."""
    times: dict[int, Times] = defaultdict(dict)
    for row in log.to_dict("records"):
        length = row["enabled"] - row["released"] + (row["worked"] if row["role"] else row["complete"] - row["start"])
        times[row["case"]][row["activity"], row["visit"]] = length
    return times


def longest_path(times: Times) -> int:
    rounds = [visit for activity, visit in times if activity == "first"]
    middle = (max(times["left", v], times["right", v] + times["on", v]) for v in rounds)
    return sum(times["first", v] for v in rounds) + sum(middle) + times["last", 0]
