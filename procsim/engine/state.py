"""What a run keeps in hand: roles, teams, cases and nodes, as plain objects made from a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from heapq import heappop
from itertools import pairwise
from typing import Any

from procsim.engine.plan import ABSENT, OPEN, Integers, Plan
from procsim.procurement.calendars import ALWAYS, Calendar

Waiting = tuple[int, int, int, int, Any]  # priority, enabled, case, node: the order of service; then the work
Lots = tuple[list[int], list[int]]  # for every case: the seconds of hand-over or timer, the factor on the effort


@dataclass(slots=True)
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


@dataclass(slots=True)
class Team:
    """Roles that share tasks, with the tasks that wait for them in order of service; `only` if it is a single role."""

    key: int
    roles: tuple[int, ...]
    only: Role | None
    waiting: list[Waiting] = field(default_factory=list)
    wakes: int = -1  # the next scan that is due without anything ending; in the past if none is
    shut: int = -1  # a single role is known to be off duty until then, and the team to be woken
    closes: int = 0  # a single role is known to be on duty until then


NOBODY = Team(-1, (), None)


@dataclass(slots=True)
class Case:
    """What a case has come to so far.

    So many bids of the last round are `paid` for in hours; its window `closed` at that second; outages have `moved` so
    many deadlines of the case.
    """

    rounds: int = 0
    bids: int = 0
    valid_bids: int = 0
    all_bids: int = 0
    paid: int = 0
    price: int = -1
    winner: int = -1
    closed: int = -1
    moved: int = 0
    bidder_seconds: int = 0
    status: int = OPEN
    ended: int = -1


@dataclass(slots=True, eq=False)
class Group:
    """The cases of one variant and part, which draw their lots together."""

    members: Integers
    rounds: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """One node of a variant as plain numbers, with each case's count of visits and the lots drawn so far, by visit.

    `visits` and lots are those of the node's group: a case finds its own at its slot.
    """

    name: str
    kind: int
    next: int
    calendar: Calendar
    staff: list[tuple[int, int]]
    team: Team
    fixed: int
    per_bid: int
    per_valid_bid: int
    effort_table: int
    wait: int
    wait_table: int
    wait_working: int
    stretch: int
    market: int
    portal: int
    bidder: int
    winner: int
    by: int
    status: int
    branches: list[tuple[int, int, int, int]]
    group: Group
    visits: list[int]
    counts: bool = False  # whether its effort depends on bids
    charges: bool = False  # whether it costs bidders hours
    lots: list[Lots] = field(default_factory=list)
    words: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = self.per_bid > 0 or self.per_valid_bid > 0
        self.charges = self.bidder > 0 or self.winner > 0


def nodes_of(plan: Plan, groups: list[list[Group]], roles: list[Role]) -> list[list[Node | None]]:
    """The nodes of each variant of a plan, None where it has no such node; `groups` are by variant and part."""
    nodes, number = plan.nodes, len(plan.activities)
    plain = [item.name for item in fields(Node) if item.name in vars(nodes) and item.name != "calendar"]
    staff = _ragged(nodes.staff_offsets, nodes.staff_role, nodes.staff_heads)
    branches = _ragged(
        nodes.branch_offsets, nodes.branch_to, nodes.branch_bound, nodes.branch_at_most, nodes.branch_then
    )
    teams = _teams(staff, nodes.calendar.ravel().tolist(), roles)
    parts = plan.part_of_node.tolist()
    result: list[list[Node | None]] = []
    for variant, of_parts in enumerate(groups):
        columns = {name: getattr(nodes, name)[variant].tolist() for name in plain}
        calendars = nodes.calendar[variant].tolist()
        row: list[Node | None] = []
        for at, name in enumerate(plan.activities):
            here, group = variant * number + at, of_parts[parts[at]]
            if columns["kind"][at] == ABSENT:
                row.append(None)
                continue
            node = Node(
                name=name,
                calendar=plan.calendars[calendars[at]] if staff[here] else ALWAYS,
                staff=staff[here],
                team=teams[staff[here][0][0]] if staff[here] else NOBODY,
                branches=branches[here],
                group=group,
                visits=[0] * len(group.members),
                **{key: column[at] for key, column in columns.items()},
            )
            row.append(node)
        result.append(row)
    return result


def _ragged(offsets: Integers, *columns: Integers) -> list[list[Any]]:
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    return [rows[low:high] for low, high in pairwise(offsets.tolist())]


def _teams(staff: list[list[tuple[int, int]]], calendars: list[int], roles: list[Role]) -> list[Team]:
    """The team of each role: roles that serve in one task belong together.

    A team of a single role with a single calendar can be served in a simpler way (`only`).
    """
    member = [{role} for role in range(len(roles))]
    kept: list[set[int]] = [set() for _ in roles]
    for people, calendar in zip(staff, calendars, strict=True):
        together = set().union(*(member[role] for role, _ in people))
        for role in together:
            member[role] = together
        for role, _ in people:
            kept[role].add(calendar)
    teams = {}
    for group in member:
        first = min(group)
        simple = len(group) == 1 and len(kept[first]) <= 1
        teams[id(group)] = Team(first, tuple(sorted(group)), roles[first] if simple else None)
    return [teams[id(group)] for group in member]
