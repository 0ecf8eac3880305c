"""Price and winner of a round, given its bids, for every award rule.

lowest: a first-price sealed bid, costs uniform on [1 - 0.95 D, 1 + 0.05 D] of the estimate, bidders know how many they
are. best_value: the same bids, but price decides only in part, so only a part of the saving is sought. auction: prices
fall in rounds and the winner is paid the second-lowest cost. lottery: the reserve price is the mean of 4 drawn from 15
prices around the base, and the lowest bid above a floor wins.

Sources: W. Vickrey, Journal of Finance 16 (1961), for bids and auctions, with bounds of the costs set by the authors;
Korea's review of qualification for works, recalled, for the lottery.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.special import betaincinv

from procsim.procurement.counts import Integers, Law
from procsim.procurement.market import Market

PRICE_STEPS = 1024

FLOOR = 0.87745  # of the reserve price; of small works, recalled
PRICES, DRAWN, WITHIN = 15, 4, 0.025  # the reserve price: 4 of 15 prices, evenly spread around the base; recalled
# Where bids lie above the mean floor, a guess (grade J, confidence low): nobody knows the floor, so all keep off it,
# and so near that the price is 0.878 to 0.881 of the base with any number of bids.
MARGIN, BAND = 0.001, 0.004
_LOTS = 64  # equally likely places of the lowest bid, enough for the quantiles of a price


def reserve(market: Market) -> float:
    """The highest price, as a share of the estimate: what a single bidder gets, or a ring.

    In a lottery it is the mean of the reserve prices, which only a ring reaches.

    >>> reserve(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9))
    1.0185
    """
    return 1.0 if market.award == "lottery" else 1 + 0.05 * market.cost_spread


def price_quantiles(market: Market, bids: Integers) -> Law:
    """Prices at the quantiles 0, 1/1024, .., 1 for each number of bids (1 or more) [N], shape [N, 1025].

    Prices are shares of the estimate, in rounds that no ring controls. No bid lies below the price band: firms know
    that it would be rejected, and place it at the edge.

    >>> market = Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9, price_band=0.3)
    >>> price_quantiles(market, np.array([1, 9]))[:, 512].round(4).tolist()
    [1.0185, 0.714]
    """
    rule = {"lowest": _first_price, "best_value": _best_value, "auction": _second_cost, "lottery": _above_floor}
    return np.asarray(np.maximum(rule[market.award](market, bids[:, None]), 1 - market.price_band), dtype=np.float64)


def mean_price(market: Market, bids: Integers) -> Law:
    """The mean price for each number of bids (1 or more), shape [N], as a share of the estimate, computed exactly.

    >>> market = Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9, award="auction")
    >>> mean_price(market, np.array([1, 3, 1000])).round(4).tolist()
    [1.0185, 0.8335, 0.6492]
    """
    if market.award == "lottery":
        prices = price_quantiles(market, bids)
        return np.asarray((prices[:, 1:] + prices[:, :-1]).mean(axis=1) / 2, dtype=np.float64)
    # The price lies below the reserve by a share of `depth`, and at most by `room`; `share` is the mean of that share.
    part = market.price_weight if market.award == "best_value" else 1.0
    depth = market.cost_spread * (np.ones(len(bids)) if market.award == "auction" else part * (1 - 1 / bids))
    room = reserve(market) - (1 - market.price_band)
    most = np.minimum(1.0, room / np.maximum(depth, np.finfo(float).tiny))
    if market.award == "auction":
        share = most - most**bids + (bids - 1) / (bids + 1) * most ** (bids + 1)
    else:
        share = most - most ** (bids + 1) / (bids + 1)
    return np.asarray(reserve(market) - depth * share, dtype=np.float64)


def _first_price(market: Market, bids: Integers) -> Law:
    # Rejecting a bid is taken as independent of its rank: it says nothing of costs, so no price is corrected for it.
    spread = market.cost_spread
    above = 1 - np.arange(PRICE_STEPS + 1) / PRICE_STEPS
    lowest_cost = 1 - 0.95 * spread + spread * (1 - above ** (1 / bids))
    return np.asarray(lowest_cost + (1 + 0.05 * spread - lowest_cost) / bids, dtype=np.float64)


def _best_value(market: Market, bids: Integers) -> Law:
    return reserve(market) - market.price_weight * (reserve(market) - _first_price(market, bids))


def _second_cost(market: Market, bids: Integers) -> Law:
    level = np.arange(PRICE_STEPS + 1) / PRICE_STEPS
    second = np.where(bids == 1, 1.0, betaincinv(2, np.maximum(bids - 1, 1), level))
    return np.asarray(reserve(market) - market.cost_spread * (1 - second), dtype=np.float64)


def _above_floor(market: Market, bids: Integers) -> Law:
    """The lowest of bids that scatter in a narrow band above the floor, which is drawn: competition hardly counts."""
    sums, ways = np.unique([sum(drawn) for drawn in combinations(range(PRICES), DRAWN)], return_counts=True)
    reserves = 1 - WITHIN + 2 * WITHIN * sums / (DRAWN * (PRICES - 1))
    above = 1 - (np.arange(_LOTS) + 0.5) / _LOTS
    chance = np.repeat(ways / ways.sum() / _LOTS, _LOTS)
    level = np.arange(PRICE_STEPS + 1) / PRICE_STEPS
    rows = []
    for number in bids.ravel():
        prices = np.add.outer(FLOOR * reserves, MARGIN + BAND * (1 - above ** (1 / number))).ravel()
        order = np.argsort(prices)
        rows.append(np.interp(level, np.cumsum(chance[order]) - chance[order] / 2, prices[order]))
    return np.array(rows)


# -- who wins: firm 0 is the incumbent, the one supplier who always knows ----------------------------------------------


def firms(market: Market) -> tuple[Integers, Integers]:
    """Which firms are SMEs and which are remote, 0 or 1 each, shapes [F]; the incumbent is neither.

    >>> sme, remote = firms(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9, firms=9))
    >>> sme.tolist(), remote.tolist()
    ([0, 1, 1, 0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1, 0, 1, 0])
    """
    others = market.firms - 1
    remote = _spread(others, market.remote_share)
    sme = np.zeros(others, dtype=np.int64)
    # Spread over the local ones and then the remote ones, the two traits know nothing of each other.
    sme[np.argsort(remote, kind="stable")] = _spread(others, market.sme_share)
    return np.append(0, sme), np.append(0, remote)


def _spread(number: int, share: float) -> Integers:
    """A share of `number` firms as evenly spaced ones among zeros."""
    chosen: Integers = np.diff(np.floor(np.arange(number + 1) * share + 0.5).astype(np.int64))
    return chosen


def winner_laws(market: Market, valid: Integers) -> Law:
    """The probability that each firm wins, for each number of valid bids [N], shape [N, F]; without a bid, firm 0.

    The incumbent wins with 1 / n; else the winner is one of the others, by how well the notice reaches remote firms
    and how hard bidding by hand is on SMEs.

    >>> market = Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9, submission="portal", firms=3)
    >>> winner_laws(market, np.array([0, 1, 2])).tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.25, 0.25]]
    """
    sme, remote = firms(market)
    weight = np.ones(market.firms)
    if market.notice == "press":
        weight[remote == 1] *= market.remote_reach
    if market.submission == "paper":
        weight[sme == 1] *= market.sme_entry
    weight[0] = 0.0
    total = weight.sum() or 1.0
    laws = np.outer(1 - 1 / np.maximum(valid, 1), weight / total)
    laws[:, 0] = 1 - laws.sum(axis=1)
    return np.asarray(laws, dtype=np.float64)
