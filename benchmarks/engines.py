"""The table of engines, and how fast they are beside each other on three models."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import workload
from floor import Floor
from rounds import Engine, Rounds, blocks, in_turn
from sums import sums
from textbook import CASES, Model
from wasm import Node, node

from procsim import load
from procsim.engine import compiler, native, reference
from procsim.engine.plan import Plan

BLOCK = 60  # replications of a fast engine in a round, as in a what-if
RATIOS = (
    *("fast/textbook", "fast/reference", "fast/floor", "wasm/fast", "reference/textbook"),
    *("kernel/textbook", "kernel/reference", "kernel/floor", "wasm/kernel", "floor/textbook"),
)


def engines(plan: Plan, node: Node | None, block: int) -> dict[str, Engine]:
    """The engines that run any plan: `fast` is what users call, `kernel` its loop in C alone."""
    kernel = native.Kernel(plan)
    found = {
        "reference": blocks(lambda numbers: [reference.simulate(plan, n) for n in numbers], 1),
        "fast": blocks(lambda numbers: deque(native.totals(plan, numbers), maxlen=0), block),
        "kernel": blocks(lambda numbers: deque((kernel.run(n, log=False) for n in numbers), maxlen=0), block),
    }
    if node:
        found["wasm"] = lambda number: node.run(range(number * block, (number + 1) * block))["seconds"]
    return found


def by_hand(floor: Floor) -> dict[str, Engine]:
    """Those written for the workload alone."""
    return {
        "textbook": blocks(lambda numbers: [Model(n).run() for n in numbers], 1),
        "floor": blocks(lambda numbers: [floor.run(n) for n in numbers], BLOCK),
    }


def on_workload() -> dict[str, Any]:
    """All engines on the benchmark workload, once they have been found to agree."""
    plan = workload.plan()
    with TemporaryDirectory() as folder:
        floor = Floor(plan, Path(folder))
    agree(plan, floor)
    rounds = measured(plan, 9, BLOCK, by_hand(floor))
    events = mean(2 * sum(floor.run(number).visits) + CASES for number in range(20))
    return {
        **rounds.ratios(RATIOS),
        "milliseconds": rounds.table(1e-3),
        "million events a second": {
            name: {"median": events / rounds.median(name) / 1e6, "best": events / rounds.least(name) / 1e6}
            for name in rounds.seconds
        },
    }


def on_model(name: str, number: int, block: int) -> dict[str, Any]:
    """The engines that run any plan, on a shipped model for Korea."""
    rounds = measured(compiler.make(load(name, country="KOR")), number, block, {})
    found = rounds.ratios(RATIOS)
    return {**found["ratios"], "at best": found["at best"], "milliseconds": rounds.table(1e-3)}


def measured(plan: Plan, number: int, block: int, others: Mapping[str, Engine]) -> Rounds:
    """So many rounds of all engines on a plan; without WebAssembly where there is no Node."""
    with ExitStack() as stack:
        ready = stack.enter_context(node(plan)) if shutil.which("node") else None
        if ready:
            ready.agree(1)
        return in_turn({**others, **engines(plan, ready, block)}, number)


def agree(plan: Plan, floor: Floor) -> None:
    """Stop where the loop written by hand, the kernel and the reference do not find the same sums."""
    for replication in range(2):
        expected = sums(reference.simulate(plan, replication))
        for name, found in {
            "floor.c": floor.run(replication),
            "kernel.c": sums(native.simulate(plan, replication)),
        }.items():
            if found != expected:
                raise AssertionError(f"{name}, replication {replication}: {found}, the reference: {expected}")
