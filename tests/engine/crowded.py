"""Drawn models under pressure: crowds at one instant, more work than people, committees, arrivals by law, real cases.

They are the chancy models of drawn.py with another caseload, and sometimes with whole offices on every task.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from drawn import OFFICE, Model, chancy_models
from hypothesis import strategies as st
from workflows import Block, Draw

from procsim.engine import compiler
from procsim.engine.plan import Plan
from procsim.procurement.caselist import CaseList

METHODS = ["open", "limited", "direct"]
PEAKS = {"peak_months": [3, 11, 12], "peak_factor": 4}


@dataclass(frozen=True)
class Crowded:
    """A model with the real cases that take the place of its caseload, if any."""

    model: Model
    cases: CaseList | None = None

    def plan(self) -> Plan:
        return compiler.make(self.model.load(cases=self.cases), seed=3)


@st.composite
def crowded_models(draw: Draw) -> Crowded:
    model = draw(chancy_models())
    if draw(st.booleans()):
        model = _with_committees(draw, model)
    how = draw(st.sampled_from([_at_one_instant, _by_law, _real]))
    if how is _real:
        return Crowded(_with_methods(draw, model), _real(draw))
    return Crowded(_with_caseload(draw, model, how))


def _with_caseload(draw: Draw, model: Model, how: Any) -> Model:
    """The same classes of cases, but when they come."""
    office = model.workflows[OFFICE]
    calendars = [*office["calendars"], "always"]
    cases = {
        name: {**{key: value for key, value in block.items() if key != "arrivals"}, **how(draw, calendars)}
        for name, block in office["caseload"].items()
    }
    return replace(model, workflows={**model.workflows, OFFICE: {**office, "caseload": cases}})


def _at_one_instant(draw: Draw, calendars: list[str]) -> Block:
    """A crowd, and as many again some time later."""
    instants = draw(st.lists(st.sampled_from([0, 5, 3600, 90_000]), min_size=1, max_size=3))
    return {"arrivals": [f"{time} s" for time in instants for _ in range(draw(st.integers(5, 20)))]}


def _by_law(draw: Draw, calendars: list[str]) -> Block:
    """Arrivals by chance, more of them than the people of many a drawn office can serve in all the years of the run."""
    block: Block = draw(
        st.sampled_from([{"per_year": 12}, {"per_year": 60}, {"interval": "40 h"}, {"interval": "9 d"}])
    )
    return {**block, "calendar": draw(st.sampled_from(calendars)), **draw(st.sampled_from([PEAKS, {}]))}


def _with_methods(draw: Draw, model: Model) -> Model:
    """Every workflow by some method; several may go by the same."""
    workflows = {
        name: {**data, "method": draw(st.sampled_from(METHODS))} if "nodes" in data else data
        for name, data in model.workflows.items()
    }
    return replace(model, workflows=workflows)


def _real(draw: Draw) -> CaseList:
    """Published at few instants; values, methods and windows of some are unknown."""
    number = draw(st.integers(1, 30))

    def column(options: list[Any]) -> list[Any]:
        return draw(st.lists(st.sampled_from(options), min_size=number, max_size=number))

    hours = np.sort(np.array(column([0, 0, 1, 30, 31, 500]), dtype="timedelta64[h]"))
    unknown = float("nan")
    return CaseList(
        source="real.json",
        published=np.datetime64("2019-12-30T10:00:00") + hours.astype("timedelta64[s]"),
        value=np.array(column([unknown, 0.4, 1, 3, 900])),
        currency=draw(st.sampled_from(["USD", "EUR"])),
        method=tuple(column([*METHODS, ""])),
        category=tuple(column(["goods", "works", ""])),
        window=np.array(column([unknown, 0, 0.0001, 1.5, 21])),
        bids=np.full(number, unknown),
        remarks=(),
    )


def _with_committees(draw: Draw, model: Model) -> Model:
    """Half of the tasks, and all that modules add, stay as they are; the others take people of every role."""
    workflows = {}
    for name, data in model.workflows.items():
        nodes = {
            step: {**node, "staff": _everyone(draw, data["roles"])} if "staff" in node and draw(st.booleans()) else node
            for step, node in data.get("nodes", {}).items()
        }
        workflows[name] = {**data, "nodes": nodes} if nodes else data
    return replace(model, workflows=workflows)


def _everyone(draw: Draw, roles: Block) -> dict[str, int]:
    return {role: draw(st.integers(1, block["heads"])) for role, block in draw(st.permutations([*roles.items()]))}
