"""What an experiment leaves behind stays within bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import procsim as ps
from procsim.present import folder
from procsim.study.design import SCHEMA, Design, Policy


def test_a_log_that_would_fill_the_disk_is_cut_to_whole_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_ROWS", 300)
    flow = ps.load("quotation", "BRN", "programme_2006", ["caseload.*.per_year=40"])
    design = Design(name="cut", policies={"paper": Policy(regime="paper")}, **{"schema": SCHEMA})
    folder.write(tmp_path / "cut", ps.compare(flow.under("paper"), replications=1), design)
    written, cases = (pd.read_csv(tmp_path / "cut" / f"{name}.csv") for name in ("event_log", "cases"))
    whole = ps.simulate(flow.under("paper")).table()
    kept = whole[whole["case"].isin(written["case"])]
    assert len(written) == len(kept) < len(whole)
    assert written["case"].min() == int((cases["arrival"] < 365 * 86400).sum())  # the first of the year that counts
    said = json.loads((tmp_path / "cut" / "manifest.json").read_text())["event_log"]
    assert said == {"replication": 1, "paper": f"cases {written['case'].min()} to {written['case'].max()}"}
