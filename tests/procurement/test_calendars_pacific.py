"""Days off around the Pacific and in Bangladesh, against calendars that were published for 2006 and 2025."""

from __future__ import annotations

from datetime import date

import pytest

from procsim.procurement.country import load_country
from procsim.procurement.library import shipped

SUNDAY = 6


def works(code: str, day: date) -> bool:
    """Whether the offices of a country are open on that day."""
    country = load_country(code, "programme_2006" if day.year < 2015 else "latest", [shipped()])
    return day.weekday() in country.weekdays() and day not in country.holidays(day.year, day.year)


def days(text: str) -> list[date]:
    return [date.fromisoformat(word) for word in text.split()]


# Thailand 2006: the list of the bank holidays. 2025: the cabinet's calendar, with the substitutes for weekends.
# Viet Nam: the new year by the moon, 29 January of both years, the Hung Kings (since 2007), and the national day.
# Brunei 2025: the Prime Minister's Office; 2006: National Day, the end of the fast, the Sultan's birthday, a Saturday.
# Fiji 2025: the cabinet's list of August 2024, where Prophet Mohammed's Birthday is kept on Monday 8 September.
# Bangladesh: the days of language, independence, labour and victory, and the two Eids.
CLOSED = """
THA 2006-02-13 2006-04-06 2006-04-13 2006-04-14 2006-05-12 2006-07-11 2006-08-14 2006-10-23 2006-12-05 2006-12-11
THA 2025-02-12 2025-04-07 2025-04-14 2025-04-15 2025-05-12 2025-07-10 2025-07-11 2025-08-12 2025-10-13 2025-12-10
VNM 2006-01-30 2006-01-31 2006-05-01 2025-01-28 2025-01-29 2025-04-07 2025-04-30 2025-09-02
BRN 2006-02-23 2006-07-15 2006-10-24 2025-01-27 2025-01-29 2025-02-24 2025-03-18 2025-03-31 2025-06-07 2025-07-15
FJI 2006-01-02 2006-04-14 2006-04-17 2006-10-21 2006-12-25 2006-12-26
FJI 2025-04-21 2025-05-12 2025-05-30 2025-09-08 2025-10-10 2025-10-21 2025-12-26
BGD 2006-02-21 2006-03-26 2006-05-01 2006-10-25 2025-03-26 2025-03-31 2025-06-08 2025-12-16
PNG 2006-04-14 2006-04-17 2006-12-25 2025-07-23 2025-08-26 2025-09-16
"""
OPEN = """
THA 2006-02-14 2006-05-11 2006-07-12 2025-02-13 2025-05-13
VNM 2006-04-07 2006-02-03 2025-02-03 2025-09-03
BRN 2006-07-17 2006-10-26 2025-03-19 2025-04-03
FJI 2006-10-23 2025-09-05 2025-10-20
BGD 2006-12-17 2025-12-17
PNG 2006-02-27 2025-02-25
"""


def cases(text: str) -> list[tuple[str, date]]:
    lines = [line.split(maxsplit=1) for line in text.strip().splitlines()]
    return [(code, day) for code, listed in lines for day in days(listed)]


@pytest.mark.parametrize(("code", "day"), cases(CLOSED))
def test_offices_are_closed_on_the_days_published(code: str, day: date) -> None:
    assert not works(code, day)


@pytest.mark.parametrize(("code", "day"), cases(OPEN))
def test_offices_are_open_on_the_days_around(code: str, day: date) -> None:
    assert works(code, day)


@pytest.mark.parametrize(
    ("code", "off"), [("BRN", {4, SUNDAY}), ("BGD", {4, 5}), ("THA", {5, SUNDAY}), ("FJI", {5, SUNDAY})]
)
@pytest.mark.parametrize("profile", ["programme_2006", "latest"])
def test_the_weekend_is_the_country_s_own(code: str, off: set[int], profile: str) -> None:
    assert set(range(7)) - set(load_country(code, profile, [shipped()]).weekdays()) == off


COUNTS = [
    *(("PNG", 2006, 7), ("PNG", 2024, 10), ("FJI", 2016, 10), ("FJI", 2024, 10)),
    *(("THA", 2006, 21), ("THA", 2024, 19), ("VNM", 2006, 8), ("VNM", 2024, 12)),
]


@pytest.mark.parametrize(("code", "year", "count"), COUNTS)
def test_holidays_on_working_days_are_as_collected(code: str, year: int, count: int) -> None:
    country = load_country(code, "latest", [shipped()])
    assert sum(day.weekday() in country.weekdays() for day in country.holidays(year, year)) == count


def test_fiji_keeps_the_birthday_of_the_prophet_and_diwali_in_2006() -> None:
    """The birthday was Tuesday 11 April by the Islamic calendar; whether it or the Monday was kept is not certain."""
    kept = load_country("FJI", "programme_2006", [shipped()]).holidays(2006, 2006)
    assert len({date(2006, 4, 10), date(2006, 4, 11)} & kept) == 1
    assert not {date(2006, 4, 12), date(2006, 4, 13)} & kept
    assert date(2006, 10, 21) in kept, "Diwali, a Saturday"


def test_fiji_has_holidays_in_every_year_that_a_profile_simulates() -> None:
    country = load_country("FJI", "programme_2006", [shipped()])
    assert all(len(country.holidays(year, year)) >= 9 for year in (*range(2005, 2009), *range(2024, 2029)))
