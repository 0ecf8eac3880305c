"""The report of a comparison: one HTML page that needs no network, to be read by those who decide and printed on A4."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from bokeh.embed import components
from bokeh.resources import Resources
from markupsafe import Markup

from procsim.engine import engines
from procsim.engine.eventlog import EventLog
from procsim.present import doubts, figures, story, words
from procsim.present.pages import template
from procsim.present.reasons import reasons
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison
from procsim.study.outcomes import AIMS, outcome

TEMPLATE = "report.html.jinja"
BY_ROLE, BUSY = "buyer_hours.", "utilisation."
BY_METHOD = ("cases", "cycle_time", "bids")

Row = dict[str, Any]


def html(comparison: Comparison, logs: Mapping[str, EventLog], notes: Mapping[str, Any]) -> str:
    """The report as one self-contained page.

    `logs` are the event logs of replication 1 by policy, from which one case is told; `notes` has `judgements` and
    `fallbacks` (lists of lines) and `manifest` (versions, seed and the like, by name).

    >>> import procsim as ps
    >>> policies = ps.load("open_tender", country="BRN").regimes("paper", "electronic")
    >>> logs = {policy.regime: ps.simulate(policy, seed=1) for policy in policies}
    >>> notes = {"judgements": [], "fallbacks": [], "manifest": {}}
    >>> page = html(ps.compare(*policies, replications=1), logs, notes)
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    base = comparison.policies[comparison.baseline]
    scripts, pictures = _pictures(comparison)
    page: str = template(TEMPLATE).render(
        title=f"{base.spec.title or base.name}, {base.country.name} {base.country.year}",
        headline=words.sentences(comparison),
        warnings=words.warnings(comparison),
        remarks=[*reasons(comparison), *words.remarks(comparison)],
        policies=[{"name": name, "label": words.label(name)} for name in comparison.policies],
        baseline=words.label(comparison.baseline),
        aims=[{"name": aim, "rows": _outcomes(comparison, aim)} for aim in AIMS],
        methods=_methods(comparison),
        labour=_labour(comparison),
        pictures=pictures,
        scripts=scripts,
        doubt=_doubt(comparison),
        stages=_stage_table(comparison),
        case=_case(comparison, logs),
        changes=[_changes(base, other) for name, other in comparison.policies.items() if name != comparison.baseline],
        judgements=notes["judgements"],
        fallbacks=notes["fallbacks"],
        manifest=_flat(notes["manifest"]),
        comparison=comparison,
        engine=engines.told(comparison.engine),
        error_note=words.ERROR_NOTE,
        twenty_note=words.TWENTY_NOTE,
        limits_of_doubt=doubts.LIMITS,
    )
    return page


def _pictures(comparison: Comparison) -> tuple[Markup, dict[str, Any]]:
    """The scripts that draw, and the place of each picture; the library itself comes along, and nothing else."""
    others = [policy for policy in comparison.policies if policy != comparison.baseline]
    drawn: dict[str, Any] = {"stages": figures.stage_bars(comparison), "bids": figures.bids(comparison)}
    drawn |= {f"dots {policy}": figures.dots(comparison, policy) for policy in others}
    uncertain = comparison.doubt.effects if comparison.doubt else {}
    drawn |= {f"tornado {name}": figures.tornado(comparison, name) for name in uncertain}
    script, places = components(drawn)
    library = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])
    found: dict[str, Any] = {name: Markup(place) for name, place in places.items()}
    return Markup(library.render() + script), found | {"dots": [found[f"dots {policy}"] for policy in others]}


def _outcomes(comparison: Comparison, aim: str) -> list[Row]:
    known = (name for name in comparison.names() if "." not in name)
    return [_outcome(comparison, name) for name in known if outcome(name).aim == aim]


def _methods(comparison: Comparison) -> list[Row]:
    """For each method of an office: its cases, days and bids under each policy."""
    known, parts = comparison.names(), comparison.policies[comparison.baseline].spec.parts
    return [
        {"title": part.title, "rows": [_outcome(comparison, each) for each in names]}
        for name, part in parts.items()
        if (names := [f"{kind}.{name}" for kind in BY_METHOD if f"{kind}.{name}" in known])
    ]


def _outcome(comparison: Comparison, name: str) -> Row:
    unit, found = comparison.unit(name), outcome(name)
    cells = [_cell(comparison, policy, name) for policy in comparison.policies]
    return {"title": found.title, "definition": found.definition, "unit": words.unit(unit), "cells": cells}


def _cell(comparison: Comparison, policy: str, name: str) -> Row:
    unit = comparison.unit(name)
    own = _split(words.within(comparison.interval(policy, name), unit))
    if policy == comparison.baseline:
        return {"own": own, "change": None, "twenty": ""}
    gap = comparison.difference(policy, name)
    return {"own": own, "change": _split(words.change(gap, unit)), "twenty": "" if gap.ties else words.in_twenty(gap)}


def _doubt(comparison: Comparison) -> Row | None:
    """What doubt over the parameters does, where it was asked for."""
    if not comparison.doubt:
        return None
    policies, names = list(comparison.doubt.differences), [name for name in comparison.names() if "." not in name]
    rows = [
        {
            "title": outcome(name).title,
            "unit": words.unit(comparison.unit(name)),
            "cells": [_doubted(comparison, policy, name) for policy in policies],
        }
        for name in names
    ]
    effects = [
        {
            "name": name,
            "rows": doubts.swings(table, comparison.unit(name)),
            "turned": doubts.turned(comparison, name),
        }
        for name, table in comparison.doubt.effects.items()
    ]
    labels = [words.label(policy) for policy in policies]
    return {"told": doubts.told(comparison.doubt), "policies": labels, "rows": rows, "effects": effects}


def _doubted(comparison: Comparison, policy: str, name: str) -> Row:
    change, draws, better = doubts.cell(comparison, policy, name)
    return {"change": _split(change), "draws": draws, "better": better}


def _split(text: str) -> tuple[str, str]:
    """A mean and its interval, for two lines of a cell."""
    mean, bracket, rest = text.partition(" [")
    return mean, bracket.strip() + rest


def _labour(comparison: Comparison) -> list[Row]:
    """For each role: hours on a case, and how busy it is, under each policy."""
    names = comparison.names()
    rows = []
    for name in (name for name in names if name.startswith(BY_ROLE)):
        role = name.removeprefix(BY_ROLE)
        hours = [_split(words.within(comparison.interval(p, name), "h")) for p in comparison.policies]
        busy = [words.number(comparison.interval(p, BUSY + role).mean, "share") for p in comparison.policies]
        rows.append({"role": _role(comparison, role), "hours": hours, "busy": busy})
    return rows


def _role(comparison: Comparison, role: str) -> str:
    block = comparison.policies[comparison.baseline].spec.roles.get(role)
    return (block.title if block else "") or role.replace("_", " ").capitalize()


def _stage_table(comparison: Comparison) -> list[Row]:
    """The numbers behind the bars of the stages."""
    rows = []
    for (stage, policy), parts in figures.stage_days(comparison).items():
        days = [words.number(parts[part], "d") for part in figures.PARTS]
        rows.append({"stage": stage, "policy": words.label(policy), "days": days})
    return rows


def _case(comparison: Comparison, logs: Mapping[str, EventLog]) -> Row | None:
    """One case told under every policy that has a log; none where no case came to an end under all."""
    try:
        number = story.typical_case(logs, comparison)
    except ValueError:
        return None
    told = story.case_story(logs, number, comparison.policies[comparison.baseline])
    steps = []
    for at, step in enumerate(told.index):
        rows = [told[policy].iloc[at] for policy in logs]
        steps.append({"step": step, "cells": [_step(row) for row in rows]})
    return {"number": number, "steps": steps, "policies": [words.label(policy) for policy in logs]}


def _step(row: Any) -> Row | None:
    if math.isnan(row["day"]):
        return None
    numbers = {name: words.number(row[name], "d") for name in ("day", "waited", "worked")}
    return {"start": row["start"], "end": row["end"], **numbers}


def _changes(base: Workflow, other: Workflow) -> Row:
    """What a policy changes, one row for each number; a step that it removes is one row, not one for each number."""
    rows: dict[tuple[str, str], Row] = {}
    for row in base.difference(other).to_dict("records"):
        node, _, rest = row["path"].partition(".")
        removed = node in base.spec.nodes and node not in other.spec.nodes
        title = base.spec.nodes[node].title if node in base.spec.nodes else node
        what = {"what": title or node, "field": "" if removed else rest.replace(".", " ").replace("_", " ")}
        here, there = ("a step", "removed") if removed else (tidy(row["here"]), tidy(row["there"]))
        by = {"by": row["by"].replace("_", " "), "source": row["source"]}
        rows[node, "" if removed else rest] = {**what, "here": here, "there": there, **by}
    return {"label": words.label(other.regime), "rows": list(rows.values())}


def tidy(value: str) -> str:
    """A value of a model as people read it: fractions as decimals, no file keys.

    >>> tidy("35/6 d"), tidy("weekdays wed; hours 14:00-17:00; source office")
    ('5.83 d', 'weekdays wed; hours 14:00-17:00')
    """
    value = re.sub(r"; (source|on_holiday) \w+", "", value)
    return re.sub(r"\b(\d+)/(\d+)\b", lambda found: f"{int(found[1]) / int(found[2]):.3g}", value)


def _flat(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The manifest as lines: a block of names and values becomes one line."""
    lines = []
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            value = "; ".join(f"{key} {_joined(item)}" for key, item in value.items())
        lines.append((name, _joined(value)))
    return lines


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
