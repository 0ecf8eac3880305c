"""The answer that a what-if waits for: all that its process has to import."""

from __future__ import annotations

from functools import partial

from procsim.engine import engines, workers
from procsim.engine.plan import Plan
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison, Interval, kept

YEARS = 60


def answer(plan: Plan, workflow: Workflow, threads: int = 1) -> dict[str, Interval]:
    """Mean and interval of every outcome over 60 years."""
    policies = {workflow.regime: workflow}
    runs = list(workers.threads([plan], range(1, YEARS + 1), threads, partial(kept, policies)))
    result = Comparison(policies, runs, plan.seed, YEARS, 1, engines.FAST)
    return {name: result.interval(workflow.regime, name) for name in result.names()}
