"""Who learns of a tender, who bids, and at what price: laws of chance solved into tables, never a draw.

The model: suppliers aware are over-dispersed (one plus a negative binomial), each enters if its own cost of bidding
is below what a bid can hope to earn, and the price is that of a first-price sealed bid with uniform costs. A press
notice reaches a share of the very firms a portal reaches, so the two media can be compared on the same luck.

Sources: Levin and Smith (1994) for entry, with costs of bidding that differ between firms; evidence rows C11 to C14.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, ndtri
from scipy.stats import binom, nbinom

Law = NDArray[np.float64]
Integers = NDArray[np.int64]

WORDS = 2**32
PRICE_STEPS = 1024
MILLION = 1_000_000
NOTICES = ("press", "portal")

_NEGLIGIBLE = 1e-9
_MOST_AWARE = 400


@dataclass(frozen=True)
class Market:
    """The market of one kind of tender, all money in one currency.

    `awareness_mean` further suppliers (besides one who always knows) learn of a tender through a portal, with shape
    `awareness_shape` of the negative binomial (small is over-dispersed); a press notice reaches each of them with
    probability 1 / `awareness_multiplier`; `pool` is the number of firms there are (None: no cap). Bidding costs a
    typical firm `bid_cost` and firms differ by `entry_spread` (standard deviation of its logarithm); costs of doing
    the work spread over `cost_spread` of `value`, the buyer's estimate. A bid is responsive with probability
    `valid_share`. `bids` fixes the number of bids, whatever the awareness and the entry.

    Raises ValueError for a notice that is neither press nor portal, a value that is not positive, a multiplier below
    one, an empty pool, or a negative number of bids.

    >>> Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9).bid_cost_share
    0.0034
    """

    awareness_mean: float
    awareness_shape: float
    awareness_multiplier: float
    notice: str
    pool: int | None
    entry_spread: float
    cost_spread: float
    bid_cost: float
    value: float
    valid_share: float
    bids: int | None = None

    def __post_init__(self) -> None:
        if self.notice not in NOTICES:
            raise ValueError(f"market notice: {self.notice!r} is not a medium. Use 'press' or 'portal'.")
        _refuse_unless(self.value > 0, "value", self.value, "Give the estimate as a positive amount")
        _refuse_unless(
            self.awareness_multiplier >= 1, "awareness_multiplier", self.awareness_multiplier, "Use 1 or more"
        )
        _refuse_unless(self.pool is None or self.pool >= 1, "pool", self.pool, "Use 1 or more, or None for no cap")
        _refuse_unless(self.bids is None or self.bids >= 0, "bids", self.bids, "Use 0 or more, or None")

    @property
    def bid_cost_share(self) -> float:
        """The typical firm's cost of preparing one bid, as a share of the estimate."""
        return self.bid_cost / self.value


@dataclass(frozen=True, eq=False)
class BiddingTables:
    """One market as integers, read with 32-bit words: a count is how many thresholds of a row are <= the word.

    With A the largest number aware: `aware` [A], suppliers aware through a portal less one; `reached` [A+1, A+1], row
    aware through a portal, suppliers reached by the notice in force; `bids` [A+1, A+1], row reached; `valid`
    [A+1, A+1], row bids, responsive ones. `price` [A+1, 1025], row bids, in parts per million of the estimate at the
    quantiles 0, 1/1024, .., 1, to be interpolated linearly; row 0 is all 0. Counts grow with word and row.
    """

    aware: Integers
    reached: Integers
    bids: Integers
    valid: Integers
    price: Integers


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


def solve(market: Market) -> BiddingTables:
    """The integer tables from which an engine reads suppliers reached, bids, responsive bids and price.

    >>> tables = solve(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9, bids=3))
    >>> int((tables.bids[7] <= 123_456_789).sum())
    3
    """
    aware, reached, bids = _laws(market)
    return BiddingTables(
        aware=_thresholds(aware)[1:],
        reached=_thresholds(reached),
        bids=_thresholds(bids),
        valid=_thresholds(_thinned(len(aware) - 1, market.valid_share)),
        price=_price_quantiles(market, len(aware) - 1),
    )


def entry_probability(market: Market) -> float:
    """The probability p that a supplier reached by the notice bids, when it expects every other to do so likewise.

    The marginal firm, with the p-quantile of the costs of bidding, just breaks even. Exactly 0 or 1 where p is
    within 1e-9 of it: no bid can pay, or every bid does. A fixed number of bids plays no part in it.

    >>> round(entry_probability(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9)), 2)
    0.94
    """
    aware = _aware(market)
    return _break_even(market, aware @ _reached(market, len(aware) - 1))


def law_of_bids(market: Market) -> Law:
    """The probability of 0, 1, .., A bids, shape [A+1], A being the largest number of suppliers aware.

    >>> law_of_bids(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9))[:3].round(2).tolist()
    [0.01, 0.18, 0.15]
    """
    aware, reached, bids = _laws(market)
    return np.asarray(aware @ reached @ bids, dtype=np.float64)


def expected(market: Market) -> Participation:
    """What the laws imply for one tender, computed exactly; not a number where nobody ever bids.

    >>> outlook = expected(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9))
    >>> round(outlook.mean_bids, 1), round(outlook.price, 2)
    (5.5, 0.83)
    """
    law = law_of_bids(market)
    some = float(law[1:].sum())
    if some == 0:
        return Participation(1.0, math.nan, math.nan, math.nan, math.nan)
    number = np.arange(1, len(law))
    given = law[1:] / some
    return Participation(
        no_bid=float(law[0]),
        mean_bids=float(given @ number),
        single_bid=float(given[0]),
        fewer_than_four=float(given[:3].sum()),
        price=float(given @ _mean_price(market.cost_spread, number)),
    )


def price_given_bids(market: Market, n: int) -> float:
    """The expected price with `n` bids, as a share of the estimate; one bid gets the reserve.

    Raises ValueError below one bid.

    >>> round(price_given_bids(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, 200_000, 0.9), 3), 4)
    0.8335
    """
    if n < 1:
        raise ValueError(f"price given {n} bids: there is no price without a bid. Ask for 1 or more.")
    return float(_mean_price(market.cost_spread, np.array([n]))[0])


def _refuse_unless(good: bool, name: str, value: object, remedy: str) -> None:
    if not good:
        raise ValueError(f"market {name}: {value!r} cannot be used. {remedy}.")


# -- awareness, entry, bids: laws are arrays over counts 0..A; a matrix holds one law a row ----------------------------


def _laws(market: Market) -> tuple[Law, Law, Law]:
    """The law of suppliers aware [A+1], of reached given aware and of bids given reached [A+1, A+1]."""
    aware = _aware(market)
    if market.bids is not None:
        return _fixed(market.bids, max(len(aware) - 1, market.bids))
    reached = _reached(market, len(aware) - 1)
    return aware, reached, _thinned(len(aware) - 1, _break_even(market, aware @ reached))


def _fixed(bids: int, most: int) -> tuple[Law, Law, Law]:
    certain = np.eye(most + 1)
    always = np.tile(certain[bids], (most + 1, 1))
    # One supplier is always aware, even where the setting says that none bids.
    return certain[max(bids, 1)], always, always


def _aware(market: Market) -> Law:
    """The law of the number aware through a portal, one plus a negative binomial, the far tail put on the last."""
    shape = market.awareness_shape
    further = nbinom(shape, shape / (shape + market.awareness_mean))
    tail = further.sf(np.arange(_MOST_AWARE - 1))
    most = 1 + np.count_nonzero(tail >= _NEGLIGIBLE)
    law = np.zeros(most + 1)
    law[1:] = further.pmf(np.arange(most))
    law[most] = 1.0 - law[:most].sum()
    return law


def _reached(market: Market, most: int) -> Law:
    if market.notice == "portal":
        return _capped(np.eye(most + 1), market.pool)
    # Thinning the portal's firms gives 1 + NegBin(m / a, s) exactly, and keeps every reader of the press among them.
    press = np.eye(most + 1)
    press[1:, 1:] = _thinned(most - 1, 1 / market.awareness_multiplier)
    return _capped(press, market.pool)


def _capped(laws: Law, pool: int | None) -> Law:
    if pool is None or pool >= laws.shape[1]:
        return laws
    capped = laws.copy()
    capped[:, pool] = laws[:, pool:].sum(axis=1)
    capped[:, pool + 1 :] = 0.0
    return capped


def _thinned(most: int, share: float) -> Law:
    """Row n: the law of how many of n remain when each does with probability `share`."""
    count = np.arange(most + 1)
    return np.asarray(binom.pmf(count[None, :], count[:, None], share), dtype=np.float64)


def _break_even(market: Market, reached: Law) -> float:
    number = np.arange(1, len(reached))
    # A firm that knows of a tender sits more often in a crowd than not: it weighs each size by its number of firms.
    weight = number * reached[1:] / (number @ reached[1:])

    def gain(p: float) -> float:
        hoped = market.cost_spread * float(weight @ _profit(number, p))
        return hoped - market.bid_cost_share * math.exp(market.entry_spread * ndtri(p))

    # The ends stay off 0 and 1, where the normal quantile is infinite and the profit is 0/0.
    low, high = _NEGLIGIBLE, 1 - _NEGLIGIBLE
    if gain(low) <= 0:
        return 0.0
    if gain(high) >= 0:
        return 1.0
    return float(brentq(gain, low, high, xtol=1e-13))


def _profit(aware: Integers, p: float) -> Law:
    """Expected profit of a bidder before it knows its cost, over the spread D, when each other firm bids with `p`.

    The mean of 1 / ((j+1)(j+2)) over j ~ Bin(A-1, p) rivals, which is P(Bin(A+1, p) >= 2) / (A (A+1) p^2).
    """
    # The incomplete beta function is that probability without the cancellation which ruins 1 - (1-p)^(A+1) - ...
    return np.asarray(betainc(2, aware, p) / (aware * (aware + 1) * p**2), dtype=np.float64)


# -- price: first-price sealed bid, costs uniform on [1 - 0.95 D, 1 + 0.05 D] of the estimate, n known before bidding --


def _mean_price(spread: float, n: Integers) -> Law:
    return np.asarray(1 - 0.95 * spread + 2 * spread / (n + 1), dtype=np.float64)


def _price_quantiles(market: Market, most: int) -> Integers:
    # Rejecting a bid is taken as independent of its rank: it says nothing of costs, so no price is corrected for it.
    spread = market.cost_spread
    n = np.arange(1, most + 1)[:, None]
    above = 1 - np.arange(PRICE_STEPS + 1) / PRICE_STEPS
    lowest_cost = 1 - 0.95 * spread + spread * (1 - above ** (1 / n))
    winning_bid = lowest_cost + (1 + 0.05 * spread - lowest_cost) / n
    prices = np.zeros((most + 1, PRICE_STEPS + 1), dtype=np.int64)
    prices[1:] = np.rint(winning_bid * MILLION)
    return prices


def _thresholds(laws: Law) -> Integers:
    """Cumulative laws along the last axis in whole words: a count exceeds j when threshold j is <= the word."""
    words = np.rint(np.cumsum(laws, axis=-1) * WORDS).astype(np.int64)
    return np.minimum(words, WORDS)
