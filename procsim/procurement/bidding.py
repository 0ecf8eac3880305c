"""A round of bidding as an engine reads it, and as it is expected: market and award solved into tables of integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from procsim.procurement import awards
from procsim.procurement.counts import Integers, Law
from procsim.procurement.market import Market, laws, with_ring

WORDS = 2**32
SHARE_UNIT = 2**20  # of the shares that an engine multiplies by
MILLION = 1_000_000


class Ring(NamedTuple):
    """A ring controls a round if the word is below `below`: its bids, those that cost hours, and its price (ppm)."""

    below: int
    bids: int
    paid: int
    price: int


@dataclass(frozen=True, eq=False)
class BiddingTables:
    """One market as integers, read with 32-bit words: a count is how many thresholds of a row are <= the word.

    All rows and columns of counts are positions on the grid `counts` [C], which are the counts themselves up to 128.
    `edges` [B-1] part the bands of value (the lower end belongs to the upper band). `aware` [C-1], suppliers aware
    through a portal less one; `reached` [C, C], row aware through a portal, suppliers reached by the notice in force;
    `bids` [B, C, C], row reached; `valid` [C, C], row bids, responsive ones. `price` [C, 1025], row bids, in parts per
    million of the estimate at the quantiles 0, 1/1024, .., 1, to be interpolated linearly; row 0 is all 0. `winner`
    [C, F], row valid bids, the firm; `sme` and `remote` [F] are 0 or 1. `portal_share` [B] is the share of the bids
    from suppliers who can use a portal, in units of 2**-20. Counts grow with the word, and with the row unless the
    award is a lottery.
    """

    counts: Integers
    edges: Integers
    aware: Integers
    reached: Integers
    bids: Integers
    valid: Integers
    price: Integers
    winner: Integers
    sme: Integers
    remote: Integers
    portal_share: Integers
    ring: Ring

    def __post_init__(self) -> None:
        for table in vars(self).values():
            if isinstance(table, np.ndarray):
                table.setflags(write=False)  # all who ask for the same market share them


@dataclass(frozen=True)
class Participation:
    """What to expect of one tender: `no_bid` is a probability, everything else is given at least one bid.

    `mean_bids` is a number, `single_bid` and `fewer_than_four` are probabilities, `price` is a share of the estimate.
    """

    no_bid: float
    mean_bids: float
    single_bid: float
    fewer_than_four: float
    price: float


@lru_cache(maxsize=8)  # a few MB each; regimes and replications ask for the same again
def solve(market: Market) -> BiddingTables:
    """The integer tables from which an engine reads suppliers reached, bids, responsive bids, price and winner.

    >>> tables = solve(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9, bids=3))
    >>> int((tables.bids[0, 7] <= 123_456_789).sum())
    3
    """
    solved = laws(market)
    sme, remote = awards.firms(market)
    values = np.array(market.values)
    return BiddingTables(
        counts=solved.counts,
        edges=np.ceil(np.sqrt(values[1:] * values[:-1])).astype(np.int64),
        aware=_thresholds(solved.aware)[1:],
        reached=_thresholds(solved.reached),
        bids=_thresholds(solved.bids),
        valid=_thresholds(solved.valid),
        price=_prices(market, solved.counts),
        winner=_thresholds(awards.winner_laws(market, solved.counts)),
        sme=sme,
        remote=remote,
        portal_share=np.rint(solved.with_access * SHARE_UNIT).astype(np.int64),
        ring=_ring(market),
    )


def expected(market: Market) -> Participation:
    """What the laws imply for one tender, all values being equally frequent; not a number where nobody ever bids.

    >>> outlook = expected(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9))
    >>> round(outlook.mean_bids, 1), round(outlook.price, 2)
    (5.5, 0.83)
    """
    solved = laws(market)
    free = solved.of_bids
    some = float(free[1:].sum())
    if some == 0:
        return Participation(1.0, math.nan, math.nan, math.nan, math.nan)
    number = solved.counts[1:]
    given = with_ring(market, solved.counts, free)[1:] / some
    price = float(free[1:] @ awards.mean_price(market, number)) / some
    return Participation(
        no_bid=float(free[0]),
        mean_bids=float(given @ number),
        single_bid=float(given[0]),
        fewer_than_four=float(given[number < 4].sum()),
        price=(1 - market.capture) * price + market.capture * awards.reserve(market),
    )


def price_given_bids(market: Market, n: int) -> float:
    """The expected price with `n` bids that no ring controls, as a share of the estimate.

    Raises ValueError below one bid.

    >>> round(price_given_bids(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9), 3), 4)
    0.8335
    """
    if n < 1:
        raise ValueError(f"price given {n} bids: there is no price without a bid. Ask for 1 or more.")
    return float(awards.mean_price(market, np.array([n]))[0])


def _ring(market: Market) -> Ring:
    by_hand = market.submission == "paper"
    return Ring(
        below=round(market.capture * WORDS),
        bids=market.ring_bids,
        paid=market.ring_bids if by_hand else 1,
        price=round(awards.reserve(market) * MILLION),
    )


def _prices(market: Market, counts: Integers) -> Integers:
    prices = np.zeros((len(counts), awards.PRICE_STEPS + 1), dtype=np.int64)
    prices[1:] = np.rint(awards.price_quantiles(market, counts[1:]) * MILLION)
    return prices


def _thresholds(laws: Law) -> Integers:
    """Cumulative laws along the last axis in whole words: a count exceeds j when threshold j is <= the word."""
    words = np.rint(np.cumsum(laws, axis=-1) * WORDS).astype(np.int64)
    return np.minimum(words, WORDS)
