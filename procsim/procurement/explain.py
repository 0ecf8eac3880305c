"""What the schema refuses, as place, value and remedy in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from procsim.procurement.fields import Block
from procsim.procurement.parameters import show_value
from procsim.procurement.paths import FROM_COUNTRY
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.schema import ALONE

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from procsim.procurement.yamlfile import YamlFile

KINDS = ("task", "timer", "bidding", "exclusive", "parallel", "join", "end")
MOST_SHOWN = 80  # characters of a wrong value in a message
_VALUE_FROM_COUNTRY = "Write it alone in braces, as in 'value: {parameter: NAME}'"
_WORDS = ("{found} is not a word or text", "Write a word; put quotes round a number, yes or no")
_BLOCK = ("{found} stands where a block of keys is expected", "Write 'key: value' on the lines below it")
_WHOLE = ("{found} is not a whole number", "Write one, such as 2")
_FORMS = {
    "missing": ("the key '{key}' is missing", "Add it"),
    "string_type": _WORDS,
    "dict_type": _BLOCK,
    "model_type": _BLOCK,
    "model_attributes_type": _BLOCK,
    "list_type": ("{found} is not a list", "Write it in brackets, such as [1, 2]"),
    "tuple_type": ("{found} is not a pair", "Write it in brackets, such as [0, 3600]"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": ("{found} is neither true nor false", "Write true or false"),
    "bool_parsing": ("{found} is neither true nor false", "Write true or false"),
    "greater_than_equal": ("{found} is too small", "Write {ge} or more"),
    "less_than_equal": ("{found} is too large", "Write {le} or less"),
    "less_than": ("{found} is too large", "Write less than {lt}"),
    "too_short": ("{found} holds too little", "Give at least {min_length}"),
    "too_long": ("{found} holds too much", "Give at most {max_length}"),
}
_REMEDIES = {
    "is not a number with a unit": "Write it like 36 h, 0.5 wd, 200000 USD or 0.2",
    "at least one person of at least one role": "Write it like {clerk: 1}, with whole numbers",
    "without a unit": "Write the bare number",
}


def explain(error: ValidationError, file: YamlFile, problems: Problems) -> None:
    """Turn what the schema refused into place, value and remedy; nothing twice of one place."""
    for item in error.errors():
        keys = _keys(item["loc"])
        place = file.place(*keys)
        if not problems.knows(place):
            problems.add(place, *_said(item, str(keys[-1]) if keys else ""))


def _keys(loc: tuple[str | int, ...]) -> list[str | int]:
    """The keys as they stand in the file, without the kind that the schema adds and the mark of a bad key."""
    keys = list(loc[:2] + loc[3:]) if loc[0] == "nodes" and loc[2:3] and loc[2] in KINDS else list(loc)
    return list(written(keys[:-2] if keys[-1:] == ["[key]"] else keys))


def written(keys: Iterable[Any]) -> tuple[Any, ...]:
    """A place as it is written in a file: without the name of an only part, and `value` once where it stands alone.

    >>> written(("market", ALONE, "pool")), written(("caseload", "all", "value", "value"))
    (('market', 'pool'), ('caseload', 'all', 'value'))
    """
    kept = tuple(key for key in keys if key != ALONE)
    return kept[:-1] if kept[-2:] == ("value", "value") else kept


def _said(item: ErrorDetails, key: str) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    kind, found, limits = item["type"], _found(item["input"]), item.get("ctx", {})
    if item["loc"][-1:] == ("[key]",) or kind == "invalid_key":
        return f"the key {found} is not a word", f'Put it in quotes: "{item["input"]}"'
    if kind == "extra_forbidden":
        near = did_you_mean(key, _known_keys(Block) - {key})
        return f"unknown key '{key}'", _VALUE_FROM_COUNTRY if key == FROM_COUNTRY else near
    if kind.startswith("union_tag"):
        node = item["input"].get("kind", "") if isinstance(item["input"], dict) else ""
        return f"unknown kind '{show_value(node)}'", did_you_mean(node, KINDS)
    if kind == "literal_error":
        expected = str(limits.get("expected")).replace(" or ", ", ").replace("'", "").split(", ")
        return f"{found} is not known here", did_you_mean(item["input"], expected)
    if kind in _FORMS:
        what, remedy = _FORMS[kind]
        return what.format(found=found, key=key), remedy.format(key=key, **limits)
    what, _, remedy = item["msg"].removeprefix("Value error, ").partition("; ")
    return what, f"{remedy[:1].upper()}{remedy[1:]}" if remedy else _REMEDIES.get(_ending(what), f"Found {found}")


def _known_keys(block: type[BaseModel]) -> set[str]:
    """The keys of all blocks that there are: of workflows, reforms and experiments."""
    own = {info.alias or name for name, info in block.model_fields.items()}
    return own.union(*(_known_keys(kind) for kind in block.__subclasses__()))


def _found(value: object) -> str:
    return "nothing" if value is None else f"'{value}'" if isinstance(value, date) else repr(value)[:MOST_SHOWN]


def _ending(what: str) -> str:
    return next((ending for ending in _REMEDIES if what.endswith(ending)), "")
