"""Real cases from OCDS 1.0 and 1.1: from releases to what the simulator wants to know of a tender.

A record that cannot be trusted in its dates or its bidders is left out, and one whose value or code cannot be read
loses that; both are counted in the remarks. If more than half cannot be trusted the fault is the file's: it is refused.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sized
from pathlib import Path

import numpy as np

from procsim.exchange.jsonfile import read_json
from procsim.exchange.release import Block, Case, UnusableError, absent, block, case_of, clock_of, dated
from procsim.procurement.caselist import CaseList
from procsim.procurement.problems import ModelError

Reasons = dict[str, list[str]]  # why cases are left out: the ocids of each reason

EXAMPLES, MOST_SHOWN = 3, 60

_VERSION = re.compile(r"1\.[01](\.\d+)?")
_REMEDY = "Correct them where the file comes from, or use another file"


def read(path: Path | str) -> CaseList:
    """The cases of a release package, record package, list of releases, release, or JSON Lines file; plain or gzip.

    Releases of one ocid are one case: the later non-empty value holds, but the earliest publication. Raises ModelError
    when the file is damaged, is not OCDS 1.0 or 1.1, or when more than half of its cases cannot be used.

    >>> import json, tempfile
    >>> period = {"startDate": "2020-03-02T09:00:00Z", "endDate": "2020-03-23T09:00:00Z"}
    >>> tender = {"tenderPeriod": period, "numberOfTenderers": 4, "procurementMethod": "open"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "releases.json"
    ...     _ = path.write_text(json.dumps({"version": "1.1", "releases": [{"ocid": "ocds-1", "tender": tender}]}))
    ...     cases = read(path)
    >>> cases.published.tolist(), cases.window.tolist(), cases.bids.tolist(), cases.method
    ([datetime.datetime(2020, 3, 2, 9, 0)], [21.0], [4.0], ('open',))
    """
    path = Path(path)
    try:
        return _read(path)
    except RecursionError:  # from reading, or from comparing two releases
        raise ModelError([f"{path.name}: not OCDS, it is nested too deeply. {_REMEDY}."]) from None


def _read(path: Path) -> CaseList:
    left_out: Reasons = defaultdict(list)
    processes = _processes(_entries(path.name, read_json(path)), left_out)
    clock, clock_remarks = clock_of(release for releases in processes.values() for release in releases)
    cases = []
    for ocid, releases in processes.items():
        try:
            cases.append(case_of(ocid, releases, clock))
        except UnusableError as reason:
            left_out[str(reason)].append(ocid)
    _refuse_if_mostly_unusable(path.name, len(cases), left_out)
    remarks = [f"{_cases(ocids)} left out: {reason} {_such_as(ocids)}" for reason, ocids in left_out.items()]
    # Sorted by ocid within a second, so that the order of the file does not matter.
    return _case_list(path.name, sorted(cases, key=lambda case: (case.published, case.ocid)), remarks + clock_remarks)


# -- from the file to the releases of each process --------------------------------------------------------------------


def _entries(name: str, data: object) -> list[object]:
    """The releases and records of the file, whatever they are wrapped in."""
    entries: object = data
    if isinstance(data, dict) and ("releases" in data or "records" in data):
        _check_version(name, data.get("version"))
        entries = data.get("releases", data.get("records"))
    elif isinstance(data, dict) and "ocid" in data:
        entries = [data]
    elif not isinstance(data, list):
        raise ModelError([f"{name}: not OCDS, there is no 'releases', 'records' or 'ocid' in it. Use an OCDS file."])
    if not isinstance(entries, list):
        raise ModelError([f"{name}: not OCDS, its releases or records are not a list. Use an OCDS file."])
    if not entries:
        raise ModelError([f"{name}: there is no release in it. Use a file with at least one."])
    return entries


def _check_version(name: str, version: object) -> None:
    """A package of OCDS 1.0 need not name its version."""
    if version is not None and not (isinstance(version, str) and _VERSION.fullmatch(version)):
        shown = _shown(version)
        raise ModelError([f"{name}, version: {shown} is not read, only OCDS 1.0 and 1.1 are. Export it as OCDS 1.1."])


def _processes(entries: Iterable[object], left_out: Reasons) -> dict[str, list[Block]]:
    """The releases of each ocid, in the order of the file."""
    processes: dict[str, list[Block]] = defaultdict(list)
    for number, entry in enumerate(entries, start=1):
        try:
            release = _release(entry)
            processes[release["ocid"]].append(release)
        except UnusableError as reason:
            left_out[str(reason)].append(f"number {number} of the file")
    return processes


def _release(entry: object) -> Block:
    """A release as it is; of a record its compiled release, else its latest."""
    if not isinstance(entry, dict):
        raise UnusableError("not an object")
    if not (isinstance(entry.get("ocid"), str) and entry["ocid"].strip()):
        raise UnusableError("no ocid")
    if not absent(entry.get("compiledRelease")):
        return {**block(entry, "compiledRelease"), "ocid": entry["ocid"]}
    if "releases" not in entry:
        return entry
    releases = entry["releases"] if isinstance(entry["releases"], list) else []
    whole = [release for release in releases if isinstance(release, dict) and "ocid" in release]
    if not whole:
        raise UnusableError("a record without a release in it, only links at most")
    latest: Block = max(reversed(whole), key=dated)
    return {**latest, "ocid": entry["ocid"]}


# -- from the cases to columns, remarks and the refusal ---------------------------------------------------------------


def _case_list(source: str, cases: list[Case], remarks: list[str]) -> CaseList:
    named = Counter(case.currency for case in cases if case.currency).most_common(1)
    currency = named[0][0] if named else ""
    _settle_currency(cases, currency)
    notes = Counter(note for case in cases for note in case.notes)
    return CaseList(
        source=source,
        published=np.array([case.published for case in cases], dtype="datetime64[s]"),
        value=np.array([case.value for case in cases]),
        currency=currency,
        method=tuple(case.method for case in cases),
        category=tuple(case.category for case in cases),
        window=np.array([case.window for case in cases]),
        bids=np.array([case.bids for case in cases]),
        remarks=(*remarks, *(f"{count} of {_cases(cases)}: {note}" for note, count in notes.items())),
    )


def _settle_currency(cases: list[Case], currency: str) -> None:
    """Leave only values in `currency`; one that names none is in it where the file knows no other."""
    several = any(case.currency not in ("", currency) for case in cases)
    for case in cases:
        if case.currency == currency or math.isnan(case.value):
            continue
        if case.currency:
            case.value = math.nan
            case.notes.append(f"the value is not in {currency} and is taken as absent")
        elif several:
            case.value = math.nan
            case.notes.append("the value names no currency, in a file with several, and is taken as absent")
        else:
            case.notes.append(f"the value names no currency and is taken to be in {currency}, the only one of the file")


def _refuse_if_mostly_unusable(name: str, usable: int, left_out: Reasons) -> None:
    unusable = sum(map(len, left_out.values()))
    if unusable > usable:
        reasons = "; ".join(f"{len(ocids)}: {reason} {_such_as(ocids)}" for reason, ocids in left_out.items())
        raise ModelError([f"{name}: {unusable} of {unusable + usable} cases cannot be used ({reasons}). {_REMEDY}."])


def _cases(items: Sized) -> str:
    return f"{len(items)} case" + ("s" if len(items) != 1 else "")


def _such_as(ocids: list[str]) -> str:
    more = ", .." if len(ocids) > EXAMPLES else ""
    return f"[{', '.join(map(_shown, ocids[:EXAMPLES]))}{more}]"


def _shown(value: object) -> str:
    """Safe to print, whatever the file holds."""
    text = value if isinstance(value, str) else type(value).__name__ if isinstance(value, list | dict) else str(value)
    return ascii(text[:MOST_SHOWN])[1:-1]
