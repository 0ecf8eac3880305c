"""Every workflow runs in every country, profile and regime, with few cases, and the same on both engines."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest
from agreement import assert_agrees_with

import procsim as ps
from procsim.engine import compiler, native, reference
from procsim.procurement.library import shipped
from procsim.procurement.packs import DEFAULT, country_codes
from procsim.procurement.profiles import PROFILES

WORKFLOWS = (
    *("open_tender", "price_only_tender", "large_tender", "quotation", "direct_purchase", "catalogue_order"),
    "office",
)
EVERYWHERE = sorted(set(country_codes([shipped()])) - {DEFAULT})
COUNTRIES = EVERYWHERE if os.environ.get("PROCSIM_TEST_SIZE") == "large" else ["KOR", "BRN", "BGD"]
REGIMES = ("paper", "hybrid", "electronic", "electronic_reformed")
HALFWAY = "hybrid:adoption.*=0.5"


@pytest.mark.parametrize(("name", "country", "profile"), list(product(WORKFLOWS, COUNTRIES, PROFILES)))
def test_it_runs_under_every_regime(name: str, country: str, profile: str) -> None:
    few = "caseload.*.per_year=250" if name == "office" else "caseload.*.per_year=40"
    flow = ps.load(name, country, profile, [few, HALFWAY])
    for regime in REGIMES:
        policy = flow.under(regime)
        log = reference.simulate(compiler.make(policy), 1)
        if native.available():
            assert_agrees_with(log)
        cohort = (log.cases.arrival >= log.plan.cohort[0]) & (log.cases.arrival < log.plan.cohort[1])
        assert cohort.sum() > 20
        ended = log.outcome["ended"][cohort]
        assert (ended >= 0).all(), f"{regime}: {np.sum(ended < 0)} cases still open"
        events = log.events
        assert (events["released"] <= events["enabled"]).all()
        assert (events["enabled"] <= events["start"]).all()
        assert (events["start"] <= events["complete"]).all()
        assert len(policy.variants) == (2 if regime == "hybrid" else 1)
        assert policy.reforms or regime == "paper"
        measured = ps.measure(ps.totals.of(log), policy)
        assert np.nanmin(measured.by_case["cycle_time"]) > 0
        assert (np.nan_to_num(measured.by_case["buyer_hours"], nan=1) > 0).all()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_regime_changes_it_in_the_default_country_of_today(name: str) -> None:
    flow = ps.load(name, profile="latest")
    assert all(flow.under(regime).reforms for regime in REGIMES[1:])


@pytest.mark.parametrize(("country", "profile"), list(product(EVERYWHERE, PROFILES)))
def test_every_country_compares(country: str, profile: str) -> None:
    flow = ps.load("open_tender", country, profile, ["caseload.*.per_year=40"])
    found = ps.compare(*flow.regimes(*REGIMES[::2]), replications=1)
    for policy in found.policies:
        assert 20 < found.interval(policy, "cycle_time").mean < 400
        assert 0.5 < found.interval(policy, "price_to_estimate").mean < 1.2
