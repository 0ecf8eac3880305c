"""JSON and JSON Lines read safely, plain or gzip: what is cut short, or would be misread in silence, is refused."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from procsim.procurement.problems import ModelError

MOST_BYTES = 500_000_000  # unpacked; a guess at what a computer of 8 GB holds as Python objects
_GZIP = b"\x1f\x8b"
_WORDS = ("true", "false", "null", "-")  # one of them may have been cut off in the middle
_FETCH = "Fetch or export the file again"


def read_json(path: Path) -> object:
    """What a JSON file holds; a list of the values of its lines if it is JSON Lines. Gzip is known by its content.

    Raises ModelError, naming the file and where there is one the line, when it is missing, empty, longer than 500
    million bytes, damaged, cut short, not UTF-8, not JSON, or repeats a key within one object; RecursionError when
    it is nested too deeply, which the caller has to expect of comparing such values too.
    """
    try:
        text = _unpacked(path).decode("utf-8-sig")
        return _parsed(path.name, text)
    except UnicodeDecodeError:
        raise ModelError([f"{path.name}: not UTF-8 text. Save it as UTF-8."]) from None
    except _RepeatedKeyError as error:
        raise ModelError([f"{path.name}: the key {error} stands twice in one object. Remove one."]) from None
    except ValueError:  # all that json lets out besides JSONDecodeError, which is dealt with below
        raise ModelError([f"{path.name}: holds a number of too many digits to be meant. Correct it."]) from None


class _RepeatedKeyError(Exception):
    """JSON keeps the last of two equal keys, so the first would be lost in silence."""


def _unpacked(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            return _limited(path, _gunzip(path, file) if packed else file.read(MOST_BYTES + 1))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError([f"{path}: there is no such file. Check the name."]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError([f"{path}: cannot be read ({reason}). Name a JSON file that you may read."]) from None


def _gunzip(path: Path, file: IO[bytes]) -> bytes:
    try:
        with gzip.open(file) as unpacked:
            return unpacked.read(MOST_BYTES + 1)
    except EOFError:
        raise ModelError([f"{path.name}: the gzip file is cut short. {_FETCH}."]) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ModelError([f"{path.name}: the gzip file is damaged ({error}). {_FETCH}."]) from None


def _limited(path: Path, data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        size = f"{MOST_BYTES // 1_000_000:,} million bytes"
        raise ModelError([f"{path.name}: more than {size} unpacked. Split it, by year for example."])
    return data


def _parsed(name: str, text: str) -> object:
    if not text.strip():
        raise ModelError([f"{name}: the file is empty. {_FETCH}."])
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise ModelError([_not_json(name, error, error.lineno)]) from None
    return list(_lines(name, text))


def _lines(name: str, text: str) -> Iterator[object]:
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                yield json.loads(line, object_pairs_hook=_object)
        except json.JSONDecodeError as error:
            raise ModelError([_not_json(name, error, number)]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(repr(next(key for key in keys if keys.count(key) > 1)))
    return result


def _not_json(name: str, error: json.JSONDecodeError, line: int) -> str:
    rest = error.doc[error.pos :].strip()
    begun = error.pos > 0 and any(word.startswith(rest) for word in _WORDS)
    cut = begun or error.msg.startswith("Unterminated string")
    what = "the file is cut short" if cut else "not JSON"
    return f"{name} line {line} column {error.colno}: {what}, {error.msg[:1].lower()}{error.msg[1:]}. {_FETCH}."
