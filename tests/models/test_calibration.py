"""The calibration block of the market page: the default office gives the days, hours and effects that it was fitted to.

Nothing here may be widened to pass. A line that fails says where the model and the published numbers part.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import procsim as ps
from procsim.study.experiment import Difference
from procsim.study.measures import Measures
from procsim.study.runs import reduced

REPLICATIONS = 40  # queues near their limit vary much from year to year
REGIMES = ("paper", "electronic", "electronic_reformed")
TOTAL = "notice_to_contract"
# Set by the authors: median calendar days by stage, on paper, electronic by the same rules, electronic and reformed.
STAGES = {
    "1 documents and approval": (19, 15, 12),
    "2 publish": (5, 0.5, 0.5),
    "3 bidding window": (30, 30, 25),
    "4 opening": (1, 0.1, 0.1),
    "5 eligibility": (8, 5.5, 3),
    "6 evaluation": (20, 19, 16),
    "7 approval and notification": (12, 12, 8),
    "8 contract and bonds": (10, 7, 5),
    "9 invoice to payment": (14, 1, 0.2),
}
MEDIANS = {"paper": 86, "electronic": 74.1, "electronic_reformed": 57.6}
PAPER_MEAN = (86.7, 87.7)  # C1
# The nodes that end each stage: the last of them to be complete.
LAST_NODES = (
    ("approve_notice",),
    ("publish",),
    ("bid_window", "answer_questions"),
    ("open_bids",),
    ("check_eligibility", "clarification"),
    ("write_report",),
    ("notify_award",),
    ("sign_contract",),
)


@dataclass(frozen=True)
class Study:
    """All policies on the same luck, and the days by stage of the cases that needed one round."""

    result: ps.Comparison
    measures: list[dict[str, Measures]]
    stages: dict[str, pd.DataFrame]

    def median(self, regime: str, name: str) -> float:
        return float(np.nanmedian(np.concatenate([found[regime].by_case[name] for found in self.measures])))


def difference(study: Study, baseline: str, policy: str, name: str) -> Difference:
    """A policy less a baseline, paired case by case."""
    chosen = {key: study.result.policies[key] for key in (baseline, policy)}
    runs = [reduced({key: found[key] for key in chosen}) for found in study.measures]
    return ps.Comparison(chosen, runs, 1, REPLICATIONS, 1, "fast").difference(policy, name)


@pytest.fixture(scope="module")
def study() -> Study:
    base, unlimited = ps.load("open_tender"), ps.load("open_tender", settings=["role.*=inf"])
    policies = {name: base.under(name) for name in REGIMES}
    policies |= {f"{name}, unlimited staff": unlimited.under(name) for name in ("paper", "electronic")}
    measures: list[dict[str, Measures]] = [{} for _ in range(REPLICATIONS)]
    stages: dict[str, list[pd.DataFrame]] = {name: [] for name in REGIMES}
    for name, workflow in policies.items():
        for replication, found in enumerate(measures, start=1):
            log = ps.simulate(workflow, replication=replication)
            found[name] = ps.measure(ps.totals.of(log), workflow)
            if name in stages:
                stages[name].append(days_by_stage(log, found[name].case))
    result = ps.Comparison(policies, [reduced(found) for found in measures], 1, REPLICATIONS, 1, "fast")
    return Study(result, measures, {name: pd.concat(frames) for name, frames in stages.items()})


def days_by_stage(log: ps.EventLog, cohort: np.ndarray) -> pd.DataFrame:
    """One row for each case of the cohort that was signed in its first round, one column for each stage of B.1."""
    cases = log.case_table().set_index("case")
    done = log.table().groupby(["case", "activity"])["complete"].max().unstack()
    chosen = done.loc[[case for case in cohort if cases.loc[case, "rounds"] == 1 and case in done.index]]
    chosen = chosen[chosen["sign_contract"].notna()]
    ends = [cases.loc[chosen.index, "arrival"], *(chosen[list(nodes)].max(axis=1) for nodes in LAST_NODES)]
    columns = [later - sooner for sooner, later in pairwise(ends)]
    columns.append(chosen["pay"] - chosen["inspection"])
    return pd.DataFrame(dict(zip(STAGES, columns, strict=True))) / 86_400


def test_mean_days_from_notice_to_contract_on_paper(study: Study) -> None:
    mean = study.result.interval("paper", TOTAL).mean
    assert 0.85 * PAPER_MEAN[0] <= mean <= 1.15 * PAPER_MEAN[1]


@pytest.mark.parametrize("regime", REGIMES)
def test_median_days_from_notice_to_contract(study: Study, regime: str) -> None:
    assert study.median(regime, TOTAL) == pytest.approx(MEDIANS[regime], rel=0.15)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("stage", STAGES)
def test_median_days_by_stage(study: Study, stage: str, regime: str) -> None:
    published = STAGES[stage][REGIMES.index(regime)]
    tolerance = max(0.15 * published, 5 if "evaluation" in stage else 3)
    assert len(study.stages[regime]) > 1000
    assert study.stages[regime][stage].median() == pytest.approx(published, abs=tolerance)


@pytest.mark.parametrize("regime", ["paper", "electronic"])
def test_unlimited_staff_saves_at_least_eight_days(study: Study, regime: str) -> None:
    found = difference(study, f"{regime}, unlimited staff", regime, TOTAL).interval
    assert found.mean >= 8
    assert found.low > 0


def test_no_role_is_busier_than_85_percent_on_paper(study: Study) -> None:
    names = [name for name in study.result.names() if name.startswith("utilisation.")]
    busy = {name: study.result.interval("paper", name).mean for name in names}
    assert len(busy) == 8
    assert {name: round(share, 3) for name, share in busy.items() if share > 0.85} == {}


def test_the_same_rules_save_far_fewer_days_than_reformed_ones(study: Study) -> None:
    same, reformed = (difference(study, "paper", regime, TOTAL).interval for regime in REGIMES[1:])
    assert reformed.high < 0
    assert abs(same.mean) < abs(reformed.mean) / 2


def test_no_regime_is_unstable(study: Study) -> None:
    assert study.result.unstable() == {}


def test_in_a_thin_market_the_price_does_not_move_at_all() -> None:
    thin = ps.load("open_tender", settings=["market.pool=1"])
    result = ps.compare(*thin.regimes("paper", "electronic"), replications=5)
    found = result.difference("electronic", "price_to_estimate")
    assert found.paired > 500
    assert found.ties
    assert (found.interval.mean, found.interval.low, found.interval.high) == (0, 0, 0)
