"""Where models live: the shipped folder, and before it the user's own (`--models DIR`)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from shlex import quote

from procsim.procurement.problems import ModelError, did_you_mean


def shipped() -> Path:
    """The models that come with procsim: beside the checkout, or inside the installed package."""
    package = Path(__file__).parents[1]
    return next(folder for folder in (package / "models", package.parent / "models") if folder.is_dir())


def folders(models: Path | str | None = None) -> tuple[Path, ...]:
    """The folders to search, in order. Raises ModelError if the user's own does not exist."""
    if models is None:
        return (shipped(),)
    if not Path(models).is_dir():
        raise ModelError(
            [f"--models {models}: there is no such folder. Make one: procsim copy country BRN {quote(str(models))}"]
        )
    return (Path(models), shipped())


def names(kind: str, where: tuple[Path, ...]) -> list[str]:
    """The names of all models of one kind: `workflows`, `reforms` or `countries`."""
    found = (path for folder in where for path in (folder / kind).glob("*"))
    return sorted({path.stem for path in found if path.is_dir() or path.suffix == ".yaml"})


def find(kind: str, name: str, where: tuple[Path, ...]) -> Path:
    """The YAML file of a workflow or reform, the user's own first. Raises ModelError with the nearest name."""
    for folder in where:
        path = folder / kind / f"{name}.yaml"
        if _is_name(name) and path.is_file():
            return path
    raise ModelError([f"{kind.removesuffix('s')} '{name}': there is none. {did_you_mean(name, names(kind, where))}"])


def _is_name(name: str) -> bool:
    """A bare name: a path, however long or odd, is none."""
    return bool(re.fullmatch(r"[\w-]{1,100}", name))


def workflow_names(where: tuple[Path, ...]) -> set[str]:
    """What reforms may call a workflow: the `name:` inside each file, or its file's name."""
    paths = [folder / "workflows" / f"{name}.yaml" for folder in where for name in names("workflows", where)]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]
    inside = {name for text in texts for name in re.findall(r"(?m)^name:\s*['\"]?([\w-]+)", text)}
    return {*names("workflows", where), *inside}


def experiments() -> Path:
    """The folder of the shipped experiments."""
    return shipped().parent / "experiments"


def experiment(file: str) -> Path:
    """The file of an experiment as named, or else the shipped one of that name."""
    path = Path(file)
    return path if path.exists() or path.suffix else experiments() / f"{path.name}.yaml"


_SHIPPED = {
    "country": "models/countries/{}",
    "workflow": "models/workflows/{}.yaml",
    "reform": "models/reforms/{}.yaml",
    "experiment": "experiments/{}.yaml",
    "notebook": "notebooks/{}.ipynb",
}


def copy(kind: str, name: str, to: Path) -> Path:
    """Copy a shipped model into a user's folder, and say where it lies now.

    Raises ModelError if there is none of that kind and name, with the nearest, or if it would replace something.
    """
    source, target = _source(kind, name), _target(kind, name, to)
    if target.exists():
        raise ModelError([f"{target}: exists already. Name another folder; nothing is overwritten."])
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    return target


def _source(kind: str, name: str) -> Path:
    pattern = _SHIPPED[kind]
    path = shipped().parent / pattern.format(name)
    if not _is_name(name) or not path.exists():
        known = [found.stem for found in path.parent.glob(Path(pattern.format("*")).name) if found.stem != "regimes"]
        raise ModelError([f"{kind} '{name}': there is none. {did_you_mean(name, known)}"])
    return path


def _target(kind: str, name: str, to: Path) -> Path:
    """Where a copy belongs in a user's folder: models keep their layout, experiments and notebooks lie flat."""
    pattern = _SHIPPED[kind].format(name)
    return to / (pattern.removeprefix("models/") if pattern.startswith("models/") else Path(pattern).name)
