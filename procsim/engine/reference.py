"""The SimPy engine: the definition of what happens.

A token walks through the graph: it requests, waits, works, releases, goes on. At one instant everything that ends
happens first; then each team (roles that share tasks) is assigned once, in the order (priority, enabled, case, node).
A team is scanned at an instant when one of its tasks is enabled or completed, or when the calendar of one of its
waiting tasks opens or closes.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field, fields
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from procsim.engine import draws
from procsim.engine.eventlog import EventLog, Row, gather
from procsim.engine.plan import (
    BIDDING,
    BY_BIDS,
    BY_VALID_BIDS,
    BY_VALUE,
    BY_WORD,
    END,
    EXCLUSIVE,
    JOIN,
    OPEN,
    PARALLEL,
    TASK,
    Plan,
)
from procsim.procurement.calendars import ALWAYS, FOREVER, Calendar, add_working_days

SETTLED = EventPriority(2)  # after everything else of an instant: SimPy's own events are 0 and 1
Walk = Generator[simpy.Event, Any, None]


class Work(simpy.Event):
    """A task of one case, waiting in its team's queue; it is processed by SimPy when the work is complete."""

    def __init__(self, env: simpy.Environment, calendar: Calendar, staff: list[tuple[int, int]], effort: int) -> None:
        super().__init__(env)
        self.calendar, self.staff, self.effort = calendar, staff, effort
        self.started = 0
        self.people: list[tuple[int, int]] = []

    def begin(self) -> None:
        """Start now, and complete when the effort is done."""
        self._ok, self._value = True, None
        self.started = int(self.env.now)
        self.env.schedule(self, delay=self.calendar.finish(self.started, self.effort) - self.started)


@dataclass
class Team:
    """Roles that share tasks, with the tasks that wait for them in order of service."""

    roles: tuple[int, ...]
    waiting: list[tuple[tuple[int, int, int, int], Work]] = field(default_factory=list)
    wakes: int = FOREVER


@dataclass
class Role:
    """The people of a role: how many are free, and which numbers; a number is only made up when first needed."""

    free: int
    unused: int = 0
    numbers: list[int] = field(default_factory=list)

    def take(self) -> int:
        """The lowest free number."""
        self.free -= 1
        if self.numbers:
            return heappop(self.numbers)
        self.unused += 1
        return self.unused - 1

    def give_back(self, number: int) -> None:
        """That person is free again."""
        self.free += 1
        heappush(self.numbers, number)


@dataclass
class Case:
    """What a case has come to so far."""

    rounds: int = 0
    bids: int = 0
    valid_bids: int = 0
    all_bids: int = 0
    price: int = -1
    bidder_seconds: int = 0
    status: int = OPEN
    ended: int = -1


@dataclass(frozen=True)
class Node:
    """One node of the plan as plain numbers."""

    name: str
    kind: int
    next: int
    calendar: Calendar
    staff: list[tuple[int, int]]
    fixed: int
    per_bid: int
    per_valid_bid: int
    effort_table: int
    handover: int
    handover_table: int
    handover_working: int
    duration: int
    duration_table: int
    duration_working: int
    bidder: int
    winner: int
    by: int
    status: int
    branches: list[tuple[int, int, int, int]]


class Office:
    """One replication of a plan: its cases, its people and its clock."""

    def __init__(self, plan: Plan, replication: int) -> None:
        self.plan, self.replication = plan, replication
        self.env = simpy.Environment()
        self.cases = plan.cases(replication)
        self.numbers = np.arange(len(self.cases), dtype=np.int64)
        self.nodes = _nodes(plan)
        self.working_days = plan.working_days.tolist()
        self.roles = [Role(heads) for heads in plan.heads.tolist()]
        self.team_of = _teams(plan, self.nodes)
        self.unsettled: dict[int, Team] = {}
        self.state = [Case() for _ in range(len(self.cases))]
        self.value, self.priority = self.cases.value.tolist(), self.cases.priority.tolist()
        self.visits: dict[tuple[int, int], int] = defaultdict(int)
        self.joined: dict[tuple[int, int], int] = defaultdict(int)
        self.luck: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
        self.words: dict[tuple[int, int], list[int]] = {}
        self.rounds: list[tuple[list[int], list[int], list[int]]] = []
        self.events: list[Row] = []
        self.people: list[Row] = []
        arrival = self.cases.arrival
        self.cohort = ((arrival >= plan.cohort[0]) & (arrival < plan.cohort[1])).tolist()
        self.open_cohort = sum(self.cohort)
        self.done = self.env.event()

    def run(self) -> EventLog:
        """Run until the last case of the cohort has ended, or to the horizon."""
        self.env.process(self.arrive())
        horizon = self.env.timeout(self.plan.horizon)
        if self.open_cohort:
            self.env.run(until=self.env.any_of([self.done, horizon]))
        outcome = [
            (c.rounds, c.bids, c.valid_bids, c.all_bids, c.price, c.bidder_seconds, c.status, c.ended)
            for c in self.state
        ]
        return gather(self.plan, self.replication, self.cases, self.events, self.people, outcome)

    def arrive(self) -> Walk:
        """Let each case in at its time."""
        start = int(self.plan.start[0])
        for case, time in enumerate(self.cases.arrival.tolist()):
            if time > self.env.now:
                yield self.env.timeout(time - self.env.now)
            self.env.process(self.walk(case, start))

    def walk(self, case: int, at: int) -> Walk:
        """One token of a case, from node to node until it ends or is joined."""
        while True:
            node = self.nodes[at]
            if node.kind == TASK:
                yield from self.task(case, at, node)
            elif node.kind <= BIDDING:
                yield from self.timer(case, at, node)
            elif node.kind == EXCLUSIVE:
                at = self.choose(case, at, node)
                continue
            elif node.kind == PARALLEL:
                for to, *_ in node.branches[1:]:
                    self.env.process(self.walk(case, to))
                at = node.branches[0][0]
                continue
            elif node.kind == JOIN and not self.complete(case, at, node):
                return
            elif node.kind == END:
                self.end(case, node)
                return
            at = node.next

    def task(self, case: int, at: int, node: Node) -> Walk:
        """Hand over, wait for people, work, release them."""
        env, state = self.env, self.state[case]
        visit = self.visit(case, at)
        factors, handovers = self.luck.get((at, visit)) or self.lots(at, visit)
        released = int(env.now)
        enabled = self.after(released, handovers[case], node.handover_working)
        if enabled > released:
            yield env.timeout(enabled - released)
        labour = node.fixed + node.per_bid * state.bids + node.per_valid_bid * state.valid_bids
        work = Work(env, node.calendar, node.staff, max(1, labour * factors[case] >> draws.ONE))
        team = self.team_of[node.staff[0][0]]
        insort(team.waiting, ((self.priority[case], enabled, case, at), work))
        self.unsettle(team)
        yield work
        for role, number in work.people:
            self.roles[role].give_back(number)
        self.unsettle(team)
        lead = work.people[0]
        self.events.append(
            (case, at, *lead, visit, released, enabled, work.started, int(env.now), work.effort)
        )
        self.people += [(case, at, visit, role, number) for role, number in work.people]
        self.charge(state, node)

    def timer(self, case: int, at: int, node: Node) -> Walk:
        """Wait for the period to pass; if it was for bids, open the box."""
        visit, released = self.visit(case, at), int(self.env.now)
        durations, _ = self.luck.get((at, visit)) or self.lots(at, visit)
        complete = self.after(released, durations[case], node.duration_working)
        if complete > released:
            yield self.env.timeout(complete - released)
        self.events.append((case, at, -1, -1, visit, released, released, released, complete, 0))
        state = self.state[case]
        if node.kind == BIDDING:
            bids, valid, price = self.round(state.rounds)
            state.rounds += 1
            state.all_bids += bids[case]
            state.bids, state.valid_bids, state.price = bids[case], valid[case], price[case]
        self.charge(state, node)

    def choose(self, case: int, at: int, node: Node) -> int:
        """The first branch whose bound exceeds the word, or the number it looks at."""
        visit, state = self.visit(case, at), self.state[case]
        if node.by == BY_WORD:
            measure = self.word(at, visit)[case]
        else:
            measure = {BY_BIDS: state.bids, BY_VALID_BIDS: state.valid_bids, BY_VALUE: self.value[case]}[node.by]
        to, _, at_most, then = next(branch for branch in node.branches if measure < branch[1])
        return to if visit + 1 < at_most else then

    def complete(self, case: int, at: int, node: Node) -> bool:
        """Whether this token is the last that the join was waiting for."""
        self.joined[case, at] += 1
        if self.joined[case, at] < len(node.branches):
            return False
        del self.joined[case, at]
        return True

    def end(self, case: int, node: Node) -> None:
        """Close the case; when the cohort is closed, stop once this instant has settled."""
        self.state[case].status, self.state[case].ended = node.status, int(self.env.now)
        self.open_cohort -= self.cohort[case]
        if not self.open_cohort and not self.done.triggered:
            self.done._ok, self.done._value = True, None
            self.env.schedule(self.done, SETTLED)

    def charge(self, state: Case, node: Node) -> None:
        """What the step cost the bidders."""
        state.bidder_seconds += node.bidder * state.bids + (node.winner if state.bids else 0)

    def unsettle(self, team: Team) -> None:
        """Have the team assigned once this instant has settled."""
        if not self.unsettled:
            settled = self.env.event()
            settled._ok, settled._value = True, None
            settled.callbacks = [self.assign]
            self.env.schedule(settled, SETTLED)
        self.unsettled[id(team)] = team

    def assign(self, _: simpy.Event) -> None:
        """Start what can start, team by team."""
        teams, self.unsettled = self.unsettled, {}
        for team in teams.values():
            if team.waiting:
                self.scan(team)

    def scan(self, team: Team) -> None:
        """Walk the queue in order: start a task, let it claim the free people it needs, or pass it over off duty."""
        now = int(self.env.now)
        claimed: dict[int, int] = defaultdict(int)
        started = []
        for index, (_, work) in enumerate(team.waiting):
            calendar = work.calendar
            if not calendar.is_open(now) or calendar.whole and calendar.left(now) < work.effort:
                continue
            if all(self.roles[role].free - claimed[role] >= heads for role, heads in work.staff):
                work.people = [(role, self.roles[role].take()) for role, heads in work.staff for _ in range(heads)]
                work.begin()
                started.append(index)
            else:
                for role, heads in work.staff:
                    claimed[role] += heads
                if len(team.roles) == 1:
                    break  # the head of a queue of one role has claimed all of it
        for index in reversed(started):
            del team.waiting[index]
        self.wake(team, now)

    def wake(self, team: Team, now: int) -> None:
        """See to it that the team is scanned when the calendar of a waiting task next opens or closes."""
        if not team.waiting:
            team.wakes = FOREVER
            return
        if len(team.roles) == 1:  # nobody else to claim from: its closing changes nothing
            at = team.waiting[0][1].calendar.next_opening(now)
        else:
            calendars = {id(work.calendar): work.calendar for _, work in team.waiting}.values()
            at = min(calendar.next_change(now) for calendar in calendars)
        if at < FOREVER and at != team.wakes:
            timeout = self.env.timeout(at - now)
            timeout.callbacks.append(lambda _: self.unsettle(team) if team.wakes == self.env.now else None)
        team.wakes = at

    def after(self, time: int, seconds: int, working: int) -> int:
        """When a period has passed, in calendar or working days."""
        return add_working_days(self.working_days, time, seconds) if working else time + seconds

    def visit(self, case: int, at: int) -> int:
        """The number of this visit of the case to the node, from 0."""
        visit = self.visits[case, at]
        self.visits[case, at] = visit + 1
        return visit

    def lots(self, at: int, visit: int) -> tuple[list[int], list[int]]:
        """For every case at once: the factor on the effort of a task (or the seconds of a timer), and the hand-over."""
        node, tables = self.nodes[at], self.plan.tables
        words = draws.words(self.plan.seed, self.replication, self.numbers, node.name, visit)
        first = draws.look_up(tables[node.effort_table], words[draws.DURATION])
        if node.kind != TASK:
            first = node.duration * draws.look_up(tables[node.duration_table], words[draws.DURATION]) >> draws.ONE
        handover = node.handover * draws.look_up(tables[node.handover_table], words[draws.HANDOVER]) >> draws.ONE
        self.luck[at, visit] = first.tolist(), handover.tolist()
        return self.luck[at, visit]

    def word(self, at: int, visit: int) -> list[int]:
        """For every case at once: the word that chooses a branch."""
        if (at, visit) not in self.words:
            words = draws.words(self.plan.seed, self.replication, self.numbers, self.nodes[at].name, visit)
            self.words[at, visit] = words[draws.BRANCH].tolist()
        return self.words[at, visit]

    def round(self, number: int) -> tuple[list[int], list[int], list[int]]:
        """For every case at once: bids, valid bids and price of a round."""
        while len(self.rounds) <= number:
            words = self.plan.seed, self.replication, self.numbers
            suppliers = draws.words(*words, draws.SUPPLIERS, len(self.rounds))
            price = draws.words(*words, draws.PRICE, len(self.rounds))[draws.DURATION]
            bids, valid, prices = draws.bidding(self.plan.markets[0], suppliers, price)
            self.rounds.append((bids.tolist(), valid.tolist(), prices.tolist()))
        return self.rounds[number]


def simulate(plan: Plan, replication: int) -> EventLog:
    """Run one replication of a plan on SimPy; the same plan and number always give the same log."""
    return Office(plan, replication).run()


def _nodes(plan: Plan) -> list[Node]:
    nodes = plan.nodes
    names = [item.name for item in fields(Node) if item.name not in ("name", "calendar", "staff", "branches")]
    columns = {name: getattr(nodes, name)[0].tolist() for name in names}
    staff = list(zip(nodes.staff_role.tolist(), nodes.staff_heads.tolist(), strict=True))
    branches = list(
        zip(
            nodes.branch_to.tolist(),
            nodes.branch_bound.tolist(),
            nodes.branch_at_most.tolist(),
            nodes.branch_then.tolist(),
            strict=True,
        )
    )
    return [
        Node(
            name=name,
            calendar=plan.calendars[nodes.calendar[0, at]] if plan.calendars else ALWAYS,
            staff=staff[nodes.staff_offsets[at] : nodes.staff_offsets[at + 1]],
            branches=branches[nodes.branch_offsets[at] : nodes.branch_offsets[at + 1]],
            **{key: column[at] for key, column in columns.items()},
        )
        for at, name in enumerate(plan.activities)
    ]


def _teams(plan: Plan, nodes: list[Node]) -> list[Team]:
    """The team of each role: roles that serve in one task belong together."""
    member = [{role} for role in range(len(plan.roles))]
    for node in nodes:
        together = set().union(*(member[role] for role, _ in node.staff)) if node.staff else set()
        for role in together:
            member[role] = together
    teams = {id(group): Team(tuple(sorted(group))) for group in member}
    return [teams[id(group)] for group in member]
