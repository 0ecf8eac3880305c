"""A plan as one array of integers, as kernel.c reads it: a magic number, offset and length of each section, and then
the sections, whose records have the fields of the kernel's structs in their order.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from procsim.engine import draws
from procsim.engine.plan import CASE_LIMIT, JOIN, PARALLEL, TASK, CaseLaw, Integers, Plan
from procsim.engine.totals import CAUSES
from procsim.procurement.bidding import BiddingTables
from procsim.procurement.caseload import Arrivals, Routing
from procsim.procurement.checks import circular
from procsim.procurement.parameters import DAY
from procsim.procurement.schema import MILESTONES, part_of

MAGIC = 0x70726F63
SECTIONS = (
    *("numbers", "nodes", "staff", "branches", "roles", "teams", "team_roles", "demands", "calendars"),
    *("opens", "closes", "done", "working", "ranks", "tables", "losing", "markets", "laws", "routings", "lists"),
    *("shares", "starts", "outages"),
)
NONE, BEFORE = -1, -1000  # the latter a day that lies before any

Staff = tuple[tuple[int, int], ...]  # roles, each with so many heads


def image(plan: Plan) -> Integers:
    """All that the kernel reads of a plan.

    >>> from procsim import load
    >>> from procsim.engine import compiler
    >>> int(image(compiler.make(load("quotation")))[0]) == MAGIC
    True
    """
    return _Image(plan).words()


class _Image:
    """Lays a plan out section by section; records point into `lists` and `routings`, which are collected on the way."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lists: list[Integers] = []
        self.routings: list[Routing] = []
        self.staff: list[Staff] = []
        self.tables = [*plan.tables, draws.quantile_table("exponential")]
        self.slots = _slots(plan)
        self.priorities = sorted({law.arrivals.case.priority for law in plan.laws})

    def words(self) -> Integers:
        """The whole image."""
        found: dict[str, Any] = {
            "numbers": self.numbers(),
            **self.people(),
            "branches": self.branches(),
            "roles": self.plan.heads,
            **self.hours(),
            "tables": [_packed(table) for table in self.tables],
            "losing": self.plan.losing,
            "markets": [self.market(tables) for tables in self.plan.markets],
            **self.arrivals(),
            "shares": self.plan.shares,
            "starts": self.plan.starts,
        }
        found |= {"staff": self.staff, "routings": [self.routing(each) for each in self.routings]}
        found["lists"] = np.concatenate([*self.lists, np.zeros(0, dtype=np.int64)])
        parts = [_flat(found[name]) for name in SECTIONS]
        starts = accumulate(map(len, parts), initial=1 + 2 * len(SECTIONS))
        head = [MAGIC, *(word for start, part in zip(starts, parts, strict=False) for word in (start, len(part)))]
        return np.concatenate([_flat(head), *parts])

    def put(self, values: Any) -> int:
        """Keep a list; where it begins among the lists."""
        self.lists.append(_flat(values))
        return sum(map(len, self.lists[:-1]))

    def numbers(self) -> list[int]:
        """Struct Numbers."""
        plan, law = self.plan, self.plan.outage_law
        return [
            *(*draws.key_of(plan.seed), plan.horizon, *plan.cohort, len(plan.activities), len(plan.parts)),
            *(len(self.priorities), len(plan.stages), len(plan.marks), MILESTONES.index("contract")),
            *(max(NONE, *self.slots) + 1, _width(plan), len(plan.tables)),
            *(draws.name_key(draws.SUPPLIERS), draws.name_key(draws.PRICE)),
            *(len(plan.laws) if law.starts else NONE, law.length, law.length_table, law.extension, CASE_LIMIT),
        ]

    # -- nodes and people ----------------------------------------------------------------------------------------------

    def people(self) -> dict[str, Any]:
        """Nodes, and the demands of their tasks: who is needed at which hours; a team is roles that share tasks."""
        plan, nodes = self.plan, self.plan.nodes
        members = _members(plan)
        teams = [*dict.fromkeys(members)]
        wanted = [
            (teams.index(members[staff[0][0]]), calendar, staff) if kind == TASK else None
            for kind, calendar, staff in zip(nodes.kind.flat, nodes.calendar.flat, _staff(plan), strict=True)
        ]
        whole = [int(calendar.whole) for calendar in plan.calendars]
        demands = sorted({demand for demand in wanted if demand})
        rank = {demand: index for index, demand in enumerate(demands)}
        of_team = [[rank[demand] for demand in demands if demand[0] == team] for team in range(len(teams))]
        roles = _cuts(teams)
        return {
            "nodes": self.nodes([rank[demand] if demand else NONE for demand in wanted]),
            "demands": [
                (team, calendar, whole[calendar], *self.employ(staff), len(of_team[team]) == 1 == len(staff), *staff[0])
                for team, calendar, staff in demands
            ],
            "teams": [(*_span(of_team[team]), *roles[team]) for team in range(len(teams))],
            "team_roles": [role for team in teams for role in team],
        }

    def employ(self, staff: Staff) -> tuple[int, int]:
        """Keep the staff of a demand; where it begins and ends."""
        begins = sum(map(len, self.staff))
        self.staff.append(staff)
        return begins, begins + len(staff)

    def nodes(self, demands: list[int]) -> Integers:
        """Struct Node, for each node of each variant."""
        plan, n = self.plan, self.plan.nodes
        variants = len(plan.shares)
        fixed = np.array([(table == 1 << draws.ONE).all() for table in self.tables])
        tasks = n.kind == TASK
        chance = (tasks & ~fixed[n.effort_table]) | ((n.wait > 0) & ~fixed[n.wait_table])
        slots = np.tile(self.slots, variants)
        keys = np.tile([draws.name_key(name) for name in plan.activities], variants)
        offsets = n.branch_offsets
        first = np.repeat(np.arange(variants) * len(plan.activities), len(plan.activities))
        columns = (
            *(n.kind, n.fixed, n.per_bid, n.per_valid_bid, n.effort_table, n.wait, n.wait_table, n.wait_working),
            *(chance, keys, slots, first + np.maximum(n.next, 0).ravel(), demands, n.stage * len(CAUSES)),
            *(n.supplier, n.marks, n.recorded, n.portal, n.bidder, n.winner, n.market, n.stretch, n.by, n.status),
            *(offsets[:-1], offsets[1:], *np.zeros((6, n.kind.size))),
        )
        return np.stack([_flat(column) for column in columns], axis=1)

    def branches(self) -> Integers:
        """Struct Branch; those of a join lead nowhere."""
        n = self.plan.nodes
        number = len(self.plan.activities)
        first = np.repeat(np.arange(n.kind.size) // number * number, np.diff(n.branch_offsets))
        to, then = np.maximum(n.branch_to, 0), np.maximum(n.branch_then, 0)
        return np.stack((first + to, n.branch_bound, n.branch_at_most, first + then), axis=1)

    # -- time ----------------------------------------------------------------------------------------------------------

    def hours(self) -> dict[str, Any]:
        """Calendars as intervals with the work done before each, and the working day at or before each day."""
        plan = self.plan
        days = np.arange(plan.horizon // DAY + 1)
        return {
            "calendars": _cuts([calendar.opens for calendar in plan.calendars]),
            "opens": [time for calendar in plan.calendars for time in calendar.opens],
            "closes": [time for calendar in plan.calendars for time in calendar.closes],
            "done": [work for calendar in plan.calendars for work in calendar.done[:-1]],
            "working": np.append(BEFORE, plan.working_days),  # so that every day has one at or before it
            "ranks": np.searchsorted(plan.working_days, days, side="right"),
        }

    # -- chance --------------------------------------------------------------------------------------------------------

    def market(self, tables: BiddingTables) -> list[int]:
        """Struct Market."""
        ring, put = tables.ring, self.put
        return [
            *(len(tables.counts), len(tables.edges) + 1, tables.winner.shape[1], ring.below, ring.bids, ring.paid),
            *(ring.price, int(np.searchsorted(tables.counts, ring.bids)), put(tables.counts), put(tables.edges)),
            *(put(tables.aware), put(tables.reached), put(tables.bids), put(tables.valid), put(tables.price)),
            put(tables.winner),
        ]

    def arrivals(self) -> dict[str, Any]:
        """The laws of cases, and last that of outages where they have one; else the outages themselves."""
        law = self.plan.outage_law
        laws = [self.law(each) for each in self.plan.laws]
        if law.starts:
            laws.append([*self.times(law.starts, draws.OUTAGE), 0, self.put(self.tables[-1]), 0, *[NONE] * 5])
        return {"laws": laws, "outages": [] if law.times is None else law.times}

    def law(self, law: CaseLaw) -> list[int]:
        """Struct Law of a class of cases."""
        listing = law.listing
        columns = (listing.value, listing.method, listing.window) if listing else ()
        priority = self.priorities.index(law.arrivals.case.priority)
        routing = self.route(law.routing) if law.routing else NONE
        first = [self.route(each) for each in listing.routings] if listing else []
        return [
            *(
                *self.times(law.arrivals, f"{draws.ARRIVAL}:{law.name}"),
                law.value,
                self.put(self.tables[law.value_table]),
                priority,
                routing,
            ),
            *([self.put(column) for column in columns] or [NONE] * 3),
            first[0] if first else NONE,
        ]

    def times(self, law: Arrivals, name: str) -> list[int]:
        """The part of struct Law that says when something comes."""
        times = NONE if law.times is None else self.put(law.times)
        lists = (self.put(law.opens), self.put(law.weights), self.put(law.reached))
        return [self.plan.most(law), law.gap, times, len(law.opens), *lists, draws.name_key(name)]

    def route(self, routing: Routing) -> int:
        """Keep a routing; its number."""
        self.routings.append(routing)
        return len(self.routings) - 1

    def routing(self, routing: Routing) -> list[int]:
        """Struct Routing."""
        return [len(routing.bounds), self.put(routing.bounds), self.put(routing.thresholds)]


def _flat(values: Any) -> Integers:
    """Numbers, or records of numbers, as one row of words."""
    if isinstance(values, list) and values and not np.isscalar(values[0]):
        return np.concatenate([_flat(each) for each in values])
    return np.asarray(values, dtype=np.int64).ravel()


def _packed(table: Integers) -> Integers:
    """A quantile table, two numbers to a word; one of values, which may be too wide, is read from the lists instead."""
    return np.append(np.minimum(table, 2**31 - 1), 0).astype(np.int32).view(np.int64)


def _cuts(rows: list[Any]) -> list[tuple[int, int]]:
    """Where each of several lists begins and ends once they stand one after the other."""
    ends = [*accumulate(map(len, rows))]
    return [(end - len(row), end) for row, end in zip(rows, ends, strict=True)]


def _span(numbers: list[int]) -> tuple[int, int]:
    """Where consecutive numbers begin and end."""
    return (numbers[0], numbers[-1] + 1) if numbers else (0, 0)


def _staff(plan: Plan) -> list[Staff]:
    """Who works at each node of each variant."""
    rows = list(zip(plan.nodes.staff_role.tolist(), plan.nodes.staff_heads.tolist(), strict=True))
    offsets = plan.nodes.staff_offsets.tolist()
    return [tuple(rows[low:high]) for low, high in pairwise(offsets)]


def _members(plan: Plan) -> list[tuple[int, ...]]:
    """For each role, the roles of its team: those that it shares tasks with, and those that they share tasks with."""
    member = [{role} for role in range(len(plan.roles))]
    for staff in _staff(plan):
        together = set().union(*(member[role] for role, _ in staff))
        for role in together:
            member[role] = together
    return [tuple(sorted(roles)) for roles in member]


def _slots(plan: Plan) -> list[int]:
    """The place of each node among those of its part whose visits a case counts; NONE where it comes but once."""
    counted = _met_again(plan)
    seen: Counter[str] = Counter()
    places = []
    for node, part in enumerate(map(part_of, plan.activities)):
        places.append(seen[part] if node in counted else NONE)
        seen[part] += node in counted
    return places


def _met_again(plan: Plan) -> set[int]:
    """The joins, and the nodes that a way leads back to in any variant."""
    n, number = plan.nodes, len(plan.activities)
    here = np.arange(n.kind.size) % number
    branching = np.repeat(here, np.diff(n.branch_offsets))
    ways = np.stack(
        (np.concatenate((here, branching, branching)), np.concatenate((n.next.ravel(), n.branch_to, n.branch_then)))
    )
    joins = np.flatnonzero((n.kind == JOIN).any(axis=0)).tolist()
    return circular(ways.T[ways[1] >= 0].tolist()).union(joins)


def _width(plan: Plan) -> int:
    """How many tokens a case can have at once: every parallel adds its further branches."""
    nodes = plan.nodes
    further = np.where(nodes.kind.ravel() == PARALLEL, np.diff(nodes.branch_offsets) - 1, 0)
    return 1 + int(further.reshape(nodes.kind.shape).sum(axis=1).max())
