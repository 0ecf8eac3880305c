"""YAML read safely, with the line of every key, and a duplicate key refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from procsim.procurement.problems import ModelError


@dataclass(frozen=True)
class YamlFile:
    """A parsed YAML file: its data, the line of each path in it, and the hash of its bytes."""

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
    """Read one YAML file whose top level is a mapping; plain data only, no tags.

    Raises ModelError, naming file and line, when it is missing, not UTF-8, not YAML, not a mapping, or repeats a key.
    """
    if not path.is_file():
        raise ModelError([f"{path}: there is no such file. Check the name, or run 'procsim show' for what exists."])
    raw = path.read_bytes()
    try:
        root = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
        lines: dict[tuple[str, ...], int] = {}
        repeated = _walk(root, (), lines)
        data = yaml.safe_load(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ModelError([f"{path.name}: not UTF-8 text. Save it as UTF-8."]) from None
    except ValueError as error:
        raise ModelError([f"{path.name}: {error}. Correct the date or number."]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "cannot be read"
        raise ModelError([f"{path.name}{line}: not YAML, {what}. Check indentation, colons and quotes."]) from None
    if not isinstance(data, dict):
        raise ModelError([f"{path.name}: the file must hold keys and values. Start from 'procsim copy'."])
    if repeated:
        raise ModelError(
            f"{path.name} line {line}: '{key}' stands twice in one block. Remove one." for key, line in repeated
        )
    return YamlFile(path, data, lines, hashlib.sha256(raw).hexdigest())


def _walk(node: yaml.Node | None, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> list[tuple[str, int]]:
    repeated: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                repeated.append((key.value, line))
            seen.add(key.value)
            lines[(*path, str(key.value))] = line
            repeated += _walk(value, (*path, str(key.value)), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, str(index))] = value.start_mark.line + 1
            repeated += _walk(value, (*path, str(index)), lines)
    return repeated
