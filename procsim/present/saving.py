"""Where answers may be saved, asked before anything is run, and saving them: whole or not at all, nothing unasked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from procsim.procurement.problems import ModelError


def results_folder(out: str | None, name: str, force: bool) -> Path:
    """The folder to write results to: the one asked for, or `results/NAME`, numbered on if it is taken.

    Raises ModelError if the one asked for exists and holds anything, unless `force`, or nothing can be written there.

    >>> results_folder(None, "KOR-open_tender", force=True).as_posix()
    'results/KOR-open_tender'
    """
    if out is None:
        taken = (Path("results") / (name if number == 1 else f"{name}-{number}") for number in range(1, 10**6))
        return next(path for path in taken if force or not path.exists())
    path = Path(out)
    _check_room(out, path.absolute().parents)
    if path.is_file():
        raise ModelError([f"--out {out}: this is a file. Name a folder."])
    if path.exists() and any(path.iterdir()) and not force:
        raise ModelError([f"--out {out}: the folder holds something already. Name another, or add --force."])
    return path


def page(out: str | None, name: str, force: bool) -> Path | None:
    """The page of that name in a folder, which may hold other pages; None where no folder is asked for.

    Raises ModelError if that page exists, unless `force`, or nothing can be written there.
    """
    if out is None:
        return None
    folder = Path(out)
    _check_room(out, (folder.absolute(), *folder.absolute().parents))
    return new_file(str(folder / name), force) if folder.exists() else folder / name


def new_file(file: str | None, force: bool) -> Path | None:
    """The file asked for, if any. Raises ModelError if it exists, unless `force`, or there is no folder for it."""
    if file is None:
        return None
    path = Path(file)
    if path.is_dir():
        raise ModelError([f"{file}: this is a folder. Name a file."])
    if path.exists() and not force:
        raise ModelError([f"{file}: exists already. Name another, or add --force."])
    if not path.parent.is_dir():
        raise ModelError([f"{file}: there is no folder {path.parent}. Make it first."])
    return path


def _check_room(out: str, folders: Iterable[Path]) -> None:
    """The nearest of the folders that exists is one, and can be written to."""
    nearest = next(path for path in folders if path.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        raise ModelError([f"--out {out}: nothing can be written to {nearest}. Name another folder."])


def write_json(path: Path | None, found: Callable[[], object]) -> None:
    """Write what is found as JSON, where a file is asked for."""
    if path:
        write(path, json.dumps(found(), indent=2, ensure_ascii=False) + "\n")


def write(path: Path, text: str) -> None:
    """Write a text, and the folders above it: beside its place, then renamed, so that nothing half-written is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
