"""The SimPy engine: the definition of what happens.

A token walks through the graph: it requests, waits, works, releases, goes on. At one instant everything that ends
happens first; then each team (roles that share tasks) is assigned once, in the order (priority, enabled, case, node).
A team is scanned at an instant when one of its tasks is enabled or completed, when the calendar of one of its waiting
tasks opens or closes, and when a task that claims people stops fitting in what is left of a sitting: nothing can change
at any other second.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Generator
from heapq import heappush
from typing import Any

import numpy as np
import simpy
from simpy.events import NORMAL

from procsim.engine import draws
from procsim.engine.eventlog import EventLog, gather
from procsim.engine.plan import (
    BIDDING,
    BY_BIDS,
    BY_DAYS_SINCE_BIDS,
    BY_LOSING_BIDS,
    BY_PROBABILITY,
    BY_VALID_BIDS,
    BY_VALUE,
    END,
    EXCLUSIVE,
    MOST_LOSING,
    PARALLEL,
    TASK,
    TOO_MANY_VISITS,
    VISIT_LIMIT,
    Plan,
)
from procsim.engine.state import Case, Group, Lots, Node, Role, Team, nodes_of
from procsim.procurement.calendars import FOREVER, add_working_days
from procsim.procurement.problems import ModelError

Walk = Generator[simpy.Event, Any, None]


class Work(simpy.Event):
    """A task of one case, waiting in its team's queue; SimPy processes it when the work is complete."""

    started: int
    complete: int
    people: list[tuple[int, int]]

    def __init__(self, env: simpy.Environment, node: Node, effort: int) -> None:
        self.env, self.callbacks = env, []  # as SimPy's own events do, for speed
        self.node, self.effort = node, effort

    def lapses(self, closes: int) -> int:
        """When this task no longer fits in a sitting that ends at `closes`, and with it its claim."""
        return closes - self.effort + 1 if self.node.calendar.whole else FOREVER

    def begin(self, people: list[tuple[int, int]], now: int, closes: int) -> None:
        """These people start now; `closes` ends the present opening. It completes when the effort is done."""
        self._ok, self._value, self.started, self.people = True, None, now, people
        within = self.effort <= closes - now
        self.complete = now + self.effort if within else self.node.calendar.finish(now, self.effort)
        self.env.schedule(self, NORMAL, self.complete - now)


class Office:
    """One replication of a plan: its cases, its people and its clock."""

    def __init__(self, plan: Plan, replication: int) -> None:
        self.plan, self.replication = plan, replication
        self.env: Any = simpy.Environment()  # SimPy says its clock may be a float; ours is whole seconds
        self.cases = plan.cases(replication)
        self.working_days = plan.working_days.tolist()
        self.roles = [Role(heads) for heads in plan.heads.tolist()]
        groups, self.slot = self.grouped()
        variants: Any = nodes_of(plan, groups, self.roles)  # no way leads to a node that a variant does not have
        self.nodes: list[list[Node]] = [variants[variant] for variant in self.cases.variant.tolist()]
        self.losing, self.outages = plan.losing.tolist(), plan.outages(replication)
        self.unsettled: dict[int, Team] = {}
        self.state = [Case() for _ in range(len(self.cases))]
        self.value, self.priority = self.cases.value.tolist(), self.cases.priority.tolist()
        self.window = self.cases.window.tolist()
        self.joined: dict[tuple[int, int], int] = defaultdict(int)
        self.events: list[int] = []  # rows of EVENTS and of PEOPLE, one after the other
        self.people: list[int] = []
        arrival = self.cases.arrival
        self.cohort = ((arrival >= plan.cohort[0]) & (arrival < plan.cohort[1])).tolist()
        self.open_cohort = sum(self.cohort)
        self.awaited = int((arrival < plan.cohort[1]).sum())  # cases before and in the cohort, still to arrive

    def grouped(self) -> tuple[list[list[Group]], list[int]]:
        """The cases of each variant and part, and the place of each case among its group."""
        slot = np.zeros(len(self.cases), dtype=np.int64)
        groups: list[list[Group]] = []
        for variant in range(len(self.plan.shares)):
            groups.append([])
            for part in range(len(self.plan.parts)):
                members = np.flatnonzero((self.cases.variant == variant) & (self.cases.part == part))
                slot[members] = np.arange(len(members))
                groups[-1].append(Group(members))
        return groups, slot.tolist()

    def run(self) -> EventLog:
        """Run until the last case of the cohort has ended, or to the horizon."""
        self.env.process(self.arrive())
        step, due, now = self.env.step, self.env._queue, -1  # for every event: `peek` would be a call
        while True:
            at = due[0][0] if due else FOREVER
            if at > now:  # all that happens at one instant has happened: assign, then go on to the next
                if self.unsettled:
                    self.assign(now)
                    at = due[0][0] if due else FOREVER
                if (not self.open_cohort and self.awaited <= 0) or at >= self.plan.horizon:
                    break
                now = at
            step()
        outcome: list[int] = []
        for c in self.state:
            outcome += c.rounds, c.bids, c.valid_bids, c.all_bids, c.price, c.winner
            outcome += c.moved, c.bidder_seconds, c.status, c.ended
        return gather(self.plan, self.replication, self.cases, self.events, self.people, outcome)

    def arrive(self) -> Walk:
        """Let each case in at its time."""
        starts = self.plan.starts[self.cases.variant, self.cases.part].tolist()
        for case, time in enumerate(self.cases.arrival.tolist()):
            if time > self.env.now:
                yield self.env.timeout(time - self.env.now)
            self.env.process(self.walk(case, starts[case]))
            self.awaited -= 1

    def walk(self, case: int, at: int) -> Walk:
        """One token of a case, from node to node until it ends or is joined: request, wait, work, release, go on."""
        env, nodes, slot = self.env, self.nodes[case], self.slot[case]
        while True:
            node, now = nodes[at], env.now
            if node.kind <= BIDDING:  # a step: it takes time
                visit = node.visits[slot]
                node.visits[slot] = visit + 1
                waits, factors = node.lots[visit] if visit < len(node.lots) else self.draw(node, visit)
                wait = waits[slot]
                if node.kind == BIDDING:
                    wait = self.until_closing(case, node, now, wait) - now
                elif node.wait_working and wait:
                    wait = add_working_days(self.working_days, now, wait) - now
                if wait:  # the hand-over of a task, or the period of a timer
                    yield simpy.Timeout(env, wait)
                if node.kind == TASK:
                    work = self.request(case, at, node, now + wait, factors[slot])
                    yield work
                    self.release(case, at, node, visit, now, now + wait, work)
                else:
                    self.elapse(case, at, node, visit, now, now + wait)
            elif node.kind == EXCLUSIVE:
                at = self.choose(case, node)
                continue
            elif node.kind == PARALLEL:
                for to, *_ in node.branches[1:]:
                    env.process(self.walk(case, to))
                at = node.branches[0][0]
                continue
            elif node.kind == END:
                self.end(case, node)
                return
            elif not self.complete(case, at, node):
                return
            at = node.next

    def request(self, case: int, at: int, node: Node, enabled: int, factor: int) -> Work:
        """The task is enabled: it joins the queue of its team."""
        effort = node.fixed
        if node.counts:
            state = self.state[case]
            effort += node.per_bid * state.bids + node.per_valid_bid * state.valid_bids
        work, team = Work(self.env, node, effort * factor >> draws.ONE or 1), node.team
        item = self.priority[case], enabled, case, at, work
        if team.waiting:
            insort(team.waiting, item)
        else:
            team.waiting.append(item)
        if team.only is None or (team.only.free and enabled >= team.shut):  # else a release or the opening sees to it
            self.unsettled[team.key] = team
        return work

    def release(self, case: int, at: int, node: Node, visit: int, released: int, enabled: int, work: Work) -> None:
        """The task is complete: its people are free, and it is written down."""
        for role, number in work.people:
            people = self.roles[role]
            people.free += 1
            heappush(people.numbers, number)
        if node.team.waiting:
            self.unsettled[node.team.key] = node.team
        role, number = work.people[0]
        self.events += case, at, role, number, visit, released, enabled, work.started, work.complete, work.effort
        if len(work.people) > 1:
            for person in work.people[1:]:
                self.people += case, at, visit, *person
        if node.charges:
            self.charge(case, node)

    def elapse(self, case: int, at: int, node: Node, visit: int, released: int, complete: int) -> None:
        """A timer is over; if it was for bids, the box is opened."""
        self.events += case, at, -1, -1, visit, released, released, released, complete, 0
        if node.kind == BIDDING:
            self.receive(case, node)
        if node.charges:
            self.charge(case, node)

    def until_closing(self, case: int, node: Node, now: int, wait: int) -> int:
        """When bidding closes: a case's own window counts, and an outage of the portal moves the deadline."""
        deadline: int = now + (self.window[case] * node.stretch >> draws.ONE)
        if self.window[case] < 0:
            deadline = add_working_days(self.working_days, now, wait) if node.wait_working else now + wait
        for start, end in self.outages if node.portal else ():
            if start <= deadline < end:
                deadline = end + self.plan.outage_law.extension
                self.state[case].moved += 1
        return deadline

    def receive(self, case: int, node: Node) -> None:
        """The bids of a round."""
        state = self.state[case]
        lots, slot = self.round(node, state.rounds), self.slot[case]
        state.rounds, state.closed = state.rounds + 1, self.env.now
        state.bids, state.valid_bids, state.price, state.winner, state.paid = (lot[slot] for lot in lots)
        state.all_bids += state.bids

    def choose(self, case: int, node: Node) -> int:
        """The first branch whose bound exceeds the word, or the number it looks at."""
        slot = self.slot[case]
        visit = node.visits[slot]
        node.visits[slot] = visit + 1
        measure = self.measure(case, node, visit)
        for to, bound, at_most, then in node.branches:
            if node.by == BY_LOSING_BIDS and bound < len(self.losing):  # the last branch takes what the others leave
                bound = self.losing[bound][min(max(self.state[case].bids - 1, 0), MOST_LOSING)]
            if measure < bound:
                return to if visit + 1 < at_most else then
        raise AssertionError("the last branch takes what the others leave")

    def measure(self, case: int, node: Node, visit: int) -> int:
        """What a choice looks at."""
        if node.by in (BY_PROBABILITY, BY_LOSING_BIDS):
            return self.word(node, visit)[self.slot[case]]
        state = self.state[case]
        if node.by == BY_DAYS_SINCE_BIDS:
            return int(self.env.now) - state.closed
        looked_at: dict[int, int] = {
            BY_BIDS: state.bids,
            BY_VALID_BIDS: state.valid_bids,
            BY_VALUE: self.value[case],
        }
        return looked_at[node.by]

    def complete(self, case: int, at: int, node: Node) -> bool:
        """Whether this token is the last that the join was waiting for."""
        self.joined[case, at] += 1
        if self.joined[case, at] < len(node.branches):
            return False
        del self.joined[case, at]
        return True

    def end(self, case: int, node: Node) -> None:
        """Close the case."""
        self.state[case].status, self.state[case].ended = node.status, self.env.now
        self.open_cohort -= self.cohort[case]

    def charge(self, case: int, node: Node) -> None:
        """What the step cost the bidders."""
        state = self.state[case]
        if state.bids:
            state.bidder_seconds += node.bidder * state.paid + node.winner

    def assign(self, now: int) -> None:
        """The instant has settled: start what can start, team by team."""
        teams, self.unsettled = self.unsettled, {}
        for team in teams.values():
            if team.waiting:
                (self.scan if team.only is None else self.serve)(team, now)

    def serve(self, team: Team, now: int) -> None:
        """The queue of a single role: first come, first served, and the head claims whoever is free."""
        waiting, role = team.waiting, self.roles[team.key]
        at, lapse = 0, FOREVER
        calendar = waiting[0][-1].node.calendar
        if now >= team.closes:
            team.closes = calendar.closing(now)
        closes = team.closes
        while closes and at < len(waiting) and role.free:
            work = waiting[at][-1]
            if calendar.whole and work.effort > closes - now:
                at += 1
            elif work.node.staff[0][1] <= role.free:
                self.start(work, now, closes)
                del waiting[at]
            else:
                lapse = work.lapses(closes)
                break
        if not role.free:
            return  # whoever is released next sees to it
        if waiting and (team.wakes <= now or lapse < team.wakes):  # its own closing changes nothing
            self.wake(team, now, min(lapse, calendar.next_opening(now)))
        team.shut = now if closes else team.wakes

    def scan(self, team: Team, now: int) -> None:
        """Walk the queue in order: start a task, let it claim the free people it needs, or pass it over off duty."""
        unclaimed = {role: self.roles[role].free for role in team.roles}
        kept, lapse = [], FOREVER
        for item in team.waiting:
            work = item[-1]
            calendar, staff, starts = work.node.calendar, work.node.staff, False
            closes = calendar.closing(now)
            if closes and not (calendar.whole and work.effort > closes - now):
                starts = all(unclaimed[role] >= heads for role, heads in staff)
                for role, heads in staff:
                    unclaimed[role] -= heads
                lapse = lapse if starts else min(lapse, work.lapses(closes))
            if starts:
                self.start(work, now, closes)
            else:
                kept.append(item)
        team.waiting = kept
        if kept:  # a task claims people only while it is on duty, so closings count as well
            changes = (work.node.calendar.next_change(now) for *_, work in kept)
            self.wake(team, now, min(lapse, *changes))

    def start(self, work: Work, now: int, closes: int) -> None:
        """Take the lowest free numbers of each role, and begin."""
        people = []
        for role, heads in work.node.staff:
            for _ in range(heads):
                people.append((role, self.roles[role].take()))
        work.begin(people, now, closes)

    def wake(self, team: Team, now: int, at: int) -> None:
        """Scan the team again at a time, unless something else has changed that time by then."""
        if at < FOREVER and at != team.wakes:
            timeout = simpy.Timeout(self.env, at - now)
            timeout.callbacks = [lambda _: self.woken(team, at)]
        team.wakes = at

    def woken(self, team: Team, at: int) -> None:
        """The time for which the team was to be woken has come."""
        if team.wakes == at:
            self.unsettled[team.key] = team

    def draw(self, node: Node, visit: int) -> Lots:
        """The lots of a visit to a node for its whole group at once; earlier visits have been drawn before."""
        members = node.group.members
        words = self.words(node, visit)
        tables, none = self.plan.tables, [0] * len(members)
        waits = factors = none
        if node.wait:
            waits = (draws.look_up(tables[node.wait_table], words[draws.WAIT]) * node.wait >> draws.ONE).tolist()
        if node.kind == TASK:
            factors = draws.look_up(tables[node.effort_table], words[draws.EFFORT]).tolist()
        node.lots.append((waits, factors))
        return node.lots[visit]

    def word(self, node: Node, visit: int) -> list[int]:
        """The word that chooses a branch, for the whole group at once."""
        if visit == len(node.words):
            node.words.append(self.words(node, visit)[draws.BRANCH].tolist())
        return node.words[visit]

    def words(self, node: Node, visit: int) -> draws.Block:
        """The words of a visit for the whole group; ModelError for a visit that no engine counts any more."""
        if visit >= VISIT_LIMIT:
            raise ModelError([TOO_MANY_VISITS])
        return draws.words(self.plan.seed, self.replication, node.group.members, node.name, visit)

    def round(self, node: Node, number: int) -> tuple[list[int], ...]:
        """For the whole group at once: bids, valid bids, price, winner and paid bids of a round."""
        group = node.group
        while len(group.rounds) <= number:
            words = self.plan.seed, self.replication, group.members
            suppliers = draws.words(*words, draws.SUPPLIERS, len(group.rounds))
            price = draws.words(*words, draws.PRICE, len(group.rounds))
            value = self.cases.value[group.members]
            found = draws.bidding(self.plan.markets[node.market], value, suppliers, price)
            group.rounds.append(tuple(column.tolist() for column in found))
        return tuple(group.rounds[number])


def simulate(plan: Plan, replication: int) -> EventLog:
    """Run one replication of a plan on SimPy; the same plan and number always give the same log."""
    return Office(plan, replication).run()
