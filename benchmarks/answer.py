"""The answer that a what-if waits for: all that its process has to import."""

from __future__ import annotations

from procsim.engine import engines, workers
from procsim.engine.plan import Plan
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison, Interval
from procsim.study.measures import measure
from procsim.study.runs import reduced

YEARS = 60


def answer(plan: Plan, workflow: Workflow, threads: int = 1) -> dict[str, Interval]:
    """Mean and interval of every outcome over 60 years."""
    policy, years = workflow.regime, workers.threads([plan], range(1, YEARS + 1), threads)
    runs = [reduced({policy: measure(each, workflow)}) for (each,) in years]
    result = Comparison({policy: workflow}, runs, plan.seed, YEARS, 1, engines.FAST)
    return {name: result.interval(policy, name) for name in result.names()}
