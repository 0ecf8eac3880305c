"""What a user waits for: a what-if of 60 years with all its outcomes, on one thread and on two, and a changed lever."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import workload
from answer import YEARS, answer
from floor import Floor
from rounds import Engine, Rounds, blocks, in_turn

from procsim import load
from procsim.engine import compiler, native, workers
from procsim.engine.plan import Plan
from procsim.procurement.workflow import Workflow

LEVERS = {"staff": "role.evaluator=2{}", "market": "market.cost_spread=0.3{}"}  # with a digit


def answers() -> dict[str, Any]:
    """Seconds of a what-if on the workload and on open_tender."""
    tender = load("open_tender", country="KOR")
    models = {"workload": (workload.plan(), workload.workflow()), "open_tender": (compiler.make(tender), tender)}
    return {name: in_turn(_of(plan, workflow), 7).table(1) for name, (plan, workflow) in models.items()}


def _of(plan: Plan, workflow: Workflow) -> dict[str, Engine]:
    def run(threads: int) -> Any:
        return lambda numbers: answer(plan, workflow, threads)

    return {
        "CPU, 1 thread": blocks(run(1), 1),
        "wall, 1 thread": blocks(run(1), 1, time.perf_counter),
        "wall, 2 threads": blocks(run(2), 1, time.perf_counter),
    }


def threads() -> dict[str, float]:
    """How many times as fast two threads are as one, by the clock on the wall; `at best` of the best rounds.

    The loop written by hand tells what the machine has to give: on a busy one neither gets two processors.
    """
    plan = workload.plan()
    with TemporaryDirectory() as folder:
        floors = [Floor(plan, Path(folder)) for _ in range(2)]

    def fast(number: int) -> Engine:
        return blocks(
            lambda numbers: deque(workers.threads([plan], numbers, number, tuple), maxlen=0), YEARS, time.perf_counter
        )

    def by_hand(number: int) -> Engine:
        return blocks(lambda numbers: _shared(floors[:number], numbers), YEARS, time.perf_counter)

    rounds = in_turn({"1": fast(1), "2": fast(2), "floor 1": by_hand(1), "floor 2": by_hand(2)}, 11)
    return {
        "2/1": rounds.ratio("2", "1"),
        "2/1 at best": rounds.at_best("2", "1"),
        "floor 2/1": rounds.ratio("floor 2", "floor 1"),
        "floor 2/1 at best": rounds.at_best("floor 2", "floor 1"),
    }


def _shared(floors: list[Floor], numbers: range) -> None:
    """Each floor runs its share of the replications on a thread of its own."""
    with ThreadPoolExecutor(len(floors)) as pool:
        for at, floor in enumerate(floors):
            pool.submit(lambda floor=floor, at=at: [floor.run(number) for number in numbers[at :: len(floors)]])


def levers() -> dict[str, Any]:
    """Milliseconds from a moved lever to a plan that the kernel has checked, on open_tender; nothing compiles code."""
    return {name: _lever(setting).table(1e-3) for name, setting in LEVERS.items()}


def _lever(setting: str) -> Rounds:
    """Each round moves the lever to where it has not been."""
    moved: dict[int, Workflow] = {}
    plans: dict[int, Plan] = {}

    def read(numbers: range) -> None:
        number = numbers.start
        moved[number] = load("open_tender", country="KOR", settings=[setting.format(number)])

    def lay_out(numbers: range) -> None:
        plans[numbers.start] = compiler.make(moved[numbers.start])

    steps = {"load": read, "compile": lay_out, "image and check": lambda numbers: native.Kernel(plans[numbers.start])}
    return in_turn({name: blocks(step, 1) for name, step in steps.items()}, 5)
