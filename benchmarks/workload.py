"""The benchmark workload as a procsim workflow: the same activities, pools and branches as `textbook`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textbook import CASES, DELAY_CV, GAP, POOLS, WORKLOAD

from procsim.engine import compiler, draws
from procsim.engine.plan import Plan
from procsim.procurement.workflow import Workflow, load

SEED = 678 << 32 | 12345
MONDAY = date(2006, 1, 2)  # time 0, as in textbook

# The delay after an activity is the hand-over of what follows, but for periods fixed by law and for nodes with several
# ways in: there it is a timer.
TIMERS = {"publish", "award", "legal_signoff", "budget_reserve", "compliance", "register", "cancel_notice"}
TARGETS = {
    "specs": ["legal_review", "budget_check"],
    "approve_docs": ["publish"],
    "report_approval": ["award", "cancel_notice"],
}
WAYS = {
    "need": "market_study",
    "market_study": "specs",
    "specs": "split",
    "legal_review": "legal_signoff",
    "legal_signoff": "cleared",
    "budget_check": "budget_reserve",
    "budget_reserve": "cleared",
    "assemble": "approve_docs",
    "approve_docs": "docs_approved",
    "publish": "clarify",
    "clarify": "open_bids",
    "open_bids": "compliance",
    "compliance": "tech_eval",
    "tech_eval": "fin_eval",
    "fin_eval": "eval_report",
    "eval_report": "report_approval",
    "report_approval": "report_decided",
    "award": "contract_draft",
    "contract_draft": "commit_funds",
    "commit_funds": "sign",
    "sign": "register",
    "register": "archive",
    "cancel_notice": "archive",
    "archive": "done",
}


def plan() -> Plan:
    """The workload, run until the last of its cases has ended."""
    return compiler.make(workflow(), seed=SEED, first=MONDAY)


def workflow() -> Workflow:
    """The workload with its 2,000 explicit arrivals."""
    nodes: dict[str, Any] = {}
    for name, (pool, hours, cv, delay) in WORKLOAD.items():
        nodes[name] = {
            "kind": "task",
            "staff": {pool: 1},
            "effort": {"value": f"{hours} h", "distribution": "lognormal", "cv": cv},
            "next": WAYS[name],
        }
        if name in TIMERS:
            nodes[name]["next"] = f"after_{name}"
            nodes[f"after_{name}"] = {"kind": "timer", "duration": period(delay), "next": WAYS[name]}
    for name, (_, _, _, delay) in WORKLOAD.items():
        for target in TARGETS.get(name, [WAYS[name]]) if name not in TIMERS and delay else ():
            nodes[target]["handover"] = period(delay)
    for name, back in (("approve_docs", "assemble"), ("report_approval", "tech_eval")):
        nodes[f"back_to_{back}"] = {"kind": "timer", "duration": period(WORKLOAD[name][3]), "next": back}
    nodes |= {
        "split": {"kind": "parallel", "branches": ["legal_review", "budget_check"], "join": "cleared"},
        "cleared": {"kind": "join", "next": "assemble"},
        "docs_approved": choice([("back_to_assemble", 0.2), ("publish", None)]),
        "report_decided": choice([("award", 0.70), ("back_to_tech_eval", 0.18), ("cancel_notice", None)]),
        "done": {"kind": "end"},
    }
    return load(
        {
            "schema": "procsim-workflow/1",
            "name": "benchmark",
            "source": "design",
            "sources": {"design": {"title": "the benchmark workload"}},
            "start": "need",
            "calendars": {"office": {"hours": ["09:00-17:00"]}},
            "roles": {pool: {"heads": heads, "calendar": "office"} for pool, heads in POOLS.items()},
            "caseload": {"tender": {"arrivals": [f"{time} s" for time in arrivals().tolist()]}},
            "nodes": nodes,
        }
    )


def period(hours: float) -> dict[str, Any]:
    """A delay of the workload."""
    return {"value": f"{hours} h", "distribution": "lognormal", "cv": DELAY_CV}


def choice(ways: list[tuple[str, float | None]]) -> dict[str, Any]:
    """An exclusive node; a way back may be taken as often as the engine allows."""
    branches = [
        {"to": to}
        | ({"probability": share} if share is not None else {})
        | ({"at_most": 200} if to.startswith("back_to") else {})
        for to, share in ways
    ]
    return {"kind": "exclusive", "branches": branches}


def arrivals(factor: int = 1) -> NDArray[np.int64]:
    """The arrival times of 2,000 cases in a year, or of a multiple of them, with exponential gaps."""
    number = np.arange(CASES * factor, dtype=np.int64)
    word = draws.words(SEED, 0, number, draws.ARRIVAL, 0)[0]
    gaps = draws.look_up(draws.quantile_table("exponential"), word) * GAP >> draws.ONE
    return np.asarray(np.cumsum(gaps) // factor, dtype=np.int64)


def busier(plan: Plan, factor: int) -> Plan:
    """The plan with so many times the cases in the same year, and so many times the staff."""
    (law,), times = plan.laws, arrivals(factor)
    laws = (replace(law, arrivals=replace(law.arrivals, times=times)),)
    return replace(plan, heads=plan.heads * factor, laws=laws, cohort=(0, int(times[-1]) + 1))
