"""Who learns of a tender and who bids: laws of chance over counts of suppliers, never a draw.

The model: suppliers aware are over-dispersed (one plus a negative binomial), and each enters if its own cost of bidding
is below what a bid can hope to earn; where the award is a lottery, suppliers enter until its profit is shared out. A
press notice reaches a share of the very firms a portal reaches, so the two media can be compared on the same luck.

Sources: Levin and Smith (1994) for entry, with costs of bidding that differ between firms; Pavel and Sicakova-Beblava
(2013) and Onur and Tas (2019) for what one bid more does to the price, and up to how many; Coviello and Mariniello
(2008) for a wider notice; TI Bangladesh (2023) for how bids spread: these four with addresses in models/evidence.
Korea's review of qualification for the lottery, recalled. Counts live on a grid (see `counts`), exact up to 128.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, lambertw, ndtr, ndtri

from procsim.procurement.counts import Integers, Law, grid, on_grid, thinned

NOTICES = ("press", "portal")
SUBMISSIONS = ("paper", "portal")
AWARDS = ("lowest", "best_value", "auction", "lottery")
SHARES = (
    "valid_share",
    "price_weight",
    "profit_share",
    "price_band",
    "capture",
    "sme_share",
    "remote_share",
    "remote_reach",
    "sme_entry",
    "digital_access",
)

_NEGLIGIBLE = 1e-9
_STEPS = 2**40  # between the ends of a search
_MOST_AWARE = 4096
_ALIKE = 1e-6  # the least spread of costs where two groups bid: it makes a slope of the step that equal firms are


@dataclass(frozen=True)
class Market:
    """The market of one kind of tender, all money in one currency.

    `awareness_mean` further suppliers (besides one who always knows) learn of a tender through a portal, with shape
    `awareness_shape` of the negative binomial (small is over-dispersed); a press notice reaches each of them with
    probability 1 / `awareness_multiplier`; `pool` is the number of firms there are (None: no cap). Bidding costs a
    typical firm `bid_cost` and firms differ by `entry_spread` (standard deviation of its logarithm); costs of doing
    the work spread over `cost_spread` of the buyer's estimate, of which `values` are representative, in ascending
    order and equally frequent: the market is solved for each. A bid is responsive with probability `valid_share`.
    `bids` fixes the number of bids, whatever the awareness and the entry.

    `award` is how the winner and the price come about (see `awards`): `price_weight` counts for best_value, and
    `profit_share` is the profit in a lottery; bids further below the estimate than `price_band` are rejected. With
    probability `capture` a ring controls the tender and adds `sham_bids` to its own bid. Of the `firms` that may win,
    shares are SMEs and remote; the press reaches remote ones by `remote_reach`, `sme_entry` is the weight of SMEs where
    `submission` is on paper. Of all suppliers a share `digital_access` can use a portal; where bids go by portal, the
    others bid at `access_cost` (None: the same cost).

    Raises ValueError for an unknown notice, award or submission, values that are not positive and ascending, a share
    that is none, a multiplier below one, an empty pool, no firms, or a negative number of bids.

    >>> Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (50_000, 200_000), 0.9).bid_cost_shares
    (0.0136, 0.0034)
    """

    awareness_mean: float
    awareness_shape: float
    awareness_multiplier: float
    notice: str
    pool: int | None
    entry_spread: float
    cost_spread: float
    bid_cost: float
    values: tuple[float, ...]
    valid_share: float
    bids: int | None = None
    award: str = "lowest"
    submission: str = "paper"
    price_weight: float = 0.5
    profit_share: float = 0.0132
    price_band: float = 1.0
    capture: float = 0.0
    sham_bids: int = 2
    firms: int = 40
    sme_share: float = 0.72
    remote_share: float = 0.5
    remote_reach: float = 1 / 3
    sme_entry: float = 1.0
    digital_access: float = 1.0
    access_cost: float | None = None

    def __post_init__(self) -> None:
        if self.notice not in NOTICES:
            raise ValueError(f"market notice: {self.notice!r} is not a medium. Use 'press' or 'portal'.")
        _refuse_unless(self.submission in SUBMISSIONS, "submission", self.submission, "Use 'paper' or 'portal'")
        _refuse_unless(self.award in AWARDS, "award", self.award, f"Use one of {', '.join(AWARDS)}")
        ascending = all(low < high for low, high in zip((0, *self.values), self.values, strict=False))
        remedy = "Give the estimates as positive amounts in ascending order"
        _refuse_unless(bool(self.values) and ascending, "values", self.values, remedy)
        _refuse_unless(
            self.awareness_multiplier >= 1, "awareness_multiplier", self.awareness_multiplier, "Use 1 or more"
        )
        _refuse_unless(self.pool is None or self.pool >= 1, "pool", self.pool, "Use 1 or more, or None for no cap")
        _refuse_unless(self.bids is None or self.bids >= 0, "bids", self.bids, "Use 0 or more, or None")
        _refuse_unless(self.sham_bids >= 0, "sham_bids", self.sham_bids, "Use 0 or more")
        _refuse_unless(self.firms >= 1, "firms", self.firms, "Use 1 or more")
        for name in SHARES:
            share = getattr(self, name)
            _refuse_unless(0 <= share <= 1, name, share, "Use a share between 0 and 1")

    @property
    def bid_cost_shares(self) -> tuple[float, ...]:
        """For each of the values: the typical firm's cost of preparing one bid, as a share of the estimate."""
        return tuple(self.bid_cost / value for value in self.values)

    @property
    def ring_bids(self) -> int:
        """The bids of a ring: one that is meant, the others sham."""
        return 1 + self.sham_bids


@dataclass(frozen=True, eq=False)
class Laws:
    """The chances behind a market: over `counts` [C], the grid of numbers of suppliers and of bids.

    `aware` [C], suppliers aware through a portal; `reached` [C, C], row aware, those whom the notice in force reaches;
    `bids` [B, C, C], value by value, row reached; `valid` [C, C], row bids, responsive ones. `with_access` [B] is the
    share of all bids that come from suppliers who can use a portal. No law knows of rings.
    """

    counts: Integers
    aware: Law
    reached: Law
    bids: Law
    valid: Law
    with_access: Law

    @property
    def of_bids(self) -> Law:
        """The probability of each count of bids, shape [C], all values being equally frequent."""
        each = (self.aware @ self.reached) @ self.bids
        return np.asarray(each.mean(axis=0), dtype=np.float64)


def laws(market: Market) -> Laws:
    """The laws of a market, on their grid.

    >>> laws(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9)).bids.shape
    (1, 111, 111)
    """
    counts, aware, reached = _readers(market)
    entry = [_entry(market, value, counts, aware @ reached) for value in market.values]
    if market.bids is None:
        bids = thinned(counts, np.stack([share for share, _ in entry]))
    else:
        aware, reached = _fixed(counts, max(market.bids, 1), market.bids)
        bids = np.repeat(reached[None], len(entry), axis=0)
    valid = thinned(counts, np.full((1, len(counts)), market.valid_share))[0]
    return Laws(counts, aware, reached, bids, valid, np.array([access for _, access in entry]))


def entry_probability(market: Market, band: int = 0) -> float:
    """The share of the suppliers reached that bid, for one of the market's values.

    The marginal firm, with that quantile of the costs of bidding, just breaks even. Exactly 0 or 1 where the share is
    within 1e-9 of it: no bid can pay, or every bid does. A fixed number of bids plays no part in it.

    >>> round(entry_probability(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9)), 2)
    0.94
    """
    counts, aware, reached = _readers(market)
    law = aware @ reached
    return float(np.average(_entry(market, market.values[band], counts, law)[0], weights=counts * law))


def law_of_bids(market: Market) -> Law:
    """The probability of each number of bids on the grid `laws(market).counts`, rings included, shape [C].

    >>> law_of_bids(Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9))[:3].round(2).tolist()
    [0.01, 0.18, 0.15]
    """
    solved = laws(market)
    return with_ring(market, solved.counts, solved.of_bids)


def with_ring(market: Market, counts: Integers, law: Law) -> Law:
    """A law of bids [C] when rings control their share of the tenders; where nobody bids, nothing happens."""
    mixed = (1 - market.capture) * law
    mixed[0] = law[0]
    mixed[counts == market.ring_bids] += market.capture * law[1:].sum()
    return mixed


def _refuse_unless(good: bool, name: str, value: object, remedy: str) -> None:
    if not good:
        raise ValueError(f"market {name}: {value!r} cannot be used. {remedy}.")


# -- awareness ---------------------------------------------------------------------------------------------------------


def _readers(market: Market) -> tuple[Integers, Law, Law]:
    """The grid, the law of suppliers aware on it and that of those reached given aware."""
    law = _aware(market)
    most = len(law) - 1
    others = [number for number in (market.bids, market.ring_bids if market.capture else None) if number is not None]
    counts = grid(max(most, *others, 0), *others, *([market.pool] if market.pool and market.pool < most else []))
    aware = on_grid(np.append(law, np.zeros(counts[-1] - most)), counts)
    return counts, aware, _reached(market, counts)


def _fixed(counts: Integers, aware: int, bids: int) -> tuple[Law, Law]:
    # One supplier is always aware, even where the setting says that none bids.
    certain = (counts == aware).astype(np.float64)
    return certain, np.tile((counts == bids).astype(np.float64), (len(counts), 1))


def _aware(market: Market) -> Law:
    """The law of the number aware through a portal, one plus a negative binomial, the far tail put on the last."""
    shape, mean = market.awareness_shape, market.awareness_mean
    more = betainc(np.arange(1, _MOST_AWARE), shape, mean / (shape + mean))  # chances of more than 0, 1, .. further
    most = np.count_nonzero(more >= _NEGLIGIBLE)
    return np.append(0.0, -np.diff(more[:most], prepend=1.0, append=0.0))


def _reached(market: Market, counts: Integers) -> Law:
    if market.notice == "portal":
        return _capped(np.eye(len(counts)), counts, market.pool)
    # Thinning the portal's firms gives 1 + NegBin(m / a, s) exactly, and keeps every reader of the press among them.
    share = np.full((1, len(counts)), 1 / market.awareness_multiplier)
    return _capped(thinned(counts, share, np.minimum(counts, 1))[0], counts, market.pool)


def _capped(reached: Law, counts: Integers, pool: int | None) -> Law:
    if pool is None or pool >= counts[-1]:
        return reached
    last = int(np.searchsorted(counts, pool))
    reached[:, last] = reached[:, last:].sum(axis=1)
    reached[:, last + 1 :] = 0.0
    return reached


# -- entry: the probability with which a supplier bids, for each count reached, and the share of bids with access ------


def _entry(market: Market, value: float, counts: Integers, reached: Law) -> tuple[Law, float]:
    """By count [C], the probability to bid, and the share of the bids that come from suppliers with access."""
    access = market.digital_access if market.submission == "portal" else 1.0
    by_hand = market.bid_cost if market.access_cost is None else market.access_cost
    if market.award == "lottery":
        profit = market.profit_share * value
        able, unable = (_share_out(counts, cost, profit) for cost in (market.bid_cost, by_hand))
    elif access == 1:
        able = unable = np.full(len(counts), _break_even(market, market.bid_cost / value, counts, reached))
    else:
        both = _common_break_even(market, (market.bid_cost / value, by_hand / value), access, counts, reached)
        able, unable = (np.full(len(counts), share) for share in both)
    probability = access * able + (1 - access) * unable
    bids = float((counts * reached) @ probability)
    return probability, access * float((counts * reached) @ able) / bids if bids else 1.0


def _share_out(counts: Integers, cost: float, profit: float) -> Law:
    """Entry into a lottery: on average as many come as share out its profit, none where a bid costs all of it.

    Suppliers that cannot use a portal enter by their own cost, each group as if all others were like it.
    """
    if cost >= profit:
        return np.zeros(len(counts))
    if cost == 0:
        return np.ones(len(counts))
    # The root of (1 - exp(-x)) / x = cost / profit that is not 0.
    ratio = profit / cost
    entrants = ratio + float(lambertw(-ratio * math.exp(-ratio)).real)
    return np.clip(entrants / np.maximum(counts, 1), 0.0, 1.0)


def _crowd(counts: Integers, reached: Law) -> tuple[Integers, Law]:
    number = counts[1:]
    # A firm that knows of a tender sits more often in a crowd than not: it weighs each size by its number of firms.
    return number, number * reached[1:] / (number @ reached[1:])


def _break_even(market: Market, cost: float, counts: Integers, reached: Law) -> float:
    """The p at which the marginal firm, with the p-quantile of the costs of bidding, just breaks even."""
    number, weight = _crowd(counts, reached)

    def gain(p: float) -> float:
        hoped = market.cost_spread * float(weight @ _profit(number, p))
        return hoped - cost * math.exp(market.entry_spread * ndtri(p))

    # The ends stay off 0 and 1, where the normal quantile is infinite and the profit is 0/0.
    low, high = _NEGLIGIBLE, 1 - _NEGLIGIBLE
    if gain(low) <= 0:
        return 0.0
    if gain(high) >= 0:
        return 1.0
    return _where_spent(gain, low, high)


def _common_break_even(
    market: Market, costs: tuple[float, float], access: float, counts: Integers, reached: Law
) -> tuple[float, float]:
    """The two groups' probabilities to bid, with and without access, at the cost where the marginal firm breaks even.

    That cost lies between the profit in the fullest crowd and that of a firm which expects to be alone.
    """
    number, weight = _crowd(counts, reached)
    spread = max(market.entry_spread, _ALIKE)

    def entrants(least: float, cost: float) -> float:
        if cost == 0:
            return 1.0
        return float(ndtr(math.log(least / cost) / spread)) if least else 0.0

    def gain(least: float) -> float:
        p = access * entrants(least, costs[0]) + (1 - access) * entrants(least, costs[1])
        return market.cost_spread * float(weight @ _profit(number, max(p, _NEGLIGIBLE))) - least

    low = market.cost_spread * float(weight @ _profit(number, 1.0))
    least = _where_spent(gain, low * (1 - _NEGLIGIBLE), market.cost_spread / 2 * (1 + _NEGLIGIBLE))
    return entrants(least, costs[0]), entrants(least, costs[1])


def _where_spent(gain: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling gain is spent, to 2**-40 of the way."""
    # Not by scipy.optimize, whose import takes longer than all the markets of an office.
    width = (high - low) / _STEPS
    return low + width * bisect_left(range(_STEPS), True, key=lambda step: gain(low + width * step) <= 0)


def _profit(aware: Integers, p: float) -> Law:
    """Expected profit of a bidder before it knows its cost, over the spread D, when each other firm bids with `p`.

    The mean of 1 / ((j+1)(j+2)) over j ~ Bin(A-1, p) rivals, which is P(Bin(A+1, p) >= 2) / (A (A+1) p^2).
    """
    # The incomplete beta function is that probability without the cancellation which ruins 1 - (1-p)^(A+1) - ...
    return np.asarray(betainc(2, aware, p) / (aware * (aware + 1) * p**2), dtype=np.float64)
