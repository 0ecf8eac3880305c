"""Workflow, country and market as arrays of integers: everything that an engine reads, and nothing else.

Arrays that describe nodes have shape (variants, nodes); ragged ones come with offsets. An engine knows nothing of
regimes, countries or laws: a lever changes contents, never code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from procsim.engine import draws
from procsim.procurement import bidding, calendars, market
from procsim.procurement.calendars import ALWAYS, Calendar, Week
from procsim.procurement.caseload import YEAR, Arrivals, arrivals
from procsim.procurement.parameters import DAY, WORKING_DAY, Quantity
from procsim.procurement.problems import ModelError, Problems
from procsim.procurement.schema import (
    Bidding,
    Branch,
    End,
    Exclusive,
    Join,
    Node,
    Parallel,
    Spread,
    Step,
    Task,
    Timer,
    WorkflowSpec,
)
from procsim.procurement.workflow import PAPER, Workflow

Integers = NDArray[np.int64]

KINDS = (Task, Timer, Bidding, Exclusive, Parallel, Join, End)
TASK, TIMER, BIDDING, EXCLUSIVE, PARALLEL, JOIN, END = range(len(KINDS))
CHOICES = ("probability", "bids", "valid_bids", "value")
BY_WORD, BY_BIDS, BY_VALID_BIDS, BY_VALUE = range(len(CHOICES))
STATUSES = ("complete", "unsuccessful", "cancelled", "open")
OPEN = STATUSES.index("open")
INFINITE = 2**30  # heads of a role without limit
NEVER = 2**15  # visits of a branch without bound
PEOPLE_LIMIT, NODE_LIMIT, CASE_LIMIT = 10**6, 2**12, 5 * 10**6


@dataclass(frozen=True, eq=False)
class Nodes:
    """The graph for each variant: arrays of shape (variants, nodes) unless said otherwise.

    Times are seconds; `wait` is the hand-over of a task, or the period of a timer, in working days where `wait_working`
    is 1; `*_table` are rows of `Plan.tables`.
    `staff`, `branches` and `bounds` are ragged, cut by the offsets of the same name, one more than (variants * nodes).
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
class Plan:
    """One workflow under one regime, ready to be run: names for reading, integers for the engine.

    `cohort` is the window [from, to) in which cases that count arrive; an engine stops when the last of them has
    ended, or at `horizon`.
    """

    seed: int
    first: date
    horizon: int
    cohort: tuple[int, int]
    activities: tuple[str, ...]
    stages: tuple[str, ...]
    roles: tuple[str, ...]
    heads: Integers
    start: Integers
    nodes: Nodes
    calendars: tuple[Calendar, ...]
    role_calendars: tuple[Calendar, ...]
    working_days: Integers
    tables: tuple[Integers, ...]
    markets: tuple[bidding.BiddingTables, ...]
    arrivals: tuple[Arrivals, ...]

    def cases(self, replication: int) -> Cases:
        """The cases of a replication, numbered in order of arrival."""
        parts = [self._times(law, replication) for law in self.arrivals]
        time = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        kind = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        order = np.lexsort((kind, time))
        if len(order) > CASE_LIMIT:
            remedy = "Lower per_year or --years."
            raise ModelError([f"caseload: {len(order)} cases in one replication; at most {CASE_LIMIT} fit. {remedy}"])
        priority = np.array([law.case.priority for law in self.arrivals], dtype=np.int64)
        value = np.array([round(law.case.value.amount) for law in self.arrivals], dtype=np.int64)
        kind = kind[order]
        return Cases(time[order], kind, priority[kind], value[kind])

    def _times(self, law: Arrivals, replication: int) -> Integers:
        if law.times is not None:
            return law.times
        table = draws.quantile_table("exponential")
        expected = int(law.reached[-1]) / max(law.gap, 1)
        number = np.arange(min(int(expected + 10 * expected**0.5 + 20), 2 * CASE_LIMIT), dtype=np.int64)
        word = draws.words(self.seed, replication, number, f"{draws.ARRIVAL}:{law.name}", 0)[0]
        gaps = draws.look_up(table, word) * (law.gap >> 8) >> (draws.ONE - 8)
        return law.at(np.cumsum(gaps))

    @property
    def grows(self) -> bool:
        """Whether cases keep arriving, so that a backlog could grow."""
        return any(law.times is None for law in self.arrivals)


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases of one replication, by number: arrival (s), class, priority (0 is served first), value."""

    arrival: Integers
    kind: Integers
    priority: Integers
    value: Integers

    def __len__(self) -> int:
        return len(self.arrival)


def make(
    workflow: Workflow,
    seed: int = 1,
    years: int = 1,
    first: date | None = None,
    warm_up: int | None = None,
    tail: int = 2,
) -> Plan:
    """The plan of a workflow: `warm_up` years, then `years` in which the cohort arrives, then at most `tail` years.

    With explicit arrivals there is no warm-up and every case counts. Raises ModelError for what only shows once
    calendars are laid out: roles that never meet, a task longer than any sitting, names whose draws collide.
    """
    spec = workflow.spec
    explicit = all(case.arrivals is not None for case in spec.caseload.values())
    warm_up = (0 if explicit else 1) if warm_up is None else warm_up
    first = first or date(workflow.country.year - warm_up, 1, 1)
    last = max((time.seconds for case in spec.caseload.values() for time in case.arrivals or ()), default=0)
    horizon = (warm_up + years + tail) * YEAR + last
    holidays = workflow.country.holidays(first.year - 1, first.year + horizon // YEAR + 1)
    week = Week(first, horizon // DAY + 1, workflow.country.weekdays(), holidays)
    layout = _Layout(workflow, week)
    cohort = (0, last + 1) if explicit else (warm_up * YEAR, (warm_up + years) * YEAR)
    laws = (arrivals(name, case, layout.named[case.calendar], week, horizon) for name, case in spec.caseload.items())
    nodes = layout.nodes()
    for name, case in spec.caseload.items():
        if not layout.named[case.calendar].opens:
            place = workflow.base.file.place("caseload", name, "calendar")
            layout.problems.add(place, f"'{case.calendar}' never opens, so no case arrives", "Give it hours")
    layout.problems.raise_if_any()
    return Plan(
        seed=seed,
        first=first,
        horizon=horizon,
        cohort=cohort,
        activities=tuple(spec.nodes),
        stages=tuple(getattr(node, "stage", "") for node in spec.nodes.values()),
        roles=tuple(spec.roles),
        heads=np.array([INFINITE if role.heads is None else role.heads for role in spec.roles.values()], np.int64),
        start=np.array([list(spec.nodes).index(spec.start)], dtype=np.int64),
        nodes=nodes,
        calendars=tuple(layout.calendars),
        role_calendars=tuple(layout.named[role.calendar] for role in spec.roles.values()),
        working_days=np.array(week.working, dtype=np.int64),
        tables=tuple(layout.tables.values()),
        markets=(bidding.solve(_market(workflow)),) if spec.market else (),
        arrivals=tuple(laws),
    )


def _market(workflow: Workflow) -> market.Market:
    """The market of a workflow; what a bid costs follows from the bidders' hours in it."""
    spec, block = workflow.spec, workflow.spec.market
    assert block is not None
    some_without_access = block.submission == "portal" and block.digital_access < 1
    values = sorted({float(case.value.amount) for case in spec.caseload.values()} - {0.0})
    return market.Market(
        awareness_mean=float(block.awareness_mean),
        awareness_shape=float(block.awareness_shape),
        awareness_multiplier=float(block.awareness_multiplier),
        notice=block.notice,
        pool=block.pool,
        entry_spread=float(block.entry_spread),
        cost_spread=float(block.cost_spread),
        bid_cost=_bid_cost(spec),
        values=tuple(values) or (1.0,),
        bids=block.bids,
        award=block.award,
        submission=block.submission,
        sham_bids=block.sham_bids,
        firms=block.firms,
        access_cost=_bid_cost(workflow.under(PAPER).spec) if some_without_access else None,
        **{name: float(getattr(block, name)) for name in market.SHARES},
    )


def _bid_cost(spec: WorkflowSpec) -> float:
    assert spec.market is not None
    hours = sum(time.seconds for node in spec.nodes.values() if isinstance(node, Step) for time in node.bidder.values())
    expenses = sum(float(money.amount) for money in spec.market.expenses.values())
    return hours / 3600 * float(spec.market.wage.amount) + expenses


class _Layout:
    """Lays a specification out as arrays, collecting calendars and tables on the way."""

    def __init__(self, workflow: Workflow, week: Week) -> None:
        self.workflow, self.spec, self.problems = workflow, workflow.spec, Problems()
        self.rank = {name: index for index, name in enumerate(self.spec.nodes)}
        self.role_rank = {name: index for index, name in enumerate(self.spec.roles)}
        self.named = {"always": ALWAYS} | {
            name: calendars.build(block.model_dump(exclude_none=True), week)
            for name, block in self.spec.calendars.items()
        }
        self.calendars: list[Calendar] = []
        self.calendar_of: dict[tuple[str, ...], int] = {}
        self.tables: dict[tuple[str, float, float, float], Integers] = {}
        self._check_names()

    def _check_names(self) -> None:
        if len(self.spec.nodes) > NODE_LIMIT:
            self.problems.add(self.spec.name, f"{len(self.spec.nodes)} nodes", f"At most {NODE_LIMIT} are allowed")
        seen: dict[int, str] = {}
        for name in [*self.spec.nodes, draws.SUPPLIERS, draws.PRICE]:
            other = seen.setdefault(draws.name_key(name), name)
            if other != name:
                self.problems.add(self.spec.name, f"the draws of '{name}' and '{other}' collide", "Rename one of them")

    def nodes(self) -> Nodes:
        rows = [self._row(name, node) for name, node in self.spec.nodes.items()]
        columns = {key: np.array([[row[key] for row in rows]], dtype=np.int64) for key in rows[0]}
        return Nodes(**columns, **self._staff(), **self._branches())

    def _row(self, name: str, node: Node) -> dict[str, int]:
        task = node if isinstance(node, Task) else None
        wait = node.duration if isinstance(node, (Timer, Bidding)) else task.handover if task else None
        step = node if isinstance(node, Step) else None
        return {
            "kind": next(index for index, kind in enumerate(KINDS) if isinstance(node, kind)),
            "calendar": self._calendar(name, task) if task else 0,
            "fixed": task.effort.value.seconds if task else 0,
            "per_bid": task.effort.per_bid.seconds if task else 0,
            "per_valid_bid": task.effort.per_valid_bid.seconds if task else 0,
            "effort_table": self._table(task.effort if task else None),
            "wait": wait.value.seconds if wait else 0,
            "wait_table": self._table(wait),
            "wait_working": int(wait is not None and wait.value.unit == WORKING_DAY),
            "bidder": sum(time.seconds for time in step.bidder.values()) if step else 0,
            "winner": sum(time.seconds for time in step.winner.values()) if step else 0,
            "next": self.rank[node.next] if isinstance(node, (Step, Join)) else -1,
            "by": CHOICES.index(node.by) if isinstance(node, Exclusive) else 0,
            "status": STATUSES.index(node.status) if isinstance(node, End) else 0,
        }

    def _table(self, spread: Spread | None) -> int:
        shape = spread.shape if spread else ("fixed", 0.0, 0.0, 0.0)
        self.tables.setdefault(shape, draws.quantile_table(*shape))
        return list(self.tables).index(shape)

    def _calendar(self, name: str, task: Task) -> int:
        """The common calendar of all roles of a task; it must open, and hold the task if it may not pause."""
        key = tuple(sorted({self.spec.roles[role].calendar for role in task.staff}))
        if key not in self.calendar_of:
            self.calendar_of[key] = len(self.calendars)
            self.calendars.append(calendars.intersection([self.named[calendar] for calendar in key]))
        shared = self.calendars[self.calendar_of[key]]
        place = self.workflow.base.file.place("nodes", name, "staff")
        if not shared.opens:
            remedy = "Give them hours in common: " + ", ".join(f"calendar.{calendar}" for calendar in key)
            who = f"{' and '.join(task.staff)} are never on duty together"
            who = who if len(task.staff) > 1 else f"{next(iter(task.staff))} is never on duty"
            self.problems.add(place, who, remedy)
        elif shared.whole and self._longest(task) > shared.longest:
            need, room = self._longest(task) / 3600, shared.longest / 3600
            what = f"the task can take {need:.1f} h, the longest sitting {room:.1f} h"
            self.problems.add(place, what, "Lengthen the sitting, shorten the task, or use 'fit: pause'")
        return self.calendar_of[key]

    def _longest(self, task: Task) -> int:
        factor = draws.largest(draws.quantile_table(*task.effort.shape))
        return task.effort.value.seconds * factor >> draws.ONE

    def _staff(self) -> dict[str, Integers]:
        staff = [list(getattr(node, "staff", {}).items()) for node in self.spec.nodes.values()]
        flat = [(self.role_rank[role], heads) for people in staff for role, heads in people]
        return {
            "staff_offsets": np.cumsum([0, *map(len, staff)], dtype=np.int64),
            "staff_role": np.array([role for role, _ in flat], dtype=np.int64),
            "staff_heads": np.array([heads for _, heads in flat], dtype=np.int64),
        }

    def _branches(self) -> dict[str, Integers]:
        rows = [self._ways(node) for node in self.spec.nodes.values()]
        flat = np.array([way for ways in rows for way in ways], dtype=np.int64).reshape(-1, 4)
        names = ("branch_to", "branch_bound", "branch_at_most", "branch_then")
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return {"branch_offsets": offsets} | {name: flat[:, index] for index, name in enumerate(names)}

    def _ways(self, node: Node) -> list[tuple[int, int, int, int]]:
        """Branches as (to, bound, at most, then): the first whose bound exceeds the word or number is taken."""
        if isinstance(node, Parallel):
            return [(self.rank[branch], 0, NEVER, -1) for branch in node.branches]
        if isinstance(node, Join):
            mine = [other for other in self.spec.nodes.values() if isinstance(other, Parallel)]
            parallel = next(other for other in mine if self.spec.nodes[other.join] is node)
            return [(-1, 0, NEVER, -1)] * len(parallel.branches)
        if not isinstance(node, Exclusive):
            return []
        ways, total = [], 0.0
        for branch in node.branches:
            total += float(branch.probability or 0)
            bound = round(total * 2**32) if node.by == "probability" else self._bound(node, branch)
            if branch is node.branches[-1]:
                bound = 2**62
            then = self.rank[branch.then or node.branches[-1].to]
            ways.append((self.rank[branch.to], bound, branch.at_most or NEVER, then))
        return ways

    def _bound(self, node: Exclusive, branch: Branch) -> int:
        """A bound as a whole number; money in local currency is turned into the currency of the cases' value."""
        below = branch.below
        if below is None:
            return 2**62
        currencies = {case.value.unit for case in self.spec.caseload.values()}
        if below.unit and below.unit not in (*currencies, self.workflow.country.currency):
            known = " or ".join(sorted({*currencies, self.workflow.country.currency}))
            name = next(name for name, other in self.spec.nodes.items() if other is node)
            path = f"{name}.branches.{branch.to}.below"
            origin = self.workflow.ledger[path].origin if path in self.workflow.ledger else self.spec.name
            self.problems.add(f"{origin}, {path}", f"{below} cannot be compared", f"Write it in {known}")
        if below.unit and below.unit not in currencies:
            rate = Quantity.parse(self.workflow.country.parameter("macro.exchange_rate").value).amount
            if rate <= 0:
                self.problems.add("macro.exchange_rate", f"{rate} is no rate", "Write local currency for one USD")
            return round(below.amount / (rate if rate > 0 else 1))
        return round(below.amount)
