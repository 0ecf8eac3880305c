"""procsim: a discrete-event simulator of public procurement, on paper and electronically.

Importing it runs nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procsim.engine import totals
    from procsim.engine.eventlog import EventLog
    from procsim.present import figures, notebook
    from procsim.present.words import headline
    from procsim.procurement.problems import ModelError
    from procsim.procurement.workflow import Workflow, load
    from procsim.study.design import Design, read_design
    from procsim.study.experiment import Comparison, compare, simulate
    from procsim.study.measures import measure
    from procsim.study.outcomes import OUTCOMES

__version__ = "0.1.0"

_HOMES = {
    "load": "procsim.procurement.workflow",
    "Workflow": "procsim.procurement.workflow",
    "ModelError": "procsim.procurement.problems",
    "simulate": "procsim.study.experiment",
    "EventLog": "procsim.engine.eventlog",
    "totals": "procsim.engine.totals",
    "compare": "procsim.study.experiment",
    "Comparison": "procsim.study.experiment",
    "Design": "procsim.study.design",
    "read_design": "procsim.study.design",
    "OUTCOMES": "procsim.study.outcomes",
    "measure": "procsim.study.measures",
    "headline": "procsim.present.words",
    "figures": "procsim.present.figures",
    "notebook": "procsim.present.notebook",
}

__all__ = [
    "OUTCOMES",
    "Comparison",
    "Design",
    "EventLog",
    "ModelError",
    "Workflow",
    "compare",
    "figures",
    "headline",
    "load",
    "measure",
    "notebook",
    "read_design",
    "simulate",
    "totals",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'procsim' has no attribute '{name}'")
    home = import_module(_HOMES[name])
    value = home if home.__name__.endswith(f".{name}") else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
