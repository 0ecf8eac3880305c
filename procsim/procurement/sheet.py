"""What is known of a country at one instant: each number with its papers, whose word it is, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from procsim.procurement.country import (
    HOURLY_WAGE,
    MONTHLY_WAGE,
    WEEKLY_HOURS,
    Country,
    country_of,
    date_in_force,
    own,
    profile_of,
)
from procsim.procurement.packform import Spot
from procsim.procurement.packs import DEFAULT, Pack, country_codes, header, label_of, read_packs
from procsim.procurement.parameters import Parameter, Quantity
from procsim.procurement.problems import Problems

Owner = Literal["own", "region", "default", "missing"]
OWNERS: tuple[Owner, ...] = ("own", "region", "default", "missing")
BLOCKS = ("legal", "labour", "volume", "competition", "supplier", "payment", "adoption", "outage")  # first, in order
SILENT = "its pack does not say"


@dataclass(frozen=True)
class Entry:
    """One number of a country: its value with its papers, or why there is none.

    `owner` says whose word it is; `reason` why the country itself gives none (empty where it does); `references` hold
    title and, where known, href and locator; `low` and `high` bound it in its own unit; `note` is the pack's;
    `simulated` is whether any simulation may ask for it, rather than that it only describes the country.
    """

    name: str
    label: str
    unit: str
    owner: Owner
    parameter: Parameter | None = None
    since: date | None = None
    references: tuple[Mapping[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    note: str = ""
    reason: str = ""
    simulated: bool = True

    @property
    def block(self) -> str:
        """The first word of the name: legal, labour, volume, ..."""
        return self.name.partition(".")[0]

    @property
    def amount(self) -> float | None:
        """The bare number in its own unit; None for words, weekdays and sittings, and where there is no value."""
        try:
            return float(Quantity.parse(self.parameter.value).amount) if self.parameter else None
        except ValueError:
            return None


@dataclass(frozen=True)
class CalendarYear:
    """The days of one year: `weekdays` worked (0 for Monday), all `holidays` with names, and whose word these are."""

    year: int
    weekdays: tuple[int, ...]
    holidays: Mapping[date, str]
    owner: Owner

    @property
    def on_working_days(self) -> dict[date, str]:
        """The holidays that fall on days of the working week."""
        return {day: name for day, name in self.holidays.items() if day.weekday() in self.weekdays}

    @property
    def working_days(self) -> int:
        """The days of the year on which the country works.

        >>> CalendarYear(2006, (0, 1, 2, 3, 4), {date(2006, 12, 25): "Christmas Day"}, "own").working_days
        259
        """
        first, last = date(self.year, 1, 1), date(self.year, 12, 31)
        days = (first + timedelta(days=day) for day in range((last - first).days + 1))
        return sum(day.weekday() in self.weekdays and day not in self.holidays for day in days)


@dataclass(frozen=True)
class Sheet:
    """Everything known of a country at one instant.

    `within` are the names of what it lies within, nearest first; `regions` those of them that are no country.
    """

    country: Country
    within: tuple[str, ...]
    regions: tuple[str, ...]
    entries: Mapping[str, Entry] = field(repr=False)
    calendar: CalendarYear

    @property
    def is_state(self) -> bool:
        """Whether it lies within a country rather than being one."""
        return self.within != self.regions

    def counts(self) -> dict[Owner, int]:
        """How many numbers are its own, its region's, the default's, and missing."""
        found = Counter(entry.owner for entry in self.entries.values())
        return {owner: found[owner] for owner in OWNERS}


def read_sheets(code: str, profiles: Sequence[str], folders: Sequence[Path]) -> list[Sheet]:
    """What is known of the country *code* in each of the *profiles*, its packs read once.

    Raises ModelError as `load_country` does.

    >>> from procsim.procurement.library import shipped
    >>> (brunei,) = read_sheets("BRN", ["programme_2006"], [shipped()])
    >>> brunei.entries["legal.tender_board_quorum"].owner, brunei.calendar.working_days
    ('own', 246)
    """
    problems = Problems()
    packs = read_packs(code, folders, problems)
    problems.raise_if_any()
    return [_sheet(code, profile, packs) for profile in profiles]


def read_peers(sheets: Sequence[Sheet], folders: Sequence[Path]) -> list[list[Sheet]]:
    """For each sheet of a country, all other countries at that instant: no states, nor what the country lies within."""
    land, profiles = sheets[0].country, [sheet.country.profile for sheet in sheets]
    codes = (code for code in country_codes(folders) if code not in (DEFAULT, land.code, land.within))
    found = [read_sheets(code, profiles, folders) for code in codes]
    peers = [each for each in found if not each[0].is_state]
    return [[each[index] for each in peers] for index in range(len(sheets))]


def _sheet(code: str, profile: str, packs: Sequence[Pack]) -> Sheet:
    country, instant = country_of(code, profile, packs), profile_of(profile, packs)
    names = dict.fromkeys(path[1] for pack in reversed(packs) for path in pack if path[0] == "parameters")
    return Sheet(
        country=country,
        within=_names(packs[1:-1]),
        regions=_names(packs[len(own(packs)) : -1]),
        entries={name: _entry(name, country, packs, instant) for name in sorted(names, key=_order)},
        calendar=_calendar(country, packs),
    )


def _names(packs: Sequence[Pack]) -> tuple[str, ...]:
    return tuple(str(spot.get("name")) for pack in packs if (spot := header(pack)) and spot.get("name"))


def _order(name: str) -> tuple[int, str]:
    block = name.partition(".")[0]
    return (BLOCKS.index(block) if block in BLOCKS else len(BLOCKS), name)


def _entry(name: str, country: Country, packs: Sequence[Pack], instant: dict[str, Any]) -> Entry:
    spots, parameter = list(_spots(name, packs)), country.parameters.get(name)
    found = _in_force(name, packs, instant)
    if name == HOURLY_WAGE and name not in country.fallbacks and not _in_force(name, own(packs), instant):
        return _derived_wage(country, packs, instant)
    spot, day = found[0] if found else (spots[0], None)
    said: dict[str, Any] = spot.data["values"][day] if day else {}
    owner = _owner(name, country, spot) if parameter else "missing"
    return Entry(
        name=name,
        label=label_of(name, packs),
        unit=str(spot.get("unit") or spots[-1].get("unit")),
        owner=owner,
        parameter=parameter,
        since=day,
        references=tuple(said.get("reference", ())),
        low=said.get("low"),
        high=said.get("high"),
        note=said.get("note", ""),
        reason="" if owner == "own" else _reason(name, packs, country.year),
        simulated="missing" not in spots[-1].data,
    )


def _derived_wage(country: Country, packs: Sequence[Pack], instant: dict[str, Any]) -> Entry:
    """The hourly wage as worked out from the country's monthly one and the hours of a week."""
    basis = [_in_force(name, packs, instant)[0] for name in (MONTHLY_WAGE, WEEKLY_HOURS)]
    references = (reference for spot, day in basis for reference in spot.data["values"][day]["reference"])
    wage, since = country.parameters[HOURLY_WAGE], basis[0][1]
    return Entry(
        HOURLY_WAGE, label_of(HOURLY_WAGE, packs), "currency-USD", "own", wage, since, tuple(references), note=wage.note
    )


def _spots(name: str, packs: Sequence[Pack]) -> Iterator[Spot]:
    return (pack["parameters", name] for pack in packs if ("parameters", name) in pack)


def _in_force(name: str, packs: Sequence[Pack], instant: dict[str, Any]) -> list[tuple[Spot, date]]:
    """What the packs say of a number at an instant, the nearest pack first."""
    return [(spot, day) for spot in _spots(name, packs) if (day := date_in_force(spot.data, **instant))]


def _owner(name: str, country: Country, spot: Spot) -> Owner:
    if name not in country.fallbacks:
        return "own"
    return "default" if spot.file.path.parent.name == DEFAULT else "region"


def _reason(name: str, packs: Sequence[Pack], year: int) -> str:
    """Why the country gives no number: in the words of its pack, or because what it gives is of another time."""
    spot = next(_spots(name, own(packs)), None)
    if spot is None:
        return SILENT
    if "missing" in spot.data:
        return str(spot.data["missing"])
    years = sorted(day.year for day in spot.data["values"])
    return f"its pack has {', '.join(map(str, years))}, nothing that serves {year}"


def _calendar(country: Country, packs: Sequence[Pack]) -> CalendarYear:
    holder = next((index for index, pack in enumerate(packs) if ("holidays",) in pack), None)
    owner: Owner = "missing" if holder is None else "own" if holder < len(own(packs)) else "region"
    return CalendarYear(
        country.year,
        country.weekdays(),
        country.named_holidays(country.year, country.year),
        "default" if holder == len(packs) - 1 and len(packs) > 1 else owner,
    )
