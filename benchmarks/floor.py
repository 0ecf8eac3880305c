"""The floor: the benchmark workload as a loop in C written by hand for it alone (floor.c), to measure the engine by."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sums import Sums
from textbook import POOLS, WORKLOAD

from procsim.engine import draws
from procsim.engine.plan import Plan

Integers = NDArray[np.int64]

SOURCE = Path(__file__).with_name("floor.c")
# As the engine is built for everyone: optimised, for any processor of its kind.
COMPILE = ("-m", "ziglang", "cc", "-O3", "-mcpu=baseline", "-shared", "-fPIC")
# The enums and array sizes of floor.c.
AFTER = ("legal_signoff", "budget_reserve", "publish", "compliance", "award", "register", "cancel_notice")
TIMERS = (*(f"after_{name}" for name in AFTER), "back_to_assemble", "back_to_tech_eval")
CHOICES = ("docs_approved", "report_decided")
MOST_CASES, TABLES, TABLE = 2048, 8, 1536


class Floor:
    """The loop, compiled into a folder and loaded; the plan of the workload gives it its numbers."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        built = folder / "floor.so"
        subprocess.run([sys.executable, *COMPILE, "-o", str(built), str(SOURCE)], check=True)
        self.library = ctypes.CDLL(str(built))
        self.library.floor_room.restype = ctypes.c_int64
        self.work = workload(plan)
        self.room = np.zeros(self.library.floor_room(), dtype=np.uint8)

    def run(self, replication: int) -> Sums:
        """One replication."""
        sizes = (1, len(WORKLOAD), len(WORKLOAD), len(WORKLOAD), len(POOLS))
        found = np.zeros(sum(sizes), dtype=np.int64)
        work, room, into = (ctypes.c_void_p(array.ctypes.data) for array in (self.work, self.room, found))
        self.library.floor_run(work, ctypes.c_uint32(replication), room, into)
        (cycle,), *others = (part.tolist() for part in np.split(found, np.cumsum(sizes)[:-1]))
        return Sums(cycle, *map(tuple, others))


def workload(plan: Plan) -> NDArray[np.uint32]:
    """The struct Workload of floor.c."""
    nodes, rank = plan.nodes, {name: index for index, name in enumerate(plan.activities)}
    tasks, timers, choices = ([rank[name] for name in names] for names in (WORKLOAD, TIMERS, CHOICES))
    names = np.array([draws.name_key(name) for name in plan.activities])

    def laws(rows: list[int], mean: Integers, table: Integers) -> Integers:
        return np.stack([names[rows], mean[0, rows], table[0, rows]], axis=1).ravel()

    approved, decided = (nodes.branch_bound[nodes.branch_offsets[row] :] for row in choices)
    arrival, tables = plan.cases(0).arrival, np.stack(plan.tables)
    parts = (
        [*draws.key_of(plan.seed), len(arrival)],
        plan.heads,
        nodes.staff_role[nodes.staff_offsets[tasks]],
        laws(tasks, nodes.fixed, nodes.effort_table),
        laws(tasks, nodes.wait, nodes.wait_table),
        laws(timers, nodes.wait, nodes.wait_table),
        names[choices],
        [approved[0], decided[1], decided[0]],
        np.pad(arrival, (0, MOST_CASES - len(arrival))),
        np.pad(tables, ((0, TABLES - len(tables)), (0, TABLE - tables.shape[1]))).ravel(),
    )
    return np.concatenate(parts).astype(np.uint32)
