"""What is kept of a replication once all policies have run it: sums, and changes case by case, but few case values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from procsim.study.columns import Integers, Known, Values, known
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

    `known` are the sums and numbers of the values of the cases; `office`, `stages`, `open` and `unstable` are those of
    its Measures; `changes` are against the baseline, None for the baseline itself, see `change`. `days` [N] are kept
    whole, from request to contract of each case (NaN without one), and of the bids how many cases drew 0, 1, 2, ...
    """

    known: dict[str, Known]
    office: dict[str, float]
    stages: dict[str, dict[str, float]]
    open: int
    unstable: tuple[str, ...]
    changes: dict[str, Change] | None
    days: Values
    bids: Integers

    def mean(self, name: str) -> float:
        """The mean over the cases that have a value, or the value of the office; NaN without one."""
        return self.known[name].mean if name in self.known else self.office.get(name, math.nan)

    def change(self, name: str) -> Change:
        """The change of an outcome against the baseline; the baseline's own is 0, over all its cases with a value."""
        if self.changes is not None:
            return self.changes.get(name, NO_CHANGE_KNOWN)
        number = self.known[name].number if name in self.known else int(not math.isnan(self.mean(name)))
        has_direction = name in self.known and outcome(name).direction != "none"
        return Change(0.0 if number else math.nan, 0.0 if has_direction else math.nan, number, number, 0)


def reduced(measures: dict[str, Measures]) -> dict[str, Run]:
    """What is kept of a replication under each policy, the first policy being the baseline."""
    baseline = next(iter(measures.values()))
    return {policy: _run(baseline, own) for policy, own in measures.items()}


def is_unstable(runs: Sequence[Run]) -> bool:
    """Whether at least half of a policy's replications say that the answer depends on the horizon."""
    return 2 * sum(bool(run.unstable) for run in runs) >= len(runs)


def _run(baseline: Measures, own: Measures) -> Run:
    none, drew = np.full(len(own.case), np.nan), own.by_case.get("bids", np.zeros(0))
    return Run(
        known={name: known(values) for name, values in own.by_case.items()},
        office=own.office,
        stages=own.stages,
        open=own.open,
        unstable=own.unstable,
        changes=None if own is baseline else _changes(baseline, own),
        days=own.by_case.get("cycle_time", none),
        bids=np.bincount(drew[~np.isnan(drew)].astype(np.int64)),
    )


def _changes(baseline: Measures, own: Measures) -> dict[str, Change]:
    names = dict.fromkeys((*baseline.by_case, *baseline.office, *own.by_case, *own.office))
    return {name: _change(baseline, own, name) for name in names}


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
