"""Worker processes: what is said where they cannot work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from workflows import task, tiny

import procsim as ps
from procsim.engine import compiler, native, workers
from procsim.engine.plan import Plan
from procsim.engine.totals import Totals

SCRIPT = """
import procsim as ps
result = ps.compare(ps.load("quotation", "BRN"), replications=4, workers=2, engine="reference")
print("runs:", len(result.runs))
"""


def plan() -> Plan:
    """One case, and one task."""
    return compiler.make(ps.load(tiny({"work": task("1 h")}, {"clerk": {"heads": 1}})))


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a file, which worker processes start again."""
    file = folder / "script.py"
    file.write_text(script, encoding="utf-8")
    return subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=120)


def test_a_script_without_a_guard_is_told_where_to_put_it(tmp_path: Path) -> None:
    done = run(tmp_path, SCRIPT)
    told = "ModelError: compare, workers: a worker process ended at once. In a script, put the call under"
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert done.stderr.count("Traceback") == 1  # the script's own: the workers end in silence


def test_with_the_guard_it_runs(tmp_path: Path) -> None:
    plain, *rest = SCRIPT.strip().splitlines()
    done = run(tmp_path, "\n".join([plain, 'if __name__ == "__main__":', *(f"    {line}" for line in rest)]))
    assert (done.returncode, done.stdout, done.stderr) == (0, "runs: 4\n", "")


def stop(found: tuple[Totals, ...]) -> int:
    """Keep nothing, and raise what ends a loop."""
    raise StopIteration


@pytest.mark.parametrize("replicate", [workers.threads, workers.processes])
def test_what_stops_the_keeping_does_not_pass_for_the_last_replication(replicate: workers.Replicate) -> None:
    if replicate is workers.threads and not native.available():
        pytest.skip("no kernel was compiled here")
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(replicate([plan()], range(1, 9), 1, stop))


def number(found: tuple[Totals, ...]) -> int:
    """Keep the number of a replication; the worker of the seventh ends, as one does for want of memory."""
    if found[0].replication == 7:
        os._exit(1)
    return found[0].replication


def test_a_worker_that_ends_before_its_work_is_told_of() -> None:
    found = workers.processes([plan()], range(1, 9), 2, number)
    assert [next(found), next(found), next(found)] == [1, 2, 3]
    with pytest.raises(ps.ModelError, match=r"^compare, workers: a worker process ended before its work, perhaps for"):
        list(found)
