"""Country packs: dated numbers with their sources, read at one instant, with every fallback named.

A profile fixes the instant, so nothing here depends on today's date. A rule holds from its date, an observation serves
the years around it, an assumption is a prior with a range. What a country does not say comes from the `default` pack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from procsim.procurement.calendars import WEEKDAYS
from procsim.procurement.parameters import CONFIDENCES, GRADES, Parameter, Quantity
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.yamlfile import YamlFile, read_yaml

SCHEMA = "procsim-country/1"
HOURLY_WAGE = "labour.hourly_wage"
MONTHLY_WAGE = "labour.midlevel_monthly_wage_usd"
WEEKLY_HOURS = "labour.official_hours_per_week"
KINDS = ("rule", "observation", "assumption")
SUFFIXES = {"day": "d", "working-day": "wd", "hour": "h", "/1": "", "count": ""}
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


@dataclass(frozen=True)
class Country:
    """A country at one instant: every parameter the simulator may ask for, and which of them are not its own.

    >>> from procsim.procurement.library import shipped
    >>> brunei = load_country("BRN", "programme_2006", [shipped()])
    >>> brunei.parameter("legal.min_bid_days.open_national").value, brunei.weekdays()
    ('14 d', (0, 1, 2, 3, 5))
    """

    code: str
    name: str
    currency: str
    profile: str
    year: int
    parameters: Mapping[str, Parameter]
    fallbacks: tuple[str, ...]
    files: tuple[YamlFile, ...] = field(repr=False)
    days_off: _Spot | None = field(default=None, repr=False)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; KeyError, with the nearest known name, if there is none."""
        if name not in self.parameters:
            known = did_you_mean(name, self.parameters)
            raise KeyError(f"{self.code}, {self.profile}: no country parameter '{name}'. {known}")
        return self.parameters[name]

    def weekdays(self) -> tuple[int, ...]:
        """The days of the working week, 0 for Monday, in ascending order."""
        return tuple(sorted(WEEKDAYS.index(day) for day in self.parameter("labour.working_days").value))

    def holidays(self, first: int, last: int) -> frozenset[date]:
        """The days off of the years *first* to *last*, both included, wherever in the week they fall.

        Raises ModelError if the `holidays` package does not know the country, subdivision or category.
        """
        rule = self.days_off.data if self.days_off else {}
        listed = _package_days(self.days_off, range(first, last + 1)) if self.days_off and "package" in rule else set()
        days = (listed | rule.get("also", {}).keys()) - rule.get("except", {}).keys()
        return frozenset(day for day in days if first <= day.year <= last)


def country_codes(folders: Sequence[Path]) -> list[str]:
    """The codes of all country packs in the *folders*, sorted; each folder holds `countries/CODE/`."""
    packs = [pack for folder in folders for pack in (folder / "countries").glob("*/")]
    return sorted({pack.name for pack in packs if any(pack.glob("*.y*ml"))})


def load_country(code: str, profile: str, folders: Sequence[Path]) -> Country:
    """The country *code* as it stood at the instant of *profile*; name by name, the first of the *folders* wins.

    Raises ModelError with everything wrong in the files of the country and of the default pack at once.
    """
    problems = Problems()
    packs = [_read_pack(name, folders, problems) for name in _chain(code, folders)]
    _check_pack(code, packs[0], packs[-1], problems)
    problems.raise_if_any()
    chosen = _profile(profile, packs)
    parameters, own = _parameters(packs, chosen)
    absent = {"calendar.holidays"} if ("holidays",) not in packs[0] else set()
    return Country(
        code=code,
        **packs[0]["country",].data,
        profile=profile,
        year=chosen["instant"].year,
        parameters=parameters,
        fallbacks=tuple(sorted(parameters.keys() - own | absent)),
        files=tuple({spot.file.path: spot.file for pack in packs for spot in pack.values()}.values()),
        days_off=next((pack["holidays",] for pack in packs if ("holidays",) in pack), None),
    )


@dataclass(frozen=True)
class _Spot:
    """A piece of a file, where it stands, and the list to which it adds what is wrong with it."""

    file: YamlFile
    path: tuple[Any, ...]
    data: Any
    problems: Problems = field(repr=False, compare=False)

    @property
    def origin(self) -> str:
        return f"{self.file.path.parent.name}/{self.file.path.name}"

    @property
    def place(self) -> str:
        return f"{self.file.path.parent.name}/{self.file.place(*self.path)}"

    def child(self, key: Any) -> _Spot:
        return _Spot(self.file, (*self.path, key), self.data[key], self.problems)

    def get(self, key: str) -> Any:
        return self.data.get(key) if isinstance(self.data, dict) else None

    def wrong(self, what: str, remedy: str) -> None:
        self.problems.add(self.place, what, remedy)


_Pack = dict[tuple[Any, ...], _Spot]  # ("country",), ("holidays",), ("profiles", name) and ("parameters", name)
_Check = Callable[[_Spot], None]


def _chain(code: str, folders: Sequence[Path]) -> list[str]:
    """Whose word counts, in order. A region would stand between the country and the default."""
    chain = list(dict.fromkeys([code, "default"]))
    for name in (name for name in chain if name not in country_codes(folders)):
        raise ModelError([f"country '{name}': there is no such country pack. {_nearest_country(name, folders)}"])
    return chain


def _nearest_country(word: str, folders: Sequence[Path]) -> str:
    known = {}
    for code in country_codes(folders):
        header = _read_pack(code, folders, Problems()).get(("country",))
        name = str(header.get("name")) if header else ""
        words = (code, name, *(part for part in name.split() if len(part) > 3))
        known.update({text.lower(): f"'{code}' ({name})" for text in words})
    near = get_close_matches(word.lower(), known, n=1)
    return f"Did you mean {known[near[0]]}?" if near else f"Known: {', '.join(sorted(set(known.values())))}."


def _read_pack(code: str, folders: Sequence[Path], problems: Problems) -> _Pack:
    pack: _Pack = {}
    for folder in dict.fromkeys(folders):
        layer: _Pack = {}
        for path in sorted((folder / "countries" / code).glob("*.y*ml")):
            for spot in _read_file(path, problems):
                if (first := layer.setdefault(spot.path, spot)) is not spot:
                    spot.wrong(f"already defined in {first.origin}", "Remove one of the two.")
        pack = {**layer, **pack}
    return pack


def _read_file(path: Path, problems: Problems) -> Iterator[_Spot]:
    try:
        root = _Spot(file := read_yaml(path), (), file.data, problems)
    except ModelError as error:
        problems.lines += [f"{path.parent.name}/{line}" for line in error.problems]
    else:
        _FILE(root)
        yield from (root.child(name) for name in ("country", "holidays") if name in root.data)
        for block in (root.child(name) for name in ("profiles", "parameters") if isinstance(root.get(name), dict)):
            yield from (block.child(name) for name in block.data)


def _profile(name: str, packs: Sequence[_Pack]) -> dict[str, Any]:
    profiles = (item for pack in reversed(packs) for item in pack.items() if item[0][0] == "profiles")
    known: dict[str, dict[str, Any]] = {path[1]: spot.data for path, spot in profiles}
    if name not in known:
        raise ModelError([f"profile '{name}': there is no such profile. {did_you_mean(name, known)}"])
    return known[name]


def _parameters(packs: Sequence[_Pack], profile: dict[str, Any]) -> tuple[dict[str, Parameter], set[str]]:
    """Every parameter, and the names of those that are the country's own."""
    layers = [dict(_in_force(pack, profile)) for pack in packs]
    own = layers[0]
    known = {name: parameter for layer in reversed(layers) for name, parameter in layer.items()}
    if MONTHLY_WAGE in own and HOURLY_WAGE not in own:
        own[HOURLY_WAGE] = known[HOURLY_WAGE] = _hourly_wage(own[MONTHLY_WAGE], known[WEEKLY_HOURS])
    return known, set(own)


def _in_force(pack: _Pack, profile: dict[str, Any]) -> Iterator[tuple[str, Parameter]]:
    for path, spot in pack.items():
        if path[0] == "parameters" and (day := _date(spot.data, **profile)):
            yield path[1], _parameter_at(spot, day)


def _date(declared: dict[str, Any], instant: date, max_gap_years: int) -> date | None:
    days = declared.get("values", ())
    if declared.get("kind") != "observation":
        return max((day for day in days if day <= instant), default=None)
    near = [day for day in days if abs(day.year - instant.year) <= max_gap_years]  # a tie: the earlier was known
    return min(near, key=lambda day: (abs(day.year - instant.year), day), default=None)


def _parameter_at(spot: _Spot, day: date) -> Parameter:
    value, kind, unit = spot.data["values"][day], spot.data["kind"], spot.data["unit"]
    suffix = SUFFIXES.get(unit, unit.partition("currency-")[2])
    span = f"plausible range {value['low']} to {value['high']}" if {"low", "high"} <= value.keys() else ""
    return Parameter(
        value=f"{value['value']} {suffix}" if suffix else value["value"],
        source=f"{'; '.join(source['title'] for source in value['reference'])} ({day.year})",
        grade=value.get("grade") or ("S" if value["looked_up"] and kind != "assumption" else "J"),
        confidence=value["confidence"],
        year=day.year,
        kind=kind,
        origin=spot.origin,
        note="; ".join(part for part in (value.get("note"), span) if part),
    )


def _hourly_wage(monthly: Parameter, weekly: Parameter) -> Parameter:
    wage = Quantity.parse(monthly.value).amount * 12 / (52 * Quantity.parse(weekly.value).amount)
    return replace(
        monthly,
        value=f"{round(float(wage), 4)} USD",
        source=f"{monthly.source}; {weekly.source}",
        grade="D",
        confidence=max(monthly.confidence, weekly.confidence, key=CONFIDENCES.index),
        note=f"12 x {monthly.value} / (52 x {weekly.value})",
    )


def _package_days(rule: _Spot, years: Iterable[int]) -> set[date]:
    import holidays  # slow to import, and a country without a package does not need it

    try:
        package, subdivision, category = (rule.get(key) for key in ("package", "subdivision", "category"))
        return set(holidays.country_holidays(package, subdivision, years, categories=category))
    except (NotImplementedError, ValueError) as error:
        raise ModelError([f"{rule.place}: package holidays, {error}. Correct it, or list days under 'also'."]) from None


def _check_pack(code: str, own: _Pack, default: _Pack, problems: Problems) -> None:
    """The header is there, and each parameter is one that the default pack knows, in a unit that fits."""
    if ("country",) not in own:
        problems.add(f"countries/{code}", "no file has a 'country' block", REMEDIES["country"])
    known = {path[1]: spot for path, spot in default.items() if path[0] == "parameters"}
    for name, spot in ((path[1], spot) for path, spot in own.items() if path[0] == "parameters"):
        if name not in known:
            spot.wrong("the default pack has no such parameter, so nothing would read it", did_you_mean(name, known))
        elif spot.get("unit") and known[name].get("unit") and _dimension(spot) != _dimension(known[name]):
            spot.child("unit").wrong(f"{spot.get('unit')!r} does not fit", f"Use {known[name].get('unit')!r}.")


def _dimension(parameter: _Spot) -> str:
    """Units that can stand for one another: days and working days; the currencies, unless the name asks for USD."""
    unit = str(parameter.get("unit")).removeprefix("working-")
    usd = parameter.path[-1].endswith(("_usd", "hourly_wage"))
    return "currency" if unit.startswith("currency-") and not usd else unit


@dataclass(frozen=True)
class _Form:
    """A block of known keys, each with its check."""

    required: Mapping[str, _Check]
    optional: Mapping[str, _Check] = field(default_factory=dict)

    def __call__(self, spot: _Spot) -> None:
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


def _must(fits: Callable[[Any], object], what: str, remedy: str) -> _Check:
    return lambda spot: None if fits(spot.data) else spot.wrong(f"{spot.data!r} is not {what}", remedy)


def _one_of(known: Sequence[str]) -> _Check:
    return _must(lambda data: data in known, f"one of {', '.join(known)}", "Choose one of them.")


def _each(form: type[dict[Any, Any] | list[Any]], example: str, *checks: _Check) -> _Check:
    """A list or a mapping with at least one entry, every one of them checked."""

    def every(spot: _Spot) -> None:
        if not isinstance(spot.data, form) or not spot.data:
            return spot.wrong(f"{spot.data!r} where entries are expected", f"Write {example}.")
        for key in spot.data if form is dict else range(len(spot.data)):
            for check in checks:
                check(spot.child(key))

    return every


def _day(spot: _Spot) -> None:
    day = spot.path[-1]
    if type(day) is not date:  # not isinstance: a datetime is a date too, and does not compare with one
        spot.wrong(f"'{day}' is not a date", "Put a date such as 2006-01-01 above each value.")
    elif not 1900 <= day.year <= 2100:
        spot.wrong(f"the year {day.year} is outside 1900 to 2100", "Correct the date.")


def _honest(spot: _Spot) -> None:
    sources = spot.get("reference") if isinstance(spot.get("reference"), list) else []
    found = any("href" in source or "locator" in source for source in sources if isinstance(source, dict))
    if spot.get("looked_up") is True and sources and not found:
        spot.child("reference").wrong("looked up, but it does not say where", "Add 'href' or 'locator'.")
    if spot.get("looked_up") is False and spot.get("grade") == "S":
        spot.child("grade").wrong("graded S (sourced), but not looked up", "Look it up, or leave 'grade' out.")


def _parameter(spot: _Spot) -> None:
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


def _amount(parameter: _Spot, spot: _Spot) -> None:
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


_TEXT = _must(lambda data: isinstance(data, str) and data.strip(), "text", "Write words; put quotes round a bare NO.")
_TRUTH = _must(lambda data: isinstance(data, bool), "true or false", REMEDIES["looked_up"])
_NUMBER = _must(_is_number, "a number of 0 or more", "Write the bare number; its unit stands under 'unit'.")
_YEARS = _must(lambda data: type(data) is int and data >= 0, "a number of years", "Write a whole one, such as 4.")
_DATE = _must(lambda data: type(data) is date, "a date", "Write year-month-day, such as 2006-07-01.")
_CURRENCY = _must(lambda data: re.fullmatch("[A-Z]{3}", str(data)), "a currency code", "Write three capitals: USD.")
_MONEY = "currency-(?!XXX)[A-Z]{3}"
_UNIT = _must(lambda data: data in UNITS[:-1] or re.fullmatch(_MONEY, str(data)), "a unit", REMEDIES["unit"])
_SPAN = _must(lambda data: re.fullmatch(SPAN, str(data)) and data[:5] < data[6:], "a span", "Write '09:00-12:00'.")
_WEEKDAY_SET = _each(list, "[mon, tue]", _one_of(WEEKDAYS))
_HOURS = _each(list, '["09:00-12:00"]', _SPAN)
_SITTING = _Form({"weekdays": _WEEKDAY_SET, "hours": _HOURS}, {"on_holiday": _one_of(("skip", "next_working_day"))})
_AMOUNTS: dict[str, _Check] = {"text": _TEXT, "weekday-set": _WEEKDAY_SET, "sitting": _SITTING}
_REFERENCES = _each(list, "[{title: ...}]", _Form({"title": _TEXT}, {"href": _TEXT, "locator": _TEXT}))
_VALUE = _Form(
    {"value": lambda spot: None, "confidence": _one_of(CONFIDENCES), "looked_up": _TRUTH, "reference": _REFERENCES},
    {"note": _TEXT, "grade": _one_of(tuple(GRADES)), "low": _NUMBER, "high": _NUMBER},
)
_DECLARED: dict[str, _Check] = {"label": _TEXT, "kind": _one_of(KINDS), "unit": _UNIT}
_PARAMETER = _Form({**_DECLARED, "values": _each(dict, "a date and its value", _day, _VALUE, _honest)})
_DATED = dict.fromkeys(("also", "except"), _each(dict, "a date and the reason", _day, _TEXT))
_FILE = _Form(
    {"schema": _must(lambda data: data == SCHEMA, "a schema known here", REMEDIES["schema"])},
    {
        "country": _Form({"name": _TEXT, "currency": _CURRENCY}),
        "profiles": _each(dict, "a profile", _Form({"instant": _DATE, "max_gap_years": _YEARS})),
        "holidays": _Form({}, dict.fromkeys(("package", "subdivision", "category"), _TEXT) | _DATED),
        "parameters": _each(dict, "a parameter", _parameter),
    },
)
