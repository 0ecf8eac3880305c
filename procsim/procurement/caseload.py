"""When cases arrive, of what value and how urgent: laws of chance as integers, never draws, or a list of real cases."""

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


@dataclass(frozen=True, eq=False)
class CaseList:
    """Real cases in order of publication, to be simulated instead of laws of chance; every column has one item a case.

    `source` is the name of the file. `published` is local clock time; `value` is in `currency` (ISO 4217, "" if no
    value names one); `method` and `category` are OCDS codes; `window`, the tender period, is in days; `bids` is how
    many bid. Numbers are NaN and codes "" where absent; no bid at all is 0. `remarks` says with counts what was left
    out or mended, one line each.
    """

    source: str
    published: NDArray[np.datetime64]
    value: NDArray[np.float64]
    currency: str
    method: tuple[str, ...]
    category: tuple[str, ...]
    window: NDArray[np.float64]
    bids: NDArray[np.float64]
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.published)


QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def summary(cases: CaseList) -> str:
    """What a list of real cases holds, in a few lines: dates, tender periods, bidders, values, remarks.

    >>> day, one = np.array(["2020-03-02T09:00:00"], dtype="datetime64[s]"), np.array([1.0])
    >>> print(summary(CaseList("march.json", day, one, "EUR", ("open",), ("works",), 21 * one, one, ())))
    march.json: cases published from 2020-03-02 to 2020-03-02: 1
    tender period known of 1: 10/25/50/75/90 % = 21.0 / 21.0 / 21.0 / 21.0 / 21.0 d
    bidders known of 1: mean 1.00, 10/25/50/75/90 % = 1 / 1 / 1 / 1 / 1, single bid 100.0 %
    value known of 1: 10/25/50/75/90 % = 1 / 1 / 1 / 1 / 1 EUR
    """
    dates = cases.published.astype("datetime64[D]")
    between = f" from {dates[0]} to {dates[-1]}" if len(cases) else ""
    lines = [f"{cases.source}: cases published{between}: {len(cases)}"]
    window, bids, value = (column[~np.isnan(column)] for column in (cases.window, cases.bids, cases.value))
    if len(window):
        lines.append(f"tender period known of {len(window)}: {_quantiles(window, '.1f')} d")
    if len(bids):
        single = 100 * np.mean(bids == 1)
        spread = _quantiles(bids, ".3g")
        lines.append(f"bidders known of {len(bids)}: mean {bids.mean():.2f}, {spread}, single bid {single:.1f} %")
    if len(value):
        lines.append(f"value known of {len(value)}: {_quantiles(value, ',.0f')} {cases.currency}".rstrip())
    return "\n".join([*lines, *cases.remarks])


def _quantiles(column: NDArray[np.float64], form: str) -> str:
    shares = "/".join(f"{100 * share:.0f}" for share in QUANTILES)
    return f"{shares} % = {' / '.join(format(value, form) for value in np.quantile(column, QUANTILES))}"
