"""A reform is a patch with its source: an e-GP module or a change of rules. A regime is a list of reforms.

`set` replaces a value, `scale` multiplies it, `insert` adds nodes after an anchor, `remove` takes nodes out. Two
`set`s of one number in one regime are an error and scales commute, so the order of a list of reforms never matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from procsim.procurement import library
from procsim.procurement.explain import explain
from procsim.procurement.fields import Block, Source
from procsim.procurement.parameters import Parameter, Quantity
from procsim.procurement.parts import REFERENCES, path_within, renamed
from procsim.procurement.paths import Keys, Tree, put
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.yamlfile import YamlFile, read_yaml

REGIMES, PARTIAL = "regimes", "partial"


def _factor(text: object) -> Fraction:
    factor = Quantity.parse(text)
    if factor.unit or factor.amount < 0:
        raise ValueError(f"{text!r} is no factor; write a number of 0 or more without a unit, such as 0.5 or 2/3")
    return factor.amount


Factor = Annotated[Fraction, BeforeValidator(_factor)]


class Insertion(Block):
    """New nodes after an anchor; the anchor leads to the first, and the last names its own `next`."""

    after: str
    nodes: dict[str, dict[str, Any]] = Field(min_length=1)


class Patch(Block):
    """What a reform changes in one workflow."""

    set: dict[str, Any] = Field(default_factory=dict)
    scale: dict[str, Factor] = Field(default_factory=dict)
    insert: list[Insertion] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Patch:
        if not (self.set or self.scale or self.insert or self.remove):
            raise ValueError("the patch changes nothing; give it 'set', 'scale', 'insert' or 'remove'")
        return self

    def within(self, part: str) -> Patch:
        """The same patch of that workflow as a part of an office."""
        changes = {
            "set": {path_within(path, part): _value_within(path, value, part) for path, value in self.set.items()},
            "scale": {path_within(path, part): factor for path, factor in self.scale.items()},
            "insert": [
                insertion.model_copy(
                    update={"after": f"{part}/{insertion.after}", "nodes": renamed(insertion.nodes, part)}
                )
                for insertion in self.insert
            ],
            "remove": [f"{part}/{name}" for name in self.remove],
        }
        return self.model_copy(update=changes)


def _value_within(path: str, value: Any, part: str) -> Any:
    return f"{part}/{value}" if path.rpartition(".")[2] in REFERENCES else value


class ReformSpec(Block):
    """A reform file."""

    schema_: Literal["procsim-reform/1"] = Field(alias="schema")
    name: str
    title: str
    description: str = ""
    type: Literal["module", "rule"]
    needs: list[str] = Field(default_factory=list)
    sources: dict[str, Source]
    source: str
    workflows: dict[str, Patch]


@dataclass(frozen=True)
class Reform:
    """A reform as loaded: its specification, the file it stands in, and the regime it was asked for in."""

    spec: ReformSpec
    file: YamlFile
    regime: str = ""

    @property
    def name(self) -> str:
        """The reform's identifier, such as `e_notice`."""
        return self.spec.name

    @property
    def workflows(self) -> dict[str, Patch]:
        """Its patch for each workflow to which it applies."""
        return self.spec.workflows

    def patches(self, tree: Tree) -> list[Patch]:
        """Its patches for a workflow, or for an office and each of its parts; empty where it says nothing of them."""
        own = self.workflows.get(str(tree["name"]))
        parts = [part for part in tree.get("parts") or () if part in self.workflows]
        return [*([own] if own else []), *(self.workflows[part].within(part) for part in parts)]

    def with_numbers(self, numbers: Mapping[Keys, Any]) -> Reform:
        """The same reform with other numbers at places of its file, such as (workflows, quotation, scale, PATH)."""
        data = deepcopy(self.file.data)
        for keys, value in numbers.items():
            put(data, keys, value)
        return replace(self, spec=ReformSpec.model_validate(data))

    def parameter(self, value: Any, source: str | None) -> Parameter:
        """A value that this reform brings, with the named source, or else the reform's own."""
        known = self.spec.sources
        found = known.get(source or self.spec.source) or known[self.spec.source]
        return Parameter(value, found.title, found.grade, found.confidence, found.year, origin=self.file.path.name)


def load_reform(name: str, where: tuple[Path, ...]) -> Reform:
    """A reform by name. Raises ModelError if there is none or its file is wrong."""
    return read_reform(library.find("reforms", name, where), where)


def read_reform(path: Path, where: tuple[Path, ...]) -> Reform:
    """The reform in a file. Raises ModelError with all that is wrong in it."""
    file, problems = read_yaml(path), Problems()
    try:
        spec = ReformSpec.model_validate(file.data)
    except ValidationError as error:
        explain(error, file, problems)
        problems.raise_if_any()
        raise
    if spec.name != path.stem:
        problems.add(file.place("name"), f"'{spec.name}' in a file called {path.name}", "Give both the same name")
    for need in spec.needs:
        if need not in (known := _reform_names(where)):
            problems.add(file.place("needs"), f"no reform '{need}'", did_you_mean(need, known))
    for place, source in _sources(spec):
        if source not in spec.sources:
            problems.add(file.place(*place), f"no source '{source}'", did_you_mean(source, spec.sources))
    problems.raise_if_any()
    return Reform(spec, file)


def _sources(spec: ReformSpec) -> Iterator[tuple[tuple[object, ...], str]]:
    """Every source that a reform names, with its place."""
    yield ("source",), spec.source
    for workflow, patch in spec.workflows.items():
        at = ("workflows", workflow)
        if patch.source:
            yield (*at, "source"), patch.source
        for index, insertion in enumerate(patch.insert):
            for name, node in insertion.nodes.items():
                if isinstance(node.get("source"), str):
                    yield (*at, "insert", index, "nodes", name, "source"), node["source"]


def _reform_names(where: tuple[Path, ...]) -> set[str]:
    return set(library.names("reforms", where)) - {REGIMES}


def regime_names(where: tuple[Path, ...]) -> dict[str, list[str]]:
    """The named regimes and their reforms; a user's own folder adds to the shipped ones and may replace them.

    A regime may name others that stand before it: `electronic_reformed` is `electronic` and more. Raises ModelError for
    a list that is none, or that names no reform.
    """
    known: dict[str, list[str]] = {}
    problems = Problems()
    for file in _regime_files(where):
        for name, listed in _listed(file, {*_reform_names(where), *known}, problems).items():
            known[name] = list(dict.fromkeys(each for word in listed for each in known.get(word, [word])))
    problems.raise_if_any()
    return known


def is_partial(name: str, where: tuple[Path, ...]) -> bool:
    """Whether a regime, or one of those joined by `+`, uses its modules for a share of the cases only."""
    partial = {regime for file in _regime_files(where) for regime in file.data.get(PARTIAL) or ()}
    return any(part.strip() in partial for part in name.split("+"))


def _regime_files(where: tuple[Path, ...]) -> list[YamlFile]:
    paths = [folder / "reforms" / f"{REGIMES}.yaml" for folder in reversed(where)]
    return [read_yaml(path) for path in paths if path.is_file()]


def _listed(file: YamlFile, options: set[str], problems: Problems) -> dict[str, list[str]]:
    lists = file.data.get(REGIMES)
    for key in file.data.keys() - {REGIMES, PARTIAL}:
        problems.add(file.place(key), f"unknown key '{key}'", "Write the lists below 'regimes:'")
    if not isinstance(lists, dict):
        problems.add(file.place(REGIMES), "no regimes", "Write 'regimes:', and below it NAME: [reform, reform]")
        return {}
    partial = file.data.get(PARTIAL) or []
    if not isinstance(partial, list) or set(partial) - lists.keys():
        problems.add(file.place(PARTIAL), "is not a list of regimes of this file", "Write it like [hybrid]")
    for name, listed in lists.items():
        for word in listed if isinstance(listed, list) else [listed]:
            if not isinstance(listed, list):
                problems.add(file.place(REGIMES, name), f"'{listed}' is not a list", "Write [reform, reform]")
            elif word not in options:
                problems.add(file.place(REGIMES, name), f"no reform '{word}'", did_you_mean(word, options))
        options = {*options, name}
    return {str(name): listed for name, listed in lists.items() if isinstance(listed, list)}


def regime(name: str, where: tuple[Path, ...]) -> list[Reform]:
    """The reforms of a regime, by name or joined by `+` (`e_notice+shorter_window`, `electronic+faster_board`).

    Raises ModelError for an unknown name, or a reform without another that it needs.
    """
    known, problems = regime_names(where), Problems()
    parts = [part.strip() for part in name.split("+")]
    options = {*known, *_reform_names(where)}
    for unknown in [part for part in parts if part not in options]:
        problems.add(f"regime {name}", f"no regime or reform '{unknown}'", did_you_mean(unknown, options))
    problems.raise_if_any()
    listed = {reform for part in parts for reform in known.get(part, [part])}
    reforms = [load_reform(each, where) for each in sorted(listed)]
    for reform in reforms:
        for need in sorted(set(reform.spec.needs) - listed):
            problems.add(f"regime {name}", f"{reform.name} needs {need}", f"Add it: {name}+{need}")
    problems.raise_if_any()
    return [replace(reform, regime=name) for reform in reforms]
