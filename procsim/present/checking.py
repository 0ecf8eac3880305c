"""`procsim check`: read models and experiments as a run would, and say everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from procsim.engine import plan
from procsim.procurement import library
from procsim.procurement.country import country_codes
from procsim.procurement.problems import ModelError, Problems
from procsim.procurement.reforms import REGIMES, load_reform, regime_names
from procsim.procurement.workflow import load
from procsim.procurement.yamlfile import read_yaml
from procsim.study.design import SCHEMA as EXPERIMENT
from procsim.study.design import read_design

PROFILES = ("programme_2006", "latest")
REFORM = "procsim-reform/1"


def check(files: Iterable[str], models: str | None) -> str:
    """Check these files, or every model there is, and say what was checked. Raises ModelError with all problems."""
    problems = Problems()
    where = library.folders(models)
    named = [Path(file) for file in files]
    checked = [_file(path, models, problems) for path in named] if named else _models(models, where, problems)
    problems.raise_if_any()
    return ", ".join(checked)


def _models(models: str | None, where: tuple[Path, ...], problems: Problems) -> list[str]:
    """Every reform, and every workflow in every country, profile and regime."""
    reforms = [name for name in library.names("reforms", where) if name != REGIMES]
    for name in reforms:
        _try(problems, lambda name=name: load_reform(name, where))
    countries, workflows = country_codes(where), library.names("workflows", where)
    for workflow in workflows:
        for country in countries:
            for profile in PROFILES:
                _try(problems, lambda w=workflow, c=country, p=profile: _all_regimes(w, c, p, models, where))
    return [f"{len(countries)} countries", f"{len(workflows)} workflows", f"{len(reforms)} reforms"]


def _all_regimes(workflow: str, country: str, profile: str, models: str | None, where: tuple[Path, ...]) -> None:
    base = load(workflow, country, profile, models=models)
    for regime in regime_names(where):
        plan.make(base.under(regime))


def _file(path: Path, models: str | None, problems: Problems) -> str:
    """One file, by what its schema says it is."""
    try:
        data = read_yaml(path).data
    except ModelError as error:
        problems.lines += error.problems
        return path.name
    schema = data.get("schema")
    if schema == EXPERIMENT:
        _try(problems, lambda: [plan.make(workflow) for workflow in read_design(path).workflows().values()])
    elif schema == REFORM:
        _try(problems, lambda: load_reform(path.stem, (path.parents[1], *library.folders(models))))
    else:
        _try(problems, lambda: plan.make(load(path, models=models)))
    return path.name


def _try(problems: Problems, check: Callable[[], object]) -> None:
    try:
        check()
    except ModelError as error:
        problems.lines += error.problems
