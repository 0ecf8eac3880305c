"""`make bench`: every engine in turn in one process; prints what was found beside its target, and writes bench.json.

`make bench ARGS=large` also runs 5 million tenders in one replication, for some minutes and gigabytes.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engines import on_model, on_workload
from fresh import peaks, start_up
from growth import growth, large
from logs import logs
from targets import TARGETS
from what_if import answers, levers, threads

from procsim.engine import native

RESULT = Path(__file__).parents[1] / "bench.json"
SECTIONS: dict[str, Callable[[], dict[str, Any]]] = {  # first what a busy machine spoils: one quiet minute is enough
    "what-if": answers,
    "threads": threads,
    "growth": growth,
    "log": logs,
    "start-up": start_up,
    "peak MiB": peaks,
    "open_tender": lambda: on_model("open_tender", 9, 60),
    "office": lambda: on_model("office", 3, 10),
    "lever": levers,
}


def main() -> None:
    """Measure, print, write."""
    if not native.available():
        sys.exit("benchmarks: there is no fast engine to measure. Why: make kernel")
    began, sections = time.perf_counter(), SECTIONS | ({"large": large} if sys.argv[1:] == ["large"] else {})
    found = show({"machine": machine()}) | show(on_workload())
    for name, section in sections.items():
        found |= show({name: section()})
    found["targets"] = {target.name: target.row(found) for target in TARGETS}
    for target in TARGETS:
        row = rounded(target.row(found))
        print(f"{target.name:<50} {row['seen']!s:>9}  {row['target']:<8} {row['verdict']}")
    print(f"{time.perf_counter() - began:.0f} s")
    RESULT.write_text(json.dumps(rounded(found), indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Where the figures are from."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }


def show(found: dict[str, Any]) -> dict[str, Any]:
    """Print what was found, and hand it on."""
    for line in lines(rounded(found)):
        print(line, flush=True)
    return found


def lines(found: dict[str, Any], above: str = "") -> Iterator[str]:
    """One line for each innermost block: where it is, and its figures."""
    figures = [f"{name} {value}" for name, value in found.items() if not isinstance(value, dict)]
    if figures:
        yield f"{above}: {', '.join(figures)}"
    for name, value in found.items():
        if isinstance(value, dict):
            yield from lines(value, f"{above}: {name}" if above else name)


def rounded(found: Any) -> Any:
    """The same with three significant digits, or whole numbers where they are larger."""
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    if not isinstance(found, float):
        return found
    return round(found) if abs(found) >= 1000 else float(f"{found:.3g}")


if __name__ == "__main__":
    main()
