"""Small workflows: written out in a few lines, or drawn by Hypothesis to compare any two engines row by row.

`certain()` has no chance in it and lives in the first seconds, so that an oracle can count them one by one; `chancy()`
draws efforts, delays and branches, in seconds or in the hours, days and holidays of a country. Both give the data of a
workflow, with the country to load it in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

import procsim as ps

Block = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
COUNTRIES = ["default", "BRN", "KOR"]
COLUMNS = ["case", "activity", "released", "enabled", "start", "complete"]


def tiny(nodes: Block, roles: Block | None = None, arrivals: Sequence[int] = (0,), **blocks: Any) -> Block:
    """The data of a workflow that begins at the first node and ends at `end`; arrivals are in seconds."""
    caseload = blocks.pop("caseload", {"case": {"arrivals": [f"{time} s" for time in arrivals]}})
    return {
        "schema": "procsim-workflow/1",
        "name": "tiny",
        "source": "test",
        "sources": {"test": {"title": "made up for a test"}},
        "start": next(iter(nodes)),
        "roles": roles or {},
        "caseload": caseload,
        "nodes": {**nodes, "end": {"kind": "end"}},
        **blocks,
    }


def task(effort: str | Block, next: str = "end", handover: str | Block | None = None, **staff: int) -> Block:
    """A task of one clerk unless `staff` says otherwise."""
    block: Block = {"kind": "task", "staff": staff or {"clerk": 1}, "effort": effort, "next": next}
    return block if handover is None else {**block, "handover": handover}


def timer(duration: str | Block, next: str = "end") -> Block:
    return {"kind": "timer", "duration": duration, "next": next}


def by_value(*targets: str) -> Block:
    """A choice of the first target for cases of value 0, the second for 1, and so on."""
    bounded = [{"to": target, "below": bound} for bound, target in enumerate(targets[:-1], start=1)]
    return {"kind": "exclusive", "by": "value", "branches": [*bounded, {"to": targets[-1]}]}


def one_each(arrivals: Sequence[int], priorities: Sequence[int] | None = None) -> Block:
    """A caseload of one case in each class: the class number is its value."""
    urgent = priorities or [0] * len(arrivals)
    return {
        f"class_{value}": {"arrivals": [f"{time} s"], "value": f"{value} USD", "priority": priority}
        for value, (time, priority) in enumerate(zip(arrivals, urgent, strict=True))
    }


def heads(number: int | str = 1, calendar: str = "always") -> Block:
    return {"heads": number, "calendar": calendar}


def journal(log: ps.EventLog) -> list[tuple[Any, ...]]:
    """The whole log as SimPy's own tests would write it: case, activity, released, enabled, start, complete."""
    return list(log.table()[COLUMNS].itertuples(index=False, name=None))


@dataclass(frozen=True)
class Setting:
    """What the parts of a drawn workflow are made of."""

    calendars: Block
    whole: bool
    effort: st.SearchStrategy[Any]
    handover: st.SearchStrategy[Any]
    duration: st.SearchStrategy[Any]
    chance: bool
    bids: bool = False  # whether there are bidding nodes, and choices by what they bring


@st.composite
def certain(draw: Draw) -> Block:
    """A workflow without chance, within the first few hundred seconds."""
    return _workflow(draw, certain_setting(draw))


@st.composite
def chancy(draw: Draw) -> tuple[Block, str]:
    """A workflow with drawn times and branches, and the country it is set in."""
    if draw(st.booleans()):
        return _workflow(draw, quick_setting(draw)), "default"
    data = _workflow(draw, slow_setting(draw), hour=3600)
    return data, draw(st.sampled_from(COUNTRIES))


def certain_setting(draw: Draw, bids: bool = False) -> Setting:
    """Whole seconds, no chance."""
    whole = draw(st.booleans())
    return Setting(_seconds(draw, whole), whole, *_within_seconds(), chance=False, bids=bids)


def quick_setting(draw: Draw, bids: bool = False) -> Setting:
    """Drawn seconds."""
    whole = draw(st.booleans())
    times = [_spread(time, whole) for time in _within_seconds()]
    return Setting(_seconds(draw, whole), whole, *times, chance=True, bids=bids)


def slow_setting(draw: Draw, bids: bool = False) -> Setting:
    """Drawn minutes, hours and days, in offices that close."""
    whole = draw(st.booleans())
    minutes = _spread(st.integers(5, 60).map("{} min".format), whole)
    delay = _spread(st.sampled_from(["0 s", "2 h", "0.5 wd", "1 wd", "1 d"]), whole)
    period = _spread(st.sampled_from(["0 s", "90 min", "1 d", "2.5 d", "1 wd", "5 wd", "0.25 wd"]), whole)
    return Setting(_hours(draw, whole), whole, minutes, delay, period, chance=True, bids=bids)


def _within_seconds() -> list[st.SearchStrategy[str]]:
    """Efforts, hand-overs and periods."""
    return [st.integers(low, high).map("{} s".format) for low, high in ((1, 12), (0, 6), (0, 15))]


def _spread(value: st.SearchStrategy[str], whole: bool) -> st.SearchStrategy[Any]:
    """A time with some law around it; bounded laws only where a sitting must hold the longest task."""
    triangular = value.map(lambda time: {"value": time, "distribution": "triangular", "low": 0.5, "high": 1.5})
    if whole:
        return value | triangular
    lognormal = value.map(lambda time: {"value": time, "distribution": "lognormal", "cv": 0.6})
    return value | triangular | lognormal | value.map(lambda time: {"value": time, "distribution": "exponential"})


def _seconds(draw: Draw, whole: bool) -> Block:
    """One to three calendars of raw intervals that all share the seconds 300 to 400."""
    spans = st.tuples(st.integers(0, 250), st.integers(1, 40)).map(lambda span: [span[0], sum(span)])
    calendars = {}
    for number in range(draw(st.integers(1, 3))):
        calendars[f"hours_{number}"] = {"intervals": [*draw(st.lists(spans, max_size=5)), [300, 400]]}
    if whole:
        calendars["hours_0"]["fit"] = "whole"
    return calendars


def _hours(draw: Draw, whole: bool) -> Block:
    """Offices and sittings that all share Tuesday, 10 to 12."""
    office = {"hours": ["09:00-12:00", "13:00-17:00"]}
    holiday = st.sampled_from(["skip", "next_working_day"])
    board = {"weekdays": ["tue", "thu"], "hours": ["10:00-12:00"], "on_holiday": draw(holiday)}
    committee = {"working_days": [2, 4], "hours": ["09:00-12:00", "14:00-16:00"], "on_holiday": draw(holiday)}
    fortnight = {"working_days": [2], "hours": ["09:00-13:00"], "every_weeks": 2}
    chosen = draw(st.lists(st.sampled_from([board, committee, fortnight]), max_size=2))
    calendars = {f"hours_{number}": dict(block) for number, block in enumerate([*chosen, office])}
    if whole:
        calendars["hours_0"]["fit"] = "whole"
    return calendars


def _workflow(draw: Draw, setting: Setting, hour: int = 1) -> Block:
    """Roles, cases and nodes of a workflow; the nodes stand in any order, which is their rank."""
    roles = some_roles(draw, setting)
    start, nodes = graph(draw, setting, roles)
    data = tiny(nodes, roles, calendars=setting.calendars)
    return {**data, "start": start, "caseload": caseload(draw, hour)}


def some_roles(draw: Draw, setting: Setting, prefix: str = "role") -> Block:
    """One to three roles."""
    return {
        f"{prefix}_{number}": heads(draw(st.integers(1, 4)), draw(st.sampled_from([*setting.calendars, "always"])))
        for number in range(draw(st.sampled_from([2, 1, 3])))
    }


def graph(draw: Draw, setting: Setting, roles: Block) -> tuple[str, Block]:
    """The first node of a workflow and all nodes but its end, in any order."""
    maker = _Maker(draw, setting, roles, budget=draw(st.sampled_from([6, 8, 4, 2])))
    start = maker.whole()
    names = draw(st.permutations(list(maker.nodes)))
    return start, {name: maker.nodes[name] for name in names}


def caseload(draw: Draw, hour: int) -> Block:
    """Up to three classes; several cases may come at one instant."""
    times = st.lists(st.integers(0, 30).map(lambda time: f"{time * hour} s"), min_size=2, max_size=5)
    return {
        f"class_{value}": {"arrivals": draw(times), "value": f"{value} USD", "priority": draw(st.integers(0, 2))}
        for value in range(draw(st.sampled_from([2, 3, 1])))
    }


class _Maker:
    """Builds a chain of blocks from its end to its beginning, until the budget of nodes is spent."""

    def __init__(self, draw: Draw, setting: Setting, roles: Block, budget: int) -> None:
        self.draw, self.setting, self.roles, self.budget = draw, setting, roles, budget
        self.nodes: Block = {}
        self.within = 0  # so many parallels; bids come in outside of them only, so that every choice knows them

    def whole(self) -> str:
        """A whole workflow; the name of its first node. With bids, it begins with a bidding node if it has none yet."""
        start = self.chain("end")
        known = any(node["kind"] == "bidding" for node in self.nodes.values())
        return self.bidding(start) if self.setting.bids and not known else start

    def chain(self, next: str) -> str:
        """One to three blocks that lead to `next`; the name of the first."""
        for _ in range(self.draw(st.sampled_from([2, 3, 1]))):
            kinds = [self.task] * 3 + [self.choice, self.loop, self.parallel] * (self.budget >= 4) + [self.timer]
            kinds += [self.bidding] * (2 * self.setting.bids and not self.within)
            next = self.draw(st.sampled_from(kinds))(next)
            if self.budget <= 0:
                break
        return next

    def add(self, kind: str, block: Block) -> str:
        self.budget -= 1
        name = f"{kind}_{len(self.nodes)}"
        self.nodes[name] = block
        return name

    def task(self, next: str) -> str:
        block = {"kind": "task", "staff": self.staff(), "effort": self.effort(), "next": next}
        if self.draw(st.booleans()):
            block["handover"] = self.draw(self.setting.handover)
        return self.add("task", block)

    def effort(self) -> Any:
        """In a sitting that must hold the longest task, none grows with bids."""
        effort = self.draw(self.setting.effort)
        if not self.setting.bids or self.setting.whole or self.draw(st.booleans()):
            return effort
        return {**(effort if isinstance(effort, dict) else {"value": effort}), "per_bid": "2 s", "per_valid_bid": "1 s"}

    def staff(self) -> dict[str, int]:
        """One or two roles, several people of each."""
        chosen = self.draw(st.permutations(list(self.roles)))[: self.draw(st.sampled_from([2, 1, 1]))]
        return {role: self.draw(st.integers(1, self.roles[role]["heads"])) for role in chosen}

    def timer(self, next: str) -> str:
        return self.add("timer", timer(self.draw(self.setting.duration), next))

    def bidding(self, next: str) -> str:
        block = {**timer(self.draw(self.setting.duration), next), "kind": "bidding", "bidder": {"offer": "1 h"}}
        return self.add("bidding", block)

    def choice(self, next: str) -> str:
        here, there = self.chain(next), self.chain(next) if self.budget > 0 else next
        if self.setting.bids and self.draw(st.booleans()):
            return self.add("choice", self.by_bids({"to": here}, there))
        if self.setting.chance and self.draw(st.booleans()):
            share = self.draw(st.sampled_from([0, 0.25, 0.5, 1]))
            branches: list[Block] = [{"to": here, "probability": share}, {"to": there}]
            return self.add("choice", {"kind": "exclusive", "branches": branches})
        return self.add("choice", by_value(*self.draw(st.permutations([here, there, here]))))

    def by_bids(self, first: Block, last: str) -> Block:
        """A choice by what the bidding brought; before any, nothing has."""
        by = self.draw(st.sampled_from(["bids", "valid_bids", "losing_bids", "days_since_bids"]))
        if by == "losing_bids":
            first = {**first, "probability": self.draw(st.sampled_from([0, 0.3, 1] if self.setting.chance else [0, 1]))}
        else:
            bounds = ["1 s", "10 s", "3 h", "2 d"] if by == "days_since_bids" else [1, 2, 4]
            first = {**first, "below": self.draw(st.sampled_from(bounds))}
        return {"kind": "exclusive", "by": by, "branches": [first, {"to": last}]}

    def loop(self, next: str) -> str:
        gate = f"gate_{len(self.nodes)}_{self.budget}"
        self.budget -= 1
        first = self.chain(gate)
        share = self.draw(st.sampled_from([0.3, 0.7, 1])) if self.setting.chance else 1
        back = {"to": first, "at_most": self.draw(st.integers(1, 3)), "then": next}
        if self.setting.bids and self.draw(st.booleans()):
            self.nodes[gate] = self.by_bids(back, next)
            return first
        back["probability"] = share
        self.nodes[gate] = {"kind": "exclusive", "branches": [back, {"to": next}]}
        return first

    def parallel(self, next: str) -> str:
        join = self.add("join", {"kind": "join", "next": next})
        self.budget -= 1
        self.within += 1
        branches = [self.chain(join) for _ in range(self.draw(st.integers(2, 3)))]
        self.within -= 1
        return self.add("parallel", {"kind": "parallel", "branches": branches, "join": join})
