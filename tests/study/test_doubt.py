"""Doubt over the parameters: as wide as the ranges say, apart from luck, the same on any number of workers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from desks import desk

import procsim as ps
from procsim.study.doubt import Doubt, stratified, what_matters, with_doubt

Block = dict[str, Any]


def waiting(days: str, *settings: str, confidence: str = "low", **nodes: Block) -> ps.Workflow:
    """Twenty cases that wait so many days for their contracts."""
    last = {"kind": "timer", "duration": days, "milestone": "contract", "next": "end"}
    data = {
        "schema": "procsim-workflow/1",
        "name": "waiting",
        "source": "test",
        "sources": {"test": {"title": "made up for a test", "confidence": confidence}},
        "start": next(iter({**nodes, "wait": last})),
        "caseload": {"case": {"arrivals": [f"{day} d" for day in range(20)]}},
        "nodes": {**nodes, "wait": last, "end": {"kind": "end"}},
    }
    return ps.load(data, settings=settings)


def doubted(base: ps.Workflow, other: ps.Workflow, draws: int = 20) -> tuple[ps.Comparison, Doubt]:
    found = with_doubt(ps.compare({"base": base, "other": other}, replications=2), draws)
    assert found.doubt is not None
    return found, found.doubt


def width(doubt: Doubt) -> float:
    low, high = doubt.interval("other", "cycle_time")
    return high - low


def test_there_is_no_doubt_where_all_is_certain() -> None:
    result, doubt = doubted(waiting("10 d", "wait.duration=10 d"), waiting("8 d", "wait.duration=8 d"))
    assert doubt.interval("other", "cycle_time") == (-2, -2)
    assert doubt.better_in_20("other", "cycle_time") == 20
    assert result.difference("other", "cycle_time").interval.mean == -2
    assert doubt.effects["cycle_time"].empty


def test_a_wider_range_widens_the_interval_in_proportion() -> None:
    narrow, medium, wide = (
        width(doubted(waiting("10 d", confidence=word), waiting("8 d", confidence=word))[1])
        for word in ("high", "medium", "low")
    )
    assert narrow > 0
    assert (medium / narrow, wide / narrow) == pytest.approx((3, 8), rel=1e-3)
    assert narrow < 2 * 2 * 0.05  # inside the range


def test_a_number_is_drawn_once_for_all_policies() -> None:
    _, doubt = doubted(waiting("10 d"), waiting("10 d"))
    assert np.all(doubt.differences["other"]["cycle_time"] == 0)
    assert doubt.better_in_20("other", "cycle_time") == 0


def test_a_number_that_can_turn_the_sign_is_named() -> None:
    _, doubt = doubted(waiting("10 d", "wait.duration=10 d"), waiting("9 d"))
    (row,) = doubt.effects["cycle_time"].to_dict("records")
    assert row["parameter"] == "wait.duration"
    assert (row["low"], row["value"], row["high"]) == ("5.4 d", "9 d", "12.6 d")
    assert row["effect_at_low"] == pytest.approx(-3.6)
    assert row["effect_at_high"] == pytest.approx(3.6)
    assert row["swing"] == pytest.approx(7.2)
    assert row["flips"]
    better = doubt.better_in_20("other", "cycle_time")
    assert better == 20 * np.mean(doubt.differences["other"]["cycle_time"] < 0)
    assert 10 < better < 20


def test_a_number_that_cannot_turn_the_sign_is_not() -> None:
    _, doubt = doubted(waiting("10 d", "wait.duration=10 d"), waiting("5 d"))
    assert not doubt.effects["cycle_time"]["flips"].any()


def test_draws_that_contradict_themselves_are_taken_nearer_and_counted() -> None:
    half: Block = {"kind": "exclusive", "branches": []}
    half["branches"] = [
        {"to": "wait", "probability": 0.55},
        {"to": "also", "probability": 0.4},
        {"to": "end"},
    ]
    also: Block = {"kind": "timer", "duration": "1 d", "next": "end"}
    _, doubt = doubted(waiting("10 d", way=half, also=also), waiting("8 d", way=half, also=also))
    assert 0 < doubt.nearer < doubt.draws
    assert np.isfinite(doubt.differences["other"]["cycle_time"]).any()


def test_an_outcome_without_direction_is_neither_better_nor_worse() -> None:
    _, doubt = doubted(waiting("10 d"), waiting("8 d"))
    assert math.isnan(doubt.better_in_20("other", "complaint_share"))
    assert all(math.isnan(end) for end in doubt.interval("other", "bids"))


def clerks(effort: str) -> ps.Workflow:
    """A desk of two, where cases come and go by chance."""
    return desk({"value": effort, "distribution": "lognormal", "cv": 0.5}, heads=2)


@pytest.fixture(scope="module")
def small() -> ps.Comparison:
    return ps.compare({"base": clerks("6 h"), "other": clerks("5 h")}, replications=5)


def test_the_numbers_are_the_same_on_any_number_of_workers(small: ps.Comparison) -> None:
    one, two = (with_doubt(small, 8, workers).doubt for workers in (1, 2))
    assert one is not None
    assert two is not None
    for name, values in one.differences["other"].items():
        np.testing.assert_array_equal(values, two.differences["other"][name])
    for name, frame in one.effects.items():
        pd.testing.assert_frame_equal(frame, two.effects[name])
    assert not any(frame["swing"].isna().any() for frame in one.effects.values())


def test_the_comparison_itself_stays_as_it_was(small: ps.Comparison) -> None:
    doubted = with_doubt(small, 2)
    plain = small.table()
    pd.testing.assert_frame_equal(doubted.table()[plain.columns], plain)
    assert set(doubted.table().columns) - set(plain.columns) == {"doubt_low", "doubt_high", "better_in_20_draws"}


def test_progress_is_told_to_the_end(small: ps.Comparison) -> None:
    told: list[tuple[int, int]] = []
    with_doubt(small, 2, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))


def test_a_policy_alone_has_nothing_to_doubt() -> None:
    alone = ps.compare(waiting("1 d"), replications=1)
    assert with_doubt(alone, 2) is alone


def test_what_matters_is_a_table_with_the_most_important_number_first() -> None:
    purchase = ps.load("direct_purchase", country="BRN", settings=["caseload.*.per_year=100"])
    table = what_matters(purchase, name="buyer_hours", replications=1)
    assert list(table.columns) == [
        *("parameter", "label", "low", "value", "high"),
        *("effect_at_low", "effect_at_high", "swing", "flips", "unstable"),
    ]
    assert table["swing"][0] > 0
    assert table["swing"].is_monotonic_decreasing


def test_what_matters_for_an_outcome_that_is_not_there() -> None:
    with pytest.raises(ps.ModelError, match=r"what_matters: no outcome 'cycle_tim' here\. Did you mean 'cycle_time'"):
        what_matters(ps.load("direct_purchase", country="BRN"), name="cycle_tim", replications=1)


def test_draws_are_one_in_each_slice_and_keyed_by_the_name() -> None:
    first, second = stratified(1, "role.clerk", 50), stratified(1, "role.evaluator", 50)
    assert sorted(np.floor(first * 50)) == list(range(50))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.4
    assert not np.array_equal(first, stratified(2, "role.clerk", 50))
    assert 0 < first.min() < first.max() < 1
