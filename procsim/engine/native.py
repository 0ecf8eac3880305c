"""The fast engine from Python: hands plans to the compiled kernel.

The kernel gives the same answers as reference.py, row for row. It is compiled when the package is built; where no
library is there, `available` says so.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from threading import local
from typing import Any

import numpy as np

from procsim.engine import eventlog
from procsim.engine.eventlog import CASES, EVENTS, PEOPLE, EventLog, Words
from procsim.engine.image import image
from procsim.engine.plan import CASE_LIMIT, TOO_MANY_VISITS, Integers, Plan
from procsim.engine.totals import CAUSES, Totals
from procsim.procurement.problems import ModelError

LIBRARY = Path(__file__).with_name({"win32": "kernel.dll", "darwin": "kernel.dylib"}.get(sys.platform, "kernel.so"))

LINE = 8  # words to a line of the processor's cache
CACHED = 4096  # cases in hand that a cache holds; a table of rows tells the kernel to expect more
# enum Fault of the kernel: these are mended by another try with more room.
NO_ROOM, HANDS_FULL, TABLE_FULL, LOG_FULL, PEOPLE_FULL = range(2, 7)
FAULTS = {
    1: "the plan cannot be run by the fast engine. Use --engine reference, and tell us.",
    7: TOO_MANY_VISITS,
    8: "a task, or a role's or bidder's labour on one case, takes more than 68 years. Lower the efforts or the bids.",
    9: f"more than {CASE_LIMIT} cases in one replication. Lower per_year or --years.",
    10: "a case goes round for ever without any time passing. Put a task or a timer into the loop.",
    11: "more cases are in hand at once than the fast engine can number. Lower per_year, or use --engine reference.",
}
REPORT = (
    *("needed", "cases", "first", "rows", "log_rows", "people_rows", "in_hand", "early", "late"),
    *("stages", "busy", "log", "people"),
)
ROW = (  # and then the waits by cause, the marks and the labour by role
    *("steps", "recorded", "online", "window", "rounds", "bids", "valid_bids", "all_bids", "price", "winner"),
    *("moved", "bidder_seconds", "final_status", "ended", "arrival", "kind", "value", "part", "variant"),
)
SUMS = ("steps", "recorded", "online", "window", "arrival", "kind", "value", "part", "variant")


def available() -> bool:
    """Whether the compiled kernel is there, and for this system."""
    try:
        return LIBRARY.exists() and _library() is not None
    except OSError:
        return False


def simulate(plan: Plan, replication: int) -> EventLog:
    """Run one replication with its log, which equals that of `reference.simulate`."""
    return Kernel(plan).log(replication)


def totals(plan: Plan, replications: Iterable[int]) -> Iterator[Totals]:
    """Run replications without their logs, each when it is asked for; workers.py runs them on threads.

    >>> from procsim import load
    >>> from procsim.engine import compiler
    >>> plan = compiler.make(load("quotation", country="BRN"))
    >>> [each.replication for each in totals(plan, [1, 2])]
    [1, 2]
    """
    return map(Kernel(plan).totals, replications)


class Kernel:
    """A plan ready to be run; each thread has its own arena, which grows when a replication needs more of it."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.image, self.room = plan, image(plan), local()
        self.columns = len(ROW) + len(CAUSES) + len(plan.marks) + len(plan.roles)
        self.check(_library().procsim_check(_address(self.image), len(self.image)))

    def check(self, fault: int) -> None:
        """Raise what the kernel found wrong."""
        if fault:
            raise ModelError([FAULTS[fault]])

    def totals(self, replication: int) -> Totals:
        """One replication without its log."""
        report, arena, table = self.run(replication, log=False)
        plan, rows = self.plan, report["rows"]
        if table.strides[1] > table.itemsize:
            table = table.copy()  # each column in one piece
        named = dict(zip(ROW, table, strict=False))
        marks = len(ROW) + len(CAUSES)
        labour = marks + len(plan.marks)
        stages = arena[report["stages"] :][: len(plan.stages) * len(CAUSES)]
        return Totals(
            plan=plan,
            replication=replication,
            case=np.arange(report["first"], report["first"] + rows),
            **{name: named[name] for name in SUMS},
            outcome={name: named[name] for name in CASES},
            marks=table[marks:labour].T,
            waits=table[len(ROW) : marks].T,
            stages=stages.reshape(-1, len(CAUSES)).copy(),
            labour=table[labour:].T,
            busy=arena[report["busy"] :][: len(plan.roles)].copy(),
            in_hand=np.array([report["in_hand"], report["early"], report["late"]]),
        )

    def log(self, replication: int) -> EventLog:
        """One replication with its log."""
        report, arena, table = self.run(replication, log=True)
        cases, rows = self.plan.cases(replication), report["rows"]
        outcome = {name: np.full(len(cases), default) for name, default in zip(CASES, EMPTY, strict=True)}
        for name in CASES:
            outcome[name][:rows] = table[ROW.index(name)]
        events = _columns(arena[report["log"] :], EVENTS, report["log_rows"], self.room.limits[2])
        people = _columns(arena[report["people"] :], PEOPLE, report["people_rows"], self.room.limits[3])
        others = {name: column.copy() for name, column in people.items()}
        return eventlog.sorted_log(self.plan, replication, cases, events, others, outcome)

    def run(self, replication: int, log: bool) -> tuple[dict[str, int], Integers, Integers]:
        """Run, with more room each time there was too little; the kernel's report, its arena, and the table."""
        room = self.room
        if not hasattr(room, "arena"):
            self.begin()
        while True:
            table = self.new_table()
            limits = self.limits(table, log)
            fault = _library().procsim_run(
                *(_address(self.image), replication, _address(limits), _address(table)),
                *(_address(room.arena), len(room.arena)),
            )
            report = dict(zip(REPORT, room.arena[: len(REPORT)].tolist(), strict=True))
            if fault == NO_ROOM:
                room.arena = _room(report["needed"])
            elif HANDS_FULL <= fault <= PEOPLE_FULL:
                room.limits[fault - HANDS_FULL] *= 2
            else:
                self.check(fault)
                return report, room.arena, table[:, : report["rows"]]

    def begin(self) -> None:
        """Nothing is known yet of how much room this thread will need."""
        self.room.limits, self.room.arena = self.first_limits(), _room(len(REPORT))

    def new_table(self) -> Integers:
        """Room for the columns of a row: ROW, the waits by cause, the marks, the labour by role.

        A column lies in one piece; but where many cases are in hand, that would take too many places of memory at once.
        """
        hands, rows, *_ = self.room.limits
        if hands > CACHED:
            return np.empty((rows, self.columns), dtype=np.int64).T
        odd = rows // LINE + 1 | 1  # lines, so that the columns do not share a set of the cache
        return np.empty((self.columns, odd * LINE), dtype=np.int64)

    def limits(self, table: Integers, log: bool) -> Integers:
        """Struct Limits of the kernel."""
        hands, rows, *logged = self.room.limits
        between_columns, between_rows = (stride // table.itemsize for stride in table.strides)
        most = (hands, rows, *(logged if log else (0, 0)))
        return np.array([*most, between_rows, between_columns], dtype=np.int64)

    def first_limits(self) -> list[int]:
        """Of struct Limits: cases in hand, rows of the table, of the log, and of the people beside the lead.

        No more cases than that can come. A replication that finds too little begins anew, so the rest is a guess that
        is mostly enough: what it leaves is never touched. But where more than CACHED may be in hand, the kernel takes
        care of memory before all else.
        """
        cases = 1 + sum(self.plan.most(law.arrivals) for law in self.plan.laws)
        rows = 1 + min(2 * cases * len(self.plan.activities), 2**20)
        hands = max(min(1 + cases // 3, CACHED), 1 + cases // 8)
        return [hands, cases, rows, rows]


EMPTY = (0, 0, 0, 0, -1, -1, 0, 0, 3, -1)


def _columns(words: Integers, names: tuple[str, ...], rows: int, most: int) -> dict[str, Words]:
    """Columns of 32 bits in the arena, of which `most` rows lie in each."""
    half = words.view(np.int32)
    return {name: half[index * most :][:rows] for index, name in enumerate(names)}


@cache
def _library() -> Any:
    library = ctypes.CDLL(str(LIBRARY))
    words, number = ctypes.c_void_p, ctypes.c_int64
    library.procsim_check.argtypes, library.procsim_check.restype = (words, number), number
    library.procsim_run.argtypes = (words, number, words, words, words, number)
    library.procsim_run.restype = number
    return library


def _room(words: int) -> Integers:
    """Room for an arena that begins with a line of the processor's cache, for the kernel cuts it into lines."""
    room = np.empty(words + LINE - 1, dtype=np.int64)
    return room[-(_address(room) // room.itemsize) % LINE :][:words]


def _address(array: Integers) -> int:
    return int(array.ctypes.data)
