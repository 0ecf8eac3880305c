"""A reform is a patch with its source: an e-GP module or a change of rules. A regime is a list of reforms.

`set` replaces a value, `scale` multiplies it, `insert` adds nodes after an anchor, `remove` takes nodes out. Two
`set`s of one number in one regime are an error and scales commute, so the order of a list of reforms never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from procsim.procurement import checks, library, paths
from procsim.procurement.parameters import GRADES, Confidence, Parameter, Quantity, show_value
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.schema import Block, Source
from procsim.procurement.yamlfile import YamlFile, read_yaml

REGIMES = "regimes"
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")
REMOVABLE = ("task", "timer", "bidding")


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
        checks.explain(error, file, problems)
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

    Raises ModelError for a list that is none, or that names no reform.
    """
    known: dict[str, list[str]] = {}
    problems = Problems()
    for folder in reversed(where):
        path = folder / "reforms" / f"{REGIMES}.yaml"
        if path.is_file():
            known |= _listed(read_yaml(path), _reform_names(where), problems)
    problems.raise_if_any()
    return known


def _listed(file: YamlFile, reforms: set[str], problems: Problems) -> dict[str, list[str]]:
    lists = file.data.get(REGIMES)
    for key in file.data.keys() - {REGIMES}:
        problems.add(file.place(key), f"unknown key '{key}'", "Write the lists below 'regimes:'")
    if not isinstance(lists, dict):
        problems.add(file.place(REGIMES), "no regimes", "Write 'regimes:', and below it NAME: [reform, reform]")
        return {}
    for name, listed in lists.items():
        for reform in listed if isinstance(listed, list) else [listed]:
            if not isinstance(listed, list):
                problems.add(file.place(REGIMES, name), f"'{listed}' is not a list", "Write [reform, reform]")
            elif reform not in reforms:
                problems.add(file.place(REGIMES, name), f"no reform '{reform}'", did_you_mean(reform, reforms))
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


def apply(
    reforms: list[Reform], workflow: str, tree: paths.Tree, ledger: dict[str, Parameter], already_set: set[str]
) -> None:
    """Patch a tree and its ledger, in place, with each reform's part for a workflow.

    Raises ModelError, with all problems, for a patch that hits nothing, two `set`s of one number, or a `set` of what
    the user set already.
    """
    problems = Problems()
    nexts = {name: node.get("next") for name, node in tree["nodes"].items()}
    patchers = [_Patcher(reform, reform.workflows[workflow], tree, ledger, nexts, problems) for reform in reforms]
    for patcher in patchers:
        patcher.insert()
    _refuse_double(patchers, problems)
    _refuse_settings(patchers, already_set, problems)
    for step in (_Patcher.set, _Patcher.scale):
        for patcher in patchers:
            step(patcher)
    _remove(patchers, tree, ledger)
    problems.raise_if_any()


@dataclass(frozen=True)
class _Patcher:
    """One reform at work on a tree and its ledger."""

    reform: Reform
    patch: Patch
    tree: paths.Tree
    ledger: dict[str, Parameter]
    nexts: dict[str, Any]  # what came after each node before any insertion
    problems: Problems

    def place(self, *path: object) -> str:
        return self.reform.file.place("workflows", self.tree["name"], *path)

    def set(self) -> None:
        for path, value in self.patch.set.items():
            for keys in self._hits("set", path):
                self._put(keys, deepcopy(value), self.reform.parameter(value, self.patch.source))

    def scale(self) -> None:
        for path, times in self.patch.scale.items():
            for keys in self._hits("scale", path):
                old = paths.get(self.tree, keys)
                try:
                    self._put(keys, _scaled(old, times), self._product(paths.path_of(self.tree, keys)))
                except ValueError:
                    what = f"the reform {self.reform.name} scales '{show_value(old)}', which is no number"
                    self.problems.add(self.place("scale", path), what, "Use 'set'")

    def _product(self, name: str) -> Parameter:
        """What stands behind a number times a factor: both sources, and the weaker of the two grades."""
        factor = self.reform.parameter(None, self.patch.source)
        old = self.ledger.get(name, factor)
        return replace(
            old,
            source=" + ".join(dict.fromkeys([*old.source.split(" + "), *factor.source.split(" + ")])),
            grade=max("D", old.grade, factor.grade, key=list(GRADES).index),
            confidence=max(old.confidence, factor.confidence, key=CONFIDENCES.index),
        )

    def _hits(self, kind: str, path: str) -> list[paths.Keys]:
        hits = paths.find(self.tree, path)
        if not hits:
            what = f"the reform {self.reform.name} hits nothing: no number '{path}'"
            self.problems.add(self.place(kind, path), what, did_you_mean(path, self.ledger))
        return hits

    def _put(self, keys: paths.Keys, value: Any, by: Parameter) -> None:
        """Write a value, and in the ledger what it was and whose it is now."""
        name = paths.path_of(self.tree, keys)
        paths.put(self.tree, keys, value)
        old = self.ledger.get(name, by)
        self.ledger[name] = replace(by, value=value, changes=old.changed(value, self.reform.name).changes)

    def insert(self) -> None:
        """New nodes stand right after their anchor, in the file's order as well, which is the order of service."""
        for index, insertion in enumerate(self.patch.insert):
            nodes, place = self.tree["nodes"], self.place("insert", index)
            taken = [name for name in insertion.nodes if name in nodes]
            if insertion.after not in nodes:
                self.problems.add(place, f"no node '{insertion.after}'", did_you_mean(insertion.after, nodes))
            elif taken:
                self.problems.add(place, f"there is a node '{taken[0]}' already", "Choose another name")
            elif "next" not in nodes[insertion.after]:
                what = f"'{insertion.after}' has no 'next', so nothing can stand after it"
                self.problems.add(place, what, "Name a task, timer or join")
            else:
                self._insert(insertion)

    def _insert(self, insertion: Insertion) -> None:
        """Where another reform has inserted after the same anchor, the new nodes lead to its nodes."""
        order: dict[str, Any] = {}
        for name, node in self.tree["nodes"].items():
            order[name] = node
            if name == insertion.after:
                order |= deepcopy(insertion.nodes)
        anchor = order[insertion.after]
        for name in insertion.nodes:
            if order[name].get("next") == self.nexts.get(insertion.after):
                order[name]["next"] = anchor["next"]
        order[insertion.after] = {**anchor, "next": next(iter(insertion.nodes))}
        self.tree["nodes"] = order
        inserted = {"sources": {}, "nodes": {name: order[name] for name in insertion.nodes}}
        for keys, value in paths.numbers(inserted):
            source = paths.source_of(inserted, keys) or insertion.source or self.patch.source
            brought = self.reform.parameter(value, source)
            self.ledger[paths.path_of(inserted, keys)] = brought.changed(value, self.reform.name)


def _refuse_double(patchers: list[_Patcher], problems: Problems) -> None:
    """Two `set`s of one number, or of a block and something in it, would make the order matter."""
    setters: dict[paths.Keys, str] = {}
    for patcher in patchers:
        for path in patcher.patch.set:
            for keys in paths.find(patcher.tree, path):
                for other in [known for known in setters if known[: len(keys)] == keys[: len(known)]]:
                    names = " and ".join(dict.fromkeys((setters[other], patcher.reform.name)))
                    place = f"regime {patcher.reform.regime}, {path}"
                    problems.add(place, f"set twice, by {names}", "Leave one of them out, or let one of them scale")
                setters[keys] = patcher.reform.name


def _refuse_settings(patchers: list[_Patcher], already_set: Iterable[str], problems: Problems) -> None:
    """What a user sets on the base must not be lost to a reform in silence."""
    for setting in sorted(already_set):
        for patcher in patchers:
            hits = set(paths.find(patcher.tree, setting))
            for path in patcher.patch.set:
                if hits & set(paths.find(patcher.tree, path)):
                    what = f"the reform {patcher.reform.name} sets the same number"
                    remedy = f"Set it after the reform: --set {patcher.reform.regime}:{path}=value"
                    problems.add(f"--set {setting}", what, remedy)


def _scaled(old: Any, times: Fraction) -> str:
    quantity = Quantity.parse(old) * times
    exact = f"{quantity.amount.numerator}/{quantity.amount.denominator}"
    text = str(quantity) if Quantity.parse(str(quantity)) == quantity else f"{exact} {quantity.unit}"
    return text.strip()


def _remove(patchers: list[_Patcher], tree: paths.Tree, ledger: dict[str, Parameter]) -> None:
    """Take nodes out, last of all: whatever led to the node leads to its `next`."""
    removers: dict[str, str] = {}
    for patcher in patchers:
        for name in patcher.patch.remove:
            node, by = tree["nodes"].get(name), patcher.reform.name
            if name in removers:
                what = f"'{name}' is removed twice, by {removers[name]} and {by}"
                patcher.problems.add(patcher.place("remove"), what, "Leave one of them out")
            elif not isinstance(node, dict) or node.get("kind") not in REMOVABLE or "next" not in node:
                what = f"the reform {by} removes '{name}', which is no task or timer here"
                patcher.problems.add(patcher.place("remove"), what, did_you_mean(name, tree["nodes"]))
            else:
                removers[name] = by
                _take_out(tree, ledger, name)


def _take_out(tree: paths.Tree, ledger: dict[str, Parameter], name: str) -> None:
    node = tree["nodes"].pop(name)
    _redirect(tree["nodes"], name, node["next"])
    tree["start"] = node["next"] if tree["start"] == name else tree["start"]
    for path in [path for path in ledger if path.split(".")[0] == name]:
        del ledger[path]


def _redirect(nodes: dict[str, Any], old: str, new: str) -> None:
    """Rewrite every reference to a node."""
    for node in nodes.values():
        if node.get("next") == old:
            node["next"] = new
        branches = node.get("branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if branch == old:
                branches[index] = new
            elif isinstance(branch, dict):
                branch |= {key: new for key in ("to", "then") if branch.get(key) == old}


def straight_through(tree: paths.Tree, ledger: dict[str, Parameter]) -> None:
    """The named setting for arithmetic: infinite staff, efforts at their means, no detours, all bids valid."""

    def put(keys: paths.Keys, value: Any) -> None:
        name = paths.path_of(tree, keys)
        paths.put(tree, keys, value)
        if name in ledger and show_value(ledger[name].value) != show_value(value):
            ledger[name] = ledger[name].changed(value, "straight_through")

    for keys in paths.find(tree, "role.*"):
        put(keys, "inf")
    if tree.get("market"):
        put(("market", "valid_share"), 1)
    for name, node in tree["nodes"].items():
        for key in ("effort", "handover", "duration"):
            if isinstance(node.get(key), dict):
                node[key] = {k: v for k, v in node[key].items() if k not in ("distribution", "cv", "low", "high")}
        branches = node.get("branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, dict) and branch.get("detour"):
                for bound in branch.keys() & {"probability", "below"}:
                    put(("nodes", name, "branches", index, bound), 0)
