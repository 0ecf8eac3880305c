"""What is known of a country in words: values with units, dates, whose word each is, and what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from procsim.procurement.calendars import WEEKDAYS
from procsim.procurement.groups import Group, comparable, group, in_usd
from procsim.procurement.parameters import GRADES, Quantity, show_value
from procsim.procurement.profiles import LATEST
from procsim.procurement.sheet import SILENT, CalendarYear, Entry, Owner, Sheet

BID_DAYS = "legal.min_bid_days.open_national"
BLOCKS = {
    "legal": "Law, thresholds and boards",
    "labour": "Staff, wages and hours",
    "volume": "Volume",
    "competition": "Competition",
    "supplier": "Suppliers",
    "payment": "Payment",
    "adoption": "Adoption of electronic modules",
    "outage": "Outages of the portal",
    "help_desk": "Help desk",
    "egp": "Electronic procurement system",
    "ict": "Internet and electricity",
    "governance": "Governance",
    "geography": "Couriers and distances",
    "macro": "Economy and currency",
}
UNITS = {"day": "day", "working-day": "working day", "hour": "hour"}
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
OWNERS: Mapping[Owner, str] = {
    "own": "its own",
    "region": "of its region",
    "default": "the default's",
    "missing": "missing",
}


@dataclass(frozen=True)
class Cell:
    """One number of a country at one instant, in words, as tables show it; a part that has nothing to say is empty.

    `whose` is there where the number is not the country's own; `reason` says why the country has none.
    """

    value: str
    owner: Owner
    when: str = ""
    grade: str = ""
    references: tuple[Mapping[str, str], ...] = ()
    whose: str = ""
    reason: str = ""
    note: str = ""
    remark: str = ""


def cells(sheet: Sheet, peers: Sequence[Sheet]) -> dict[str, Cell]:
    """Every number of a country in words, those far from what the peers say remarked."""
    return {name: cell(entry, sheet, group(name, sheet, peers)) for name, entry in sheet.entries.items()}


def cell(entry: Entry, sheet: Sheet, others: Group | None) -> Cell:
    """One number in words."""
    parameter = entry.parameter
    if not parameter:
        return Cell("missing", "missing", reason=entry.reason)
    return Cell(
        value=value(entry, sheet),
        owner=entry.owner,
        when=when(entry),
        grade=f"{parameter.grade} {parameter.confidence}",
        references=entry.references,
        whose=whose(entry, sheet),
        reason="" if entry.reason == SILENT else entry.reason,
        note=entry.note,
        remark=remark(entry, sheet, others),
    )


def title(sheet: Sheet) -> str:
    """The instant of a sheet, for the head of a column: `2006`, `today (2025)`."""
    return f"today ({sheet.country.year})" if sheet.country.profile == LATEST else str(sheet.country.year)


def block(name: str) -> str:
    """A block of numbers, for a heading.

    >>> block("legal"), block("help_desk"), block("weather")
    ('Law, thresholds and boards', 'Help desk', 'Weather')
    """
    return BLOCKS.get(name, name.replace("_", " ").capitalize())


def amount(number: float, unit: str, name: str = "") -> str:
    """A number with its unit as people say it; a ratio that is called a share is in per cent.

    >>> amount(14, "day"), amount(1, "working-day"), amount(0.055, "/1", "legal.bid_security_share")
    ('14 days', '1 working day', '5.5 %')
    >>> amount(250000, "currency-FJD"), amount(1.25e9, "currency-USD"), amount(2004, "year"), amount(0.4, "/1")
    ('FJD 250,000', 'USD 1.25 billion', '2004', '0.4')
    """
    if unit in UNITS:
        return f"{_figure(number)} {UNITS[unit]}{'' if number == 1 else 's'}"
    if unit.startswith("currency-"):
        cents = number < 1000 and number != round(number)
        return f"{unit.removeprefix('currency-')} {f'{number:.2f}' if cents else _figure(number)}"
    if unit == "/1" and name.endswith("_share"):
        return f"{100 * number:.4g} %"
    return f"{number:.0f}" if unit == "year" else _figure(number)


def _figure(number: float) -> str:
    for size, word in LARGE:
        if number >= size:
            return f"{number / size:.4g} {word}"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"


def value(entry: Entry, sheet: Sheet) -> str:
    """The value of a number that is there, with its unit, and in US dollars too where the rate is known."""
    number, said = entry.amount, entry.parameter.value if entry.parameter else ""
    if isinstance(said, list):
        return ", ".join(day.capitalize() for day in said)
    if isinstance(said, dict):
        return _sitting(said)
    if number is None or entry.unit == "text":
        return show_value(said)
    words = amount(number, entry.unit, entry.name)
    dollars = in_usd(number, entry.unit, sheet) if entry.unit.startswith("currency-") else None
    foreign = dollars is not None and entry.unit != "currency-USD" and number
    return f"{words} (about {amount(float(f'{dollars:.2g}'), 'currency-USD')})" if foreign else words


def _sitting(said: Mapping[str, list[str] | str]) -> str:
    days = ", ".join(day.capitalize() for day in said["weekdays"])
    holiday = {"next_working_day": "; on a holiday, the next working day", "skip": "; not on a holiday"}
    return f"{days} {', '.join(said['hours'])}{holiday.get(str(said.get('on_holiday')), '')}"


def when(entry: Entry) -> str:
    """From when a rule holds, of which year a statistic is, since when a guess serves; and where the truth may lie."""
    if not entry.parameter or not entry.since:
        return ""
    word = {"rule": "from", "observation": "of", "assumption": "a guess from"}[entry.parameter.kind]
    at = f"{word} {entry.since.year if word == 'of' else day(entry.since)}"
    return at if entry.low is None or entry.high is None else f"{at}, plausibly {span(entry, entry.low, entry.high)}"


def span(entry: Entry, low: float, high: float) -> str:
    """Two ends of a number, with the unit once."""
    ends = amount(low, entry.unit, entry.name), amount(high, entry.unit, entry.name)
    return f"{ends[0].split()[0] if entry.unit in UNITS else ends[0]} to {ends[1]}"


def day(on: date) -> str:
    """A date; the year alone where it is 1 January, which is written where only the year is known.

    >>> day(date(2004, 10, 26)), day(date(2006, 1, 1))
    ('26 Oct 2004', '2006')
    """
    return str(on.year) if (on.month, on.day) == (1, 1) else f"{on.day} {on:%b %Y}"


def whose(entry: Entry, sheet: Sheet) -> str:
    """Whose word a number is, where it is not the country's own."""
    if entry.owner not in ("region", "default"):
        return ""
    who = "the default's" if entry.owner == "default" else f"of {sheet.regions[-1]}"
    return f"{who}, not the country's own"


def remark(entry: Entry, sheet: Sheet, others: Group | None) -> str:
    """That a number is far from its group, or nothing."""
    found = comparable(entry, sheet)
    if found is None or others is None or not others.is_far(found):
        return ""
    return f"far from its group: {compared(entry, others)}"


def compared(entry: Entry, others: Group) -> str:
    """What the others say: range, median, how many and where, in the unit in which countries are compared."""
    found = others.compared
    low, high, middle = (common(each, entry) for each in (found[0], found[-1], others.median))
    if entry.unit in UNITS:
        low, middle = low.split()[0], middle.split()[0]
    words = f"{low} to {high}, median {middle}" if len(found) > 1 else common(found[0], entry)
    return f"{words} ({len(found)} other{'' if len(found) == 1 else 's'}, {others.where})"


def common(number: float, entry: Entry) -> str:
    """An amount in the unit in which countries are compared: US dollars, three figures of them if converted; days."""
    if entry.unit.startswith("currency-"):
        return amount(number if entry.unit == "currency-USD" else float(f"{number:.3g}"), "currency-USD")
    return amount(number, "day" if entry.unit == "working-day" else entry.unit, entry.name)


def weekdays(calendar: CalendarYear) -> str:
    """The working week.

    >>> weekdays(CalendarYear(2006, (0, 1, 2, 3, 5), {}, "own"))
    'Mon, Tue, Wed, Thu, Sat'
    """
    return ", ".join(WEEKDAYS[index].capitalize() for index in calendar.weekdays)


def calendar(sheet: Sheet) -> Cell:
    """The working days and holidays of the sheet's year in words."""
    found = sheet.calendar
    working = f"{found.working_days} working days"
    if found.owner in ("default", "missing"):
        return Cell(f"{working}; no holidays", "missing", reason="its pack has no holidays")
    number, off = len(found.holidays), len(found.on_working_days)
    words = f"{number} holidays, {off} of them on working days" if number != 1 else f"1 holiday, {off} on a working day"
    odd = "" if number else f"no holiday is known for {found.year}: list them under 'also' in calendar.yaml"
    return Cell(f"{working}; {words}", found.owner, remark=odd)


def counts(sheet: Sheet) -> str:
    """How many numbers there are, and how many are whose."""
    found = sheet.counts()
    parts = (f"{number} {OWNERS[owner]}" for owner, number in found.items())
    return ", ".join([f"{sum(found.values())} numbers", *parts])


def grades() -> str:
    """The grades, spelt out."""
    return ", ".join(f"{letter} {word}" for letter, word in GRADES.items())


def next_command(sheet: Sheet, options: str) -> str:
    """A command that changes one number of the country: the bidding period, twice as long."""
    entry = sheet.entries.get(BID_DAYS)
    if not entry or not entry.parameter:
        return f"procsim compare {sheet.country.code}{options}"
    longer = Quantity.parse(entry.parameter.value) * Fraction(2)
    return f'procsim compare {sheet.country.code} --set "{BID_DAYS}={longer}"{options}'
