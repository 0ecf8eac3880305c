"""One log of both engines."""

from __future__ import annotations

import numpy as np

import procsim as ps
from procsim.engine import native


def agreed(workflow: ps.Workflow, seed: int = 3) -> ps.EventLog:
    """The log of the reference, once the fast engine, where it is there, has given the same."""
    log = ps.simulate(workflow, seed=seed, engine="reference")
    if native.available():
        same(log, ps.simulate(workflow, seed=seed, engine="fast"))
    return log


def same(one: ps.EventLog, other: ps.EventLog) -> None:
    for part in ("events", "people", "outcome"):
        columns, others = getattr(one, part), getattr(other, part)
        assert columns.keys() == others.keys()
        for name, column in columns.items():
            assert np.array_equal(column, others[name]), (part, name)
