"""The native engine gives what the reference gives: equal logs and equal totals, on models drawn and written out."""

from __future__ import annotations

import threading
import time
from operator import itemgetter
from typing import Any

import numpy as np
import pytest
from agreement import (
    assert_agrees_with,
    assert_engines_agree,
    assert_same_log,
    assert_same_tables,
    assert_same_totals,
    expecting_many,
)
from crowded import Crowded, crowded_models
from drawn import Model, certain_models, chancy_models
from hypothesis import given, settings
from profiles import LARGE, PROFILE
from workflows import Block, certain, chancy, heads, task, tiny

import procsim as ps
from procsim.engine import compiler, native, reference, workers
from procsim.engine.plan import Plan
from procsim.engine.totals import Totals
from procsim.procurement.caselist import CaseList

pytestmark = pytest.mark.skipif(not native.available(), reason="the kernel is not compiled here: make kernel")


def plan_of(data: Block | str, country: str = "default", **options: Any) -> Plan:
    return compiler.make(ps.load(data, country=country, **options), seed=3)


def few(examples: int) -> Any:
    """Hypothesis with so many examples, or ten times as many in a large run."""
    return settings(PROFILE, max_examples=10 * examples if LARGE else examples)


# -- drawn models ------------------------------------------------------------------------------------------------------


@few(150)
@given(crowded_models())
def test_they_agree_on_models_under_pressure(crowded: Crowded) -> None:
    assert_engines_agree(crowded.plan())


@few(60)
@given(chancy_models())
def test_they_agree_on_models_with_chance(model: Model) -> None:
    assert_engines_agree(compiler.make(model.load(), seed=3), [1, 2, 2**31])


@few(40)
@given(certain_models())
def test_they_agree_on_models_without_chance(model: Model) -> None:
    assert_engines_agree(compiler.make(model.load()))


@few(40)
@given(chancy())
def test_they_agree_on_single_workflows_with_chance(drawn: tuple[Block, str]) -> None:
    assert_engines_agree(plan_of(*drawn), [1, 2])


@few(40)
@given(certain())
def test_they_agree_on_single_workflows_without_chance(data: Block) -> None:
    assert_engines_agree(plan_of(data))


# -- models written out ------------------------------------------------------------------------------------------------


def test_users_see_the_same_tables() -> None:
    plan = plan_of("open_tender", "KOR", settings=["caseload.*.per_year=20"])
    assert_same_tables(native.simulate(plan, 2), reference.simulate(plan, 2))


@pytest.mark.parametrize("name", ["quotation", "office"])
def test_they_agree_on_real_cases(name: str) -> None:
    """Of a workflow that stands alone, real cases name methods that are none of its own."""
    published = np.array(["2020-03-02T09:00:00", "2020-03-02T09:00:00", "2020-07-09T12:30:00"], dtype="datetime64[s]")
    value, window = np.array([800.0, np.nan, 3e6]), np.array([np.nan, 9.5, 0.0])
    words = ("open", "", "limited"), ("works", "", "goods")
    cases = CaseList("real.json", published, value, "USD", *words, window, np.full(3, np.nan), ())
    assert_engines_agree(plan_of(name, "KOR", cases=cases), [1, 2])


CROWD = tiny(
    {"work": task({"value": "3 h", "distribution": "exponential"}, "board"), "board": task("2 h", clerk=2, judge=3)},
    {"clerk": heads(2, "office"), "judge": heads(3, "sitting")},
    calendars={
        "office": {"hours": ["09:00-12:00", "13:00-17:00"]},
        "sitting": {"working_days": [2], "hours": ["09:00-11:30"], "fit": "whole"},
    },
    caseload={
        "sudden": {"arrivals": ["36000 s"] * 300, "priority": 1},
        "urgent": {"arrivals": [f"{hour} h" for hour in range(0, 4000, 40)], "priority": 0},
    },
)


def test_they_agree_on_more_work_than_people_can_ever_do() -> None:
    log = reference.simulate(plan_of(CROWD, "KOR"), 1)
    assert (log.outcome["ended"] < 0).sum() > 100
    assert_agrees_with(log)


def test_many_cases_are_kept_another_way() -> None:
    """Row by row instead of column by column: what agreement.py compares of a kernel that expects many is another."""
    plan = plan_of(CROWD, "KOR")
    few, many = (kernel.run(1, log=False)[2] for kernel in (native.Kernel(plan), expecting_many(plan)))
    assert few.strides[1] < few.strides[0]
    assert many.strides[1] > many.strides[0]


@pytest.mark.skipif(not LARGE, reason="takes minutes on the reference: PROCSIM_TEST_SIZE=large")
def test_they_agree_on_a_million_rows() -> None:
    log = reference.simulate(plan_of("office", "KOR", settings=["caseload.*.per_year=40000", "role.*=inf"]), 1)
    assert len(log.events["case"]) >= 10**6
    assert_agrees_with(log)


# -- threads -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of("large_tender", "KOR", settings=["caseload.*.per_year=10", "hybrid:adoption.*=0.5"])


def test_any_number_of_threads_gives_the_same_totals_in_order(plan: Plan) -> None:
    numbers = [*range(1, 24), 7, 2**31]
    runs = [list(workers.threads([plan], numbers, number, itemgetter(0))) for number in (1, 2, 4)]
    for one, two, four in zip(*runs, strict=True):
        assert_same_totals(two, one)
        assert_same_totals(four, one)
    assert [found.replication for found in runs[0]] == numbers


def test_what_is_kept_is_computed_by_one_thread_at_a_time_of_those_that_run_the_replications(plan: Plan) -> None:
    keeping = threading.Lock()

    def keep(found: tuple[Totals, ...]) -> threading.Thread:
        assert keeping.acquire(blocking=False)
        time.sleep(0.01)  # long enough for the other thread to come, if it may
        keeping.release()
        return threading.current_thread()

    assert threading.main_thread() not in set(workers.threads([plan], range(1, 9), 2, keep))


@pytest.mark.parametrize("number", [1, 2])
def test_replications_that_nobody_wants_any_more_are_not_run(plan: Plan, number: int) -> None:
    others = threading.active_count()
    running = workers.threads([plan], range(1, 10**9), number, itemgetter(0))  # all of them would take weeks
    assert next(running).replication == 1
    running.close()
    assert threading.active_count() == others


def test_two_threads_may_run_one_plan_at_once(plan: Plan) -> None:
    logs: list[ps.EventLog] = []
    threads = [threading.Thread(target=lambda: logs.append(native.simulate(plan, 1))) for _ in range(2)]
    for thread in threads:
        thread.start()
    found = list(workers.threads([plan], [1, 2], 2, itemgetter(0)))
    for thread in threads:
        thread.join()
    for log in logs:
        assert_same_log(log, native.simulate(plan, 1))
    assert len(logs) == 2
    for mine, theirs in zip(found, native.totals(plan, [1, 2]), strict=True):
        assert_same_totals(mine, theirs)
