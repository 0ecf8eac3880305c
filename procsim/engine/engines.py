"""The engines by name. "fast" is the compiled kernel, "reference" the SimPy engine that defines what happens; both give
the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from procsim.engine import native, workers
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import Plan
from procsim.procurement.problems import ModelError, did_you_mean

AUTO, FAST, REFERENCE = "auto", "fast", "reference"
NAMES = (AUTO, FAST, REFERENCE)
MISSING = "the fast engine is not there"
REMEDY = (
    "To get it, run 'make kernel' in a checkout, which says why if it cannot, or install the wheel for this system."
)


@dataclass(frozen=True)
class Engine:
    """What an engine does.

    `simulate` runs one replication with its log; `replicate` runs many without, and gives, in order, what is to be kept
    of the totals of each.
    """

    name: str
    simulate: Callable[[Plan, int], EventLog]
    replicate: workers.Replicate


ENGINES = {
    FAST: Engine(FAST, native.simulate, workers.threads),
    REFERENCE: Engine(REFERENCE, workers.by_reference, workers.processes),
}


def choose(name: str = AUTO) -> Engine:
    """The engine of that name; `auto` is the fast one where it is there, else the reference.

    Raises ModelError for a name that there is none of, and for the fast engine where it is not there.

    >>> choose("reference").name
    'reference'
    """
    if name not in NAMES:
        raise ModelError([f"engine: there is no engine '{name}'. {did_you_mean(name, NAMES)}"])
    if name == FAST and not native.available():
        raise ModelError([f"engine {FAST}: it is not there. {REMEDY} Or take the engine {REFERENCE}."])
    return ENGINES[name if name != AUTO else FAST if native.available() else REFERENCE]


def told(name: str) -> str:
    """Which engine ran, and how to get the fast one where it is not there.

    >>> told("fast")
    'Engine: fast.'
    """
    if native.available():
        return f"Engine: {name}."
    return f"Engine: {name}. The fast one, which gives the same numbers sooner, is not there. {REMEDY}"
