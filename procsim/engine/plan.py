"""Workflow, country and market as arrays of integers: everything that an engine reads, and nothing else.

Arrays that describe nodes have shape (variants, nodes); ragged ones come with offsets. An engine knows nothing of
regimes, countries or laws: a lever changes contents, never code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from procsim.engine import draws
from procsim.procurement.bidding import BiddingTables
from procsim.procurement.calendars import Calendar
from procsim.procurement.caseload import Arrivals, Routing
from procsim.procurement.schema import Bidding, End, Exclusive, Join, Parallel, Task, Timer, part_of

Integers = NDArray[np.int64]

KINDS = (Task, Timer, Bidding, Exclusive, Parallel, Join, End)
TASK, TIMER, BIDDING, EXCLUSIVE, PARALLEL, JOIN, END = range(len(KINDS))
ABSENT = -1  # the kind of a node that a variant does not have
CHOICES = ("probability", "bids", "valid_bids", "value", "losing_bids", "days_since_bids")
BY_PROBABILITY, BY_BIDS, BY_VALID_BIDS, BY_VALUE, BY_LOSING_BIDS, BY_DAYS_SINCE_BIDS = range(len(CHOICES))
STATUSES = ("complete", "unsuccessful", "cancelled", "open")
OPEN = STATUSES.index("open")
INFINITE = 2**30  # heads of a role without limit
VISIT_LIMIT = 2**16 - 1  # visits of a case to one node
NEVER = VISIT_LIMIT + 1  # visits of a branch without bound
NODE_LIMIT, CASE_LIMIT = 2**12, 5 * 10**6
MARK_LIMIT = 63  # marks of a node are the bits of one signed word
MOST_LOSING = 400  # losing bids beyond these change no chance any more
TOO_MANY_VISITS = f"a case comes to one node more than {VISIT_LIMIT:,} times. Lower at_most in its loops."


@dataclass(frozen=True, eq=False)
class Nodes:
    """The graph for each variant: arrays of shape (variants, nodes) unless said otherwise.

    Times are seconds; `wait` is the hand-over of a task, or the period of a timer, in working days where `wait_working`
    is 1; `*_table` are rows of `Plan.tables`, `market` of `Plan.markets`. A bidding node with `portal` 1 is subject to
    outages; `stretch` turns a case's own bidding window into that of the regime, in units of 2**-20. For
    outcomes only: `recorded` is 1 where a step leaves an electronic record, `supplier` 1 where a timer waits for a
    supplier; `marks` are the set of its `Plan.marks`, the first being bit 0; `stage` is a row of `Plan.stages`.
    `staff`, `branches` and `bounds` are ragged, cut by the offsets of the same name, one more than (variants * nodes).
    A bound by losing bids is a row of `Plan.losing`.
    """

    kind: Integers
    calendar: Integers
    fixed: Integers
    per_bid: Integers
    per_valid_bid: Integers
    effort_table: Integers
    wait: Integers
    wait_table: Integers
    wait_working: Integers
    stretch: Integers
    market: Integers
    portal: Integers
    recorded: Integers
    marks: Integers
    supplier: Integers
    stage: Integers
    bidder: Integers
    winner: Integers
    next: Integers
    by: Integers
    status: Integers
    staff_offsets: Integers
    staff_role: Integers
    staff_heads: Integers
    branch_offsets: Integers
    branch_to: Integers
    branch_bound: Integers
    branch_at_most: Integers
    branch_then: Integers


@dataclass(frozen=True, eq=False)
class Listing:
    """What data say of each case of a class, -1 where nothing: value (USD), method, bidding window (s); category.

    A method is the row of a routing among the parts of an office that go by it.
    """

    value: Integers
    method: Integers
    window: Integers
    category: tuple[str, ...]
    routings: tuple[Routing, ...]


@dataclass(frozen=True, eq=False)
class CaseLaw:
    """One class of cases: when they arrive, their mean value (USD) with its table, and which part they go to."""

    arrivals: Arrivals
    value: int
    value_table: int
    routing: Routing | None
    listing: Listing | None = None

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.arrivals.name


@dataclass(frozen=True, eq=False)
class OutageLaw:
    """When the portal fails: explicit `times` (start, end in s), or a law of starts and a mean length with its table.

    A deadline that falls into an outage moves to `extension` seconds after its end.
    """

    times: Integers | None
    starts: Arrivals | None
    length: int
    length_table: int
    extension: int


@dataclass(frozen=True, eq=False)
class Plan:
    """One workflow under one regime, ready to be run: names for reading, integers for the engine.

    `cohort` is the window [from, to) in which cases that count arrive; an engine stops when the last of them has
    ended, or at `horizon`. A case of part p and variant v begins at node `starts[v, p]`; it meets variant v where its
    readiness word lies below `shares[v]` (in 2**-32, falling) and not below the next. `expenses` [variants, parts] are
    those of one bid in US cents (for outcomes only). `stages` are distinct, "" being that of nodes that have none;
    `marks` are the milestones, then the activities that deadlines refer to.
    """

    seed: int
    first: date
    horizon: int
    cohort: tuple[int, int]
    activities: tuple[str, ...]
    stages: tuple[str, ...]
    marks: tuple[str, ...]
    roles: tuple[str, ...]
    heads: Integers
    parts: tuple[str, ...]
    methods: tuple[str, ...]
    shares: Integers
    starts: Integers
    nodes: Nodes
    calendars: tuple[Calendar, ...]
    role_calendars: tuple[Calendar, ...]
    working_days: Integers
    tables: tuple[Integers, ...]
    markets: tuple[BiddingTables, ...]
    expenses: Integers
    losing: Integers
    laws: tuple[CaseLaw, ...]
    outage_law: OutageLaw

    def cases(self, replication: int) -> Cases:
        """The cases of a replication, numbered in order of arrival."""
        classes = [self._of_class(index, replication) for index in range(len(self.laws))]
        joined = {name: np.concatenate([columns[name] for columns in classes]) for name in classes[0]}
        order = np.lexsort((joined["kind"], joined["arrival"]))
        return Cases(**{name: column[order] for name, column in joined.items()})

    def _of_class(self, index: int, replication: int) -> dict[str, Integers]:
        law = self.laws[index]
        times, words = self._arrivals(law.arrivals, f"{draws.ARRIVAL}:{law.name}", replication)
        value = draws.look_up(self.tables[law.value_table], words[draws.VALUE]) * law.value >> draws.ONE
        part = law.routing.part(value, words[draws.ROUTE]) if law.routing else np.zeros(len(times), dtype=np.int64)
        window = np.full(len(times), -1, dtype=np.int64)
        if law.listing:
            value, window = np.where(law.listing.value >= 0, law.listing.value, value), law.listing.window
            part = law.routing.part(value, words[draws.ROUTE]) if law.routing else part
            for row, routing in enumerate(law.listing.routings):
                part = np.where(law.listing.method == row, routing.part(value, words[draws.ROUTE]), part)
        ready = words[draws.READINESS].astype(np.int64)
        return {
            "arrival": times,
            "kind": np.full(len(times), index, dtype=np.int64),
            "priority": np.full(len(times), law.arrivals.case.priority, dtype=np.int64),
            "value": value,
            "part": part,
            "variant": (ready[:, None] < self.shares[None, 1:]).sum(axis=1),
            "window": window,
        }

    def _arrivals(self, law: Arrivals, name: str, replication: int) -> tuple[Integers, tuple[draws.Words, ...]]:
        """When they come, with the words of each: the first has made the time, the others are for the case."""
        words = draws.words(self.seed, replication, np.arange(self.most(law), dtype=np.int64), name, 0)
        if law.times is not None:
            return law.times, words
        gaps = draws.look_up(draws.quantile_table("exponential"), words[0]) * (law.gap >> 8) >> (draws.ONE - 8)
        times = law.at(np.cumsum(gaps))
        return times, tuple(word[: len(times)] for word in words)

    @staticmethod
    def most(law: Arrivals) -> int:
        """How many gaps are drawn for a law: enough to pass its end, however lucky the draws."""
        if law.times is not None:
            return len(law.times)
        expected = int(law.reached[-1]) / max(law.gap, 1)
        return int(expected + 10 * expected**0.5 + 20)

    def outages(self, replication: int) -> list[tuple[int, int]]:
        """Start and end of every outage of the portal, in order; the same under every regime."""
        law = self.outage_law
        if law.times is not None:
            return [(int(start), int(end)) for start, end in law.times]
        if law.starts is None:
            return []
        starts, words = self._arrivals(law.starts, draws.OUTAGE, replication)
        length = draws.look_up(self.tables[law.length_table], words[draws.VALUE]) * law.length >> draws.ONE
        return list(zip(starts.tolist(), (starts + length).tolist(), strict=True))

    @cached_property
    def part_of_node(self) -> Integers:
        """The part to which each node belongs."""
        return np.array([self.parts.index(part_of(name)) for name in self.activities], dtype=np.int64)

    @cached_property
    def market_of_part(self) -> Integers:
        """The row of each part's market, whose firms are the same in every variant; -1 where it has none."""
        result = np.full(len(self.parts), -1, dtype=np.int64)
        np.maximum.at(result, self.part_of_node, self.nodes.market.max(axis=0))
        return result

    @cached_property
    def marks_of_part(self) -> Integers:
        """The marks that the nodes of each part have, as bits."""
        result = np.zeros(len(self.parts), dtype=np.int64)
        np.bitwise_or.at(result, self.part_of_node, np.bitwise_or.reduce(self.nodes.marks, axis=0))
        return result

    @cached_property
    def on_duty(self) -> Integers:
        """The working time of each role within the cohort's time."""
        first, last = self.cohort
        return np.array([hours.worked(last) - hours.worked(first) for hours in self.role_calendars], dtype=np.int64)

    @property
    def grows(self) -> bool:
        """Whether cases keep arriving, so that a backlog could grow."""
        return any(law.arrivals.times is None for law in self.laws)


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases of one replication, by number: arrival (s), class, priority (0 is served first), value (USD), part,
    variant, and their own bidding window (s, -1 for the regime's)."""

    arrival: Integers
    kind: Integers
    priority: Integers
    value: Integers
    part: Integers
    variant: Integers
    window: Integers

    def __len__(self) -> int:
        return len(self.arrival)
