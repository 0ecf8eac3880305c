from __future__ import annotations

import pytest

from procsim.engine import compiler, reference
from procsim.engine.eventlog import EventLog
from procsim.procurement.workflow import Workflow, load
from procsim.study.experiment import Comparison, compare


@pytest.fixture(scope="session")
def policies() -> tuple[Workflow, ...]:
    return load("open_tender", country="KOR").regimes("paper", "electronic", "electronic_reformed")


@pytest.fixture(scope="session")
def comparison(policies: tuple[Workflow, ...]) -> Comparison:
    return compare(*policies, replications=2)


@pytest.fixture(scope="session")
def logs(policies: tuple[Workflow, ...]) -> dict[str, EventLog]:
    return {policy.regime: reference.simulate(compiler.make(policy, seed=1), 1) for policy in policies}
