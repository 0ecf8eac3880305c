"""Paired experiments: intervals, pairing case by case, what is left out, ties, workers and instability."""

from __future__ import annotations

import math
import pickle
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest

import procsim as ps
from procsim.study.experiment import interval
from procsim.study.measures import Measures
from procsim.study.runs import reduced

Block = dict[str, Any]
NAN = math.nan
EXPONENTIAL = {"distribution": "exponential"}


# -- intervals ---------------------------------------------------------------------------------------------------------


def test_interval_of_the_acceptance_sample() -> None:
    found = interval([5, 3, 8, -1, 2])
    assert found.mean == pytest.approx(3.4)
    assert (found.high - found.low) / 2 == pytest.approx(4.17391, abs=5e-6)


def test_replications_without_a_value_are_left_out() -> None:
    assert interval([5, NAN, 3, 8, NAN, -1, 2]) == interval([5, 3, 8, -1, 2])


@pytest.mark.parametrize(("values", "mean"), [([3.5], 3.5), ([NAN, 3.5], 3.5), ([], NAN), ([NAN], NAN)])
def test_one_replication_or_none_gives_no_interval(values: list[float], mean: float) -> None:
    found = interval(values)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_equal_replications_give_an_interval_of_no_width() -> None:
    assert (interval([2, 2, 2]).low, interval([2, 2, 2]).high) == (2, 2)


# -- pairing, on measures made by hand ---------------------------------------------------------------------------------


def measures(
    office: dict[str, float] | None = None, unstable: tuple[str, ...] = (), **by_case: list[float]
) -> Measures:
    columns = {name: np.array(values, dtype=float) for name, values in by_case.items()}
    number = max((len(values) for values in columns.values()), default=0)
    return Measures(np.arange(number), columns, office or {}, {}, open=0, unstable=unstable)


def comparison(base: list[Measures], other: list[Measures]) -> ps.Comparison:
    flow = tiny({"a": timer("1 d")}, {"arrivals": ["0 s"]})
    policies = {"base": flow, "other": flow}
    runs = [reduced({"base": one, "other": two}) for one, two in zip(base, other, strict=True)]
    return ps.Comparison(policies, runs, seed=1, replications=len(base), years=1, engine="fast")


def test_the_difference_is_taken_case_by_case_and_averaged_over_replications() -> None:
    base = [measures(cycle_time=[10, 20, 30]), measures(cycle_time=[40, 50])]
    other = [measures(cycle_time=[9, 18, 27]), measures(cycle_time=[40, 44])]
    found = comparison(base, other).difference("other", "cycle_time")
    assert found.interval == interval([-2, -3])
    assert (found.paired, found.left_out, found.ties) == (5, 0, False)


def test_a_case_without_a_value_in_one_of_the_two_is_left_out_and_counted() -> None:
    base = [measures(cycle_time=[10, NAN, 30, NAN, 50])]
    other = [measures(cycle_time=[7, 20, NAN, NAN, 40])]
    found = comparison(base, other).difference("other", "cycle_time")
    assert found.interval.mean == pytest.approx((-3 - 10) / 2)
    assert (found.paired, found.left_out) == (2, 2)


@pytest.mark.parametrize(("name", "expected"), [("cycle_time", 10.0), ("bids", 5.0)])
def test_better_in_20_is_the_share_strictly_better_in_the_direction_of_the_outcome(name: str, expected: float) -> None:
    base, other = [measures(**{name: [10, 10, 10, 10]})], [measures(**{name: [9, 8, 10, 11]})]
    assert comparison(base, other).difference("other", name).better_in_20 == expected


@pytest.mark.parametrize("name", ["backlog", "utilisation.clerk"])
def test_better_in_20_is_absent_without_case_values_or_direction(name: str) -> None:
    base, other = [measures({name: 0.5}), measures({name: 0.7})], [measures({name: 0.4}), measures({name: 0.4})]
    found = comparison(base, other).difference("other", name)
    assert found.interval == interval([0.4 - 0.5, 0.4 - 0.7])
    assert math.isnan(found.better_in_20)


def test_ties_are_said_only_if_every_pair_is_equal() -> None:
    base = [measures(cycle_time=[10, 20])]
    assert comparison(base, [measures(cycle_time=[10, 20])]).difference("other", "cycle_time").ties
    assert not comparison(base, [measures(cycle_time=[9, 21])]).difference("other", "cycle_time").ties
    assert not comparison(base, [measures(cycle_time=[NAN, NAN])]).difference("other", "cycle_time").ties


def test_what_is_kept_of_a_replication_hardly_grows_with_its_cases() -> None:
    sizes = []
    for number in (100, 10_100):
        many = measures(**{name: [1.0] * number for name in ("cycle_time", "bids", "buyer_hours", "work")})
        sizes.append(len(pickle.dumps(reduced({"base": many}))))
    assert sizes[1] - sizes[0] < 1.1 * 8 * 10_000  # the days of each case, and nothing else


def test_a_policy_is_unstable_if_half_of_its_replications_say_so() -> None:
    calm, full = measures(cycle_time=[1]), measures(cycle_time=[1], unstable=("clerk is busy 99% of the time",))
    assert comparison([calm] * 4, [full, full, calm, calm]).unstable() == {"other": full.unstable}
    assert comparison([calm] * 4, [full, calm, calm, calm]).unstable() == {}


# -- pairing, on runs --------------------------------------------------------------------------------------------------


def tiny(nodes: Block, case: Block, heads: int | str = 1, **blocks: Any) -> ps.Workflow:
    data = {
        "schema": "procsim-workflow/1",
        "name": "tiny",
        "source": "test",
        "sources": {"test": {"title": "made up for a test"}},
        "start": next(iter(nodes)),
        "roles": {"clerk": {"heads": heads}},
        "caseload": {"case": case},
        "nodes": {**nodes, "end": {"kind": "end"}},
        **blocks,
    }
    return ps.load(data)


def timer(duration: str | Block, next: str = "end") -> Block:
    return {"kind": "timer", "duration": duration, "next": next, "milestone": "contract"}


def desk(effort: str, heads: int = 1, per_year: int = 300) -> ps.Workflow:
    """An office with one step of exponential work."""
    nodes = {
        "serve": {
            "kind": "task",
            "staff": {"clerk": 1},
            "effort": {"value": effort, **EXPONENTIAL},
            "next": "end",
            "milestone": "contract",
        }
    }
    return tiny(nodes, {"per_year": per_year}, heads)


def test_cases_are_paired_on_the_same_luck() -> None:
    """Without queues, a step twice as long takes each case exactly twice as long."""
    policies = {"short": desk("1 h", heads=50), "long": desk("2 h", heads=50)}
    result = ps.compare(policies, replications=3)
    found = result.difference("long", "cycle_time")
    short, long = (result.values(policy, "cycle_time") for policy in policies)
    np.testing.assert_allclose(long, 2 * short, atol=2 / 86_400)
    assert found.paired == len(short) > 700
    assert found.better_in_20 == 0
    assert found.interval.mean == pytest.approx(result.interval("short", "cycle_time").mean, abs=1e-4)


def test_the_cohort_is_what_arrives_in_the_years_after_the_warm_up() -> None:
    flow = desk("1 h")
    for years in (1, 3):
        log = ps.simulate(flow, years=years)
        arrival = log.case_table()["arrival"].to_numpy()
        year = 365 * 86_400
        expected = np.flatnonzero((arrival >= year) & (arrival < (1 + years) * year))
        assert ps.measure(ps.totals.of(log), flow).case.tolist() == expected.tolist()


def test_a_case_cancelled_under_one_policy_leaves_the_paired_days_but_not_the_labour() -> None:
    def office(cancelled: float) -> ps.Workflow:
        branches = [{"to": "stopped", "probability": cancelled}, {"to": "sign"}]
        task = {"kind": "task", "staff": {"clerk": 1}, "effort": "1 h", "next": "which"}
        stopped = {"kind": "end", "status": "cancelled"}
        nodes = {"work": task, "which": {"kind": "exclusive", "branches": branches}, "stopped": stopped}
        return tiny({**nodes, "sign": timer("1 d")}, {"arrivals": ["0 s"] * 400}, "inf")

    result = ps.compare({"none": office(0), "some": office(0.25)}, replications=2)
    days, labour = result.difference("some", "cycle_time"), result.difference("some", "buyer_hours")
    assert days.paired + days.left_out == 800
    assert 130 < days.left_out < 270
    assert days.ties
    assert (labour.paired, labour.left_out) == (800, 0)


def test_values_that_are_not_kept_come_again_from_the_same_luck() -> None:
    result = ps.compare({"short": desk("1 h"), "long": desk("2 h")}, replications=2)
    for name in ("cycle_time", "buyer_hours"):
        gaps = result.values("long", name) - result.values("short", name)
        assert np.nanmean(gaps) == pytest.approx(result.difference("long", name).interval.mean, rel=0.05)
        assert np.count_nonzero(~np.isnan(gaps)) == result.difference("long", name).paired
    assert len(result.values("long", "backlog")) == 0


def test_values_of_an_outcome_that_only_one_policy_has_are_not_known_of_the_other() -> None:
    work = {"kind": "task", "staff": {"clerk": 1}, "effort": "1 h", "next": "end"}
    nodes, case = {"ask": timer("1 h", "work"), "work": work}, {"arrivals": ["0 s"] * 3}
    law = {"answer": {"start": "ask", "end": "work", "within": "2 h"}}
    result = ps.compare({"free": tiny(nodes, case), "bound": tiny(nodes, case, deadlines=law)}, replications=2)
    free, bound = (result.values(policy, "deadlines_met") for policy in result.policies)
    assert bound.tolist() == [1, 1, 0, 1, 1, 0]
    assert len(free) == 6
    assert np.isnan(free).all()


def test_open_cases_are_counted_and_left_out() -> None:
    closed = {"calendars": {"hours": {"intervals": [[0, 5]]}}}
    role = {"roles": {"clerk": {"heads": 1, "calendar": "hours"}}}
    task = {"kind": "task", "staff": {"clerk": 1}, "effort": "4 s", "next": "end", "milestone": "contract"}
    busy = tiny({"serve": task}, {"arrivals": ["0 s"] * 3}, **closed, **role)
    ample = tiny({"serve": task}, {"arrivals": ["0 s"] * 3}, "inf")
    result = ps.compare({"ample": ample, "busy": busy}, replications=1)
    assert result.open_cases() == {"ample": 0, "busy": 2}
    assert result.difference("busy", "cycle_time").left_out == 2


def test_one_replication_has_a_mean_and_no_interval() -> None:
    result = ps.compare({"one": desk("1 h"), "other": desk("2 h")}, replications=1)
    row = result.table().query("outcome == 'cycle_time' and policy == 'other'").iloc[0]
    assert row["mean"] > 0
    assert row["difference"] > 0
    assert row[["low", "high", "difference_low", "difference_high"]].isna().all()


@pytest.fixture(scope="module")
def two() -> dict[str, ps.Workflow]:
    return {"one": desk("20 h"), "other": desk("22 h")}


def test_the_number_of_workers_changes_nothing(two: dict[str, ps.Workflow]) -> None:
    alone, together = (ps.compare(two, replications=3, workers=workers, seed=9) for workers in (1, 2))
    pd.testing.assert_frame_equal(alone.table(), together.table(), check_exact=True)
    assert alone.unstable() == together.unstable()
    assert alone.open_cases() == together.open_cases()
    for policy in two:
        assert alone.stages(policy) == together.stages(policy)
        assert alone.values(policy, "cycle_time").tolist() == together.values(policy, "cycle_time").tolist()


def test_progress_is_told_after_each_replication(two: dict[str, ps.Workflow]) -> None:
    told: list[tuple[int, int]] = []
    ps.compare(two, replications=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_another_seed_gives_other_numbers(two: dict[str, ps.Workflow]) -> None:
    means = {ps.compare(two, replications=1, seed=seed).interval("one", "cycle_time").mean for seed in (1, 2, 3)}
    assert len(means) == 3


def test_more_replications_keep_the_first_ones(two: dict[str, ps.Workflow]) -> None:
    few, many = (ps.compare(two, replications=number).values("one", "cycle_time") for number in (1, 2))
    assert few.tolist() == many[: len(few)].tolist()


def test_of_two_policies_that_share_a_regime_none_is_dropped_in_silence() -> None:
    """Either both are compared, under two names, or the pair is refused."""
    compared = 0
    with suppress(ps.ModelError, ValueError):
        compared = len(ps.compare(desk("1 h"), desk("2 h"), replications=1).policies)
    assert compared in (0, 2)


def test_an_overloaded_office_is_said_to_be_unstable() -> None:
    """300 cases a year of 80 hours each are more than one clerk has hours, even with two years to spare."""
    result = ps.compare({"calm": desk("10 h"), "overloaded": desk("80 h")}, replications=2)
    said = result.unstable()
    assert set(said) == {"overloaded"}
    assert "clerk is busy 100% of the time" in said["overloaded"]
    assert any(reason.startswith("cases in hand grow") for reason in said["overloaded"])
    assert result.open_cases()["overloaded"] > 0


def test_a_busy_but_sufficient_office_is_not_unstable() -> None:
    """300 cases a year of 20 hours each keep one clerk busy for 68 % of the time."""
    result = ps.compare({"busy": desk("20 h")}, replications=4)
    assert 0.6 < result.interval("busy", "utilisation.clerk").mean < 0.8
    assert result.unstable() == {}


def test_local_cost_is_in_the_currency_and_year_of_the_profile() -> None:
    result = ps.compare(ps.load("open_tender", country="BRN"), replications=1)
    assert result.unit("administrative_cost") == "USD of 2006"
    assert result.unit("administrative_cost_local") == "BND of 2006"
    assert result.unit("cycle_time") == "d"


def test_policies_with_different_cases_are_refused() -> None:
    few, many = (ps.load("open_tender", settings=[f"caseload.standard.per_year={number}"]) for number in (20, 30))
    with pytest.raises(ps.ModelError, match="policy many: its cases are not those of few, so they cannot be paired"):
        ps.compare({"few": few, "many": many}, replications=1)
