"""Laws of chance over counts of suppliers or bids: arrays over a grid; a matrix holds one law a row.

The grid has every count up to 128, where all is exact, then one about every 3 %. A law beyond is put on the two
neighbouring counts of the grid so that its mean is kept: thousands of suppliers fit in small tables.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb, gammaln, xlog1py, xlogy

Law = NDArray[np.float64]
Integers = NDArray[np.int64]

EXACT = 128  # counts up to here stand for themselves
STEP = 1.03
_NEVER = -1e300  # the logarithm of nothing, which any count of it leaves nothing


def grid(most: int, *others: int) -> Integers:
    """Every count up to 128, then one about every 3 % up to `most`, and the `others`.

    >>> grid(200, 150)[126:].tolist()
    [126, 127, 128, 132, 136, 140, 144, 148, 150, 152, 157, 162, 167, 172, 177, 182, 187, 193, 199, 200]
    """
    counts = list(range(min(most, EXACT) + 1))
    while counts[-1] < most:
        counts.append(min(most, round(counts[-1] * STEP)))
    return np.union1d(counts, others).astype(np.int64)


def on_grid(law: Law, counts: Integers) -> Law:
    """Laws over 0, 1, .. (last axis) put on the neighbouring counts of the grid, so that every mean is kept.

    >>> on_grid(np.array([0.0, 0.0, 0.0, 1.0, 0.0]), np.array([0, 2, 4])).tolist()
    [0.0, 0.5, 0.5]
    """
    number = np.arange(law.shape[-1])
    below = np.searchsorted(counts, number, side="right") - 1
    gap = np.diff(counts, append=counts[-1] + 1)
    up = (number - counts[below]) / gap[below]
    gathered = partial(np.add.reduceat, indices=counts, axis=-1)
    placed = gathered(law * (1 - up))
    placed[..., 1:] += gathered(law * up)[..., :-1]
    return np.asarray(placed, dtype=np.float64)


def thinned(counts: Integers, shares: Law, sure: Integers | int = 0) -> Law:
    """For each row of `shares` [B, C]: laws [B, C, C] of how many of a count remain when each does with its share.

    `sure` of the count (for each count, or for all) remain in any case.

    >>> thinned(grid(2), np.array([[0.5, 0.5, 0.5]]))[0].round(2).tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.5, 0.25]]
    """
    few, floor = counts <= EXACT, np.broadcast_to(sure, counts.shape)
    laws = np.zeros((len(shares), len(counts), len(counts)))
    row, column = np.flatnonzero(few)[:, None], np.flatnonzero(few)[None, :]
    base = floor[row]
    laws[:, row, column] = _binomial(counts[row] - base, counts[column] - base, shares[:, few, None])
    if not few.all():
        many, base = counts[~few, None], floor[~few, None]
        binomial = _Binomial(many - base, np.arange(counts[-1] + 1)[None, :] - base)
        for law, share in zip(laws, shares, strict=True):
            law[~few] = on_grid(binomial.law(share[~few, None]), counts)
    return laws


def _binomial(count: Integers, number: Integers, share: Law) -> Law:
    """The chance of each number of a count that is not large, 0 of one that is negative or more than all."""
    inside, rest = np.maximum(number, 0), np.maximum(count - number, 0)
    chance = comb(count, inside) * share**inside * (1 - share) ** rest
    return np.asarray(np.where(number >= 0, chance, 0.0), dtype=np.float64)


class _Binomial:
    """Binomial laws of large counts for many probabilities: scipy's would take seconds."""

    def __init__(self, count: Integers, number: Integers) -> None:
        self.number, self.rest = np.maximum(number, 0), np.maximum(count - number, 0)
        factorial = gammaln(np.arange(max(self.number.max(), self.rest.max()) + 1) + 1)  # its logarithm
        ways = factorial[count] - factorial[self.number] - factorial[self.rest]
        self.log_ways = np.where((number >= 0) & (number <= count), ways, -np.inf)

    def law(self, share: Law) -> Law:
        yes, no = (np.maximum(log, _NEVER) for log in (xlogy(1.0, share), xlog1py(1.0, -share)))
        chance = np.exp(self.log_ways + self.number * yes + self.rest * no)
        return np.asarray(chance / chance.sum(axis=-1, keepdims=True), dtype=np.float64)
