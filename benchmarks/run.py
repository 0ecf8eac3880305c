"""`make bench`: ratios measured in one process, engine after engine in turn; written to bench.json as well."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from textbook import Model
from workload import workflow

from procsim import load
from procsim.engine import compiler, reference
from procsim.engine.plan import TASK

ROUNDS = 15


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
    bench = compiler.make(workflow())
    tender = compiler.make(load("open_tender", country="KOR"))
    rounds = []
    for number in range(1, ROUNDS + 1):
        textbook = cpu(lambda n=number: Model(n).run())
        ours = cpu(lambda n=number: reference.simulate(bench, n))
        office = cpu(lambda n=number: reference.simulate(tender, n))
        rounds.append((textbook, ours, office))
        print(f"round {number}: textbook {textbook:.2f} s, reference {ours:.2f} s, open_tender KOR {office:.2f} s")
    log = reference.simulate(bench, 1)
    visits = sum(kind == TASK for kind in bench.nodes.kind[0][log.events["activity"]].tolist())
    imports = [(start_up("import procsim"), start_up("import pandas")) for _ in range(ROUNDS)]
    ratios = {
        "reference/textbook": round(median(a / b for a, b, _ in rounds), 2),
        "import procsim/import pandas": round(median(a / b for a, b in imports), 2),
    }
    print(f"reference is {ratios['reference/textbook']} times as fast as textbook SimPy on {visits} task visits")
    print(f"import procsim takes {ratios['import procsim/import pandas']} times import pandas")
    Path("bench.json").write_text(json.dumps({"ratios": ratios}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
