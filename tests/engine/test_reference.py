"""What happens, on either engine, told in workflows of a few lines and their whole logs.

A log is a list of (case, activity, released, enabled, start, complete), in the order (case, complete). Unless said
otherwise, times are seconds, day 0 is a Monday, and one clerk works round the clock.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from workflows import Block, by_value, heads, journal, one_each, task, timer, tiny

import procsim as ps

pytestmark = pytest.mark.usefixtures("each_engine")

MONDAY = date(2022, 9, 26)
HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400
CLERK = {"clerk": heads()}
MANY = {"clerk": heads("inf")}


def log_of(data: Block, country: str = "default", models: Path | None = None) -> list[tuple[Any, ...]]:
    return journal(ps.simulate(ps.load(data, country=country, models=models), first=MONDAY))


def people_of(data: Block) -> list[tuple[Any, ...]]:
    frame = ps.simulate(ps.load(data), first=MONDAY).assignments()
    return list(frame[["case", "activity", "visit", "resource"]].itertuples(index=False, name=None))


# -- hand-over and timers ----------------------------------------------------------------------------------------------


def test_a_handover_passes_in_calendar_time_before_the_queue() -> None:
    nodes = {"a": task("4 s", "b"), "b": task("2 s", handover="3 s")}
    assert log_of(tiny(nodes, CLERK, [0, 1])) == [
        (0, "a", 0, 0, 0, 4),
        (0, "b", 4, 7, 8, 10),
        (1, "a", 1, 1, 4, 8),
        (1, "b", 8, 11, 11, 13),
    ]


def test_a_handover_runs_on_while_the_office_is_closed() -> None:
    office = {"office": {"intervals": [[0, 5], [20, 40]]}}
    data = tiny({"a": task("4 s", handover="7 s")}, {"clerk": heads(1, "office")}, [0, 10], calendars=office)
    assert log_of(data) == [(0, "a", 0, 7, 20, 24), (1, "a", 10, 17, 24, 28)]


FRIDAY_10 = 4 * DAY + 10 * HOUR
MONDAY_10 = 7 * DAY + 10 * HOUR
TUESDAY_10 = 8 * DAY + 10 * HOUR


def test_a_handover_in_working_days_skips_the_weekend() -> None:
    data = tiny({"a": task("1 h", handover="1 wd")}, CLERK, [FRIDAY_10])
    assert log_of(data) == [(0, "a", FRIDAY_10, MONDAY_10, MONDAY_10, MONDAY_10 + HOUR)]


def test_a_handover_of_half_a_working_day_runs_on_through_working_days_only() -> None:
    friday_20 = FRIDAY_10 + 10 * HOUR
    data = tiny({"a": task("1 h", handover="0.5 wd")}, CLERK, [FRIDAY_10, friday_20])
    assert log_of(data) == [
        (0, "a", FRIDAY_10, FRIDAY_10 + 12 * HOUR, FRIDAY_10 + 12 * HOUR, FRIDAY_10 + 13 * HOUR),
        (1, "a", friday_20, 7 * DAY + 8 * HOUR, 7 * DAY + 8 * HOUR, 7 * DAY + 9 * HOUR),
    ]


@pytest.fixture
def holiday_on_monday(tmp_path: Path) -> Path:
    """A folder of models in which 3 October 2022, the second Monday, is a holiday."""
    folder = tmp_path / "countries" / "default"
    folder.mkdir(parents=True)
    (folder / "calendar.yaml").write_text("schema: procsim-country/1\nholidays:\n  also:\n    2022-10-03: test\n")
    return tmp_path


@pytest.mark.parametrize(
    ("duration", "complete"),
    [("3 d", 7 * DAY + 10 * HOUR), ("1 wd", TUESDAY_10), ("2 wd", TUESDAY_10 + DAY), ("5 wd", 14 * DAY + 10 * HOUR)],
)
def test_a_timer_counts_calendar_or_working_days(holiday_on_monday: Path, duration: str, complete: int) -> None:
    data = tiny({"wait": timer(duration)}, arrivals=[FRIDAY_10])
    assert log_of(data, models=holiday_on_monday) == [(0, "wait", FRIDAY_10, FRIDAY_10, FRIDAY_10, complete)]


def test_working_days_are_those_of_the_country() -> None:
    data = tiny({"wait": timer("2 wd")}, arrivals=[3 * DAY])  # Thursday; Brunei works on Saturday, not on Friday
    assert log_of(data, country="BRN") == [(0, "wait", 3 * DAY, 3 * DAY, 3 * DAY, 7 * DAY)]


# -- duty --------------------------------------------------------------------------------------------------------------


def test_work_pauses_over_night_and_weekend() -> None:
    office = {"office": {"hours": ["09:00-12:00", "13:00-17:00"]}}
    data = tiny({"a": task("10 h")}, {"clerk": heads(1, "office")}, [FRIDAY_10], calendars=office)
    assert log_of(data) == [(0, "a", FRIDAY_10, FRIDAY_10, FRIDAY_10, 7 * DAY + 14 * HOUR)]


def test_work_that_ends_at_closing_time_ends_then() -> None:
    office = {"office": {"intervals": [[0, 5], [9, 14]]}}
    data = tiny({"a": task("5 s")}, {"clerk": heads(1, "office")}, [0, 0], calendars=office)
    assert log_of(data) == [(0, "a", 0, 0, 0, 5), (1, "a", 0, 0, 9, 14)]


def test_nobody_is_taken_at_closing_time() -> None:
    office = {"office": {"intervals": [[0, 5], [9, 14]]}}
    data = tiny({"a": task("1 s")}, {"clerk": heads(1, "office")}, [5], calendars=office)
    assert log_of(data) == [(0, "a", 5, 5, 9, 10)]


def test_people_stay_with_paused_work() -> None:
    office = {"office": {"intervals": [[0, 5], [9, 14], [20, 50]]}}
    data = tiny({"a": task("7 s")}, {"clerk": heads(1, "office")}, [0, 1], calendars=office)
    assert log_of(data) == [(0, "a", 0, 0, 0, 11), (1, "a", 1, 1, 11, 24)]


def test_several_roles_work_on_what_their_calendars_share() -> None:
    calendars = {"board": {"intervals": [[5, 15], [30, 60]]}, "lawyers": {"intervals": [[0, 10], [12, 40]]}}
    roles = {"member": heads(2, "board"), "lawyer": heads(1, "lawyers")}
    assert log_of(tiny({"a": task("9 s", member=2, lawyer=1)}, roles, calendars=calendars)) == [(0, "a", 0, 0, 5, 31)]


def test_roles_that_never_meet_are_an_error() -> None:
    calendars = {"early": {"intervals": [[0, 10]]}, "late": {"intervals": [[10, 20]]}}
    roles = {"member": heads(1, "early"), "lawyer": heads(1, "late")}
    with pytest.raises(ps.ModelError, match="member and lawyer are never on duty together"):
        log_of(tiny({"a": task("1 s", member=1, lawyer=1)}, roles, calendars=calendars))


# -- sittings ----------------------------------------------------------------------------------------------------------

SITTINGS = [[10, 20], [30, 40]]


@pytest.mark.parametrize(("fit", "second"), [("pause", (16, 32)), ("whole", (30, 36))])
def test_a_case_that_does_not_fit_is_carried_over_or_left_for_the_next_sitting(
    fit: str, second: tuple[int, int]
) -> None:
    board = {"board": {"intervals": SITTINGS, "fit": fit}}
    data = tiny({"a": task("6 s")}, {"clerk": heads(1, "board")}, [0, 0], calendars=board)
    assert log_of(data) == [(0, "a", 0, 0, 10, 16), (1, "a", 0, 0, *second)]


def test_a_case_that_just_fits_is_taken_whole() -> None:
    board = {"board": {"intervals": SITTINGS, "fit": "whole"}}
    data = tiny({"a": task("5 s")}, {"clerk": heads(1, "board")}, [0, 0, 0], calendars=board)
    assert log_of(data) == [(0, "a", 0, 0, 10, 15), (1, "a", 0, 0, 15, 20), (2, "a", 0, 0, 30, 35)]


def test_a_task_longer_than_any_sitting_is_an_error() -> None:
    board = {"board": {"intervals": SITTINGS, "fit": "whole"}}
    with pytest.raises(ps.ModelError, match="longest sitting"):
        log_of(tiny({"a": task("11 s")}, {"clerk": heads(1, "board")}, calendars=board))


def test_a_claim_lapses_at_the_second_when_the_task_no_longer_fits() -> None:
    """Two sit until 20, and one is busy. The pair's 10 s fit until 10; then the free one may do the small task."""
    board = {"board": {"intervals": [[0, 20], [30, 60]], "fit": "whole"}}
    nodes = {"which": by_value("long", "pair", "small"), "long": task("15 s"), "pair": task("10 s", clerk=2)}
    data = tiny(
        {**nodes, "small": task("3 s")}, {"clerk": heads(2, "board")}, caseload=one_each([0, 1, 2]), calendars=board
    )
    assert log_of(data) == [(0, "long", 0, 0, 0, 15), (1, "pair", 1, 1, 30, 40), (2, "small", 2, 2, 11, 14)]


@pytest.mark.parametrize(("on_holiday", "day"), [("skip", 14), ("next_working_day", 8)])
def test_a_sitting_on_a_holiday_is_dropped_or_moved(holiday_on_monday: Path, on_holiday: str, day: int) -> None:
    board = {"board": {"weekdays": ["mon"], "hours": ["09:00-12:00"], "on_holiday": on_holiday}}
    data = tiny({"a": task("1 h")}, {"clerk": heads(1, "board")}, [FRIDAY_10], calendars=board)
    nine = day * DAY + 9 * HOUR
    assert log_of(data, models=holiday_on_monday) == [(0, "a", FRIDAY_10, FRIDAY_10, nine, nine + HOUR)]


# -- queues: claims, priorities, ties ----------------------------------------------------------------------------------


def test_first_come_first_served() -> None:
    assert log_of(tiny({"a": task("3 s")}, CLERK, [0, 1, 2])) == [
        (0, "a", 0, 0, 0, 3),
        (1, "a", 1, 1, 3, 6),
        (2, "a", 2, 2, 6, 9),
    ]


def test_the_urgent_go_first() -> None:
    data = tiny({"a": task("3 s")}, CLERK, caseload=one_each([0, 1, 2, 3], priorities=[2, 2, 1, 0]))
    assert log_of(data) == [
        (0, "a", 0, 0, 0, 3),
        (1, "a", 1, 1, 9, 12),
        (2, "a", 2, 2, 6, 9),
        (3, "a", 3, 3, 3, 6),
    ]


def test_a_tie_in_priority_goes_to_the_task_enabled_first() -> None:
    nodes = {
        "which": by_value("b", "a", "busy"),
        "a": task("2 s"),
        "b": task("2 s", handover="3 s"),
        "busy": task("9 s"),
    }
    data = tiny(nodes, CLERK, caseload=one_each([1, 2, 0]))
    assert log_of(data) == [(0, "busy", 0, 0, 0, 9), (1, "b", 1, 4, 11, 13), (2, "a", 2, 2, 9, 11)]


def test_a_tie_in_time_goes_to_the_lower_case() -> None:
    nodes = {"which": by_value("late", "early"), "early": task("2 s"), "late": task("2 s")}
    data = tiny(nodes, CLERK, caseload=one_each([0, 0]))
    assert log_of(data) == [(0, "late", 0, 0, 0, 2), (1, "early", 0, 0, 2, 4)]


def test_a_tie_in_one_case_goes_to_the_node_first_in_the_file() -> None:
    split = {"kind": "parallel", "branches": ["second", "first"], "join": "met"}
    nodes = {"split": split, "first": task("2 s", "met"), "second": task("2 s", "met"), "met": join()}
    assert log_of(tiny(nodes, CLERK)) == [(0, "first", 0, 0, 0, 2), (0, "second", 0, 0, 2, 4)]


def test_all_that_ends_at_one_instant_ends_before_anybody_is_assigned() -> None:
    """At 4 the urgent case comes out of its timer after the clerk is free, and still goes first."""
    nodes = {
        "which": by_value("a", "a", "wait"),
        "wait": timer("2 s", "more"),
        "more": timer("2 s", "a"),
        "a": task("4 s"),
    }
    data = tiny(nodes, CLERK, caseload=one_each([0, 1, 0], priorities=[1, 1, 0]))
    assert log_of(data) == [
        (0, "a", 0, 0, 0, 4),
        (1, "wait", 0, 0, 0, 2),
        (1, "more", 2, 2, 2, 4),
        (1, "a", 4, 4, 4, 8),
        (2, "a", 1, 1, 8, 12),
    ]


def test_steps_of_no_length_pass_within_the_instant() -> None:
    nodes = {"a": timer("0 s", "b"), "b": timer("0 s", "c"), "c": task("2 s", handover="0 s")}
    assert log_of(tiny(nodes, CLERK, [3])) == [(0, "a", 3, 3, 3, 3), (0, "b", 3, 3, 3, 3), (0, "c", 3, 3, 3, 5)]


def test_a_committee_claims_the_free_people_it_waits_for() -> None:
    nodes = {"which": by_value("one", "three"), "one": task("10 s"), "three": task("5 s", clerk=3)}
    classes = one_each([0, 1])
    classes["class_0"]["arrivals"] = ["0 s", "2 s", "3 s"]
    assert log_of(tiny(nodes, {"clerk": heads(3)}, caseload=classes)) == [
        (0, "one", 0, 0, 0, 10),
        (1, "three", 1, 1, 10, 15),
        (2, "one", 2, 2, 15, 25),
        (3, "one", 3, 3, 15, 25),
    ]


def test_what_a_committee_does_not_need_is_left_to_others() -> None:
    nodes = {"which": by_value("one", "three"), "one": task("10 s"), "three": task("5 s", clerk=3)}
    classes = one_each([0, 1])
    classes["class_0"]["arrivals"] = ["0 s", "0 s", "2 s"]
    assert log_of(tiny(nodes, {"clerk": heads(4)}, caseload=classes)) == [
        (0, "one", 0, 0, 0, 10),
        (1, "one", 0, 0, 0, 10),
        (2, "three", 1, 1, 10, 15),
        (3, "one", 2, 2, 10, 20),
    ]


def test_a_committee_with_a_member_off_duty_claims_nobody() -> None:
    calendars = {"lawyers": {"intervals": [[20, 60]]}}
    nodes = {"which": by_value("both", "one"), "both": task("5 s", clerk=2, lawyer=1), "one": task("10 s")}
    roles = {"clerk": heads(2), "lawyer": heads(1, "lawyers")}
    assert log_of(tiny(nodes, roles, caseload=one_each([0, 1]), calendars=calendars)) == [
        (0, "both", 0, 0, 20, 25),
        (1, "one", 1, 1, 1, 11),
    ]


def test_a_claim_ends_when_a_member_goes_off_duty() -> None:
    """The committee claims the free clerk from 1; at 4 the lawyer leaves until 30, and the clerk is free for others."""
    calendars = {"lawyers": {"intervals": [[0, 4], [30, 60]]}}
    nodes = {"which": by_value("one", "both"), "both": task("5 s", clerk=2, lawyer=1), "one": task("10 s")}
    classes = one_each([0, 1])
    classes["class_0"]["arrivals"] = ["0 s", "2 s"]
    roles = {"clerk": heads(2), "lawyer": heads(1, "lawyers")}
    assert log_of(tiny(nodes, roles, caseload=classes, calendars=calendars)) == [
        (0, "one", 0, 0, 0, 10),
        (1, "both", 1, 1, 30, 35),
        (2, "one", 2, 2, 4, 14),
    ]


def test_the_lowest_free_number_is_taken() -> None:
    nodes = {"which": by_value("long", "short"), "long": task("9 s"), "short": task("3 s")}
    classes = {
        "long": {"arrivals": ["0 s", "4 s"], "value": "0 USD"},
        "short": {"arrivals": ["0 s", "5 s"], "value": "1 USD"},
    }
    assert people_of(tiny(nodes, {"clerk": heads(9)}, caseload=classes)) == [
        (0, "long", 0, "clerk.1"),
        (1, "short", 0, "clerk.2"),
        (2, "long", 0, "clerk.2"),
        (3, "short", 0, "clerk.3"),
    ]


def test_the_lead_of_a_task_is_the_first_role_that_it_names() -> None:
    roles = {"clerk": heads(2), "lawyer": heads(2)}
    log = ps.simulate(ps.load(tiny({"a": task("3 s", lawyer=1, clerk=2)}, roles)))
    assert log.table()[["role", "resource"]].values.tolist() == [["lawyer", "lawyer.1"]]
    assert log.assignments()["resource"].tolist() == ["clerk.1", "clerk.2", "lawyer.1"]


# -- the graph ---------------------------------------------------------------------------------------------------------


def join(next: str = "end") -> Block:
    return {"kind": "join", "next": next}


def test_a_join_waits_for_all_branches() -> None:
    split = {"kind": "parallel", "branches": ["a", "b", "c"], "join": "met"}
    nodes = {"split": split, "a": task("2 s", "met"), "b": timer("7 s", "met"), "c": task("3 s", "met")}
    assert log_of(tiny({**nodes, "met": join("last"), "last": task("1 s")}, MANY)) == [
        (0, "a", 0, 0, 0, 2),
        (0, "c", 0, 0, 0, 3),
        (0, "b", 0, 0, 0, 7),
        (0, "last", 7, 7, 7, 8),
    ]


def test_a_parallel_within_a_loop_is_joined_in_every_round() -> None:
    split = {"kind": "parallel", "branches": ["a", "b"], "join": "met"}
    nodes = {"split": split, "a": timer("2 s", "met"), "b": timer("3 s", "met"), "met": join("again")}
    again = {
        "kind": "exclusive",
        "branches": [{"to": "split", "probability": 1, "at_most": 2, "then": "end"}, {"to": "end"}],
    }
    assert log_of(tiny({**nodes, "again": again})) == [
        (0, "a", 0, 0, 0, 2),
        (0, "b", 0, 0, 0, 3),
        (0, "a", 3, 3, 3, 5),
        (0, "b", 3, 3, 3, 6),
    ]


def test_a_loop_is_bounded_and_then_goes_where_it_says() -> None:
    again = {
        "kind": "exclusive",
        "branches": [{"to": "a", "probability": 1, "at_most": 3, "then": "up"}, {"to": "end"}],
    }
    nodes = {"a": timer("2 s", "again"), "again": again, "up": timer("9 s", "given_up")}
    data = tiny({**nodes, "given_up": {"kind": "end", "status": "unsuccessful"}})
    assert log_of(data) == [(0, "a", 0, 0, 0, 2), (0, "a", 2, 2, 2, 4), (0, "a", 4, 4, 4, 6), (0, "up", 6, 6, 6, 15)]
    cases = ps.simulate(ps.load(data)).case_table()
    assert cases[["final_status", "ended"]].values.tolist() == [["unsuccessful", 15]]


def test_a_branch_that_is_never_taken_and_one_that_always_is() -> None:
    which = {
        "kind": "exclusive",
        "branches": [{"to": "a", "probability": 0}, {"to": "b", "probability": 1}, {"to": "c"}],
    }
    nodes = {"which": which, "a": timer("1 s"), "b": timer("2 s"), "c": timer("3 s")}
    assert {row[1] for row in log_of(tiny(nodes, arrivals=range(300)))} == {"b"}


def test_a_choice_by_value_takes_the_first_bound_that_exceeds_it() -> None:
    bounds = [{"to": "small", "below": "10 USD"}, {"to": "middle", "below": "20 USD"}, {"to": "large"}]
    nodes = {name: timer(f"{i} s") for i, name in enumerate(("small", "middle", "large"))}
    classes = {f"c{value}": {"arrivals": ["0 s"], "value": f"{value} USD"} for value in (9, 10, 19, 20)}
    data = tiny({"which": {"kind": "exclusive", "by": "value", "branches": bounds}, **nodes}, caseload=classes)
    assert [row[1] for row in log_of(data)] == ["small", "middle", "middle", "large"]


MARKET: Block = {
    "notice": "portal",
    "awareness_mean": 5,
    "awareness_shape": 1,
    "awareness_multiplier": 1.5,
    "entry_spread": 1,
    "cost_spread": 0.37,
    "wage": "10 USD",
    "valid_share": 1,
}


@pytest.mark.parametrize(("bids", "branch"), [(0, "none"), (1, "one"), (2, "more"), (7, "more")])
@pytest.mark.parametrize("by", ["bids", "valid_bids"])
def test_a_choice_by_bids(by: str, bids: int, branch: str) -> None:
    bounds = [{"to": "none", "below": 1}, {"to": "one", "below": 2}, {"to": "more"}]
    nodes = {"window": {"kind": "bidding", "duration": "5 d", "next": "which"}}
    nodes |= {"which": {"kind": "exclusive", "by": by, "branches": bounds}}
    nodes |= {name: timer("1 d") for name in ("none", "one", "more")}
    data = tiny(nodes, market={**MARKET, "bids": bids})
    assert log_of(data) == [(0, "window", 0, 0, 0, 5 * DAY), (0, branch, 5 * DAY, 5 * DAY, 5 * DAY, 6 * DAY)]


def test_effort_grows_with_bids_and_with_valid_bids() -> None:
    effort = {"value": "10 min", "per_bid": "3 min", "per_valid_bid": "1 min"}
    nodes = {"window": {"kind": "bidding", "duration": "5 d", "next": "open"}, "open": task(effort)}
    data = tiny(nodes, CLERK, market={**MARKET, "bids": 4})
    assert log_of(data)[1] == (0, "open", 5 * DAY, 5 * DAY, 5 * DAY, 5 * DAY + 60 * (10 + 3 * 4 + 1 * 4))


def test_a_failed_round_is_followed_by_another_in_the_same_case() -> None:
    again = {"to": "window", "below": 1, "at_most": 3, "then": "failed"}
    nodes = {
        "window": {"kind": "bidding", "duration": "5 d", "next": "any"},
        "any": {"kind": "exclusive", "by": "bids", "branches": [again, {"to": "end"}]},
        "failed": {"kind": "end", "status": "unsuccessful"},
    }
    log = ps.simulate(ps.load(tiny(nodes, market={**MARKET, "bids": 0})))
    assert journal(log) == [(0, "window", t * DAY, t * DAY, t * DAY, (t + 5) * DAY) for t in (0, 5, 10)]
    assert log.case_table()[["rounds", "bids", "final_status"]].values.tolist() == [[3, 0, "unsuccessful"]]


def test_bidders_pay_for_every_bid_and_the_winner_once() -> None:
    nodes = {
        "window": {"kind": "bidding", "duration": "5 d", "bidder": {"offer": "60 h", "copy": "3 h"}, "next": "sign"},
        "sign": {**task("1 h"), "winner": {"contract": "8 h"}},
    }
    log = ps.simulate(ps.load(tiny(nodes, CLERK, market={**MARKET, "bids": 3})))
    assert log.case_table()["bidder_hours"].tolist() == [3 * 63 + 8]


# -- the horizon -------------------------------------------------------------------------------------------------------


def test_a_case_still_open_at_the_horizon_has_no_end() -> None:
    """With explicit arrivals the horizon lies a year and two after the last of them."""
    nodes = {"which": by_value("short", "long"), "short": timer("3 d"), "long": timer("1 d", "longer")}
    data = tiny({**nodes, "longer": timer("2000 d")}, caseload=one_each([0, 0]))
    log = ps.simulate(ps.load(data))
    assert journal(log) == [(0, "short", 0, 0, 0, 3 * DAY), (1, "long", 0, 0, 0, DAY)]
    cases = log.case_table()
    assert cases[["final_status", "ended"]].values.tolist() == [["complete", 3 * DAY], ["open", -1]]


def test_the_run_stops_when_the_last_case_of_the_cohort_has_ended() -> None:
    log = ps.simulate(ps.load(tiny({"a": timer("5 d")}, caseload={"case": {"per_year": 500}})), years=1)
    cases = log.case_table()
    cohort = cases[(cases["arrival"] >= YEAR) & (cases["arrival"] < 2 * YEAR)]
    assert len(cohort) > 400
    assert (cohort["final_status"] == "complete").all()
    assert log.table()["complete"].max() == cohort["ended"].max()
    assert (cases.loc[cases["arrival"] > cohort["ended"].max(), "final_status"] == "open").all()


def test_a_role_that_is_never_on_duty_again_leaves_its_cases_open() -> None:
    office = {"office": {"intervals": [[0, 5]]}}
    data = tiny({"a": task("4 s")}, {"clerk": heads(1, "office")}, [0, 1, 2], calendars=office)
    assert log_of(data) == [(0, "a", 0, 0, 0, 4)]
    assert ps.simulate(ps.load(data)).case_table()["final_status"].tolist() == ["complete", "open", "open"]
