"""When cases arrive, of what value and how urgent: laws of chance as integers, never draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.calendars import ALWAYS, Calendar, Week
from procsim.procurement.parameters import DAY
from procsim.procurement.schema import CaseClass

Integers = NDArray[np.int64]
YEAR = 365 * DAY
WEIGHT = 1000  # the weight of an ordinary second; a peak quarter's second weighs more


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

    A peak quarter raises the rate in that quarter; the yearly volume stays what `per_year` says.
    """
    if case.arrivals is not None:
        none = np.zeros(0, dtype=np.int64)
        times = np.array(sorted(time.seconds for time in case.arrivals), dtype=np.int64)
        return Arrivals(name, case, times, 0, none, none, none)
    opens, closes = _pieces(calendar, week, horizon)
    weights = np.array([_weight(case, week, open_) for open_ in opens.tolist()], dtype=np.int64)
    reached = np.concatenate([[0], np.cumsum((closes - opens) * weights)]).astype(np.int64)
    gap = case.interval.seconds * WEIGHT if case.interval else 0
    if case.per_year:
        gap = round(int(reached[-1]) * YEAR / (horizon * case.per_year))
    return Arrivals(name, case, None, gap, opens, weights, reached)


def _weight(case: CaseClass, week: Week, time: int) -> int:
    quarter = (week.date(time // DAY).month - 1) // 3 + 1
    return round(WEIGHT * case.peak_factor) if quarter == case.peak_quarter else WEIGHT


def _pieces(calendar: Calendar, week: Week, horizon: int) -> tuple[Integers, Integers]:
    """The open intervals before the horizon, cut at the quarters of a round-the-clock calendar."""
    if calendar.opens == ALWAYS.opens and calendar.closes == ALWAYS.closes:
        starts = [0] + [day * DAY for day in range(1, horizon // DAY) if _quarter_begins(week, day)]
        return np.array(starts, dtype=np.int64), np.array([*starts[1:], horizon], dtype=np.int64)
    opens, closes = np.array(calendar.opens, dtype=np.int64), np.array(calendar.closes, dtype=np.int64)
    keep = opens < horizon
    return opens[keep], np.minimum(closes[keep], horizon)


def _quarter_begins(week: Week, day: int) -> bool:
    date = week.date(day)
    return date.day == 1 and date.month in (1, 4, 7, 10)
