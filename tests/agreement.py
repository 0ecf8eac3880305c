"""Whether the two engines agree: equal logs and equal totals, never close ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from procsim.engine import native, reference, totals
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import Plan
from procsim.engine.totals import Totals

Columns = dict[str, np.ndarray]


def assert_engines_agree(plan: Plan, replications: Sequence[int] = (1,)) -> None:
    """The reference and the native engine give the same logs, and the same totals without them."""
    without_logs = native.totals(plan, replications)
    for replication, found in zip(replications, without_logs, strict=True):
        assert_agrees_with(reference.simulate(plan, replication), found)


MANY = native.CACHED + 1  # cases in hand, more than a cache holds


def assert_agrees_with(log: EventLog, found: Totals | None = None) -> None:
    """The native engine gives the same as a log of the reference, with a log and without, few cases or many."""
    expected, large = totals.of(log), expecting_many(log.plan)
    assert_same_log(native.simulate(log.plan, log.replication), log)
    assert_same_log(large.log(log.replication), log)
    assert_same_totals(found or next(native.totals(log.plan, [log.replication])), expected)
    assert_same_totals(large.totals(log.replication), expected)


def expecting_many(plan: Plan) -> native.Kernel:
    """A kernel that keeps its events and its table as for many cases in hand."""
    kernel = native.Kernel(plan)
    kernel.begin()
    kernel.room.limits[0] = MANY
    return kernel


def assert_same_log(one: EventLog, other: EventLog) -> None:
    assert one.replication == other.replication
    for group in ("events", "people", "outcome"):
        assert_same_columns(group, getattr(one, group), getattr(other, group))


def assert_same_tables(one: EventLog, other: EventLog) -> None:
    """The tables that users see."""
    for name in ("table", "assignments", "case_table"):
        pd.testing.assert_frame_equal(getattr(one, name)(), getattr(other, name)(), check_exact=True)


def assert_same_totals(one: Totals, other: Totals) -> None:
    mine, theirs = columns_of(one), columns_of(other)
    assert_same_columns("totals", mine, theirs)
    assert one.replication == other.replication


def columns_of(found: Totals) -> Columns:
    arrays = {field.name: getattr(found, field.name) for field in fields(found)}
    arrays = {name: column for name, column in arrays.items() if isinstance(column, np.ndarray)}
    return arrays | {f"outcome.{name}": column for name, column in found.outcome.items()}


def assert_same_columns(group: str, one: Columns, other: Columns) -> None:
    assert one.keys() == other.keys()
    for name, column in one.items():
        assert column.dtype == other[name].dtype, f"{group}, {name}: {column.dtype} and {other[name].dtype}"
        assert column.shape == other[name].shape, f"{group}, {name}: {column.shape} and {other[name].shape}"
        different = np.argwhere(column != other[name])
        assert not len(different), f"{group}, {name}: first at {different[0]} of {len(different)}"
