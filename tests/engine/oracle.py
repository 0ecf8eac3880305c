"""A second engine, as plain as can be: it counts the seconds one by one, straight from the page of semantics.

It reads workflows without chance (times in whole seconds, raw intervals, fixed bids, choices that are certain), with
their parts, variants and outages. Which variant a case meets it is told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from agreed import agreed

import procsim as ps
from procsim.procurement.parameters import SECONDS
from procsim.procurement.schema import Bidding, CaseClass, Exclusive, Join, Parallel, Step, Task, WorkflowSpec

UNTIL = 700  # seconds that are counted; the last calendar closes at 400


@dataclass(eq=False)
class Case:
    """A case and the workflow as it meets it."""

    spec: WorkflowSpec
    law: CaseClass
    part: str
    bids: int = 0
    closed: int = -1

    @property
    def value(self) -> int:
        return int(self.law.value.value.amount)

    @property
    def market(self) -> Any:
        return self.spec.market[self.part]


@dataclass(eq=False)
class Job:
    """A task or timer of a case: due when its delay is over, then worked on until nothing remains."""

    case: int
    name: str
    node: Any
    visit: int
    released: int
    due: int
    enabled: int = -1
    start: int = -1
    remaining: int = -1
    people: list[tuple[str, int]] = field(default_factory=list)


class Oracle:
    def __init__(self, workflow: ps.Workflow, variants: list[int]) -> None:
        self.spec = workflow.spec
        self.rank = list(self.spec.nodes)
        laws = enumerate(self.spec.caseload.values())
        arrivals = sorted(
            ((time.seconds, i, law) for i, law in laws for time in law.arrivals or ()), key=lambda a: a[:2]
        )
        self.arrivals = [time for time, _, _ in arrivals]
        specs = [workflow.variants[variant].spec for variant in variants]
        self.cases = [Case(specs[i], law, part_of(law)) for i, (_, _, law) in enumerate(arrivals)]
        self.free = {name: set(range(role.heads or 0)) for name, role in self.spec.roles.items()}
        self.visits: dict[tuple[int, str], int] = defaultdict(int)
        self.joined: dict[tuple[int, str], int] = defaultdict(int)
        self.delayed: list[Job] = []
        self.waiting: list[Job] = []
        self.working: list[Job] = []
        self.rows: list[tuple[Any, ...]] = []
        self.people: list[tuple[Any, ...]] = []
        self.ended: dict[int, int] = {}

    def run(self) -> Oracle:
        for now in range(UNTIL + 1):
            for number, case in enumerate(self.cases):
                if self.arrivals[number] == now:
                    self.enter(number, case.spec.ways[case.part].start, now)
            while self.something_ends(now):
                pass
            self.assign(now)
            for job in self.working:
                job.remaining -= self.on_duty(job, now)
        return self

    def something_ends(self, now: int) -> bool:
        ready = [job for job in self.delayed if job.due == now]
        done = [job for job in self.working if job.remaining == 0]
        for job in ready:
            self.delayed.remove(job)
            job.enabled = now
            if isinstance(job.node, Task):
                effort, bids = job.node.effort, self.cases[job.case].bids
                each = effort.per_bid.seconds + effort.per_valid_bid.seconds
                job.remaining = max(1, effort.value.seconds + each * bids)
                self.waiting.append(job)
            else:
                job.start = job.enabled = job.released
                self.finish(job, now)
        for job in done:
            self.working.remove(job)
            for role, person in job.people:
                self.free[role].add(person)
            self.finish(job, now)
        return bool(ready or done)

    def finish(self, job: Job, now: int) -> None:
        lead = job.people[0] if job.people else ("", -1)
        self.rows.append((job.case, job.name, *lead, job.visit, job.released, job.enabled, job.start, now))
        self.people += [(job.case, job.name, job.visit, *person) for person in job.people]
        if isinstance(job.node, Bidding):
            case = self.cases[job.case]
            case.bids, case.closed = case.market.bids, now
        self.enter(job.case, job.node.next, now)

    def enter(self, number: int, name: str, now: int) -> None:
        case = self.cases[number]
        node = case.spec.nodes[name]
        visit = self.visits[number, name]
        self.visits[number, name] += 1
        if isinstance(node, Step):
            wait: Any = node.handover if isinstance(node, Task) else node.duration  # type: ignore[attr-defined]
            due = now + (wait.value.seconds if wait else 0)
            due = self.moved(due) if isinstance(node, Bidding) and case.market.submission == "portal" else due
            self.delayed.append(Job(number, name, node, visit, now, due))
        elif isinstance(node, Exclusive):
            self.enter(number, self.choice(case, node, visit, now), now)
        elif isinstance(node, Parallel):
            for branch in node.branches:
                self.enter(number, branch, now)
        elif isinstance(node, Join):
            parallels = [other for other in case.spec.nodes.values() if isinstance(other, Parallel)]
            self.joined[number, name] += 1
            if self.joined[number, name] % next(len(each.branches) for each in parallels if each.join == name) == 0:
                self.enter(number, node.next, now)
        else:
            self.ended[number] = now

    def moved(self, due: int) -> int:
        """A deadline in an outage moves to some time after its end, and again if the next outage holds that."""
        portal = self.spec.portal
        for start, length in sorted(portal.outages or [], key=lambda outage: outage[0].seconds):
            if start.seconds <= due < start.seconds + length.seconds:
                due = start.seconds + length.seconds + portal.extension.seconds
        return due

    def choice(self, case: Case, node: Exclusive, visit: int, now: int) -> str:
        losers = max(case.bids - 1, 0)
        measure = {"value": case.value, "days_since_bids": now - case.closed}.get(node.by, case.bids)
        certain = [
            branch
            for branch in node.branches
            if (branch.probability == 1 and (losers or node.by == "probability"))
            or (branch.below is not None and measure < branch.below.amount * SECONDS.get(branch.below.unit, 1))
        ]
        branch = [*certain, node.branches[-1]][0]
        return branch.then or node.branches[-1].to if visit + 1 >= (branch.at_most or visit + 2) else branch.to

    def assign(self, now: int) -> None:
        unclaimed = {role: len(people) for role, people in self.free.items()}
        for job in sorted(self.waiting, key=self.order):
            if not self.on_duty(job, now) or not self.fits(job, now):
                continue
            if all(unclaimed[role] >= heads for role, heads in job.node.staff.items()):
                self.begin(job, now)
            for role, heads in job.node.staff.items():
                unclaimed[role] = max(0, unclaimed[role] - heads)

    def order(self, job: Job) -> tuple[int, ...]:
        return self.cases[job.case].law.priority, job.enabled, job.case, self.rank.index(job.name)

    def begin(self, job: Job, now: int) -> None:
        self.waiting.remove(job)
        self.working.append(job)
        job.start = now
        for role, heads in job.node.staff.items():
            for person in sorted(self.free[role])[:heads]:
                self.free[role].remove(person)
                job.people.append((role, person))

    def calendars(self, job: Job) -> list[Any]:
        spec = self.cases[job.case].spec
        names = {spec.roles[role].calendar for role in job.node.staff}
        return [spec.calendars[name] for name in names if name != "always"]

    def on_duty(self, job: Job, now: int) -> bool:
        return all(any(low <= now < high for low, high in c.intervals) for c in self.calendars(job))

    def fits(self, job: Job, now: int) -> bool:
        whole = any(calendar.fit == "whole" for calendar in self.calendars(job))
        return not whole or all(self.on_duty(job, now + second) for second in range(job.remaining))


def part_of(law: CaseClass) -> str:
    """The first route that has room for the value; the only part outside an office."""
    value = law.value.value.amount
    routes = [route for route in law.methods if route.share and (route.below is None or value < route.below.amount)]
    return routes[0].to if routes else ""


def assert_equal_to_oracle(workflow: ps.Workflow) -> None:
    """On both engines, the rows, the people and the ends of all that is over by UNTIL are those the oracle counts."""
    log = agreed(workflow)
    table, staff, cases = log.table(), log.assignments(), log.case_table()
    oracle = Oracle(workflow, cases["variant"].tolist()).run()
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
