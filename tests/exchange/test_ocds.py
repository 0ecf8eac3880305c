"""Real cases from OCDS: the published figures come out, and every wrapping and way of stating a thing reads alike."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from releases import TWO, Release, good, package, read, release, stage, told

from procsim.exchange import ocds
from procsim.procurement.caselist import CaseList, summary

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared(name: str) -> CaseList:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is not here: the collected data are not part of the repository")
    return ocds.read(path)


def columns(cases: CaseList) -> tuple[object, ...]:
    numbers = [np.nan_to_num(column, nan=-1).tolist() for column in (cases.value, cases.window, cases.bids)]
    return (cases.published.tolist(), *numbers, cases.currency, cases.method, cases.category)


# -- real data --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def himachal() -> CaseList:
    return shared("himachal_ocds_release_package.json.gz")


def test_23_himachal_tender_periods(himachal: CaseList) -> None:
    assert len(himachal) == 3791
    quantiles = np.quantile(himachal.window, [0.1, 0.25, 0.5, 0.75, 0.9])
    assert quantiles == pytest.approx([7.3, 11.8, 16.3, 20.9, 23.0], abs=0.05)


def test_23_himachal_bidders(himachal: CaseList) -> None:
    bids = himachal.bids[~np.isnan(himachal.bids)]
    assert bids.mean() == pytest.approx(4.40, abs=0.005)
    assert np.quantile(bids, [0.1, 0.25, 0.5, 0.75, 0.9]).tolist() == [2, 2, 3, 5, 8]
    assert (bids == 1).mean() == pytest.approx(0.034, abs=0.0005)
    assert [int((bids == n).sum()) for n in range(1, 9)] == [128, 872, 926, 597, 423, 284, 156, 116]


def test_himachal_is_in_order_and_its_mended_values_are_remarked(himachal: CaseList) -> None:
    assert (np.diff(himachal.published) >= np.timedelta64(0)).all()
    assert himachal.currency == "INR"
    assert set(himachal.method) == {"limited", "open"}
    assert himachal.remarks[0].startswith("3300 of 3791 cases: the value names no currency")
    assert himachal.remarks[1].startswith("35 of 3791 cases: the value is zero, negative or beyond")
    assert "3791" in summary(himachal).splitlines()[0]


def test_26_the_standard_s_own_example() -> None:
    cases = shared("sample_ocds-213czf-000-00001.json")
    assert cases.published.astype(str).tolist() == ["2010-03-01T09:00:00"]  # the plan said February
    assert cases.window.tolist() == [38.375]  # as amended
    assert (cases.value.tolist(), cases.currency, cases.bids.tolist()) == ([1_100_000], "GBP", [2])
    assert (cases.method, cases.category, cases.remarks) == (("open",), ("works",), ())


# -- wrappings --------------------------------------------------------------------------------------------------------

RECORDS = [
    {"ocid": "ocds-1", "compiledRelease": TWO[0], "releases": [{"url": "https://example.org/1"}]},
    {"ocid": "ocds-2", "releases": [{**TWO[1], "date": "2021-01-01"}, {**release(), "ocid": "ocds-2", "date": "2020"}]},
]
WRAPPINGS: dict[str, bytes] = {
    "release package": json.dumps(package(TWO)).encode(),
    "package of 1.0 without version": json.dumps({"releases": TWO}).encode(),
    "record package": json.dumps({"version": "1.1", "records": RECORDS}).encode(),
    "list": json.dumps(TWO).encode(),
    "list with a byte order mark": b"\xef\xbb\xbf" + json.dumps(TWO).encode(),
    "lines with a line separator in a text": "\n".join(
        json.dumps({**item, "title": "roads\u2028bridges"}, ensure_ascii=False) for item in TWO
    ).encode(),
    "lines": b"\n".join(json.dumps(item).encode() for item in TWO) + b"\n\n",
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("data", WRAPPINGS.values(), ids=WRAPPINGS)
def test_every_wrapping_reads_alike(file: Path, data: bytes, pack: Callable[[bytes], bytes]) -> None:
    cases = read(file, pack(data))
    assert columns(cases) == columns(read(file, TWO))
    assert (cases.bids.tolist(), cases.window.tolist(), cases.remarks) == ([3, 0], [21, 21], ())


def test_one_bare_release(file: Path) -> None:
    assert read(file, TWO[0]).bids.tolist() == [3]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.1.5", None])
def test_versions_that_are_read(file: Path, version: str | None) -> None:
    assert len(read(file, package(TWO, version))) == 2


@pytest.mark.parametrize("version", ["2.0", "1.2", "1.10", "", 1.1, ["1.1"], {}])
def test_versions_that_are_not(file: Path, version: object) -> None:
    line = told(file, package(TWO, version))
    assert line.startswith("tenders.json, version: ")
    assert line.endswith(" is not read, only OCDS 1.0 and 1.1 are. Export it as OCDS 1.1.")


# -- which field gives what -------------------------------------------------------------------------------------------


def test_several_releases_are_one_case(file: Path) -> None:
    tender = {"tenderPeriod": {"startDate": "2020-03-02", "endDate": "2020-03-23"}, "procurementMethod": "open"}
    later = {
        "tenderPeriod": {"startDate": "2020-03-05", "endDate": "2020-04-05"},
        "value": None,
        "numberOfTenderers": 0,
    }
    steps = [
        stage("2020-04-10", "award", tender=later),
        stage("2020-03-02", "tender", tender={**tender, "value": {"amount": 5, "currency": "BND"}}),
        stage("2020-01-01", "planning", tender={"tenderPeriod": {"startDate": "2020-02-02"}}),
    ]
    cases = read(file, steps)
    assert cases.published.astype(str).tolist() == ["2020-03-02T00:00:00"]
    assert (cases.window.tolist(), cases.bids.tolist(), cases.method) == ([31], [0], ("open",))
    assert (cases.value.tolist(), cases.currency) == ([5], "BND")


def test_a_repeated_release_counts_once_and_a_contradiction_is_left_out(file: Path) -> None:
    twice = [stage("2020-04-10", "tender", tender=release()["tender"])] * 2
    assert read(file, [*twice, *good(2)]).remarks == (
        "1 of 3 cases: a release stood in the file more than once and was counted once",
    )
    twice[1] = {**twice[1], "tender": release(numberOfTenderers=2)["tender"]}
    assert read(file, [*twice, *good(2)]).remarks == (
        "1 case left out: two different releases of one id and date [ocds-1]",
    )


def test_published_is_the_start_then_the_date_published_then_the_tender_release(file: Path) -> None:
    tender = {"datePublished": "2020-02-01", "tenderPeriod": {"startDate": "2020-03-01"}}
    dated = {**release(), "tender": tender, "date": "2020-01-01"}
    assert read(file, dated).published.astype(str).tolist() == ["2020-03-01T00:00:00"]
    tender["tenderPeriod"] = {"startDate": ""}
    assert read(file, dated).published.astype(str).tolist() == ["2020-02-01T00:00:00"]
    del tender["datePublished"]
    cases = read(file, dated)
    assert cases.published.astype(str).tolist() == ["2020-01-01T00:00:00"]
    assert cases.remarks[0].startswith("1 of 1 case: no start of the tender period, so the date of the tender release")
    assert "no date of publication" in told(file, {**dated, "tag": ["compiled"]})


@pytest.mark.parametrize("period", [{"durationInDays": 120}, {"durationInDays": 120, "endDate": "2020-03-23"}])
def test_a_tender_period_without_both_ends_is_unknown(file: Path, period: Release) -> None:
    cases = read(file, {**release(), "tender": {"datePublished": "2020-03-02", "tenderPeriod": period}})
    assert math.isnan(cases.window[0])


BIDDERS: dict[str, tuple[Release, object, float]] = {
    "details before all": ({"numberOfTenderers": 9}, [{"tenderers": [{"id": "a"}]}, {"tenderers": [{"id": "b"}]}], 2),
    "two bids of one": ({}, [{"tenderers": [{"id": 1}]}, {"tenderers": [{"id": 1}]}], 1),
    "a joint bid": ({}, [{"tenderers": [{"id": "a"}, {"id": "b"}]}], 1),
    "bids without names": ({}, [{"id": 1}, {"id": 2}, {"id": 3, "tenderers": None}], 3),
    "invited, withdrawn": ({}, [{"status": "invited"}, {"status": "withdrawn"}, {"status": "disqualified"}], 1),
    "nobody of the invited": ({"numberOfTenderers": 2}, [{"status": "invited"}], 0),
    "number before names": ({"numberOfTenderers": 4, "tenderers": [{"id": "a"}]}, None, 4),
    "none": ({"numberOfTenderers": 0, "tenderers": [{"id": "a"}]}, [], 0),
    "a whole number with a point": ({"numberOfTenderers": 4.0}, None, 4),
    "names": ({"numberOfTenderers": None, "tenderers": [{"id": "a"}, {"id": "b"}]}, None, 2),
    "no names": ({"tenderers": []}, [], math.nan),
    "nothing": ({}, None, math.nan),
}


@pytest.mark.parametrize(("tender", "details", "expected"), BIDDERS.values(), ids=BIDDERS)
def test_bidders(file: Path, tender: Release, details: object, expected: float) -> None:
    cases = read(file, {**release(**tender), "bids": {"details": details}})
    assert cases.bids.tolist() == pytest.approx([expected], nan_ok=True)


def test_values_of_other_currencies_are_absent_and_counted(file: Path) -> None:
    values = [(1, "BND"), (2, "BND"), (3, "USD"), (4, None), (0, "BND"), (-1, "BND"), (math.inf, "BND"), ("5", "BND")]
    values += [(6, "dollars"), (math.nan, "BND"), (None, "BND")]
    cases = read(
        file,
        [release(f"ocds-{n:02}", value={"amount": a, "currency": c}) for n, (a, c) in enumerate(values)],
    )
    assert cases.currency == "BND"
    assert cases.value[:2].tolist() == [1, 2]
    assert np.isnan(cases.value[2:]).all()
    assert cases.remarks == (
        "1 of 11 cases: the value is not in BND and is taken as absent",
        "1 of 11 cases: the value names no currency, in a file with several, and is taken as absent",
        "3 of 11 cases: the value is zero, negative or beyond 10^15 and is taken as absent",
        "2 of 11 cases: the value cannot be read and is taken as absent",
    )


def test_a_value_without_currency_is_in_the_only_one_of_the_file(file: Path) -> None:
    bare = release("ocds-2", value={"amount": 7})
    cases = read(file, [release(value={"amount": 5, "currency": "BND"}), bare])
    assert cases.value.tolist() == [5, 7]
    assert cases.remarks[0].startswith("1 of 2 cases: the value names no currency and is taken to be in BND")
    alone = read(file, bare)
    assert (alone.value.tolist(), alone.currency) == ([7], "")


def test_codes_that_are_unknown_are_absent_and_counted(file: Path) -> None:
    cases = read(file, release(procurementMethod="Open Tender", mainProcurementCategory="works"))
    assert (cases.method, cases.category) == (("",), ("works",))
    assert cases.remarks == (
        "1 of 1 case: procurementMethod is none of open, selective, limited, direct and is taken as absent",
    )


# -- clocks -----------------------------------------------------------------------------------------------------------


def test_times_stay_as_written_where_all_have_one_offset(file: Path) -> None:
    there = {"startDate": "2020-03-02T09:00:00+08:00", "endDate": "2020-03-09T12:00:00+08:00"}
    cases = read(file, {**release(), "date": "2021-01-01T00:00:00Z", "tender": {"tenderPeriod": there}})
    assert cases.published.astype(str).tolist() == ["2020-03-02T09:00:00"]
    assert (cases.window.tolist(), cases.remarks) == ([7.125], ())


def test_other_offsets_are_converted_and_bare_times_are_local(file: Path) -> None:
    ends = {"endDate": "2020-03-09T09:00:00+08:00"}
    starts = ["2020-03-02T09:00:00+08:00", "2020-03-02T09:00:00", "2020-03-02T02:30:00Z"]
    cases = read(
        file,
        [
            {"ocid": f"ocds-{n}", "tender": {"tenderPeriod": {"startDate": start, **ends}}}
            for n, start in enumerate(starts)
        ],
    )
    assert cases.published.astype(str).tolist() == [f"2020-03-02T{time}:00" for time in ("09:00", "09:00", "10:30")]
    assert cases.window.tolist() == [7, 7, 6.9375]
    assert cases.remarks == (
        "1 of 6 dates had another offset than UTC+08:00 and were converted to it",
        "1 of 6 dates had no offset and are taken as local time (UTC+08:00)",
    )


def test_the_order_of_the_file_does_not_matter(file: Path) -> None:
    releases = [release(f"ocds-{n}", f"2020-03-{1 + n % 3:02}", numberOfTenderers=n) for n in range(9)]
    assert columns(read(file, releases)) == columns(read(file, releases[::-1]))
