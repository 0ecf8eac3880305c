"""A desk as tests of doubt write it: some 200 cases a year wait a week, and then keep clerks busy."""

from __future__ import annotations

from typing import Any

import procsim as ps


def desk(effort: Any, heads: int = 4, needed: int = 1, settings: tuple[str, ...] = ()) -> ps.Workflow:
    """Of the clerks, each case needs so many at a time; the effort is a time, or a law."""
    work = {"kind": "task", "staff": {"clerk": needed}, "effort": effort, "milestone": "contract", "next": "end"}
    data = {
        "schema": "procsim-workflow/1",
        "name": "desk",
        "source": "test",
        "sources": {"test": {"title": "made up for a test"}},
        "start": "wait",
        "calendars": {"office": {"hours": ["09:00-17:00"]}},
        "roles": {"clerk": {"heads": heads, "calendar": "office"}},
        "caseload": {"case": {"per_year": 200, "calendar": "office"}},
        "nodes": {
            "wait": {"kind": "timer", "duration": "7 d", "next": "work"},
            "work": work,
            "end": {"kind": "end"},
        },
    }
    return ps.load(data, country="BRN", settings=settings)
