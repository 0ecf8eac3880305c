"""One case told step by step, side by side under several policies: the same request, the same luck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from procsim.engine import totals
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import STATUSES
from procsim.procurement.parameters import DAY
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison

if TYPE_CHECKING:
    import pandas as pd

Step = tuple[str, int]  # activity and visit
COLUMNS = ("start", "end", "day", "waited", "worked")
ABSENT: list[str | float] = ["", "", math.nan, math.nan, math.nan]
HOUR = 3600


def case_story(logs: Mapping[str, EventLog], case: int, workflow: Workflow | None = None) -> pd.DataFrame:
    """One case under each policy: a row for each step, columns (policy, what); a step that a policy lacks is empty.

    `start` and `end` are clock times (for a task, of the work); `day` is days from the request to the end of the
    step, `waited` the days of the step without work on it, `worked` the hours of work. `workflow` gives the steps
    their titles. Raises KeyError where the case is in none of the logs.

    >>> import procsim as ps
    >>> log = ps.simulate(ps.load("open_tender", country="BRN"), seed=1)
    >>> case_story({"paper": log}, 0).index[0]
    'Request'
    """
    import pandas as pd

    told = {policy: _told(log, case) for policy, log in logs.items()}
    steps = _order([list(rows) for rows in told.values()])
    if not steps:
        raise KeyError(f"case {case} is in none of the logs of {', '.join(logs) or 'no policy'}")
    columns = pd.MultiIndex.from_product([list(logs), COLUMNS])
    rows = [[value for rows in told.values() for value in rows.get(step, ABSENT)] for step in steps]
    titles = pd.Index([_title(*step, workflow) for step in steps], name="step")
    return pd.DataFrame(rows, index=titles, columns=columns)


def typical_case(logs: Mapping[str, EventLog], comparison: Comparison) -> int:
    """The case to tell: of replication 1, complete under every policy, and nearest the baseline's median days.

    Of two that are equally near it is the earlier one. Raises ValueError where no case is complete under all.
    """
    days = comparison.runs[0][comparison.baseline].days
    cohort, done = totals.of(logs[comparison.baseline]).case, ~np.isnan(days)
    for log in logs.values():
        done &= log.outcome["final_status"][cohort] == STATUSES.index("complete")
    if not done.any():
        raise ValueError("no case is complete under every policy: add replications or staff, or compare fewer policies")
    distance = np.where(done, np.abs(days - np.nanmedian(days)), np.inf)
    return int(cohort[np.argmin(distance)])


def _told(log: EventLog, case: int) -> dict[Step, list[str | float]]:
    """The steps of a case in the order in which they could begin."""
    events = log.events
    rows = np.flatnonzero(events["case"] == case)
    rows = rows[np.lexsort((events["complete"][rows], events["released"][rows]))]
    begun = int(log.cases.arrival[case]) if len(rows) else 0
    return dict(_line(log, int(row), begun) for row in rows)


def _line(log: EventLog, row: int, begun: int) -> tuple[Step, list[str | float]]:
    event = {name: int(column[row]) for name, column in log.events.items()}
    waited = event["complete"] - event["released"] - event["worked"]
    days = (event["complete"] - begun) / DAY, waited / DAY, event["worked"] / HOUR
    times = log.clock(event["start"]), log.clock(event["complete"])
    return (log.plan.activities[event["activity"]], event["visit"]), [*times, *(round(value, 1) for value in days)]


def _order(stories: list[list[Step]]) -> list[Step]:
    """All steps in one order: a step that only a later story has comes after the one before it there."""
    order: list[Step] = []
    for story in stories:
        after = 0
        for step in story:
            if step not in order:
                order.insert(after, step)
            after = order.index(step) + 1
    return order


def _title(activity: str, visit: int, workflow: Workflow | None) -> str:
    node = workflow.spec.nodes.get(activity) if workflow else None
    title = (node.title if node else "") or activity.replace("_", " ").capitalize()
    return title if visit == 0 else f"{title} (round {visit + 1})"
