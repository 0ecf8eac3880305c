"""Markets that several tests look at, and how to read their tables."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from procsim.procurement.bidding import BiddingTables
from procsim.procurement.market import Market

WORDS = 2**32
SOME_WORDS = [0, 1, 2**20, 2**30, 2**31, 3 * 2**30, WORDS - 2**12, WORDS - 1]


def count(row: NDArray[np.int64], word: int) -> int:
    """What an engine does with a row of thresholds."""
    return int((row <= word).sum())


def law(thresholds: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probabilities of 0, 1, .. that a row (or each row of a matrix) of thresholds stands for."""
    return np.diff(thresholds, axis=-1, prepend=0) / WORDS


def arrays(tables: BiddingTables) -> list[NDArray[np.int64]]:
    return [array for array in vars(tables).values() if isinstance(array, np.ndarray)]


def bids_by_tables(tables: BiddingTables) -> NDArray[np.float64]:
    aware = np.concatenate([[0.0], law(tables.aware)])
    return np.asarray((aware @ law(tables.reached)) @ law(tables.bids).mean(axis=0))


def mean_price_by_tables(tables: BiddingTables) -> NDArray[np.float64]:
    """The mean of each row, linear between quantiles, as a share of the estimate."""
    return np.asarray((tables.price[:, 1:] + tables.price[:, :-1]).mean(axis=1) / 2e6)


def same_on_every_word(one: BiddingTables, other: BiddingTables, names: tuple[str, ...]) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


ELECTRONIC = Market(
    awareness_mean=4.8,
    awareness_shape=1.0,
    awareness_multiplier=1.5,
    notice="portal",
    pool=None,
    entry_spread=1.0,
    cost_spread=0.37,
    bid_cost=680,
    values=(200_000,),
    valid_share=0.9,
)
PAPER = replace(ELECTRONIC, notice="press", bid_cost=1080)
PORTAL_AT_PAPER_COST = replace(ELECTRONIC, bid_cost=1080)


def lognormal(mean: float, cv: float, bands: int) -> tuple[float, ...]:
    """The means of equally frequent bands of a lognormal law."""
    sigma = math.sqrt(math.log1p(cv**2))
    edges = norm.cdf(norm.ppf(np.arange(bands + 1) / bands) - sigma)
    return tuple(float(value) for value in mean * bands * np.diff(edges))


LOTTERY = replace(
    ELECTRONIC,
    awareness_mean=300,
    awareness_shape=2,
    values=lognormal(170_000, 1.5, 16),
    bid_cost=7.5,
    award="lottery",
    profit_share=0.01,
    submission="portal",
)
ON_PAPER = {"notice": "press", "bid_cost": 207, "submission": "paper"}
