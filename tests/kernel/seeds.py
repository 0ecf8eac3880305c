"""Writes images of small plans, which fuzz.c changes word by word, into the present folder: `python seeds.py`."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import procsim as ps
from procsim.engine import compiler
from procsim.engine.image import image
from procsim.engine.plan import Plan
from procsim.procurement.caselist import CaseList

Block = dict[str, Any]
CHANCE: Block = {"distribution": "lognormal", "cv": 1}
HOURS: Block = {
    "office": {"hours": ["09:00-12:00", "13:00-17:00"]},
    "sitting": {"hours": ["10:00-10:02", "16:00-16:05"], "fit": "whole"},
}
MARKET: Block = {
    **{"notice": "portal", "submission": "portal", "awareness_mean": 1, "awareness_shape": 1, "entry_spread": 1},
    **{"awareness_multiplier": 1.5, "cost_spread": 0.3, "wage": "0 USD", "valid_share": 0.7, "pool": 2, "firms": 2},
    **{"capture": 0.4, "sham_bids": 1},
}


def flow(nodes: Block, caseload: Block, **blocks: Any) -> Block:
    return {
        **{"schema": "procsim-workflow/1", "name": "seed", "source": "seed", "sources": {"seed": {"title": "a seed"}}},
        **{"start": next(iter(nodes)), "calendars": HOURS, "caseload": caseload, "nodes": {**nodes, "end": END}},
        "roles": {"clerk": role(2, "office"), "board": role(3, "sitting"), "crowd": role("inf", "always")},
        **blocks,
    }


def role(heads: int | str, calendar: str) -> Block:
    return {"heads": heads, "calendar": calendar}


def task(effort: str, next: str, **staff: int) -> Block:
    return {"kind": "task", "staff": staff, "effort": effort, "next": next}


END: Block = {"kind": "end"}
TIMES = {"arrivals": ["0 s", "0 s", "9 h", "30 d"], "value": {"value": "3 USD", **CHANCE}}
DRAWN = {"per_year": 4, "value": {"value": "9 USD", **CHANCE}, "priority": 1, "peak_months": [3], "peak_factor": 2}

people = {
    "split": {"kind": "parallel", "branches": ["write", "meet"], "join": "met"},
    "write": task("90 s", "gate", clerk=1) | {"handover": "5 s"},
    "gate": {"kind": "exclusive", "branches": [{"to": "write", "probability": 0.5, "at_most": 3, "then": "met"}]},
    "meet": task("60 s", "met", board=2, crowd=3),
    "met": {"kind": "join", "next": "rest"},
    "rest": {"kind": "timer", "duration": {"value": "0.5 wd", **CHANCE}, "next": "size"},
    "size": {"kind": "exclusive", "by": "value", "branches": [{"to": "end", "below": 2}, {"to": "crowded"}]},
    "crowded": task("30 s", "end", crowd=4),
}
people["gate"]["branches"] += [{"to": "met"}]
bids = {
    "notice": task("2 h", "box", clerk=2) | {"milestone": "notice"},
    "box": {"kind": "bidding", "duration": {"value": "5 wd", **CHANCE}, "bidder": {"offer": "1 h"}, "next": "few"},
    "few": {"kind": "exclusive", "by": "bids", "branches": [{"to": "notice", "below": 1, "at_most": 2, "then": "end"}]},
    "protest": {"kind": "exclusive", "by": "losing_bids", "branches": [{"to": "late", "probability": 0.5}]},
    "late": {"kind": "exclusive", "by": "days_since_bids", "branches": [{"to": "box", "below": "1 s", "at_most": 2}]},
    "read": task("1 h", "sign", clerk=1) | {"effort": {"value": "1 h", **CHANCE, "per_bid": "5 min"}},
    "sign": task("99 s", "end", board=1) | {"milestone": "contract", "winner": {"sign": "1 h"}},
}
for gate, to in (("few", "protest"), ("protest", "read"), ("late", "read")):
    bids[gate]["branches"] += [{"to": to}]
bids["late"]["branches"][0]["then"] = "read"
portal = {"per_year": 20, "duration": {"value": "9 h", **CHANCE}, "extension": "1 d"}
failures = {"outages": [["0 s", "10 d"], ["9 d", "1 d"]]}


def real(block: Block) -> ps.Workflow:
    """A workflow whose cases come from data."""
    some, none = np.array(["2020-03-02T09:00:00"] * 3, dtype="datetime64[s]"), np.full(3, np.nan)
    worth, window = np.array([1.0, np.nan, 5.0]), np.array([np.nan, 21.0, 0.0])
    codes = ("open", "", "limited")
    return ps.load(block, cases=CaseList("seed", some, worth, "USD", codes, ("works",) * 3, window, none, ()))


def office() -> ps.Workflow:
    """Two workflows with people in common, and a module that half of the cases are ready for."""
    parts = {name: flow(nodes, {"c": TIMES}) | {"name": name} for name, nodes in (("few", people), ("more", people))}
    route = {"to": "few", "below": "3 USD", "share": 0.5}
    cases = {
        "urgent": TIMES | {"methods": [route, {"to": "more"}]},
        "other": DRAWN | {"methods": [route, {"to": "more"}]},
    }
    head = {key: parts["few"][key] for key in ("schema", "name", "source", "sources", "calendars", "roles")}
    whole = head | {"name": "whole", "parts": list(parts), "caseload": cases}
    module = {key: head[key] for key in ("source", "sources")} | {"schema": "procsim-reform/1", "name": "faster"}
    module |= {"title": "faster", "type": "module", "workflows": {"more": {"set": {"meet.effort": "20 s"}}}}
    with TemporaryDirectory() as folder:
        for kind, blocks in (("workflows", [*parts.values(), whole]), ("reforms", [module])):
            (Path(folder) / kind).mkdir()
            for block in blocks:
                (Path(folder) / kind / f"{block['name']}.yaml").write_text(json.dumps(block), encoding="utf-8")
        return ps.load("whole", models=folder, settings=["adoption.faster=0.5"]).under("faster")


def plans() -> list[Plan]:
    """Explicit and drawn arrivals, people and bids, both kinds of outages, real cases, an office of two parts.

    Each lasts for a month or a year, so that many can be run.
    """
    listed = [
        ps.load(flow(people, {"urgent": TIMES, "other": TIMES | {"priority": 2}})),
        ps.load(flow(bids, {"urgent": TIMES}, market=MARKET, portal=failures)),
        real(flow(bids, {"other": DRAWN}, market=MARKET, portal=portal)),
    ]
    chancy = [ps.load(flow(people, {"other": DRAWN})), office()]
    months = [compiler.make(each, years=0, tail=0) for each in listed]
    return months + [compiler.make(each, warm_up=0, tail=0) for each in chancy]


if __name__ == "__main__":
    for number, plan in enumerate(plans()):
        image(plan).tofile(f"{number}.image")
