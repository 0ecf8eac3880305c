"""Whole models drawn by Hypothesis: offices of several workflows, markets, outages and modules adopted by a share.

A model is data, as in the files of a user: `certain_models()` for an oracle that counts seconds, `chancy_models()` for
any two engines. Parts share their roles unless `apart`, and then each has its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from workflows import (
    COUNTRIES,
    Block,
    Draw,
    Setting,
    caseload,
    certain_setting,
    graph,
    quick_setting,
    slow_setting,
    some_roles,
    task,
    timer,
    tiny,
)

import procsim as ps
from procsim.procurement.caselist import CaseList

OFFICE = "tiny"
SHARES = ["1/2", "0.3", "0.8", "1", "0"]
PAPERS: Block = {"source": "test", "sources": {"test": {"title": "made up for a test"}}}


@dataclass(frozen=True)
class Model:
    """Workflows and modules by name, the first workflow being the one to run; the country and the settings of a run."""

    workflows: dict[str, Block]
    modules: dict[str, Block] = field(default_factory=dict)
    country: str = "default"
    settings: tuple[str, ...] = ()

    @property
    def regime(self) -> str:
        return "+".join(self.modules) or "paper"

    def load(self, regime: str | None = None, cases: CaseList | None = None) -> ps.Workflow:
        """The workflow under all its modules, or under another regime; real cases take the place of its caseload."""
        with TemporaryDirectory() as folder:
            for kind, blocks in (("workflows", self.workflows), ("reforms", self.modules)):
                (Path(folder) / kind).mkdir()
                for name, block in blocks.items():  # every JSON file is YAML, and has no references in it
                    (Path(folder) / kind / f"{name}.yaml").write_text(json.dumps(block), encoding="utf-8")
            flow = ps.load(next(iter(self.workflows)), self.country, settings=self.settings, models=folder, cases=cases)
            return flow.under(regime or self.regime)

    def run(self, regime: str | None = None) -> ps.EventLog:
        return ps.simulate(self.load(regime), seed=3)

    def given(self, *settings: str) -> Model:
        """The same with other settings."""
        return replace(self, settings=settings)

    def with_portal(self, **portal: Any) -> Model:
        """The same with another portal."""
        name, first = next(iter(self.workflows.items()))
        return replace(self, workflows={**self.workflows, name: {**first, "portal": {**first["portal"], **portal}}})


@st.composite
def certain_models(draw: Draw, apart: bool = False, modules: bool = True) -> Model:
    """A model without chance, but for which cases are ready for which module."""
    model = _office(draw, certain_setting(draw, bids=True), 1, apart)
    return _adopting(draw, model) if modules else model


@st.composite
def chancy_models(draw: Draw, apart: bool = False) -> Model:
    """A model with drawn times, branches, bids, values and outages."""
    if draw(st.booleans()):
        return _adopting(draw, _office(draw, quick_setting(draw, bids=True), 1, apart))
    model = _office(draw, slow_setting(draw, bids=True), 3600, apart)
    return _adopting(draw, replace(model, country=draw(st.sampled_from(COUNTRIES))))


def _office(draw: Draw, setting: Setting, hour: int, apart: bool) -> Model:
    """A workflow that stands alone, or an office of two or three."""
    parts = [f"part_{number}" for number in range(draw(st.sampled_from([2, 3] if apart else [2, 1, 3])))]
    shared = some_roles(draw, setting)
    roles = {part: some_roles(draw, setting, part) if apart else shared for part in parts}
    files = {part: _part(draw, setting, roles[part]) for part in parts}
    cases = _valued(draw, caseload(draw, hour), setting)
    portal = {"portal": _portal(draw, setting, hour)}
    common = {"caseload": cases, "calendars": setting.calendars, **portal}
    if len(parts) == 1:
        return Model({OFFICE: {**files[parts[0]], **common, "name": OFFICE}})
    for block in cases.values():
        block["methods"] = _routes(draw, parts, setting.chance)
    everyone = {name: role for part in parts for name, role in roles[part].items()}
    office = {"schema": "procsim-workflow/1", "name": OFFICE, **PAPERS, "parts": parts, "roles": everyone, **common}
    return Model({OFFICE: office, **{part: {**files[part], "name": part} for part in parts}})


def _part(draw: Draw, setting: Setting, roles: Block) -> Block:
    start, nodes = graph(draw, setting, roles)
    data = tiny(nodes, roles, calendars=setting.calendars, market=_market(draw, setting.chance))
    return {**data, "start": start}


def _market(draw: Draw, chance: bool) -> Block:
    """A market of a few suppliers: their number, their bids and the award are all open, or the bids are fixed."""
    words = {"notice": ["press", "portal"], "submission": ["portal", "paper"]}
    words["award"] = ["lowest", "best_value", "auction", "lottery"]
    block: Block = {key: draw(st.sampled_from(options)) for key, options in words.items()}
    block |= {"awareness_mean": 2, "awareness_shape": 1, "awareness_multiplier": 1.5, "entry_spread": 1}
    block |= {"cost_spread": 0.3, "wage": "0 USD", "valid_share": 1, "bids": draw(st.integers(0, 4))}
    block["digital_access"] = 1  # under modules it is the share of suppliers who have adopted the portal
    if not chance:
        return block
    open_to = {"wage": ["0 USD", "0.1 USD"], "valid_share": [1, 0.7], "pool": ["inf", 3]}
    open_to |= {"capture": [0, 0.4], "bids": [None, None, block["bids"]]}
    return block | {key: draw(st.sampled_from(options)) for key, options in open_to.items()}


def _portal(draw: Draw, setting: Setting, hour: int) -> Block:
    """When it fails: at these times, or (where runs last for days) by a law."""
    block: Block = {"extension": f"{draw(st.sampled_from([0, 5, 20])) * hour} s"}
    if setting.chance and hour > 1 and draw(st.booleans()):
        return block | {"per_year": 2000, "duration": {"value": "3 h", "distribution": "exponential"}}
    times = st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda time: [f"{each * hour} s" for each in time])
    return block | {"outages": draw(st.lists(times, min_size=1, max_size=4))}


def _valued(draw: Draw, cases: Block, setting: Setting) -> Block:
    """Values that are drawn too, and a class whose cases have none."""
    for block in cases.values():
        if setting.chance and draw(st.booleans()):
            block["value"] = {"value": "3 USD", "distribution": "lognormal", "cv": 1}
    return cases


def _routes(draw: Draw, parts: list[str], chance: bool) -> list[Block]:
    """Bounds need not rise, and a share may be nothing or everything."""
    routes = []
    order = draw(st.permutations(parts))
    for part in [*order[:-1], *draw(st.lists(st.sampled_from(parts), max_size=1))]:
        route: Block = {"to": part, "share": draw(st.sampled_from([0, 0.5, 1] if chance else [0, 1, 1]))}
        bound = draw(st.sampled_from([None, 0, 1, 2, 4]))
        routes.append(route if bound is None else {**route, "below": f"{bound} USD"})
    return [*routes, {"to": order[-1]}]


# -- modules -----------------------------------------------------------------------------------------------------------


def _adopting(draw: Draw, model: Model) -> Model:
    """The model with up to three modules or rules, each used by a share of the cases."""
    taken: set[tuple[str, str]] = set()  # no two modules change one node, for two `set`s of a number are refused
    modules: dict[str, Block] = {}
    for number in range(draw(st.sampled_from([2, 3, 1, 0]))):
        patches = dict(_patches(draw, model, number, taken))
        if patches:
            head = {"schema": "procsim-reform/1", "name": f"m_{number}", "title": f"m_{number}", **PAPERS}
            kind = draw(st.sampled_from(["module", "module", "rule"]))
            needs = draw(st.lists(st.sampled_from([*modules]), unique=True, max_size=2)) if modules else []
            modules[head["name"]] = {**head, "type": kind, "needs": needs, "workflows": patches}
    shares = [f"adoption.{name}={draw(st.sampled_from(SHARES))}" for name in modules if _is_module(modules[name])]
    shares += [f"adoption.suppliers={draw(st.sampled_from(SHARES))}"] if shares else []
    return replace(model, modules=modules, settings=tuple(shares))


def _is_module(block: Block) -> bool:
    return bool(block["type"] == "module")


def _patches(draw: Draw, model: Model, number: int, taken: set[tuple[str, str]]) -> Iterator[tuple[str, Block]]:
    """What a module changes in some of the parts."""
    for name, data in model.workflows.items():
        if "nodes" not in data:
            continue
        patch: Block = {}
        steps = [step for step, node in data["nodes"].items() if "next" in node]
        for step in draw(st.permutations(steps))[: draw(st.sampled_from([2, 1, 3, 0]))]:
            if (name, step) not in taken:
                _change(draw, patch, step, data["nodes"][step], number)
                taken.add((name, step))
        if (name, "market") not in taken and draw(st.booleans()):
            medium = draw(st.sampled_from(["notice", "submission"]))
            patch.setdefault("set", {})[f"market.{medium}"] = "portal"
            taken.add((name, "market"))
        role = draw(st.sampled_from([*data["roles"]]))
        if ("", role) not in taken and draw(st.booleans()):
            patch.setdefault("set", {})[f"role.{role}.calendar"] = "always"
            taken.add(("", role))
        if patch:
            yield name, patch


def _change(draw: Draw, patch: Block, step: str, node: Block, number: int) -> None:
    """One change of a step: another effort or period, a share of it, a new task after it, or no such step."""
    how = ["insert"] * ("duration" not in node or node["kind"] == "timer")
    how += ["remove"] * (node["kind"] in ("task", "timer"))
    how += ["set", "scale"] * (node["kind"] != "join")
    key = f"{step}.{'effort' if node['kind'] == 'task' else 'duration'}"
    match draw(st.sampled_from(how or ["scale"])):
        case "insert":
            new = task("2 s", node["next"], **node["staff"]) if "staff" in node else timer("3 s", node["next"])
            patch.setdefault("insert", []).append({"after": step, "nodes": {f"new_{number}_{step}": new}})
        case "remove":
            patch.setdefault("remove", []).append(step)
        case "set":
            patch.setdefault("set", {})[key] = f"{draw(st.integers(1, 9))} s"
        case "scale":
            patch.setdefault("scale", {})[key] = draw(st.sampled_from([0, 0.5, "1/3"]))
