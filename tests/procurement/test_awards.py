"""Price and winner for every award rule: order statistics, bounds, bands, rings and firms."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import ELECTRONIC, LOTTERY, PAPER, law, mean_price_by_tables
from scipy.stats import beta

from procsim.procurement import awards
from procsim.procurement.bidding import expected, price_given_bids, solve
from procsim.procurement.market import Market, law_of_bids, laws

AUCTION = replace(ELECTRONIC, award="auction")
BEST_VALUE = replace(ELECTRONIC, award="best_value", price_weight=0.6)
RULES = {"lowest": ELECTRONIC, "best_value": BEST_VALUE, "auction": AUCTION, "lottery": LOTTERY}
LEVELS = np.arange(1025) / 1024
BY_RULE = pytest.mark.parametrize("market", RULES.values(), ids=RULES)

# -- price ------------------------------------------------------------------------------------------------------------


def test_one_bid_gets_the_reserve_whatever_the_word() -> None:
    reserve = 1 + 0.05 * 0.37
    assert price_given_bids(ELECTRONIC, 1) == pytest.approx(reserve)
    assert set(solve(ELECTRONIC).price[1].tolist()) == {round(reserve * 1e6)}


def test_price_is_that_of_the_lowest_of_n_uniform_costs() -> None:
    # Two bidders: the lowest cost at the median is cL + D (1 - 2^-1/2), and its bid half-way to the reserve.
    reserve, lowest = 1.0185, 1.0185 - 0.37 * math.sqrt(0.5)
    assert solve(ELECTRONIC).price[2, 512] == pytest.approx(1e6 * (lowest + reserve) / 2, abs=1)


def test_price_rises_with_the_word_and_falls_with_bids() -> None:
    price = solve(ELECTRONIC).price
    assert (np.diff(price[2:], axis=1) >= 0).all()
    assert (np.diff(price[1:], axis=0) <= 0).all()
    assert not price[0].any()


def test_no_price_without_a_bid() -> None:
    with pytest.raises(ValueError, match=r"price given 0 bids: there is no price without a bid\. Ask for 1 or more\."):
        price_given_bids(ELECTRONIC, 0)


def test_winning_bid_is_an_order_statistic() -> None:
    for n in (2, 5, 20):
        lowest = 1.0185 - 0.37 + 0.37 * beta(1, n).ppf(LEVELS)
        assert solve(ELECTRONIC).price[n] == pytest.approx(1e6 * (lowest + (1.0185 - lowest) / n), abs=0.51)


def test_an_auction_pays_the_second_lowest_cost() -> None:
    for n in (2, 5, 20):
        second = 1.0185 - 0.37 + 0.37 * beta(2, n - 1).ppf(LEVELS)
        assert solve(AUCTION).price[n] == pytest.approx(1e6 * second, abs=0.51)


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(n=st.integers(1, 2000), spread=st.floats(0, 1), weight=st.floats(0, 1), band=st.floats(0, 1))
def test_prices_lie_between_lowest_cost_and_reserve(n: int, spread: float, weight: float, band: float) -> None:
    change = {"cost_spread": spread, "price_weight": weight, "price_band": band}
    least, reserve = max(1 - 0.95 * spread, 1 - band), 1 + 0.05 * spread
    for rule in ("lowest", "best_value", "auction"):
        market = replace(ELECTRONIC, award=rule, **change)
        prices = awards.price_quantiles(market, np.array([n]))
        assert least - 1e-9 <= prices.min() <= prices.max() <= reserve + 1e-9
        assert (np.diff(prices) >= -1e-9).all()
        assert least - 1e-9 <= price_given_bids(market, n) <= reserve + 1e-9


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(n=st.integers(1, 2000), spread=st.floats(0, 1))
def test_auction_and_lowest_have_equal_means(n: int, spread: float) -> None:
    lowest, auction = (replace(ELECTRONIC, award=rule, cost_spread=spread) for rule in ("lowest", "auction"))
    assert price_given_bids(auction, n) == pytest.approx(price_given_bids(lowest, n), abs=1e-12)
    assert price_given_bids(lowest, n) == pytest.approx(1 - 0.95 * spread + 2 * spread / (n + 1), abs=1e-12)


def test_an_auction_is_the_riskier() -> None:
    lowest, auction = (awards.price_quantiles(market, np.arange(2, 40)) for market in (ELECTRONIC, AUCTION))
    assert (auction.std(axis=1) > lowest.std(axis=1)).all()


def test_best_value_seeks_only_a_part_of_the_saving() -> None:
    for n in (1, 2, 7):
        saving = 1.0185 - price_given_bids(ELECTRONIC, n)
        assert price_given_bids(BEST_VALUE, n) == pytest.approx(1.0185 - 0.6 * saving)
    assert solve(replace(BEST_VALUE, price_weight=1.0)).price == pytest.approx(solve(ELECTRONIC).price, abs=1)
    assert set(solve(replace(BEST_VALUE, price_weight=0.0)).price[1:].ravel().tolist()) == {1_018_500}


@BY_RULE
@pytest.mark.parametrize("band", [1.0, 0.2, 0.1])
def test_the_mean_price_is_that_of_the_table(market: Market, band: float) -> None:
    banded = replace(market, price_band=band, values=(200_000,))
    tables = solve(banded)
    exact = awards.mean_price(banded, tables.counts[1:])
    assert mean_price_by_tables(tables)[1:] == pytest.approx(exact, abs=3e-4)


@BY_RULE
def test_expected_price_is_the_mean_over_the_laws(market: Market) -> None:
    given, number = law_of_bids(market)[1:], laws(market).counts[1:]
    prices = [price_given_bids(market, int(n)) for n in number]
    assert expected(market).price == pytest.approx(float(given @ prices / given.sum()))


# -- lottery -----------------------------------------------------------------------------------------------------------


def test_a_lottery_costs_the_same_with_any_number_of_bids() -> None:
    prices = [price_given_bids(LOTTERY, n) for n in (1, 2, 3, 5, 10, 30, 100, 300, 1000, 4000)]
    assert 0.878 <= min(prices) <= max(prices) <= 0.881
    assert prices == sorted(prices, reverse=True)
    assert price_given_bids(LOTTERY, 3) == pytest.approx(0.87745 + 0.001 + 0.004 / 4, abs=1e-5)


def test_the_price_of_a_lottery_varies_as_its_reserve_does() -> None:
    # The mean of 4 of 15 evenly spaced prices: that of one by the finite population correction, 11/14, over 4.
    one = np.linspace(-0.025, 0.025, 15).std()
    prices = awards.price_quantiles(LOTTERY, np.array([4000]))[0]
    assert prices.std() == pytest.approx(0.87745 * one * math.sqrt(11 / 14 / 4), rel=0.02)


# -- price band --------------------------------------------------------------------------------------------------------


@BY_RULE
def test_without_a_price_band_nothing_changes(market: Market) -> None:
    market = replace(market, values=(200_000,))
    assert (solve(replace(market, price_band=1.0)).price == solve(market).price).all()


def test_bids_below_the_band_are_placed_at_its_edge() -> None:
    free, banded = solve(ELECTRONIC).price, solve(replace(ELECTRONIC, price_band=0.15)).price
    assert (banded[1:] == np.maximum(free[1:], 850_000)).all()
    assert price_given_bids(replace(ELECTRONIC, price_band=0.15), 100) == pytest.approx(0.85, abs=1e-6)


# -- rings -------------------------------------------------------------------------------------------------------------


def test_without_rings_nothing_changes() -> None:
    plain, other = solve(PAPER), solve(replace(PAPER, capture=0.0, sham_bids=7))
    assert other.ring.below == 0
    assert (plain.counts == other.counts).all()
    assert expected(replace(PAPER, capture=0.0, sham_bids=7)) == expected(PAPER)


def test_rings_raise_the_price_and_hide_behind_their_bids() -> None:
    free, captured = expected(PAPER), expected(replace(PAPER, capture=0.2))
    assert captured.no_bid == free.no_bid
    assert captured.price == pytest.approx(0.8 * free.price + 0.2 * 1.0185)
    assert captured.mean_bids == pytest.approx(0.8 * free.mean_bids + 0.2 * 3)
    assert captured.single_bid == pytest.approx(0.8 * free.single_bid)
    assert law_of_bids(replace(PAPER, capture=0.2)).sum() == pytest.approx(1)


@pytest.mark.parametrize(("submission", "paid"), [("paper", 3), ("portal", 1)])
def test_the_ring_of_the_tables(submission: str, paid: int) -> None:
    ring = solve(replace(PAPER, capture=0.25, submission=submission)).ring
    assert ring == (2**30, 3, paid, 1_018_500)


def test_a_ring_larger_than_the_market_fits_its_tables() -> None:
    assert solve(replace(PAPER, awareness_mean=0.0, capture=0.1, sham_bids=200)).counts[-1] == 201


# -- winners -----------------------------------------------------------------------------------------------------------


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(number=st.integers(1, 200), smes=st.floats(0, 1), remotes=st.floats(0, 1))
def test_firms_have_their_shares_and_the_two_traits_are_independent(number: int, smes: float, remotes: float) -> None:
    sme, remote = awards.firms(replace(PAPER, firms=number, sme_share=smes, remote_share=remotes))
    others = number - 1
    assert len(sme) == len(remote) == number
    assert sme[0] == remote[0] == 0
    assert abs(sme.sum() - smes * others) <= 0.51
    assert abs(remote.sum() - remotes * others) <= 0.51
    assert abs((sme & remote).sum() - smes * remote.sum()) <= 1.01


@BY_RULE
def test_the_incumbent_wins_one_in_n_and_the_rest_share_the_rest(market: Market) -> None:
    chance = law(solve(replace(market, values=(200_000,))).winner)
    number = np.arange(1, 100)
    assert chance[number, 0] == pytest.approx(1 / number, abs=1e-9)
    assert chance[number, 1:] == pytest.approx(np.tile((1 - 1 / number)[:, None] / 39, 39), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "remote_weight", "sme_weight"),
    [
        ({"notice": "press"}, 0.4, 0.8),
        ({"notice": "portal"}, 1.0, 0.8),
        ({"notice": "press", "submission": "portal"}, 0.4, 1.0),
        ({"notice": "portal", "submission": "portal"}, 1.0, 1.0),
    ],
)
def test_who_wins_depends_on_the_media(change: dict[str, Any], remote_weight: float, sme_weight: float) -> None:
    market = replace(ELECTRONIC, remote_reach=0.4, sme_entry=0.8, **change)
    sme, remote = awards.firms(market)
    weight = np.where(remote == 1, remote_weight, 1.0) * np.where(sme == 1, sme_weight, 1.0)
    others = awards.winner_laws(market, np.array([4]))[0, 1:]
    assert others == pytest.approx(0.75 * weight[1:] / weight[1:].sum())


@pytest.mark.parametrize("change", [{"firms": 1}, {"notice": "press", "remote_reach": 0.0, "remote_share": 1.0}])
def test_where_nobody_else_can_win_the_incumbent_does(change: dict[str, Any]) -> None:
    assert law(solve(replace(ELECTRONIC, **change)).winner)[5, 0] == 1.0


# -- a large tender by best value --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "bids"), [(0.0053, 5.38), (0.0048, 5.45)])
def test_large_tenders(share: float, bids: float) -> None:
    change = {"awareness_mean": 5.0, "awareness_multiplier": 1.0, "values": (1,), "bid_cost": share}
    assert expected(replace(ELECTRONIC, award="best_value", **change)).mean_bids == pytest.approx(bids, abs=0.3)
