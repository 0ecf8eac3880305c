"""What is kept of a replication once all policies have run it: means, and changes case by case, but few case values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from procsim.study.columns import Integers, Values
from procsim.study.measures import Measures
from procsim.study.outcomes import outcome


class Change(NamedTuple):
    """A policy less the baseline in one replication: the mean over `paired` cases, of which so many are `equal`.

    So many are strictly `better`, NaN where the outcome has no case value or no direction; `left_out` have a value in
    one of the two only. An outcome of the office counts as one pair.
    """

    mean: float
    better: float
    equal: int
    paired: int
    left_out: int


NO_CHANGE_KNOWN = Change(math.nan, math.nan, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Run:
    """What is kept of one replication under one policy.

    `means` are over the cases that have a value, NaN where none has; `office`, `stages`, `open` and `unstable` are
    those of its Measures; `changes` are against the baseline. `days` [N] are kept whole, from request to contract of
    each case (NaN without one), and of the bids how many cases drew 0, 1, 2, ...
    """

    means: dict[str, float]
    office: dict[str, float]
    stages: dict[str, dict[str, float]]
    open: int
    unstable: tuple[str, ...]
    changes: dict[str, Change]
    days: Values
    bids: Integers


def reduced(measures: dict[str, Measures]) -> dict[str, Run]:
    """What is kept of a replication under each policy, the first policy being the baseline."""
    baseline = next(iter(measures.values()))
    return {policy: _run(baseline, own) for policy, own in measures.items()}


def _run(baseline: Measures, own: Measures) -> Run:
    if own is baseline:
        changes = _to_itself(own)
    else:
        names = dict.fromkeys((*baseline.by_case, *baseline.office, *own.by_case, *own.office))
        changes = {name: _change(baseline, own, name) for name in names}
    none, drew = np.full(len(own.case), np.nan), own.by_case.get("bids", np.zeros(0))
    return Run(
        means={name: _mean(values) for name, values in own.by_case.items()},
        office=own.office,
        stages=own.stages,
        open=own.open,
        unstable=own.unstable,
        changes=changes,
        days=own.by_case.get("cycle_time", none),
        bids=np.bincount(drew[~np.isnan(drew)].astype(np.int64)),
    )


def _mean(values: Values) -> float:
    """The mean of the known values: what np.nanmean gives, in less time."""
    total = float(values.sum())
    if not math.isnan(total):  # as most are: no value is missing
        return total / len(values) if len(values) else math.nan
    missing = np.isnan(values)
    known = len(values) - int(np.count_nonzero(missing))
    return float(np.where(missing, 0.0, values).sum()) / known if known else math.nan


def _to_itself(own: Measures) -> dict[str, Change]:
    """The changes of the baseline, of which only the number of cases needs to be found."""
    result = {}
    every: dict[str, Values | float] = {**own.by_case, **own.office}
    for name, values in every.items():
        known = int(np.count_nonzero(~np.isnan(values)))
        told = name in own.by_case and outcome(name).direction != "none"
        result[name] = Change(0.0 if known else math.nan, 0.0 if told else math.nan, known, known, 0)
    return result


def _change(baseline: Measures, own: Measures, name: str) -> Change:
    if name in baseline.office or name in own.office:
        gap = own.office.get(name, math.nan) - baseline.office.get(name, math.nan)
        return Change(gap, math.nan, int(gap == 0), int(not math.isnan(gap)), 0)
    none = np.full(len(baseline.case), np.nan)
    before, after = baseline.by_case.get(name, none), own.by_case.get(name, none)
    gaps = after - before
    change = gaps[~np.isnan(gaps)]
    better = {"lower": np.less, "higher": np.greater}.get(outcome(name).direction)
    return Change(
        mean=float(change.sum()) / len(change) if len(change) else math.nan,
        better=float(np.count_nonzero(better(change, 0))) if better else math.nan,
        equal=len(change) - int(np.count_nonzero(change)),
        paired=len(change),
        left_out=int(np.count_nonzero(np.isnan(before) != np.isnan(after))),
    )
