"""A workflow in a country: loaded, filled in, checked, with the origin of every number; regimes are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from procsim.procurement import adoption, checks, library, parts, patches, paths, reforms, straight_through
from procsim.procurement.caselist import CaseList
from procsim.procurement.country import ALWAYS_READ, Country, load_country
from procsim.procurement.explain import explain
from procsim.procurement.packs import DEFAULT
from procsim.procurement.parameters import Parameter, show_value
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.profiles import PROGRAMME
from procsim.procurement.schema import WorkflowSpec
from procsim.procurement.settings import STRAIGHT_THROUGH, Setting, applied_to, check_regimes, put
from procsim.procurement.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

PAPER = "paper"


@dataclass(frozen=True)
class Base:
    """A workflow file filled in for a country, before any reform: what all regimes are made from.

    In one that is `varied`, only amounts differ from another: `numbers` stand in for those of reforms, by reform and
    place in its file.
    """

    file: YamlFile
    country: Country
    tree: paths.Tree
    ledger: dict[str, Parameter]
    folders: tuple[Path, ...]
    settings: tuple[Setting, ...]
    files: tuple[YamlFile, ...]
    cases: CaseList | None = None
    varied: bool = False
    numbers: Mapping[str, Mapping[paths.Keys, Any]] = field(default_factory=dict)

    @cached_property
    def paper(self) -> Workflow:
        """The workflow before any reform."""
        return _under(self, PAPER)


@dataclass(frozen=True)
class Variant:
    """What the cases meet that are ready for some modules and not for others: at least a `share` of them meets this.

    `recorded` are the steps that a module of it touches, and which so leave an electronic record.
    """

    share: Fraction
    reforms: tuple[str, ...]
    recorded: frozenset[str]
    spec: WorkflowSpec = field(repr=False)


@dataclass(frozen=True)
class Workflow:
    """One regime of a workflow in a country: the checked specification and the ledger of its numbers.

    `variants` are what cases meet, from the least ready to the readiest; `spec` and `ledger` are the readiest one's.
    `ledger` maps each path to the Parameter behind it; `reforms` are the patches in force; `not_applicable` those of
    the regime that say nothing of this workflow; `files` are all files that it was made from.
    """

    name: str
    regime: str
    spec: WorkflowSpec = field(repr=False)
    ledger: dict[str, Parameter] = field(repr=False)
    base: Base = field(repr=False)
    variants: tuple[Variant, ...] = field(default=(), repr=False)
    reforms: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    files: tuple[YamlFile, ...] = field(default=(), repr=False)

    @property
    def country(self) -> Country:
        """The country it is set in."""
        return self.base.country

    def under(self, regime: str) -> Workflow:
        """The same workflow under a regime: a name (`paper`, `electronic`, ...) or modules joined by `+`.

        Raises ModelError for an unknown reform, one whose needs are not met, a patch that hits nothing, or two that
        set the same number.

        >>> load("open_tender").under("e_notice+e_documents").reforms
        ('e_documents', 'e_notice')
        """
        return self.base.paper if regime == PAPER else _under(self.base, regime)

    def regimes(self, *names: str) -> tuple[Workflow, ...]:
        """The same workflow under each of these regimes."""
        return tuple(self.under(name) for name in names)

    def difference(self, other: Workflow) -> pd.DataFrame:
        """What another regime changes: one row for each path, with columns path, here, there, by, source."""
        import pandas as pd

        rows = []
        for path in dict.fromkeys([*self.ledger, *other.ledger]):
            here, there = self.ledger.get(path), other.ledger.get(path)
            if here is None or there is None or here.value != there.value:
                rows.append(_changed_row(path, here, there, other.regime))
        return pd.DataFrame(rows, columns=["path", "here", "there", "by", "source"])

    def table(self) -> pd.DataFrame:
        """Every number, one row each: path, value, grade, confidence, year, source, origin, changes."""
        import pandas as pd

        return pd.DataFrame(
            {
                "path": path,
                "value": show_value(parameter.value),
                "grade": parameter.grade,
                "confidence": parameter.confidence,
                "year": parameter.year,
                "source": parameter.source,
                "origin": parameter.origin,
                "changes": "; ".join(parameter.changes),
            }
            for path, parameter in self.ledger.items()
        )

    def judgements(self) -> list[str]:
        """The numbers that rest on judgement, one line each."""
        return [
            f"{path} = {show_value(parameter.value)} ({parameter.source}; {parameter.confidence} confidence)"
            for path, parameter in self.ledger.items()
            if parameter.grade == "J"
        ]

    def fallbacks(self) -> list[str]:
        """What the country lacks of what is in use, and which region or default stands in, one line each."""
        used = {
            value[paths.FROM_COUNTRY]
            for file in self.base.files
            for _, value in paths.numbers(file.data)
            if isinstance(value, dict) and paths.FROM_COUNTRY in value
        }
        missing = [name for name in self.country.fallbacks if name in {*used, *ALWAYS_READ}]
        return [f"{name}: {self.country.name} has none, {self._stands_in(name)}" for name in missing]

    def _stands_in(self, name: str) -> str:
        parameter = self.country.parameters.get(name)
        if parameter is None:  # the holidays
            return "the global default stands in"
        pack = parameter.origin.partition("/")[0]
        who = "the global default" if pack == DEFAULT else f"the region {pack.replace('_', ' ')}"
        return f"{who} stands in ({show_value(parameter.value)})"

    def graph(self) -> nx.DiGraph[str]:
        """The checked graph: nodes carry kind, stage and title; edges carry probability where there is one."""
        return checks.graph(self.spec)


def _changed_row(path: str, here: Parameter | None, there: Parameter | None, regime: str) -> dict[str, str]:
    last = there.changes[-1] if there and there.changes else ""
    before = last.split(" -> ")[0] if there and len(there.changes) == 1 else ""  # of a word, which has no entry here
    before = "" if there and before == show_value(there.value) else before
    return {
        "path": path,
        "here": show_value(here.value) if here else before,
        "there": show_value(there.value) if there else "",
        "by": last.rsplit("(", 1)[1].rstrip(")") if last else regime,
        "source": there.source if there else "",
    }


def load(
    workflow: str | Path | dict[str, Any],
    country: str = "default",
    profile: str = PROGRAMME,
    settings: Iterable[str] = (),
    models: Path | str | None = None,
    cases: CaseList | None = None,
) -> Workflow:
    """A workflow as it is on paper in a country, with a user's settings applied to the resolved base.

    `workflow` is the name of a shipped one (or of one in the folder `models`), a path to a YAML file, or the data
    itself. Each setting reads `path=value` (`role.evaluator=21`, `legal.min_bid_days.open_national=21 d`),
    `regime:path=value`, or `straight_through`. `cases` from data take the place of the workflow's own caseload. Raises
    ModelError with every problem found.

    >>> load("open_tender", country="BRN").ledger["bid_window.duration"].value
    '14 d'
    """
    where, given = library.folders(models), tuple(Setting(text) for text in settings)
    file, problems = _file(workflow, where), Problems()
    land = applied_to(load_country(country, profile, where), given, problems)
    check_regimes(given, where, problems)
    if cases is not None and not len(cases):
        problems.add(cases.source, "there is no case in it", "Use a file with at least one")
    problems.raise_if_any()
    filled = _filled(file, land, where, problems, {})
    for setting in given:
        elsewhere = setting.text == STRAIGHT_THROUGH or setting.of_adoption or setting.path in land.parameters
        if setting.regime is None and not elsewhere:
            put(filled.tree, filled.ledger, setting, land.parameters, problems)
    _check(filled.tree, file, problems)
    return Base(file, land, filled.tree, filled.ledger, where, given, filled.files, cases).paper


def _filled(
    file: YamlFile, land: Country, where: tuple[Path, ...], problems: Problems, known: dict[Path, parts.Filled]
) -> parts.Filled:
    """A workflow file with every number resolved, and with what it takes from the workflows it names."""
    if file.path in known:
        return known[file.path]
    tree, ledger = deepcopy(file.data), dict[str, Parameter]()
    _sections(tree, file)
    for keys, value in list(paths.numbers(tree)):
        parameter = _resolved(tree, keys, value, land, file, problems)
        paths.put(tree, keys, parameter.value)
        ledger[paths.path_of(tree, keys)] = parameter
    known[file.path] = filled = parts.Filled(tree, ledger, (file,))  # before what it names, which might name it

    def named(name: str, key: str) -> parts.Filled:
        return _filled(_other(name, file.place(key), where), land, where, problems, known)

    if isinstance(tree.get("like"), str):
        filled = parts.inherit(filled, named(tree["like"], "like"))
    if "parts" in tree:
        filled = parts.compose(filled, {name: named(name, "parts") for name in _names(file, problems)}, problems)
    known[file.path] = filled
    return filled


def _other(name: str, place: str, where: tuple[Path, ...]) -> YamlFile:
    """The file of a workflow that another names at a place."""
    try:
        return _file(name, where)
    except ModelError as error:
        raise ModelError(f"{place}: {line}" for line in error.problems) from None


def _names(file: YamlFile, problems: Problems) -> list[str]:
    """The workflows of an office."""
    names = file.data["parts"]
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        return list(dict.fromkeys(names))
    problems.add(file.place("parts"), "is not a list of workflows", "Write it like [open_tender, quotation]")
    problems.raise_if_any()
    return []


def _under(base: Base, regime: str) -> Workflow:
    problems, other = Problems(), base.numbers
    listed = [
        reform.with_numbers(other[reform.name]) if reform.name in other else reform
        for reform in reforms.regime(regime, base.folders)
    ]
    applicable = [reform for reform in listed if reform.patches(base.tree)]
    partial = reforms.is_partial(regime, base.folders)
    meant = [setting for setting in base.settings if setting.of_adoption and setting.regime in (None, regime)]
    shares = adoption.shares(applicable, partial, base.country, meant if applicable else [], problems)
    problems.raise_if_any()
    built: list[tuple[Variant, dict[str, Parameter], paths.Tree]] = []
    for step in adoption.steps(applicable, shares):
        built.append(_variant(base, regime, step, shares, built[0][2] if built else None))
    return Workflow(
        str(base.tree["name"]),
        regime,
        built[-1][0].spec,
        built[-1][1],
        base,
        variants=tuple(variant for variant, _, _ in built),
        reforms=tuple(reform.name for reform in applicable),
        not_applicable=tuple(reform.name for reform in listed if reform not in applicable),
        files=(*base.files, *base.country.files, *(reform.file for reform in listed)),
    )


def _variant(
    base: Base, regime: str, step: adoption.Step, shares: dict[str, Parameter], settled: paths.Tree | None
) -> tuple[Variant, dict[str, Parameter], paths.Tree]:
    """The workflow for the cases that meet these reforms; `settled` is that of the cases which are least ready."""
    tree, ledger, problems = deepcopy(base.tree), dict(base.ledger), Problems()
    already = {setting.path for setting in base.settings if setting.regime is None}
    patches.apply(list(step.reforms), tree, ledger, already, base.country, step.gradual)
    if settled:
        adoption.double_run(tree, ledger, settled, base.country.parameter(adoption.DOUBLE_RUNNING))
    for setting in base.settings:
        if setting.regime == regime and not setting.of_adoption:
            put(tree, ledger, setting, base.country.parameters, problems)
    _open_to_suppliers(tree, ledger, shares)
    if Setting(STRAIGHT_THROUGH) in base.settings:
        straight_through.apply(tree, ledger)
    try:
        spec = _check(tree, base.file, problems, shape=not base.varied)
    except ModelError as error:
        if not step.reforms:
            raise
        raise ModelError(f"regime {regime}: {line}" for line in error.problems) from None
    names = tuple(reform.name for reform in step.reforms)
    modules = {reform.name for reform in step.reforms if reform.spec.type == "module"}
    return Variant(step.share, names, _touched(ledger, modules), spec), ledger, tree


def _touched(ledger: dict[str, Parameter], modules: set[str]) -> frozenset[str]:
    """The nodes of which a module has changed a number."""
    changes = ((path, change) for path, parameter in ledger.items() for change in parameter.changes)
    return frozenset(path.split(".")[0] for path, change in changes if change.rsplit("(", 1)[-1].rstrip(")") in modules)


def _open_to_suppliers(tree: paths.Tree, ledger: dict[str, Parameter], shares: dict[str, Parameter]) -> None:
    """Write the shares of adoption down, and on the portal's markets how many suppliers can use it."""
    tree[adoption.SECTION] = {name: share.value for name, share in shares.items()}
    ledger |= {f"{adoption.SECTION}.{name}": share for name, share in shares.items()}
    suppliers = shares.get(adoption.SUPPLIERS)
    for keys in paths.find(tree, "market.digital_access") + paths.find(tree, "market.*.digital_access"):
        if suppliers and paths.get(tree, (*keys[:-1], "submission")) == "portal":
            paths.put(tree, keys, suppliers.value)
            path = paths.path_of(tree, keys)
            ledger[path] = replace(suppliers, changes=ledger[path].changed(suppliers.value, "adoption").changes)


def _file(workflow: str | Path | dict[str, Any], where: tuple[Path, ...]) -> YamlFile:
    if isinstance(workflow, dict):
        return YamlFile(Path(f"{workflow.get('name', 'workflow')}.yaml"), workflow, {}, "")
    if isinstance(workflow, Path) or workflow.endswith((".yaml", ".yml")):
        return read_yaml(Path(workflow))
    return read_yaml(library.find("workflows", workflow, where))


def _sections(tree: paths.Tree, file: YamlFile) -> None:
    """The form that must hold before numbers can be looked for: named blocks are blocks."""
    problems = Problems()
    tree.setdefault("nodes", {})
    for section in (*paths.SECTIONS.values(), "nodes", "sources"):
        if not isinstance(tree.get(section, {}), dict):
            problems.add(file.place(section), "is not a block of keys", "Write one key to a line below it")
    problems.raise_if_any()


def _resolved(
    tree: paths.Tree, keys: paths.Keys, value: Any, land: Country, file: YamlFile, problems: Problems
) -> Parameter:
    """The parameter behind one leaf: the country's where it refers to one, else the file's with its source."""
    place = file.place(*keys)
    if isinstance(value, dict) and paths.FROM_COUNTRY in value:
        name = value[paths.FROM_COUNTRY]
        if name in land.parameters:
            return land.parameters[name]
        problems.add(place, f"no country parameter '{name}'", did_you_mean(name, land.parameters))
        return Parameter(0, "")
    key = paths.source_of(tree, keys)
    known = tree.get("sources") or {}
    source = known.get(key) if isinstance(known, dict) and key else None
    if key is None:
        problems.add(
            place,
            f"the number {show_value(value)} has no source",
            "Add 'source: KEY' beside or above it, KEY being a name in the block 'sources'",
        )
    elif not isinstance(source, dict):
        problems.add(place, f"no source '{key}'", did_you_mean(key, known))
    source = source if isinstance(source, dict) else {}
    return Parameter(
        value,
        source=str(source.get("title", "")),
        grade=source.get("grade", "J"),
        confidence=source.get("confidence", "low"),
        year=source.get("year"),
        origin=place,
    )


def _check(tree: paths.Tree, file: YamlFile, problems: Problems, shape: bool = True) -> WorkflowSpec:
    """The specification, with every problem of form and graph reported in one ModelError."""
    try:
        spec = WorkflowSpec.model_validate(tree)
    except ValidationError as error:
        explain(error, file, problems)
        problems.raise_if_any()
        raise
    checks.check(spec, file, problems, shape)
    problems.raise_if_any()
    return spec
