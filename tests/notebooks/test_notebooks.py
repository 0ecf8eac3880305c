"""Each notebook runs from top to bottom in an empty folder, shows its pictures, and is kept without outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 60


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


def test_it_is_kept_without_outputs(path: Path) -> None:
    notebook = read(path)
    assert not outputs(notebook)
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the notebook machinery, which is not ours
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_it_runs_and_shows_its_pictures(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = read(path)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    found = outputs(notebook)
    assert not [output for output in found if output.output_type == "error"]
    shown = json.dumps([output.get("data", {}) for output in found])
    assert '\\"name\\":\\"dots\\"' in shown or '\\\\\\"name\\\\\\":\\\\\\"dots\\\\\\"' in shown
    assert "cdn.bokeh.org" not in json.dumps([o.get("data", {}).get("text/html", "") for o in found])
