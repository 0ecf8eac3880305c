"""What a portal does to bids, their cost and the price, by kind of tender as set by the authors."""

from __future__ import annotations

import numpy as np
import pytest

import procsim as ps
from procsim.engine import draws
from procsim.engine.plan import Integers

PER_BID = {"price_only_tender": (11, 0.44, 0.96), "open_tender": (88, 65.8, 0.25), "large_tender": (120, 107.5, 0.10)}
MANY = ("caseload.*.per_year=4000", "role.*=inf")  # bids do not depend on staff; more cases, less noise


def hours_of_a_bid(name: str, regime: str) -> float:
    """What one bid more costs all bidders, straight through."""
    hours = []
    for bids in (3, 4):
        settings = ["straight_through", "caseload.*.per_year=10", f"market.bids={bids}"]
        flow = ps.load(name, settings=settings).under(regime)
        hours.append(float(ps.measure(ps.totals.of(ps.simulate(flow)), flow).by_case["bidder_hours"][0]))
    return hours[1] - hours[0]


@pytest.mark.parametrize(("name", "paper", "electronic", "saved"), [(name, *row) for name, row in PER_BID.items()])
def test_what_a_portal_saves_of_a_bid(name: str, paper: float, electronic: float, saved: float) -> None:
    before, after = hours_of_a_bid(name, "paper"), hours_of_a_bid(name, "electronic")
    assert (before, after) == pytest.approx((paper, electronic), abs=0.01)
    assert 1 - after / before == pytest.approx(saved, abs=0.01)


@pytest.fixture(scope="module")
def lottery() -> dict[str, ps.EventLog]:
    """A lottery that shares 1 % of the estimate, the round number at which the authors worked out their answers."""
    flow = ps.load("price_only_tender", settings=[*MANY, "market.profit_share=0.01"])
    return {policy.regime: ps.simulate(policy) for policy in flow.regimes("paper", "electronic")}


def first_round(log: ps.EventLog) -> Integers:
    """The bids of every tender in its first round; the case table has those of the last."""
    numbers = np.arange(len(log.cases))
    suppliers, price = (draws.words(log.plan.seed, 1, numbers, name, 0) for name in (draws.SUPPLIERS, draws.PRICE))
    return draws.bidding(log.plan.markets[0], log.cases.value, suppliers, price).bids


@pytest.mark.parametrize(("regime", "mean", "none"), [("paper", 7.8, 0.18), ("electronic", 134, 0.0)])
def test_a_lottery_draws_crowds_where_a_bid_costs_nothing(
    lottery: dict[str, ps.EventLog], regime: str, mean: float, none: float
) -> None:
    log = lottery[regime]
    bids = first_round(log)
    assert bids.mean() == pytest.approx(mean, rel=0.05)  # tenders without a bid included
    assert (bids == 0).mean() == pytest.approx(none, abs=0.02)
    single = log.case_table().query("rounds == 1")
    np.testing.assert_array_equal(single["bids"], bids[single["case"]])


def test_and_the_price_does_not_care(lottery: dict[str, ps.EventLog]) -> None:
    paper, electronic = (log.case_table()["price"].dropna().mean() for log in lottery.values())
    assert 0.878 <= electronic <= paper <= 0.881
