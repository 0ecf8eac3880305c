"""What a fresh Python process takes from its start to its end.

Run as a program it starts that process itself: on Linux the peak memory of a process begins with that of the one that
started it, so this one must be small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def spent(statement: str) -> dict[str, float]:
    """Seconds on the `wall`, seconds of `cpu` and `peak` MiB of a statement that may import what is in this folder."""
    command = [sys.executable, str(Path(__file__).resolve()), statement]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Run the statement, and print what it took."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", sys.argv[1]], cwd=Path(__file__).parent)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        sys.exit(f"{sys.argv[1]}: ended with status {status}")
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak}))


if __name__ == "__main__":
    main()
