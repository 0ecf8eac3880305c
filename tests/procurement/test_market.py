"""Participation and price: the published table, the limits of the model, and tables that say what the laws say."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, nbinom, poisson

from procsim.procurement.market import (
    BiddingTables,
    Market,
    entry_probability,
    expected,
    law_of_bids,
    price_given_bids,
    solve,
)

ELECTRONIC = Market(
    awareness_mean=4.8,
    awareness_shape=1.0,
    awareness_multiplier=1.5,
    notice="portal",
    pool=None,
    entry_spread=1.0,
    cost_spread=0.37,
    bid_cost=680,
    value=200_000,
    valid_share=0.9,
)
PAPER = replace(ELECTRONIC, notice="press", bid_cost=1080)
PORTAL_AT_PAPER_COST = replace(ELECTRONIC, bid_cost=1080)

STATES = {
    "electronic": (ELECTRONIC, 0.011, 5.50, 0.182, 0.452, 0.827),
    "paper": (PAPER, 0.014, 4.01, 0.250, 0.577, 0.858),
    "portal at paper cost": (PORTAL_AT_PAPER_COST, 0.023, 5.22, 0.192, 0.472, 0.832),
}
WORDS = 2**32
SOME_WORDS = [0, 1, 2**20, 2**30, 2**31, 3 * 2**30, WORDS - 2**12, WORDS - 1]


def count(row: NDArray[np.int64], word: int) -> int:
    """What an engine does with a row of thresholds."""
    return int((row <= word).sum())


def law(thresholds: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probabilities of 0, 1, .. that a row (or each row of a matrix) of thresholds stands for."""
    return np.diff(thresholds, axis=-1, prepend=0) / WORDS


def bids_by_tables(tables: BiddingTables) -> NDArray[np.float64]:
    aware = np.concatenate([[0.0], law(tables.aware)])
    return np.asarray(aware @ law(tables.reached) @ law(tables.bids))


def mean_price_by_tables(tables: BiddingTables) -> NDArray[np.float64]:
    """The mean of each row, linear between quantiles, as a share of the estimate."""
    return np.asarray((tables.price[:, 1:] + tables.price[:, :-1]).mean(axis=1) / 2e6)


# -- the published table ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("market", "no_bid", "mean_bids", "single", "few", "price"), STATES.values(), ids=STATES)
def test_table_of_market_md(
    market: Market, no_bid: float, mean_bids: float, single: float, few: float, price: float
) -> None:
    outlook = expected(market)
    assert outlook.no_bid == pytest.approx(no_bid, abs=0.02)
    assert outlook.mean_bids == pytest.approx(mean_bids, abs=0.3)
    assert outlook.single_bid == pytest.approx(single, abs=0.02)
    assert outlook.fewer_than_four == pytest.approx(few, abs=0.02)
    assert outlook.price == pytest.approx(price, abs=0.01)


@pytest.mark.parametrize(("market", "no_bid", "mean_bids", "single", "few", "price"), STATES.values(), ids=STATES)
def test_table_of_market_md_to_its_last_digit(
    market: Market, no_bid: float, mean_bids: float, single: float, few: float, price: float
) -> None:
    # The laws are exact and the page was simulated: one digit of slack shows a change long before the tolerances do.
    outlook = expected(market)
    assert outlook.no_bid == pytest.approx(no_bid, abs=0.001)
    assert outlook.mean_bids == pytest.approx(mean_bids, abs=0.02)
    assert outlook.single_bid == pytest.approx(single, abs=0.0011)
    assert outlook.fewer_than_four == pytest.approx(few, abs=0.001)
    assert outlook.price == pytest.approx(price, abs=0.001)


def test_poisson_of_the_same_mean_has_too_few_single_bids() -> None:
    outlook = expected(ELECTRONIC)
    further = outlook.mean_bids - 1
    assert poisson(further).pmf(0) == pytest.approx(0.011, abs=0.001)
    assert outlook.single_bid - poisson(further).pmf(0) > 0.02
    assert outlook.single_bid / poisson(outlook.mean_bids).pmf(1) > 8


def test_awareness_without_over_dispersion_fails_the_single_bid_share() -> None:
    poisson_aware = expected(replace(ELECTRONIC, awareness_shape=1e6))
    assert poisson_aware.mean_bids == pytest.approx(5.5, abs=0.3)
    assert poisson_aware.single_bid < 0.182 - 0.02


def test_c11_slope_of_price_on_bids() -> None:
    number = np.arange(2, 7)
    price = [price_given_bids(ELECTRONIC, int(n)) for n in number]
    tenders = law_of_bids(ELECTRONIC)[2:7]
    per_tender = 100 * np.polyfit(number, price, 1, w=np.sqrt(tenders))[0]
    per_count = 100 * np.polyfit(number, price, 1)[0]
    assert per_tender == pytest.approx(-3.64, abs=0.005)
    assert per_count == pytest.approx(-3.44, abs=0.005)
    assert per_tender == pytest.approx(-3.4, abs=0.7)


def test_c12_where_the_slope_ends() -> None:
    def step(n: int) -> float:
        return price_given_bids(ELECTRONIC, n) - price_given_bids(ELECTRONIC, n + 1)

    assert 0 < step(7) <= 0.011
    assert step(3) / step(7) >= 3


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


# -- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("market", [ELECTRONIC, PAPER, PORTAL_AT_PAPER_COST, replace(PAPER, pool=4)])
def test_tables_say_what_the_laws_say(market: Market) -> None:
    tables = solve(market)
    bids = bids_by_tables(tables)
    outlook = expected(market)
    some = bids[1:] / bids[1:].sum()
    assert bids == pytest.approx(law_of_bids(market), abs=1e-8)
    assert bids[0] == pytest.approx(outlook.no_bid, abs=1e-8)
    assert some @ np.arange(1, len(bids)) == pytest.approx(outlook.mean_bids, abs=1e-6)
    assert some @ mean_price_by_tables(tables)[1:] == pytest.approx(outlook.price, abs=1e-4)


def test_shapes_and_types() -> None:
    tables = solve(PAPER)
    a = len(tables.aware)
    assert a == 110  # 1 + the smallest count that NegBin(4.8, 1) exceeds with probability below 1e-9
    assert nbinom(1, 1 / 5.8).sf(a - 1) < 1e-9 <= nbinom(1, 1 / 5.8).sf(a - 2)
    assert tables.reached.shape == tables.bids.shape == tables.valid.shape == (a + 1, a + 1)
    assert tables.price.shape == (a + 1, 1025)
    assert {array.dtype for array in vars(tables).values()} == {np.dtype(np.int64)}


def test_size_is_bounded_in_a_crowd() -> None:
    assert len(solve(replace(ELECTRONIC, awareness_mean=300, awareness_shape=2)).aware) == 400


@pytest.mark.parametrize("market", [ELECTRONIC, PAPER, replace(PAPER, pool=3)])
def test_counts_are_cumulative_bounded_and_monotone(market: Market) -> None:
    tables = solve(market)
    assert tables.aware[-1] == WORDS
    for table in (tables.reached, tables.bids, tables.valid):
        assert (table >= 0).all()
        assert (table[:, -1] == WORDS).all()
        assert (np.diff(table, axis=1) >= 0).all()
        # The count grows with the row, so more aware never means fewer bids on one word.
        assert (np.diff(table, axis=0) <= 0).all()
        assert (np.diagonal(table) == WORDS).all()


def test_everyone_reached_by_the_press_is_reached_by_the_portal() -> None:
    press, portal = solve(PAPER), solve(ELECTRONIC)
    assert (press.aware == portal.aware).all()
    for aware in range(1, 40):
        for word in SOME_WORDS:
            assert 1 <= count(press.reached[aware], word) <= count(portal.reached[aware], word) == aware


def test_thinned_awareness_is_the_same_law_with_a_smaller_mean() -> None:
    tables = solve(PAPER)
    reached = law(tables.aware) @ law(tables.reached)[1:, 1:]
    further = nbinom(1.0, 1.0 / (1.0 + 4.8 / 1.5)).pmf(np.arange(len(reached)))
    assert reached == pytest.approx(further, abs=1e-8)


def test_valid_bids_are_thinned_independently() -> None:
    assert law(solve(ELECTRONIC).valid)[6, :7] == pytest.approx(binom(6, 0.9).pmf(np.arange(7)), abs=1e-9)


def test_all_bids_valid() -> None:
    valid = solve(replace(ELECTRONIC, valid_share=1.0)).valid
    assert [count(valid[n], word) for n in (0, 1, 7) for word in (0, WORDS - 1)] == [0, 0, 1, 1, 7, 7]


def test_only_one_supplier_aware() -> None:
    tables = solve(replace(PAPER, awareness_mean=0.0))
    assert tables.aware.tolist() == [WORDS]
    assert tables.reached.tolist() == [[WORDS, WORDS], [0, WORDS]]


# -- entry ------------------------------------------------------------------------------------------------------------


def test_the_marginal_firm_breaks_even() -> None:
    # By brute force over rivals, without the closed form of the expected profit.
    p = entry_probability(PAPER)
    number = np.arange(1, 400)
    weight = number * nbinom(1.0, 1 / 4.2).pmf(number - 1)
    rivals = np.arange(400)
    share = binom.pmf(rivals[None, :], number[:, None] - 1, p) @ (1 / ((rivals + 1) * (rivals + 2)))
    hoped = 0.37 * (weight @ share) / weight.sum()
    assert 0.0054 * math.exp(NormalDist().inv_cdf(p)) == pytest.approx(hoped, rel=1e-6)


def test_entry_is_certain_when_bidding_is_free_and_absent_when_it_ruins() -> None:
    assert entry_probability(replace(ELECTRONIC, bid_cost=0)) == 1.0
    assert entry_probability(replace(ELECTRONIC, bid_cost=1e12)) == 0.0


def test_nobody_bids_where_it_ruins() -> None:
    ruined = replace(ELECTRONIC, bid_cost=1e12)
    outlook = expected(ruined)
    assert outlook.no_bid == 1.0
    assert math.isnan(outlook.mean_bids)
    assert math.isnan(outlook.price)
    assert not law(solve(ruined).bids)[:, 1:].any()


def test_a_rare_entrant_expects_to_be_alone() -> None:
    # As p falls to 0 the profit of a bidder tends to D / 2, so the quantile of the marginal cost is Phi(ln(D / 2k)).
    costly = replace(ELECTRONIC, bid_cost=20 * 200_000)
    assert math.log(0.37 / 2 / 20) == pytest.approx(NormalDist().inv_cdf(entry_probability(costly)), abs=1e-5)


def test_equal_firms_enter_all_or_none_or_mix() -> None:
    equal = replace(ELECTRONIC, entry_spread=0.0)
    assert entry_probability(equal) == 1.0
    assert entry_probability(replace(equal, bid_cost=0.2 * 200_000)) == 0.0
    assert 0 < entry_probability(replace(equal, bid_cost=0.05 * 200_000)) < 1


def test_more_potential_bidders_can_lower_entry() -> None:
    entry = [entry_probability(replace(ELECTRONIC, awareness_mean=m)) for m in (2, 5, 10, 30)]
    assert entry == sorted(entry, reverse=True)
    assert entry[0] - entry[-1] > 0.3


@settings(max_examples=40, deadline=None)
@given(
    cheap=st.floats(0, 50_000),
    factor=st.floats(1, 100),
    mean=st.floats(0, 12),
    notice=st.sampled_from(["press", "portal"]),
    pool=st.none() | st.integers(1, 20),
)
def test_a_higher_bid_cost_never_raises_entry(
    cheap: float, factor: float, mean: float, notice: str, pool: int | None
) -> None:
    market = replace(ELECTRONIC, awareness_mean=mean, notice=notice, pool=pool, bid_cost=cheap)
    dear = replace(market, bid_cost=cheap * factor)
    assert 0 <= entry_probability(dear) <= entry_probability(market) + 1e-9 <= 1 + 1e-9


# -- thin markets and a fixed number of bids --------------------------------------------------------------------------


def same_on_every_word(one: BiddingTables, other: BiddingTables, names: tuple[str, ...]) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_a_pool_of_one_makes_the_media_equal() -> None:
    portal, press = replace(ELECTRONIC, pool=1), replace(ELECTRONIC, pool=1, notice="press")
    assert expected(portal) == expected(press)
    assert expected(portal).price == price_given_bids(portal, 1)
    one, other = solve(portal), solve(press)
    assert same_on_every_word(one, other, ("aware", "bids", "valid", "price"))
    assert (one.reached[1:] == other.reached[1:]).all()


def test_a_thin_market_has_no_paired_price_difference() -> None:
    # Far more would know than there are firms, on both media: all firms are aware, and a portal has nobody to add.
    crowd = replace(ELECTRONIC, awareness_mean=150.0, awareness_shape=50.0, pool=5)
    portal, press = solve(crowd), solve(replace(crowd, notice="press"))
    assert (portal.bids[5] == press.bids[5]).all()
    assert (portal.price == press.price).all()
    for word in SOME_WORDS:
        aware = 1 + count(portal.aware, word)
        assert aware > 5
        assert count(portal.reached[aware], word) == count(press.reached[aware], word) == 5


def test_the_pool_caps_who_is_reached() -> None:
    reached = solve(replace(PAPER, pool=3)).reached
    assert [count(reached[40], word) for word in SOME_WORDS[1:]] == [3] * 7
    assert expected(replace(PAPER, pool=3)).mean_bids <= 3


def test_a_pool_larger_than_the_aware_changes_nothing() -> None:
    assert expected(replace(PAPER, pool=1000)) == expected(PAPER)


@pytest.mark.parametrize("bids", [0, 3, 150])
def test_a_fixed_number_of_bids(bids: int) -> None:
    tables = solve(replace(PAPER, bids=bids))
    for word in SOME_WORDS:
        aware = 1 + count(tables.aware, word)
        reached = count(tables.reached[aware], word)
        assert (aware, reached, count(tables.bids[reached], word)) == (max(bids, 1), bids, bids)


def test_a_fixed_number_of_bids_leaves_all_else_equal() -> None:
    free, three = solve(PAPER), solve(replace(PAPER, bids=3))
    assert same_on_every_word(free, three, ("valid", "price"))
    assert expected(replace(PAPER, bids=3)).price == pytest.approx(price_given_bids(PAPER, 3))
    assert entry_probability(replace(PAPER, bids=3)) == entry_probability(PAPER)


# -- what cannot be a market ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"notice": "radio"}, r"market notice: 'radio' is not a medium\. Use 'press' or 'portal'\."),
        ({"value": 0}, r"market value: 0 cannot be used\. Give the estimate as a positive amount\."),
        ({"value": math.nan}, r"market value: nan cannot be used"),
        ({"awareness_multiplier": 0.8}, r"market awareness_multiplier: 0\.8 cannot be used\. Use 1 or more\."),
        ({"pool": 0}, r"market pool: 0 cannot be used\. Use 1 or more, or None for no cap\."),
        ({"bids": -1}, r"market bids: -1 cannot be used\. Use 0 or more, or None\."),
    ],
)
def test_impossible_markets_are_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(ELECTRONIC, **change)
