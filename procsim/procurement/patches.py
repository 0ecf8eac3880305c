"""Patching a workflow: what each reform sets, scales, inserts and removes, with the ledger of who changed what.

In an office of several workflows, a reform's patch for each of them applies to its own nodes; what they share (roles,
calendars, the portal) is patched once.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from procsim.procurement import paths
from procsim.procurement.country import Country
from procsim.procurement.parameters import CONFIDENCES, GRADES, Parameter, Quantity, show_value
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.reforms import Insertion, Patch, Reform

REMOVABLE = ("task", "timer", "bidding")


def apply(
    reforms: list[Reform],
    tree: paths.Tree,
    ledger: dict[str, Parameter],
    already_set: set[str],
    land: Country,
    gradual: frozenset[str] = frozenset(),
) -> None:
    """Patch a tree and its ledger, in place, with each reform's part for its workflow, or for each part of an office.

    Those in `gradual` take nothing out: while they are adopted step by step, the old way is kept beside the new.
    Raises ModelError, with all problems, for a patch that hits nothing, two `set`s of one number, or a `set` of what
    the user set already.
    """
    problems = Problems()
    nexts = {name: node.get("next") for name, node in tree["nodes"].items()}
    patchers = [
        _Patcher(reform, patch, tree, ledger, land, nexts, problems)
        for reform in reforms
        for patch in _once(reform.patches(tree))
    ]
    for patcher in patchers:
        patcher.insert()
    _refuse_double(patchers, problems)
    _refuse_settings(patchers, already_set, problems)
    for step in (_Patcher.set, _Patcher.scale):
        for patcher in patchers:
            step(patcher)
    _remove(patchers, tree, ledger, gradual)
    problems.raise_if_any()


def _once(patches: list[Patch]) -> list[Patch]:
    """The patches of one reform, with what the parts of an office share patched by the first that says so."""
    seen: set[tuple[str, str, str]] = set()
    result = []
    for patch in patches:
        fresh: dict[str, Any] = {}
        for kind, block in (("set", patch.set), ("scale", patch.scale)):
            fresh[kind] = {path: value for path, value in block.items() if (kind, path, repr(value)) not in seen}
            seen |= {(kind, path, repr(value)) for path, value in block.items()}
        result.append(patch.model_copy(update=fresh))
    return result


@dataclass(frozen=True)
class _Patcher:
    """One reform at work on a tree and its ledger."""

    reform: Reform
    patch: Patch
    tree: paths.Tree
    ledger: dict[str, Parameter]
    land: Country
    nexts: dict[str, Any]  # what came after each node before any insertion
    problems: Problems

    def place(self, *path: object) -> str:
        return self.reform.file.place("workflows", self.tree["name"], *path)

    def set(self) -> None:
        for path, value in self.patch.set.items():
            for keys in self._hits("set", path):
                own = self._own(value, self.patch.source, self.place("set", path))
                self._put(keys, deepcopy(own.value), own)

    def _own(self, value: Any, source: str | None, place: str) -> Parameter:
        """A number that the reform brings: the country's where it refers to one, else with the reform's source."""
        if not paths.is_reference(value):
            return self.reform.parameter(value, source)
        name = value[paths.FROM_COUNTRY]
        if name not in self.land.parameters:
            self.problems.add(place, f"no country parameter '{name}'", did_you_mean(name, self.land.parameters))
        return self.land.parameters.get(name, Parameter(0, ""))

    def scale(self) -> None:
        for path, times in self.patch.scale.items():
            for keys in self._hits("scale", path):
                old = paths.get(self.tree, keys)
                try:
                    self._put(keys, (Quantity.parse(old) * times).exact, self._product(paths.path_of(self.tree, keys)))
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
        old = self.ledger.get(name) or replace(by, value=paths.get(self.tree, keys))
        paths.put(self.tree, keys, value)
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
            if "next" in order[name] and order[name]["next"] == self.nexts.get(insertion.after):
                order[name]["next"] = anchor["next"]
        order[insertion.after] = {**anchor, "next": next(iter(insertion.nodes))}
        self.tree["nodes"] = order
        inserted = {"sources": {}, "nodes": {name: order[name] for name in insertion.nodes}}
        for keys, value in list(paths.numbers(inserted)):
            source = paths.source_of(inserted, keys) or insertion.source or self.patch.source
            brought = self._own(value, source, self.place("insert"))
            paths.put(inserted, keys, brought.value)
            self.ledger[paths.path_of(inserted, keys)] = brought.changed(brought.value, self.reform.name)


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


def _remove(patchers: list[_Patcher], tree: paths.Tree, ledger: dict[str, Parameter], gradual: frozenset[str]) -> None:
    """Take nodes out, last of all: whatever led to the node leads to its `next`."""
    removers: dict[str, str] = {}
    for patcher in patchers:
        for name in patcher.patch.remove:
            by = patcher.reform.name
            if name in removers:
                what = f"'{name}' is removed twice, by {removers[name]} and {by}"
                patcher.problems.add(patcher.place("remove"), what, "Leave one of them out")
            elif name not in _removable(tree["nodes"]):
                what = f"the reform {by} removes '{name}', which is no task or timer here"
                patcher.problems.add(patcher.place("remove"), what, did_you_mean(name, _removable(tree["nodes"])))
            else:
                removers[name] = by
                if by not in gradual:
                    _take_out(tree, ledger, name)


def _removable(nodes: dict[str, Any]) -> list[str]:
    return [
        name
        for name, node in nodes.items()
        if isinstance(node, dict) and node.get("kind") in REMOVABLE and "next" in node
    ]


def _take_out(tree: paths.Tree, ledger: dict[str, Parameter], name: str) -> None:
    node = tree["nodes"].pop(name)
    _redirect(tree["nodes"], name, node["next"])
    for begun in (tree, *(tree.get("parts") or {}).values()):
        begun |= {"start": node["next"]} if begun.get("start") == name else {}
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
