"""Weeks and holidays of countries and states against published calendars."""

from __future__ import annotations

from datetime import date

import pytest

from procsim.procurement.country import Country, load_country
from procsim.procurement.library import shipped

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
SUNDAY_TO_THURSDAY = (0, 1, 2, 3, 6)
# days of 2025 as published; of 2006 as newspapers wrote then, or as recalled: each calendar.yaml says which
KEPT = """
IDN 2006-01-10 Idul Adha
IDN 2006-10-24 Idul Fitri
IDN 2006-10-25 Idul Fitri, second day
IDN 2025-03-31 Idul Fitri
IDN 2025-04-01 Idul Fitri, second day
IDN 2025-06-06 Idul Adha
IDN 2025-06-27 Islamic new year
IDN 2025-09-05 Maulid
PAK 2006-01-11 Eid al-Adha
PAK 2006-01-13 Eid al-Adha, third day
PAK 2006-02-08 Ashura, 9 Muharram
PAK 2006-02-09 Ashura, 10 Muharram
PAK 2006-04-11 Milad
PAK 2006-10-25 Eid al-Fitr
PAK 2006-10-27 Eid al-Fitr, third day
PAK 2025-03-31 Eid al-Fitr
PAK 2025-04-02 Eid al-Fitr, third day
PAK 2025-06-06 Eid al-Adha
PAK 2025-06-09 Eid al-Adha, fourth day
PAK 2025-07-06 Ashura
MYS 2006-02-01 Federal Territory Day
MYS 2025-02-11 Thaipusam
MYS 2025-03-18 Nuzul al-Quran
MYS-02 2025-01-27 Israk and Mikraj
MYS-02 2025-02-11 Thaipusam, occasional holiday
MYS-02 2025-03-02 first of Ramadan
MYS-02 2025-06-08 Hari Raya Haji, second day
MYS-02 2025-06-22 birthday of the Sultan
MYS-03 2006-03-30 birthday of the Sultan
MYS-03 2025-09-29 birthday of the Sultan
MYS-03 2025-09-30 birthday of the Sultan, second day
MYS-11 2025-03-04 installation of the Sultan
MYS-11 2025-04-27 birthday of the Sultan, for Saturday
"""
WORKED = """
PAK 2006-01-10 Eid al-Adha was a day later than in Arabia
PAK 2006-02-07 Ashura was 8 and 9 February
PAK 2006-10-24 Eid al-Fitr was a day later than in Arabia
MYS 2006-02-13 Thaipusam, a holiday in Putrajaya since 2008 only
MYS 2025-09-29 the Sultan of Kelantan's birthday is his state's alone
MYS-02 2025-02-02 Federal Territory Day is not Kedah's
MYS-02 2025-06-15 the Sultan's birthday was a week later
MYS-03 2025-01-01 New Year is no holiday in Kelantan
MYS-11 2006-04-26 the Sultan's birthday had another date before 2007
"""
WEEKS = {
    "CHN": MONDAY_TO_FRIDAY,
    "IDN": MONDAY_TO_FRIDAY,
    "MYS": MONDAY_TO_FRIDAY,
    "MYS-02": SUNDAY_TO_THURSDAY,
    "MYS-03": SUNDAY_TO_THURSDAY,
    "MYS-11": SUNDAY_TO_THURSDAY,
    "PAK": MONDAY_TO_FRIDAY,
}
# holidays from Monday to Friday in the collected country table
COUNTED = {
    ("CHN", 2006): 17,
    ("CHN", 2024): 19,
    ("IDN", 2006): 12,
    ("IDN", 2024): 14,
    ("PAK", 2006): 14,
    ("PAK", 2024): 15,
}


def load(code: str, profile: str = "latest") -> Country:
    return load_country(code, profile, [shipped()])


def lines(text: str) -> list[tuple[str, date, str]]:
    parts = (line.split(maxsplit=2) for line in text.strip().splitlines())
    return [(code, date.fromisoformat(day), name) for code, day, name in parts]


@pytest.mark.parametrize(("code", "day", "name"), lines(KEPT))
def test_a_day_that_was_kept(code: str, day: date, name: str) -> None:
    assert day in load(code).holidays(day.year, day.year), name


@pytest.mark.parametrize(("code", "day", "name"), lines(WORKED))
def test_a_day_that_was_worked(code: str, day: date, name: str) -> None:
    assert day not in load(code).holidays(day.year, day.year), name


@pytest.mark.parametrize(("code", "year"), COUNTED)
def test_holidays_from_monday_to_friday(code: str, year: int) -> None:
    days = load(code).holidays(year, year)
    assert sum(day.weekday() in MONDAY_TO_FRIDAY for day in days) == COUNTED[code, year]


@pytest.mark.parametrize("code", WEEKS)
def test_the_week(code: str) -> None:
    assert load(code).weekdays() == WEEKS[code]


def test_pakistan_worked_on_saturdays_in_2006() -> None:
    assert load("PAK", "programme_2006").weekdays() == (*MONDAY_TO_FRIDAY, 5)


def test_a_state_has_the_rules_of_malaysia() -> None:
    malaysia, kelantan = load("MYS"), load("MYS-03")
    for name in ("legal.threshold.quotation", "labour.hourly_wage", "macro.exchange_rate"):
        assert kelantan.parameter(name) == malaysia.parameter(name)
    assert kelantan.fallbacks == malaysia.fallbacks
