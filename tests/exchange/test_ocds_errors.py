"""Bad OCDS files: a few bad cases are left out with counts, a bad file is refused in one line, never another error."""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import TWO, good, package, read, release, stage, told

from procsim import ModelError
from procsim.exchange import jsonfile, ocds
from procsim.procurement.caselist import CaseList, summary

# -- what is left out and what is refused -----------------------------------------------------------------------------

NOT_WHOLE = "numberOfTenderers is negative or not a whole number [ocds-1]"
BAD: dict[str, tuple[object, str]] = {
    "no object": (7, "not an object [number 1 of the file]"),
    "no ocid": ({"tender": {}}, "no ocid [number 1 of the file]"),
    "ocid no word": ({"ocid": 12}, "no ocid [number 1 of the file]"),
    "no tender": ({"ocid": "ocds-1", "tag": ["planning"], "date": "2020-01-01"}, "no date of publication [ocds-1]"),
    "tender no object": ({"ocid": "ocds-1", "tender": "works"}, "tender is not an object [ocds-1]"),
    "no date": (release(start="soon"), "startDate is not a date [ocds-1]"),
    "day and month": (release(start="23/03/2020"), "startDate is not a date [ocds-1]"),
    "a number for a date": (release(start=20200302), "startDate is not a date [ocds-1]"),  # type: ignore[arg-type]
    "too early": (release(start="0001-01-01T00:00:00+14:00"), "startDate is outside 1990 to 2100 [ocds-1]"),
    "too late": (release(start="9999-12-31T23:59:59-14:00"), "startDate is outside 1990 to 2100 [ocds-1]"),
    "backwards": (release(start="2020-03-24"), "the tender period ends before it starts [ocds-1]"),
    "too long": (release(start="2017-03-20"), "the tender period is longer than 3 years [ocds-1]"),
    "negative bidders": (release(numberOfTenderers=-1), NOT_WHOLE),
    "half a bidder": (release(numberOfTenderers=2.5), NOT_WHOLE),
    "bidders in words": (
        release(numberOfTenderers="3"),
        NOT_WHOLE,
    ),
    "bidders yes": (release(numberOfTenderers=True), NOT_WHOLE),
    "infinite bidders": (
        release(numberOfTenderers=math.inf),
        NOT_WHOLE,
    ),
    "a slip": (release(numberOfTenderers=1410), "numberOfTenderers is above 1,000 [ocds-1]"),
    "huge": (release(numberOfTenderers=10**400), "numberOfTenderers is above 1,000 [ocds-1]"),
    "tenderers no list": (release(tenderers={"id": "a"}), "tenderers is not a list of objects [ocds-1]"),
    "bids no object": ({**release(), "bids": 3}, "bids is not an object [ocds-1]"),
    "links only": (
        {"ocid": "ocds-1", "releases": [{"url": "https://example.org/1"}]},
        "a record without a release in it, only links at most [number 1 of the file]",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)
def test_a_bad_case_among_good_ones_is_left_out(file: Path, bad: object, reason: str) -> None:
    cases = read(file, [bad, *good(2)])
    assert len(cases) == 2
    assert f"1 case left out: {reason}" in cases.remarks


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)
def test_a_file_of_bad_cases_is_refused(file: Path, bad: object, reason: str) -> None:
    line = told(file, [bad])
    assert line.startswith(f"tenders.json: 1 of 1 cases cannot be used (1: {reason}). Correct")


def test_the_file_is_refused_when_more_than_half_is_bad(file: Path) -> None:
    bad = [release(f"ocds-{n}", start="2020-03-24") for n in range(4)]
    assert len(read(file, [*bad, *good(4)])) == 4
    assert told(file, [*bad, {"id": 3}, *good(4)]) == (
        "tenders.json: 5 of 9 cases cannot be used (1: no ocid [number 5 of the file]; "
        "4: the tender period ends before it starts [ocds-0, ocds-1, ocds-2, ..]). "
        "Correct them where the file comes from, or use another file."
    )


def test_what_is_shown_of_a_file_is_safe_to_print(file: Path) -> None:
    line = told(file, [release("ocds-\x1b[2J\ud800" + "x" * 500, start="2020-03-24")])
    assert line.isprintable()
    assert len(line) < 300


WHOLE = json.dumps(package(TWO)).encode()
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "tenders.json: the file is empty."),
    "blank": (b" \n\n", "tenders.json: the file is empty."),
    "no text": (b"\xff\xfe\x00\x01", "tenders.json: not UTF-8 text."),
    "no JSON": (b"ocid;title\n1;roads\n", "tenders.json line 1 column 1: not JSON, expecting value."),
    "a letter": (b"n", "tenders.json line 1 column 1: not JSON, expecting value."),
    "a page": (b"<html></html>", "tenders.json line 1 column 1: not JSON, expecting value."),
    "cut in a word": (WHOLE[:-8], "the file is cut short"),
    "cut in a key": (WHOLE[:26], "the file is cut short, unterminated string"),
    "lines cut": (b"\n".join(json.dumps(item).encode() for item in TWO)[:-20], "tenders.json line 2 column "),
    "a bad line": (json.dumps(TWO[0]).encode() + b"\n{]\n", "tenders.json line 2 column 2: not JSON"),
    "gzip cut": (gzip.compress(WHOLE)[:-20], "tenders.json: the gzip file is cut short."),
    "gzip damaged": (b"\x1f\x8b\x08\x00" + b"x" * 40, "tenders.json: the gzip file is damaged"),
    "gzip of nothing": (gzip.compress(b""), "tenders.json: the file is empty."),
    "deep": (b"[" * 100_000, "tenders.json: not OCDS, it is nested too deeply."),
    "many digits": (b'{"ocid": ' + b"9" * 5000 + b"}", "tenders.json: holds a number of too many digits"),
    "a key twice": (b'[{"ocid": "a", "ocid": "b"}]', "the key 'ocid' stands twice in one object."),
    "a number": (b"42", "tenders.json: not OCDS, there is no 'releases', 'records' or 'ocid' in it."),
    "something else": (b'{"type": "FeatureCollection"}', "tenders.json: not OCDS, there is no"),
    "no releases": (b'{"releases": []}', "tenders.json: there is no release in it."),
    "nothing for releases": (b'{"version": "1.1", "releases": null}', "releases or records are not a list."),
    "an empty list": (b"[]", "tenders.json: there is no release in it."),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_no_ocds(file: Path, data: bytes, message: str) -> None:
    assert message in told(file, data)


def test_a_file_that_unpacks_to_too_much(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfile, "MOST_BYTES", 2_000_000)
    assert "more than 2 million bytes unpacked. Split it" in told(file, gzip.compress(b" " * 3_000_000))


@pytest.mark.parametrize("name", ["absent.json", ".", "a\0b"])
def test_files_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"there is no such file|cannot be read"):
        ocds.read(str(tmp_path / name))


# -- whatever a file holds --------------------------------------------------------------------------------------------

SMALL = package(
    [
        {
            **stage("2020-03-02T09:00:00Z", "tender", tender=release(numberOfTenderers=2)["tender"]),
            "bids": {"details": [{"status": "valid", "tenderers": [{"id": "a"}]}]},
        },
        stage("2020-05-02T09:00:00Z", "award", tender={"value": {"amount": 5.0, "currency": "BND"}}),
        release("ocds-2", procurementMethod="open", tenderers=[{"id": "a"}]),
    ]
)
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 1e308, "1e999", "ocds-1", "1.1", "2020-03-02", "2020-03-02T09:00+23:59", "\ud800"])
    | st.floats()
    | st.text(max_size=5)
)
ANYTHING = st.recursive(
    ODD, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=3), max_leaves=5
)


def places(data: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    changed = copy.copy(data)
    changed[path[0]] = replaced(data[path[0]], path[1:], value)
    return changed


def only_cases_or_a_model_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated.json"
        path.write_bytes(data)
        with contextlib.suppress(ModelError):
            assert_valid(ocds.read(path))


def assert_valid(cases: CaseList) -> None:
    number = len(cases)
    for column in (cases.method, cases.category, cases.value, cases.window, cases.bids):
        assert len(column) == number > 0
    assert cases.published.dtype == "datetime64[s]"
    assert (np.diff(cases.published) >= np.timedelta64(0)).all()
    assert not (np.isinf(cases.value) | (cases.value <= 0)).any()
    assert not ((cases.window < 0) | (cases.window > 1096)).any()
    assert not ((cases.bids < 0) | (cases.bids % 1 > 0)).any()
    assert set(cases.method) <= {"open", "selective", "limited", "direct", ""}
    assert set(cases.category) <= {"goods", "services", "works", ""}
    assert summary(cases).isascii()


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(st.sampled_from(list(places(SMALL))), ANYTHING), min_size=1, max_size=3))
def test_wrong_values_anywhere(changes: list[tuple[tuple[Any, ...], object]]) -> None:
    data: Any = SMALL
    for path, value in changes:
        if path in set(places(data)):
            data = replaced(data, path, value)
    only_cases_or_a_model_error(json.dumps(data).encode())


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 2000), st.binary(max_size=3), st.booleans(), st.booleans())
def test_wrong_bytes_anywhere(at: int, patch: bytes, cut: bool, packed: bool) -> None:
    data = gzip.compress(json.dumps(SMALL).encode(), mtime=0) if packed else json.dumps(SMALL).encode()
    at %= len(data)
    only_cases_or_a_model_error(data[:at] + patch + (b"" if cut else data[at + len(patch) :]))


@pytest.mark.parametrize("depth", [50, 480, 900, 960, 975, 985, 990, 10_000])
def test_deep_nesting_in_two_equal_releases(depth: int) -> None:
    deep = b'{"ocid": "a", "id": "1", "date": "2020", "extra": ' + b"[" * depth + b"]" * depth + b"}"
    only_cases_or_a_model_error(b"[" + deep + b"," + deep + b"]")
