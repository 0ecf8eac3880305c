"""The only results: the event log (a row for each task or timer done), assignments (a row for each person on it), and
the case table. Columns of integers inside; names and timestamps at the border.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from procsim.engine.plan import STATUSES, Cases, Plan

if TYPE_CHECKING:
    import pandas as pd

Integers = NDArray[np.int64]
Words = NDArray[np.int32]  # enough for a time, and half the memory; what is computed from them needs 64 bits

EVENTS = ("case", "activity", "role", "resource", "visit", "released", "enabled", "start", "complete", "worked")
PEOPLE = ("case", "activity", "visit", "role", "resource")
CASES = (
    *("rounds", "bids", "valid_bids", "all_bids", "price", "winner", "moved"),
    *("bidder_seconds", "final_status", "ended"),
)
TIMES = ("released", "enabled", "start", "complete")


@dataclass(frozen=True, eq=False)
class EventLog:
    """What one replication of a plan produced, as columns of integers by name (see EVENTS, PEOPLE, CASES).

    `others` are the people on a task beside its lead, who stands in its event; `people` are all of them.

    Rows stand in the order (case, complete, activity, visit); columns of `events` and of people have 32 bits. Times are
    seconds from midnight of the first day, `price` is in parts per million of the estimate; -1 means none (no role on a
    timer, not ended, no price).
    """

    plan: Plan
    replication: int
    cases: Cases
    events: dict[str, Words]
    others: dict[str, Words]
    outcome: dict[str, Integers]

    @cached_property
    def people(self) -> dict[str, Words]:
        """One row for each person on a task, in the order (case, activity, visit, role, resource)."""
        tasks = self.events["role"] >= 0
        staff = {name: np.concatenate([self.events[name][tasks], self.others[name]]) for name in PEOPLE}
        order = np.lexsort([staff[name] for name in reversed(PEOPLE)])
        return {name: column[order] for name, column in staff.items()}

    def excerpt(self, cases: range) -> EventLog:
        """The same of some consecutive cases; the case table stays whole."""
        events, others = (
            {name: column[_among(rows["case"], cases)] for name, column in rows.items()}
            for rows in (self.events, self.others)
        )
        return replace(self, events=events, others=others)

    def table(self) -> pd.DataFrame:
        """The event log with names; times are seconds."""
        import pandas as pd

        frame = pd.DataFrame(self.events, dtype=np.int64)
        frame.insert(0, "replication", self.replication)
        stages = np.array(self.plan.stages)[self.plan.nodes.stage[0, frame["activity"]]]
        frame["resource"] = _resources(self.plan.roles, frame["role"], frame["resource"])
        frame["role"] = _named(self.plan.roles, frame["role"])
        frame["activity"] = np.array(self.plan.activities)[frame["activity"]]
        frame.insert(3, "stage", stages)
        return frame

    def timestamps(self) -> pd.DataFrame:
        """The event log with times as timestamps, for export."""
        import pandas as pd

        frame = self.table()
        for column in TIMES:
            frame[column] = pd.Timestamp(self.plan.first) + pd.to_timedelta(frame[column], unit="s")
        return frame

    def assignments(self) -> pd.DataFrame:
        """One row for each person on a task."""
        import pandas as pd

        frame = pd.DataFrame(self.people, dtype=np.int64)
        frame.insert(0, "replication", self.replication)
        frame["resource"] = _resources(self.plan.roles, frame["role"], frame["resource"])
        frame["role"] = _named(self.plan.roles, frame["role"])
        frame["activity"] = np.array(self.plan.activities)[frame["activity"]]
        return frame

    def case_table(self) -> pd.DataFrame:
        """One row for each case: arrival (s), class, method, category, value, variant, rounds, bids of the last round
        and of all rounds, price (share of the estimate), winner, bidders' hours, final status, end (s)."""
        import pandas as pd

        laws = self.plan.laws
        frame = pd.DataFrame({"replication": self.replication, "case": np.arange(len(self.cases))})
        frame["arrival"] = self.cases.arrival
        frame["class"] = np.array([law.name for law in laws], dtype=object)[self.cases.kind]
        frame["method"] = np.array(self.plan.methods, dtype=object)[self.cases.part]
        categories = np.array([law.arrivals.case.category for law in laws], dtype=object)[self.cases.kind]
        listed = laws[0].listing
        if listed:
            categories = np.where(np.array(listed.category) != "", np.array(listed.category, dtype=object), categories)
        frame["category"] = categories
        frame["value"], frame["variant"] = self.cases.value, self.cases.variant
        for name in ("rounds", "bids", "valid_bids", "all_bids"):
            frame[name] = self.outcome[name]
        frame["winner"] = self.outcome["winner"]
        frame["price"] = np.where(self.outcome["price"] < 0, np.nan, self.outcome["price"] / 1e6)
        frame["bidder_hours"] = self.outcome["bidder_seconds"] / 3600
        frame["final_status"] = np.array(STATUSES)[self.outcome["final_status"]]
        frame["ended"] = self.outcome["ended"]
        return frame

    def clock(self, time: int) -> str:
        """A time as people read it: `Mon 2006-01-02 09:30`."""
        days, seconds = divmod(int(time), 86_400)
        return f"{self.plan.first + timedelta(days=days):%a %Y-%m-%d} {seconds // 3600:02}:{seconds % 3600 // 60:02}"


def _among(case: Words, cases: range) -> NDArray[np.bool_]:
    return (case >= cases.start) & (case < cases.stop)


def _named(names: tuple[str, ...], index: pd.Series) -> NDArray[np.object_]:
    named: NDArray[np.object_] = np.array([*names, ""], dtype=object)[index.to_numpy()]
    return named


def _resources(roles: tuple[str, ...], role: pd.Series, number: pd.Series) -> NDArray[np.object_]:
    """The names of people; each is made once, for a log names few people in many rows."""
    numbers = range(1, max(number.max() + 2, 2)) if len(number) else range(1)
    names = np.array([*([f"{name}.{each}" for each in numbers] for name in roles), [""] * len(numbers)], dtype=object)
    named: NDArray[np.object_] = names[role, number]
    return named


def gather(
    plan: Plan, replication: int, cases: Cases, events: list[int], others: list[int], outcome: list[int]
) -> EventLog:
    """An event log from flat rows of EVENTS in order of completion, of PEOPLE (beside the lead) and of CASES."""
    rows, people = (_columns(flat, names, np.int32) for flat, names in ((events, EVENTS), (others, PEOPLE)))
    return sorted_log(plan, replication, cases, rows, people, _columns(outcome, CASES, np.int64))


def sorted_log(
    plan: Plan,
    replication: int,
    cases: Cases,
    events: dict[str, Words],
    others: dict[str, Words],
    outcome: dict[str, Integers],
) -> EventLog:
    """An event log from columns of EVENTS in order of completion, of PEOPLE (beside the lead) and of CASES."""
    order = _order(events)
    return EventLog(plan, replication, cases, {name: column[order] for name, column in events.items()}, others, outcome)


def _order(events: dict[str, Words]) -> NDArray[np.intp]:
    """The order (case, complete, activity) of rows by completion; a second visit at the same second comes second."""
    case, complete, activity = events["case"], events["complete"], events["activity"]
    order = np.argsort(case.astype(np.uint16), kind="stable")  # numpy sorts 16 bits in a tenth of the time
    if case.max(initial=0) >= 2**16:
        order = order[np.argsort((case[order] >> 16).astype(np.uint16), kind="stable")]
    same = (np.diff(case[order]) == 0) & (np.diff(complete[order]) == 0)
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    order[tied] = rows[np.lexsort((activity[rows], complete[rows], case[rows]))]
    return order


def _columns(rows: list[int], names: tuple[str, ...], kind: type[Any]) -> dict[str, NDArray[Any]]:
    flat = np.fromiter(rows, dtype=kind, count=len(rows))
    return {name: flat[index :: len(names)] for index, name in enumerate(names)}
