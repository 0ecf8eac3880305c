"""Start-up and peak memory, of fresh processes."""

from __future__ import annotations

from process import spent
from rounds import Rounds

FAST = """
from collections import deque
import workload
from procsim.engine import native
deque(native.totals(workload.plan(), range({})), maxlen=0)
"""
ANSWER = """
from answer import answer
from procsim import load
from procsim.engine import compiler
tender = load("open_tender", country="KOR")
answer(compiler.make(tender), tender)
"""
STARTS = {"import pandas": "import pandas", "import procsim": "import procsim", "first answer": ANSWER}
PEAKS = {
    "import pandas": "import pandas",
    "textbook": "from textbook import Model; Model(1).run()",
    "reference": "import workload; from procsim.engine import reference; reference.simulate(workload.plan(), 1)",
    "fast, 10 replications": FAST.format(10),
    "fast, 200 replications": FAST.format(200),
    "fast, 1 replication with its log": "import workload; from procsim.engine import native; "
    "native.simulate(workload.plan(), 1)",
    "first answer": ANSWER,
}


def start_up() -> dict[str, object]:
    """Seconds of whole processes; `beyond pandas`: the first answer (60 years of open_tender) less importing pandas."""
    rounds = [{name: spent(statement) for name, statement in STARTS.items()} for _ in range(5)]
    found: dict[str, object] = {}
    for clock in ("wall", "cpu"):
        seconds = Rounds({name: [each[name][clock] for each in rounds] for name in STARTS})
        beyond = [each["first answer"][clock] - each["import pandas"][clock] for each in rounds]
        found[clock] = {**seconds.table(1), **Rounds({"beyond pandas": beyond}).table(1)}
    return found


def peaks() -> dict[str, float]:
    """Peak MiB by engine on the workload; `more replications`: of 200 to that of 10."""
    found = {name: spent(statement)["peak"] for name, statement in PEAKS.items()}
    return {**found, "more replications": found["fast, 200 replications"] / found["fast, 10 replications"]}
