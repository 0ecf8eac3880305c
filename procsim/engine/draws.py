"""Every draw as a pure function of its key (seed, replication, case, name, visit, purpose); no generator has a state.

One Philox4x32-10 block serves one visit of one case to one named node: counter = (case, name, visit, replication),
key = seed, and the four words are the four purposes. The regime is never in the key, so the same tender meets the
same luck in every regime. Words become times by integer quantile tables, so every engine agrees by construction.

Source: J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011 (Philox).
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.bidding import BiddingTables

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]
Block = tuple[Words, Words, Words, Words]  # the four words of one key, each for all cases asked for

ROUNDS = 10
MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], dtype=np.uint64)
WEYL = np.array([[0x9E3779B9], [0xBB67AE85]], dtype=np.uint64)
LOW, HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)

# The words of one block, by purpose.
EFFORT, WAIT, BRANCH, SPARE = range(4)
# The suppliers' words of one round (a block under the name SUPPLIERS), by purpose.
AWARE, REACHED, BIDS, VALID = range(4)
# The words of its price (a block under the name PRICE), by purpose.
LEVEL, CAPTURE, WINNER = range(3)
# The words of one arrival, by purpose, after the gap before it; an outage's length is its value.
VALUE, ROUTE, READINESS = range(1, 4)
SUPPLIERS, PRICE, ARRIVAL, OUTAGE = "suppliers", "price", "arrival", "outage"

ONE = 20  # quantile tables are fixed point: 1.0 is 2**20
BINS, FINE = 1024, 256  # equal bins in probability; the first and last are cut into 256
TAIL = 2.0**-22  # the tables are bounded: no probability nearer to 0 or 1 than this


def philox(counter: tuple[Words | int, ...], key: tuple[int, int]) -> Block:
    """Four 32-bit words (held in uint64) for a counter of four 32-bit numbers or arrays of them.

    >>> [f"{int(word):08x}" for word in philox((0, 0, 0, 0), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(part, dtype=np.uint64) for part in counter))
    a, b = np.stack([c0.ravel(), c2.ravel()]), np.stack([c1.ravel(), c3.ravel()])
    keys = np.array(key, dtype=np.uint64)[:, None]
    for _ in range(ROUNDS):
        product = MULTIPLIERS * a
        a, b = (product >> HIGH)[::-1] ^ b ^ keys, (product & LOW)[::-1]
        keys = (keys + WEYL) & LOW
    first, second, third, fourth = (word.reshape(c0.shape) for word in (a[0], b[0], a[1], b[1]))
    return first, second, third, fourth


def key_of(seed: int) -> tuple[int, int]:
    """The two 32-bit halves of a seed between 0 and 2**64 - 1, the lower one first.

    >>> key_of(2**32 + 5)
    (5, 1)
    """
    return seed & 0xFFFFFFFF, seed >> 32


@cache
def name_key(name: str) -> int:
    """The stable 32-bit hash under which a node's or decision's draws are keyed.

    >>> name_key("suppliers")
    1541422643
    """
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "little")


def words(seed: int, replication: int, cases: Integers, name: str, visit: int) -> Block:
    """The four words of one visit of each of these cases to the node or decision of that name."""
    return philox((cases.astype(np.uint64), name_key(name), visit, replication), key_of(seed))


def _knots() -> NDArray[np.float64]:
    fine = np.arange(FINE) / (BINS * FINE)
    return np.concatenate([fine, np.arange(1, BINS - 1) / BINS, (BINS - 1) / BINS + fine, [1.0]])


KNOTS = _knots()


@cache
def quantile_table(distribution: str, spread: float = 0.0, low: float = 0.0, high: float = 0.0) -> Integers:
    """A law with mean one as integers, shape (1535,): quantiles at KNOTS in units of 2**-20, linear in between.

    `spread` is the coefficient of variation of a lognormal; `low` and `high` bound a triangular law, as multiples of
    its mean. The table is the law: its mean is one to the last digit that 2**-20 allows.
    """
    inner = np.clip(KNOTS, TAIL, 1 - TAIL)
    values = np.array([_quantile(distribution, float(u), spread, low, high) for u in inner])
    mean = float(np.sum(np.diff(KNOTS) * (values[1:] + values[:-1]) / 2))
    table: Integers = np.rint(values / mean * 2**ONE).astype(np.int64)
    table.setflags(write=False)
    return table


def _quantile(distribution: str, u: float, spread: float, low: float, high: float) -> float:
    if distribution == "fixed":
        return 1.0
    if distribution == "exponential":
        return -math.log1p(-u)
    if distribution == "lognormal":
        sigma = math.sqrt(math.log1p(spread * spread))
        return math.exp(sigma * NormalDist().inv_cdf(u) - sigma * sigma / 2)
    mode = 3 - low - high
    below = (mode - low) / (high - low)
    if u < below:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - mode))


def look_up(table: Integers, word: Words) -> Integers:
    """The quantiles, in units of 2**-20, at 32-bit words; integer arithmetic only.

    >>> int(look_up(quantile_table("fixed"), np.array([7], dtype=np.uint64))[0]) == 2**20
    True
    """
    w = word.astype(np.int64)
    bins = w >> 22
    at, rest = bins + (FINE - 1), w & (2**22 - 1)
    factor: Integers = table[at] + ((table[at + 1] - table[at]) * rest >> 22)
    for end, first in ((0, 0), (BINS - 1, FINE + BINS - 2)):  # the two bins that are cut finer
        here = np.flatnonzero(bins == end)
        if len(here):
            at, rest = first + ((w[here] >> 14) & (FINE - 1)), w[here] & (2**14 - 1)
            factor[here] = table[at] + ((table[at + 1] - table[at]) * rest >> 14)
    return factor


def largest(table: Integers) -> int:
    """The largest multiple of the mean that a table can give, in units of 2**-20.

    >>> largest(quantile_table("triangular", 0.0, 0.5, 1.5)) / 2**ONE < 1.5
    True
    """
    return int(table[-1])


class Round(NamedTuple):
    """One round of each case: `bids`, `valid` ones, `price` (parts per million of the estimate), `winner`, `paid`.

    Without a bid the price is -1; without a valid one the winner, a firm's number, is -1. `paid` are the bids whose
    preparation takes hours: all but a ring's sham bids on a portal.
    """

    bids: Integers
    valid: Integers
    price: Integers
    winner: Integers
    paid: Integers


def bidding(tables: BiddingTables, value: Integers, suppliers: Block, price: Block) -> Round:
    """What comes of one round of each case, from its `value` (USD) and its words under SUPPLIERS and PRICE, all [N].

    Each table is looked up with its own word, so everyone aware on paper is aware electronically, and luck is common
    to all regimes.
    """
    size, ring = len(tables.counts), tables.ring
    band = np.searchsorted(tables.edges, value, side="right")
    aware = 1 + np.searchsorted(tables.aware, suppliers[AWARE].astype(np.int64), side="right")
    reached = _count(tables.reached, aware, suppliers[REACHED])
    free = _count(tables.bids.reshape(-1, size), band * size + reached, suppliers[BIDS])
    captured = (free > 0) & (price[CAPTURE].astype(np.int64) < ring.below)
    together = np.searchsorted(tables.counts, ring.bids)
    valid = np.where(captured, together, _count(tables.valid, free, suppliers[VALID]))
    bids = np.where(captured, ring.bids, tables.counts[free])
    return Round(
        bids=bids,
        valid=tables.counts[valid],
        price=np.where(free > 0, np.where(captured, ring.price, _price(tables, free, price[LEVEL])), -1),
        winner=np.where(valid > 0, _count(tables.winner, valid, price[WINNER]), -1),
        paid=np.where(captured, ring.paid, bids),
    )


def _price(tables: BiddingTables, bids: Integers, word: Words) -> Integers:
    step, rest = (word >> np.uint64(22)).astype(np.int64), (word & np.uint64(2**22 - 1)).astype(np.int64)
    low, high = tables.price[bids, step], tables.price[bids, step + 1]
    price: Integers = low + ((high - low) * rest >> 22)
    return price


def _count(table: Integers, row: Integers, word: Words) -> Integers:
    """How many of the row's cumulative thresholds lie at or below the word, by halving."""
    words, last = word.astype(np.int64), table.shape[1]
    count = np.zeros(len(row), dtype=np.int64)
    step = 1 << last.bit_length() - 1
    while step:
        further = count + step
        count += step * ((further <= last) & (table[row, np.minimum(further, last) - 1] <= words))
        step >>= 1
    return count
