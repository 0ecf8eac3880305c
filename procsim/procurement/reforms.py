"""A reform is a patch with its source: an e-GP module or a change of rules. A regime is a list of reforms.

`set` replaces a value, `scale` multiplies it, `insert` adds nodes after an anchor, `remove` takes nodes out. Two
`set`s of one number in one regime are an error and scales commute, so the order of a list of reforms never matters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from procsim.procurement import checks, library, paths
from procsim.procurement.parameters import Parameter, Quantity, show_value
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.schema import Block, Source
from procsim.procurement.yamlfile import YamlFile, read_yaml

REGIMES = "regimes"


class Insertion(Block):
    """New nodes after an anchor; the anchor leads to the first, and the last names its own `next`."""

    after: str
    nodes: dict[str, dict[str, Any]]


class Patch(Block):
    """What a reform changes in one workflow."""

    set: dict[str, Any] = Field(default_factory=dict)
    scale: dict[str, Any] = Field(default_factory=dict)
    insert: list[Insertion] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)


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
    """A reform as loaded: its specification and the file it stands in."""

    spec: ReformSpec
    file: YamlFile

    @property
    def name(self) -> str:
        """The reform's identifier, such as `e_notice`."""
        return self.spec.name

    @property
    def workflows(self) -> dict[str, Patch]:
        """Its patch for each workflow to which it applies."""
        return self.spec.workflows

    def parameter(self, value: Any, patch: Patch) -> Parameter:
        """A value that this reform brings, with the reform's source."""
        source = self.spec.sources.get(patch.source or self.spec.source, Source(title=self.spec.title))
        return Parameter(value, source.title, source.grade, source.confidence, source.year, origin=self.file.path.name)


def load_reform(name: str, where: tuple[Path, ...]) -> Reform:
    """A reform by name. Raises ModelError if there is none or its file is wrong."""
    file = read_yaml(library.find("reforms", name, where))
    problems = Problems()
    try:
        spec = ReformSpec.model_validate(file.data)
    except ValidationError as error:
        checks.explain(error, file, problems)
        problems.raise_if_any()
        raise
    for patch in (spec, *spec.workflows.values()):
        if patch.source and patch.source not in spec.sources:
            problems.add(file.place("source"), f"no source '{patch.source}'", did_you_mean(patch.source, spec.sources))
    problems.raise_if_any()
    return Reform(spec, file)


def regime_names(where: tuple[Path, ...]) -> dict[str, list[str]]:
    """The named regimes and their reforms; a user's own folder adds to the shipped ones and may replace them."""
    known: dict[str, list[str]] = {}
    for folder in reversed(where):
        path = folder / "reforms" / f"{REGIMES}.yaml"
        if path.is_file():
            known |= read_yaml(path).data["regimes"]
    return known


def regime(name: str, where: tuple[Path, ...]) -> list[Reform]:
    """The reforms of a regime, by name or joined by `+` (`e_notice+shorter_window`, `electronic+faster_board`).

    Raises ModelError for an unknown name, or a reform without another that it needs.
    """
    known = regime_names(where)
    listed = [reform for part in name.split("+") for reform in known.get(part, [part])]
    problems = Problems()
    options = {*known, *library.names("reforms", where)} - {REGIMES}
    for unknown in [part for part in name.split("+") if part not in options]:
        problems.add(f"regime {name}", f"no regime or reform '{unknown}'", did_you_mean(unknown, options))
    problems.raise_if_any()
    reforms = [load_reform(reform, where) for reform in sorted(set(listed))]
    for reform in reforms:
        for need in set(reform.spec.needs) - set(listed):
            problems.add(f"regime {name}", f"{reform.name} needs {need}", f"Add it: {name}+{need}")
    problems.raise_if_any()
    return reforms


def apply(
    reforms: list[Reform], workflow: str, tree: paths.Tree, ledger: dict[str, Parameter], already_set: set[str]
) -> None:
    """Patch a tree and its ledger, in place, with each reform's part for a workflow.

    Raises ModelError, with all problems, for a patch that hits nothing, two `set`s of one number, or a `set` of what
    the user set already.
    """
    problems = Problems()
    patches = [(reform, reform.workflows[workflow]) for reform in reforms]
    for reform, patch in patches:
        for insertion in patch.insert:
            _insert(tree, ledger, reform, patch, insertion, problems)
    _refuse_double(patches, problems)
    for reform, patch in patches:
        for path, value in patch.set.items():
            if path in already_set:
                remedy = f"Set it after the reform: --set REGIME:{path}=..."
                problems.add(f"--set {path}", f"the reform {reform.name} sets the same number", remedy)
            _change(tree, ledger, reform, path, problems, lambda old, new=value: new, patch)
    for reform, patch in patches:
        for path, factor in patch.scale.items():
            times = Fraction(str(factor))
            _change(tree, ledger, reform, path, problems, lambda old, times=times: _scaled(old, times), patch)
    for reform, patch in patches:
        for name in patch.remove:
            _remove(tree, ledger, reform, name, problems)
    problems.raise_if_any()


def _refuse_double(patches: list[tuple[Reform, Patch]], problems: Problems) -> None:
    setters = Counter(path for _, patch in patches for path in patch.set)
    for path, count in setters.items():
        if count > 1:
            names = " and ".join(reform.name for reform, patch in patches if path in patch.set)
            problems.add(f"regime, {path}", f"set by {names}", "Leave one of them out, or let one of them scale")


def _change(
    tree: paths.Tree,
    ledger: dict[str, Parameter],
    reform: Reform,
    path: str,
    problems: Problems,
    change: Any,
    patch: Patch,
) -> None:
    hits = paths.find(tree, path)
    if not hits:
        remedy = did_you_mean(path, ledger)
        problems.add(f"{reform.file.path.name}, {path}", f"the reform {reform.name} hits nothing", remedy)
    for keys in hits:
        name, value = paths.path_of(tree, keys), change(paths.get(tree, keys))
        paths.put(tree, keys, value)
        brought = reform.parameter(value, patch)
        old = ledger.get(name, brought)
        ledger[name] = old.changed(value, reform.name, source=brought.source)


def _scaled(old: Any, times: Fraction) -> Any:
    if isinstance(old, dict):  # a spread: its mean is scaled, its shape is kept
        return {**old, "value": _scaled(old["value"], times)}
    quantity = Quantity.parse(old) * times
    exact = f"{quantity.amount.numerator}/{quantity.amount.denominator}"
    text = str(quantity) if Quantity.parse(str(quantity)) == quantity else f"{exact} {quantity.unit}"
    return text.strip()


def _insert(
    tree: paths.Tree,
    ledger: dict[str, Parameter],
    reform: Reform,
    patch: Patch,
    insertion: Insertion,
    problems: Problems,
) -> None:
    """New nodes stand right after their anchor, in the file's order as well, which is the order of service."""
    nodes, place = tree["nodes"], f"{reform.file.path.name}, insert > after"
    taken = [name for name in insertion.nodes if name in nodes]
    if insertion.after not in nodes or taken:
        what = f"'{taken[0]}' exists already" if taken else f"no node '{insertion.after}'"
        problems.add(place, what, did_you_mean(insertion.after, nodes))
        return
    order: dict[str, Any] = {}
    for name, node in nodes.items():
        order[name] = node
        if name == insertion.after:
            order |= {new: dict(block) for new, block in insertion.nodes.items()}
    order[insertion.after] = {**order[insertion.after], "next": next(iter(insertion.nodes))}
    tree["nodes"] = order
    new_nodes = {"nodes": {name: order[name] for name in insertion.nodes}}
    for keys, value in paths.numbers(new_nodes):
        ledger[paths.path_of(new_nodes, keys)] = reform.parameter(value, patch).changed(value, reform.name)


def _remove(tree: paths.Tree, ledger: dict[str, Parameter], reform: Reform, name: str, problems: Problems) -> None:
    """Whatever led to the node leads to its `next`."""
    node = tree["nodes"].get(name)
    if not node or "next" not in node:
        what = f"the reform {reform.name} removes '{name}', which is no task or timer here"
        problems.add(f"{reform.file.path.name}, remove", what, did_you_mean(name, tree["nodes"]))
        return
    del tree["nodes"][name]
    _redirect(tree, name, node["next"])
    for path in [path for path in ledger if path.split(".")[0] == name]:
        del ledger[path]


def _redirect(block: Any, old: str, new: str) -> None:
    """Rewrite every reference to a node, wherever it stands."""
    for key, value in block.items() if isinstance(block, dict) else enumerate(block):
        if key in ("next", "to", "then", "start") and value == old:
            block[key] = new
        elif key == "branches" and isinstance(value, list) and old in value:
            block[key] = [new if name == old else name for name in value]
        elif isinstance(value, (dict, list)):
            _redirect(value, old, new)


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
        for index, branch in enumerate(node.get("branches", ())):
            if isinstance(branch, dict) and branch.get("detour"):
                bound = "probability" if "probability" in branch else "below"
                put(("nodes", name, "branches", index, bound), 0)
