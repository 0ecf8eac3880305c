"""Paired experiments: the same replications under several policies, and intervals of the differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from procsim.engine import compiler, engines
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import Plan
from procsim.engine.totals import Totals
from procsim.procurement.problems import ModelError
from procsim.procurement.workflow import Workflow
from procsim.study.columns import Values
from procsim.study.measures import measure, with_savings
from procsim.study.outcomes import outcome
from procsim.study.runs import Run, is_unstable, reduced

if TYPE_CHECKING:
    from procsim.study.doubt import Doubt

Progress = Callable[[int, int], None]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over replications with its 95 % interval (Student's t); the ends are NaN for a single replication.

    It covers simulation error only: parameter doubt is another matter, see `doubt`.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """A policy less the baseline, case by case on the same luck.

    `better_in_20` is 20 times the share of paired cases that are strictly better, NaN where the outcome has no case
    value or no direction; `ties` says that every pair is equal; `left_out` counts cases without a value in one of the
    two.
    """

    interval: Interval
    better_in_20: float
    ties: bool
    paired: int
    left_out: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result of an experiment: what is kept of each replication, by policy, the first being the baseline.

    `engine` is the name of the one that ran it. `doubt` is what doubt over the parameters does to the differences,
    where it was asked for: see `doubt.with_doubt`.
    """

    policies: dict[str, Workflow]
    runs: list[dict[str, Run]] = field(repr=False)
    seed: int
    replications: int
    years: int
    engine: str
    doubt: Doubt | None = None

    @property
    def baseline(self) -> str:
        """The policy that the others are compared with."""
        return next(iter(self.policies))

    def names(self) -> list[str]:
        """The identifiers of all outcomes that any policy has."""
        every = (run[policy] for policy in self.policies for run in self.runs)
        found = dict.fromkeys(name for run in every for name in (*run.known, *run.office))
        return [name for name in found if not all(math.isnan(run[self.baseline].mean(name)) for run in self.runs)]

    def interval(self, policy: str, name: str) -> Interval:
        """Mean and interval of an outcome under a policy, over replications."""
        return interval([run[policy].mean(name) for run in self.runs])

    def difference(self, policy: str, name: str) -> Difference:
        """A policy less the baseline, paired case by case."""
        changes = [run[policy].change(name) for run in self.runs]
        paired = sum(change.paired for change in changes)
        return Difference(
            interval=interval([change.mean for change in changes]),
            better_in_20=20 * (sum(change.better for change in changes) / paired) if paired else math.nan,
            ties=paired > 0 and sum(change.equal for change in changes) == paired,
            paired=paired,
            left_out=sum(change.left_out for change in changes),
        )

    def values(self, policy: str, name: str) -> Values:
        """An outcome of every case in all replications, NaN without one; empty if it is the office's, or no policy's.

        Only the days from request to contract are kept: for another outcome the policy runs again, on the same luck.
        """
        days = np.concatenate([run[policy].days for run in self.runs])
        if name == "cycle_time":
            return days
        if not any(name in own.known for run in self.runs for own in run.values()):
            return np.zeros(0)
        if not any(name in run[policy].known for run in self.runs):
            return np.full(len(days), np.nan)
        workflow = self.policies[policy]
        plan = compiler.make(workflow, self.seed, self.years)
        engine, numbers = engines.choose(self.engine), range(1, self.replications + 1)
        again = engine.replicate([plan], numbers, 1, lambda found: measure(found[0], workflow).by_case[name])
        return np.concatenate(list(again))

    def stages(self, policy: str) -> dict[str, dict[str, float]]:
        """Mean days by stage and cause (work, queue, closed, handover, rule, supplier), from request to contract."""
        runs = [run[policy].stages for run in self.runs]
        return {
            stage: {cause: float(np.mean([run[stage][cause] for run in runs])) for cause in causes}
            for stage, causes in runs[0].items()
        }

    def unstable(self) -> dict[str, tuple[str, ...]]:
        """For each policy whose answer depends on the horizon, why: what most of its replications say."""
        result = {}
        for policy in self.policies:
            runs = [run[policy] for run in self.runs]
            said = [reason for run in runs for reason in run.unstable]
            if is_unstable(runs):
                result[policy] = tuple({reason.split(" ")[0]: reason for reason in said}.values())
        return result

    def open_cases(self) -> dict[str, int]:
        """For each policy, the cases of the cohort that had not ended at the horizon, over all replications."""
        return {policy: sum(run[policy].open for run in self.runs) for policy in self.policies}

    def table(self) -> Any:
        """One row for each outcome and policy: mean, low, high, difference with its interval, better_in_20."""
        import pandas as pd

        rows = []
        for name in self.names():
            for policy in self.policies:
                rows.append({"outcome": name, "unit": self.unit(name), "policy": policy, **self._row(policy, name)})
        return pd.DataFrame(rows)

    def _row(self, policy: str, name: str) -> dict[str, float]:
        own, change = self.interval(policy, name), self.difference(policy, name)
        gap = change.interval
        row = {"mean": own.mean, "low": own.low, "high": own.high}
        if policy != self.baseline:
            row |= {"difference": gap.mean, "difference_low": gap.low, "difference_high": gap.high}
            row |= {"better_in_20": change.better_in_20, "paired": change.paired, "left_out": change.left_out}
        if policy != self.baseline and self.doubt:
            low, high = self.doubt.interval(policy, name)
            row |= {"doubt_low": low, "doubt_high": high}
            row |= {"better_in_20_draws": self.doubt.better_in_20(policy, name)}
        return row

    def unit(self, name: str) -> str:
        """The unit of an outcome; local cost is in the currency and year of the country's profile."""
        country = self.policies[self.baseline].country
        unit = outcome(name).unit
        return {"local": f"{country.currency} of {country.year}", "USD": f"USD of {country.year}"}.get(unit, unit)


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval of replications by Student's t; replications without a value are left out.

    >>> found = interval([5, 3, 8, -1, 2])
    >>> round(found.mean, 1), round(found.high - found.mean, 5)
    (3.4, 4.17391)
    """
    from scipy.special import stdtrit

    known = np.array([value for value in values if not math.isnan(value)], dtype=float)
    number = len(known)
    if number == 0:
        return Interval(math.nan, math.nan, math.nan)
    mean = float(known.mean())
    if number == 1:
        return Interval(mean, math.nan, math.nan)
    half = float(stdtrit(number - 1, (1 + CONFIDENCE) / 2)) * float(known.std(ddof=1)) / math.sqrt(number)
    return Interval(mean, mean - half, mean + half)


def simulate(
    workflow: Workflow,
    seed: int = 1,
    replication: int = 1,
    years: int = 1,
    first: date | None = None,
    engine: str = engines.AUTO,
) -> EventLog:
    """One replication of a workflow; `first` is the date of day 0, and either `engine` gives the same log.

    >>> from procsim import load
    >>> simulate(load("open_tender", country="BRN"), seed=1).case_table()["bids"].gt(5).any().item()
    True
    """
    return engines.choose(engine).simulate(compiler.make(workflow, seed, years, first), replication)


def compare(
    *policies: Workflow | Mapping[str, Workflow],
    seed: int = 1,
    replications: int = 20,
    years: int = 1,
    workers: int = 1,
    progress: Progress | None = None,
    engine: str = engines.AUTO,
) -> Comparison:
    """Run the same replications under each policy, and compare every policy with the first.

    Policies are workflows, named by their regimes, or one mapping of names to workflows. The result is the same for
    any number of `workers` (threads of the fast engine, processes of the reference) and on either `engine`, see
    `engines.choose`; `progress` is called with (replications done, replications in all).

    >>> from procsim import load
    >>> tender = load("open_tender", country="BRN")
    >>> result = compare(*tender.regimes("paper", "electronic"), replications=2)
    >>> result.difference("electronic", "cycle_time").interval.mean < 0
    True
    """
    named, chosen = _named(policies), engines.choose(engine)
    plans, runs = _plans(named, seed, years), list[dict[str, Run]]()
    keep, numbers = partial(kept, named), range(1, replications + 1)
    with closing(chosen.replicate(list(plans.values()), numbers, workers, keep)) as found:
        for run in found:
            runs.append(run)
            if progress:
                progress(len(runs), replications)
    return Comparison(named, runs, seed, replications, years, chosen.name)


def _named(policies: Sequence[Workflow | Mapping[str, Workflow]]) -> dict[str, Workflow]:
    named: dict[str, Workflow] = {}
    for policy in policies:
        for name, workflow in policy.items() if isinstance(policy, Mapping) else [(policy.regime, policy)]:
            if name in named:
                remedy = "Name them: compare({'first': ..., 'second': ...})."
                raise ModelError([f"compare: two policies are called '{name}'. {remedy}"])
            named[name] = workflow
    return named


def _plans(policies: dict[str, Workflow], seed: int, years: int) -> dict[str, Plan]:
    plans = {name: compiler.make(workflow, seed, years) for name, workflow in policies.items()}
    refuse_other_cases(plans)
    return plans


def refuse_other_cases(plans: dict[str, Plan]) -> None:
    """Cases are paired by number, so every policy must have the same ones; ModelError where one has not."""
    (baseline, plan), *others = plans.items()
    own = plan.cases(1)
    for name, other in others:
        cases = other.cases(1)
        if not (np.array_equal(own.arrival, cases.arrival) and np.array_equal(own.value, cases.value)):
            what = f"policy {name}: its cases are not those of {baseline}, so they cannot be paired"
            raise ModelError([f"{what}. Give all policies one caseload and country, or run one experiment for each."])


def kept(policies: Mapping[str, Workflow], found: Sequence[Totals]) -> dict[str, Run]:
    """What is kept of a replication, from its totals under each policy."""
    pairs = zip(policies.items(), found, strict=True)
    measures = {name: measure(own, workflow) for (name, workflow), own in pairs}
    baseline = next(iter(measures.values()))
    return reduced({name: with_savings(own, baseline) for name, own in measures.items()})
