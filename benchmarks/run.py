"""`make bench`: ratios measured in one process, engine after engine in turn; written to bench.json as well."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import workload
from floor import Floor
from sums import sums
from textbook import Model

from procsim import load
from procsim.engine import compiler, reference
from procsim.engine.plan import Plan

ROUNDS = 9
FEW = 20  # replications of the floor in one round


def cpu(job: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    job()
    return time.process_time() - began


def start_up(statement: str) -> float:
    """Seconds of a fresh interpreter that runs one statement."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, print, write."""
    bench = workload.plan()
    tender = compiler.make(load("open_tender", country="KOR"))
    with tempfile.TemporaryDirectory() as folder:
        floor = Floor(bench, Path(folder))
    visits = agree(bench, floor)
    rounds = []
    for number in range(1, ROUNDS + 1):
        textbook = cpu(lambda n=number: Model(n).run())
        ours = cpu(lambda n=number: reference.simulate(bench, n))
        by_hand = cpu(lambda n=number: [floor.run(n + m) for m in range(FEW)]) / FEW
        office = cpu(lambda n=number: reference.simulate(tender, n))
        rounds.append((textbook, ours, by_hand))
        print(
            f"round {number}: textbook {textbook:.2f} s, reference {ours:.2f} s, "
            f"floor {by_hand * 1e9 / visits:.1f} ns a visit, open_tender KOR {office:.2f} s"
        )
    imports = [(start_up("import procsim"), start_up("import pandas")) for _ in range(ROUNDS)]
    ratios = {
        "reference/textbook": round(median(a / b for a, b, _ in rounds), 2),
        "floor/textbook": round(median(a / c for a, _, c in rounds), 1),
        "floor/reference": round(median(b / c for _, b, c in rounds), 1),
        "import procsim/import pandas": round(median(a / b for a, b in imports), 2),
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio}")
    Path("bench.json").write_text(json.dumps({"ratios": ratios}, indent=2) + "\n", encoding="utf-8")


def agree(bench: Plan, floor: Floor) -> int:
    """The number of visits in a replication, once the floor has been found to agree with the reference."""
    for replication in range(2):
        found, expected = floor.run(replication), sums(reference.simulate(bench, replication))
        if found != expected:
            raise AssertionError(f"floor.c, replication {replication}: {found}, but the reference says {expected}")
    return sum(found.visits)


if __name__ == "__main__":
    main()
