"""The columns of an event log beside what the workflow says of each row: what all outcomes are computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from procsim.engine.eventlog import EventLog
from procsim.engine.plan import BIDDING, TIMER
from procsim.procurement.schema import Step, WorkflowSpec, part_of
from procsim.procurement.workflow import Workflow

Values = NDArray[np.float64]


class Rows:
    """The columns of a log, with what the workflow says of each row and the working time in it."""

    def __init__(self, log: EventLog, workflow: Workflow) -> None:
        self.log, self.plan, self.workflow = log, log.plan, workflow
        self.nodes = workflow.spec.nodes
        self.parts = np.array([self.plan.parts.index(part_of(name)) for name in self.nodes], dtype=np.int64)
        first, last = self.plan.cohort
        arrival = log.cases.arrival
        self.cohort = np.flatnonzero((arrival >= first) & (arrival < last))
        self.case, self.activity = log.events["case"], log.events["activity"]
        self.released, self.enabled = log.events["released"], log.events["enabled"]
        self.start, self.complete = log.events["start"], log.events["complete"]
        self.worked = log.events["worked"]
        self.variant = log.cases.variant[self.case]
        self.kind = self.plan.nodes.kind[self.variant, self.activity]
        self.timer = (self.kind == TIMER) | (self.kind == BIDDING)
        self.status = log.outcome["final_status"][self.cohort]
        self.contract, self.notice = self.milestone("contract"), self.milestone("notice")
        self.queue = self._on_duty_wait()

    def milestone(self, name: str) -> Values:
        """When each case last completed the node that marks a milestone; NaN if it never did."""
        marked = [isinstance(node, Step) and node.milestone == name for node in self.nodes.values()]
        return self.last(np.array(marked, dtype=bool)[self.activity])

    def last(self, rows: NDArray[np.bool_]) -> Values:
        """When each case last completed one of some rows; NaN if it never did."""
        found = np.full(len(self.log.cases), -np.inf)
        np.maximum.at(found, self.case[rows], self.complete[rows].astype(float))
        return np.where(np.isinf(found), np.nan, found)

    def _on_duty_wait(self) -> Values:
        """Seconds of each row's wait during which its roles were on duty together."""
        wait = np.zeros(len(self.case))
        calendar = self.plan.nodes.calendar[self.variant, self.activity]
        for index, hours in enumerate(self.plan.calendars):
            here = ~self.timer & (calendar == index)
            wait[here] = hours.worked_at(self.start[here]) - hours.worked_at(self.enabled[here])
        return wait

    def total(self, values: Values | NDArray[np.int64], rows: NDArray[np.bool_]) -> Values:
        """The sum of a column over some rows, for each case of the cohort."""
        sums = np.bincount(self.case[rows], weights=values[rows], minlength=len(self.log.cases))
        return np.asarray(sums, dtype=np.float64)[self.cohort]

    def people(self, role: str | None = None) -> NDArray[np.int64]:
        """For each row, how many of the buyer's people are on it, or how many of one role."""
        roles = self.workflow.spec.roles
        wanted = {name for name, block in roles.items() if (role or name) == name and block.party == "buyer"}
        heads = [
            [sum(staff.get(name, 0) for name in wanted) for staff in self._staff(variant.spec)]
            for variant in self.workflow.variants
        ]
        return np.array(heads, dtype=np.int64)[self.variant, self.activity]

    def _staff(self, spec: WorkflowSpec) -> list[dict[str, int]]:
        return [getattr(spec.nodes.get(name), "staff", {}) for name in self.nodes]
