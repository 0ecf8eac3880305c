"""The nodes of every variant of a workflow as arrays, with the calendars, tables and chances they refer to."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from procsim.engine import draws
from procsim.engine.plan import (
    ABSENT,
    CHOICES,
    INFINITE,
    KINDS,
    MARK_LIMIT,
    MOST_LOSING,
    NEVER,
    NODE_LIMIT,
    STATUSES,
    Nodes,
)
from procsim.procurement import calendars
from procsim.procurement.calendars import ALWAYS, Calendar, Week
from procsim.procurement.checks import LONGEST
from procsim.procurement.country import EXCHANGE_RATE
from procsim.procurement.parameters import SECONDS, WORKING_DAY, Quantity
from procsim.procurement.problems import Problems
from procsim.procurement.schema import (
    MILESTONES,
    Bidding,
    Branch,
    CalendarSpec,
    End,
    Exclusive,
    Join,
    Node,
    Parallel,
    Step,
    Task,
    Timer,
    WorkflowSpec,
    part_of,
)
from procsim.procurement.workflow import Variant, Workflow

Integers = NDArray[np.int64]
BranchRow = tuple[int, int, int, int]  # to, bound, at most, then
FIXED = ("fixed", 0.0, 0.0, 0.0)


class Layout:
    """Lays the variants of a workflow out side by side, collecting calendars, tables and problems on the way."""

    def __init__(self, workflow: Workflow, week: Week) -> None:
        self.workflow, self.spec, self.week, self.problems = workflow, workflow.spec, week, Problems()
        self.rank = {name: index for index, name in enumerate(self.spec.nodes)}
        self.role_rank = {name: index for index, name in enumerate(self.spec.roles)}
        self.stages = tuple(dict.fromkeys(map(_stage, self.spec.nodes.values())))
        periods = self.spec.deadlines.values()
        self.watched = tuple(dict.fromkeys(name for period in periods for name in (period.start, period.end)))
        self.calendars: list[Calendar] = []
        self.calendar_of: dict[tuple[str, ...], int] = {}
        self.built: dict[str, Calendar] = {"always": ALWAYS}
        self.tables: dict[tuple[str, float, float, float], Integers] = {}
        self.losing: dict[float, Integers] = {}
        self._check_names()
        self._check_marks()
        self._check_shared()

    def _check_names(self) -> None:
        if len(self.spec.nodes) > NODE_LIMIT:
            self.problems.add(self.spec.name, f"{len(self.spec.nodes)} nodes", f"At most {NODE_LIMIT} are allowed")
        seen: dict[int, str] = {}
        for name in [*self.spec.nodes, draws.SUPPLIERS, draws.PRICE, draws.OUTAGE]:
            other = seen.setdefault(draws.name_key(name), name)
            if other != name:
                self.problems.add(self.spec.name, f"the draws of '{name}' and '{other}' collide", "Rename one of them")

    def _check_marks(self) -> None:
        """Said at once, for nodes cannot be laid out with more marks than bits."""
        if len(self.marks) > MARK_LIMIT:
            what = f"deadlines refer to {len(self.watched)} nodes"
            self.problems.add(self.spec.name, what, f"At most {MARK_LIMIT - len(MILESTONES)} are allowed")
            self.problems.raise_if_any()

    def _check_shared(self) -> None:
        """An office has one number of people, one caseload and one portal, whatever share of it meets a module."""
        for variant in self.workflow.variants:
            changed = [
                (f"role.{role}", f"the head-count of '{role}'")
                for role, block in variant.spec.roles.items()
                if block.heads != self.spec.roles[role].heads
            ]
            for section in ("caseload", "portal"):
                if getattr(variant.spec, section) != getattr(self.spec, section):
                    changed.append((section, f"the {section}"))
            for path, what in changed:
                what = f"a module changes {what}, which cannot hold for a share of the cases"
                self.problems.add(f"regime {self.workflow.regime}, {path}", what, "Adopt the module in full")

    @property
    def marks(self) -> tuple[str, ...]:
        """What nodes are marked by, for outcomes: milestones, then the names of those that deadlines refer to."""
        return (*MILESTONES, *self.watched)

    def heads(self) -> Integers:
        """The head-count of each role."""
        heads = [INFINITE if role.heads is None else role.heads for role in self.spec.roles.values()]
        return np.array(heads, dtype=np.int64)

    def starts(self) -> Integers:
        """Where a case of each part begins, in each variant: shape (variants, parts)."""
        ways = (variant.spec.ways.values() for variant in self.workflow.variants)
        return np.array([[self.rank[part.start] for part in parts] for parts in ways], dtype=np.int64)

    def nodes(self, markets: dict[tuple[int, str], int], by_portal: dict[tuple[int, str], float]) -> Nodes:
        """The arrays; `markets` are rows of the plan's by variant and part, `by_portal` shares of their bids."""
        rows, staff, branches = [], [], []
        for index, variant in enumerate(self.workflow.variants):
            for name in self.spec.nodes:
                at = index, part_of(name)
                market, share = markets.get(at, -1), by_portal.get(at, 1.0)
                node = variant.spec.nodes.get(name)
                rows.append(self._row(name, node, variant, market, share))
                staff.append([(self.role_rank[role], heads) for role, heads in getattr(node, "staff", {}).items()])
                branches.append(self._branches(name, node, variant.spec))
        shape = (len(self.workflow.variants), len(self.spec.nodes))
        columns = {key: np.array([row[key] for row in rows], dtype=np.int64).reshape(shape) for key in rows[0]}
        return Nodes(
            **columns,
            **_ragged("staff_offsets", ("staff_role", "staff_heads"), staff),
            **_ragged("branch_offsets", ("branch_to", "branch_bound", "branch_at_most", "branch_then"), branches),
        )

    def _row(self, name: str, node: Node | None, variant: Variant, market: int, share: float) -> dict[str, int]:
        task = node if isinstance(node, Task) else None
        bidding = node if isinstance(node, Bidding) else None
        wait = node.duration if isinstance(node, (Timer, Bidding)) else task.handover if task else None
        step = node if isinstance(node, Step) else None
        block = variant.spec.market.get(part_of(name))
        return {
            "kind": next((index for index, kind in enumerate(KINDS) if isinstance(node, kind)), ABSENT),
            "calendar": self._shared(name, task, variant.spec) if task else 0,
            "fixed": task.effort.value.seconds if task else 0,
            "per_bid": task.effort.per_bid.seconds if task else 0,
            "per_valid_bid": task.effort.per_valid_bid.seconds if task else 0,
            "effort_table": self.table(task.effort.shape if task else FIXED),
            "wait": wait.value.seconds if wait else 0,
            "wait_table": self.table(wait.shape if wait else FIXED),
            "wait_working": int(wait is not None and wait.value.unit == WORKING_DAY),
            "stretch": self._stretch(name, bidding) if bidding else 0,
            "market": market if bidding else -1,
            "portal": int(bidding is not None and block is not None and block.submission == "portal"),
            "recorded": int(name in variant.recorded),
            "marks": self._marks(name, step) if step else 0,
            "supplier": int(isinstance(node, Timer) and node.cause == "supplier"),
            "stage": self.stages.index(_stage(self.spec.nodes[name])),
            "bidder": self._bidder(name, step, share) if step else 0,
            "winner": sum(time.seconds for time in step.winner.values()) if step else 0,
            "next": self.rank[node.next] if isinstance(node, (Step, Join)) else -1,
            "by": CHOICES.index(node.by) if isinstance(node, Exclusive) else 0,
            "status": STATUSES.index(node.status) if isinstance(node, End) else 0,
        }

    def _marks(self, name: str, step: Step) -> int:
        bits = [MILESTONES.index(step.milestone)] if step.milestone else []
        bits += [self.marks.index(name, len(MILESTONES))] if name in self.watched else []
        return sum(1 << bit for bit in bits)

    @cached_property
    def paper(self) -> WorkflowSpec:
        """What suppliers without access to the portal still do, and how long a window was before any reform."""
        return self.workflow.under("paper").spec

    def _bidder(self, name: str, step: Step, share: float) -> int:
        """Seconds of each bidder: the mean of those who use the portal, a `share` of them, and those who do not."""
        own = sum(time.seconds for time in step.bidder.values())
        if share == 1.0:
            return own
        before = self.paper.nodes.get(name)
        by_hand: int = sum(time.seconds for time in before.bidder.values()) if isinstance(before, Step) else own
        return round(share * own + (1 - share) * by_hand)

    def _stretch(self, name: str, node: Bidding) -> int:
        """What the window of a real case is multiplied by; other cases have none of their own."""
        before = self.paper.nodes.get(name)
        usual: int = before.duration.value.seconds if isinstance(before, Bidding) else 0
        if not usual or not self.workflow.base.cases:
            return int(2**draws.ONE)
        stretch: int = round(2**draws.ONE * node.duration.value.seconds / usual)
        if stretch > LONGEST:  # it is counted like a time
            what = f"{stretch >> draws.ONE:,} times the window on paper, as those of real cases would be"
            place = self.workflow.base.file.place("nodes", name, "duration")
            self.problems.add(place, what, "At most 2,000 times are allowed")
        return stretch

    def table(self, shape: tuple[str, float, float, float]) -> int:
        """The row of a law's quantile table."""
        self.tables.setdefault(shape, draws.quantile_table(*shape))
        return list(self.tables).index(shape)

    def calendar(self, name: str, spec: WorkflowSpec) -> Calendar:
        """A named calendar of a variant, over the days of the run."""
        if name == "always":
            return ALWAYS
        key = _key(name, spec)
        if key not in self.built:
            self.built[key] = calendars.build(spec.calendars[name].model_dump(exclude_none=True), self.week)
        return self.built[key]

    def _shared(self, name: str, task: Task, spec: WorkflowSpec) -> int:
        """The common calendar of all roles of a task; it must open, and hold the task if it may not pause."""
        names = sorted({spec.roles[role].calendar for role in task.staff})
        key = tuple(_key(each, spec) for each in names)
        if key not in self.calendar_of:
            self.calendar_of[key] = len(self.calendars)
            self.calendars.append(calendars.intersection([self.calendar(each, spec) for each in names]))
        shared = self.calendars[self.calendar_of[key]]
        place = self.workflow.base.file.place("nodes", name, "staff")
        if not shared.opens:
            remedy = "Give them hours in common: " + ", ".join(f"calendar.{each}" for each in names)
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

    def _branches(self, name: str, node: Node | None, spec: WorkflowSpec) -> list[BranchRow]:
        """Branches as (to, bound, at most, then): the first whose bound exceeds the word or number is taken."""
        if isinstance(node, Parallel):
            return [(self.rank[branch], 0, NEVER, -1) for branch in node.branches]
        if isinstance(node, Join):
            mine = [other for other in spec.nodes.values() if isinstance(other, Parallel)]
            parallel = next(other for other in mine if other.join == name)
            return [(-1, 0, NEVER, -1)] * len(parallel.branches)
        if not isinstance(node, Exclusive):
            return []
        totals = accumulate(float(branch.probability or 0) for branch in node.branches)
        return [
            (
                self.rank[branch.to],
                2**62 if branch is node.branches[-1] else self._bound(name, node, branch, total),
                branch.at_most or NEVER,
                self.rank[branch.then or node.branches[-1].to],
            )
            for branch, total in zip(node.branches, totals, strict=True)
        ]

    def _bound(self, name: str, node: Exclusive, branch: Branch, total: float) -> int:
        """What the word, or the number that the node looks at, must lie below."""
        if node.by == "probability":
            return round(total * 2**32)
        if node.by == "losing_bids":
            return self._chance_of_losers(float(branch.probability or 0))
        below = branch.below or Quantity.parse(2**62)
        if node.by == "days_since_bids":
            return round(below.amount * SECONDS.get(below.unit, 1))
        return self.dollars(below, f"{name}.branches.{branch.to}.below")

    def _chance_of_losers(self, each: float) -> int:
        """The row of chances that at least one of 0, 1, 2, ... losing bids does what `each` does with this chance."""
        number = np.arange(MOST_LOSING + 1)
        self.losing.setdefault(each, np.rint((1 - (1 - each) ** number) * 2**32).astype(np.int64))
        return list(self.losing).index(each)

    def dollars(self, amount: Quantity, path: str) -> int:
        """Money in local currency turned into that of the cases' value, or a bare number as it is."""
        currencies = {case.value.value.unit for case in self.spec.caseload.values()}
        local = self.workflow.country.currency
        if amount.unit and amount.unit not in (*currencies, local):
            known = " or ".join(sorted({*currencies, local}))
            origin = self.workflow.ledger[path].origin if path in self.workflow.ledger else self.spec.name
            self.problems.add(f"{origin}, {path}", f"{amount} cannot be compared", f"Write it in {known}")
        found = round(amount.amount if not amount.unit or amount.unit in currencies else amount.amount / self.rate)
        return min(found, 2**62)  # a bound that no value reaches, whatever the rate

    @cached_property
    def rate(self) -> Fraction:
        """What one USD costs in local currency."""
        rate = Quantity.parse(self.workflow.country.parameter(EXCHANGE_RATE).value).amount
        if rate > 0:
            return rate
        self.problems.add(EXCHANGE_RATE, f"{rate} is no rate", "Write local currency for one USD")
        return Fraction(1)


def _stage(node: Node) -> str:
    return node.stage if isinstance(node, Step) else ""


def _key(name: str, spec: WorkflowSpec) -> str:
    """A calendar by its contents: a module may give its cases other hours than the rest have."""
    return "always" if name == "always" else repr(_pattern(spec.calendars[name]))


def _pattern(calendar: CalendarSpec) -> dict[str, Any]:
    return calendar.model_dump(exclude_none=True, exclude={"source"})


def _ragged(offsets: str, names: tuple[str, ...], rows: list[list[Any]]) -> dict[str, Integers]:
    flat = np.array([item for row in rows for item in row], dtype=np.int64).reshape(-1, len(names))
    cuts = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return {offsets: cuts} | {name: flat[:, index] for index, name in enumerate(names)}
