"""One contracting process from its OCDS releases: which field gives what, and what cannot be trusted.

A case with wrong dates or bidders is unusable; one whose value or code cannot be read loses only that, with a note.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeGuard

from procsim.procurement.checks import MOST_MONEY

Block = dict[str, Any]  # an object of the file

METHODS = ("open", "selective", "limited", "direct")
CATEGORIES = ("goods", "services", "works")
YEARS = (1990, 2100)
LONGEST = timedelta(days=3 * 365 + 1)
MOST_BIDDERS = 1000  # a guess: tenders met have up to about 40 bidders, and a stray 1,410 looks like a slip

_CURRENCY = re.compile(r"[A-Z]{3}")
_PLANS = ("planning", "planningUpdate")
_NOT_SUBMITTED = ("invited", "withdrawn")


class UnusableError(Exception):
    """This record cannot be trusted; the message is the reason by which it is counted."""


@dataclass
class Case:
    """One contracting process, as far as it could be read; `notes` are what was mended in it.

    `published` is local clock time, `window` is in days, `value` in `currency`; numbers are NaN, words "" where absent.
    """

    ocid: str
    published: datetime
    window: float
    bids: float
    value: float
    currency: str
    method: str
    category: str
    notes: list[str] = field(default_factory=list)


def case_of(ocid: str, releases: list[Block], clock: timezone) -> Case:
    """The case of all releases of one ocid, in local time; the later non-empty value holds.

    Raises UnusableError when its dates or bidders are missing or cannot be meant.

    >>> period = {"startDate": "2020-03-02T01:00:00Z", "endDate": "2020-03-23T09:00:00"}
    >>> tender = {"tenderPeriod": period, "numberOfTenderers": 0}
    >>> case = case_of("ocds-1", [{"ocid": "ocds-1", "tender": tender}], timezone(timedelta(hours=8)))
    >>> str(case.published), case.window, case.bids
    ('2020-03-02 09:00:00', 21.0, 0.0)
    """
    notes: list[str] = []
    releases = sorted(_distinct(releases, notes), key=dated)
    tenders = [block(release, "tender") for release in releases]
    value, currency = _value(tenders, notes)
    held = [release for release in releases if not _is_plan(release)]
    return Case(
        ocid,
        published=_published(held, clock, notes),
        window=_window(held, clock),
        bids=_bidders(releases, tenders),
        value=value,
        currency=currency,
        method=_code(tenders, "procurementMethod", METHODS, notes),
        category=_code(tenders, "mainProcurementCategory", CATEGORIES, notes),
        notes=notes,
    )


def _distinct(releases: list[Block], notes: list[str]) -> list[Block]:
    """The releases without repetitions; two that differ under one id and date contradict each other."""
    seen: dict[object, Block] = {}
    for number, release in enumerate(releases):
        name, date = release.get("id"), release.get("date")
        same = (name, date) if isinstance(name, str) and isinstance(date, str) else number
        if seen.setdefault(same, release) != release:
            raise UnusableError("two different releases of one id and date")
    if len(seen) < len(releases):
        notes.append("a release stood in the file more than once and was counted once")
    return list(seen.values())


def _tags(release: Block) -> list[Any]:
    return release["tag"] if isinstance(release.get("tag"), list) else []


def _is_plan(release: Block) -> bool:
    """A plan states when it means to open the tender, not when it did: a month apart in the standard's example."""
    tags = _tags(release)
    return bool(tags) and all(tag in _PLANS for tag in tags)


def _periods(releases: list[Block]) -> list[Block]:
    return [block(block(release, "tender"), "tenderPeriod") for release in releases]


def _published(releases: list[Block], clock: timezone, notes: list[str]) -> datetime:
    dates = _dates(_periods(releases), "startDate", clock)
    if not dates:
        dates = _dates([block(release, "tender") for release in releases], "datePublished", clock)
    if not dates:
        dates = _dates([release for release in releases if "tender" in _tags(release)], "date", clock)
        notes.append("no start of the tender period, so the date of the tender release stands for publication")
    if not dates:
        raise UnusableError("no date of publication")
    return min(dates)


def _window(releases: list[Block], clock: timezone) -> float:
    """Days from start to end; `durationInDays` is often the validity of bids and is never used."""
    periods = _periods(releases)
    start, end = _dates(periods, "startDate", clock), _dates(periods, "endDate", clock)
    if not (start and end):
        return math.nan
    window = end[-1] - start[-1]
    if window < timedelta(0):
        raise UnusableError("the tender period ends before it starts")
    if window > LONGEST:
        raise UnusableError("the tender period is longer than 3 years")
    return window / timedelta(days=1)


def _bidders(releases: list[Block], tenders: list[Block]) -> float:
    """Details of the bids first, then the number stated, then the bidders named; an empty list says nothing."""
    details = _latest([block(release, "bids") for release in releases], "details")
    if details is not None:
        return _bidders_of(_objects(details, "bids.details"))
    number = _latest(tenders, "numberOfTenderers")
    if number is not None:
        return _whole(number)
    named = _latest(tenders, "tenderers")
    return math.nan if named is None else float(len(_objects(named, "tenderers")))


def _whole(number: object) -> float:
    if not (_is_number(number) and number >= 0 and number % 1 == 0):
        raise UnusableError("numberOfTenderers is negative or not a whole number")
    if number > MOST_BIDDERS:
        raise UnusableError(f"numberOfTenderers is above {MOST_BIDDERS:,}")
    return float(number)


def _bidders_of(bids: list[Block]) -> float:
    """How many bid: a joint bid is one bidder, several bids of one (for lots, say) are too."""
    submitted = [bid for bid in bids if bid.get("status") not in _NOT_SUBMITTED]
    bidders: set[object] = set()
    for number, bid in enumerate(submitted):
        tenderers = [] if absent(bid.get("tenderers")) else _objects(bid["tenderers"], "bids.details.tenderers")
        bidders.add(frozenset(tenderer["id"] for tenderer in tenderers if _is_id(tenderer.get("id"))) or number)
    return float(len(bidders))


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not absent(value)


def _value(tenders: list[Block], notes: list[str]) -> tuple[float, str]:
    """Amount and currency, which may be unknown ("")."""
    value = _latest(tenders, "value")
    if not isinstance(value, dict):
        notes += [] if value is None else ["the value cannot be read and is taken as absent"]
        return math.nan, ""
    amount = value.get("amount")
    currency = "" if absent(value.get("currency")) else value["currency"]
    if absent(amount):
        return math.nan, ""
    if not _is_number(amount) or not (isinstance(currency, str) and (not currency or _CURRENCY.fullmatch(currency))):
        notes.append("the value cannot be read and is taken as absent")
    elif not 0 < amount <= MOST_MONEY:
        notes.append("the value is zero, negative or beyond 10^15 and is taken as absent")
    else:
        return float(amount), currency
    return math.nan, ""


def _code(tenders: list[Block], key: str, known: tuple[str, ...], notes: list[str]) -> str:
    code = _latest(tenders, key)
    if code in known:
        return str(code)
    if code is not None:
        notes.append(f"{key} is none of {', '.join(known)} and is taken as absent")
    return ""


# -- what JSON may hold -----------------------------------------------------------------------------------------------


def absent(value: object) -> bool:
    """Nothing, in the ways publishers write it; 0 is something.

    >>> absent([]), absent(0)
    (True, False)
    """
    return value is None or value in ("", [], {}) or (isinstance(value, float) and math.isnan(value))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def block(parent: Block, key: str) -> Block:
    """The object under a key, empty where absent. Raises UnusableError if something else stands there."""
    value = parent.get(key)
    if absent(value):
        return {}
    if not isinstance(value, dict):
        raise UnusableError(f"{key} is not an object")
    return value


def _objects(value: object, name: str) -> list[Block]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UnusableError(f"{name} is not a list of objects")
    return value


def _latest(blocks: list[Block], key: str) -> Any:
    """The last value that is not absent, or None."""
    return next((item[key] for item in reversed(blocks) if not absent(item.get(key))), None)


# -- dates ------------------------------------------------------------------------------------------------------------


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise UnusableError(f"{name} is not a date")
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise UnusableError(f"{name} is outside {YEARS[0]} to {YEARS[1]}")
    return moment


def _dates(blocks: list[Block], key: str, clock: timezone) -> list[datetime]:
    """The dates under a key, in order, in local time; one without an offset is local already."""
    moments = [_moment(item[key], key) for item in blocks if not absent(item.get(key))]
    return [(moment.astimezone(clock) if moment.tzinfo else moment).replace(tzinfo=None) for moment in moments]


def dated(release: Block) -> datetime:
    """When a release was made, for their order only; one that does not say so comes first."""
    try:
        moment = _moment(release.get("date"), "date")
    except UnusableError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def clock_of(releases: Iterable[Block]) -> tuple[timezone, list[str]]:
    """The offset of most dates, and what to remark on the others.

    >>> str(clock_of([{"date": "2020-03-02T09:00:00+08:00"}])[0])
    'UTC+08:00'
    """
    offsets = Counter(moment.utcoffset() for release in releases for moment in _moments(release))
    bare = offsets.pop(None, 0)
    if not offsets:
        return UTC, []
    most = max(offsets.values())
    clock = timezone(min(offset for offset, count in offsets.items() if offset is not None and count == most))
    other, every, remarks = offsets.total() - most, offsets.total() + bare, []
    if other:
        remarks.append(f"{other} of {every} dates had another offset than {clock} and were converted to it")
    if bare:
        remarks.append(f"{bare} of {every} dates had no offset and are taken as local time ({clock})")
    return clock, remarks


def _moments(release: Block) -> Iterator[datetime]:
    """The dates of the tender that can be read; the release's own where there is none."""
    tender = release["tender"] if isinstance(release.get("tender"), dict) else {}
    period = tender["tenderPeriod"] if isinstance(tender.get("tenderPeriod"), dict) else {}
    dates = [period.get("startDate"), period.get("endDate"), tender.get("datePublished")]
    for date in dates if any(isinstance(date, str) for date in dates) else [release.get("date")]:
        try:
            yield _moment(date, "")
        except UnusableError:
            continue
