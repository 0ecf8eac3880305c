"""Crowds of suppliers: the lottery of small works, and counts on a grid."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import LOTTERY, ON_PAPER, PAPER, WORDS, arrays
from scipy.stats import binom

from procsim.procurement.bidding import expected, solve
from procsim.procurement.market import AWARDS, Market, entry_probability, law_of_bids, laws

# -- the lottery of small works ----------------------------------------------------------------------------------------


def all_tenders(market: Market) -> tuple[float, Any]:
    """The mean number of bids over all tenders, those without any included, and a function for quantiles."""
    number, law = laws(market).counts, law_of_bids(market)
    return float(number @ law), lambda level: int(number[np.searchsorted(law.cumsum(), level)])


def test_lottery_on_paper() -> None:
    mean, quantile = all_tenders(replace(LOTTERY, **ON_PAPER))
    assert mean == pytest.approx(7.8, rel=0.05)
    assert quantile(0.5) == 4
    assert expected(replace(LOTTERY, **ON_PAPER)).no_bid == pytest.approx(0.18, abs=0.02)


def test_lottery_on_the_portal() -> None:
    mean, quantile = all_tenders(LOTTERY)
    assert mean == pytest.approx(134, rel=0.05)
    assert quantile(0.5) == pytest.approx(99, rel=0.05)
    assert (quantile(0.1), quantile(0.9)) == (28, pytest.approx(285, rel=0.05))


def test_lottery_with_cost_or_awareness_alone() -> None:
    assert all_tenders(replace(LOTTERY, notice="press"))[0] == pytest.approx(110, rel=0.05)
    assert all_tenders(replace(LOTTERY, bid_cost=207))[0] == pytest.approx(8.0, rel=0.05)


def test_the_profit_of_a_lottery_is_shared_out() -> None:
    # 5,000 firms, near enough Poisson: each expects a share (1 - exp(-x)) / x of the profit, which pays for the bid.
    market = replace(LOTTERY, values=(100_000,), bid_cost=100, pool=5000, awareness_mean=3000, awareness_shape=1e4)
    mean = all_tenders(market)[0]
    assert (1 - math.exp(-mean)) / mean == pytest.approx(0.1, rel=1e-3)


def test_nobody_enters_a_lottery_that_does_not_pay() -> None:
    assert expected(replace(LOTTERY, values=(1000,), bid_cost=10)).no_bid == 1.0
    assert entry_probability(replace(LOTTERY, values=(1000,), bid_cost=0)) == 1.0


def test_a_lottery_of_two_groups() -> None:
    alone = {q: all_tenders(replace(LOTTERY, digital_access=q, access_cost=207))[0] for q in (0.0, 0.5, 1.0)}
    assert alone[0.5] == pytest.approx((alone[0.0] + alone[1.0]) / 2, rel=1e-6)
    share = laws(replace(LOTTERY, digital_access=0.5, access_cost=207)).with_access
    assert ((share >= 0.5) & (share <= 1)).all()


# -- counts beyond the exact ones --------------------------------------------------------------------------------------


def test_tables_of_a_crowd_are_small() -> None:
    tables = solve(LOTTERY)
    assert sum(array.nbytes for array in arrays(tables)) <= 12e6
    assert tables.counts[:129].tolist() == list(range(129))
    assert tables.counts[-1] > 1500
    assert (np.diff(tables.counts[128:]) / tables.counts[128:-1]).max() < 0.035


def test_rows_beyond_the_exact_ones_keep_their_means() -> None:
    crowd = replace(LOTTERY, award="lowest", notice="press", values=(200_000,), bid_cost=5000)
    solved, p = laws(crowd), entry_probability(crowd)
    number = solved.counts
    assert 0.01 < p < 0.99
    assert solved.bids[0] @ number == pytest.approx(number * p, rel=1e-9)
    assert solved.valid @ number == pytest.approx(number * 0.9, rel=1e-9)
    assert solved.reached[1:] @ number == pytest.approx(1 + (number[1:] - 1) / 1.5, rel=1e-9)
    assert solved.aware @ number == pytest.approx(301, rel=1e-6)


def test_laws_of_a_crowd_are_those_of_scipy() -> None:
    solved = laws(replace(LOTTERY, values=(200_000,)))
    row = int(np.searchsorted(solved.counts, 1000))
    n = int(solved.counts[row])
    below = solved.valid[row].cumsum()[:-1]
    exact = binom(n, 0.9).cdf(solved.counts[:-1])
    middle = (exact + binom(n, 0.9).cdf(solved.counts[1:])) / 2
    assert (np.abs(below - middle) <= 0.51 * (2 * (middle - exact)) + 1e-9).all()


@settings(max_examples=15, derandomize=True, deadline=None, database=None)
@given(mean=st.floats(0, 1000), shape=st.floats(0.5, 5), cost=st.floats(0, 20_000), award=st.sampled_from(AWARDS))
def test_thresholds_are_monotone(mean: float, shape: float, cost: float, award: str) -> None:
    market = replace(PAPER, awareness_mean=mean, awareness_shape=shape, bid_cost=cost, award=award)
    tables = solve(market)
    assert (np.diff(tables.counts) > 0).all()
    for table in (tables.aware[None], tables.reached, *tables.bids, tables.valid, tables.winner):
        assert (np.diff(table, axis=1) >= 0).all()
        assert (table[:, -1] == WORDS).all()
    for table in (tables.reached[1:], tables.valid, *(tables.bids if award != "lottery" else ())):
        assert np.diff(table, axis=0).max(initial=0) <= 1  # one word for rounding
