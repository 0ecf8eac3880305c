"""The kernel as WebAssembly in a process of Node, which waits for rounds (wasm.mjs)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from procsim.engine import native
from procsim.engine.image import image
from procsim.engine.plan import Plan
from procsim.engine.totals import CAUSES

SCRIPT = Path(__file__).with_name("wasm.mjs")
WASM = native.LIBRARY.with_name("kernel.wasm")


class Node:
    """A plan that Node holds ready."""

    def __init__(self, plan: Plan, process: subprocess.Popen[str]) -> None:
        self.plan, self.process = plan, process

    def run(self, numbers: range) -> dict[str, Any]:
        """CPU `seconds` of one replication, and the `digest` of the last."""
        print(numbers.start, len(numbers), file=self.process.stdin, flush=True)
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def agree(self, replication: int) -> None:
        """Stop where WebAssembly and the native kernel differ in any word of what a replication came to."""
        if self.run(range(replication, replication + 1))["digest"] != digest(self.plan, replication):
            raise AssertionError(f"kernel.wasm, replication {replication}: not what the native kernel finds")


@contextmanager
def node(plan: Plan) -> Iterator[Node]:
    """Node with a plan, ended afterwards."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "image.bin")
        file.write_bytes(image(plan).tobytes())
        kernel = native.Kernel(plan)
        kernel.begin()
        table = kernel.new_table()
        limits = ",".join(map(str, kernel.limits(table, log=False)))
        words = (kernel.columns, table.size, len(plan.stages) * len(CAUSES), len(plan.roles))
        command = ["node", str(SCRIPT), str(WASM), str(file), limits, *map(str, words)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            yield Node(plan, process)


def digest(plan: Plan, replication: int) -> str:
    """What the native kernel leaves of a replication: its table, and the sums by stage and by role."""
    kernel = native.Kernel(plan)
    report, arena, table = kernel.run(replication, log=False)
    found = sha256(table.tobytes())
    for name, size in {"stages": len(plan.stages) * len(CAUSES), "busy": len(plan.roles)}.items():
        found.update(arena[report[name] :][:size].tobytes())
    return found.hexdigest()
