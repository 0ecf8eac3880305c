"""Real cases instead of drawn ones, from the file to the folder of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Procsim

import procsim as ps
from procsim.exchange import ocds
from procsim.procurement.caselist import CaseList

HIMACHAL = Path(__file__).parents[2] / "shared" / "data" / "himachal_ocds_release_package.json.gz"


def release(number: int, month: int, days: int, **tender: Any) -> dict[str, Any]:
    start = f"2020-{month:02}-03T10:00:00Z"
    end = np.datetime_as_string(np.datetime64(start[:-1]) + np.timedelta64(days, "D"), unit="s")
    period = {"startDate": start, "endDate": f"{end}Z"}
    return {"ocid": f"ocds-{number}", "id": "1", "tag": ["tender"], "tender": {"tenderPeriod": period, **tender}}


def money(amount: float, currency: str = "USD") -> dict[str, Any]:
    return {"value": {"amount": amount, "currency": currency}}


RELEASES = [
    release(1, 2, 14, procurementMethod="open", **money(120_000)),
    release(2, 1, 7, procurementMethod="limited", **money(20_000)),
    release(3, 3, 21, procurementMethod="direct", **money(900)),
    release(4, 4, 35, procurementMethod="open", **money(3_000_000)),
    release(5, 5, 10, **money(30_000)),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "releases.json"
    path.write_text(json.dumps({"version": "1.1", "releases": RELEASES}), encoding="utf-8")
    return path


@pytest.fixture
def cases(file: Path) -> CaseList:
    return ocds.read(file)


def test_dates_values_and_windows_are_those_of_the_data(cases: CaseList) -> None:
    log = ps.simulate(ps.load("open_tender", cases=cases))
    table = log.case_table()
    assert [log.clock(time) for time in table["arrival"]][:2] == ["Fri 2020-01-03 10:00", "Mon 2020-02-03 10:00"]
    assert table["value"].tolist() == [20_000, 120_000, 900, 3_000_000, 30_000]
    assert windows(log) == [7, 14, 21, 35, 10]


def test_a_shorter_window_by_law_shortens_those_of_the_data_alike(cases: CaseList) -> None:
    log = ps.simulate(ps.load("open_tender", cases=cases).under("shorter_window"))
    assert windows(log) == pytest.approx([days * 5 / 6 for days in (7, 14, 21, 35, 10)], abs=1e-4)


def windows(log: ps.EventLog) -> list[float]:
    """Days of each case's first window."""
    table = log.table().query("activity == 'bid_window' and visit == 0")
    return ((table["complete"] - table["released"]) / 86_400).tolist()


def test_in_an_office_the_method_is_that_of_the_data_and_of_several_the_one_for_the_value(cases: CaseList) -> None:
    log = ps.simulate(ps.load("office", cases=cases, settings=["volume.catalogue_share=0"]))
    parts = [log.plan.parts[part] for part in log.cases.part]
    assert parts == ["quotation", "open_tender", "direct_purchase", "open_tender", "quotation"]


def test_values_in_the_country_s_currency_are_turned_into_dollars(tmp_path: Path) -> None:
    path = tmp_path / "won.json"
    path.write_text(json.dumps([release(1, 1, 10, **money(955_000_000, "KRW"))]), encoding="utf-8")
    table = ps.simulate(ps.load("open_tender", "KOR", cases=ocds.read(path))).case_table()
    assert table["value"].tolist() == [1_000_000]


def test_values_in_another_currency_are_not_used_and_the_answer_says_so(procsim: Procsim, tmp_path: Path) -> None:
    path = tmp_path / "rupees.json"
    path.write_text(json.dumps([release(1, 1, 10, **money(5_000_000, "INR"))]), encoding="utf-8")
    told = procsim(
        "compare",
        "BRN",
        "--regimes",
        "paper,e_notice",
        "--caseload",
        path,
        "--out",
        tmp_path / "out",
        "--replications",
        2,
    )
    assert told.code == 0
    text = " ".join(told.out.split())
    assert "rupees.json: cases published from 2020-01-03 to 2020-01-03: 1" in text
    assert "rupees.json: values in INR are not used, for Brunei Darussalam is in BND" in text


def test_the_folder_holds_the_file_and_gives_the_same_numbers_again(
    procsim: Procsim, file: Path, tmp_path: Path
) -> None:
    few = ("--regimes", "paper,electronic", "--replications", 2, "--workers", 1)
    assert procsim("compare", "default", *few, "--caseload", file, "--out", tmp_path / "one").code == 0
    file.unlink()
    assert (
        procsim("experiment", tmp_path / "one" / "experiment.yaml", "--out", tmp_path / "two", "--workers", 1).code == 0
    )
    one, two = ((tmp_path / name / "outcomes.csv").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_single_run_takes_real_cases_too(procsim: Procsim, file: Path) -> None:
    told = procsim("run", "default", "open_tender", "paper", "--caseload", file)
    assert told.code == 0
    assert "open_tender under paper, 5 cases." in told.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "the file is cut short"),
        (b"PK\x03\x04", "not JSON"),
        (b'{"version": "2.0", "releases": []}', "2.0 is not read, only OCDS 1.0 and 1.1 are"),
        (b'{"releases": []}', "there is no release in it"),
        (b"[]", "there is no release in it"),
    ],
)
def test_a_file_that_is_none_gives_one_message_and_no_result(
    procsim: Procsim, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    told = procsim("compare", "--caseload", path, "--out", tmp_path / "out")
    assert told.code == 2
    assert "bad.json" in told.err
    assert message in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_real_state_s_windows_come_out_as_they_went_in() -> None:
    if not HIMACHAL.exists():
        pytest.skip("the folder of shared data is not here")
    flow = ps.load("open_tender", settings=["role.*=inf"], cases=ocds.read(HIMACHAL))
    days = ps.measure(ps.totals.of(ps.simulate(flow)), flow).by_case["notice_days"]
    assert np.quantile(days, [0.1, 0.25, 0.5, 0.75, 0.9]) == pytest.approx([7.3, 11.8, 16.3, 20.9, 23.0], abs=0.05)
