"""The page of a country: one HTML file that needs no network; each number, its papers and its place among others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import procsim
from procsim.present import country_words as words
from procsim.present.pages import template
from procsim.procurement.country import WORKING_DAYS
from procsim.procurement.groups import TIMES, Group, comparable, group
from procsim.procurement.sheet import Entry, Sheet

if TYPE_CHECKING:
    from procsim.present.doubts import Swing

MOST_ASKED = 8
TEMPLATE = "country.html.jinja"
WIDE, EDGE = 240, 12  # of a strip of dots, in the units of its picture
LOGARITHMIC = 30  # from this ratio of largest to smallest on, a strip is logarithmic

Row = dict[str, Any]
Sheets = Sequence[Sheet]


def html(sheets: Sheets, peers: Sequence[Sheets], asks: Sequence[Swing] = (), command_options: str = "") -> str:
    """The page of one country as one self-contained text; `sheets` are the country at each instant.

    `peers` are the other countries at each instant; `asks`, most important first, is what to ask the ministry for;
    `command_options` is what the commands on the page have to repeat.

    >>> from procsim.procurement.library import shipped
    >>> from procsim.procurement.sheet import read_peers, read_sheets
    >>> sheets = read_sheets("BRN", ["programme_2006"], [shipped()])
    >>> html(sheets, read_peers(sheets, [shipped()])).splitlines()[0]
    '<!doctype html>'
    """
    cells = [words.cells(*pair) for pair in zip(sheets, peers, strict=True)]
    page = template(TEMPLATE).render(
        country=sheets[0].country,
        within=sheets[0].within,
        titles=[words.title(sheet) for sheet in sheets],
        counts=[words.counts(sheet) for sheet in sheets],
        grades=words.grades(),
        asks=asks,
        blocks=_blocks(sheets, cells),
        calendars=[_calendar(sheet) for sheet in sheets],
        strips=_strips(sheets, peers),
        remarks=_remarks(sheets, cells),
        missing=_missing(sheets),
        assumed=_assumed(sheets, cells),
        command=words.next_command(sheets[0], command_options),
        times=TIMES,
        logarithmic=LOGARITHMIC,
        wide=WIDE,
        version=procsim.__version__,
    )
    return str(page)


def to_json(sheets: Sheets, peers: Sequence[Sheets]) -> dict[str, Any]:
    """The same for other programs: profile by profile the counts, the calendar and every number with its papers."""
    country = sheets[0].country
    profiles = {
        sheet.country.profile: {
            "year": sheet.country.year,
            "counts": sheet.counts(),
            "calendar": {
                "weekdays": list(sheet.country.parameter(WORKING_DAYS).value),
                "working_days": sheet.calendar.working_days,
                "holidays": {day.isoformat(): name for day, name in sheet.calendar.holidays.items()},
                "owner": sheet.calendar.owner,
            },
            "numbers": {name: _number(entry, sheet, near) for name, entry in sheet.entries.items()},
        }
        for sheet, near in zip(sheets, peers, strict=True)
    }
    head = {"code": country.code, "name": country.name, "currency": country.currency}
    return {**head, "within": list(sheets[0].within), "profiles": profiles}


def _number(entry: Entry, sheet: Sheet, peers: Sheets) -> Row:
    parameter, others = entry.parameter, group(entry.name, sheet, peers)
    papers = asdict(parameter) if parameter else {}
    kept = {key: papers.get(key) for key in ("value", "kind", "grade", "confidence", "origin")}
    return {
        **{
            key: getattr(entry, key) for key in ("label", "unit", "owner", "low", "high", "note", "reason", "simulated")
        },
        **kept,
        "since": entry.since.isoformat() if entry.since else None,
        "references": [dict(reference) for reference in entry.references],
        "remark": words.remark(entry, sheet, others),
    }


def _blocks(sheets: Sheets, cells: Sequence[Mapping[str, words.Cell]]) -> list[Row]:
    """The numbers that some pack gives, block by block."""
    entries = sheets[0].entries.values()
    found = []
    for block in dict.fromkeys(entry.block for entry in entries):
        names = [each.name for each in sorted(entries, key=lambda each: each.label) if each.block == block]
        rows = [_row(name, sheets, cells) for name in names if any(sheet.entries[name].parameter for sheet in sheets)]
        found += [{"name": block, "title": words.block(block), "rows": rows}] if rows else []
    return found


def _row(name: str, sheets: Sheets, cells: Sequence[Mapping[str, words.Cell]]) -> Row:
    entry, shown = sheets[0].entries[name], [column[name] for column in cells]
    same = len(shown) > 1 and all(cell == shown[0] for cell in shown)
    return {"name": name, "label": entry.label, "simulated": entry.simulated, "cells": shown[: 1 if same else None]}


def _calendar(sheet: Sheet) -> Row:
    working = sheet.calendar.on_working_days
    days = [
        {"day": f"{day:%a} {day.day} {day:%b}", "name": name, "working": day in working}
        for day, name in sheet.calendar.holidays.items()
    ]
    return {"week": words.weekdays(sheet.calendar), "cell": words.calendar(sheet), "days": days}


def _strips(sheets: Sheets, peers: Sequence[Sheets]) -> list[Row]:
    """A strip of dots for each of the country's own numbers that other countries have too."""
    rows = []
    for name, entry in sheets[0].entries.items():
        pairs = [(sheet, group(name, sheet, near)) for sheet, near in zip(sheets, peers, strict=True)]
        drawn = [_strip(sheet.entries[name], sheet, others) for sheet, others in pairs]
        if any(drawn):
            rows.append({"label": entry.label, "name": name, "strips": drawn})
    return rows


def _strip(entry: Entry, sheet: Sheet, others: Group | None) -> Row | None:
    own = comparable(entry, sheet)
    if own is None or others is None:
        return None
    every = (own, *others.others)
    place = _scale(min(every), max(every))
    said, told = words.common(own, entry), words.compared(entry, others)
    return {
        "own": place(own),
        "others": [place(each) for each in (Counter(others.others) - Counter(others.near)).elements()],
        "near": [place(each) for each in others.near],
        "ends": [words.common(each, entry) for each in (min(every), max(every))],
        "said": said,
        "told": told,
        "alt": f"{entry.label}, {words.title(sheet)}: {sheet.country.name} {said}; others {told}",
    }


def _scale(low: float, high: float) -> Any:
    """Where an amount stands on a strip."""
    bend = math.log if low > 0 and high / low > LOGARITHMIC else float
    span = bend(high) - bend(low)
    return lambda each: round(EDGE + (WIDE - 2 * EDGE) * ((bend(each) - bend(low)) / span if span else 0.5), 1)


def _remarks(sheets: Sheets, cells: Sequence[Mapping[str, words.Cell]]) -> list[str]:
    return [
        f"{sheet.entries[name].label}, {words.title(sheet)}: {cell.value}, {cell.remark}"
        for sheet, column in zip(sheets, cells, strict=True)
        for name, cell in column.items()
        if cell.remark
    ]


def _missing(sheets: Sheets) -> list[Row]:
    """The numbers that nobody gives, at which instants, with the reason; most of them wanted for the same one."""
    found: dict[str, dict[str, list[str]]] = {}
    for sheet in sheets:
        for entry in (entry for entry in sheet.entries.values() if not entry.parameter):
            found.setdefault(entry.reason, {}).setdefault(entry.label, []).append(words.title(sheet))
    return [
        {
            "reason": reason,
            "items": [label if len(at) == len(sheets) else f"{label} ({at[0]})" for label, at in of.items()],
        }
        for reason, of in found.items()
    ]


def _assumed(sheets: Sheets, cells: Sequence[Mapping[str, words.Cell]]) -> list[Row]:
    """What simulations of the country take on judgement: first what is borrowed, then guesses of its own."""
    names = [name for name, entry in sheets[0].entries.items() if entry.simulated]
    rows = [row for name in names for row in _judged(name, sheets, cells)]
    return sorted(rows, key=lambda row: (row["cell"].owner == "own", row["label"]))


def _judged(name: str, sheets: Sheets, cells: Sequence[Mapping[str, words.Cell]]) -> list[Row]:
    """A number that rests on judgement, once for all instants at which it is the same."""
    every = [(column[name], words.title(sheet)) for sheet, column in zip(sheets, cells, strict=True)]
    judged = [(cell, at) for cell, at in every if cell.owner in ("region", "default") or cell.grade.startswith("J")]
    label, seen = sheets[0].entries[name].label, [cell for cell, _ in judged]
    return [
        {"label": label, "cell": cell, "titles": [at for each, at in judged if each == cell]}
        for index, cell in enumerate(seen)
        if cell not in seen[:index]
    ]
