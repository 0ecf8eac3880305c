"""What the native engine refuses, and what it says; the reference refuses the same where it can come to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workflows import Block, heads, task, timer, tiny

import procsim as ps
from procsim.engine import compiler, image, native, reference
from procsim.engine.plan import VISIT_LIMIT, Plan

compiled = pytest.mark.skipif(not native.available(), reason="the kernel is not compiled here: make kernel")
BAD_PLAN = "the plan cannot be run by the fast engine. Use --engine reference, and tell us."
VISITS = "a case comes to one node more than 65,535 times. Lower at_most in its loops."
SECONDS = "a task, or a role's or bidder's labour on one case, takes more than 68 years. Lower the efforts or the bids."
CASES = "more than 5000000 cases in one replication. Lower per_year or --years."
ENDLESS = "a case goes round for ever without any time passing. Put a task or a timer into the loop."


def plan_of(nodes: Block, **options: Any) -> Plan:
    return compiler.make(ps.load(tiny(nodes, {"clerk": heads()}, **options)))


def refusal(run: Callable[[Plan, int], Any], plan: Plan) -> str:
    with pytest.raises(ps.ModelError) as caught:
        run(plan, 1)
    return str(caught.value)


def going_round(times: int, steps: int = 1, each: str = "1 s") -> Plan:
    """A plan of so many visits to each step, which no file can ask for."""
    names = [f"step_{number}" for number in range(steps)]
    again = {"to": names[0], "below": 1, "at_most": 2, "then": "end"}
    nodes: Block = {name: timer(each, next) for name, next in zip(names, [*names[1:], "again"], strict=True)}
    nodes["again"] = {"kind": "exclusive", "by": "value", "branches": [again, {"to": "end"}]}
    plan = plan_of(nodes)
    at_most = np.where(plan.nodes.branch_at_most == 2, times, plan.nodes.branch_at_most)
    return replace(plan, nodes=replace(plan.nodes, branch_at_most=at_most))


# -- visits ------------------------------------------------------------------------------------------------------------


@compiled
def test_the_most_visits_are_counted_and_one_more_is_refused() -> None:
    log = native.simulate(going_round(VISIT_LIMIT), 1)
    assert np.array_equal(log.events["visit"], np.arange(VISIT_LIMIT))
    assert refusal(native.simulate, going_round(VISIT_LIMIT + 1)) == VISITS
    assert refusal(lambda plan, number: [*native.totals(plan, [number])], going_round(10**6)) == VISITS


def test_the_reference_refuses_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "VISIT_LIMIT", 20)  # as many as the native engine takes would be a minute's work
    assert len(reference.simulate(going_round(20), 1).events["case"]) == 20
    assert refusal(reference.simulate, going_round(21)) == VISITS


@compiled
def test_a_loop_without_time_is_refused() -> None:
    assert refusal(native.simulate, going_round(VISIT_LIMIT, steps=20, each="0 s")) == ENDLESS


# -- sizes -------------------------------------------------------------------------------------------------------------


@compiled
def test_labour_of_a_century_is_refused() -> None:
    market = {"notice": "press", "awareness_mean": 2, "awareness_shape": 1, "awareness_multiplier": 1}
    market |= {"entry_spread": 1, "cost_spread": 0.3, "wage": "0 USD", "valid_share": 1, "bids": 4}
    bidding = {"kind": "bidding", "duration": "1 d", "next": "read"}
    plan = plan_of({"bid": bidding, "read": task({"value": "1 h", "per_bid": "1 h"})}, market=market)
    plan.nodes.per_bid[plan.nodes.per_bid > 0] *= 24 * 10_000  # the compiler refuses that
    assert refusal(native.simulate, plan) == SECONDS


@compiled
def test_more_cases_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of({"wait": timer("1 s")}, arrivals=range(21))
    assert len(native.simulate(plan, 1).cases) == 21
    monkeypatch.setattr(image, "CASE_LIMIT", 20)  # the real number would take a gigabyte
    assert refusal(native.simulate, plan) == CASES


# -- what no compiler makes --------------------------------------------------------------------------------------------

NODE = {
    "kind": 0,
    "fixed": 1,
    "effort_table": 4,
    "wait": 5,
    "slot": 10,
    "next": 11,
    "demand": 12,
    "stage": 13,
    "marks": 15,
}


def doctored(plan: Plan, section: str, at: int, value: int) -> np.ndarray:
    """The image of a plan with another word in one of its sections."""
    found = image.image(plan)
    begins = found[1 + 2 * image.SECTIONS.index(section)]
    found[begins + at] = value
    return found


def refusal_of(found: np.ndarray, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(native, "image", lambda _: found)
    return refusal(native.simulate, plan)


@compiled
@pytest.mark.parametrize("value", [-5, 2**41, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("field", NODE)
def test_a_node_beyond_its_bounds_is_refused(field: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of({"work": task("1 h")})
    assert refusal_of(doctored(plan, "nodes", NODE[field], value), plan, monkeypatch) == BAD_PLAN


@compiled
@pytest.mark.parametrize("value", [-5, 2**41, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("section", ["roles", "team_roles", "teams", "opens", "starts", "ranks", "laws", "outages"])
def test_a_plan_beyond_its_bounds_is_refused(section: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of({"work": task("1 h")}, portal={"outages": [["1 d", "1 h"]]})
    assert refusal_of(doctored(plan, section, 0, value), plan, monkeypatch) == BAD_PLAN


@compiled
def test_an_image_cut_short_or_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of({"work": task("1 h")})
    found = image.image(plan)
    for wrong in (found[:0], found[:10], found[:-1], np.append(0, found)):
        assert refusal_of(wrong.copy(), plan, monkeypatch) == BAD_PLAN


def test_without_a_library_for_this_system_it_is_not_available(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(native, "LIBRARY", tmp_path / "kernel.so")
    native._library.cache_clear()
    assert not native.available()
    (tmp_path / "kernel.so").write_bytes(b"for another one")
    assert not native.available()
