"""What the engines can count, told before anything is run: seconds in 31 bits, and so many cases, people and bids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from procsim.engine.nodes import Layout
from procsim.engine.plan import CASE_LIMIT, CaseLaw, Plan
from procsim.procurement.checks import LONGEST
from procsim.procurement.parameters import YEAR
from procsim.procurement.problems import ModelError
from procsim.procurement.schema import Node, Step, Task, part_of

PEOPLE_LIMIT = 2**18  # of one role on one task
GAP_LIMIT = 2**46  # weighted seconds: the longest gap, 16 times the mean, must still fit 64 bits

Bids = Mapping[tuple[int, str], int]


def check_span(years: int, explicit: bool, horizon: int) -> None:
    """Refuse a run that is too long to count its seconds, before its days are laid out."""
    if horizon > LONGEST:
        place = "caseload: the last case comes so late that" if explicit else f"--years {years}:"
        remedy = "Let it come earlier." if explicit else "Lower it."
        what = f"a run would last {-(-horizon // YEAR)} years; at most {LONGEST // YEAR} fit"
        raise ModelError([f"{place} {what}. {remedy}"])


def check_cases(laws: Sequence[CaseLaw], layout: Layout) -> None:
    """Note classes that together bring too many cases, however lucky the draws, and those that come too rarely."""
    place, most = layout.workflow.base.file.place, sum(Plan.most(law.arrivals) for law in laws)
    if most > CASE_LIMIT:
        what = f"up to {most:,} cases in one replication; at most {CASE_LIMIT:,} fit"
        layout.problems.add(place("caseload"), what, "Lower per_year or --years")
    for law in laws:
        if law.arrivals.gap >= GAP_LIMIT:
            what = "so few cases with so high a peak cannot be drawn"
            layout.problems.add(place("caseload", law.name), what, "Raise 'per_year', or lower 'peak_factor'")


def check_nodes(layout: Layout, bids: Bids) -> None:
    """Note every node that needs too many people or too much time; `bids` are the most, by variant and part."""
    for index, variant in enumerate(layout.workflow.variants):
        for name, node in variant.spec.nodes.items():
            for key, what, remedy in _excesses(node, bids.get((index, part_of(name)), 0)):
                layout.problems.add(layout.workflow.base.file.place("nodes", name, *key), what, remedy)


def _excesses(node: Node, bids: int) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if isinstance(node, Task):
        for role, heads in node.staff.items():
            if heads > PEOPLE_LIMIT:
                yield ("staff", role), f"{heads:,} people on one task", f"At most {PEOPLE_LIMIT:,} are allowed"
        each = node.effort.per_bid.seconds + node.effort.per_valid_bid.seconds
        if node.effort.value.seconds + each * bids > LONGEST:
            yield ("effort",), f"with {bids:,} bids it is more than 68 years", "Lower 'per_bid' or 'per_valid_bid'"
    if isinstance(node, Step):
        for key in ("bidder", "winner"):
            if sum(time.seconds for time in getattr(node, key).values()) > LONGEST:
                yield (key,), "the times come to more than 68 years", "Lower them"
