"""YAML read safely: plain data only, with the line of every key; what would be misread in silence is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer

from procsim.procurement.problems import ModelError, Problems

_PLAIN = ("bool", "float", "int", "map", "null", "seq", "str", "timestamp")
_TAG = "tag:yaml.org,2002:"
_HUGE = re.compile(r"[-+]?[0-9][0-9_.,]*e[-+]?[0-9]{3,}\s*[a-z%]*|[-+]?[0-9]{100,}.*", re.IGNORECASE)
_BY_ZERO = re.compile(r"[0-9]+/0+\s*[A-Za-z%]*")
_OTHER_BASE = re.compile(r"[-+]?0[0-9xbo_]+|.*:.*")


@dataclass(frozen=True)
class YamlFile:
    """A parsed YAML file: its data, the line of each path in it, and the hash of its bytes.

    All who read the same bytes share the data: whoever changes something copies it first.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[tuple[str, ...], int]
    sha256: str

    def place(self, *path: object) -> str:
        """Where a path stands, for an error: `open_tender.yaml line 12, evaluate > next`."""
        keys = tuple(str(key) for key in path)
        known = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), None)
        line = f" line {self.lines[known]}" if known else ""
        where = f", {' > '.join(keys)}" if keys else ""
        return f"{self.path.name}{line}{where}"


def read_yaml(path: Path) -> YamlFile:
    """Read one YAML file whose top level is a mapping; plain data only: no tags, no references.

    Raises ModelError, naming file and line, when it is missing, not UTF-8, not YAML, not a mapping, repeats a key, or
    holds a number or date that cannot be meant.
    """
    return _parsed(path, _bytes(path))


@lru_cache(maxsize=256)  # every regime of every workflow reads the same files
def _parsed(path: Path, raw: bytes) -> YamlFile:
    reader = _Reader(path.name)
    try:
        data = reader.read(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ModelError([f"{path.name}: not UTF-8 text. Save it as UTF-8."]) from None
    except RecursionError:
        raise ModelError([f"{path.name}: blocks are nested too deeply. Write a flatter file."]) from None
    except yaml.YAMLError as error:
        raise ModelError([_not_yaml(path, error)]) from None
    if not isinstance(data, dict):
        raise ModelError([f"{path.name}: the file must hold keys and values. Start from 'procsim copy'."])
    return YamlFile(path, data, reader.lines, hashlib.sha256(raw).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(
            [f"{path}: there is no such file. Check the name, or run 'procsim show' for what exists."]
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError([f"{path}: cannot be read ({reason}). Name a YAML file that you may read."]) from None


def _not_yaml(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f" line {mark.line + 1}" if mark else ""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    tabs = "Indent with spaces, not tabs" if "\\t" in what else "Check indentation, colons and quotes"
    return f"{path.name}{line}: not YAML, {what}. {tabs}."


if yaml.__with_libyaml__:

    class _Quick(Composer, yaml.CSafeLoader):
        """PyYAML's loader on libyaml, but composed in Python: libyaml's own composer has no bound on nested blocks."""

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)


def _composed(text: str) -> tuple[yaml.SafeLoader, yaml.Node | None]:
    """A loader with the root of its text, read by libyaml where it is there; else, and to tell errors, in Python."""
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            quick: Any = _Quick(text)
            return quick, quick.get_single_node()
    loader = yaml.SafeLoader(text)
    return loader, loader.get_single_node()


class _Reader:
    """Walks the nodes of one file before they become data, so that each problem has its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[tuple[str, ...], int] = {}
        self.problems = Problems()
        self.seen: set[int] = set()

    def read(self, text: str) -> Any:
        self.loader, root = _composed(text)
        try:
            if root is None:
                return None
            self._walk(root, ())
            self.problems.raise_if_any()
            return self.loader.construct_document(root)
        finally:
            self.loader.dispose()

    def _add(self, node: yaml.Node, what: str, remedy: str) -> None:
        self.problems.add(f"{self.name} line {node.start_mark.line + 1}", what, remedy)

    def _walk(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        if id(node) in self.seen:
            return self._add(node, "a reference (*name) to this block stands elsewhere", "Write the block out there")
        self.seen.add(id(node))
        if self._is_plain(node):
            for key, line, child in self._children(node):
                self.lines[(*path, key)] = line
                self._walk(child, (*path, key))

    def _is_plain(self, node: yaml.Node) -> bool:
        """Plain data, and a scalar that means what it looks like."""
        implied = self.loader.resolve(type(node), node.value, (True, False))  # type: ignore[no-untyped-call]
        if node.tag not in (implied, f"{_TAG}str") or node.tag.removeprefix(_TAG) not in _PLAIN:
            tag = node.tag.replace(_TAG, "!!")
            self._add(node, f"the tag '{tag}' is not read, only plain data is", "Remove it")
            return False
        if isinstance(node, yaml.ScalarNode):
            self._check_scalar(node)
        return True

    def _check_scalar(self, node: yaml.ScalarNode) -> None:
        text = str(node.value)
        if _HUGE.fullmatch(text) or _BY_ZERO.fullmatch(text):
            return self._add(node, f"{text[:40]} is no number that can be calculated with", "Correct it")
        if node.tag == f"{_TAG}int" and _OTHER_BASE.fullmatch(text) and text.strip("0"):
            remedy = f'Write it plainly, or in quotes: "{text}"'
            return self._add(node, f"YAML does not read {text} as it looks", remedy)
        try:
            self.loader.construct_object(node)
        except ValueError as error:
            self._add(node, f"{text} is no date or number: {error}", "Correct it, or put it in quotes")

    def _children(self, node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
        if isinstance(node, yaml.SequenceNode):
            yield from ((str(index), value.start_mark.line + 1, value) for index, value in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            yield from self._pairs(node)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, int, yaml.Node]]:
        keys: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key, "a list or block stands where a key is expected", "Put a word before the colon")
                continue
            if key.value in keys:
                self._add(key, f"'{key.value}' stands twice in one block", "Remove one")
            keys.add(key.value)
            if self._is_plain(key):
                yield key.value, key.start_mark.line + 1, value
