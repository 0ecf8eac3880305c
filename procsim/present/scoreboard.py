"""The scoreboard as a page that needs no network: a dot with its interval for every figure, and all of it as tables."""

from __future__ import annotations

from typing import Any

from bokeh.embed import components
from bokeh.models import Model, NumeralTickFormatter
from bokeh.plotting import figure
from bokeh.resources import Resources
from markupsafe import Markup

from procsim.engine import engines
from procsim.present import tally
from procsim.present.canvas import BLUE, GREY, INK, VERMILLION, blank, write
from procsim.present.pages import template
from procsim.study.evidence import Target
from procsim.study.scoreboard import Row, Scoreboard

PAGE = "validation.html"
TEMPLATE = "validation.html.jinja"
BAND, LINE, OTHERS = "#cfe3f1", 1.0, 0.45  # height of the model's dot, and of those it is set beside


def html(board: Scoreboard) -> str:
    """The scoreboard as one self-contained page.

    >>> from procsim.study.evidence import find_targets
    >>> from procsim.study.scoreboard import validate
    >>> html(validate(find_targets("C15"), replications=2)).splitlines()[0]
    '<!doctype html>'
    """
    drawn: dict[str, Model] = {row.name: chart(row) for row in board.rows if row.inside is not None}
    script, places = components(drawn) if drawn else ("", {})
    library = Resources(mode="inline", components=["bokeh"])
    roles = [_role(board, role, places) for role in tally.HEADINGS if any(row.role == role for row in board.rows)]
    page: str = template(TEMPLATE).render(
        scripts=Markup(library.render() + script),
        tally=tally.tally(board),
        roles=roles,
        missed=[target for role in roles for target in role["targets"] if target["missed"]],
        left_out=tally.left_out(board),
        settings=tally.settings(board),
        engine=engines.told(board.engine),
    )
    return page


def chart(row: Row) -> figure:
    """The tolerance as a band, what was published as a thick line, the model as a dot with its interval.

    Hollow marks are the model without the target (a diamond) and "electronic = paper" (a square).
    """
    low, high = _ends(row)
    plot = blank(f"chart {row.name}", 92, (low, high), (0, 1.6), least=320, most=820)
    plot.yaxis.visible = False
    if row.figure.unit == "share":
        plot.xaxis.formatter = NumeralTickFormatter(format="0.[0] %")
    bottom, top = row.figure.bounds
    plot.quad(left=[bottom], right=[top], bottom=[0], top=[1.6], color=BAND, line_color=None)
    plot.quad(left=[row.figure.published[0]], right=[row.figure.published[1]], bottom=[0], top=[1.6], color=INK,
              fill_alpha=0.25, line_color=INK, line_width=2)  # fmt: skip
    for found, marker in ((row.left_out, "diamond"), (row.naive, "square")):
        if found:
            plot.scatter([found.mean], [OTHERS], marker=marker, size=13, color=GREY, fill_color="white", line_width=2)
    if row.simulated:
        colour = BLUE if row.inside else VERMILLION
        plot.line([row.simulated.low, row.simulated.high], [LINE, LINE], color=colour, line_width=4)
        plot.scatter([row.simulated.mean], [LINE], size=12, color=colour)
        write(plot, [row.simulated.mean], [LINE + 0.38], [tally.verdict(row)], align="center", color=colour)
    return plot


def _ends(row: Row) -> tuple[float, float]:
    """From the least to the largest of all that is drawn, with room for words at both ends."""
    known = [found.mean for found in (row.simulated, row.left_out, row.naive) if found]
    low, high = min(*known, row.figure.bounds[0]), max(*known, row.figure.bounds[1])
    room = 0.12 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _role(board: Scoreboard, role: Any, places: dict[str, str]) -> dict[str, Any]:
    targets = [_target(board, name, each, places) for name, each in board.targets.items() if each.role == role]
    return {"name": role, "heading": tally.HEADINGS[role], "targets": targets}


def _target(board: Scoreboard, name: str, target: Target, places: dict[str, str]) -> dict[str, Any]:
    rows = board.of(name)
    return {
        "name": name,
        "target": target,
        "rows": [_figure(row, places) for row in rows],
        "ran": dict.fromkeys(row.figure.under.words() for row in rows if row.figure.under),
        "missed": board.inside(name) is False,
    }


def _figure(row: Row, places: dict[str, str]) -> dict[str, Any]:
    unit = row.figure.unit
    return {
        "name": row.name,
        "published": tally.published(row),
        "within": tally.within(row),
        "simulated": tally.simulated(row.simulated, unit),
        "verdict": tally.verdict(row),
        "left_out": tally.simulated(row.left_out, unit),
        "naive": tally.naive(row),
        "chart": Markup(places.get(row.name, "")),
    }
