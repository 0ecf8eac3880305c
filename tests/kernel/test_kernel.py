"""The kernel on whole models, and on plans that no compiler would make: it runs them all, or says why not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import procsim as ps
from procsim.engine import compiler, native, reference, totals
from procsim.engine.plan import Integers, Plan
from procsim.procurement.calendars import Calendar
from procsim.procurement.library import shipped

pytestmark = pytest.mark.skipif(not native.available(), reason="the kernel is not compiled here")
WORKFLOWS = sorted(file.stem for file in (shipped() / "workflows").glob("*.yaml"))


@pytest.mark.parametrize("regime", ["paper", "electronic"])
@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_comes_to_the_same_with_and_without_its_log(name: str, regime: str) -> None:
    plan = compiler.make(ps.load(name, "KOR").under(regime))
    logged, (summed,) = totals.of(native.simulate(plan, 3)), native.totals(plan, [3])
    for field in fields(totals.Totals):
        if field.name not in ("plan", "outcome", "replication"):
            np.testing.assert_array_equal(getattr(logged, field.name), getattr(summed, field.name), field.name)


PLAN = compiler.make(ps.load("quotation"))
BEYOND = np.int64(10**6)
NO_NODES: dict[str, Integers] = {
    "kind": PLAN.nodes.kind + BEYOND,
    "fixed": PLAN.nodes.fixed - 1,
    "per_bid": PLAN.nodes.per_bid + 2**31,
    "wait": PLAN.nodes.wait - 1,
    "stage": PLAN.nodes.stage + BEYOND,
    "marks": PLAN.nodes.marks + 2**40,
    "market": PLAN.nodes.market + BEYOND,
    "next": PLAN.nodes.next + BEYOND,
    "branch_to": PLAN.nodes.branch_to + BEYOND,
    "branch_then": PLAN.nodes.branch_then + BEYOND,
    "branch_bound": PLAN.nodes.branch_bound - 2**62 - 1,
    "staff_heads": PLAN.nodes.staff_heads + 2**18,
}
NO_PLANS: dict[str, Any] = {
    "horizon": 2**31 - 1,
    "cohort": (5, 4),
    "heads": PLAN.heads - BEYOND,
    "starts": PLAN.starts + len(PLAN.activities),
    "working_days": PLAN.working_days + 2**21,
    "calendars": tuple(Calendar(hours.closes, hours.opens, hours.whole) for hours in PLAN.calendars),
    "laws": tuple(replace(law, value=2**62) for law in PLAN.laws),
    "tables": tuple(-table for table in PLAN.tables),
}


def refused(plan: Plan) -> None:
    with pytest.raises(ps.ModelError, match="the plan cannot be run by the fast engine"):
        native.simulate(plan, 1)


@pytest.mark.parametrize("name", NO_NODES)
def test_nodes_that_lead_astray_are_refused(name: str) -> None:
    refused(replace(PLAN, nodes=replace(PLAN.nodes, **{name: NO_NODES[name]})))


@pytest.mark.parametrize("name", NO_PLANS)
def test_a_plan_that_leads_astray_is_refused(name: str) -> None:
    refused(replace(PLAN, **{name: NO_PLANS[name]}))


def test_a_first_working_day_that_comes_late() -> None:
    late = replace(PLAN, working_days=PLAN.working_days[PLAN.working_days >= 20])
    ours, theirs = native.simulate(late, 1), reference.simulate(late, 1)
    for name, column in theirs.events.items():
        np.testing.assert_array_equal(ours.events[name], column, name)
