"""Pictures for people who decide: Bokeh models without callbacks, words on the data, the same in notebook and report."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from bokeh.models import Column, ColumnDataSource, Div, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from procsim.present import words
from procsim.present.layout import STAGES, Layout, place
from procsim.study.experiment import Comparison
from procsim.study.outcomes import outcome

if TYPE_CHECKING:
    from procsim.procurement.workflow import Workflow

Values = NDArray[np.float64]

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#595959"  # Okabe and Ito, and a grey of 7:1
POLICY_COLOURS = (BLUE, VERMILLION, GREEN, GREY)
INK, FONT = "#1a1a1a", "Arial, Helvetica, sans-serif"
DOTS, COLUMNS, MOST_BIDS = 20, 24, 13

# What the reader sees first are three kinds of days; then what each is made of, in shades of the kind's colour.
PARTS = {
    "work": ("work", "#009E73", "people work on the case"),
    "queue": ("wait", "#C96A00", "queue: the people are busy with other cases"),
    "closed": ("wait", "#F6CF80", "closed: the office is shut, or does not sit that day"),
    "handover": ("wait", "#E69F00", "hand-over: in-trays, messengers"),
    "rule": ("rule", "#595959", "periods fixed by rule"),
    "supplier": ("rule", "#A8A8A8", "suppliers' own periods"),
}
KINDS = ("work", "wait", "rule")


def stage_bars(comparison: Comparison) -> Column:
    """Where the days go: for each stage one bar for each policy, cut into work, waiting and periods fixed by rule.

    Mean days from request to contract, summed over steps; steps side by side both count.

    >>> tender = load("open_tender", country="BRN")
    >>> stage_bars(compare(*tender.regimes("paper", "electronic"), replications=1)).name
    'stage_bars'
    """
    bars = stage_days(comparison)
    rows = _bar_rows(bars)
    top = max((y for *_, y in rows), default=0.0) + 0.9
    longest = max((sum(parts.values()) for parts in bars.values()), default=1.0)
    plot = _plot("stages", height=int(34 * top) + 40, x=(0, longest * 1.02 or 1), y=(top, -0.6), least=520)
    stage_seen = ""
    for stage, policy, y in rows:
        if stage != stage_seen:
            _write(plot, [0], [y - 1.15], [stage.capitalize()], bold=True, size=18)
        stage_seen = stage
        _write(plot, [0], [y - 0.52], [_bar_words(policy, bars[stage, policy])])
    plot.hbar(
        y="y", left="left", right="right", height=0.52, source=_segments(rows, bars),
        fill_color="colour", line_color="white", name="segments",
    )  # fmt: skip
    _inside(plot, rows, bars, longest)
    plot.yaxis.visible = False
    plot.xaxis.axis_label = "days"
    caption = "Mean days, summed over steps; steps side by side both count."
    return _framed("stage_bars", "Where the days go, from request to contract", _key(), plot, caption)


def stage_days(comparison: Comparison) -> dict[tuple[str, str], dict[str, float]]:
    """The numbers behind `stage_bars`: mean days of each part, by (stage, policy)."""
    stages = {policy: comparison.stages(policy) for policy in comparison.policies}
    names = list(dict.fromkeys(stage for found in stages.values() for stage in found))
    return {
        (stage, policy): stages[policy].get(stage, dict.fromkeys(PARTS, 0.0))
        for stage in names
        if any(sum(found.get(stage, {}).values()) > 0 for found in stages.values())
        for policy in stages
    }


def _bar_rows(bars: Iterable[tuple[str, str]]) -> list[tuple[str, str, float]]:
    rows, y, last = [], 0.0, ""
    for stage, policy in bars:
        y += (1.9 if last else 1.1) if stage != last else 1.15
        rows.append((stage, policy, y))
        last = stage
    return rows


def _bar_words(policy: str, parts: dict[str, float]) -> str:
    days = {kind: sum(parts[part] for part in PARTS if PARTS[part][0] == kind) for kind in KINDS}
    said = ", ".join(f"{kind} {value:.1f}" for kind, value in days.items() if value >= 0.05)
    return f"{words.label(policy)}: {sum(days.values()):.1f} days" + (f" = {said}" if said else "")


def _segments(
    rows: list[tuple[str, str, float]], bars: dict[tuple[str, str], dict[str, float]]
) -> ColumnDataSource:
    names = ("stage", "policy", "part", "y", "left", "right", "colour")
    columns: dict[str, list[object]] = {name: [] for name in names}
    for stage, policy, y in rows:
        left = 0.0
        for part, (_, colour, _) in PARTS.items():
            right = left + bars[stage, policy][part]
            for name, value in zip(names, (stage, policy, part, y, left, right, colour), strict=True):
                columns[name].append(value)
            left = right
    return ColumnDataSource(columns)


def _inside(
    plot: figure, rows: list[tuple[str, str, float]], bars: dict[tuple[str, str], dict[str, float]], longest: float
) -> None:
    """Name the parts that are long enough to hold their name at any width of the picture."""
    for stage, policy, y in rows:
        left = 0.0
        for part, days in bars[stage, policy].items():
            if days >= 0.17 * longest:
                colour = "white" if part == "rule" else "black"
                _write(plot, [left + days / 2], [y], [f"{part} {days:.1f}"], colour=colour, align="center")
            left += days


def _key() -> str:
    """The parts in words and colours, by kind; HTML, so that it wraps on a narrow screen."""
    groups = []
    for kind in KINDS:
        parts = [(colour, text) for name, colour, text in PARTS.values() if name == kind]
        swatches = "; ".join(f'<span style="background:{colour};padding:0 0.7em">&nbsp;</span> {text}' for colour, text in parts)
        groups.append(f"<b>{kind.upper()}</b> {swatches}")
    return " &ensp; ".join(groups)


def dots(comparison: Comparison, policy: str | None = None, name: str = "cycle_time") -> Column:
    """Twenty equally likely cases under the baseline (squares, above the line) and under a policy (circles, below).

    `policy` is the first after the baseline if left out; `name` is any outcome that cases have. Raises ValueError
    where there is nothing to draw.
    """
    other = policy or next((found for found in comparison.policies if found != comparison.baseline), None)
    if other not in comparison.policies:
        known = ", ".join(comparison.policies)
        raise ValueError(f"dots: no policy '{other}' to set against '{comparison.baseline}'. There are: {known}")
    pair = (comparison.baseline, other)
    found = [quantiles(comparison, one, name) for one in pair]
    step, stacks = _bins(np.concatenate(found))
    above, below = (stacks(values) for values in found)
    rows = max(y for _, y in above), max(y for _, y in below)
    plot = _dot_plot(step, above, below, rows)
    plot.xaxis.axis_label = _axis(comparison, name)
    title = f"20 equally likely cases: {outcome(name).title.lower()}"
    sentences = [words.twenty(comparison, other, name), *map(_typical, pair, found, [_short_unit(comparison, name)] * 2)]
    shape = [f'<span style="color:{BLUE}">&#9632;</span> ', f'<span style="color:{VERMILLION}">&#9679;</span> ']
    lines = [f"<b>{escape(sentences[0])}</b>" if sentences[0] else "", *(s + escape(t) for s, t in zip(shape, sentences[1:], strict=True))]
    return _framed("dots", title, "<br>".join(line for line in lines if line), plot, _pooled(comparison, pair))


def quantiles(comparison: Comparison, policy: str, name: str) -> Values:
    """Twenty equally likely values of an outcome under a policy, over all cases and replications, in rising order."""
    values = [run.by_case[name] for run in comparison.measures[policy] if name in run.by_case]
    known = np.concatenate(values) if values else np.zeros(0)
    known = known[~np.isnan(known)]
    if not len(known):
        raise ValueError(f"dots: no case has a value of '{name}' under '{policy}'. Choose another, such as cycle_time")
    return np.asarray(np.quantile(known, (np.arange(DOTS) + 0.5) / DOTS), dtype=np.float64)
