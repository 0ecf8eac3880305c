"""What must hold of every office, market, outage and step of adoption, whatever the model."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from agreed import agreed
from drawn import OFFICE, SHARES, Model, certain_models, chancy_models
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import INVARIANTS, Run
from oracle import assert_equal_to_oracle
from profiles import LARGE, PROFILE

import procsim as ps

SAME = ["arrival", "class", "method", "value"]
BIDS = ["bids", "valid_bids", "winner", "price"]


def few(examples: int) -> Any:
    """Hypothesis with so many examples, or twenty times as many in a large run."""
    return settings(PROFILE, max_examples=20 * examples if LARGE else examples)


def tables(log: ps.EventLog) -> list[pd.DataFrame]:
    return [log.table(), log.assignments(), log.case_table()]


def assert_same(one: ps.EventLog, other: ps.EventLog) -> None:
    for mine, theirs in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(mine, theirs)


@few(50)
@given(chancy_models())
def test_every_log_of_an_office_keeps_the_invariants(model: Model) -> None:
    workflow = model.load()
    run = Run(workflow, agreed(workflow))
    for invariant in INVARIANTS:
        invariant(run)


@few(60)
@given(certain_models())
def test_an_office_equals_the_oracle_that_counts_the_seconds(model: Model) -> None:
    assert_equal_to_oracle(model.load())


@few(8)
@given(chancy_models())
def test_the_same_seed_gives_the_same_log_of_an_office(model: Model) -> None:
    assert_same(model.run(), model.run())


# -- adoption ----------------------------------------------------------------------------------------------------------


def adopted(model: Model, share: str) -> Model:
    modules = [name for name, block in model.modules.items() if block["type"] == "module"]
    return model.given(*(f"adoption.{name}={share}" for name in modules))


def only_modules(model: Model) -> bool:
    return bool(model.modules) and all(block["type"] == "module" for block in model.modules.values())


@few(10)
@given(chancy_models().filter(only_modules))
def test_no_adoption_is_paper_and_full_adoption_is_the_regime(model: Model) -> None:
    assert_same(adopted(model, "0").run(), model.given().run("paper"))
    assert_same(adopted(model, "1").run(), model.given().run())


@few(15)
@given(chancy_models())
def test_adopters_are_nested(model: Model) -> None:
    variants = model.load().variants
    assert 1 <= len(variants) <= len(model.modules) + 1
    shares = [variant.share for variant in variants]
    assert shares[0] == 1
    assert shares == sorted(set(shares), reverse=True)
    assert all(set(less.reforms) < set(more.reforms) for less, more in pairwise(variants))


@few(8)
@given(certain_models().filter(only_modules), st.permutations(SHARES))
def test_whoever_is_ready_for_few_is_ready_for_many(model: Model, shares: list[str]) -> None:
    low, high = sorted(shares[:2], key=Fraction)
    few_, many = (met(adopted(model, share)) for share in (low, high))
    assert all(mine <= theirs for mine, theirs in zip(few_, many, strict=True))


def met(model: Model) -> list[set[str]]:
    """The modules that each case meets."""
    workflow = model.load()
    cases = ps.simulate(workflow, seed=3).case_table()
    return [set(workflow.variants[variant].reforms) for variant in cases["variant"]]


# -- what does not depend on what --------------------------------------------------------------------------------------


def assert_same_luck(one: ps.EventLog, other: ps.EventLog) -> None:
    """The same cases, and of those with as many rounds the same bids and price."""
    mine, theirs = one.case_table(), other.case_table()
    pd.testing.assert_frame_equal(mine[SAME], theirs[SAME])
    alike = (mine["rounds"] == theirs["rounds"]) & (mine["ended"] >= 0) & (theirs["ended"] >= 0)
    pd.testing.assert_frame_equal(mine.loc[alike, BIDS], theirs.loc[alike, BIDS])


@few(10)
@given(chancy_models())
def test_luck_does_not_depend_on_staff(model: Model) -> None:
    assert_same_luck(model.run(), model.given(*model.settings, "role.*=inf").run())


@few(10)
@given(chancy_models())
def test_luck_does_not_depend_on_outages(model: Model) -> None:
    assert_same_luck(model.run(), model.with_portal(outages=[], per_year=0).run())


def touches_no_market(model: Model) -> bool:
    patches = [patch for block in model.modules.values() for patch in block["workflows"].values()]
    return only_modules(model) and not any(
        path.startswith("market.") for patch in patches for path in patch.get("set", {})
    )


@few(10)
@given(chancy_models().filter(touches_no_market))
def test_luck_does_not_depend_on_modules_that_touch_no_market(model: Model) -> None:
    assert_same_luck(adopted(model, "0").run(), adopted(model, "0.5").run())


# -- parts that share no role ------------------------------------------------------------------------------------------


def rows_of(log: ps.EventLog, part: str) -> list[tuple[Any, ...]]:
    """The rows of a part by its own names and numbers: the cases that go there count from nought."""
    numbers = {case: number for number, case in enumerate(np.flatnonzero(log.cases.part == log.plan.parts.index(part)))}
    rows = log.table().drop(columns="replication").itertuples(index=False, name=None)
    return [
        (numbers[case], activity.rpartition("/")[2], *rest)
        for case, activity, *rest in rows
        if activity.rpartition("/")[0] == part
    ]


@few(10)
@given(chancy_models(apart=True))
def test_staff_of_one_part_changes_nothing_in_the_others(model: Model) -> None:
    ours, theirs = model.run(), model.given(*model.settings, "role.part_0_*=inf").run()
    for part in ours.plan.parts[1:]:
        assert rows_of(ours, part) == rows_of(theirs, part)


@few(15)
@given(certain_models(apart=True, modules=False))
def test_a_part_that_shares_no_role_is_as_it_is_alone(model: Model) -> None:
    """The same rows as a workflow of its own, whose cases are those that go there."""
    log = model.run()
    for number, part in enumerate(log.plan.parts):
        going = set(log.case_table()["class"][log.cases.part == number])
        expected = rows_of(ps.simulate(alone(model, part, going), seed=3), "") if going else []
        assert sorted(rows_of(log, part)) == sorted(expected)


def alone(model: Model, part: str, classes: set[str]) -> ps.Workflow:
    """A part of an office as a workflow of its own, with these classes of its cases."""
    office = model.workflows[OFFICE]
    caseload = {name: {**block, "methods": []} for name, block in office["caseload"].items() if name in classes}
    return ps.load({**model.workflows[part], "caseload": caseload, "portal": office["portal"]})
