"""Participation and price: the published table, the limits of the model, and tables that say what the laws say."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields, replace
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import (
    ELECTRONIC,
    PAPER,
    PORTAL_AT_PAPER_COST,
    SOME_WORDS,
    WORDS,
    arrays,
    bids_by_tables,
    count,
    law,
    mean_price_by_tables,
    same_on_every_word,
)
from scipy.stats import binom, nbinom, poisson

from procsim.procurement.bidding import expected, price_given_bids, solve
from procsim.procurement.market import Market, entry_probability, law_of_bids, laws
from procsim.procurement.schema import MarketSpec

STATES = {
    "electronic": (ELECTRONIC, 0.011, 5.50, 0.182, 0.452, 0.827),
    "paper": (PAPER, 0.014, 4.01, 0.250, 0.577, 0.858),
    "portal at paper cost": (PORTAL_AT_PAPER_COST, 0.023, 5.22, 0.192, 0.472, 0.832),
}
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
    assert tables.reached.shape == tables.valid.shape == (a + 1, a + 1)
    assert tables.bids.shape == (1, a + 1, a + 1)
    assert tables.counts.tolist() == list(range(a + 1))
    assert tables.price.shape == (a + 1, 1025)
    assert tables.winner.shape == (a + 1, 40)
    assert {array.dtype for array in arrays(tables)} == {np.dtype(np.int64)}


@pytest.mark.parametrize("market", [ELECTRONIC, PAPER, replace(PAPER, pool=3)])
def test_counts_are_cumulative_bounded_and_monotone(market: Market) -> None:
    tables = solve(market)
    assert tables.aware[-1] == WORDS
    for table in (tables.reached, *tables.bids, tables.valid):
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
    assert not law(solve(ruined).bids)[:, :, 1:].any()


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
    assert (portal.bids[0, 5] == press.bids[0, 5]).all()
    assert (portal.price == press.price).all()
    for word in SOME_WORDS:
        aware = 1 + count(portal.aware, word)
        assert portal.counts[aware] > 5
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
    at = int(np.searchsorted(tables.counts, bids))
    assert tables.counts[at] == bids
    seen = max(at, 1), at, at
    for word in SOME_WORDS:
        aware = 1 + count(tables.aware, word)
        reached = count(tables.reached[aware], word)
        assert (aware, reached, count(tables.bids[0, reached], word)) == seen


def test_a_fixed_number_of_bids_leaves_all_else_equal() -> None:
    free, three = solve(PAPER), solve(replace(PAPER, bids=3))
    assert same_on_every_word(free, three, ("valid", "price"))
    assert expected(replace(PAPER, bids=3)).price == pytest.approx(price_given_bids(PAPER, 3))
    assert entry_probability(replace(PAPER, bids=3)) == entry_probability(PAPER)


# -- values -----------------------------------------------------------------------------------------------------------


def test_each_value_is_a_market_of_its_own() -> None:
    both = replace(PAPER, values=(20_000, 200_000))
    parts = [replace(PAPER, values=(value,)) for value in both.values]
    for band, part in enumerate(parts):
        assert (solve(both).bids[band] == solve(part).bids[0]).all()
        assert entry_probability(both, band) == entry_probability(part)
    assert law_of_bids(both) == pytest.approx(np.mean([law_of_bids(part) for part in parts], axis=0), abs=1e-15)
    assert expected(both).no_bid == pytest.approx(np.mean([expected(part).no_bid for part in parts]))


def test_edges_are_geometric_means() -> None:
    assert solve(replace(PAPER, values=(100, 400, 1600))).edges.tolist() == [200, 800]
    assert solve(PAPER).edges.tolist() == []


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(st.floats(1_000, 1e7), st.floats(1.01, 100))
def test_a_larger_value_never_lowers_entry(value: float, factor: float) -> None:
    market = replace(PAPER, values=(value, value * factor))
    assert entry_probability(market, 0) <= entry_probability(market, 1) + 1e-9


# -- digital access ----------------------------------------------------------------------------------------------------

EXCLUDED = replace(ELECTRONIC, submission="portal", digital_access=0.6, access_cost=5000)


def test_the_marginal_cost_is_common_to_both_groups() -> None:
    # By brute force: the entry probability p implies a profit, and that profit implies p.
    p, normal = entry_probability(EXCLUDED), NormalDist()
    number = np.arange(1, 400)
    weight = number * nbinom(1.0, 1 / 5.8).pmf(number - 1)
    rivals = np.arange(400)
    share = binom.pmf(rivals[None, :], number[:, None] - 1, p) @ (1 / ((rivals + 1) * (rivals + 2)))
    hoped = 0.37 * (weight @ share) / weight.sum()
    able, unable = normal.cdf(math.log(hoped / 0.0034)), normal.cdf(math.log(hoped / 0.025))
    assert p == pytest.approx(0.6 * able + 0.4 * unable, rel=1e-6)
    assert laws(EXCLUDED).with_access == pytest.approx([0.6 * able / p], rel=1e-6)
    assert solve(EXCLUDED).portal_share == pytest.approx([2**20 * 0.6 * able / p], abs=2)


def test_full_access_is_the_limit_of_nearly_full_access() -> None:
    nearly = replace(EXCLUDED, digital_access=1 - 1e-12)
    assert entry_probability(nearly) == pytest.approx(entry_probability(ELECTRONIC), abs=1e-9)


@pytest.mark.parametrize("change", [{"digital_access": 1.0}, {"submission": "paper"}])
def test_with_access_for_all_or_on_paper_nothing_changes(change: dict[str, Any]) -> None:
    plain, other = solve(ELECTRONIC), solve(replace(EXCLUDED, **change))
    assert same_on_every_word(plain, other, ("aware", "reached", "bids", "valid", "price", "portal_share"))
    assert other.portal_share.tolist() == [2**20]


def test_those_without_access_bid_less_when_it_costs_them_more() -> None:
    shares = [laws(replace(EXCLUDED, access_cost=cost)).with_access[0] for cost in (680, 2000, 20_000, 1e9)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.6)
    assert shares[-1] == pytest.approx(1.0)
    free = replace(EXCLUDED, bid_cost=0, access_cost=1e9, entry_spread=0.0)
    assert entry_probability(free) == pytest.approx(0.6)


@pytest.mark.parametrize("change", [{"cost_spread": 0.0}, {"bid_cost": 0, "access_cost": 0}, {"digital_access": 0.0}])
def test_access_at_its_limits(change: dict[str, Any]) -> None:
    assert 0 <= entry_probability(replace(EXCLUDED, **change)) <= 1
    assert 0 <= solve(replace(EXCLUDED, **change)).portal_share[0] <= 2**20


# -- what cannot be a market ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"notice": "radio"}, r"market notice: 'radio' is not a medium\. Use 'press' or 'portal'\."),
        (
            {"values": (0,)},
            r"market values: \(0,\) cannot be used\. Give the estimates as positive amounts in ascending",
        ),
        ({"values": (math.nan,)}, r"market values: \(nan,\) cannot be used"),
        ({"values": (2, 1)}, r"market values: \(2, 1\) cannot be used"),
        ({"values": ()}, r"market values: \(\) cannot be used"),
        (
            {"award": "raffle"},
            r"market award: 'raffle' cannot be used\. Use one of lowest, best_value, auction, lottery\.",
        ),
        ({"submission": "fax"}, r"market submission: 'fax' cannot be used\. Use 'paper' or 'portal'\."),
        ({"capture": 1.1}, r"market capture: 1\.1 cannot be used\. Use a share between 0 and 1\."),
        ({"sham_bids": -1}, r"market sham_bids: -1 cannot be used\. Use 0 or more\."),
        ({"firms": 0}, r"market firms: 0 cannot be used\. Use 1 or more\."),
        ({"awareness_multiplier": 0.8}, r"market awareness_multiplier: 0\.8 cannot be used\. Use 1 or more\."),
        ({"pool": 0}, r"market pool: 0 cannot be used\. Use 1 or more, or None for no cap\."),
        ({"bids": -1}, r"market bids: -1 cannot be used\. Use 0 or more, or None\."),
    ],
)
def test_impossible_markets_are_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(ELECTRONIC, **change)


def test_the_defaults_of_a_market_are_those_of_its_block_in_a_workflow() -> None:
    defaults = {field.name: field.default for field in fields(Market) if field.default is not MISSING}
    block = {name: field.default for name, field in MarketSpec.model_fields.items()}
    shared = defaults.keys() & block.keys()
    assert shared == defaults.keys() - {"access_cost"}
    for name in shared:
        given = block[name]
        assert (float(given) if isinstance(given, Fraction) else given) == defaults[name]
