"""What is too much for the engines is told before anything runs: place, value and remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from workflows import Block, heads, task, timer, tiny

import procsim as ps
from procsim.engine import compiler
from procsim.engine.plan import CASE_LIMIT, NODE_LIMIT
from procsim.procurement.caselist import CaseList
from procsim.procurement.parameters import YEAR

CLERK = {"clerk": heads("inf")}
MARKET = {
    **{"notice": "press", "awareness_mean": 2, "awareness_shape": 1, "awareness_multiplier": 1, "entry_spread": 1},
    **{"cost_spread": 0.3, "wage": "0 USD", "valid_share": 1, "bids": 400},
}
WINDOW = {**timer("1 d", "work"), "kind": "bidding", "bidder": {"offer": "1 h"}}
ONE_A_YEAR = {"case": {"per_year": 1}}


def told(data: Block, cases: CaseList | None = None, years: int = 1) -> str:
    """All that a user is told of these data, or of a run of so many years."""
    with pytest.raises(ps.ModelError) as caught:
        compiler.make(ps.load(data, cases=cases), years=years)
    return str(caught.value)


def of_cases(**case: Any) -> Block:
    return tiny({"work": task("1 h")}, CLERK, caseload={"case": case})


def of_bids(work: Block, **window: Any) -> Block:
    return tiny({"window": WINDOW | window, "work": work}, CLERK, caseload=ONE_A_YEAR, market=MARKET)


def of_one(days: float, value: float = 1) -> CaseList:
    """A real case of a value, with a window of so many days."""
    published, none = np.array(["2020-03-02T09:00:00"], dtype="datetime64[s]"), np.full(1, np.nan)
    return CaseList("real.json", published, np.full(1, value), "USD", ("",), ("",), np.full(1, days), none, ())


def test_more_years_than_can_be_counted() -> None:
    flow = of_cases(per_year=1)
    assert told(flow, years=66) == "--years 66: a run would last 69 years; at most 68 fit. Lower it."
    assert compiler.make(ps.load(flow), years=65).horizon == 68 * YEAR < 2**31


def test_a_case_that_comes_too_late() -> None:
    what = "caseload: the last case comes so late that a run would last 70 years; at most 68 fit. Let it come earlier."
    assert told(of_cases(arrivals=[f"{67 * 365} d"])) == what


def test_more_cases_than_can_be_numbered() -> None:
    classes = {name: {"per_year": 650_000} for name in ("a", "b")}
    flow = tiny({"work": task("1 h")}, CLERK, caseload=classes)
    what = "tiny.yaml, caseload: up to 5,232,280 cases in one replication; at most 5,000,000 fit."
    assert told(flow) == f"{what} Lower per_year or --years."
    few = compiler.make(ps.load(tiny({"work": task("1 h")}, CLERK, caseload={"a": {"per_year": 1_000_000}})))
    assert sum(few.most(law.arrivals) for law in few.laws) <= CASE_LIMIT


def test_cases_that_come_too_rarely() -> None:
    what = "case: so few cases with so high a peak cannot be drawn. Raise 'per_year', or lower 'peak_factor'."
    assert what in told(of_cases(per_year=0.01, peak_months=[*range(1, 12)], peak_factor=100))


def test_more_nodes_than_there_is_room_for() -> None:
    chain = {f"n{at}": timer("1 h", f"n{at + 1}" if at + 1 < NODE_LIMIT else "end") for at in range(NODE_LIMIT)}
    assert told(tiny(chain, caseload=ONE_A_YEAR)) == "tiny: 4097 nodes. At most 4096 are allowed."


def test_more_people_on_a_task_than_can_be_counted() -> None:
    what = "nodes > work > staff > clerk: 262,145 people on one task. At most 262,144 are allowed."
    assert what in told(tiny({"work": task("1 h", clerk=2**18 + 1)}, CLERK))


def test_an_effort_that_grows_beyond_68_years_with_the_bids() -> None:
    work = task({"value": "1 h", "per_bid": "100 d", "per_valid_bid": "60 d"})
    what = "nodes > work > effort: with 400 bids it is more than 68 years. Lower 'per_bid' or 'per_valid_bid'."
    assert what in told(of_bids(work))


def test_labour_of_suppliers_beyond_68_years() -> None:
    what = "nodes > window > bidder: the times come to more than 68 years. Lower them."
    assert what in told(of_bids(task("1 h"), bidder={"write": "20000 d", "carry": "20000 d"}))


def test_a_class_of_too_low_a_priority() -> None:
    assert "caseload > case > priority: 101 is too large. Write 100 or less." in told(
        of_cases(per_year=1, priority=101)
    )


@pytest.mark.parametrize(("days", "shown"), [(-1, "-1"), (30_000, "30,000")])
def test_a_real_window_that_cannot_be_meant(days: int, shown: str) -> None:
    what = f"real.json: a tender period of {shown} days is below 0, or more than 68 years. Correct it."
    assert told(of_bids(task("1 h")), of_one(days)) == what


def test_a_real_value_that_cannot_be_meant() -> None:
    what = "real.json: a value of 1e+30 USD is too large. Write 1000000000000000 or less."
    assert told(of_bids(task("1 h")), of_one(21, 1e30)) == what


def test_a_real_window_that_a_rule_would_stretch_too_far() -> None:
    flow = ps.load(of_bids(task("1 h"), duration="1 s"), cases=of_one(21), settings=["electronic:window.duration=1 d"])
    with pytest.raises(ps.ModelError) as caught:
        compiler.make(flow.under("electronic"))
    what = "nodes > window > duration: 86,400 times the window on paper, as those of real cases would be. At most 2,000"
    assert what in str(caught.value)


def test_a_bound_in_a_currency_worth_next_to_nothing() -> None:
    gate = {"kind": "exclusive", "by": "value", "branches": [{"to": "work", "below": "1e15 KRW"}, {"to": "end"}]}
    flow = tiny({"gate": gate, "work": task("1 h")}, CLERK)
    plan = compiler.make(ps.load(flow, "KOR", settings=["macro.exchange_rate=0.000001"]))
    assert plan.nodes.branch_bound[0] == 2**62
