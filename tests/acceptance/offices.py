"""Tiny offices for the acceptance cases, on the public interface only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

import procsim as ps

Block = dict[str, Any]
MONDAY = date(2022, 9, 26)


def office(
    nodes: Block,
    roles: Block | None = None,
    arrivals: Sequence[int] = (0,),
    caseload: Block | None = None,
    calendars: Block | None = None,
    country: str = "default",
    models: Path | None = None,
) -> ps.Workflow:
    """A workflow that starts at the first of its nodes and ends at 'done'; cases arrive at `arrivals` seconds."""
    data = {
        "schema": "procsim-workflow/1",
        "name": "tiny",
        "source": "test",
        "sources": {"test": {"title": "acceptance case"}},
        "start": next(iter(nodes)),
        "roles": roles or {},
        "calendars": calendars or {},
        "caseload": caseload or {"case": {"arrivals": seconds(arrivals)}},
        "nodes": {**nodes, "done": {"kind": "end"}},
    }
    return ps.load(data, country=country, models=models)


def seconds(times: Sequence[int]) -> list[str]:
    return [f"{time} s" for time in times]


def task(effort: str | Block, next: str = "done", **staff: int) -> Block:
    return {"kind": "task", "staff": staff or {"clerk": 1}, "effort": effort, "next": next}


def timer(duration: str | Block, next: str = "done") -> Block:
    return {"kind": "timer", "duration": duration, "next": next}


def people(heads: int | str = 1, calendar: str = "always") -> Block:
    return {"heads": heads, "calendar": calendar}


def rows(workflow: ps.Workflow, first: date = MONDAY, seed: int = 1) -> pd.DataFrame:
    """The event log of one replication."""
    return ps.simulate(workflow, seed=seed, first=first).table()


def ends(workflow: ps.Workflow, first: date = MONDAY) -> list[int]:
    """When each case ended, in order of arrival."""
    return [int(time) for time in ps.simulate(workflow, first=first).case_table()["ended"]]


def moments(workflow: ps.Workflow, column: str, first: date = MONDAY) -> list[str]:
    """The clock times of a column of the log, in order of cases."""
    log = ps.simulate(workflow, first=first)
    return [log.clock(time) for time in log.table()[column]]
