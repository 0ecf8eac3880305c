"""The totals of a log, against the rows counted one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from workflows import Block, heads, task, timer, tiny

import procsim as ps
from procsim.engine.totals import CAUSES, Totals, of
from procsim.procurement.schema import MILESTONES, Bidding, Timer


@pytest.fixture(scope="module", params=["paper", "hybrid", "electronic"])
def run(request: pytest.FixtureRequest) -> tuple[ps.Workflow, ps.EventLog, Totals]:
    flow = ps.load("large_tender", "KOR", settings=["caseload.standard.per_year=30"]).under(request.param)
    log = ps.simulate(flow)
    return flow, log, of(log)


def rows_of(log: ps.EventLog, case: int) -> list[dict[str, Any]]:
    """The rows of a case, each with the index of its node."""
    index = [row for row, found in enumerate(log.events["case"].tolist()) if found == case]
    return [{name: int(column[row]) for name, column in log.events.items()} for row in index]


def node_of(flow: ps.Workflow, log: ps.EventLog, row: dict[str, Any]) -> Any:
    variant = flow.variants[log.cases.variant[row["case"]]].spec
    return variant.nodes[log.plan.activities[row["activity"]]]


def waits_of(flow: ps.Workflow, log: ps.EventLog, row: dict[str, Any]) -> dict[str, int]:
    """The causes of a row's length, second by second of what the calendar says."""
    node, length = node_of(flow, log, row), row["complete"] - row["enabled"]
    if isinstance(node, (Timer, Bidding)):
        return {"supplier" if getattr(node, "cause", "rule") == "supplier" else "rule": length}
    hours = log.plan.calendars[log.plan.nodes.calendar[log.cases.variant[row["case"]], row["activity"]]]
    queue = hours.worked(row["start"]) - hours.worked(row["enabled"])
    return {
        "work": row["worked"],
        "queue": queue,
        "closed": length - row["worked"] - queue,
        "handover": row["enabled"] - row["released"],
    }


def test_the_columns_of_each_case_are_its_rows_counted_one_by_one(
    run: tuple[ps.Workflow, ps.EventLog, Totals],
) -> None:
    flow, log, found = run
    assert len(found.case) > 20
    for place, case in enumerate(found.case.tolist()):
        rows = rows_of(log, case)
        steps = [(row, node_of(flow, log, row)) for row in rows]
        contract = max((row["complete"] for row, node in steps if node.milestone == "contract"), default=-1)
        waits, labour = Counter[str](), Counter[str]()
        for row, node in steps:
            waits.update(waits_of(flow, log, row) if row["complete"] <= contract else {})
            labour.update({role: row["worked"] * number for role, number in getattr(node, "staff", {}).items()})
        assert found.waits[place].tolist() == [waits[cause] for cause in CAUSES]
        assert found.labour[place].tolist() == [labour[role] for role in log.plan.roles]
        met = flow.variants[log.cases.variant[case]]
        recorded = [log.plan.activities[row["activity"]] in met.recorded for row in rows]
        online = [isinstance(node, Bidding) and met.spec.market[""].submission == "portal" for _, node in steps]
        assert (found.steps[place], found.recorded[place]) == (len(rows), sum(recorded))
        assert found.online[place] == sum(online)
        assert found.window[place] == next(
            (row["complete"] - row["released"] for row, node in reversed(steps) if isinstance(node, Bidding)), -1
        )
        for name in MILESTONES:
            last = max((row["complete"] for row, node in steps if node.milestone == name), default=-1)
            assert found.milestone(name)[place] == last


def test_the_stages_hold_what_the_cases_waited(run: tuple[ps.Workflow, ps.EventLog, Totals]) -> None:
    found = run[2]
    assert found.stages.sum(axis=0).tolist() == found.waits.sum(axis=0).tolist()
    assert found.stages.sum() > 0


def test_a_period_is_told_by_the_last_completions_of_its_steps() -> None:
    again: Block = {"kind": "exclusive", "branches": [{"to": "a", "probability": 1, "at_most": 2, "then": "b"}]}
    again["branches"].append({"to": "b"})
    nodes = {"a": timer("5 s", "again"), "again": again, "b": timer("7 s", "c"), "c": timer("1 s")}
    found = of(ps.simulate(ps.load(tiny(nodes, deadlines={"d": {"start": "a", "end": "b", "within": "1 h"}}))))
    assert found.plan.marks == (*MILESTONES, "a", "b")
    assert (found.completed("a").tolist(), found.completed("b").tolist()) == ([10], [17])
    assert (found.marks[:, : len(MILESTONES)] == -1).all()


def test_of_two_biddings_that_close_at_one_second_the_later_counts() -> None:
    """The log has them in the order of their nodes."""
    market = {"notice": "press", "awareness_mean": 2, "awareness_shape": 1, "awareness_multiplier": 1}
    market |= {"entry_spread": 1, "cost_spread": 0.3, "wage": "0 USD", "valid_share": 1, "bids": 4}
    nodes = {"again": {**timer("0 s"), "kind": "bidding"}, "once": {**timer("9 s", "again"), "kind": "bidding"}}
    found = of(ps.simulate(ps.load({**tiny(nodes, market=market), "start": "once"})))
    assert found.window.tolist() == [0]


def test_what_cases_before_the_cohort_leave_over_keeps_people_busy_and_is_in_hand() -> None:
    caseload = {"case": {"per_year": 40}}
    log = ps.simulate(ps.load(tiny({"a": task("200 d", clerk=2)}, {"clerk": heads("inf")}, caseload=caseload)))
    found, (first, last) = of(log), log.plan.cohort
    spans = [(row["start"], min(row["complete"], last)) for _, row in log.table().iterrows()]
    seconds = [max(high - max(low, first), 0) for low, high in spans]
    assert len(found.case) < np.count_nonzero(seconds)
    assert found.busy.tolist() == [2 * sum(seconds)]
    assert found.in_hand[0] == sum(seconds)  # a case is one task


def test_too_many_nodes_that_deadlines_refer_to_are_refused() -> None:
    nodes = {f"t{i}": timer("1 s", f"t{i + 1}" if i < 59 else "end") for i in range(60)}
    deadlines = {f"d{i}": {"start": f"t{i}", "end": f"t{i + 1}", "within": "1 h"} for i in range(59)}
    with pytest.raises(ps.ModelError, match=r"tiny: deadlines refer to 60 nodes. At most 56 are allowed."):
        ps.simulate(ps.load(tiny(nodes, deadlines=deadlines)))
