"""A workflow drawn as a map: a band for each stage, boxes for what takes time, diamonds for choices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import networkx as nx
from bokeh.models import Column
from bokeh.plotting import figure

from procsim.present import words
from procsim.present.canvas import BLUE, GREY, INK, PALE, blank, framed, write
from procsim.present.layout import DIAMOND, LINE, MARGIN, Box, Layout, Point, place
from procsim.procurement.problems import ModelError
from procsim.procurement.schema import Exclusive, Node

if TYPE_CHECKING:
    from procsim.procurement.workflow import Workflow

FILLS = {"task": "white", "timer": "#DADADA", "bidding": "#BFDDF0", "exclusive": "#F6CF80", "end": INK}
MEANINGS = {"task": "work", "timer": "a period to wait", "bidding": "suppliers bid", "exclusive": "a choice"}
SWATCH = '<span style="background:{};border:1px solid #1a1a1a;padding:0 0.7em">&nbsp;</span> {}'
WHOLE = '<span style="white-space:nowrap">{}</span>'
THICK, THIN = 4.0, 1.3


def process_map(workflow: Workflow) -> Column:
    """The workflow as a map: read each band from left to right, and the bands from top to bottom.

    Steps stand where they stand on the paper map. Under another regime, steps that it removes are pale, and steps
    with a number that it changes have a thick blue edge. Raises ModelError for an office of several workflows, which
    have a map each.

    >>> import procsim as ps
    >>> process_map(ps.load("open_tender")).name
    'process_map'
    """
    if workflow.spec.parts:
        parts = ", ".join(workflow.spec.parts)
        raise ModelError([f"process_map: '{workflow.name}' is an office of several workflows. Draw one of {parts}."])
    paper, net = workflow.under("paper"), _asked(workflow)
    both: nx.DiGraph[str] = nx.compose(_asked(paper), net)
    try:
        laid = place(both, workflow.spec.start)
    except nx.NetworkXUnfeasible:  # the regime turns an arrow round: its map must stand alone
        both, laid = net, place(net, workflow.spec.start)
    plot = _sheet(laid)
    for edge in net.edges:
        _arrow(plot, laid.routes[edge], dashed=edge in laid.back or "at_most" in net.edges[edge])
    changed = {str(path).split(".")[0] for path in paper.difference(workflow)["path"]} & set(net)
    for name, box in laid.boxes.items():
        _draw(plot, both.nodes[name]["kind"], box, gone=name not in net, changed=name in changed)
    title = f"{workflow.spec.title or workflow.name}, {words.plain(workflow.regime)}"
    return framed("process_map", title, _key(bool(changed), set(both) > set(net)), plot)


def _asked(workflow: Workflow) -> nx.DiGraph[str]:
    """The workflow's graph, where each question also says how often its branches are taken."""
    net = workflow.graph()
    for name, node in workflow.spec.nodes.items():
        net.nodes[name]["title"] = f"{node.title} {_shares(node)}".strip()
    return net


def _shares(node: Node) -> str:
    """How often a choice takes its branches, the last left out."""
    branches = node.branches[:-1] if isinstance(node, Exclusive) else []
    shares = [f"{float(branch.probability):.0%}" for branch in branches if branch.probability is not None]
    return f"({', '.join(shares)})" if shares else ""


def _sheet(laid: Layout) -> figure:
    """The empty map with its bands; of fixed size, because the text on it is."""
    wide, tall = int(laid.width), int(laid.height)
    plot = blank("map", tall, (0, wide), (tall, 0), least=wide, most=wide)
    plot.update(sizing_mode="fixed", width=wide, min_border=0)
    plot.xaxis.visible = plot.yaxis.visible = False
    for index, (stage, (top, bottom)) in enumerate(laid.bands.items()):
        colour = "#F4F4F4" if index % 2 == 0 else "white"
        plot.quad(left=0, right=wide, top=top, bottom=bottom, fill_color=colour, line_color=None)
        write(plot, [MARGIN], [top + 14], [stage.capitalize()], font_style="bold", font_size="17px")
    return plot


def _arrow(plot: figure, bends: tuple[Point, ...], dashed: bool) -> None:
    (x0, y0), (x1, y1) = bends[-2:]
    dash = "dashed" if dashed else "solid"
    plot.line([x for x, _ in bends], [y for _, y in bends], color=GREY, line_width=1.6, line_dash=dash)
    turn = math.atan2(y0 - y1, x1 - x0) - math.pi / 2  # on the screen, y runs down
    back = math.hypot(x1 - x0, y1 - y0) or 1.0
    x, y = x1 - 5 * (x1 - x0) / back, y1 - 5 * (y1 - y0) / back
    plot.scatter([x], [y], marker="triangle", angle=turn, size=10, color=GREY)


def _draw(plot: figure, kind: str, box: Box, gone: bool, changed: bool) -> None:
    """One node: its shape, and its text unless it is a question, whose text stands below."""
    ink = PALE if gone else INK
    line: dict[str, Any] = {"line_color": BLUE if changed else ink, "line_width": THICK if changed else THIN}
    if gone:
        line["line_dash"] = "dotted"
    if kind == "exclusive":
        x, y = [box.x, box.x + DIAMOND, box.x, box.x - DIAMOND], [box.y - DIAMOND, box.y, box.y + DIAMOND, box.y]
        plot.patch(x, y, fill_color=FILLS[kind], **line)
        _lines(plot, box, box.y + DIAMOND + LINE / 2 + 3, ink)
        return
    fill = {"fill_color": "white" if gone else FILLS.get(kind, GREY), **line}
    corner: Any = 0 if kind == "task" else 14 if box.lines else 2
    middle = box.y + (box.down - box.up) / 2
    plot.rect(box.x, middle, width=box.width, height=box.up + box.down, border_radius=corner, **fill)
    first = middle - LINE * (len(box.lines) - 1) / 2
    colour = "white" if kind == "end" and not gone else ink
    _lines(plot, box, first, colour)


def _lines(plot: figure, box: Box, first: float, colour: str) -> None:
    y = [first + LINE * index for index in range(len(box.lines))]
    write(plot, [box.x] * len(y), y, box.lines, align="center", font_size="14px", color=colour)


def _key(changed: bool, removed: bool) -> str:
    parts = [SWATCH.format(FILLS[kind], text) for kind, text in MEANINGS.items()]
    parts += ["per cent: how often the case takes the way round", "dashed: back, to do it again"]
    parts += ["<b>thick blue edge: numbers changed from paper</b>"] if changed else []
    parts += ["dotted and pale: step removed"] if removed else []
    return " &ensp; ".join(WHOLE.format(part) for part in parts)
