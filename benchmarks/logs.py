"""What a log costs: time, and bytes a row."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import workload
from numpy.typing import NDArray
from rounds import blocks, in_turn

from procsim.engine import native
from procsim.engine.eventlog import EVENTS, EventLog
from procsim.engine.plan import Plan

BLOCK = 10
CORE = ("case", "activity", "visit", "enabled", "start", "complete")  # what an event log is, elsewhere
FEW = ("activity", "visit", "role", "resource")


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
        **{
            f"bytes in {form}{of}": size / len(table)
            for of, table in (("", arrow(log, CORE)), (", all columns", arrow(log, EVENTS)))
            for form, size in (("Arrow", table.nbytes), ("Parquet", parquet(table)))
        },
    }


def _with_and_without(plan: Plan) -> dict[str, Any]:
    def run(kernel: native.Kernel, log: bool) -> Any:
        return lambda numbers: deque((kernel.run(n, log) for n in numbers), maxlen=0)

    return {
        "kernel": blocks(run(native.Kernel(plan), False), BLOCK),
        "kernel with log": blocks(run(native.Kernel(plan), True), BLOCK),
        "fast": blocks(lambda numbers: deque(native.totals(plan, numbers), maxlen=0), BLOCK),
        "fast with log": blocks(lambda numbers: deque((native.simulate(plan, n) for n in numbers), maxlen=0), BLOCK),
    }


def arrow(log: EventLog, names: tuple[str, ...]) -> pa.Table:
    """Columns of a log, each in the narrowest integer that holds it, by case and start."""
    order = np.lexsort((log.events["start"], log.events["case"]))
    columns = {name: log.events[name][order] for name in names}
    return pa.table({name: column.astype(_narrowest(column)) for name, column in columns.items()})


def parquet(table: pa.Table) -> int:
    """Bytes of a table in Parquet; a dictionary helps where there are few values."""
    file = pa.BufferOutputStream()
    pq.write_table(table, file, compression="zstd", use_dictionary=[name for name in FEW if name in table.column_names])
    return int(file.getvalue().size)


def _narrowest(column: NDArray[np.int32]) -> np.dtype[Any]:
    return np.promote_types(np.min_scalar_type(column.min()), np.min_scalar_type(column.max()))
