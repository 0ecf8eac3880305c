"""What one replication comes to without its log: the integer sums from which all outcomes are computed.

An engine that is asked for no log returns these alone; `of` is their definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from procsim.engine.eventlog import EventLog
from procsim.engine.plan import BIDDING, OPEN, TIMER, Integers, Plan
from procsim.procurement.schema import MILESTONES

CAUSES = ("work", "queue", "closed", "handover", "rule", "supplier")


@dataclass(frozen=True, eq=False)
class Totals:
    """What one replication comes to without its log: integer sums for each case of the cohort, and of the office.

    Times are seconds, N are the cohort's cases in order of number (`case`), R roles, S stages, M marks; `outcome` are
    the columns of eventlog.CASES. `marks` [N, M]: when the case last completed a node with that mark of `Plan.marks`,
    -1 never. `waits` [N, 6]: by CAUSES, of the rows that complete no later than the last contract of the case; 0
    without one. `stages` [S, 6]: the same by stage, over all cases. `labour` [N, R]: worked seconds times people, over
    all rows. `steps`, `recorded`, `online` [N]: rows, those on record, those on the portal; `window` [N]: the length of
    the last bidding, -1 none. Of all cases, the cohort's or not, within the cohort's time: `busy` [R], person-seconds
    of the tasks that are complete; `in_hand` [3], seconds that cases were open, then in its first and last quarter.
    """

    plan: Plan
    replication: int
    case: Integers
    arrival: Integers
    kind: Integers
    value: Integers
    part: Integers
    variant: Integers
    outcome: dict[str, Integers]
    marks: Integers
    waits: Integers
    stages: Integers
    labour: Integers
    steps: Integers
    recorded: Integers
    online: Integers
    window: Integers
    busy: Integers
    in_hand: Integers

    def milestone(self, name: str) -> Integers:
        """When each case last reached a milestone, -1 never."""
        return self.marks[:, MILESTONES.index(name)]

    def completed(self, activity: str) -> Integers:
        """When each case last completed a node that a deadline refers to, -1 never."""
        return self.marks[:, self.plan.marks.index(activity, len(MILESTONES))]

    @cached_property
    def signed(self) -> NDArray[np.bool_]:
        """Which cases came to a contract."""
        return self.milestone("contract") >= 0

    @cached_property
    def ended(self) -> NDArray[np.bool_]:
        """Which cases had ended at the horizon."""
        return np.asarray(self.outcome["final_status"] != OPEN)


def of(log: EventLog) -> Totals:
    """The totals of a log.

    >>> from procsim import load, simulate
    >>> found = of(simulate(load("quotation", country="BRN")))
    >>> found.waits.shape == (len(found.case), len(CAUSES))
    True
    """
    plan, cases, rows = log.plan, log.cases, _Rows(log)
    marks, seconds = rows.marks(), rows.seconds()
    contract = marks[:, MILESTONES.index("contract")]
    seconds *= (rows.complete <= contract[rows.at])[:, None]
    return Totals(
        plan=plan,
        replication=log.replication,
        case=rows.cohort,
        **{name: getattr(cases, name)[rows.cohort] for name in ("arrival", "kind", "value", "part", "variant")},
        outcome={name: column[rows.cohort] for name, column in log.outcome.items()},
        marks=marks,
        waits=rows.total(seconds),
        stages=_summed(rows.of_node(plan.nodes.stage), len(plan.stages), seconds),
        labour=rows.total(rows.worked[:, None] * rows.of_node(_heads(plan))),
        steps=rows.total(np.ones_like(rows.at)),
        recorded=rows.total(rows.of_node(plan.nodes.recorded)),
        online=rows.total(rows.of_node(plan.nodes.portal)),
        window=rows.windows(),
        busy=_busy(log),
        in_hand=in_hand(plan, cases.arrival, log.outcome["ended"]),
    )


def in_hand(plan: Plan, arrival: Integers, ended: Integers) -> Integers:
    """Seconds that all cases together were open in the cohort's time, in its first quarter, and in its last."""
    first, last = plan.cohort
    quarter = (last - first) // 4
    spans = ((first, last), (first, first + quarter), (last - quarter, last))
    until = np.where(ended < 0, last, ended)
    open_for = (np.minimum(until, high) - np.maximum(arrival, low) for low, high in spans)
    return np.array([np.maximum(seconds, 0).sum() for seconds in open_for], dtype=np.int64)


class _Rows:
    """The rows of the cohort's cases, with the place of each row's case among them."""

    def __init__(self, log: EventLog) -> None:
        first, last = log.plan.cohort
        self.plan = log.plan
        self.cohort = np.flatnonzero((log.cases.arrival >= first) & (log.cases.arrival < last))
        place = np.full(len(log.cases), -1, dtype=np.int64)
        place[self.cohort] = np.arange(len(self.cohort))
        mine = place[log.events["case"]] >= 0
        names = ("case", "activity", "released", "enabled", "start", "complete", "worked")
        case, self.activity, self.released, self.enabled, self.start, self.complete, self.worked = (
            log.events[name][mine].astype(np.int64) for name in names
        )
        self.at, self.variant = place[case], log.cases.variant[case]

    def of_node(self, column: Integers) -> Integers:
        """What a column by variant and node says of each row."""
        return column[self.variant, self.activity]

    def total(self, values: Integers) -> Integers:
        """The sum of some values for each case."""
        return _summed(self.at, len(self.cohort), values)

    def marks(self) -> Integers:
        """When each case last completed a node with each mark."""
        result = np.full((len(self.cohort), len(self.plan.marks)), -1, dtype=np.int64)
        marks = self.of_node(self.plan.nodes.marks)
        for bit in range(len(self.plan.marks)):
            here = marks >> bit & 1 == 1
            np.maximum.at(result[:, bit], self.at[here], self.complete[here])
        return result

    def seconds(self) -> Integers:
        """The seconds of each row by cause."""
        kind, supplier = self.of_node(self.plan.nodes.kind), self.of_node(self.plan.nodes.supplier)
        timer = ((kind == TIMER) | (kind == BIDDING)).astype(np.int64)
        calendar = self.of_node(self.plan.nodes.calendar)
        on_duty = _worked(self.plan, calendar, self.start) - _worked(self.plan, calendar, self.enabled)
        queue = on_duty * (1 - timer)
        rest = self.complete - self.enabled - self.worked - queue
        handover = self.enabled - self.released
        causes = (self.worked, queue, rest * (1 - timer), handover, rest * (timer - supplier), rest * supplier)
        return np.stack(causes, axis=1)

    def windows(self) -> Integers:
        """The length of each case's last bidding: of two that close at one second, the one that opened then."""
        here = np.flatnonzero(self.of_node(self.plan.nodes.kind) == BIDDING)
        here = here[np.lexsort((self.released[here], self.complete[here]))]
        result = np.full(len(self.cohort), -1, dtype=np.int64)
        result[self.at[here]] = (self.complete - self.released)[here]  # the last of a case stays
        return result


def _busy(log: EventLog) -> Integers:
    """Person-seconds of each role within the cohort's time."""
    plan = log.plan
    first, last = plan.cohort
    events = {name: log.events[name].astype(np.int64) for name in ("case", "activity", "role", "start", "complete")}
    tasks = np.flatnonzero((events["role"] >= 0) & (events["start"] < last) & (events["complete"] > first))
    at = log.cases.variant[events["case"][tasks]], events["activity"][tasks]
    calendar, heads = plan.nodes.calendar[at], _heads(plan)[at]
    low, high = np.maximum(events["start"][tasks], first), np.minimum(events["complete"][tasks], last)
    worked = _worked(plan, calendar, high) - _worked(plan, calendar, low)
    return np.asarray((worked[:, None] * heads).sum(axis=0), dtype=np.int64)


def _worked(plan: Plan, calendar: Integers, times: Integers) -> Integers:
    """Working time up to some times, each by its calendar."""
    result = np.zeros_like(times)
    for index, hours in enumerate(plan.calendars):
        here = calendar == index
        result[here] = hours.worked_at(times[here])
    return result


def _heads(plan: Plan) -> Integers:
    """How many people of each role a node needs: shape (variants, nodes, roles)."""
    nodes = plan.nodes
    result = np.zeros((nodes.kind.size, len(plan.roles)), dtype=np.int64)
    result[np.repeat(np.arange(nodes.kind.size), np.diff(nodes.staff_offsets)), nodes.staff_role] = nodes.staff_heads
    return result.reshape(*nodes.kind.shape, -1)


def _summed(at: Integers, number: int, values: Integers) -> Integers:
    """Values added up by place: shape (number, ...)."""
    result = np.zeros((number, *values.shape[1:]), dtype=np.int64)
    np.add.at(result, at, values)
    return result
