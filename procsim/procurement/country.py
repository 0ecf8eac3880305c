"""Country packs: dated numbers with their sources, read at one instant, with every fallback named.

A profile fixes the instant, so nothing here depends on today's date. A rule holds from its date, an observation serves
the years around it, an assumption is a prior with a range. What a country does not say comes from the `default` pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from procsim.procurement.calendars import WEEKDAYS
from procsim.procurement.packform import SUFFIXES, Spot
from procsim.procurement.packs import Pack, label_of, read_packs
from procsim.procurement.parameters import CONFIDENCES, Parameter, Quantity
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.yamlfile import YamlFile

EXCHANGE_RATE = "macro.exchange_rate"
CALLS_PER_BID = "help_desk.calls_per_bid"
WORKING_DAYS = "labour.working_days"
HOLIDAYS = "calendar.holidays"  # no parameter, but a country may lack it as it may lack one
ALWAYS_READ = (WORKING_DAYS, HOLIDAYS, EXCHANGE_RATE)  # by calendars and costs, so no workflow file names them
HOURLY_WAGE = "labour.hourly_wage"
MONTHLY_WAGE = "labour.midlevel_monthly_wage_usd"
WEEKLY_HOURS = "labour.official_hours_per_week"


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
    within: str | None
    profile: str
    year: int
    parameters: Mapping[str, Parameter]
    fallbacks: tuple[str, ...]
    files: tuple[YamlFile, ...] = field(repr=False)
    days_off: Spot | None = field(default=None, repr=False)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; KeyError, with the nearest known name, if there is none."""
        if name not in self.parameters:
            known = did_you_mean(name, self.parameters)
            raise KeyError(f"{self.code}, {self.profile}: no country parameter '{name}'. {known}")
        return self.parameters[name]

    def weekdays(self) -> tuple[int, ...]:
        """The days of the working week, 0 for Monday, in ascending order."""
        return tuple(sorted(WEEKDAYS.index(day) for day in self.parameter(WORKING_DAYS).value))

    def holidays(self, first: int, last: int) -> frozenset[date]:
        """The days off of the years *first* to *last*, both included, wherever in the week they fall.

        Raises ModelError if the `holidays` package does not know the country, subdivision or category.
        """
        return frozenset(self.named_holidays(first, last))

    def named_holidays(self, first: int, last: int) -> dict[date, str]:
        """The same days off in order, each with its name, or with the reason that the pack gives."""
        rule = self.days_off.data if self.days_off else {}
        listed = _package_days(self.days_off, range(first, last + 1)) if self.days_off and "package" in rule else {}
        days = {**listed, **rule.get("also", {})}
        return {day: days[day] for day in sorted(days.keys() - rule.get("except", {})) if first <= day.year <= last}


def load_country(code: str, profile: str, folders: Sequence[Path]) -> Country:
    """The country *code* as it stood at the instant of *profile*; name by name, the first of the *folders* wins.

    Raises ModelError with everything wrong in the files of the country and of the default pack at once.
    """
    problems = Problems()
    packs = read_packs(code, folders, problems)
    problems.raise_if_any()
    return country_of(code, profile, packs)


def country_of(code: str, profile: str, packs: Sequence[Pack]) -> Country:
    """The country *code* at the instant of *profile*, from its packs as `read_packs` gives them."""
    chosen = profile_of(profile, packs)
    own_packs = own(packs)
    parameters, theirs = _parameters(packs, len(own_packs), chosen)
    absent = set() if any(("holidays",) in pack for pack in own_packs) else {HOLIDAYS}
    head = packs[0]["country",].data
    return Country(
        code=code,
        name=head["name"],
        currency=head["currency"],
        within=head.get("within"),
        profile=profile,
        year=chosen["instant"].year,
        parameters=parameters,
        fallbacks=tuple(sorted(parameters.keys() - theirs | absent)),
        files=tuple({spot.file.path: spot.file for pack in packs for spot in pack.values()}.values()),
        days_off=next((pack["holidays",] for pack in packs if ("holidays",) in pack), None),
    )


def profile_of(name: str, packs: Sequence[Pack]) -> dict[str, Any]:
    """The instant and the patience of a profile. Raises ModelError if there is no such profile."""
    profiles = (item for pack in reversed(packs) for item in pack.items() if item[0][0] == "profiles")
    known: dict[str, dict[str, Any]] = {path[1]: spot.data for path, spot in profiles}
    if name not in known:
        raise ModelError([f"profile '{name}': there is no such profile. {did_you_mean(name, known)}"])
    return known[name]


def own(packs: Sequence[Pack]) -> Sequence[Pack]:
    """Those that speak for the country itself: its own pack and, if it is a state, that of the country."""
    return [*takewhile(lambda pack: ("country",) in pack, packs[:-1])] or packs[:1]


def _parameters(packs: Sequence[Pack], own: int, profile: dict[str, Any]) -> tuple[dict[str, Parameter], set[str]]:
    """Every parameter, and the names of those that the first packs, the country's own, give."""
    layers = [
        {name: replace(each, label=label_of(name, packs)) for name, each in _in_force(pack, profile)} for pack in packs
    ]
    theirs = _together(layers[:own])
    known = _together(layers)
    if MONTHLY_WAGE in theirs and HOURLY_WAGE not in theirs:
        theirs[HOURLY_WAGE] = known[HOURLY_WAGE] = hourly_wage(theirs[MONTHLY_WAGE], known[WEEKLY_HOURS])
    return known, set(theirs)


def _together(layers: Sequence[dict[str, Parameter]]) -> dict[str, Parameter]:
    return {name: parameter for layer in reversed(layers) for name, parameter in layer.items()}


def _in_force(pack: Pack, profile: dict[str, Any]) -> Iterator[tuple[str, Parameter]]:
    for path, spot in pack.items():
        if path[0] == "parameters" and (day := date_in_force(spot.data, **profile)):
            yield path[1], _parameter_at(spot, day)


def date_in_force(declared: dict[str, Any], instant: date, max_gap_years: int) -> date | None:
    """The date of the value that counts at an instant; None if there is none."""
    days = declared.get("values", ())
    if declared.get("kind") != "observation":
        return max((day for day in days if day <= instant), default=None)
    near = [day for day in days if abs(day.year - instant.year) <= max_gap_years]  # a tie: the earlier was known
    return min(near, key=lambda day: (abs(day.year - instant.year), day), default=None)


def _parameter_at(spot: Spot, day: date) -> Parameter:
    value, kind, unit = spot.data["values"][day], spot.data["kind"], spot.data["unit"]
    suffix = SUFFIXES.get(unit, unit.partition("currency-")[2])
    span = f"plausible range {value['low']} to {value['high']}" if {"low", "high"} <= value.keys() else ""
    amounts: dict[str, Any] = {
        key: f"{value[key]} {suffix}" if suffix else value[key] for key in ("value", "low", "high") if key in value
    }
    return Parameter(
        **amounts,
        source=f"{'; '.join(source['title'] for source in value['reference'])} ({day.year})",
        grade=value.get("grade") or ("S" if value["looked_up"] and kind != "assumption" else "J"),
        confidence=value["confidence"],
        year=day.year,
        kind=kind,
        origin=spot.origin,
        note="; ".join(part for part in (value.get("note"), span) if part),
        name=spot.path[-1],
        label=spot.data["label"],
    )


def hourly_wage(monthly: Parameter, weekly: Parameter) -> Parameter:
    """The cost of an hour, derived: twelve monthly wages by 52 weeks of official hours."""

    def hourly(wage: Any) -> str | None:
        if wage is None:
            return None
        return f"{round(float(Quantity.parse(wage).amount * 12 / (52 * Quantity.parse(weekly.value).amount)), 4)} USD"

    return replace(
        monthly,
        value=hourly(monthly.value),
        low=hourly(monthly.low),
        high=hourly(monthly.high),
        name=HOURLY_WAGE,
        label=f"{monthly.label}, by the hour",
        source=f"{monthly.source}; {weekly.source}",
        grade="D",
        confidence=max(monthly.confidence, weekly.confidence, key=CONFIDENCES.index),
        note=f"12 x {monthly.value} / (52 x {weekly.value})",
    )


def _package_days(rule: Spot, years: Iterable[int]) -> dict[date, str]:
    import holidays  # slow to import, and a country without a package does not need it

    try:
        package, subdivision, category = (rule.get(key) for key in ("package", "subdivision", "category"))
        return dict(holidays.country_holidays(package, subdivision, years, language="en_US", categories=category))
    except (NotImplementedError, ValueError) as error:
        raise ModelError([f"{rule.place}: package holidays, {error}. Correct it, or list days under 'also'."]) from None
