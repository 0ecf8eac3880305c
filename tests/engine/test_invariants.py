"""What must hold of every log, whatever the workflow; and the same log from an oracle that counts the seconds."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from oracle import Oracle
from workflows import Block, certain, chancy, heads, task, tiny

import procsim as ps
from procsim.engine import draws

LARGE = os.environ.get("PROCSIM_TEST_SIZE") == "large"
DAY = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EFFORT, BRANCH = 0, 2  # which word of a block serves which purpose
UNTIL = 700  # seconds that the oracle counts; the last calendar closes at 400

settings.register_profile(
    "procsim", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
PROFILE = settings.get_profile("procsim")

Span = tuple[int, int]
Key = tuple[int, str, int]


@dataclass(frozen=True)
class Run:
    """A log with all that is needed to judge it."""

    data: Block
    workflow: ps.Workflow
    log: ps.EventLog

    @cached_property
    def rows(self) -> dict[Key, dict[str, Any]]:
        records = self.log.table().to_dict("records")
        keyed = {(row["case"], row["activity"], row["visit"]): row for row in records}
        assert len(keyed) == len(records)
        return keyed

    @cached_property
    def tasks(self) -> dict[Key, dict[str, Any]]:
        return {key: row for key, row in self.rows.items() if self.data["nodes"][key[1]]["kind"] == "task"}

    @cached_property
    def people(self) -> dict[Key, list[tuple[str, str]]]:
        found: dict[Key, list[tuple[str, str]]] = defaultdict(list)
        for row in self.log.assignments().to_dict("records"):
            found[row["case"], row["activity"], row["visit"]].append((row["role"], row["resource"]))
        return found

    @cached_property
    def cases(self) -> list[dict[str, Any]]:
        return self.log.case_table().to_dict("records")

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """When each calendar is open, laid out day by day."""
        days = max((row["complete"] for row in self.rows.values()), default=0) // DAY + 1
        return {name: open_spans(self, block, days) for name, block in self.data["calendars"].items()}

    def duty(self, activity: str) -> list[Span]:
        """When all roles of a task are on duty together."""
        staff = self.data["nodes"][activity]["staff"]
        result = [(0, 2**40)]
        for name in {self.data["roles"][role]["calendar"] for role in staff} - {"always"}:
            result = [both for a in result for b in self.spans[name] if (both := overlap(a, b))[0] < both[1]]
        return result


def overlap(a: Span, b: Span) -> Span:
    return max(a[0], b[0]), min(a[1], b[1])


def open_spans(run: Run, block: Block, days: int) -> list[Span]:
    if "intervals" in block:
        return joined(block["intervals"])
    sittings = {moved for day in range(days) if (moved := sitting(run, block, day)) is not None}
    clock = [[int(h) * 3600 + int(m) * 60 for h, m in (t.split(":") for t in s.split("-"))] for s in block["hours"]]
    return joined([[day * DAY + low, day * DAY + high] for day in sittings for low, high in clock])


def joined(spans: list[list[int]]) -> list[Span]:
    """Overlapping or touching spans as one."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1]:
            result[-1] = result[-1][0], max(high, result[-1][1])
        else:
            result.append((low, high))
    return result


def sitting(run: Run, block: Block, day: int) -> int | None:
    """The day on which the sitting planned for that day takes place, if one was planned and is not dropped."""
    week = run.workflow.country.weekdays()
    on = run.log.plan.first + timedelta(days=day)
    if on.weekday() not in week or (on.toordinal() - 1) // 7 % block.get("every_weeks", 1):
        return None
    if "weekdays" in block and WEEKDAYS[on.weekday()] not in block["weekdays"]:
        return None
    if "working_days" in block and sorted(week).index(on.weekday()) + 1 not in block["working_days"]:
        return None
    if is_working(run, on):
        return day
    if block.get("on_holiday") != "next_working_day":
        return None
    return next(later for later in range(day, day + 60) if is_working(run, run.log.plan.first + timedelta(days=later)))


def is_working(run: Run, on: date) -> bool:
    return on.weekday() in run.workflow.country.weekdays() and on not in holidays(run, on.year)


def holidays(run: Run, year: int) -> frozenset[date]:
    key = run.workflow.country.code, year
    if key not in _HOLIDAYS:
        _HOLIDAYS[key] = run.workflow.country.holidays(year, year)
    return _HOLIDAYS[key]


_HOLIDAYS: dict[tuple[str, int], frozenset[date]] = {}


# -- the invariants ----------------------------------------------------------------------------------------------------


def times_rise(run: Run) -> None:
    for row in run.rows.values():
        assert row["released"] <= row["enabled"] <= row["start"] <= row["complete"], row


def a_person_does_one_thing_at_a_time(run: Run) -> None:
    busy: dict[str, list[Span]] = defaultdict(list)
    for key, staff in run.people.items():
        for _, person in staff:
            busy[person].append((run.rows[key]["start"], run.rows[key]["complete"]))
    for person, spans in busy.items():
        for before, after in zip(sorted(spans), sorted(spans)[1:], strict=False):
            assert before[1] <= after[0], person


def a_task_has_the_people_it_needs(run: Run) -> None:
    assert set(run.people) == set(run.tasks)
    for key, staff in run.people.items():
        assert Counter(role for role, _ in staff) == run.data["nodes"][key[1]]["staff"]
        assert (run.rows[key]["role"], run.rows[key]["resource"]) in staff
        for role, person in staff:
            assert 1 <= int(person.removeprefix(f"{role}.")) <= run.data["roles"][role]["heads"]


def nobody_works_outside_their_calendar(run: Run) -> None:
    """What is worked are the open seconds between start and complete; both the first and the last second are open."""
    for key, row in run.tasks.items():
        begin, end = row["start"], row["complete"]
        inside = [both for span in run.duty(key[1]) if (both := overlap(span, (begin, end)))[0] < both[1]]
        assert sum(high - low for low, high in inside) == row["worked"], row
        assert (inside[0][0], inside[-1][1]) == (begin, end), row


def a_whole_task_is_not_carried_over(run: Run) -> None:
    for key, row in run.tasks.items():
        calendars = {run.data["roles"][role]["calendar"] for role in run.data["nodes"][key[1]]["staff"]}
        if any(run.data["calendars"].get(name, {}).get("fit") == "whole" for name in calendars):
            assert row["complete"] - row["start"] == row["worked"], row


def each_case_follows_the_graph(run: Run) -> None:
    for case in run.cases:
        walk = Walk(run, case)
        ended = walk.token(run.data["start"], case["arrival"])
        assert walk.seen == {key for key in run.rows if key[0] == case["case"]}
        assert case["ended"] == (-1 if ended is None else ended)


def every_case_ends_or_is_open(run: Run) -> None:
    for case in run.cases:
        assert (case["final_status"] == "open") == (case["ended"] == -1)
        assert case["final_status"] in ("open", "complete")


def visits_count_up_from_nought(run: Run) -> None:
    visits: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for (case, activity, visit), row in run.rows.items():
        visits[case, activity].append((row["released"], visit))
    for found in visits.values():
        assert [visit for _, visit in sorted(found)] == list(range(len(found)))


def hours_by_role_equal_hours_by_case(run: Run) -> None:
    by_case = ps.measure(run.log, run.workflow).by_case
    ended = [case["case"] for case in run.cases if case["ended"] >= 0]
    hours = {role: 0.0 for role in run.data["roles"]}
    for key, staff in run.people.items():
        for role, _ in staff:
            hours[role] += run.rows[key]["worked"] / 3600 if key[0] in ended else 0
    for role, total in hours.items():
        assert np.nansum(by_case[f"buyer_hours.{role}"]) == pytest.approx(total)
    assert np.nansum(by_case["buyer_hours"]) == pytest.approx(sum(hours.values()))


def littles_law(run: Run) -> None:
    """The time-integral of the number in the system, swept from the rows, is the sum of the sojourns."""
    steps: Counter[int] = Counter()
    for case in (case for case in run.cases if case["ended"] >= 0):
        mine = [[row["released"], row["complete"]] for key, row in run.rows.items() if key[0] == case["case"]]
        for low, high in joined(mine):
            steps[low] += 1
            steps[high] -= 1
    level, area, last = 0, 0, 0
    for time in sorted(steps):
        area += level * (time - last)
        level, last = level + steps[time], time
    assert area == sum(case["ended"] - case["arrival"] for case in run.cases if case["ended"] >= 0)


def draws_are_functions_of_their_key(run: Run) -> None:
    """The work of every visit is the mean times the quantile at the word of its key, and never nothing."""
    plan, keys = run.log.plan, list(run.tasks)
    for case, activity, visit in keys:
        effort = run.workflow.spec.nodes[activity].effort
        table = draws.quantile_table(*effort.shape)
        word = draws.words(plan.seed, run.log.replication, np.array([case]), activity, visit)[EFFORT]
        expected = effort.value.seconds * int(draws.look_up(table, word)[0]) >> draws.ONE
        assert run.rows[case, activity, visit]["worked"] == max(1, expected)


INVARIANTS = (
    times_rise,
    a_person_does_one_thing_at_a_time,
    a_task_has_the_people_it_needs,
    nobody_works_outside_their_calendar,
    a_whole_task_is_not_carried_over,
    each_case_follows_the_graph,
    every_case_ends_or_is_open,
    visits_count_up_from_nought,
    hours_by_role_equal_hours_by_case,
    littles_law,
    draws_are_functions_of_their_key,
)


class Walk:
    """Follows the tokens of one case through the graph, from row to row."""

    def __init__(self, run: Run, case: dict[str, Any]) -> None:
        self.run, self.case, self.value = run, case["case"], case["value"]
        self.visits: Counter[str] = Counter()
        self.seen: set[Key] = set()

    def token(self, name: str, time: int, stop: str = "") -> int | None:
        """When a token that is at that node at that time arrives at `stop` or ends; None if it is still under way."""
        nodes = self.run.data["nodes"]
        while name != stop and nodes[name]["kind"] != "end":
            node, visit = nodes[name], self.visits[name]
            self.visits[name] += 1
            if node["kind"] in ("task", "timer"):
                row = self.run.rows.get((self.case, name, visit))
                if row is None:
                    return None
                assert row["released"] == time
                self.seen.add((self.case, name, visit))
                name, time = node["next"], row["complete"]
            elif node["kind"] == "exclusive":
                name = self.chosen(name, node, visit)
            else:
                met = [self.token(branch, time, node["join"]) for branch in node["branches"]]
                if None in met:
                    return None
                name, time = nodes[node["join"]]["next"], max(moment for moment in met if moment is not None)
        return time

    def chosen(self, name: str, node: Block, visit: int) -> str:
        total, branch = 0.0, node["branches"][-1]
        for option in node["branches"][:-1]:
            total += option.get("probability", 0)
            if self.luck(name, visit) < total if "probability" in option else self.value < option["below"]:
                branch = option
                break
        return branch["then"] if visit + 1 >= branch.get("at_most", visit + 2) else branch["to"]

    def luck(self, name: str, visit: int) -> float:
        """The number between 0 and 1 that chooses a branch."""
        plan = self.run.log.plan
        words = draws.words(plan.seed, self.run.log.replication, np.array([self.case]), name, visit)
        return int(words[BRANCH][0]) / 2**32


# -- the tests ---------------------------------------------------------------------------------------------------------


@settings(PROFILE, max_examples=3000 if LARGE else 150)
@given(chancy())
def test_every_log_keeps_the_invariants(drawn: tuple[Block, str]) -> None:
    data, country = drawn
    workflow = ps.load(data, country=country)
    run = Run(data, workflow, ps.simulate(workflow, seed=3))
    for invariant in INVARIANTS:
        invariant(run)


@settings(PROFILE, max_examples=1000 if LARGE else 40)
@given(chancy())
def test_the_same_seed_gives_the_same_log(drawn: tuple[Block, str]) -> None:
    workflow = ps.load(drawn[0], country=drawn[1])
    once, again = ps.simulate(workflow, seed=3), ps.simulate(workflow, seed=3)
    for name in ("table", "assignments", "case_table"):
        assert getattr(once, name)().equals(getattr(again, name)())


DRAWN = {
    "work": task({"value": "1 h", "distribution": "exponential"}),
    "handover": task("1 h", handover={"value": "1 h", "distribution": "lognormal", "cv": 1}),
    "wait": {"kind": "timer", "duration": {"value": "1 d", "distribution": "exponential"}, "next": "end"},
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("other", [{"seed": 4}, {"replication": 2}])
def test_another_seed_or_replication_gives_other_times(name: str, other: dict[str, int]) -> None:
    workflow = ps.load(tiny({name: DRAWN[name]}, {"clerk": heads("inf")}, arrivals=range(20)))
    base = {"seed": 3, "replication": 1}
    once, again = ps.simulate(workflow, **base).table(), ps.simulate(workflow, **(base | other)).table()
    assert (once["complete"] != again["complete"]).sum() > 15


def assert_equal_to_oracle(data: Block) -> None:
    log = ps.simulate(ps.load(data))
    table, staff, cases = log.table(), log.assignments(), log.case_table()
    oracle = Oracle(data).run(UNTIL)
    columns = ["case", "activity", "role", "resource", "visit", "released", "enabled", "start", "complete"]
    rows = [tuple(row) for row in table[columns].values.tolist()]
    assert sorted(row for row in rows if row[-1] <= UNTIL) == sorted(map(named, oracle.rows))
    people = [tuple(row) for row in staff[["case", "activity", "visit", "role", "resource"]].values.tolist()]
    late = {(row[0], row[1], row[4]) for row in rows if row[-1] > UNTIL}
    assert sorted(row for row in people if row[:3] not in late) == sorted(
        (*key, role, f"{role}.{person + 1}") for *key, role, person in oracle.people
    )
    ended = {case: time for case, time in enumerate(cases["ended"]) if 0 <= time <= UNTIL}
    assert ended == oracle.ended


def named(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of the oracle with the resource as the log names it."""
    case, activity, role, person, *rest = row
    return (case, activity, role, f"{role}.{person + 1}" if role else "", *rest)


@settings(PROFILE, max_examples=5000 if LARGE else 250)
@given(certain())
def test_the_engine_equals_an_oracle_that_counts_the_seconds(data: Block) -> None:
    assert_equal_to_oracle(data)


CLAIMS = tiny(
    {"which": {"kind": "exclusive", "by": "value", "branches": [{"to": "small", "below": 1}, {"to": "committee"}]}}
    | {"small": task("7 s", evaluator=1), "committee": task("5 s", evaluator=3, lawyer=1)},
    {"evaluator": heads(3, "evaluators"), "lawyer": heads(1, "lawyers")},
    calendars={
        "evaluators": {"intervals": [[0, 30], [35, 200]]},
        "lawyers": {"intervals": [[10, 14], [25, 40], [60, 200]]},
    },
    caseload={
        "small": {"arrivals": [f"{time} s" for time in range(0, 60, 3)], "priority": 0, "value": "0 USD"},
        "large": {"arrivals": ["1 s", "4 s", "13 s"], "priority": 0, "value": "1 USD"},
    },
)


@pytest.mark.parametrize("urgent", [0, 1])
def test_claims_and_priorities_equal_the_oracle(urgent: int) -> None:
    """Committees of two calendars among many small tasks, equal in priority or after them."""
    classes = CLAIMS["caseload"]
    later = {**classes["large"], "priority": urgent}
    assert_equal_to_oracle({**CLAIMS, "caseload": {**classes, "large": later}})
