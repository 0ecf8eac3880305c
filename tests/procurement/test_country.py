"""The loader of country packs: how profiles and folders decide, and the text of every error."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from procsim.procurement.country import Country, load_country
from procsim.procurement.library import shipped
from procsim.procurement.packs import country_codes
from procsim.procurement.problems import ModelError
from procsim.procurement.profiles import PROFILES

HEADER = "schema: procsim-country/1\n"
BID_DAYS = "legal.min_bid_days.open_national"
BOARD_MIN = "legal.approval_tier.board_min"


def load(code: str, profile: str = "programme_2006", *more: Path) -> Country:
    return load_country(code, profile, [*more, shipped()])


def test_brunei_in_2006() -> None:
    brunei = load("BRN")
    assert (brunei.name, brunei.currency, brunei.year) == ("Brunei Darussalam", "BND", 2006)
    assert brunei.weekdays() == (0, 1, 2, 3, 5)
    assert brunei.parameter(BOARD_MIN).value == "250000 BND"
    assert brunei.parameter("labour.official_hours_per_week").value == "37.5 h"
    assert brunei.parameter("macro.exchange_rate").value == 1.59
    sitting = brunei.parameter("legal.tender_board_sitting").value
    assert (sitting["hours"], sitting["on_holiday"]) == (["08:30-11:30", "13:45-16:00"], "next_working_day")
    assert load("BRN", "latest").parameter("legal.approval_tier.board_min").value == "500000 BND"


def test_korea_in_both_profiles() -> None:
    old, new = load("KOR"), load("KOR", "latest")
    assert (old.year, new.year) == (2006, 2025)
    assert [country.parameter("macro.exchange_rate").value for country in (old, new)] == [955, 1364]
    assert old.parameter("legal.min_valid_bids.open").value == 2


def test_default_is_a_country_of_its_own() -> None:
    for default in (load("default", profile) for profile in PROFILES):
        assert (default.currency, default.weekdays(), default.fallbacks) == ("USD", (0, 1, 2, 3, 4), ())
        assert [default.parameter(name).value for name in (BID_DAYS, "labour.hourly_wage")] == ["30 d", "10 USD"]


@pytest.mark.parametrize(("profile", "more"), [("programme_2006", {"complaint_decision_days"}), ("latest", set())])
def test_fallbacks_are_named(profile: str, more: set[str]) -> None:
    fallbacks = load("KOR", profile).fallbacks
    board = {"approval_tier.board_min", "tender_board_quorum", "tender_board_sitting"}
    days = {"standstill_days", "standstill_days_large", "bid_validity_days", "evaluation_days", "prequalification_days"}
    legal = {name.removeprefix("legal.") for name in fallbacks if name.startswith("legal.")}
    assert legal == board | days | {"price_band"} | more
    assert "labour.working_days" not in fallbacks


def test_the_hourly_wage_is_derived() -> None:
    wage = load("KOR").parameter("labour.hourly_wage")
    assert (wage.value, wage.grade, wage.confidence, wage.year) == ("17.3077 USD", "D", "low", 2006)
    assert (wage.note, wage.origin) == ("12 x 3000 USD / (52 x 40 h)", "KOR/labour.yaml")


def test_a_country_travels_with_its_files() -> None:
    country = pickle.loads(pickle.dumps(load("BRN")))
    assert country.parameters == load("BRN").parameters
    names = {f"{file.path.parent.name}/{file.path.name}" for file in country.files}
    assert {"BRN/country.yaml", "BRN/legal.yaml", "default/labour.yaml"} <= names


def dated(value: object = 20, day: str = "2005-03-01", **keys: object) -> str:
    words = {"value": value, "confidence": "high", "looked_up": "false", "reference": "[{title: Act 5}]", **keys}
    return f"{day}:\n" + "".join(f"  {key}: {word}\n" for key, word in words.items() if word is not None)


def parameter(*values: str, name: str = BID_DAYS, kind: str = "rule", unit: str | None = "day") -> str:
    head = f"  {name}:\n    label: A number\n    kind: {kind}\n" + (f"    unit: {unit}\n" if unit else "")
    return head + "    values:\n" + indent("".join(values), " " * 6)


def parameters(*blocks: str) -> str:
    return f"{HEADER}parameters:\n{''.join(blocks)}"


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of a pack into the user's folder; WSM gets its header unless it is given one."""

    def files(code: str = "WSM", **texts: str) -> Path:
        folder = tmp_path / "countries" / code
        folder.mkdir(parents=True, exist_ok=True)
        if code == "WSM":
            texts = {"country": f"{HEADER}country: {{name: Samoa, currency: WST}}\n", **texts}
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return files


def problems(folder: Path, code: str = "WSM") -> tuple[str, ...]:
    with pytest.raises(ModelError) as error:
        load(code, "programme_2006", folder)
    return error.value.problems


def test_a_new_country_falls_back_by_name(write: Write) -> None:
    samoa = load("WSM", "programme_2006", write(legal=parameters(parameter(dated()))))
    assert (samoa.name, samoa.currency, samoa.parameter(BID_DAYS).value) == ("Samoa", "WST", "20 d")
    assert BID_DAYS not in samoa.fallbacks
    assert {"calendar.holidays", "labour.hourly_wage", "macro.exchange_rate"} <= set(samoa.fallbacks)
    assert country_codes([write(), shipped()]) == sorted([*country_codes([shipped()]), "WSM"])


def test_a_users_folder_overrides_one_number(write: Write) -> None:
    folder = write("BRN", mine=parameters(parameter(dated(21))))
    mine, theirs = load("BRN", "programme_2006", folder), load("BRN")
    assert (mine.parameter(BID_DAYS).value, mine.parameter(BID_DAYS).origin) == ("21 d", "BRN/mine.yaml")
    assert mine.parameters.keys() == theirs.parameters.keys()
    assert {name for name, value in mine.parameters.items() if value != theirs.parameters[name]} == {BID_DAYS}


def test_missing_falls_back_though_the_shipped_pack_has_it(write: Write) -> None:
    folder = write("BRN", mine=f"{HEADER}parameters:\n  {BID_DAYS}: {{missing: repealed}}\n")
    brunei = load("BRN", "programme_2006", folder)
    assert (brunei.parameter(BID_DAYS).value, BID_DAYS in brunei.fallbacks) == ("30 d", True)


def test_a_rule_holds_from_its_date(write: Write) -> None:
    folder = write(
        legal=parameters(parameter(dated(20, "2006-07-01"), dated(40, "2006-07-02"), dated(1, "1990-01-01")))
    )
    assert load("WSM", "programme_2006", folder).parameter(BID_DAYS).value == "20 d"
    assert load("WSM", "latest", folder).parameter(BID_DAYS).value == "40 d"
    later = write(legal=parameters(parameter(dated(20, "2007-01-01"))))
    assert BID_DAYS in load("WSM", "programme_2006", later).fallbacks


@pytest.mark.parametrize(("years", "value"), [((2002, 2011), "2002 d"), ((2001, 2011), None), ((2004, 2008), "2004 d")])
def test_an_observation_serves_the_nearest_year(write: Write, years: tuple[int, int], value: str | None) -> None:
    values = (dated(year, f"{year}-01-01") for year in years)
    samoa = load("WSM", "programme_2006", write(legal=parameters(parameter(*values, kind="observation"))))
    assert samoa.parameter(BID_DAYS).value == (value or "30 d")


READ = {"looked_up": "true", "reference": "[{title: Act 5, locator: page 7}]", "low": "10", "high": "30"}


@pytest.mark.parametrize(
    ("kind", "keys", "grade"),
    [("rule", {}, "J"), ("rule", {"grade": "D"}, "D"), ("rule", READ, "S"), ("assumption", READ, "J")],
)
def test_grade(write: Write, kind: str, keys: dict[str, Any], grade: str) -> None:
    samoa = load("WSM", "programme_2006", write(legal=parameters(parameter(dated(**keys), kind=kind))))
    assert samoa.parameter(BID_DAYS).grade == grade


@pytest.mark.parametrize(
    ("name", "unit", "value", "written"),
    [
        (BID_DAYS, "working-day", 5, "5 wd"),
        ("labour.official_hours_per_week", "hour", 37.5, "37.5 h"),
        ("legal.approval_tier.board_min", "currency-WST", 50000, "50000 WST"),
        ("macro.exchange_rate", "/1", 1.7, 1.7),
        ("legal.tender_board_quorum", "count", 3, 3),
        ("labour.working_days", "weekday-set", "[sun, mon]", ["sun", "mon"]),
    ],
)
def test_values_are_written_as_elsewhere(write: Write, name: str, unit: str, value: object, written: object) -> None:
    samoa = load("WSM", "programme_2006", write(own=parameters(parameter(dated(value), name=name, unit=unit))))
    assert samoa.parameter(name).value == written


def test_holidays_are_added_and_taken_away(write: Write) -> None:
    calendar = "holidays:\n  package: FJ\n  also: {2006-12-06: coup}\n  except: {2006-12-25: worked}\n"
    samoa = load("WSM", "programme_2006", write(calendar=HEADER + calendar))
    december = {day.day for day in samoa.holidays(2006, 2006) if day.month == 12}
    assert (6 in december, 25 in december) == (True, False)
    assert "calendar.holidays" not in samoa.fallbacks


def test_a_profile_of_the_users_own(write: Write) -> None:
    folder = write("default", mine=f"{HEADER}profiles:\n  in_2015: {{instant: 2015-01-01, max_gap_years: 2}}\n")
    assert load("BRN", "in_2015", folder).parameter(BOARD_MIN).value == "500000 BND"


COUNTRIES = [
    ("brn", "Did you mean 'BRN' (Brunei Darussalam)?"),
    ("Brunei", "Did you mean 'BRN' (Brunei Darussalam)?"),
    ("korea", "Did you mean 'KOR' (Republic of Korea)?"),
    ("zzz", "Known: '"),
]


@pytest.mark.parametrize(("asked", "answer"), COUNTRIES)
def test_unknown_country(asked: str, answer: str) -> None:
    with pytest.raises(ModelError, match=re.escape(f"country '{asked}': there is no such country pack. {answer}")):
        load(asked)


def test_an_unlikely_country_is_told_all_that_there_are() -> None:
    with pytest.raises(ModelError, match=re.escape("country 'zzz': there is no such country pack. Known: ")) as error:
        load("zzz")
    assert [code for code in country_codes([shipped()]) if f"'{code}' (" not in str(error.value)] == []


def test_unknown_profile() -> None:
    with pytest.raises(ModelError, match=r"profile 'lastest': there is no such profile. Did you mean 'latest'?"):
        load("KOR", "lastest")


def test_unknown_parameter() -> None:
    with pytest.raises(KeyError, match=r"KOR, latest: no country parameter 'legal.standstil_days'. Did you mean"):
        load("KOR", "latest").parameter("legal.standstil_days")


def test_no_default_pack(write: Write) -> None:
    with pytest.raises(ModelError, match="country 'default': there is no such country pack"):
        load_country("WSM", "latest", [write()])


WEEK = {"name": "labour.working_days", "unit": "weekday-set"}
SITTING = {"name": "legal.tender_board_sitting", "unit": "sitting"}
WAGE = {"name": "labour.midlevel_monthly_wage_usd", "unit": "currency-WST"}
LIMIT = {"name": "legal.threshold.direct", "unit": "day"}
# changed words of the value, changed words of the parameter, what is said after `... values > 2005-03-01`
VALUES: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"colour": "red"}, {}, " > colour: unknown key 'colour'. Known: confidence, grade, high, looked_up, low, note"),
    ({"reference": None}, {}, ": no 'reference'. Say where it comes from: 'reference: [{title: ...}]'"),
    ({"reference": "[]"}, {}, " > reference: [] where entries are expected. Write [{title: ...}]."),
    ({"reference": "[{href: x}]"}, {}, " > reference > 0: no 'title'. Add 'title'."),
    ({"looked_up": "true"}, {}, " > reference: looked up, but it does not say where. Add 'href' or 'locator'."),
    ({"looked_up": "maybe"}, {}, " > looked_up: 'maybe' is not true or false. Say true if you read the source"),
    ({"grade": "S"}, {}, " > grade: graded S (sourced), but not looked up. Look it up, or leave 'grade' out."),
    ({"confidence": "hgh"}, {}, " > confidence: 'hgh' is not one of high, medium, low. Choose one of them."),
    ({"value": None}, {}, ": no 'value'. Add 'value'."),
    ({"value": "14 d"}, {}, " > value: '14 d' is not a number of 0 or more. Write the bare number; its unit stands"),
    ({"value": -1}, {}, " > value: -1 is not a number of 0 or more."),
    ({"value": ".nan"}, {}, " > value: nan is not a number of 0 or more."),
    ({}, {"kind": "assumption"}, ": an assumption without 'low' and 'high'. Say how far the truth may lie from it."),
    ({"low": 1, "high": 9}, {"kind": "assumption"}, ": 20 is outside its own range 1 to 9. Correct one of the three."),
    ({"value": "[tues]"}, WEEK, " > value > 0: 'tues' is not one of mon, tue, wed, thu, fri, sat, sun. Choose one"),
    ({"value": "{weekdays: [mon], hours: [9-12]}"}, SITTING, " > value > hours > 0: '9-12' is not a span. Write '09:"),
]
# whole parameters, and what is said
BLOCKS = [
    (parameter(dated(), unit=None), "line 3, parameters > NAME: no 'unit'. Use one of: day, working-day, hour, /1"),
    (parameter(dated(), unit="days"), "line 6, parameters > NAME > unit: 'days' is not a unit. Use one of: day, work"),
    (parameter(dated(), unit="currency-XXX"), "NAME > unit: 'currency-XXX' is not a unit."),
    (parameter(dated(), unit="hour"), "line 6, parameters > NAME > unit: 'hour' does not fit. Use 'day'."),
    (parameter(dated(), **WAGE), "unit: 'currency-WST' does not fit. Use 'currency-USD'."),
    (parameter(dated(), **LIMIT), "unit: 'day' does not fit. Use 'currency-WST'."),
    (parameter(dated(), kind="law"), "line 5, parameters > NAME > kind: 'law' is not one of rule, observation, assump"),
    (parameter(dated(day="2005")), "line 8, parameters > NAME > values > 2005: '2005' is not a date. Put a date"),
    (parameter(dated(day="1066-10-14")), "1066-10-14: the year 1066 is outside 1900 to 2100. Correct the date."),
    (parameter(dated(day="2005-02-30")), "2005-02-30 is no date or number: day is out of range for month"),
    (parameter(dated(), dated()), "WSM/legal.yaml line 13: '2005-03-01' stands twice in one block. Remove one."),
    (parameter(dated(), dated(day="2005-09-01"), kind="observation"), "values: two observations of one year. Keep one"),
    (parameter(dated(), name="legal.min_bid_days.open_national_"), "so nothing would read it. Did you mean 'NAME'?"),
    ("  NAME: 14\n", "line 3, parameters > NAME: 14 where keys are expected. Keys: label, kind, unit, values."),
    ("  NAME: {label: x, kind: rule, unit: day, values: 14}\n", "values: 14 where entries are expected. Write a date"),
]


@pytest.mark.parametrize(("value", "keys", "line"), VALUES)
def test_a_wrong_value(write: Write, value: dict[str, Any], keys: dict[str, str], line: str) -> None:
    (found,) = problems(write(legal=parameters(parameter(dated(**value), **keys))))
    assert f"parameters > {keys.get('name', BID_DAYS)} > values > 2005-03-01{line}" in found


@pytest.mark.parametrize(("block", "line"), BLOCKS)
def test_a_wrong_parameter(write: Write, block: str, line: str) -> None:
    (found,) = problems(write(legal=parameters(block.replace("NAME", BID_DAYS))))
    assert line.replace("NAME", BID_DAYS) in found


def test_a_share_above_one(write: Write) -> None:
    text = parameters(parameter(dated(55), name="egp.value_share", unit="/1"))
    (line,) = problems(write("default", mine=text), "default")
    assert line.endswith("2005-03-01 > value: a share of 55 where 0.55 is meant. Write 0.55.")


# a whole file, and what is said
FILES = [
    ("parameters: {x: {missing: y}}\n", "WSM/country.yaml: no 'schema'. Begin the file with 'schema: proc"),
    ("schema: procsim-country/9\n", "WSM/country.yaml line 1, schema: 'procsim-country/9' is not a schema known here."),
    (f"{HEADER}parameter: {{}}\n", "line 2, parameter: unknown key 'parameter'. Did you mean 'parameters'?"),
    (HEADER, "countries/WSM: no file has a 'country' block. Write 'country: {name: ..., currency: ...}' in coun"),
    (f"{HEADER}country: {{name: NO}}\n", "line 2, country > name: False is not text. Write words; put quotes round a"),
    (f"{HEADER}country: {{currency: dollar}}\n", "line 2, country > currency: 'dollar' is not a currency code. Write"),
    (f"{HEADER}profiles: {{a: {{instant: today}}}}\n", "profiles > a > instant: 'today' is not a date. Write year-"),
    (f"{HEADER}profiles: {{a: {{max_gap_years: x}}}}\n", "max_gap_years: 'x' is not a number of years. Write a whole"),
    (f"{HEADER}holidays: {{pakage: FJ}}\n", "line 2, holidays > pakage: unknown key 'pakage'. Did you mean 'package'?"),
    (f"{HEADER}holidays: {{also: [x]}}\n", "holidays > also: ['x'] where entries are expected. Write a date and the"),
    (f"{HEADER}parameters: [", "WSM/country.yaml line 2: not YAML"),
]


@pytest.mark.parametrize(("text", "line"), FILES)
def test_a_wrong_file(write: Write, text: str, line: str) -> None:
    assert any(line in found for found in problems(write(country=text)))


def test_two_files_define_one_parameter(write: Write) -> None:
    (line,) = problems(write(**dict.fromkeys(("first", "second"), parameters(parameter(dated())))))
    assert line.endswith(f"line 3, parameters > {BID_DAYS}: already defined in WSM/first.yaml. Remove one of the two.")


@pytest.mark.parametrize("block", ["package: XX", "package: FJ, subdivision: ZZ", "package: FJ, category: zz"])
def test_holidays_unknown_to_the_package(write: Write, block: str) -> None:
    samoa = load("WSM", "latest", write(calendar=f"{HEADER}holidays: {{{block}}}\n"))
    with pytest.raises(ModelError, match=r"WSM/calendar.yaml line 2, holidays: package holidays, .*list days under"):
        samoa.holidays(2006, 2006)


def test_all_problems_of_all_files_at_once(write: Write) -> None:
    bad = parameter(dated(confidence="sure", reference=None, day="2005"))
    assert [line.split(":")[0] for line in problems(write(legal=parameters(bad), labour="parameters: {}\n"))] == [
        "WSM/labour.yaml",
        "WSM/labour.yaml line 1, parameters",
        f"WSM/legal.yaml line 8, parameters > {BID_DAYS} > values > 2005",
        f"WSM/legal.yaml line 8, parameters > {BID_DAYS} > values > 2005",
        f"WSM/legal.yaml line 10, parameters > {BID_DAYS} > values > 2005 > confidence",
    ]


def test_a_state_rests_on_its_country_and_that_on_its_region(write: Write) -> None:
    mean, decision = "supplier.awareness_open", "legal.complaint_decision_days"
    own = parameters(parameter(dated(30)))
    region = f"{HEADER}region: {{name: Isles}}\n"
    write("isles", region=region, legal=parameters(parameter(dated(14), name=decision)))
    write("WSM", country=f"{HEADER}country: {{name: Samoa, currency: WST, within: isles}}\n", legal=own)
    folder = write("WSM-W", country=f"{HEADER}country: {{name: Western, currency: WST, within: WSM}}\n")
    western = load("WSM-W", "programme_2006", folder)
    assert [western.parameter(name).value for name in (BID_DAYS, decision, mean)] == ["30 d", "14 d", 4.8]
    assert western.parameter(decision).origin == "isles/legal.yaml"
    assert {decision, mean} <= set(western.fallbacks)
    assert BID_DAYS not in western.fallbacks
    assert country_codes([folder]) == ["WSM", "WSM-W"]


def test_it_lies_within_what_there_is(write: Write) -> None:
    nowhere = write(country=f"{HEADER}country: {{name: Samoa, currency: WST, within: pacifik}}\n")
    assert problems(nowhere) == (
        "WSM/country.yaml line 2, country > within: there is no pack 'pacifik'. Did you mean 'pacific'?",
    )
    itself = write(country=f"{HEADER}country: {{name: Samoa, currency: WST, within: WSM}}\n")
    assert problems(itself) == (
        "WSM/country.yaml line 2, country > within: 'WSM' lies within itself that way. Name a region or country "
        "further out.",
    )


def test_a_day_off_is_not_taken_away_as_well(write: Write) -> None:
    days = f"{HEADER}holidays:\n  also: {{2006-12-06: mourning}}\n  except: {{2006-12-06: worked}}\n"
    assert problems(write(calendar=days)) == (
        "WSM/calendar.yaml line 4, holidays > except > 2006-12-06: 2006-12-06 stands under 'also' too. Keep one of "
        "the two.",
    )


def test_money_without_a_year(write: Write) -> None:
    text = parameters(parameter("value: 5000\n", name="legal.threshold.direct", unit="currency-WST"))
    said = "'value' is not a date. Put a date such as 2006-01-01 above each value."
    assert any(said in line for line in problems(write(legal=text)))


def test_a_law_speaks_of_its_own_money(write: Write) -> None:
    text = parameters(parameter(dated(5000), name="legal.threshold.direct", unit="currency-USD"))
    assert problems(write(legal=text), "WSM") == (
        "WSM/legal.yaml line 6, parameters > legal.threshold.direct > unit: USD is not the money of the country's law, "
        "WST. Write the amounts in WST, and 'unit: currency-WST'.",
    )
