"""What every engine must find alike in a replication of the benchmark workload."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from textbook import WORKLOAD

from procsim.engine.eventlog import EventLog


@dataclass(frozen=True)
class Sums:
    """Seconds of one replication: the sum of cycle times; those of waiting and of work, and the number of visits, by
    activity of WORKLOAD; the time at work by role."""

    cycle: int
    waited: tuple[int, ...]
    worked: tuple[int, ...]
    visits: tuple[int, ...]
    busy: tuple[int, ...]


def sums(log: EventLog) -> Sums:
    """The sums of an event log."""
    plan, waited = log.plan, log.events["start"] - log.events["enabled"]
    rows = [plan.activities.index(name) for name in WORKLOAD]
    tasks = log.events["role"] >= 0

    def total(by: str, what: NDArray[np.int64]) -> NDArray[np.int64]:
        found = np.zeros(len(plan.activities), dtype=np.int64)
        np.add.at(found, log.events[by][tasks], what[tasks])
        return found

    return Sums(
        cycle=int((log.outcome["ended"] - log.cases.arrival).sum()),
        waited=tuple(total("activity", waited)[rows].tolist()),
        worked=tuple(total("activity", log.events["worked"])[rows].tolist()),
        visits=tuple(total("activity", np.ones_like(waited))[rows].tolist()),
        busy=tuple(total("role", log.events["worked"])[: len(plan.roles)].tolist()),
    )
