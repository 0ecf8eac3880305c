"""Acceptance cases 1 to 3: what queueing theory says in closed form, inside 99.9 % intervals over replications."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from offices import Block, office, people, task, timer
from scipy import stats

import procsim as ps

YEAR = 365 * 86_400
UNIT = 10 * 3600  # seconds: the unit of time of the closed forms, long enough for whole seconds not to matter
EXPONENTIAL: Block = {"value": f"{UNIT} s", "distribution": "exponential"}


def assert_inside(values: Sequence[float], truth: float) -> None:
    """The 99.9 % interval of the mean holds the truth, and is narrow enough to mean something (15 % of it)."""
    half = stats.t.ppf(0.9995, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    assert np.mean(values) == pytest.approx(truth, abs=half)
    assert half < 0.15 * truth


def cohorts(workflow: ps.Workflow, replications: int, years: int) -> list[pd.DataFrame]:
    """One row for each case that arrived after the warm-up, its wait and its time in the system in UNITs."""
    frames = []
    for replication in range(1, replications + 1):
        log = ps.simulate(workflow, seed=2024, replication=replication, years=years)
        cases = log.case_table().merge(log.table()[["case", "enabled", "start"]], on="case")
        cases = cases[(cases["arrival"] >= YEAR) & (cases["arrival"] < (1 + years) * YEAR)]
        wait, stay = cases["start"] - cases["enabled"], cases["ended"] - cases["arrival"]
        frames.append(cases.assign(wait=wait / UNIT, stay=stay / UNIT))
    return frames


@pytest.fixture(scope="module")
def three_servers() -> ps.Workflow:
    caseload = {"case": {"interval": f"{UNIT // 2} s"}}
    return office({"serve": task(EXPONENTIAL)}, {"clerk": people(3)}, caseload=caseload)


@pytest.fixture(scope="module")
def mm3(three_servers: ps.Workflow) -> list[pd.DataFrame]:
    return cohorts(three_servers, replications=10, years=10)


def test_01_mm3_probability_of_waiting_is_four_ninths(mm3: list[pd.DataFrame]) -> None:
    assert_inside([(run["wait"] > 0).mean() for run in mm3], 4 / 9)


def test_01_mm3_mean_wait_is_four_ninths_of_an_hour(mm3: list[pd.DataFrame]) -> None:
    assert_inside([run["wait"].mean() for run in mm3], 4 / 9)


def test_01_mm3_mean_time_in_system_is_thirteen_ninths_of_an_hour(mm3: list[pd.DataFrame]) -> None:
    assert_inside([run["stay"].mean() for run in mm3], 13 / 9)


def test_01_mm3_utilisation_is_two_thirds(three_servers: ps.Workflow) -> None:
    logs = [ps.simulate(three_servers, replication=replication, years=2) for replication in range(1, 16)]
    assert_inside([ps.measure(ps.totals.of(log), three_servers).office["utilisation.clerk"] for log in logs], 2 / 3)


@pytest.fixture(scope="module")
def two_classes() -> list[pd.DataFrame]:
    caseload = {
        "high": {"interval": f"{UNIT * 5} s", "priority": 0},
        "low": {"interval": f"{UNIT * 5 // 3} s", "priority": 1},
    }
    return cohorts(office({"serve": task(EXPONENTIAL)}, {"clerk": people()}, caseload=caseload), 10, 20)


@pytest.mark.parametrize(("name", "stay"), [("high", 2.0), ("low", 6.0)])
def test_02_mm1_with_two_classes(two_classes: list[pd.DataFrame], name: str, stay: float) -> None:
    assert_inside([run.loc[run["class"] == name, "stay"].mean() for run in two_classes], stay)


def reworked(at_most: int) -> list[float]:
    """Mean days of 1,000 cases in each of 12 replications: rework, then side by side, then a choice."""
    nodes = {
        "draft": timer("1 d", "again"),
        "again": {
            "kind": "exclusive",
            "branches": [{"to": "draft", "probability": 0.2, "at_most": at_most, "then": "split"}, {"to": "split"}],
        },
        "split": {"kind": "parallel", "branches": ["short", "long"], "join": "met"},
        "short": task("1 d", "met"),
        "long": task("3 d", "met"),
        "met": {"kind": "join", "next": "review"},
        "review": task("3 d", "choose"),
        "choose": {"kind": "exclusive", "branches": [{"to": "easy", "probability": 0.6}, {"to": "hard"}]},
        "easy": task("1 d"),
        "hard": task("2 d"),
    }
    workflow = office(nodes, {"clerk": people("inf")}, arrivals=[0] * 1000)
    logs = (ps.simulate(workflow, replication=replication) for replication in range(1, 13))
    return [float(log.case_table()["ended"].mean()) / 86_400 for log in logs]


def test_03_rework_parallel_and_choice_take_8_65_days_in_the_mean() -> None:
    assert_inside(reworked(at_most=50), 1 / (1 - 0.2) + max(1, 3) + 3 + (0.6 * 1 + 0.4 * 2))


def test_03_rework_bounded_at_three_visits_has_the_factor_1_24() -> None:
    factor = (1 - 0.2**3) / (1 - 0.2)
    assert factor == pytest.approx(1.24)
    assert_inside(reworked(at_most=3), factor + max(1, 3) + 3 + (0.6 * 1 + 0.4 * 2))
