"""What an experiment leaves behind: one folder with report, tables, event log, and all that brings the numbers back.

The folder appears at once, complete: it is written beside its place and then renamed, so nothing half-written is left
and nothing is overwritten unasked.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import procsim
from procsim.engine import compiler, engines
from procsim.engine.eventlog import EventLog
from procsim.present import doubts, report
from procsim.procurement.library import shipped
from procsim.study.design import Design
from procsim.study.experiment import Comparison

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 250_000  # of an event log, some 40 MB
LOGGED = 1  # the replication whose event log is written; the other replications are made again from the seed
PACKAGES = ("simpy", "networkx", "numpy", "pandas", "scipy", "pydantic", "PyYAML", "bokeh", "holidays")


def write(path: Path, comparison: Comparison, design: Design) -> None:
    """Write report.html, the tables, event_log.csv, experiment.yaml and manifest.json into a new folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        _fill(draft, comparison, design)
        draft.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        draft.rename(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _fill(draft: Path, comparison: Comparison, design: Design) -> None:
    logs = first_logs(comparison)
    comparison.table().to_csv(draft / "outcomes.csv", index=False, lineterminator="\n")
    stage_table(comparison).to_csv(draft / "stages.csv", index=False, lineterminator="\n")
    if comparison.doubt:
        doubts.table(comparison.doubt).to_csv(draft / "doubt.csv", index=False, lineterminator="\n")
    _tables(draft, logs)
    own = _own_models(draft, comparison)
    replay = {"models": own, "workflow": Path(design.workflow).stem if own else design.workflow}
    if design.caseload:
        shutil.copyfile(design.caseload, draft / Path(design.caseload).name)
        replay["caseload"] = Path(design.caseload).name
    (draft / "experiment.yaml").write_text(design.model_copy(update=replay).dump(), encoding="utf-8")
    tables = {file.name: _sha256(file) for file in sorted(draft.glob("*.csv"))}
    written = {policy: f"cases {_written(log).start} to {_written(log).stop - 1}" for policy, log in logs.items()}
    everything = {**manifest(comparison), "results": tables, "event_log": {"replication": LOGGED, **written}}
    text = json.dumps(everything, indent=2, ensure_ascii=False)
    (draft / "manifest.json").write_text(text + "\n", encoding="utf-8")
    page = report.html(comparison, logs, {**notes(comparison), "manifest": everything})
    (draft / "report.html").write_text(page, encoding="utf-8")


def _tables(draft: Path, logs: dict[str, EventLog]) -> None:
    import pandas as pd

    parts: dict[str, Callable[[EventLog], pd.DataFrame]] = {
        "event_log.csv": lambda log: log.excerpt(_written(log)).timestamps(),
        "assignments.csv": lambda log: log.excerpt(_written(log)).assignments(),
        "cases.csv": lambda log: log.case_table(),
    }
    for name, part in parts.items():
        frames = [part(log).assign(policy=policy) for policy, log in logs.items()]
        pd.concat(frames).to_csv(draft / name, index=False, lineterminator="\n")


def _written(log: EventLog) -> range:
    """The cases whose events are written: all, or the first of the cohort where they would fill the disk."""
    cases, rows = len(log.cases), len(log.events["case"])
    if rows <= MOST_ROWS:
        return range(cases)
    first = int(np.searchsorted(log.cases.arrival, log.plan.cohort[0]))
    return range(first, first + cases * MOST_ROWS // rows)


def first_logs(comparison: Comparison) -> dict[str, EventLog]:
    """The event log of the first replication under each policy, from the engine that ran them all."""
    engine = engines.choose(comparison.engine)
    return {
        name: engine.simulate(compiler.make(workflow, comparison.seed, comparison.years), LOGGED)
        for name, workflow in comparison.policies.items()
    }


def stage_table(comparison: Comparison) -> pd.DataFrame:
    """Mean days by policy, stage and cause."""
    import pandas as pd

    rows = [
        {"policy": policy, "stage": stage, "cause": cause, "days": days}
        for policy in comparison.policies
        for stage, causes in comparison.stages(policy).items()
        for cause, days in causes.items()
    ]
    return pd.DataFrame(rows)


def notes(comparison: Comparison) -> dict[str, list[str]]:
    """The judgements and fallbacks that the answer rests on, over all policies."""
    policies = comparison.policies.values()
    return {
        "judgements": list(dict.fromkeys(line for policy in policies for line in policy.judgements())),
        "fallbacks": list(dict.fromkeys(line for policy in policies for line in policy.fallbacks())),
    }


def manifest(comparison: Comparison) -> dict[str, Any]:
    """Versions, seed and hashes: with these, and no other input, the same numbers come again."""
    files = {file.path: file for policy in comparison.policies.values() for file in policy.files}
    return {
        "procsim": procsim.__version__,
        "engine": comparison.engine,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "seed": comparison.seed,
        "replications": comparison.replications,
        "years": comparison.years,
        **({"doubt": comparison.doubt.draws} if comparison.doubt else {}),
        "policies": {name: list(workflow.reforms) for name, workflow in comparison.policies.items()},
        "models": {_model_name(path): file.sha256 for path, file in sorted(files.items())},
    }


def _model_name(path: Path) -> str:
    """The place of a model file below its models folder, which is the same on every machine."""
    kinds = ("workflows", "reforms", "countries")
    index = max((i for i, part in enumerate(path.parts) if part in kinds), default=None)
    return f"workflows/{path.name}" if index is None else "/".join(path.parts[index:])


def _own_models(draft: Path, comparison: Comparison) -> str | None:
    """Copy the user's own model files that were used beside the results; the shipped ones are known by version."""
    files = {file.path for policy in comparison.policies.values() for file in policy.files}
    own = [path for path in files if path.is_file() and not path.is_relative_to(shipped())]
    folders = {folder for workflow in comparison.policies.values() for folder in workflow.base.folders[:-1]}
    if folders:  # the list of regimes is no file of any one policy, but names resolve through it
        own += [path for folder in folders for path in folder.glob("reforms/regimes.yaml")]
    for path in own:
        target = draft / "models" / _model_name(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return "models" if own else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The whole answer for other programs: outcomes, judgements, fallbacks, manifest; no value is null, not NaN."""
    from procsim.study.outcomes import outcome

    outcomes = {}
    for name in comparison.names():
        own = {policy: comparison.interval(policy, name) for policy in comparison.policies}
        gaps = {p: comparison.difference(p, name) for p in comparison.policies if p != comparison.baseline}
        outcomes[name] = {
            "unit": comparison.unit(name),
            "direction": outcome(name).direction,
            "regimes": {policy: _ends(found) for policy, found in own.items()},
            "difference": {
                policy: {
                    **_ends(gap.interval),
                    "better_in_20": _known(gap.better_in_20),
                    **_doubt(comparison, policy, name),
                }
                for policy, gap in gaps.items()
            },
        }
    unstable = {policy: list(reasons) for policy, reasons in comparison.unstable().items()}
    doubt = {"doubt": doubts.to_json(comparison.doubt)} if comparison.doubt else {}
    return {"outcomes": outcomes, "unstable": unstable, **doubt, **notes(comparison), "manifest": manifest(comparison)}


def _doubt(comparison: Comparison, policy: str, name: str) -> dict[str, Any]:
    """What doubt over the parameters does to one difference, where it was asked for."""
    if not comparison.doubt:
        return {}
    low, high = map(_known, comparison.doubt.interval(policy, name))
    better = _known(comparison.doubt.better_in_20(policy, name))
    return {"doubt": {"low": low, "high": high, "better_in_20_draws": better}}


def _ends(found: Any) -> dict[str, float | None]:
    return {"mean": _known(found.mean), "low": _known(found.low), "high": _known(found.high)}


def _known(value: float) -> float | None:
    return None if value != value else value
