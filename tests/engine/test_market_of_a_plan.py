"""From the market block of a workflow to tables, and from rounds to the hours of bidders."""

from __future__ import annotations

import pytest
from workflows import tiny

import procsim as ps
from procsim.engine import compiler

MARKET = {
    "notice": "portal",
    "awareness_mean": 4.8,
    "awareness_shape": 1,
    "awareness_multiplier": 1.5,
    "entry_spread": 1,
    "cost_spread": 0.37,
    "wage": "10 USD",
    "valid_share": 1,
}
NODES = {"window": {"kind": "bidding", "duration": "5 d", "bidder": {"offer": "60 h"}, "next": "end"}}


def workflow(values: tuple[int, ...] = (200_000,), **market: object) -> ps.Workflow:
    cases = {f"of_{value}": {"arrivals": ["0 s"], "value": f"{value} USD"} for value in values}
    return ps.load(tiny(NODES, caseload=cases, market={**MARKET, **market}))


@pytest.mark.parametrize(("submission", "paid"), [("paper", 4), ("portal", 1)])
def test_sham_bids_take_hours_on_paper_only(submission: str, paid: int) -> None:
    log = ps.simulate(workflow(bids=2, capture=1, sham_bids=3, submission=submission))
    cases = log.case_table()
    assert cases[["bids", "valid_bids", "price"]].values.tolist() == [[4, 4, 1.0185]]
    assert cases["bidder_hours"].tolist() == [60 * paid]


def test_each_value_in_the_caseload_is_a_band_and_cases_without_one_are_in_the_lowest() -> None:
    (tables,) = compiler.make(workflow((400, 100, 0, 1600))).markets
    assert tables.edges.tolist() == [200, 800]
    assert len(tables.bids) == 3


def test_suppliers_without_access_bid_at_what_it_costs_on_paper() -> None:
    # No reform is in force, so bidding costs them the same, and they bid as often as the others.
    (tables,) = compiler.make(workflow(submission="portal", digital_access=0.75)).markets
    assert tables.portal_share.tolist() == [0.75 * 2**20]


def test_an_unknown_award_is_refused_with_its_place() -> None:
    with pytest.raises(ps.ModelError, match=r"market > award"):
        workflow(award="raffle")
