"""An office of several workflows: their nodes side by side, each under its own name, sharing roles and calendars.

`like` lets a workflow take roles, calendars, wage and portal from another, `parts` puts workflows into one office.
The node `evaluate` of the part `open_tender` is called `open_tender/evaluate` there, and its draws are keyed by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from procsim.procurement import paths
from procsim.procurement.parameters import Parameter
from procsim.procurement.problems import Problems
from procsim.procurement.yamlfile import YamlFile

FROM_PARTS = ("nodes", "market", "deadlines", "start")  # what an office has none of its own of
REFERENCES = ("next", "join", "to", "then", "start", "end")  # the keys under which a node is named


@dataclass(frozen=True)
class Filled:
    """The tree of a workflow file with every number resolved, the ledger of these, and the files it came from."""

    tree: paths.Tree
    ledger: dict[str, Parameter]
    files: tuple[YamlFile, ...] = field(repr=False)


def inherit(own: Filled, other: Filled) -> Filled:
    """What `own` does not define itself of the roles, calendars, wage and portal of `other`, as far as needed."""
    tree, ledger = own.tree, own.ledger
    needed = {role for node in tree["nodes"].values() for role in _staff(node)}
    _take(own, other, "roles", needed)
    users = [*tree["roles"].values(), *(tree.get("caseload") or {}).values()]
    _take(own, other, "calendars", {user.get("calendar") for user in users if isinstance(user, dict)})
    for section in ("labour", "portal"):
        if section not in tree and section in other.tree:
            tree[section] = deepcopy(other.tree[section])
            _copy_ledger(ledger, other, (section,))
    return Filled(tree, ledger, (*own.files, *other.files))


def compose(office: Filled, parts: dict[str, Filled], problems: Problems) -> Filled:
    """The office with the nodes, markets and deadlines of all its parts, and with their calendars.

    Adds a problem where two parts define one calendar differently, or a part needs a role that the office lacks.
    Raises ModelError where a part is no workflow with a start, or the office has what belongs into a part.
    """
    _refuse_misplaced(office, parts, problems)
    tree, file = {"roles": {}, **office.tree}, office.files[0]
    ledger = dict(office.ledger)
    tree["parts"] = {name: _header(name, part.tree) for name, part in parts.items()}
    tree["market"] = {name: part.tree["market"] for name, part in parts.items() if part.tree.get("market")}
    tree["deadlines"], tree["nodes"] = {}, {}
    for name, part in parts.items():
        tree["deadlines"] |= renamed(part.tree.get("deadlines") or {}, name)
        tree["nodes"] |= renamed(part.tree["nodes"], name)
        for keys, _ in list(paths.numbers(part.tree)):
            if moved := _moved(keys, name):
                ledger[paths.path_of(tree, moved)] = part.ledger[paths.path_of(part.tree, keys)]
        _take(Filled(tree, ledger, office.files), part, "calendars", set(part.tree.get("calendars") or {}))
        for role in {role for node in part.tree["nodes"].values() for role in _staff(node)} - set(tree["roles"]):
            problems.add(file.place("roles"), f"the part '{name}' needs the role '{role}'", "Add it, with its heads")
        for calendar, block in (part.tree.get("calendars") or {}).items():
            if _bare(block) != _bare(tree["calendars"][calendar]):
                what = f"the calendar '{calendar}' of the part '{name}' differs from another's"
                problems.add(file.place("calendars"), what, "Define it once, in the office")
    return Filled(tree, ledger, (*office.files, *(file for part in parts.values() for file in part.files)))


def _refuse_misplaced(office: Filled, parts: dict[str, Filled], problems: Problems) -> None:
    file = office.files[0]
    for key in FROM_PARTS:
        if office.tree.get(key):
            problems.add(file.place(key), "an office has none of its own", "Write it in one of the 'parts'")
    for name, part in parts.items():
        if "parts" in part.tree:
            problems.add(file.place("parts"), f"'{name}' is an office itself", "Name its parts instead")
        elif not part.tree.get("start"):
            problems.add(part.files[0].place("start"), "the key 'start' is missing", "Add it")
    problems.raise_if_any()


def renamed(block: Any, part: str) -> Any:
    """Named blocks (nodes, deadlines) of a part as they are called in an office, with every reference to a node.

    >>> renamed({"request": {"kind": "timer", "next": "order"}}, "quotation")
    {'quotation/request': {'kind': 'timer', 'next': 'quotation/order'}}
    """
    return {f"{part}/{name}": _redirected(inner, part) for name, inner in block.items()}


def path_within(path: str, part: str) -> str:
    """A path of a part as it is called in an office.

    >>> path_within("clarify.branches.clarification.probability", "open_tender")
    'open_tender/clarify.branches.open_tender/clarification.probability'
    >>> path_within("market.pool", "quotation"), path_within("role.clerk", "quotation")
    ('market.quotation.pool', 'role.clerk')
    """
    words = path.split(".")
    if words[0] == "market":
        return ".".join(["market", part, *words[1:]])
    if words[0] == "deadline":
        return ".".join(["deadline", f"{part}/{words[1]}", *words[2:]])
    if words[0] in paths.SECTIONS:
        return path
    for index in [0, *(i + 1 for i, word in enumerate(words[:-1]) if word == "branches")]:
        words[index] = f"{part}/{words[index]}"
    return ".".join(words)


def _staff(node: Any) -> Iterator[str]:
    staff = node.get("staff") if isinstance(node, dict) else None
    yield from staff if isinstance(staff, dict) else ()


def _take(own: Filled, other: Filled, section: str, names: set[Any]) -> None:
    """Blocks of a section that are needed and not there yet, with the numbers in them."""
    mine, theirs = own.tree.setdefault(section, {}), other.tree.get(section) or {}
    for name in [name for name in theirs if name in names and name not in mine]:
        mine[name] = deepcopy(theirs[name])
        _copy_ledger(own.ledger, other, (section, name))


def _copy_ledger(ledger: dict[str, Parameter], other: Filled, at: paths.Keys) -> None:
    for keys, _ in paths.numbers_below(other.tree, at):
        path = paths.path_of(other.tree, keys)
        ledger[path] = other.ledger[path]


def _header(name: str, tree: paths.Tree) -> dict[str, str]:
    title, method = tree.get("title", ""), tree.get("method", "open")
    return {"title": title, "method": method, "start": f"{name}/{tree['start']}"}


def _moved(keys: paths.Keys, part: str) -> paths.Keys | None:
    """Where a number of a part stands in the office; None for what the office has of its own."""
    if keys[0] == "market":
        return ("market", part, *keys[1:])
    if keys[0] in ("nodes", "deadlines"):
        return (keys[0], f"{part}/{keys[1]}", *keys[2:])
    return None


def _redirected(block: Any, part: str) -> Any:
    """A copy of a node or deadline whose references to nodes carry the name of the part."""
    if not isinstance(block, dict):
        return deepcopy(block)
    result = {
        key: f"{part}/{value}" if key in REFERENCES and value else deepcopy(value) for key, value in block.items()
    }
    if isinstance(block.get("branches"), list):
        result["branches"] = [
            _redirected(branch, part) if isinstance(branch, dict) else f"{part}/{branch}"
            for branch in block["branches"]
        ]
    return result


def _bare(block: Any) -> Any:
    return {key: value for key, value in block.items() if key != "source"} if isinstance(block, dict) else block
