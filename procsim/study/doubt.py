"""Doubt over the numbers that a model is given, told apart from simulation error, and which of them matter most.

Two things are done. In each draw all uncertain numbers are drawn at once, the same for every regime, and a few
replications are run. Then each number alone is put at its low and at its high end. All this is on the same luck, that
of the first replications of the comparison, so what differs between draws is the numbers' doing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from procsim.engine import draws
from procsim.procurement.parameters import Quantity
from procsim.procurement.problems import ModelError, did_you_mean
from procsim.procurement.uncertainty import Uncertainty
from procsim.procurement.workflow import Workflow
from procsim.study.columns import Values
from procsim.study.experiment import Comparison, Progress, compare
from procsim.study.outcomes import outcome
from procsim.study.trial import MOST, Found, Trial

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 100  # if no other number is asked for
FEW = 4  # replications of a draw
FEWEST = 2  # of one number at an end, to see which may matter
MAIN = ("cycle_time", "buyer_hours", "bids", "price_to_estimate")
SHORT_LIST = 6  # numbers that are run again, with all replications
ENDS = (0.05, 0.95)  # of the draws, between which doubt is told
NOTHING = (math.nan, math.nan)
SIDES = ("low", "high")
COLUMNS = [
    *("parameter", "label", "low", "value", "high"),
    *("effect_at_low", "effect_at_high", "swing", "flips", "unstable"),
]
End = tuple[str, str]  # a number's name and a side
Done = Callable[[int], None]
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Doubt:
    """What doubt over the parameters does to each difference from the baseline.

    `differences` [draws] are by policy and outcome, of `replications` in each draw; `nearer` draws contradicted
    themselves and were taken nearer to the values. `effects` are by outcome, of one number at a time on the difference
    of `policy` from the baseline: see `what_matters`.
    """

    draws: int
    replications: int
    nearer: int
    differences: Mapping[str, Mapping[str, Values]] = field(repr=False)
    policy: str
    effects: Mapping[str, pd.DataFrame] = field(repr=False)

    def interval(self, policy: str, name: str) -> tuple[float, float]:
        """Between which ends nine draws in ten lie; NaN where none has the outcome."""
        known = self._known(policy, name)
        return (float(np.quantile(known, ENDS[0])), float(np.quantile(known, ENDS[1]))) if len(known) else NOTHING

    def better_in_20(self, policy: str, name: str) -> float:
        """In how many of 20 draws the policy does better than the baseline; NaN where nothing is better or worse."""
        better, of = self.better(policy, name)
        return 20 * better / of if of else math.nan

    def better(self, policy: str, name: str) -> tuple[int, int]:
        """In how many draws the policy does better than the baseline, of how many; of 0 if none can be better."""
        known, direction = self._known(policy, name), outcome(name).direction
        if direction == "none":
            return 0, 0
        return int(np.sum(known < 0 if direction == "lower" else known > 0)), len(known)

    def _known(self, policy: str, name: str) -> Values:
        values = self.differences[policy].get(name, np.zeros(0))
        return values[~np.isnan(values)]


def with_doubt(
    comparison: Comparison, number: int = DRAWS, workers: int = 1, progress: Progress | None = None
) -> Comparison:
    """The comparison with its `doubt`: so many draws of all that is uncertain, and one number at a time.

    The numbers do not depend on `workers` (threads). One at a time is told for the first policy after the baseline.

    >>> from procsim import load
    >>> paper, electronic = load("direct_purchase", country="BRN").regimes("paper", "electronic")
    >>> found = with_doubt(compare(paper, electronic, replications=1), 3).doubt
    >>> found.draws, len(found.differences["electronic"]["cycle_time"])
    (3, 3)
    """
    trial, others = Trial.of(comparison), list(comparison.policies)[1:]
    if not others:
        return comparison
    policies, outcomes, few = list(comparison.policies), comparison.names(), min(FEW, comparison.replications)
    tick, jobs = progress or (lambda done, of: None), number + 2 * len(trial.names(policies[:2]))
    shares = {name: stratified(comparison.seed, name, number) for name in trial.names(policies)}

    def draw(index: int) -> Found:
        at = {name: partial(_quantile, float(values[index])) for name, values in shares.items()}
        return trial.differences(at, policies, few, outcomes)

    drawn = _each(draw, range(number), workers, lambda done: tick(done, jobs))
    main = [name for name in MAIN if name in outcomes]
    effects = _effects(trial, others[0], main, workers, lambda done: tick(number + done, jobs))
    values = {
        policy: {name: np.array([each.differences[policy][name].mean for each in drawn]) for name in outcomes}
        for policy in others
    }
    nearer = sum(each.nearness < 1 for each in drawn)
    return replace(comparison, doubt=Doubt(number, few, nearer, values, others[0], effects))


def what_matters(
    workflow: Workflow,
    regimes: tuple[str, str] = ("paper", "electronic"),
    name: str = "cycle_time",
    seed: int = 1,
    replications: int = 20,
    workers: int = 1,
) -> pd.DataFrame:
    """Which uncertain numbers move the difference between two regimes in an outcome most: a row for each, most first.

    Columns: parameter, label, low, value, high (texts with units), effect_at_low and effect_at_high (how far the
    difference moves, in the outcome's unit), swing (from the one to the other, no change included), flips: whether
    at an end the difference has the other sign, and a 95 % interval that excludes 0, and unstable: the end (`low`,
    `high` or both) at which the answer under a regime depends on the horizon. The first have all
    replications, up to ten, the others two. Raises ModelError for an outcome that the workflow does not have.

    >>> from procsim import load
    >>> what_matters(load("direct_purchase", country="BRN"), replications=1).columns.tolist()[:3]
    ['parameter', 'label', 'low']
    """
    pair = {regime: workflow.under(regime) for regime in regimes}
    comparison = compare(pair, seed=seed, replications=replications, workers=workers)
    if name not in comparison.names():
        raise ModelError([f"what_matters: no outcome '{name}' here. {did_you_mean(name, comparison.names())}"])
    return _effects(Trial.of(comparison), regimes[1], (name,), workers)[name]


def _effects(
    trial: Trial, policy: str, outcomes: Sequence[str], workers: int, done: Done = lambda done: None
) -> dict[str, pd.DataFrame]:
    """One number at a time: first all with few replications, then those that may matter with all that are kept."""
    pair = (trial.comparison.baseline, policy)
    few, every = (min(trial.comparison.replications, number) for number in (FEWEST, MOST))

    def run(replications: int, end: End) -> Found:
        return trial.differences({end[0]: partial(_at, end[1])}, pair, replications, outcomes)

    ends = [(name, side) for name in trial.names(pair) for side in SIDES]
    found = dict(zip(ends, _each(partial(run, few), ends, workers, done), strict=True))
    if every > few:
        short = {name for each in outcomes for name in _short_list(trial, found, policy, each)}
        again = [end for end in ends if end[0] in short]
        found |= zip(again, _each(partial(run, every), again, workers), strict=True)
    return {each: _table(trial, found, policy, each) for each in outcomes}


def _at(side: str, each: Uncertainty) -> Quantity:
    return each.amount(each.low if side == "low" else each.high)


def _short_list(trial: Trial, found: Mapping[End, Found], policy: str, name: str) -> list[str]:
    """The numbers with the largest swings, and those which may turn the sign."""
    table = _table(trial, found, policy, name)
    mean = trial.comparison.difference(policy, name).interval.mean
    turned = (mean * (mean + table[["effect_at_low", "effect_at_high"]]) < 0).any(axis=1)
    return [*table["parameter"][:SHORT_LIST], *table["parameter"][turned]]


def _table(trial: Trial, found: Mapping[End, Found], policy: str, name: str) -> pd.DataFrame:
    """The effects on one outcome, the largest swing first."""
    import pandas as pd

    mean = trial.comparison.difference(policy, name).interval.mean
    rows = [
        _row(trial.uncertainty(number), {side: found[number, side] for side in SIDES}, mean, policy, name)
        for number, first in found
        if first == SIDES[0]
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _row(each: Uncertainty, found: Mapping[str, Found], mean: float, policy: str, name: str) -> list[object]:
    ends = {side: each.between(_at(side, each), found[side].nearness) for side in SIDES}
    gaps = {side: found[side].differences[policy][name] for side in SIDES}
    effects = [gap.mean - mean for gap in gaps.values()]
    flips = any(gap.mean * mean < 0 and (gap.low > 0 or gap.high < 0) for gap in gaps.values())
    swing, unstable = float(np.ptp([0.0, *effects])), " ".join(side for side in SIDES if found[side].unstable)
    texts = [each.name, each.label, str(ends["low"]), str(each.value), str(ends["high"])]
    return [*texts, *effects, swing, flips, unstable]


def stratified(seed: int, name: str, number: int) -> Values:
    """Shares of probability for so many draws of an uncertain number, one in each of `number` equal slices.

    They are keyed by the name, so another number more in the model leaves these as they are. Source: M. D. McKay,
    R. J. Beckman and W. J. Conover, Technometrics 21 (1979), Latin hypercube sampling.

    >>> np.sort(np.floor(4 * stratified(1, "role.clerk", 4))).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    order, within, *_ = draws.words(seed, 0, np.arange(number), f"doubt {name}", 0)
    slices = np.argsort(np.argsort(order, kind="stable"))
    return np.asarray((slices + (within + 0.5) / 2**32) / number, dtype=np.float64)


def _quantile(share: float, uncertainty: Uncertainty) -> Quantity:
    return uncertainty.quantile(share)


def _each(
    job: Callable[[Any], Result], items: Iterable[Any], workers: int, done: Done = lambda done: None
) -> list[Result]:
    """The results in order, whatever the workers."""
    pool, results = ThreadPoolExecutor(workers), list[Result]()
    try:
        for result in pool.map(job, items):
            results.append(result)
            done(len(results))
    finally:
        pool.shutdown(cancel_futures=True)
    return results
