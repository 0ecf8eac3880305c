"""When cases arrive, of what value, by which method and how urgent: laws of chance as integers, never draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.calendars import ALWAYS, Calendar, Week
from procsim.procurement.parameters import DAY, YEAR
from procsim.procurement.schema import CaseClass, Route

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
WEIGHT = 1000  # the weight of an ordinary second; a peak month's second weighs more
WORDS = 2**32


@dataclass(frozen=True)
class Arrivals:
    """Arrivals of one class: explicit `times`, or exponential gaps of mean `gap` along weighted open seconds.

    `opens` and `weights` describe the intervals in which cases can arrive, `reached` the weighted seconds up to each.
    """

    name: str
    case: CaseClass
    times: Integers | None
    gap: int
    opens: Integers
    weights: Integers
    reached: Integers

    def at(self, positions: Integers) -> Integers:
        """The times at which so many weighted seconds have passed; those beyond the last interval are left out."""
        inside = positions[positions < self.reached[-1]]
        index = np.searchsorted(self.reached, inside, side="right") - 1
        times: Integers = self.opens[index] + (inside - self.reached[index]) // self.weights[index]
        return times


def arrivals(name: str, case: CaseClass, calendar: Calendar, week: Week, horizon: int) -> Arrivals:
    """The law of one class of cases up to `horizon` seconds.

    Peak months raise the rate in them; the yearly volume stays what `per_year` says.
    """
    if case.arrivals is not None:
        none = np.zeros(0, dtype=np.int64)
        times = np.array(sorted(time.seconds for time in case.arrivals), dtype=np.int64)
        return Arrivals(name, case, times, 0, none, none, none)
    opens, closes = _pieces(calendar, week, horizon)
    weights = _weights(case, week, opens)
    reached = np.concatenate([[0], np.cumsum((closes - opens) * weights)]).astype(np.int64)
    gap = case.interval.seconds * WEIGHT if case.interval else 0
    if case.per_year:
        gap = round(int(reached[-1]) * YEAR / (horizon * case.per_year))
    return Arrivals(name, case, None, gap, opens, weights, reached)


def _weights(case: CaseClass, week: Week, times: Integers) -> Integers:
    months = (np.datetime64(week.first, "D") + times // DAY).astype("datetime64[M]").astype(np.int64) % 12 + 1
    peak = np.isin(months, case.peak_months)
    return np.where(peak, round(WEIGHT * case.peak_factor), WEIGHT).astype(np.int64)


def _pieces(calendar: Calendar, week: Week, horizon: int) -> tuple[Integers, Integers]:
    """The open intervals before the horizon; those of a round-the-clock calendar are its months."""
    if calendar.opens == ALWAYS.opens and calendar.closes == ALWAYS.closes:
        starts = [0] + [day * DAY for day in range(1, horizon // DAY) if week.date(day).day == 1]
        return np.array(starts, dtype=np.int64), np.array([*starts[1:], horizon], dtype=np.int64)
    opens, closes = np.array(calendar.opens, dtype=np.int64), np.array(calendar.closes, dtype=np.int64)
    keep = opens < horizon
    return opens[keep], np.minimum(closes[keep], horizon)


@dataclass(frozen=True, eq=False)
class Routing:
    """Which part of an office a case goes to: by its value a row of `thresholds` [bands, parts], by a word the part.

    `bounds` [bands - 1] are the values in USD at which the next row begins.
    """

    bounds: Integers
    thresholds: Integers

    def part(self, value: Integers, word: Words) -> Integers:
        """The number of the part for each case."""
        rows = self.thresholds[np.searchsorted(self.bounds, value, side="right")]
        return np.asarray((rows <= word.astype(np.int64)[:, None]).sum(axis=1), dtype=np.int64)

    def share(self, value: Integers, part: int) -> NDArray[np.float64]:
        """The probability that a case of each value goes to that part."""
        rows = np.diff(self.thresholds, prepend=0, axis=1)[np.searchsorted(self.bounds, value, side="right"), part]
        return np.asarray(rows / WORDS, dtype=np.float64)


def routing(routes: Sequence[Route], limits: Sequence[int | None], parts: Sequence[str]) -> Routing:
    """The routing that an office's routes state, `limits` being their bounds in USD.

    >>> small, rest = Route(to="quotation", below="500 USD"), Route(to="open_tender")
    >>> found = routing([small, rest], [500, None], ["quotation", "open_tender"])
    >>> found.part(np.array([499, 500]), np.array([7, 7], dtype=np.uint64)).tolist()
    [0, 1]
    """
    bounds = sorted({limit for limit in limits if limit is not None})
    rows = np.zeros((len(bounds) + 1, len(parts)))
    for band in range(len(bounds) + 1):
        left = 1.0
        for route, limit in zip(routes, limits, strict=True):
            if limit is None or (band < len(bounds) and bounds[band] <= limit):
                rows[band, parts.index(route.to)] += left * float(route.share)
                left *= 1 - float(route.share)
    thresholds = np.rint(np.cumsum(rows, axis=1) * WORDS).astype(np.int64)
    return Routing(np.array(bounds, dtype=np.int64), thresholds)


def typical_values(values: Integers, weights: NDArray[np.float64], bands: int) -> tuple[float, ...]:
    """Values that stand for a law: all of them if there are few, else the means of `bands` slices of equal probability.

    >>> typical_values(np.array([1, 2, 3, 4]), np.ones(4), 2)
    (1.5, 3.5)
    """
    distinct = np.unique(values[weights > 0])
    if len(distinct) <= bands:
        return tuple(distinct.astype(float).tolist()) or (1.0,)  # no case ever comes here: any value will do
    order = np.argsort(values, kind="stable")
    reached, sums = np.cumsum(weights[order]), np.cumsum((weights * values)[order])
    edges = reached[-1] * np.arange(bands + 1) / bands
    means = np.diff(np.interp(edges, [0, *reached], [0, *sums])) * bands / reached[-1]
    return tuple(sorted({max(round(float(mean), 2), 1.0) for mean in means}))
