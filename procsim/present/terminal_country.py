"""What the command line prints of countries: one with all its numbers, or what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.table import Table

from procsim.present import country_words as words
from procsim.present.country_words import Cell
from procsim.present.terminal import escaped, screen
from procsim.procurement.sheet import Entry, Sheet

SAME = "the same"


def country(sheets: Sequence[Sheet], peers: Sequence[Sequence[Sheet]], options: str, page: Path | None) -> None:
    """Every number of a country by block, one column for each instant; the calendar; counts and what to try next.

    `peers` are the other countries at each instant; `options` is what the next command has to repeat, such as --models.
    """
    console, land = screen(), sheets[0].country
    console.print(f"[bold]{land.name}[/bold] ({land.code}), {land.currency}{_within(sheets[0])}")
    console.print(
        f"Grades: {words.grades()}; with the confidence. [bold yellow]What is not {land.name}'s own says so.[/]"
    )
    found = [words.cells(sheet, near) for sheet, near in zip(sheets, peers, strict=True)]
    table = _table(["", *map(words.title, sheets)])
    for block in dict.fromkeys(entry.block for entry in sheets[0].entries.values()):
        table.add_row(f"\n[bold]{words.block(block).upper()}[/bold]")
        entries = (entry for entry in sheets[0].entries.values() if entry.block == block)
        for entry in sorted(entries, key=lambda entry: entry.label):
            table.add_row(_label(entry), *_cells([column[entry.name] for column in found]))
    table.add_row("\n[bold]CALENDAR[/bold]")
    table.add_row("Working week", *(words.weekdays(sheet.calendar) for sheet in sheets))
    table.add_row("Working days", *(_text(words.calendar(sheet)) for sheet in sheets))
    table.add_row("Holidays; in brackets, on no working day", *(escaped(_holidays(sheet)) for sheet in sheets))
    console.print(table)
    if page:
        console.print(f"Page: {escaped(str(page))} (opens without a network).", soft_wrap=True)
    for sheet in sheets:
        console.print(f"{words.title(sheet).capitalize()}: {words.counts(sheet)}.", soft_wrap=True)
    console.print(f"Next: {escaped(words.next_command(sheets[0], options))}", soft_wrap=True)


def difference(here: Sheet, there: Sheet, options: str) -> None:
    """What differs between two countries at one instant: numbers, those that one of them lacks, calendars."""
    console, pair = screen(), (here, there)
    names = [sheet.country.name for sheet in pair]
    console.print(
        f"[bold]{names[0]}[/bold] and [bold]{names[1]}[/bold], {words.title(here)}. Grades: {words.grades()}."
    )
    differ, only_here, only_there, same = _sorted(here, there)
    table = _table(["", *names])
    for heading, found in (
        ("different", differ),
        (f"only {names[0]} has its own", only_here),
        (f"only {names[1]} has its own", only_there),
    ):
        table.add_row(f"\n[bold]{heading.upper()}[/bold]: {len(found)}")
        for name in found:
            entries = [sheet.entries[name] for sheet in pair]
            shown = [_text(words.cell(entry, sheet, None)) for entry, sheet in zip(entries, pair, strict=True)]
            table.add_row(_label(entries[0]), *shown)
    table.add_row("\n[bold]CALENDAR[/bold]")
    table.add_row("Working week", *(words.weekdays(sheet.calendar) for sheet in pair))
    table.add_row("Working days", *(_text(words.calendar(sheet)) for sheet in pair))
    console.print(table)
    neither = len(here.entries) - len(differ) - len(only_here) - len(only_there) - same
    lacks = f"Only {names[0]} has: {len(only_here)}. Only {names[1]} has: {len(only_there)}."
    console.print(f"Different: {len(differ)}. {lacks} The same: {same}. Neither has: {neither}.", soft_wrap=True)
    console.print(f"Next: procsim country {there.country.code}{escaped(options)}", soft_wrap=True)


def _sorted(here: Sheet, there: Sheet) -> tuple[list[str], list[str], list[str], int]:
    """The names of what they say differently, of what only the one gives, only the other; how many they say alike."""
    differ, only_here, only_there, same = list[str](), list[str](), list[str](), 0
    for name in (name for name in here.entries if name in there.entries):
        one, other = here.entries[name], there.entries[name]
        if (one.owner == "own") != (other.owner == "own"):
            (only_here if one.owner == "own" else only_there).append(name)
        elif words.cell(one, here, None).value != words.cell(other, there, None).value:
            differ.append(name)
        else:
            same += one.owner == "own"
    return differ, only_here, only_there, same


def _table(headings: Iterable[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", ratio=1)
    return table


def _within(sheet: Sheet) -> str:
    return f", in {', '.join(sheet.within)}" if sheet.within else ""


def _label(entry: Entry) -> str:
    kind = "" if entry.simulated else " (describes only)"
    return f"{escaped(entry.label)}{kind}\n[dim]{entry.name}[/dim]"


def _cells(row: Sequence[Cell]) -> list[str]:
    """The cells of a row; one that says what the first says is not said again."""
    return [_text(row[0]), *(f"[dim]{SAME}[/dim]" if each == row[0] else _text(each) for each in row[1:])]


def _text(cell: Cell) -> str:
    sources = "; ".join(reference["title"] for reference in cell.references)
    papers = ", ".join(part for part in (cell.grade, cell.when) if part)
    mark = ": ".join(part for part in (cell.whose, cell.reason) if part)
    lines = [
        f"[yellow]{cell.value}[/yellow]" if cell.owner == "missing" else f"[bold]{escaped(cell.value)}[/bold]",
        f"[bold yellow]{escaped(mark)}[/bold yellow]" if mark else "",
        f"[bold]{escaped(cell.remark)}[/bold]" if cell.remark else "",
        escaped(papers),
        f"[dim]{escaped(sources)}[/dim]" if sources else "",
    ]
    return "\n".join(line for line in lines if line)


def _holidays(sheet: Sheet) -> str:
    """All of them, in order; those that take no day from the working week are in brackets."""
    off = sheet.calendar.on_working_days
    days = ((day, f"{day:%a} {day.day} {day:%b} {name}") for day, name in sheet.calendar.holidays.items())
    return "\n".join(told if day in off else f"({told})" for day, told in days)
