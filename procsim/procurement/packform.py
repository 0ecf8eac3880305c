"""The form of a country file: which keys and values it may have; everything wrong is said at once, where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from procsim.procurement.calendars import WEEKDAYS
from procsim.procurement.parameters import CONFIDENCES, GRADES
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.yamlfile import YamlFile

SCHEMA = "procsim-country/1"
KINDS = ("rule", "observation", "assumption")
SUFFIXES = {"day": "d", "working-day": "wd", "hour": "h", "/1": "", "count": "", "year": ""}
UNITS = (*SUFFIXES, "text", "weekday-set", "sitting", "currency-XXX")
SPAN = "([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]"
REMEDIES = {
    "schema": f"Begin the file with 'schema: {SCHEMA}'.",
    "country": "Write 'country: {name: ..., currency: ...}' in country.yaml.",
    "unit": f"Use one of: {', '.join(UNITS)}.",
    "kind": f"Add one of: {', '.join(KINDS)}.",
    "values": "Add dated values, or 'missing' with the reason.",
    "confidence": f"Add one of: {', '.join(CONFIDENCES)}.",
    "looked_up": "Say true if you read the source yourself, false if not.",
    "reference": "Say where it comes from: 'reference: [{title: ...}]'; for a guess, who guessed.",
}


def is_unit(data: object) -> bool:
    """Whether it is one of UNITS, XXX being any currency.

    >>> is_unit("currency-WST"), is_unit("currency-XXX"), is_unit("days")
    (True, False, False)
    """
    return data in UNITS[:-1] or bool(re.fullmatch("currency-(?!XXX)[A-Z]{3}", str(data)))


@dataclass(frozen=True)
class Spot:
    """A piece of a file, where it stands, and the list to which it adds what is wrong with it."""

    file: YamlFile
    path: tuple[Any, ...]
    data: Any
    problems: Problems = field(repr=False, compare=False)

    @property
    def origin(self) -> str:
        """The pack and the file."""
        return f"{self.file.path.parent.name}/{self.file.path.name}"

    @property
    def place(self) -> str:
        """Where it stands, for an error."""
        return f"{self.file.path.parent.name}/{self.file.place(*self.path)}"

    def child(self, key: Any) -> Spot:
        """What stands under a key."""
        return Spot(self.file, (*self.path, key), self.data[key], self.problems)

    def get(self, key: str) -> Any:
        """The data under a key; None where there is none, or where nothing has keys."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    def wrong(self, what: str, remedy: str) -> None:
        """Note that something is wrong here, and what to do."""
        self.problems.add(self.place, what, remedy)


Check = Callable[[Spot], None]


@dataclass(frozen=True)
class _Form:
    """A block of known keys, each with its check."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)

    def __call__(self, spot: Spot) -> None:
        checks = {**self.required, **self.optional}
        if not isinstance(spot.data, dict):
            return spot.wrong(f"{spot.data!r} where keys are expected", f"Keys: {', '.join(checks)}.")
        for key in (key for key in self.required if key not in spot.data):
            spot.wrong(f"no '{key}'", REMEDIES.get(key, f"Add '{key}'."))
        for key in spot.data:
            if key in checks:
                checks[key](spot.child(key))
            else:
                spot.child(key).wrong(f"unknown key '{key}'", did_you_mean(key, checks))


def _must(fits: Callable[[Any], object], what: str, remedy: str) -> Check:
    return lambda spot: None if fits(spot.data) else spot.wrong(f"{spot.data!r} is not {what}", remedy)


def _one_of(known: Sequence[str]) -> Check:
    return _must(lambda data: data in known, f"one of {', '.join(known)}", "Choose one of them.")


def _each(form: type[dict[Any, Any] | list[Any]], example: str, *checks: Check) -> Check:
    """A list or a mapping with at least one entry, every one of them checked."""

    def every(spot: Spot) -> None:
        if not isinstance(spot.data, form) or not spot.data:
            return spot.wrong(f"{spot.data!r} where entries are expected", f"Write {example}.")
        for key in spot.data if form is dict else range(len(spot.data)):
            for check in checks:
                check(spot.child(key))

    return every


def _day(spot: Spot) -> None:
    day = spot.path[-1]
    if type(day) is not date:  # not isinstance: a datetime is a date too, and does not compare with one
        spot.wrong(f"'{day}' is not a date", "Put a date such as 2006-01-01 above each value.")
    elif not 1900 <= day.year <= 2100:
        spot.wrong(f"the year {day.year} is outside 1900 to 2100", "Correct the date.")


def _honest(spot: Spot) -> None:
    sources = spot.get("reference") if isinstance(spot.get("reference"), list) else []
    found = any("href" in source or "locator" in source for source in sources if isinstance(source, dict))
    if spot.get("looked_up") is True and sources and not found:
        spot.child("reference").wrong("looked up, but it does not say where", "Add 'href' or 'locator'.")
    if spot.get("looked_up") is False and spot.get("grade") == "S":
        spot.child("grade").wrong("graded S (sourced), but not looked up", "Look it up, or leave 'grade' out.")


def _parameter(spot: Spot) -> None:
    """A declared parameter: its form, and then what depends on its kind and unit together."""
    if isinstance(spot.data, dict) and "missing" in spot.data:
        return _Form({"missing": _TEXT}, _DECLARED)(spot)
    _PARAMETER(spot)
    values = spot.get("values") if isinstance(spot.get("values"), dict) else {}
    for day in values:
        _amount(spot, spot.child("values").child(day))
    years = [day.year for day in values if isinstance(day, date)]
    if spot.get("kind") == "observation" and len(years) > len(set(years)):
        spot.child("values").wrong("two observations of one year", "Keep one of them.")


def _amount(parameter: Spot, spot: Spot) -> None:
    unit, value, low, high = parameter.get("unit"), spot.get("value"), spot.get("low"), spot.get("high")
    check = _AMOUNTS.get(str(unit), _NUMBER)
    if isinstance(spot.data, dict) and "value" in spot.data:
        check(spot.child("value"))
    if check is not _NUMBER or not _is_number(value):
        return
    if unit == "/1" and str(parameter.path[-1]).endswith("_share") and value > 1:
        spot.child("value").wrong(f"a share of {value} where {value / 100:g} is meant", f"Write {value / 100:g}.")
    if parameter.get("kind") == "assumption" and None in (low, high):
        spot.wrong("an assumption without 'low' and 'high'", "Say how far the truth may lie from it.")
    elif _is_number(low) and _is_number(high) and not low <= value <= high:
        spot.wrong(f"{value} is outside its own range {low} to {high}", "Correct one of the three.")


def _is_number(data: Any) -> bool:
    return isinstance(data, (int, float)) and not isinstance(data, bool) and math.isfinite(data) and data >= 0


def _holidays(spot: Spot) -> None:
    """The form of the days off, and no day both added and taken away."""
    _HOLIDAYS(spot)
    also, less = (spot.get(key) if isinstance(spot.get(key), dict) else {} for key in _DATED)
    for day in also.keys() & less.keys():
        spot.child("except").child(day).wrong(f"{day} stands under 'also' too", "Keep one of the two.")


_TEXT = _must(lambda data: isinstance(data, str) and data.strip(), "text", "Write words; put quotes round a bare NO.")
_TRUTH = _must(lambda data: isinstance(data, bool), "true or false", REMEDIES["looked_up"])
_NUMBER = _must(_is_number, "a number of 0 or more", "Write the bare number; its unit stands under 'unit'.")
_YEARS = _must(lambda data: type(data) is int and data >= 0, "a number of years", "Write a whole one, such as 4.")
_DATE = _must(lambda data: type(data) is date, "a date", "Write year-month-day, such as 2006-07-01.")
_CURRENCY = _must(lambda data: re.fullmatch("[A-Z]{3}", str(data)), "a currency code", "Write three capitals: USD.")
_UNIT = _must(is_unit, "a unit", REMEDIES["unit"])
_SPAN = _must(lambda data: re.fullmatch(SPAN, str(data)) and data[:5] < data[6:], "a span", "Write '09:00-12:00'.")
_WEEKDAY_SET = _each(list, "[mon, tue]", _one_of(WEEKDAYS))
_HOURS = _each(list, '["09:00-12:00"]', _SPAN)
_SITTING = _Form({"weekdays": _WEEKDAY_SET, "hours": _HOURS}, {"on_holiday": _one_of(("skip", "next_working_day"))})
_AMOUNTS: dict[str, Check] = {"text": _TEXT, "weekday-set": _WEEKDAY_SET, "sitting": _SITTING}
_REFERENCES = _each(list, "[{title: ...}]", _Form({"title": _TEXT}, {"href": _TEXT, "locator": _TEXT}))
_VALUE = _Form(
    {"value": lambda spot: None, "confidence": _one_of(CONFIDENCES), "looked_up": _TRUTH, "reference": _REFERENCES},
    {"note": _TEXT, "grade": _one_of(tuple(GRADES)), "low": _NUMBER, "high": _NUMBER},
)
_DECLARED: dict[str, Check] = {"label": _TEXT, "kind": _one_of(KINDS), "unit": _UNIT}
_PARAMETER = _Form({**_DECLARED, "values": _each(dict, "a date and its value", _day, _VALUE, _honest)})
_DATED = dict.fromkeys(("also", "except"), _each(dict, "a date and the reason", _day, _TEXT))
_HOLIDAYS = _Form({}, dict.fromkeys(("package", "subdivision", "category"), _TEXT) | _DATED)
FILE: Check = _Form(
    {"schema": _must(lambda data: data == SCHEMA, "a schema known here", REMEDIES["schema"])},
    {
        "country": _Form({"name": _TEXT, "currency": _CURRENCY}, {"within": _TEXT}),
        "region": _Form({"name": _TEXT}, {"within": _TEXT}),
        "profiles": _each(dict, "a profile", _Form({"instant": _DATE, "max_gap_years": _YEARS})),
        "holidays": _holidays,
        "parameters": _each(dict, "a parameter", _parameter),
    },
)
