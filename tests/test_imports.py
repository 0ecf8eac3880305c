"""The house holds: imports run downward only, each outside package has its place, the front door is small and quick."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import procsim

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "procsim"
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("procurement", "engine", "exchange", "study", "present")  # each may import itself and what stands before it
ONLY_IN = {
    "simpy": ("engine/reference.py",),
    "ctypes": ("engine/native.py",),
    "bokeh": ("present/",),
    "holidays": ("procurement/country.py",),
    "click": ("cli.py",),
    "rich": ("present/terminal",),
    "yaml": ("procurement/", "study/design.py"),
    "networkx": ("procurement/", "present/"),
}


def imports(file: Path, deep: bool = True) -> Iterator[str]:
    """What a file imports, by full name; `deep` includes imports inside functions and for type checking."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if deep else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("file", FILES, ids=place)
def test_imports_run_downward(file: Path) -> None:
    room = place(file).split("/")[0]
    if room not in ROOMS:
        return  # the front door and the command line stand above all rooms
    below = ROOMS[: ROOMS.index(room) + 1]
    for name in imports(file):
        top, _, rest = name.partition(".")
        if top == "procsim" and rest:
            assert rest.split(".")[0] in (*below, "__version__"), f"{place(file)} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=place)
def test_each_outside_package_has_its_place(file: Path) -> None:
    for name in imports(file):
        allowed = ONLY_IN.get(name.split(".")[0])
        assert allowed is None or place(file).startswith(allowed), f"{place(file)} imports {name}"


@pytest.mark.parametrize("file", [*FILES, *sorted(PACKAGE.rglob("*.jinja"))], ids=place)
def test_only_sources_that_a_reader_can_find_are_cited(file: Path) -> None:
    """The founders' own notes do not ship."""
    found = re.findall(
        r"(?i)(?:market|evidence) notes|evidence rows?\b|(?:market|evidence)\.md", file.read_text("utf-8")
    )
    assert found == []


def test_nothing_but_declared_packages_is_imported() -> None:
    declared = {_name(text).lower() for text in _project()["dependencies"]} | {
        "yaml",
        "procsim",
        "jinja2",
        "markupsafe",
    }
    used = {name.split(".")[0] for file in FILES for name in imports(file)}
    outside = {name for name in used if name not in sys.stdlib_module_names and name.lower() not in declared}
    assert outside - {"IPython", "pydantic_core"} == set()  # IPython is there in notebooks; the other is pydantic's own


def test_the_front_door_is_lazy() -> None:
    loaded = [name for name in imports(PACKAGE / "__init__.py", deep=False) if name.startswith("procsim")]
    assert loaded == []


def test_importing_procsim_is_quick_and_loads_no_heavy_package() -> None:
    code = "import sys, json, procsim; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    assert (
        set(modules) & {"pandas", "bokeh", "numpy", "scipy", "networkx", "simpy", "holidays", "pydantic", "yaml"}
        == set()
    )


def test_the_fast_engine_does_without_simpy() -> None:
    code = "import sys, procsim.cli, procsim.engine.engines; print('simpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


def test_the_front_door_is_small_and_every_name_is_documented() -> None:
    assert len(procsim.__all__) <= 15
    assert len(set(procsim.__all__)) == len(procsim.__all__)
    for name in procsim.__all__:
        found = getattr(procsim, name)
        assert name == "OUTCOMES" or (found.__doc__ or "").strip(), name
    assert set(procsim.__all__) <= set(dir(procsim))


def test_an_unknown_name_on_the_front_door() -> None:
    with pytest.raises(AttributeError, match="module 'procsim' has no attribute 'nonsense'"):
        procsim.nonsense  # noqa: B018


# -- what is installed -------------------------------------------------------------------------------------------------


def _project() -> dict[str, list[str]]:
    project: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~ \[;]", requirement.strip())[0]


def _environment() -> dict[str, str]:
    """The packages of environment.yml with their bounds, whether conda or pip brings them."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    flat = [line for item in listed for line in (item["pip"] if isinstance(item, dict) else [item])]
    return {
        _name(line).lower(): line.replace(" ", "")[len(_name(line)) :]
        for line in flat
        if not line.startswith(("-e", "."))
    }


def test_the_environment_brings_what_the_project_needs() -> None:
    environment, project = (
        _environment(),
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"],
    )
    needed = {_name(text).lower(): text.replace(" ", "")[len(_name(text)) :] for text in project["dependencies"]}
    assert needed.items() <= environment.items()
    assert environment["python"] == project["requires-python"]
    optional = [text for group in project["optional-dependencies"].values() for text in group]
    more = {_name(text).lower(): text.replace(" ", "")[len(_name(text)) :] for text in optional}
    extra = environment.keys() - needed.keys() - {"python", "pip"}
    assert {name: environment[name] for name in extra} == {name: more[name] for name in extra}
