"""Tiny workflows as tests write them: one office, one role, a steady caseload, and the nodes that a test is about."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

OFFICE = 'hours: ["09:00-12:00", "13:00-17:00"]'


def workflow(nodes: str, more: str = "", office: str = OFFICE, clerk: str = "heads: 2") -> str:
    """The file of a workflow called tiny: `nodes` line by line, of which `ask` is the first; `more` is other blocks."""
    return f"""\
schema: procsim-workflow/1
name: tiny
start: ask
sources: {{guess: {{title: a guess}}}}
source: guess
calendars:
  office: {{{office}}}
roles:
  clerk: {{{clerk}, calendar: office}}
caseload:
  standard: {{per_year: 50, calendar: office, value: 1000 USD}}
nodes:
{indent(nodes, "  ")}{more}"""


def write_models(folder: Path, **kinds: dict[str, str]) -> Path:
    """A folder of models with these texts by name, kind by kind: workflows, reforms, evidence."""
    for kind, files in kinds.items():
        (folder / kind).mkdir(parents=True)
        for name, text in files.items():
            (folder / kind / f"{name}.yaml").write_text(text)
    return folder
