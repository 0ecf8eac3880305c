"""What must hold of every log, whatever the workflow; and the same log from an oracle that counts the seconds."""

from __future__ import annotations

import pytest
from agreed import agreed
from hypothesis import given, settings
from invariants import INVARIANTS, Run
from oracle import assert_equal_to_oracle
from profiles import LARGE, PROFILE
from workflows import Block, certain, chancy, heads, task, tiny

import procsim as ps


@settings(PROFILE, max_examples=3000 if LARGE else 150)
@given(chancy())
def test_every_log_keeps_the_invariants(drawn: tuple[Block, str]) -> None:
    data, country = drawn
    workflow = ps.load(data, country=country)
    run = Run(workflow, agreed(workflow))
    for invariant in INVARIANTS:
        invariant(run)


@settings(PROFILE, max_examples=1000 if LARGE else 40)
@given(chancy())
def test_the_same_seed_gives_the_same_log(drawn: tuple[Block, str]) -> None:
    workflow = ps.load(drawn[0], country=drawn[1])
    once, again = ps.simulate(workflow, seed=3), ps.simulate(workflow, seed=3)
    for name in ("table", "assignments", "case_table"):
        assert getattr(once, name)().equals(getattr(again, name)())


DRAWN = {
    "work": task({"value": "1 h", "distribution": "exponential"}),
    "handover": task("1 h", handover={"value": "1 h", "distribution": "lognormal", "cv": 1}),
    "wait": {"kind": "timer", "duration": {"value": "1 d", "distribution": "exponential"}, "next": "end"},
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("other", [{"seed": 4}, {"replication": 2}])
def test_another_seed_or_replication_gives_other_times(name: str, other: dict[str, int]) -> None:
    workflow = ps.load(tiny({name: DRAWN[name]}, {"clerk": heads("inf")}, arrivals=range(20)))
    base = {"seed": 3, "replication": 1}
    once, again = ps.simulate(workflow, **base).table(), ps.simulate(workflow, **(base | other)).table()
    assert (once["complete"] != again["complete"]).sum() > 15


@settings(PROFILE, max_examples=5000 if LARGE else 250)
@given(certain())
def test_both_engines_equal_an_oracle_that_counts_the_seconds(data: Block) -> None:
    assert_equal_to_oracle(ps.load(data))


CLAIMS = tiny(
    {"which": {"kind": "exclusive", "by": "value", "branches": [{"to": "small", "below": 1}, {"to": "committee"}]}}
    | {"small": task("7 s", evaluator=1), "committee": task("5 s", evaluator=3, lawyer=1)},
    {"evaluator": heads(3, "evaluators"), "lawyer": heads(1, "lawyers")},
    calendars={
        "evaluators": {"intervals": [[0, 30], [35, 200]]},
        "lawyers": {"intervals": [[10, 14], [25, 40], [60, 200]]},
    },
    caseload={
        "small": {"arrivals": [f"{time} s" for time in range(0, 60, 3)], "priority": 0, "value": "0 USD"},
        "large": {"arrivals": ["1 s", "4 s", "13 s"], "priority": 0, "value": "1 USD"},
    },
)


@pytest.mark.parametrize("urgent", [0, 1])
def test_claims_and_priorities_equal_the_oracle(urgent: int) -> None:
    """Committees of two calendars among many small tasks, equal in priority or after them."""
    classes = CLAIMS["caseload"]
    later = {**classes["large"], "priority": urgent}
    assert_equal_to_oracle(ps.load({**CLAIMS, "caseload": {**classes, "large": later}}))
