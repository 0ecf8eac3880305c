"""Calendars against a count of the seconds, and the rules of working days, sittings and holidays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procsim.procurement.calendars import ALWAYS, FOREVER, Calendar, Week, build, clock_span, intersection

DAY, HOUR = 86_400, 3600
SPAN = 120  # seconds that the counting looks at
spans = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 25)).map(lambda s: (s[0], s[0] + s[1])), max_size=5)
times = st.integers(0, SPAN)
exact = settings(max_examples=200, derandomize=True, deadline=None, database=None)

NONE: frozenset[date] = frozenset()
MONDAY = date(2022, 9, 26)
PLAIN = Week(MONDAY, 400)
BRUNEI = Week(MONDAY, 400, weekdays=(0, 1, 2, 3, 5))


def drawn(intervals: list[tuple[int, int]], fit: str = "pause") -> Calendar:
    return build({"intervals": intervals, "fit": fit}, PLAIN)


def open_seconds(intervals: list[tuple[int, int]]) -> list[bool]:
    """For each second, whether it lies in one of the intervals."""
    return [any(low <= second < high for low, high in intervals) for second in range(SPAN + 200)]


@exact
@given(spans, times)
def test_open_worked_and_next_agree_with_the_count(intervals: list[tuple[int, int]], time: int) -> None:
    calendar, seconds = drawn(intervals), open_seconds(intervals)
    assert calendar.is_open(time) == seconds[time]
    assert calendar.worked(time) == sum(seconds[:time])
    opening = next((s for s in range(time + 1, SPAN + 200) if seconds[s] and not seconds[s - 1]), FOREVER)
    assert calendar.next_opening(time) == opening
    change = next((s for s in range(time + 1, SPAN + 200) if seconds[s] != seconds[s - 1]), FOREVER)
    assert calendar.next_change(time) == change


@exact
@given(spans, times, st.integers(1, 80))
def test_finish_agrees_with_the_count(intervals: list[tuple[int, int]], time: int, effort: int) -> None:
    """The work ends at the end of its last worked second, not at the next opening."""
    seconds = open_seconds(intervals)
    worked = [second for second in range(time, SPAN + 200) if seconds[second]]
    expected = worked[effort - 1] + 1 if len(worked) >= effort else FOREVER
    assert drawn(intervals).finish(time, effort) == expected


@exact
@given(st.lists(spans, min_size=1, max_size=3))
def test_an_intersection_is_open_when_all_are(three: list[list[tuple[int, int]]]) -> None:
    common = intersection([drawn(intervals) for intervals in three])
    every = zip(*(open_seconds(intervals) for intervals in three), strict=True)
    assert [common.is_open(second) for second in range(SPAN + 200)] == [all(now) for now in every]


@exact
@given(spans)
def test_intervals_are_apart_and_the_longest_is_known(intervals: list[tuple[int, int]]) -> None:
    calendar = drawn(intervals)
    assert all(close < later for close, later in zip(calendar.closes, calendar.opens[1:], strict=False))
    assert calendar.longest == max((c - o for o, c in zip(calendar.opens, calendar.closes, strict=True)), default=0)
    text = "".join("x" if is_open else " " for is_open in open_seconds(intervals))
    assert calendar.longest == max(map(len, text.split()), default=0)


@exact
@given(spans.filter(bool), st.lists(times, min_size=1, max_size=20))
def test_many_times_at_once(intervals: list[tuple[int, int]], moments: list[int]) -> None:
    calendar = drawn(intervals)
    assert calendar.worked_at(np.array(moments)).tolist() == [calendar.worked(moment) for moment in moments]


def test_round_the_clock() -> None:
    assert ALWAYS.finish(5, 10) == 15
    assert ALWAYS.next_opening(5) == FOREVER


@pytest.mark.parametrize(
    ("a", "b", "whole"), [("pause", "pause", False), ("whole", "pause", True), ("pause", "whole", True)]
)
def test_a_task_must_fit_whole_if_it_must_in_any_calendar(a: str, b: str, whole: bool) -> None:
    assert intersection([drawn([(0, 9)], a), drawn([(3, 12)], b)]).whole == whole


@pytest.mark.parametrize("text", ["12:00-09:00", "09:00-09:00", "9 to 5", "09:60-10:00", "23:00-24:30"])
def test_a_span_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        clock_span(text)


def test_a_span_may_end_at_midnight() -> None:
    assert clock_span("16:00-24:00") == (16 * HOUR, DAY)


# -- working days ------------------------------------------------------------------------------------------------------


def by_the_rule(week: Week, time: int, days: int) -> int:
    """Day 0 excluded, the same clock time on the n-th working day."""
    day, clock = divmod(time, DAY)
    while days:
        day += 1
        days -= week.is_working(day)
    return day * DAY + clock


holidays = st.sets(st.integers(0, 40), max_size=8).map(lambda days: frozenset(MONDAY + timedelta(days=d) for d in days))
weeks = st.builds(
    Week, st.just(MONDAY), st.just(400), st.sampled_from([(0, 1, 2, 3, 4), (0, 1, 2, 3, 5), (6, 0, 1, 2, 3)]), holidays
)


@exact
@given(weeks, st.integers(0, 30 * DAY), st.integers(0, 12))
def test_whole_working_days_follow_the_rule(week: Week, time: int, days: int) -> None:
    assert week.after(time, days * DAY) == by_the_rule(week, time, days)


@exact
@given(weeks, st.integers(0, 30 * DAY), st.integers(0, 5 * DAY), st.integers(0, 5 * DAY))
def test_a_longer_period_from_a_working_day_ends_later(week: Week, time: int, short: int, more: int) -> None:
    if week.is_working(time // DAY):
        assert week.after(time, short) <= week.after(time, short + more)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ((4, 10), 0.5, (4, 22)),  # Friday morning: the same day
        ((4, 20), 0.5, (7, 8)),  # Friday evening: what is left runs on from Monday midnight
        ((5, 10), 0.25, (7, 6)),  # Saturday: begins with Monday
        ((5, 10), 1.5, (7, 22)),
        ((3, 20), 1.5, (7, 8)),
    ],
)
def test_part_of_a_working_day_runs_through_working_days_only(
    start: tuple[int, int], days: float, end: tuple[int, int]
) -> None:
    found = PLAIN.after(start[0] * DAY + start[1] * HOUR, round(days * DAY))
    assert found == end[0] * DAY + end[1] * HOUR


def test_bruneis_working_days() -> None:
    assert BRUNEI.after(3 * DAY, DAY) == 5 * DAY  # Thursday to Saturday
    assert BRUNEI.after(5 * DAY, DAY) == 7 * DAY  # Saturday to Monday


# -- hours, sittings, holidays -----------------------------------------------------------------------------------------


def days_of(spec: dict[str, Any], week: Week, first: int = 35) -> list[str]:
    """The dates on which a calendar opens, among the first days."""
    opens = [second // DAY for second in build(spec, week).opens]
    return [f"{week.date(day):%a %d %b}" for day in opens if day < first]


def test_office_hours_on_working_days() -> None:
    office = build({"hours": ["13:00-17:00", "09:00-12:00"]}, PLAIN)
    assert [second // HOUR for second in office.opens[:4]] == [9, 13, 33, 37]
    assert office.finish(4 * DAY + 16 * HOUR, 2 * HOUR) == 7 * DAY + 10 * HOUR


def test_bruneis_office_is_closed_on_friday_and_sunday() -> None:
    expected = ["Mon 26 Sep", "Tue 27 Sep", "Wed 28 Sep", "Thu 29 Sep", "Sat 01 Oct", "Mon 03 Oct"]
    assert days_of({"hours": ["08:00-16:00"]}, BRUNEI, 8) == expected


def test_a_sitting_on_a_day_off_of_the_country_never_takes_place() -> None:
    friday = {"weekdays": ["fri"], "hours": ["09:00-12:00"], "on_holiday": "next_working_day"}
    assert days_of(friday, BRUNEI) == []


@pytest.mark.parametrize(("week", "days"), [(PLAIN, ["Tue", "Fri"]), (BRUNEI, ["Tue", "Sat"])])
def test_the_nth_working_days_are_those_of_the_countrys_week(week: Week, days: list[str]) -> None:
    found = days_of({"working_days": [2, 5], "hours": ["09:00-12:00"]}, week, 14)
    assert [day[:3] for day in found] == days * 2


@pytest.mark.parametrize("weeks", [2, 3, 4])
def test_every_few_weeks_all_through_the_years(weeks: int) -> None:
    spec = {"weekdays": ["wed"], "every_weeks": weeks, "hours": ["09:00-12:00"]}
    opens = build(spec, Week(date(2019, 12, 30), 1500)).opens
    assert len(opens) > 1400 // (7 * weeks)
    assert set(np.diff(opens).tolist()) == {weeks * 7 * DAY}


def test_every_few_weeks_does_not_depend_on_the_first_day() -> None:
    spec = {"weekdays": ["wed"], "every_weeks": 2, "hours": ["09:00-12:00"]}
    early, late = (days_of(spec, Week(MONDAY + timedelta(days=shift), 400), 70 - shift) for shift in (0, 7))
    assert early[-len(late) :] == late


OCTOBER_3 = frozenset({date(2022, 10, 3)})
OCTOBER_3_AND_4 = OCTOBER_3 | {date(2022, 10, 4)}


@pytest.mark.parametrize(
    ("on_holiday", "off", "second"),
    [
        ("skip", NONE, "Mon 03 Oct"),
        ("skip", OCTOBER_3, "Mon 10 Oct"),
        ("next_working_day", OCTOBER_3, "Tue 04 Oct"),
        ("next_working_day", OCTOBER_3_AND_4, "Wed 05 Oct"),
    ],
)
def test_a_sitting_on_a_holiday(on_holiday: str, off: frozenset[date], second: str) -> None:
    board = {"weekdays": ["mon"], "hours": ["09:00-12:00"], "on_holiday": on_holiday}
    found = days_of(board, Week(MONDAY, 400, holidays=off))
    assert found[:2] == ["Mon 26 Sep", second]


def test_an_office_is_closed_on_a_holiday() -> None:
    office = {"hours": ["09:00-12:00"]}
    assert "Mon 03 Oct" not in days_of(office, Week(MONDAY, 400, holidays=OCTOBER_3))
    assert len(days_of(office, Week(MONDAY, 400, holidays=OCTOBER_3))) == len(days_of(office, PLAIN)) - 1
