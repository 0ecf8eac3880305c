"""The kernel compiled to WebAssembly gives what the native library gives, from the same C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement import assert_same_log, assert_same_totals

import procsim as ps
from procsim.engine import compiler, native
from procsim.engine.native import REPORT, Kernel
from procsim.engine.plan import Plan
from procsim.procurement import library

NODE, KERNEL = shutil.which("node"), native.LIBRARY.with_suffix(".wasm")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="there is no node on this machine"),
    pytest.mark.skipif(not KERNEL.exists(), reason="the kernel is not compiled here: make kernel"),
]
BEGINNING = "2,2,8,1"  # limits so small that every run meets them


class Web(Kernel):
    """A kernel that node runs; what its arena holds is read as that of the native one."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        super().__init__(plan)
        self.folder = folder
        self.image.tofile(folder / "plan")

    def run(self, replication: int, log: bool) -> tuple[dict[str, int], Any, Any]:
        limits = f"{BEGINNING},{self.columns},1" if log else "2,2,0,0,1,2"  # a table of rows, and one of columns
        words = [KERNEL, self.folder / "plan", replication, self.columns, limits, self.folder / "arena"]
        done = subprocess.run(
            [NODE or "", Path(__file__).with_name("kernel.mjs"), *map(str, words)], capture_output=True, text=True
        )
        assert not done.returncode, done.stderr
        found = np.fromfile(self.folder / "arena", dtype=np.int64)
        self.room.limits, rest = found[:4], found[6:]
        table, arena = np.split(rest, [found[1] * self.columns])
        report = dict(zip(REPORT, arena.tolist(), strict=False))
        columns = table.reshape(-1, self.columns).T if log else table.reshape(self.columns, -1)
        return report, arena, columns[:, : report["rows"]]


@pytest.mark.parametrize("regime", ["paper", "hybrid", "electronic_reformed"])
@pytest.mark.parametrize("name", sorted(library.names("workflows", library.folders())))
def test_webassembly_equals_the_native_library(name: str, regime: str, tmp_path: Path) -> None:
    few = "caseload.*.per_year=100" if name == "office" else "caseload.*.per_year=20"
    flow = ps.load(name, country="KOR", settings=[few, "hybrid:adoption.*=0.5"])
    plan = compiler.make(flow.under(regime))
    web = Web(plan, tmp_path)
    assert_same_log(web.log(1), native.simulate(plan, 1))
    assert_same_totals(web.totals(2**31), next(native.totals(plan, [2**31])))
