"""The markets of every variant and part of a workflow: what a bid costs in each, and the tables solved from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from procsim.engine.nodes import Layout
from procsim.procurement import bidding, market
from procsim.procurement.schema import MarketSpec, Step, WorkflowSpec, part_of

Integers = NDArray[np.int64]
At = tuple[int, str]  # variant and part


class Markets:
    """The markets of a workflow, each solved once where several are the same.

    `rows` are their places among the `solved` by variant and part; `by_portal` is the share of bids that come from
    suppliers who can use the portal; the others bid by hand, at what a bid costs on paper.
    """

    def __init__(self, layout: Layout, values: Mapping[str, tuple[float, ...]]) -> None:
        self.layout, self.values = layout, values
        self.solved: dict[market.Market, bidding.BiddingTables] = {}
        self.rows: dict[At, int] = {}
        self.by_portal: dict[At, float] = {}
        for index, variant in enumerate(layout.workflow.variants):
            for part in variant.spec.market:
                self._add((index, part), variant.spec)

    def _add(self, at: At, spec: WorkflowSpec) -> None:
        part, block = at[1], spec.market[at[1]]
        without = block.submission == "portal" and block.digital_access < 1
        by_hand = _bid_cost(self.layout.paper, part) if without else None
        kind = _market(block, _bid_cost(spec, part), by_hand, self.values[part])
        if kind not in self.solved:
            self.solved[kind] = bidding.solve(kind)
        self.rows[at] = list(self.solved).index(kind)
        self.by_portal[at] = float(self.solved[kind].portal_share.mean()) / bidding.SHARE_UNIT if without else 1.0

    def most_bids(self) -> dict[At, int]:
        """The most bids that a round can bring, by variant and part."""
        tables = list(self.solved.values())
        return {at: max(int(tables[row].counts[-1]), tables[row].ring.bids) for at, row in self.rows.items()}

    def expenses(self) -> Integers:
        """The expenses of one bid in US cents, by variant and part: the mean of bids by portal and bids by hand."""
        variants, parts = self.layout.workflow.variants, list(self.layout.spec.ways)
        result = np.zeros((len(variants), len(parts)), dtype=np.int64)
        for (index, part), share in self.by_portal.items():
            own = _expenses(variants[index].spec.market[part])
            by_hand = _expenses(self.layout.paper.market[part]) if share < 1 else own
            result[index, parts.index(part)] = round(100 * (share * own + (1 - share) * by_hand))
        return result


def _market(block: MarketSpec, cost: float, by_hand: float | None, values: tuple[float, ...]) -> market.Market:
    return market.Market(
        awareness_mean=float(block.awareness_mean),
        awareness_shape=float(block.awareness_shape),
        awareness_multiplier=float(block.awareness_multiplier),
        notice=block.notice,
        pool=block.pool,
        entry_spread=float(block.entry_spread),
        cost_spread=float(block.cost_spread),
        bid_cost=cost,
        values=values,
        bids=block.bids,
        award=block.award,
        submission=block.submission,
        sham_bids=block.sham_bids,
        firms=block.firms,
        access_cost=by_hand,
        **{name: float(getattr(block, name)) for name in market.SHARES},
    )


def _bid_cost(spec: WorkflowSpec, part: str) -> float:
    """What one bid costs a supplier: its hours in the whole part at the market's wage, and expenses."""
    block = spec.market[part]
    steps = (node for name, node in spec.nodes.items() if part_of(name) == part and isinstance(node, Step))
    hours = sum(time.seconds for node in steps for time in node.bidder.values()) / 3600
    return hours * float(block.wage.amount) + _expenses(block)


def _expenses(block: MarketSpec) -> float:
    return sum(float(money.amount) for money in block.expenses.values())
