"""`procsim check`: read models and experiments as a run would, and say everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from functools import partial
from itertools import product
from pathlib import Path

from procsim.engine import compiler
from procsim.procurement import library
from procsim.procurement.country import load_country
from procsim.procurement.packform import SCHEMA as COUNTRY
from procsim.procurement.packs import DEFAULT, country_codes
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.profiles import PROFILES
from procsim.procurement.reforms import REGIMES, Reform, load_reform, read_reform, regime_names
from procsim.procurement.workflow import Workflow, load
from procsim.procurement.yamlfile import YamlFile, read_yaml
from procsim.study.design import SCHEMA as EXPERIMENT
from procsim.study.design import read_design
from procsim.study.evidence import FOLDER as EVIDENCE_FOLDER
from procsim.study.evidence import SCHEMA as EVIDENCE
from procsim.study.evidence import check_evidence

REFORM = "procsim-reform/1"
WORKFLOW = "procsim-workflow/1"
Folders = tuple[Path, ...]


def check(files: Iterable[str], models: str | None) -> str:
    """Check these files, or every model there is, and say what was checked. Raises ModelError with all problems."""
    problems = Problems()
    where = library.folders(models)
    named = [Path(file) for file in files]
    checked = [_file(path, models, where, problems) for path in named] if named else _models(models, where, problems)
    problems.raise_if_any()
    return ", ".join(checked)


def _models(models: str | None, where: Folders, problems: Problems) -> list[str]:
    """Every reform by itself, and every workflow in every country, profile and regime.

    Of a user's folder, what it brings or changes: its workflows and offices of them, its countries, its reforms.
    """
    mine = where[:1]
    bases = _bases(models, where, problems)
    touched = [base for base in bases if _is_own(base.base.files, mine)]
    reforms = [
        load for name in library.names("reforms", where) if name != REGIMES for load in _read(name, where, problems)
    ]
    for reform in reforms:
        on = bases if _is_own([reform.file], mine) else touched
        _try(problems, partial(_reform, reform, on, where))
    countries, own = country_codes(where), country_codes(mine)
    in_office = {part for base in bases for part in base.spec.parts}  # abroad, these are checked within it
    for base, country, profile in product(bases, countries, PROFILES):
        if (base in touched or country in own) and (country == DEFAULT or base.spec.name not in in_office):
            _try(problems, partial(_all_regimes, base.base.file.path, country, profile, models))
    evidence = [mine[0] / EVIDENCE_FOLDER / f"{name}.yaml" for name in library.names(EVIDENCE_FOLDER, mine)]
    for path in evidence:
        _try(problems, partial(check_evidence, path, models))
    own_reforms = [reform.name for reform in reforms if _is_own([reform.file], mine)]
    counts = [_count(own, "country", "countries"), _count(touched, "workflow"), _count(own_reforms, "reform")]
    return counts + ([_count(evidence, "file of evidence", "files of evidence")] if evidence else [])


def _is_own(files: Iterable[YamlFile], mine: Folders) -> bool:
    return any(file.path.is_relative_to(mine[0]) for file in files)


def _read(name: str, where: Folders, problems: Problems) -> Iterator[Reform]:
    try:
        yield load_reform(name, where)
    except ModelError as error:
        problems.lines += error.problems


def _count(names: Sized, one: str, many: str = "") -> str:
    return f"{len(names)} {one if len(names) == 1 else many or f'{one}s'}"


def _bases(models: str | None, where: Folders, problems: Problems) -> list[Workflow]:
    """Every workflow in the default country, to try reforms on."""
    bases: list[Workflow] = []
    for name in library.names("workflows", where):
        try:
            bases.append(load(name, models=models))
        except ModelError as error:
            problems.lines += error.problems
    return bases


def _all_regimes(workflow: str | Path, country: str, profile: str, models: str | None) -> None:
    base = load(workflow, country, profile, models=models)
    for regime in regime_names(base.base.folders):
        compiler.make(base.under(regime))


def _reform(reform: Reform, bases: list[Workflow], where: Folders) -> None:
    """Each patch of a reform hits what it names, together with the reforms that it needs."""
    problems, known = Problems(), library.workflow_names(where)
    for workflow in reform.workflows:
        if workflow not in known:
            place = reform.file.place("workflows", workflow)
            problems.add(place, f"no workflow '{workflow}', so this would never apply", did_you_mean(workflow, known))
    regime = "+".join(dict.fromkeys(_with_needs(reform.name, where)))
    for base in bases:
        if base.name in reform.workflows:
            _try(problems, partial(_plan, base, regime))
    problems.raise_if_any()


def _plan(base: Workflow, regime: str) -> None:
    compiler.make(base.under(regime))


def _with_needs(name: str, where: Folders, seen: tuple[str, ...] = ()) -> Iterator[str]:
    yield name
    for need in load_reform(name, where).spec.needs if name not in seen else ():
        yield from _with_needs(need, where, (*seen, name))


def _file(path: Path, models: str | None, where: Folders, problems: Problems) -> str:
    """One file, by what its schema says it is."""
    _try(problems, lambda: _by_schema(read_yaml(path), models, where))
    return path.name


def _by_schema(file: YamlFile, models: str | None, where: Folders) -> None:
    schema, path = file.data.get("schema"), file.path.resolve()
    if schema == EXPERIMENT:
        for workflow in read_design(path).workflows().values():
            compiler.make(workflow)
    elif schema == WORKFLOW:
        _all_regimes(path, "default", PROFILES[0], models)
    elif schema == COUNTRY:
        for profile in PROFILES:
            load_country(path.parent.name, profile, (_models_folder(path.parent), *where))
    elif schema == EVIDENCE:
        check_evidence(path, models)
    elif schema == REFORM:
        _reform_file(path, models, where)
    elif path.stem == REGIMES:
        regime_names((_models_folder(path), *where))
    else:
        known = (WORKFLOW, REFORM, EXPERIMENT, COUNTRY, EVIDENCE)
        problems = Problems()
        problems.add(file.place("schema"), f"'{schema}' is no schema known here", did_you_mean(schema, known))
        problems.raise_if_any()


def _models_folder(path: Path) -> Path:
    """The folder of models in which a reform, workflow or country lies."""
    return path.parents[1]


def _reform_file(path: Path, models: str | None, where: Folders) -> None:
    """A reform in a folder of models is tried on its workflows; one that lies elsewhere is only read."""
    own = _models_folder(path)
    if path.parent.name == "reforms":
        models, where = (models, where) if own in where else (str(own), (own, *where))
    reform = read_reform(path, where)
    if path.parent.name == "reforms":
        problems = Problems()
        _reform(reform, _bases(models, where, problems), where)
        problems.raise_if_any()


def _try(problems: Problems, check: Callable[[], object]) -> None:
    try:
        check()
    except ModelError as error:
        problems.lines += error.problems
