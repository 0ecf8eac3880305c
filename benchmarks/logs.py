"""What a log costs: time, and bytes a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import workload
from rounds import blocks, in_turn

from procsim.engine import native
from procsim.engine.eventlog import EVENTS, EventLog
from procsim.engine.plan import Plan

BLOCK = 10


def logs() -> dict[str, Any]:
    """Of the workload: time with the log to time without, in the kernel and for users, and bytes of a row."""
    plan = workload.plan()
    log = native.simulate(plan, 1)
    rounds = in_turn(_with_and_without(plan), 9)
    return {
        "time in the kernel": rounds.ratio("kernel", "kernel with log"),
        "time for users": rounds.ratio("fast", "fast with log"),
        "rows": len(log.events["case"]),
        "bytes in memory": sum(column.itemsize for column in log.events.values()),
        "bytes in Arrow": arrow(log),
    }


def _with_and_without(plan: Plan) -> dict[str, Any]:
    def run(kernel: native._Kernel, log: bool) -> Any:
        return lambda numbers: [kernel.run(n, log) for n in numbers]

    return {
        "kernel": blocks(run(native._Kernel(plan), False), BLOCK),
        "kernel with log": blocks(run(native._Kernel(plan), True), BLOCK),
        "fast": blocks(lambda numbers: [*native.totals(plan, numbers)], BLOCK),
        "fast with log": blocks(lambda numbers: [native.simulate(plan, n) for n in numbers], BLOCK),
    }


def arrow(log: EventLog) -> int:
    """Bytes of a row in Arrow, each column in the narrowest integer that holds it.

    It follows from the types. Parquet is not measured: that takes pyarrow, which nothing here needs otherwise.
    """
    ends = ((log.events[name].min(), log.events[name].max()) for name in EVENTS)
    return sum(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)).itemsize for low, high in ends)
