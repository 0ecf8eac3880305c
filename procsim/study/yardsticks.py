"""The measures by which the model is held against published results: one number for each replication."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from procsim.engine.engines import Engine
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import Plan
from procsim.procurement.parameters import Quantity
from procsim.procurement.workflow import Workflow
from procsim.study.columns import Integers, Values, days_between, known
from procsim.study.measures import HOUR, Measures, buyers_wage

Kind = Literal["outcome", "activity", "parameter", "number"]


@dataclass(frozen=True, eq=False)
class Sample:
    """One replication under one policy: its outcomes and, where a measure asks for it, its event log."""

    workflow: Workflow
    plan: Plan
    replication: int
    measures: Measures
    engine: Engine

    @cached_property
    def log(self) -> EventLog:
        """The event log of the very replication that the outcomes are of."""
        return self.engine.simulate(self.plan, self.replication)

    def values(self, outcome: str) -> Values:
        """An outcome of every case of the cohort, or the one of the office; NaN without one."""
        if outcome in self.measures.office:
            return np.array([self.measures.office[outcome]])
        return self.measures.by_case.get(outcome, np.full(1, np.nan))

    def ends(self, activity: str) -> Integers:
        """When each case of the cohort last completed an activity (s), -1 never."""
        result = np.full(len(self.log.cases), -1, dtype=np.int64)
        here = self.log.events["activity"] == self.plan.activities.index(activity)
        np.maximum.at(result, self.log.events["case"][here], self.log.events["complete"][here].astype(np.int64))
        return result[self.measures.case]


Samples = Sequence[Sample]


def mean(samples: Samples, outcome: str) -> float:
    """The mean of an outcome over cases, and then over the policies, each with the same weight."""
    return float(np.mean([known(sample.values(outcome)).mean for sample in samples]))


def change(samples: Samples, outcome: str) -> float:
    """By what share the mean of an outcome is higher under the last policy than under the first."""
    return mean(samples[-1:], outcome) / mean(samples[:1], outcome) - 1


def gap(samples: Samples, outcome: str) -> float:
    """The mean of an outcome under the last policy less that under the first, in the outcome's unit."""
    return mean(samples[-1:], outcome) - mean(samples[:1], outcome)


def share_below(samples: Samples, bids: float) -> float:
    """The share of the cases with a bid that drew fewer than so many, NaN where none drew one."""
    drew = np.concatenate([sample.values("bids") for sample in samples])
    number = known(drew).number
    return np.count_nonzero(drew < bids) / number if number else math.nan


def slope(samples: Samples, fewest: float, most: float) -> float:
    """What one bid more does to the price, as a share of the estimate: least squares from `fewest` to `most` bids."""
    bids, price = _priced(samples)
    here = (bids >= fewest) & (bids <= most)
    return float(np.polyfit(bids[here], price[here], 1)[0])


def last_useful_bidder(samples: Samples, least: float) -> float:
    """The fewest bids at which one more lowers the mean price by less than `least`, a share of the estimate."""
    bids, price = _priced(samples)
    bids, number = np.unique(bids, return_inverse=True)
    means = np.bincount(number, price) / np.bincount(number)
    spent = np.flatnonzero(-np.diff(means) < least)
    return float(bids[spent[0]]) if len(spent) else float("nan")


def below_estimate(samples: Samples) -> float:
    """By what share the price lies below the estimate on average."""
    return 1 - mean(samples, "price_to_estimate")


def buyer_cost(samples: Samples) -> float:
    """What a case costs the buyer, in USD: hours at the wage, 0 where the workflow knows none."""
    return float(np.mean([known(each.values("buyer_hours")).mean * buyers_wage(each.workflow) for each in samples]))


def bidders_cost(samples: Samples) -> float:
    """What a case costs all its bidders together, in USD: hours at the wage, and expenses."""
    return mean(samples, "administrative_cost") - buyer_cost(samples)


def bidders_share(samples: Samples) -> float:
    """The bidders' part of what a case costs buyer and bidders together."""
    return bidders_cost(samples) / mean(samples, "administrative_cost")


def days(samples: Samples, start: str, end: str) -> float:
    """Mean days between the last completions of two activities, of the cases that reached both."""
    return known(np.concatenate([days_between(sample.ends(start), sample.ends(end)) for sample in samples])).mean


def hours_on(samples: Samples, activity: str) -> float:
    """Mean hours of all people on an activity, each time that it is done."""
    return float(np.mean([_hours_on(sample, activity) for sample in samples]))


def hours_ratio(samples: Samples, activity: str) -> float:
    """Hours on an activity under the first policy over those under the last."""
    return hours_on(samples[:1], activity) / hours_on(samples[-1:], activity)


def hours_after_outage(samples: Samples, activity: str) -> float:
    """Mean hours from the end of an outage to the deadlines that it moved, NaN where it moved none."""
    return known(np.concatenate([_after_outage(sample, activity) for sample in samples])).mean


def parameter(samples: Samples, name: str) -> float:
    """A number of the model as it stands under the last policy, in its own unit: what was put in."""
    workflow = samples[-1].workflow
    found = workflow.ledger.get(name) or workflow.country.parameters[name]
    return float(Quantity.parse(found.value).amount)


def _priced(samples: Samples) -> tuple[Values, Values]:
    """Bids and price of the cases that have both."""
    bids, price = (np.concatenate([each.values(name) for each in samples]) for name in ("bids", "price_to_estimate"))
    both = ~np.isnan(bids) & ~np.isnan(price)
    return bids[both], price[both]


def _hours_on(sample: Sample, activity: str) -> float:
    number = sample.plan.activities.index(activity)
    events, people = sample.log.events, sample.log.people
    rows = events["activity"] == number
    heads = (people["activity"] == number).sum() / max(rows.sum(), 1)
    return float(events["worked"][rows].mean() * heads / HOUR)


def _after_outage(sample: Sample, activity: str) -> Values:
    """For each case with one moved deadline, hours from the end of the last outage before it."""
    ends = np.array(sorted(end for _, end in sample.plan.outages(sample.replication)), dtype=np.int64)
    moved = sample.log.outcome["moved"][sample.measures.case] == 1
    deadlines = sample.ends(activity)[moved & (sample.log.outcome["rounds"][sample.measures.case] == 1)]
    last = np.searchsorted(ends, deadlines) - 1
    return np.asarray((deadlines - ends[last]) / HOUR, dtype=np.float64)


@dataclass(frozen=True)
class Measure:
    """A function of the samples of all policies, and of what kind its further arguments are, in order.

    >>> MEASURES["slope"].takes
    ('number', 'number')
    """

    function: Callable[..., float]
    takes: tuple[Kind, ...]


_TAKES: dict[Callable[..., float], tuple[Kind, ...]] = {
    mean: ("outcome",),
    change: ("outcome",),
    gap: ("outcome",),
    share_below: ("number",),
    slope: ("number", "number"),
    last_useful_bidder: ("number",),
    below_estimate: (),
    buyer_cost: (),
    bidders_cost: (),
    bidders_share: (),
    days: ("activity", "activity"),
    hours_on: ("activity",),
    hours_ratio: ("activity",),
    hours_after_outage: ("activity",),
    parameter: ("parameter",),
}
MEASURES = {function.__name__: Measure(function, takes) for function, takes in _TAKES.items()}
