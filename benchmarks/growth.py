"""What happens when the caseload grows, and the staff with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import workload
from process import spent
from rounds import Rounds, blocks, in_turn
from textbook import CASES

from procsim.engine import native

FACTORS = (1, 10, 100)
LARGE = 2500  # times the caseload: 5 million tenders in a year, the most that a replication may hold


def growth() -> dict[str, Any]:
    """Nanoseconds of a step (a row of the log) by tenders a year, and how many times as dear it is where they are most.

    A kernel finds its room in the first run, which begins anew each time it has too little: `first run` to the next.
    """
    plain = workload.plan()
    kernels = {str(CASES * factor): native.Kernel(workload.busier(plain, factor)) for factor in FACTORS}
    first = {name: blocks(_run(kernel), 1)(0) for name, kernel in kernels.items()}
    rounds = in_turn({name: blocks(_run(kernel), 1) for name, kernel in kernels.items()}, 5)
    steps = {name: int(kernel.totals(1).steps.sum()) for name, kernel in kernels.items()}
    cost = Rounds({name: [each / steps[name] for each in seconds] for name, seconds in rounds.seconds.items()})
    few, *_, many = kernels
    return {
        "nanoseconds a step": cost.table(1e-9),
        "100 times": cost.ratio(few, many),
        "100 times at best": cost.at_best(few, many),
        "first run": {name: seconds / rounds.median(name) for name, seconds in first.items()},
    }


def _run(kernel: native.Kernel) -> Callable[[range], object]:
    return lambda numbers: kernel.run(numbers.start, log=False)


def large() -> dict[str, float]:
    """5 million tenders in one replication: seconds and GiB of a process that does nothing else."""
    found = spent("import growth; growth.replicate_large()")
    return {"cases": CASES * LARGE, "seconds": found["wall"], "GiB": found["peak"] / 1024}


def replicate_large() -> None:
    """One replication of the large size."""
    (found,) = native.totals(workload.busier(workload.plan(), LARGE), [1])
    if found.ended.sum() != CASES * LARGE:
        raise AssertionError(f"growth: {found.ended.sum()} of {CASES * LARGE} tenders have ended")
