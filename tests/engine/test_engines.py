"""The engines by name: which one runs, what is said where the fast one is not there, and that both say the same."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from agreed import same
from command import Procsim

import procsim as ps
from procsim.engine import compiler, engines, native
from procsim.present import folder

BOTH = ("fast", "reference")


@pytest.fixture(scope="module")
def fast() -> None:
    if not native.available():
        pytest.skip("no kernel was compiled here")


@pytest.fixture
def no_fast(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(native, "LIBRARY", tmp_path / "kernel.so")


@pytest.mark.parametrize(("asked", "chosen"), [("auto", "fast"), ("fast", "fast"), ("reference", "reference")])
def test_auto_is_the_fast_engine_where_it_is_there(fast: None, asked: str, chosen: str) -> None:
    assert engines.choose(asked).name == chosen


@pytest.mark.parametrize("asked", ["auto", "reference"])
def test_the_reference_runs_where_the_fast_engine_is_not_there(no_fast: None, asked: str) -> None:
    assert engines.choose(asked).name == "reference"
    assert ps.compare(ps.load("quotation", "BRN"), replications=1, engine=asked).engine == "reference"


def test_the_fast_engine_is_not_replaced_in_silence(no_fast: None) -> None:
    for ask in (ps.simulate, ps.compare):
        with pytest.raises(ps.ModelError, match=r"^engine fast: it is not there\. To get it, run 'make kernel'"):
            ask(ps.load("quotation", "BRN"), engine="fast")


def test_an_engine_of_another_name_is_refused() -> None:
    with pytest.raises(ps.ModelError, match=r"^engine: there is no engine 'fats'\. Did you mean 'fast'\?"):
        ps.compare(ps.load("quotation", "BRN"), engine="fats")


# -- both say the same -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def policies() -> tuple[ps.Workflow, ...]:
    flow = ps.load("large_tender", "KOR", settings=["caseload.standard.per_year=30"])
    return flow.regimes("paper", "hybrid", "electronic_reformed")


@pytest.fixture(scope="module")
def expected(policies: tuple[ps.Workflow, ...]) -> ps.Comparison:
    return ps.compare(*policies, replications=5, seed=7, engine="reference")


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_comparison_is_the_same_to_the_last_bit_on_any_engine_and_workers(
    fast: None, policies: tuple[ps.Workflow, ...], expected: ps.Comparison, engine: str, workers: int
) -> None:
    found = ps.compare(*policies, replications=5, seed=7, engine=engine, workers=workers)
    assert found.engine == engine
    pd.testing.assert_frame_equal(found.table(), expected.table(), check_exact=True)
    pd.testing.assert_frame_equal(folder.stage_table(found), folder.stage_table(expected), check_exact=True)
    for name in ("cycle_time", "buyer_hours"):
        assert np.array_equal(found.values("hybrid", name), expected.values("hybrid", name), equal_nan=True)
    told, told_before = folder.to_json(found), folder.to_json(expected)
    assert told["manifest"].pop("engine") == engine
    assert told_before["manifest"].pop("engine") == "reference"
    assert told == told_before


def test_the_logs_are_the_same(fast: None, policies: tuple[ps.Workflow, ...]) -> None:
    for policy in policies:
        same(*(ps.simulate(policy, seed=7, replication=3, engine=engine) for engine in BOTH))


@pytest.mark.parametrize("workers", [1, 2])
def test_replications_come_in_order_and_only_those_that_are_wanted_are_run(fast: None, workers: int) -> None:
    plans = [compiler.make(flow) for flow in ps.load("quotation", "BRN").regimes("paper", "electronic")]
    endless = engines.choose("fast").replicate(plans, range(1, 10**15), workers, tuple)
    found = list(islice(endless, 20))
    endless.close()
    assert [[own.replication for own in both] for both in found] == [[number] * 2 for number in range(1, 21)]
    assert all([own.plan for own in both] == plans for both in found)


# -- and it is said which one ran --------------------------------------------------------------------------------------

RUN = ("run", "BRN", "quotation", "paper")


@pytest.mark.parametrize("engine", BOTH)
def test_a_run_says_which_engine_ran(fast: None, procsim: Procsim, engine: str) -> None:
    assert f"Engine: {engine}.\n" in procsim(*RUN, "--engine", engine).out


@pytest.mark.parametrize("engine", BOTH)
def test_a_comparison_says_it_in_the_terminal_the_report_the_manifest_and_the_json(
    fast: None, procsim: Procsim, tmp_path: Path, engine: str
) -> None:
    out, json = tmp_path / "out", tmp_path / "answer.json"
    words = ("compare", "BRN", "quotation", "--replications", 1, "--regimes", "paper", "--out", out, "--json", json)
    told = procsim(*words, "--engine", engine)
    assert f"\nEngine: {engine}.\nReport: " in told.out
    assert f"Engine: {engine}.</p>" in (out / "report.html").read_text()
    for file in (out / "manifest.json", json):
        assert f'"engine": "{engine}"' in file.read_text()


def test_where_the_fast_engine_is_not_there_one_line_says_how_to_get_it(no_fast: None, procsim: Procsim) -> None:
    (line,) = [line for line in procsim(*RUN).out.splitlines() if line.startswith("Engine: ")]
    assert line.startswith("Engine: reference. The fast one, which gives the same numbers sooner, is not there.")
    assert "make kernel" in line
    told = procsim(*RUN, "--engine", "fast")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("engine fast: it is not there. To get it, run 'make kernel'")
