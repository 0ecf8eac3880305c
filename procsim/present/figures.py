"""Pictures for people who decide: Bokeh models without callbacks, words on the data, the same on every screen."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import fill
from typing import Any, Literal

import numpy as np
from bokeh.models import Column, ColumnDataSource, NumeralTickFormatter
from bokeh.plotting import figure
from numpy.typing import NDArray

from procsim.present import doubts, words
from procsim.present.canvas import BLUE, GREEN, GREY, INK, VERMILLION, blank, framed, write
from procsim.present.process_map import process_map
from procsim.study.experiment import Comparison
from procsim.study.outcomes import outcome

__all__ = ["bids", "dots", "process_map", "stage_bars", "tornado"]

Values = NDArray[np.float64]
Days = dict[tuple[str, str], dict[str, float]]

COLOURS = (BLUE, VERMILLION, GREEN, GREY)  # of policies, in the order of the comparison
SHAPES = (f'<span style="color:{BLUE}">&#9632;</span>', f'<span style="color:{VERMILLION}">&#9679;</span>')
SWATCH = '<span style="background:{};padding:0 0.7em">&nbsp;</span>&nbsp;{}'
DOTS, COLUMNS, WIDE = 20, 20, 840
MOST_BIDS = 13
SIDE_BY_SIDE = (
    "Mean days, summed over steps. Steps side by side both count, so the stages may add up to more than the days from "
    "request to contract."
)
NARROW = 44  # characters that fit the width of a phone
TORNADO = "The thick line is no difference; the dashed one is the difference with every number at its value."

# What the reader sees first are three kinds of days; then what each is made of, in shades of the kind's colour.
PARTS = {
    "work": ("work", "#009E73", "people work on the case"),
    "queue": ("wait", "#C96A00", "queue: the people are busy with other cases"),
    "closed": ("wait", "#F6CF80", "closed: the office is shut or does not sit, also while a case waits in line"),
    "handover": ("wait", "#E69F00", "hand-over: in-trays, messengers"),
    "rule": ("rule", "#595959", "periods fixed by rule"),
    "supplier": ("rule", "#A8A8A8", "suppliers' own periods"),
}
KINDS = ("work", "wait", "rule")
SHORT = {"handover": "hand-over", "rule": "by rule", "supplier": "suppliers"}


def stage_bars(comparison: Comparison) -> Column:
    """Where the days go: for each stage one bar for each policy, cut into work, waiting and periods fixed by rule.

    Mean days from request to contract, summed over steps; steps side by side both count.

    >>> import procsim as ps
    >>> tender = ps.load("open_tender", country="BRN")
    >>> stage_bars(ps.compare(*tender.regimes("paper", "electronic"), replications=1)).name
    'stage_bars'
    """
    bars = stage_days(comparison)
    rows = _bar_rows(bars)
    top = max((y for *_, y in rows), default=0.0) + 0.9
    longest = max((sum(parts.values()) for parts in bars.values()), default=1.0)
    plot = blank("stages", int(34 * top) + 60, (0, longest * 1.02 or 1), (top, 0), least=480)
    stage_seen = ""
    for stage, policy, y in rows:
        if stage != stage_seen:
            write(plot, [0], [y - 1.15], [stage.capitalize()], font_style="bold", font_size="17px")
        stage_seen = stage
        write(plot, [0], [y - 0.52], [_bar_words(policy, bars[stage, policy])])
    plot.hbar(
        y="y", left="left", right="right", height=0.52, source=_segments(rows, bars),
        fill_color="colour", line_color="white", name="segments",
    )  # fmt: skip
    _inside(plot, rows, bars, longest)
    plot.yaxis.visible = False
    plot.xaxis.axis_label = "days"
    caption = _cautioned(comparison, SIDE_BY_SIDE)
    return framed("stage_bars", "Where the days go, from request to contract", _key(), plot, caption)


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
        y += (2.0 if last else 1.8) if stage != last else 1.15
        rows.append((stage, policy, y))
        last = stage
    return rows


def _bar_words(policy: str, parts: dict[str, float]) -> str:
    days = {kind: sum(parts[part] for part in PARTS if PARTS[part][0] == kind) for kind in KINDS}
    said = ", ".join(f"{kind} {value:.1f}" for kind, value in days.items() if value >= 0.05)
    return f"{words.label(policy)}: {sum(days.values()):.1f} days" + (f" = {said}" if said else "")


def _segments(rows: list[tuple[str, str, float]], bars: dict[tuple[str, str], dict[str, float]]) -> ColumnDataSource:
    names = ("stage", "policy", "part", "y", "left", "right", "colour")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for stage, policy, y in rows:
        left = 0.0
        for part, (_, colour, _) in PARTS.items():
            right = left + bars[stage, policy][part]
            for name, value in zip(names, (stage, policy, part, y, left, right, colour), strict=True):
                columns[name].append(value)
            left = right
    return ColumnDataSource(dict(columns))


def _inside(
    plot: figure, rows: list[tuple[str, str, float]], bars: dict[tuple[str, str], dict[str, float]], longest: float
) -> None:
    """Name the parts that are long enough to hold their name at any width of the picture."""
    for stage, policy, y in rows:
        left = 0.0
        for part, days in bars[stage, policy].items():
            if days >= 0.17 * longest:
                look = {"color": "white" if part == "rule" else "black", "align": "center"}
                write(plot, [left + days / 2], [y], [f"{SHORT.get(part, part)} {days:.1f}"], **look)
            left += days


def _key() -> str:
    """The parts in words and colours, by kind; HTML, so that it wraps on a narrow screen."""
    groups = []
    for kind in KINDS:
        parts = [(colour, text) for name, colour, text in PARTS.values() if name == kind]
        swatches = "; ".join(SWATCH.format(*part) for part in parts)
        groups.append(f"<b>{kind.upper()}</b> {swatches}")
    return " &ensp; ".join(groups)


def dots(comparison: Comparison, policy: str | None = None, name: str = "cycle_time") -> Column:
    """Twenty equally likely cases under the baseline (squares, above the line) and under a policy (circles, below).

    `policy` is the first after the baseline if left out; `name` is any outcome that cases have. Raises ValueError
    where there is nothing to draw.
    """
    pair = (comparison.baseline, _other(comparison, policy))
    values = [quantiles(comparison, one, name) for one in pair]
    plot = _dot_plot(*values)
    unit = comparison.unit(name)
    plot.xaxis.axis_label = {"d": "days", "h": "hours", "share": "", "count": ""}.get(unit, unit)
    plot.xaxis.formatter = NumeralTickFormatter(format="0%" if unit == "share" else "0,0.[0]")
    told = "<br>".join(_typical(comparison, *each, name) for each in zip(pair, values, SHAPES, strict=True))
    chance = escape(words.twenty(comparison, pair[1], name))
    title = f"20 equally likely cases, {' and '.join(map(words.label, pair))}: {outcome(name).title.lower()}"
    caption = f"The cases of {comparison.replications} replications in 20 equal groups, one mark for each."
    caption = _cautioned(comparison, caption)
    return framed("dots", title, f"<b>{chance}</b><br>{told}" if chance else told, plot, caption)


def _other(comparison: Comparison, policy: str | None) -> str:
    other = policy or next((name for name in comparison.policies if name != comparison.baseline), None)
    if other is None or other not in comparison.policies:
        known = ", ".join(comparison.policies)
        raise ValueError(f"dots: no policy '{other}' to set against '{comparison.baseline}'. There are: {known}")
    return other


def quantiles(comparison: Comparison, policy: str, name: str) -> Values:
    """Twenty equally likely values of an outcome under a policy, over all cases and replications, in rising order."""
    values = comparison.values(policy, name)
    known = values[~np.isnan(values)]
    if not len(known):
        raise ValueError(f"dots: no case has a value of '{name}' under '{policy}'. Choose another, such as cycle_time")
    return np.asarray(np.quantile(known, (np.arange(DOTS) + 0.5) / DOTS), dtype=np.float64)


def _dot_plot(above: Values, below: Values) -> figure:
    """Squares piled up from the line and circles piled down, equally big at any width of the picture."""
    low, high = min(above[0], below[0]), max(above[-1], below[-1])
    step = (high - low) / COLUMNS or max(abs(low), 1) / COLUMNS
    (x_up, y_up), (x_down, y_down) = _piled(above, low, step), _piled(below, low, step)
    wide = WIDE / (COLUMNS + 2)
    rows = max(y_up) + max(y_down) + 1.4
    tall = min(wide, 420 / rows)
    x, y = (low - step, low + (COLUMNS + 1) * step), (-max(y_down) - 0.7, max(y_up) + 0.7)
    plot = blank("dots", int(tall * rows) + 60, x, y, least=320, most=WIDE)
    plot.update(sizing_mode="scale_width", aspect_ratio=WIDE / (tall * rows + 60))
    side = 0.8 * min(tall, wide)
    plot.rect(x_up, y_up, width=side / wide * step, height=side / tall, color=BLUE, name="baseline")
    dimension: Literal["x", "y"] = "x" if wide <= tall else "y"
    radius = 0.43 * step if wide <= tall else 0.43
    circles = ColumnDataSource({"x": x_down, "y": [-y for y in y_down]})
    plot.circle("x", "y", radius=radius, radius_dimension=dimension, source=circles, color=VERMILLION, name="policy")
    plot.line(x, (0, 0), color=INK, line_width=2)
    plot.yaxis.visible = False
    return plot


def _piled(values: Values, low: float, step: float) -> tuple[list[float], list[float]]:
    """The place of each dot: values of one column of the picture stand on each other."""
    columns = np.round((values - low) / step).astype(int)
    height = [float(np.sum(columns[:index] == column)) + 0.7 for index, column in enumerate(columns)]
    return [float(low + column * step) for column in columns], height


def _typical(comparison: Comparison, policy: str, values: Values, shape: str, name: str) -> str:
    unit = comparison.unit(name)
    days = {"d": " days", "h": " hours"}.get(unit, "")
    ends = float(np.median(values)), float(values[int(DOTS * 0.9) - 1])
    middle, late = (f"{value:,.0f}" if days else words.number(value, unit) for value in ends)
    return f"{shape} {escape(words.label(policy))}: typically {middle}{days}; 2 in 20 are above {late}{days}."


def _cautioned(comparison: Comparison, caption: str) -> str:
    """A caption that also says so where the numbers depend on how long the run is."""
    return " ".join([caption, *(line for line in words.warnings(comparison) if line.startswith("Unstable"))])


def bids(comparison: Comparison) -> Column:
    """How many bids a tender draws under each policy: the share of cases with 1, 2, ... 12, 13 or more."""
    names = list(comparison.policies)
    shares = {policy: bid_shares(comparison, policy) for policy in names}
    top = 1.45 * max(float(share.max()) for share in shares.values()) or 1.0
    plot = blank("bids", 150 * len(names) + 60, (0.4, MOST_BIDS + 0.6), (0, top * len(names)), least=320, most=WIDE)
    for index, policy in enumerate(names):
        floor = top * (len(names) - 1 - index)
        tops, number = list(floor + shares[policy]), list(range(1, MOST_BIDS + 1))
        colour = COLOURS[index % len(COLOURS)]
        plot.vbar(number, width=0.78, bottom=floor, top=tops, color=colour, name=f"bids {policy}")
        plot.line((0.4, MOST_BIDS + 0.6), (floor, floor), color=INK)
        above = [y + 0.02 * top for y in tops]
        write(plot, number, above, map(_per_cent, shares[policy]), align="center", baseline="bottom")
        write(plot, [0.5], [floor + 0.9 * top], [_bid_words(comparison, policy)], font_style="bold")
    plot.yaxis.visible = False
    plot.xaxis.ticker = list(range(1, MOST_BIDS + 1))
    plot.xaxis.major_label_overrides = {MOST_BIDS: f"{MOST_BIDS}+"}
    plot.xaxis.axis_label = "bids"
    note = "Out of 100 cases that drew a bid, in their last round."
    return framed("bids", "How many bids a tender draws", note, plot)


def bid_shares(comparison: Comparison, policy: str) -> Values:
    """The numbers behind `bids`: the share of cases with 1, 2, ... 12, and 13 or more bids."""
    counts = np.zeros(MOST_BIDS)
    for cases in (run[policy].bids for run in comparison.runs):
        np.add.at(counts, np.minimum(np.arange(1, len(cases)), MOST_BIDS) - 1, cases[1:])
    return np.asarray(counts / max(counts.sum(), 1), dtype=np.float64)


def _bid_words(comparison: Comparison, policy: str) -> str:
    return f"{words.label(policy)}: {words.number(comparison.interval(policy, 'bids').mean, 'count')} bids on average"


def _per_cent(share: float) -> str:
    return "" if share == 0 else f"{100 * share:.0f}" if share >= 0.005 else "<1"


def tornado(comparison: Comparison, name: str = "cycle_time") -> Column:
    """The five uncertain numbers that move a difference most: a bar from where each puts it at its low to its high.

    Raises ValueError where the comparison was made without doubt.
    """
    doubt, unit = doubts.doubt_of(comparison), comparison.unit(name)
    rows = doubts.largest(doubt.effects[name])
    mean = comparison.difference(doubt.policy, name).interval.mean
    ends = [(mean + row["effect_at_low"], mean + row["effect_at_high"]) for row in rows]
    low, high = min(0.0, mean, *map(min, ends)), max(0.0, mean, *map(max, ends))
    pad = 0.03 * (high - low) or 1.0
    texts = [_told(row, *end, unit) for row, end in zip(rows, ends, strict=True)]
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    apart = 1.4 + 0.6 * lines
    bottom = apart * len(rows) + 0.3
    plot = blank("tornado", int(34 * bottom) + 60, (low - pad, high + pad), (bottom, 0), least=320)
    heights = [apart * (index + 1) - 0.4 for index in range(len(rows))]
    for side, colour in enumerate((BLUE, VERMILLION)):
        tops, middle = [end[side] for end in ends], [y - 0.2 + 0.4 * side for y in heights]
        plot.hbar(middle, left=mean, right=tops, height=0.4, color=colour, name=("at low", "at high")[side])
    for x, look in ((0.0, {"line_width": 3}), (mean, {"line_dash": "dashed"})):  # beside the bars, not through words
        tops, feet = [y - 0.45 for y in heights], [y + 0.45 for y in heights]
        plot.segment([x] * len(rows), tops, [x] * len(rows), feet, color=INK, **look)
    write(plot, [low] * len(rows), [y - 0.5 for y in heights], texts, baseline="bottom", line_height=1.1)
    plot.yaxis.visible = False
    plot.xaxis.axis_label = words.unit(unit) if unit != "share" else ""
    plot.xaxis.formatter = NumeralTickFormatter(format="0.0%" if unit == "share" else "0,0.[0]")
    key = f"{SWATCH.format(BLUE, 'above: the number at its low')}; {SWATCH.format(VERMILLION, 'below: at its high')}"
    return framed("tornado", doubts.asked(comparison, name), key, plot, TORNADO)


def _told(row: dict[str, Any], at_low: float, at_high: float, unit: str) -> str:
    """What a number is and what its ends give, in lines that fit a phone."""
    return f"{fill(row['label'], NARROW)}\n{_end(row, 'low', at_low, unit)}; {_end(row, 'high', at_high, unit)}"


def _end(row: dict[str, Any], side: str, value: float, unit: str) -> str:
    return f"{side} {row[side]} gives {words.signed(value, unit)}"
