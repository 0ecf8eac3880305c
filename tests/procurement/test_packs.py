"""The shipped country packs: that every number has its papers, equals the collected table, and what must hold."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from procsim.procurement.country import Country, load_country
from procsim.procurement.library import shipped
from procsim.procurement.packs import country_codes
from procsim.procurement.parameters import Quantity
from procsim.procurement.profiles import PROFILES
from procsim.procurement.yamlfile import read_yaml

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
CODES = country_codes([shipped()])
REGIONS = sorted(path.parent.name for path in (shipped() / "countries").glob("*/region.yaml"))
MAX_GAP = 4  # years, in programme_2006
THRESHOLDS = ("legal.threshold.direct", "legal.threshold.quotation", "legal.threshold.large")
NAMES_THERE = {
    "legal.approval_tier.board_min": "legal.approval_tier.state_tender_board_min",
    "legal.evaluation_days": "duration.bid_opening_to_recommendation_days",
    "legal.min_bid_days.large": "legal.min_bid_days.negotiated",
    "legal.threshold.quotation": "legal.threshold_quotation_max",
    "labour.hourly_wage": "labour.public_sector_mean_earnings_per_hour",
}
# the years of the rows in countries.csv that programme_2006 and latest must equal; 0: the value of that year is ours
ROWS = """
KOR legal.min_bid_days.open_national 2006 2006
KOR legal.min_bid_days.large 2006 2006
KOR legal.complaint_decision_days 0 2020
KOR legal.inspection_days 2006 2006
KOR labour.official_hours_per_week 2005 2005
KOR labour.midlevel_monthly_wage_usd 2006 2024
KOR labour.working_days 2005 2005
BRN legal.min_bid_days.open_national 2004 2004
BRN legal.threshold.quotation 2004 0
BRN legal.approval_tier.board_min 2004 2015
BRN legal.tender_board_quorum 2004 2004
BRN legal.evaluation_days 0 2012
BRN labour.official_hours_per_week 0 2018
BRN labour.midlevel_monthly_wage_usd 2006 2020
BRN labour.working_days 2006 2021
BGD legal.min_bid_days.open_national 0 2008
BGD labour.official_hours_per_week 2006 2006
BGD labour.hourly_wage 0 2017
BGD labour.working_days 2006 2006
"""
LINES = [line.split() for line in ROWS.split("\n") if line]
CASES = [(code, name, PROFILES[n], int(years[n])) for code, name, *years in LINES for n in (0, 1) if years[n] != "0"]
OWN = ("BGD", "BRN", "KOR")


def load(code: str, profile: str = "programme_2006") -> Country:
    return load_country(code, profile, [shipped()])


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    path = SHARED / "countries" / "countries.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not here: the collected country table is not part of the repository")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_of(table: list[dict[str, str]], code: str, name: str, year: int) -> dict[str, str]:
    wanted = (code, NAMES_THERE.get(name, name), str(year))
    return next(row for row in table if (row["iso3"], row["parameter"], row["year"]) == wanted)


@pytest.mark.parametrize(("code", "name", "profile", "year"), CASES)
def test_value_equals_the_collected_table(
    table: list[dict[str, str]], code: str, name: str, profile: str, year: int
) -> None:
    parameter, row = load(code, profile).parameter(name), row_of(table, code, name, year)
    value = " ".join(parameter.value) if isinstance(parameter.value, list) else str(parameter.value).split()[0]
    assert value == row["value"].lower()
    assert parameter.source == f"{row['source']} ({row['year']})"
    assert (parameter.confidence, parameter.year) == (row["confidence"], year)
    assert parameter.grade == ("S" if row["looked_up"] == "yes" else "J")


@pytest.mark.parametrize("code", OWN)
def test_where_it_was_looked_up_is_kept(table: list[dict[str, str]], code: str) -> None:
    text = "".join(file.path.read_text(encoding="utf-8") for file in load(code).files if file.path.parent.name == code)
    rows = [row_of(table, code, name, year) for case, name, _, year in CASES if case == code]
    assert [row["locator"] for row in rows if row["looked_up"] == "yes" and row["locator"] not in text] == []


@pytest.mark.parametrize(("code", "period"), [(code, period) for code in OWN for period in ("2006", "latest")])
def test_holidays_on_working_days_are_as_counted(table: list[dict[str, str]], code: str, period: str) -> None:
    country, name = load(code), "calendar.public_holidays_on_working_days"
    row = next(row for row in table if (row["iso3"], row["parameter"], row["period"]) == (code, name, period))
    days = country.holidays(int(row["year"]), int(row["year"]))
    assert sum(day.weekday() in country.weekdays() for day in days) == int(row["value"])


def test_holidays_of_2006_without_the_table() -> None:
    for code, count in {"KOR": 11, "BRN": 14, "BGD": 11, "default": 0}.items():
        country = load(code)
        assert sum(day.weekday() in country.weekdays() for day in country.holidays(2006, 2006)) == count


def values(code: str) -> Iterator[tuple[str, date, dict[str, Any]]]:
    """Every value that the files of a pack hold, of whatever date."""
    for path in sorted((shipped() / "countries" / code).glob("*.yaml")):
        for name, parameter in read_yaml(path).data.get("parameters", {}).items():
            yield from ((name, day, value) for day, value in parameter.get("values", {}).items())


def papers(day: date, value: dict[str, Any]) -> dict[str, bool]:
    found = any({"href", "locator"} & source.keys() for source in value["reference"])
    return {
        "title": all(source["title"].strip() for source in value["reference"]),
        "date": 1900 <= day.year <= 2025,
        "confidence": value["confidence"] in ("high", "medium", "low"),
        "looked up": value["looked_up"] is False or (value["looked_up"] is True and found),
        "not a sure guess": value["confidence"] != "high" or value.get("grade") != "J",
    }


@pytest.mark.parametrize("code", [*CODES, *REGIONS])
def test_no_value_is_unsourced(code: str) -> None:
    checked = [(name, day.isoformat(), papers(day, value)) for name, day, value in values(code)]
    assert len(checked) >= (0 if code in REGIONS else 1 if "-" in code else 15)  # a state says only what is different
    assert [(name, day, said) for name, day, said in checked if not all(said.values())] == []


def files(code: str) -> dict[str, str]:
    """The file of a pack in which each of its parameters stands."""
    paths = (shipped() / "countries" / code).glob("*.yaml")
    return {name: path.name for path in paths for name in read_yaml(path).data.get("parameters", {})}


@pytest.mark.parametrize("code", [*CODES, *REGIONS])
def test_a_parameter_stands_in_the_file_in_which_the_default_has_it(code: str) -> None:
    assert files(code).items() <= files("default").items()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("code", CODES)
def test_every_parameter_has_its_papers(code: str, profile: str) -> None:
    country = load(code, profile)
    for name, parameter in country.parameters.items():
        assert f" ({parameter.year})" in parameter.source, name
        later = MAX_GAP if parameter.kind == "observation" else 0  # a statistic serves the years before it too
        assert 1900 <= (parameter.year or 0) <= country.year + later, name
        assert (parameter.grade in ("S", "D", "J"), parameter.confidence in ("high", "medium", "low")) == (True, True)
        assert parameter.kind != "assumption" or "plausible range" in parameter.note, name
        stands_in = parameter.origin.partition("/")[0] in (*REGIONS, "default")
        assert stands_in == (name in country.fallbacks or code == "default"), name


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("code", CODES)
def test_every_number_has_a_grade(code: str, profile: str) -> None:
    numbers = load(code, profile).parameters
    grades = Counter(parameter.grade for parameter in numbers.values())
    assert grades["S"] + grades["D"] + grades["J"] == len(numbers)
    assert load("default", profile).parameters.keys() <= numbers.keys()
    assert all("procsim judgement" not in number.source or number.grade != "S" for number in numbers.values())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("code", CODES)
def test_thresholds_rise(code: str, profile: str) -> None:
    country = load(code, profile)
    rate = float(country.parameter("macro.exchange_rate").value)
    limits = [Quantity.parse(country.parameter(name).value) for name in THRESHOLDS]
    dollars = [float(limit.amount) / (1 if limit.unit == "USD" else rate) for limit in limits]
    assert {limit.unit for limit in limits} <= {"USD", country.currency}
    assert 0 < dollars[0] <= dollars[1] <= dollars[2]


@pytest.mark.parametrize("profile", PROFILES)
def test_bangladesh_works_from_sunday_to_thursday(profile: str) -> None:
    bangladesh = load("BGD", profile)
    assert (bangladesh.name, bangladesh.currency) == ("Bangladesh", "BDT")
    assert bangladesh.weekdays() == (0, 1, 2, 3, 6)


def test_bangladesh_in_both_profiles() -> None:
    old, new = load("BGD"), load("BGD", "latest")
    assert [country.parameter("legal.price_band").value for country in (old, new)] == [1, 0.1]
    assert [country.parameter("labour.hourly_wage").value for country in (old, new)] == ["0.5 USD", "1.33 USD"]
    assert date(2025, 12, 16) in new.holidays(2025, 2025)
    assert {"adoption.cases", "legal.payment_days"} <= set(old.fallbacks)


def test_korea_pays_sooner_and_needs_two_bids() -> None:
    old, new = load("KOR"), load("KOR", "latest")
    assert [country.parameter("legal.payment_days").value for country in (old, new)] == ["14 d", "7 d"]
    assert [old.parameter(f"legal.min_valid_bids.{method}").value for method in ("quotation", "price_only")] == [2, 2]
    assert [old.parameter(name).value for name in ("adoption.cases", "adoption.suppliers")] == [0.93, 0.5]
