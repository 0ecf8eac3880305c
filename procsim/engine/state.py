"""What a run keeps in hand: roles, teams, cases and nodes, as plain objects made from a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from heapq import heappop
from itertools import pairwise
from typing import Any

from procsim.engine.plan import OPEN, Integers, Plan
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
    """What a case has come to so far."""

    rounds: int = 0
    bids: int = 0
    valid_bids: int = 0
    all_bids: int = 0
    price: int = -1
    paid: int = 0  # bids whose preparation takes hours: not a ring's sham bids on a portal
    bidder_seconds: int = 0
    status: int = OPEN
    ended: int = -1


@dataclass(slots=True)
class Node:
    """One node of the plan as plain numbers, with each case's count of visits and the lots drawn so far, by visit."""

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
    bidder: int
    winner: int
    by: int
    status: int
    branches: list[tuple[int, int, int, int]]
    visits: list[int]
    counts: bool = False  # whether its effort depends on bids
    charges: bool = False  # whether it costs bidders hours
    lots: list[Lots] = field(default_factory=list)
    words: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = self.per_bid > 0 or self.per_valid_bid > 0
        self.charges = self.bidder > 0 or self.winner > 0


def nodes_of(plan: Plan, cases: int, roles: list[Role]) -> list[Node]:
    """The nodes of a plan, with room for the visits of so many cases."""
    nodes = plan.nodes
    plain = [item.name for item in fields(Node) if item.name in vars(nodes) and item.name != "calendar"]
    columns = {name: getattr(nodes, name)[0].tolist() for name in plain}
    staff = _ragged(nodes.staff_offsets, nodes.staff_role, nodes.staff_heads)
    branches = _ragged(
        nodes.branch_offsets, nodes.branch_to, nodes.branch_bound, nodes.branch_at_most, nodes.branch_then
    )
    teams = _teams(staff, roles)
    return [
        Node(
            name=name,
            calendar=plan.calendars[nodes.calendar[0, at]] if staff[at] else ALWAYS,
            staff=staff[at],
            team=teams[staff[at][0][0]] if staff[at] else NOBODY,
            branches=branches[at],
            visits=[0] * cases,
            **{key: column[at] for key, column in columns.items()},
        )
        for at, name in enumerate(plan.activities)
    ]


def _ragged(offsets: Integers, *columns: Integers) -> list[list[Any]]:
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    return [rows[low:high] for low, high in pairwise(offsets.tolist())]


def _teams(staff: list[list[tuple[int, int]]], roles: list[Role]) -> list[Team]:
    """The team of each role: roles that serve in one task belong together."""
    member = [{role} for role in range(len(roles))]
    for people in staff:
        together = set().union(*(member[role] for role, _ in people))
        for role in together:
            member[role] = together
    teams = {
        id(group): Team(min(group), tuple(sorted(group)), roles[min(group)] if len(group) == 1 else None)
        for group in member
    }
    return [teams[id(group)] for group in member]
