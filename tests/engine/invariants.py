"""What must hold of every log, whatever the model: judged from the checked specification and the keys of the draws."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from walk import Key, Walk

import procsim as ps
from procsim.engine import draws
from procsim.procurement.schema import CalendarSpec, Task, WorkflowSpec

DAY = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Span = tuple[int, int]


@dataclass(frozen=True)
class Run:
    """A log with all that is needed to judge it."""

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
        return {key: row for key, row in self.rows.items() if isinstance(self.node(key), Task)}

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
    def walks(self) -> list[Walk]:
        return [Walk(self, case["case"]) for case in self.cases]

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """When each calendar is open, laid out day by day."""
        days = max((row["complete"] for row in self.rows.values()), default=0) // DAY + 1
        return {name: open_spans(self, block, days) for name, block in self.workflow.spec.calendars.items()}

    def spec(self, case: int) -> WorkflowSpec:
        """The workflow as the case meets it."""
        return self.workflow.variants[self.log.cases.variant[case]].spec

    def node(self, key: Key) -> Any:
        return self.spec(key[0]).nodes[key[1]]

    def calendars(self, key: Key) -> set[str]:
        """The calendars of the roles of a task, but for those that never close."""
        spec = self.spec(key[0])
        return {spec.roles[role].calendar for role in self.node(key).staff} - {"always"}

    def duty(self, key: Key) -> list[Span]:
        """When all roles of a task are on duty together."""
        result = [(0, 2**40)]
        for name in self.calendars(key):
            result = [both for a in result for b in self.spans[name] if (both := overlap(a, b))[0] < both[1]]
        return result

    def word(self, case: int, name: str, visit: int, purpose: int) -> Any:
        """The word of a visit, drawn for this case alone."""
        plan = self.log.plan
        return draws.words(plan.seed, self.log.replication, np.array([case]), name, visit)[purpose]

    def round(self, case: int, number: int) -> draws.Round:
        """What comes of a round, drawn for this case alone."""
        plan, cases, one = self.log.plan, self.log.cases, np.array([case])
        rows = zip(plan.activities, plan.nodes.market[cases.variant[case]], strict=True)
        part = plan.parts[cases.part[case]]
        tables = plan.markets[next(row for name, row in rows if name.rpartition("/")[0] == part and row >= 0)]
        blocks = [
            draws.words(plan.seed, self.log.replication, one, name, number) for name in (draws.SUPPLIERS, draws.PRICE)
        ]
        found = draws.bidding(tables, cases.value[one], *blocks)
        return draws.Round(*(int(column[0]) for column in found))


def overlap(a: Span, b: Span) -> Span:
    return max(a[0], b[0]), min(a[1], b[1])


def open_spans(run: Run, block: CalendarSpec, days: int) -> list[Span]:
    if block.intervals is not None:
        return joined(block.intervals)
    sittings = {moved for day in range(days) if (moved := sitting(run, block, day)) is not None}
    clock = [[int(h) * 3600 + int(m) * 60 for h, m in (t.split(":") for t in s.split("-"))] for s in block.hours or []]
    return joined([(day * DAY + low, day * DAY + high) for day in sittings for low, high in clock])


def joined(spans: Iterable[Span]) -> list[Span]:
    """Overlapping or touching spans as one."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1]:
            result[-1] = result[-1][0], max(high, result[-1][1])
        else:
            result.append((low, high))
    return result


def sitting(run: Run, block: CalendarSpec, day: int) -> int | None:
    """The day on which the sitting planned for that day takes place, if one was planned and is not dropped."""
    week = run.workflow.country.weekdays()
    on = run.log.plan.first + timedelta(days=day)
    if on.weekday() not in week or (on.toordinal() - 1) // 7 % (block.every_weeks or 1):
        return None
    if block.weekdays and WEEKDAYS[on.weekday()] not in block.weekdays:
        return None
    if block.working_days and sorted(week).index(on.weekday()) + 1 not in block.working_days:
        return None
    if is_working(run, on):
        return day
    if block.on_holiday != "next_working_day":
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
        assert Counter(role for role, _ in staff) == run.node(key).staff
        assert (run.rows[key]["role"], run.rows[key]["resource"]) in staff
        for role, person in staff:
            assert 1 <= int(person.removeprefix(f"{role}.")) <= (run.workflow.spec.roles[role].heads or 2**30)


def nobody_works_outside_their_calendar(run: Run) -> None:
    """What is worked are the open seconds between start and complete; both the first and the last second are open."""
    for key, row in run.tasks.items():
        begin, end = row["start"], row["complete"]
        inside = [both for span in run.duty(key) if (both := overlap(span, (begin, end)))[0] < both[1]]
        assert sum(high - low for low, high in inside) == row["worked"], row
        assert (inside[0][0], inside[-1][1]) == (begin, end), row


def a_whole_task_is_not_carried_over(run: Run) -> None:
    for key, row in run.tasks.items():
        if any(run.workflow.spec.calendars[name].fit == "whole" for name in run.calendars(key)):
            assert row["complete"] - row["start"] == row["worked"], row


def each_case_goes_where_its_value_says(run: Run) -> None:
    """The first route that has room for its value, where no share of the routes is left to chance."""
    parts, classes = run.log.plan.parts, run.workflow.spec.caseload
    for case in run.cases:
        routes = classes[case["class"]].methods
        if routes and all(route.share in (0, 1) for route in routes):
            roomy = [route for route in routes if route.below is None or case["value"] < route.below.amount]
            expected = next(route.to for route in roomy if route.share)
            assert parts[run.log.cases.part[case["case"]]] == expected


def each_case_follows_the_graph_of_its_variant_and_part(run: Run) -> None:
    for case, walk in zip(run.cases, run.walks, strict=True):
        assert walk.seen == {key for key in run.rows if key[0] == case["case"]}
        assert case["ended"] == (-1 if walk.ended is None else walk.ended)
        assert case["final_status"] == walk.status


def every_case_ends_or_is_open(run: Run) -> None:
    for case in run.cases:
        assert (case["final_status"] == "open") == (case["ended"] == -1)


def the_case_table_tells_of_the_bids(run: Run) -> None:
    """The last round's bids, and the bidders' hours: those paid for, at each step that costs any."""
    for case, walk in zip(run.cases, run.walks, strict=True):
        if walk.ended is None:
            continue  # how far a case has come that is still open, the rows do not tell
        assert case["rounds"] == len(walk.found)
        assert case["all_bids"] == sum(found.bids for found in walk.found)
        last = walk.last
        price = np.nan if last.price < 0 else last.price / 1e6
        assert (case["bids"], case["valid_bids"], case["winner"]) == (last.bids, last.valid, last.winner)
        assert case["price"] == pytest.approx(price, nan_ok=True)
        assert case["bidder_hours"] * 3600 == pytest.approx(walk.bidder_seconds)
        assert run.log.outcome["moved"][case["case"]] == walk.moved


def fixed_bids_are_those_of_the_part_and_variant(run: Run) -> None:
    for case, walk in zip(run.cases, run.walks, strict=True):
        market = run.spec(case["case"]).market.get(run.log.plan.parts[run.log.cases.part[case["case"]]])
        if market and market.bids is not None and not market.capture:
            assert [found.bids for found in walk.found] == [market.bids] * len(walk.found)


def visits_count_up_from_nought(run: Run) -> None:
    visits: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for (case, activity, visit), row in run.rows.items():
        visits[case, activity].append((row["released"], visit))
    for found in visits.values():
        assert [visit for _, visit in sorted(found)] == list(range(len(found)))


def hours_by_role_equal_hours_by_case(run: Run) -> None:
    by_case = ps.measure(run.log, run.workflow).by_case
    ended = [case["case"] for case in run.cases if case["ended"] >= 0]
    hours = dict.fromkeys(run.workflow.spec.roles, 0.0)
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
        mine = [(row["released"], row["complete"]) for key, row in run.rows.items() if key[0] == case["case"]]
        for low, high in joined(mine):
            steps[low] += 1
            steps[high] -= 1
    level, area, last = 0, 0, 0
    for time in sorted(steps):
        area += level * (time - last)
        level, last = level + steps[time], time
    assert area == sum(case["ended"] - case["arrival"] for case in run.cases if case["ended"] >= 0)


INVARIANTS = (
    times_rise,
    a_person_does_one_thing_at_a_time,
    a_task_has_the_people_it_needs,
    nobody_works_outside_their_calendar,
    a_whole_task_is_not_carried_over,
    each_case_goes_where_its_value_says,
    each_case_follows_the_graph_of_its_variant_and_part,
    every_case_ends_or_is_open,
    the_case_table_tells_of_the_bids,
    fixed_bids_are_those_of_the_part_and_variant,
    visits_count_up_from_nought,
    hours_by_role_equal_hours_by_case,
    littles_law,
)
