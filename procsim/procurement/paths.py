"""A path such as `evaluate.effort.per_bid` or `role.evaluator` names one number of a workflow.

Settings, reforms, tables and messages all speak of numbers by path. The first word is a node, or `role`, `calendar`,
`caseload`, `market`, `labour`, `portal`, `deadline`, `adoption`; a path that ends at a block with a main value
(`effort`, a role) means that value.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from procsim.procurement.parameters import Quantity

Tree = dict[str, Any]
Keys = tuple[str | int, ...]

SECTIONS = {
    "role": "roles",
    "calendar": "calendars",
    "caseload": "caseload",
    "market": "market",
    "labour": "labour",
    "portal": "portal",
    "deadline": "deadlines",
    "adoption": "adoption",
}
MAIN = ("value", "heads")  # the key that a block's bare name stands for
FROM_COUNTRY = "parameter"  # a leaf {parameter: legal.min_bid_days.open_national} is the country's to fill


def find(tree: Tree, path: str) -> list[Keys]:
    """The places in a tree that a path names; `*` matches any one word. Empty if it hits nothing.

    >>> tree = {"roles": {"legal": {"heads": 2}}, "nodes": {"check": {"effort": "3 h"}}}
    >>> find(tree, "role.*"), find(tree, "check.effort"), find(tree, "check.cost")
    ([('roles', 'legal', 'heads')], [('nodes', 'check', 'effort')], [])
    """
    first, *rest = path.split(".")
    if first in SECTIONS:
        return list(_match(tree.get(SECTIONS[first]) or {}, rest, (SECTIONS[first],)))
    return list(_match(tree["nodes"], [first, *rest], ("nodes",)))


def _match(block: Any, words: list[str], at: Keys) -> Iterator[Keys]:
    if not words:
        yield from _main(block, at)
    elif isinstance(block, dict):
        for key, value in block.items():
            if fnmatchcase(str(key), words[0]):
                yield from _match(value, words[1:], (*at, key))
    elif isinstance(block, list):
        for index, value in enumerate(block):
            if isinstance(value, dict) and fnmatchcase(str(value.get("to")), words[0]):
                yield from _match(value, words[1:], (*at, index))


def _main(block: Any, at: Keys) -> Iterator[Keys]:
    main = next((key for key in MAIN if isinstance(block, dict) and key in block), None)
    if main:
        yield (*at, main)
    elif not isinstance(block, dict) or _is_calendar(at) or is_reference(block):
        yield at


def _is_calendar(at: Keys) -> bool:
    return at[0] == "calendars" and len(at) == 2


def is_reference(value: Any) -> bool:
    """Whether a leaf is the country's to fill: `{parameter: NAME}` and nothing else.

    >>> is_reference({"parameter": "labour.hourly_wage"}), is_reference("36 h")
    (True, False)
    """
    return isinstance(value, dict) and value.keys() == {FROM_COUNTRY} and isinstance(value[FROM_COUNTRY], str)


def references(block: Any) -> set[str]:
    """The names of all numbers in a block that are the country's to fill.

    >>> references({"market": {"wage": {"parameter": "labour.hourly_wage"}, "pool": 5}})
    {'labour.hourly_wage'}
    """
    if is_reference(block):
        return {block[FROM_COUNTRY]}
    inner = block.values() if isinstance(block, dict) else block if isinstance(block, list) else ()
    return {name for each in inner for name in references(each)}


def get(tree: Tree, keys: Keys) -> Any:
    """The value at a place."""
    value: Any = tree
    for key in keys:
        value = value[key]
    return value


def put(tree: Tree, keys: Keys, value: Any) -> None:
    """Write a value at a place, in the tree itself: callers own the tree they pass."""
    get(tree, keys[:-1])[keys[-1]] = value


def path_of(tree: Tree, keys: Keys) -> str:
    """The path of a place, as users write it.

    >>> path_of({}, ("roles", "legal", "heads"))
    'role.legal'
    """
    names = {section: word for word, section in SECTIONS.items()}
    head = [] if keys[0] == "nodes" else [names[str(keys[0])]]
    words = [str(key) for key in keys[1:]]
    for index, key in enumerate(keys):
        if isinstance(key, int) and index > 1:
            item = get(tree, keys[: index + 1])
            words[index - 1] = str(item.get("to", key) if isinstance(item, dict) else key)
    if words[-1] in MAIN:
        words.pop()
    return ".".join(head + words)


def numbers(tree: Tree) -> Iterator[tuple[Keys, Any]]:
    """Every place in a tree that holds a number, a quantity, a calendar, or a reference to the country."""
    for section in (*SECTIONS.values(), "nodes"):
        if tree.get(section):
            yield from numbers_below(tree, (section,))


def numbers_below(tree: Tree, at: Keys) -> Iterator[tuple[Keys, Any]]:
    """The same, of one section or block in it."""
    yield from _numbers(get(tree, at), at)


def _numbers(block: Any, at: Keys) -> Iterator[tuple[Keys, Any]]:
    if is_reference(block) or (_is_calendar(at) and not (isinstance(block, dict) and FROM_COUNTRY in block)):
        yield at, block
    elif isinstance(block, dict):
        for key, value in block.items():
            if key not in ("title", "source", "value_source"):
                yield from _numbers(value, (*at, key))
    elif isinstance(block, list):
        for index, value in enumerate(block):
            yield from _numbers(value, (*at, index))
    elif _is_number(block):
        yield at, block


def _is_number(value: Any) -> bool:
    if value == "inf":
        return True
    try:
        Quantity.parse(value)
    except ValueError:
        return False
    return True


def source_of(tree: Tree, keys: Keys) -> str | None:
    """The nearest `source` at or above a place, up to the file's own; None where there is none, or no `sources`."""
    if not isinstance(tree.get("sources"), dict):
        return None
    blocks = [tree, *(get(tree, keys[:length]) for length in range(1, len(keys) + 1))]
    said = (block["source"] for block in reversed(blocks) if isinstance(block, dict) and "source" in block)
    return next((source for source in said if isinstance(source, str)), None)
