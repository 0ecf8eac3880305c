"""Working time and clock time: weekday sets, dated holidays, sittings, and exact integer arithmetic between them.

All times are whole seconds from midnight of the first day. A calendar is a list of open intervals; working time is
counted along them. A work position that is reached exactly at closing time ends then, not at the next opening.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.parameters import DAY

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FOREVER = 2**40  # no interval ends later; far beyond any horizon, and sums of it stay inside 64 bits
_BEFORE = 14  # working days are also listed for two weeks before day 0, so that day 0 has a day before it


@dataclass(frozen=True)
class Week:
    """The working days of a country from `first` for `days` days: its weekday set less its dated holidays.

    >>> week = Week(date(2006, 1, 2), 14, weekdays=(0, 1, 2, 3, 5), holidays=frozenset())  # Brunei: no Friday
    >>> week.after(3 * 86400 + 15 * 3600, 86400) == 5 * 86400 + 15 * 3600  # Thursday 15:00 + 1 working day
    True
    """

    first: date
    days: int
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: frozenset[date] = frozenset()
    working: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = range(-_BEFORE, self.days + 1)
        object.__setattr__(self, "working", [day for day in days if self.is_working(day)])

    def date(self, day: int) -> date:
        """The date of a day number; day 0 is `first`."""
        return self.first + timedelta(days=day)

    def is_working(self, day: int) -> bool:
        """Whether the country works on that day."""
        on = self.date(day)
        return on.weekday() in self.weekdays and on not in self.holidays

    def after(self, time: int, seconds: int) -> int:
        """The time that lies `seconds` / 86,400 working days after `time`.

        Whole days: day 0 excluded, same clock time on the n-th working day. What is left over runs on through
        working days only, from midnight to midnight; on a day off it begins with the next working day.
        """
        return add_working_days(self.working, time, seconds)


def add_working_days(working: Sequence[int], time: int, seconds: int) -> int:
    """`Week.after` on a bare list of working day numbers, which is what a plan carries; FOREVER past its end."""
    days, rest = divmod(seconds, DAY)
    day, clock = divmod(time, DAY)
    index = bisect_right(working, day) - 1
    if days == 0 and rest and working[index] != day:
        index, clock = index + 1, 0
    elif not seconds:
        return time
    days, clock = divmod(days * DAY + clock + rest, DAY)
    if index + days >= len(working):
        return FOREVER
    return working[index + days] * DAY + clock


@dataclass(frozen=True)
class Calendar:
    """Open intervals [opens, closes) in seconds, ascending and apart; `whole` means a task must fit in one of them.

    >>> office = Calendar([0, 9], [5, 100])
    >>> office.finish(1, 10)  # the office closes at night: work pauses and resumes
    15
    """

    opens: list[int]
    closes: list[int]
    whole: bool = False
    done: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lengths = (close - open_ for open_, close in zip(self.opens, self.closes, strict=True))
        object.__setattr__(self, "done", [0, *accumulate(lengths)])

    def is_open(self, time: int) -> bool:
        """Whether work can be done in the second that begins at `time`."""
        return self.closing(time) > 0

    def closing(self, time: int) -> int:
        """When the opening that `time` lies in ends; 0 while closed."""
        index = bisect_right(self.opens, time) - 1
        return self.closes[index] if index >= 0 and time < self.closes[index] else 0

    def next_opening(self, time: int) -> int:
        """The first opening strictly after `time`, or FOREVER."""
        index = bisect_right(self.opens, time)
        return self.opens[index] if index < len(self.opens) else FOREVER

    def next_change(self, time: int) -> int:
        """The first opening or closing strictly after `time`, or FOREVER."""
        return self.closing(time) or self.next_opening(time)

    def worked(self, time: int) -> int:
        """Seconds of working time from the beginning up to `time`."""
        index = bisect_right(self.opens, time) - 1
        if index < 0:
            return 0
        return self.done[index] + min(time, self.closes[index]) - self.opens[index]

    def worked_at(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """`worked` for many times at once."""
        opens, closes, done = (np.array(column, dtype=np.int64) for column in (self.opens, self.closes, self.done))
        index = np.searchsorted(opens, times, side="right") - 1
        inside = np.maximum(index, 0)
        worked = done[inside] + np.minimum(times, closes[inside]) - opens[inside]
        result: NDArray[np.int64] = np.where(index < 0, 0, worked)
        return result

    def finish(self, time: int, effort: int) -> int:
        """When `effort` seconds of working time begun at `time` are done, or FOREVER."""
        index = bisect_right(self.opens, time) - 1
        if index >= 0 and effort <= self.closes[index] - time:
            return time + effort
        return self.at(self.worked(time) + effort)

    def at(self, position: int) -> int:
        """The time at which `position` seconds of working time have been done, or FOREVER."""
        index = bisect_left(self.done, position) - 1
        if index >= len(self.opens):
            return FOREVER
        return self.opens[max(index, 0)] + position - self.done[max(index, 0)]

    @property
    def longest(self) -> int:
        """Seconds of the longest open interval; 0 if it never opens."""
        return max((close - open_ for open_, close in zip(self.opens, self.closes, strict=True)), default=0)


ALWAYS = Calendar([0], [FOREVER])


def intersection(calendars: Sequence[Calendar]) -> Calendar:
    """The times when all of them are open; a task must fit whole if it must in any of them."""
    result = calendars[0]
    for other in calendars[1:]:
        result = _both(result, other)
    return result


def _both(a: Calendar, b: Calendar) -> Calendar:
    opens, closes, i, j = [], [], 0, 0
    while i < len(a.opens) and j < len(b.opens):
        low, high = max(a.opens[i], b.opens[j]), min(a.closes[i], b.closes[j])
        if low < high:
            opens.append(low)
            closes.append(high)
        if a.closes[i] < b.closes[j]:
            i += 1
        else:
            j += 1
    return Calendar(opens, closes, a.whole or b.whole)


def build(spec: dict[str, Any], week: Week) -> Calendar:
    """The calendar that a checked `CalendarSpec` describes, over the days of `week`.

    `intervals` are raw seconds, `always` is 24 hours a day and 7 days a week; otherwise `hours` on the named
    `weekdays`, on the n-th `working_days` of each week, or on all working days; never on a day off or a holiday,
    unless `on_holiday: next_working_day` moves the sitting.
    """
    return _built(json.dumps(spec), week)


@lru_cache(maxsize=256)  # a changed lever leaves nearly all of them as they were
def _built(text: str, week: Week) -> Calendar:
    spec = json.loads(text)
    whole = spec.get("fit") == "whole"
    if spec.get("always"):
        return Calendar(ALWAYS.opens, ALWAYS.closes, whole)
    if "intervals" in spec:
        return _calendar(spec["intervals"], whole)
    spans = [clock_span(text) for text in spec["hours"]]
    days = _days(spec, week)
    return _calendar(((day * DAY + low, day * DAY + high) for day in days for low, high in spans), whole)


def clock_span(text: str) -> tuple[int, int]:
    """Seconds of day of `09:00-12:00`; ValueError if it is not such a span.

    >>> clock_span("09:00-12:30")
    (32400, 45000)
    """
    low, high = (_clock(part) for part in text.split("-"))
    if low >= high:
        raise ValueError(f"{text!r} ends before it begins")
    return low, high


def _clock(text: str) -> int:
    hours, minutes = (int(part) for part in text.strip().split(":"))
    if not (0 <= minutes < 60 and 0 <= hours * 60 + minutes <= 24 * 60):
        raise ValueError(f"{text!r} is not a time of day")
    return hours * 3600 + minutes * 60


def _days(spec: dict[str, Any], week: Week) -> list[int]:
    """The days of the weekly pattern; a holiday counts as one of it, so that it can be moved."""
    weekdays, every = _weekdays(spec, week), int(spec.get("every_weeks", 1))
    monday = week.first.toordinal() - 1  # days since a Monday, long before
    pattern = (divmod(monday + day, 7) for day in range(week.days))
    wanted = [day for day, (number, weekday) in enumerate(pattern) if weekday in weekdays and not number % every]
    if spec.get("on_holiday") != "next_working_day":
        working = set(week.working)
        return [day for day in wanted if day in working]
    moved = (bisect_left(week.working, day) for day in wanted)
    return sorted({week.working[index] for index in moved if index < len(week.working)})


def _weekdays(spec: dict[str, Any], week: Week) -> set[int]:
    """The weekdays that a pattern names, of those on which the country works."""
    if "weekdays" in spec:
        return {day for day in week.weekdays if WEEKDAYS[day] in spec["weekdays"]}
    numbered = enumerate(week.weekdays, start=1)
    return {day for number, day in numbered if "working_days" not in spec or number in spec["working_days"]}


def _calendar(intervals: Iterable[Sequence[int]], whole: bool) -> Calendar:
    """Sorted, with touching or overlapping intervals joined."""
    opens: list[int] = []
    closes: list[int] = []
    for low, high in sorted((int(low), int(high)) for low, high in intervals):
        if closes and low <= closes[-1]:
            closes[-1] = max(closes[-1], high)
        else:
            opens.append(low)
            closes.append(high)
    return Calendar(opens, closes, whole)
