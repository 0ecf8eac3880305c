"""Where the boxes and arrows of a process map stand: layers of longest paths, one band for each stage, no chance.

Everything is in pixels, x to the right and y down, because the text in the boxes is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    Graph = nx.DiGraph[str]

STAGES = ("planning", "tender", "award", "contract", "implementation")
LINE, PAD = 17, 9  # height of a line of 14 px text, and the room around a text
BOX, LABEL, BAR, DIAMOND = 104, 90, 8, 17  # widths of a box, of a question and of a bar; half a diamond
GAP, MARGIN = 22, 28  # between columns, and left and right of the map
HEADER, TRACK, ROW_GAP = 26, 9, 16  # a band's title, one line in a channel, between rows

Point = tuple[float, float]
Edge = tuple[str, str]


@dataclass(frozen=True)
class Box:
    """A node on the map: the point its arrows aim at, how far it reaches up and down, its width and its text."""

    x: float
    y: float
    width: float
    up: float
    down: float
    lines: tuple[str, ...]

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Layout:
    """A map: boxes by node, the bends of each arrow, which arrows lead back, and each stage's band (top, bottom)."""

    boxes: dict[str, Box]
    routes: dict[Edge, tuple[Point, ...]]
    back: frozenset[Edge]
    bands: dict[str, tuple[float, float]]
    width: float
    height: float


def text_width(text: str) -> float:
    """About how wide a text of 14 px is in the usual sans-serif fonts, on the safe side.

    >>> text_width("will") < text_width("mown")
    True
    """
    return sum(4.4 if letter in "iljtfrI.,:;'()- " else 11.8 if letter in "mwMW" else 8.1 for letter in text)


def wrap(text: str, width: float) -> tuple[str, ...]:
    """A text cut into lines that fit a width; a single word that is too long stands alone.

    >>> wrap("Open the bids", 60)
    ('Open the', 'bids')
    """
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def place(graph: Graph, start: str) -> Layout:
    """Lay a workflow's graph out: stages are bands from top to bottom, and inside each, time runs to the right.

    Nodes carry `kind`, `stage` and `title`; edges of bounded loops carry `at_most`. What is only reached by such an
    edge stands on a lower row. The result depends on the graph and the order of its nodes alone.
    """
    return _Drawing(graph, start).layout()


def layers(graph: Graph, start: str) -> dict[str, int]:
    """The length of the longest path from the start to each node, bounded loops left out.

    What only a bounded loop reaches comes one layer after what leads to it from the same stage.
    """
    forward = _forward(graph)
    main = {start, *nx.descendants(forward, start)}
    layer = {start: 0}
    for node in nx.topological_sort(forward.subgraph(main)):
        layer[node] = max((layer[p] + 1 for p in forward.predecessors(node) if p in main), default=0)
    band = bands(graph, layer)
    for node in nx.topological_sort(forward.subgraph(set(graph) - main)):
        before = [p for p in graph.predecessors(node) if p in layer]
        near = [p for p in before if band.get(p) == _own(graph, node)]
        layer[node] = max((layer[p] + 1 for p in near or before), default=0)
    return layer


def bands(graph: Graph, layer: dict[str, int]) -> dict[str, int]:
    """The band of each node that has a layer: its stage, or else that of its neighbours.

    A split stands with what follows it; choices, joins and ends stand with what leads to them.
    """
    band: dict[str, int] = {}
    for node in sorted(layer, key=layer.__getitem__):
        split = graph.nodes[node]["kind"] == "parallel"
        after = [own for n in graph.successors(node) if (own := _own(graph, n)) is not None] if split else []
        before = [band[p] for p in graph.predecessors(node) if p in band]
        own = _own(graph, node)
        band[node] = own if own is not None else min(after) if after else max(before, default=0)
    return band


def _own(graph: Graph, node: str) -> int | None:
    stage = graph.nodes[node]["stage"]
    return STAGES.index(stage) if stage in STAGES else None


def _forward(graph: Graph) -> Graph:
    copy = graph.copy()
    copy.remove_edges_from([edge for edge in graph.edges if "at_most" in graph.edges[edge]])
    return copy


@dataclass
class _Way:
    """An arrow through a channel: where it leaves and enters it, on which side, and its line in it once given."""

    edge: Edge
    channels: tuple[int, ...]
    out: float
    into: float
    tracks: dict[int, int] = field(default_factory=dict)


class _Drawing:
    """The steps of a layout. Channel 2b is above the boxes of band b, channel 2b + 1 below them."""

    def __init__(self, graph: Graph, start: str) -> None:
        self.graph, self.layer = graph, layers(graph, start)
        self.band = bands(graph, self.layer)
        self.side = set(graph) - {start, *nx.descendants(_forward(graph), start)}
        self.column = self._columns()
        self.row = self._rows()
        self.cell = {(self.band[n], self.column[n], self.row[n]): n for n in graph}
        self.size = {node: self._size(node) for node in graph}
        self.left, self.right = self._edges_of_columns()
        self.ways = {way.edge: way for way in map(self._way, graph.edges) if way}
        self._give_tracks()

    def layout(self) -> Layout:
        """Everything in its place."""
        bands, axes = self._heights()
        boxes = {node: self._box(node, axes) for node in self.graph}
        back = frozenset(edge for edge in self.graph.edges if self._leads_back(edge))
        routes = {edge: tuple(self._bends(edge, boxes, bands)) for edge in self.graph.edges}
        named = {STAGES[band]: (top, bottom) for band, (top, _, _, bottom) in bands.items()}
        width = max(self.right.values()) + MARGIN
        return Layout(boxes, routes, back, named, width, max(bottom for _, bottom in named.values()))

    def _columns(self) -> dict[str, int]:
        """Layers counted anew in each band, so that every band begins at the left."""
        seen = sorted({(self.band[node], self.layer[node]) for node in self.graph})
        return {node: sum(b == self.band[node] and k < self.layer[node] for b, k in seen) for node in self.graph}

    def _rows(self) -> dict[str, int]:
        """Each node on the row of what leads to it, or the next free one; what loops reach goes below."""
        row: dict[str, int] = {}
        taken: set[tuple[int, int, int]] = set()
        for node in sorted(self.graph, key=lambda n: (n in self.side, self.layer[n])):
            before = [row[p] for p in self.graph.predecessors(node) if p in row and self.band[p] == self.band[node]]
            wanted = max(1, *before) if node in self.side and before else min(before, default=0)
            while (self.band[node], self.column[node], wanted) in taken:
                wanted += 1
            row[node] = wanted
            taken.add((self.band[node], self.column[node], wanted))
        return row

    def _size(self, node: str) -> Box:
        kind, title = self.graph.nodes[node]["kind"], self.graph.nodes[node]["title"]
        if kind in ("parallel", "join"):
            return Box(0, 0, BAR, 22, 22, ())
        if kind == "exclusive":
            lines = wrap(title, LABEL)
            return Box(0, 0, LABEL, DIAMOND, DIAMOND + LINE * len(lines) + 4, lines)
        lines = wrap(title or node.replace("_", " ").capitalize(), BOX - PAD)
        half = (LINE * len(lines)) / 2 + PAD
        return Box(0, 0, BOX, half, half, lines)

    def _edges_of_columns(self) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], float]]:
        left: dict[tuple[int, int], float] = {}
        right: dict[tuple[int, int], float] = {}
        for band, column in sorted({(self.band[n], self.column[n]) for n in self.graph}):
            wide = max(self.size[n].width for n in self._in_column(band, column))
            left[band, column] = right[band, column - 1] + GAP if column else MARGIN
            right[band, column] = left[band, column] + wide
        return left, right

    def _in_column(self, band: int, column: int) -> list[str]:
        return [n for n in self.graph if (self.band[n], self.column[n]) == (band, column)]

    def _centre(self, node: str) -> float:
        key = self.band[node], self.column[node]
        return (self.left[key] + self.right[key]) / 2

    def _leads_back(self, edge: Edge) -> bool:
        a, b = edge
        return (self.band[b], self.column[b]) <= (self.band[a], self.column[a])

    def _clear(self, band: int, row: int, columns: Iterable[int]) -> bool:
        return not any((band, column, row) in self.cell for column in columns)

    def _direct(self, edge: Edge) -> bool:
        """Whether the arrow can run along the lower of the two rows without meeting a box."""
        a, b = edge
        if self.band[a] != self.band[b] or self.column[a] >= self.column[b]:
            return False
        lower = max(self.row[a], self.row[b])
        return self._clear(self.band[a], lower, range(self.column[a] + 1, self.column[b]))

    def _way(self, edge: Edge) -> _Way | None:
        if self._direct(edge):
            return None
        (a, b), (here, there) = edge, (self.band[edge[0]], self.band[edge[1]])
        if here == there:
            above = not self._leads_back(edge) and self._open(a, up=True) and self._open(b, up=True)
            channels: tuple[int, ...] = (2 * here + (0 if above else 1),)
        elif here < there:
            channels = (2 * here + 1,) if there == here + 1 else (2 * here + 1, 2 * there - 1)
        else:
            channels = (2 * there + 1,) if here == there + 1 else (2 * here - 1, 2 * there + 1)
        out = self._gate(a, up=channels[0] <= 2 * here, out=True)
        return _Way(edge, channels, out, self._gate(b, up=channels[-1] <= 2 * there, out=False))

    def _open(self, node: str, up: bool) -> bool:
        """Whether nothing stands above (or below) a node in its column."""
        rows = [self.row[n] for n in self._in_column(self.band[node], self.column[node])]
        return self.row[node] == (min(rows) if up else max(rows))

    def _gate(self, node: str, up: bool, out: bool) -> float:
        """The x at which an arrow runs between a node and a channel: its middle, or a gap beside its column.

        What leads down to the next band leaves at the right and arrives at the left, where a reader's eye goes on.
        """
        key = self.band[node], self.column[node]
        onward = not up and node not in self.side if out else up and not self.column[node] and self.band[node] > 0
        if self._open(node, up) and not onward:
            return self._centre(node)
        return self.right[key] + 6 if out else self.left[key] - 7

    def _give_tracks(self) -> None:
        """Give arrows that would meet in a channel different lines of it; short arrows run nearest the boxes."""
        taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for way in sorted(self.ways.values(), key=lambda way: abs(way.out - way.into)):
            ends = (way.out, way.into) if len(way.channels) == 1 else (way.out, 0.0)
            for channel, (a, b) in zip(way.channels, (ends, (0.0, way.into)), strict=False):
                low, high, track = min(a, b) - 6, max(a, b) + 6, 0
                while any(low < end and begin < high for begin, end in taken.get((channel, track), [])):
                    track += 1
                taken.setdefault((channel, track), []).append((low, high))
                way.tracks[channel] = track
        self.lines = {c: 1 + max(t for channel, t in taken if channel == c) for c, _ in taken}

    def _heights(self) -> tuple[dict[int, tuple[float, float, float, float]], dict[tuple[int, int], float]]:
        """For each band: top, top of its boxes, bottom of its boxes, bottom; and the axis of each of its rows."""
        bands: dict[int, tuple[float, float, float, float]] = {}
        axes: dict[tuple[int, int], float] = {}
        top = 0.0
        for band in sorted(set(self.band.values())):
            first = y = top + HEADER + TRACK * self.lines.get(2 * band, 1)  # kept free, so that maps of regimes agree
            for row in sorted({self.row[n] for n in self.graph if self.band[n] == band}):
                sizes = [self.size[n] for n in self.graph if (self.band[n], self.row[n]) == (band, row)]
                axes[band, row] = y + max(size.up for size in sizes)
                y = axes[band, row] + max(size.down for size in sizes) + ROW_GAP
            bottom = y + TRACK * self.lines.get(2 * band + 1, 1)
            bands[band] = (top, first, y - ROW_GAP, bottom)
            top = bottom
        return bands, axes

    def _box(self, node: str, axes: dict[tuple[int, int], float]) -> Box:
        size, y = self.size[node], axes[self.band[node], self.row[node]]
        return Box(self._centre(node), y, size.width, size.up, size.down, size.lines)

    def _bends(
        self, edge: Edge, boxes: dict[str, Box], bands: dict[int, tuple[float, float, float, float]]
    ) -> list[Point]:
        a, b = boxes[edge[0]], boxes[edge[1]]
        begin, end = (self._tip(edge[0], a), a.y), (b.x - self._half(edge[1], b), b.y)
        if edge not in self.ways:
            return self._elbow(edge, begin, end)
        way = self.ways[edge]
        levels = [self._level(channel, way.tracks[channel], bands) for channel in way.channels]
        x = [way.out, way.into] if len(levels) == 1 else [way.out, MARGIN / 2 - 4, way.into]
        bends = [(x[i + j], level) for i, level in enumerate(levels) for j in (0, 1)]
        first = (a.x, a.y - a.up if levels[0] < a.y else a.y + a.down) if way.out == a.x else None
        last = (b.x, b.y - b.up if levels[-1] < b.y else b.y + b.down) if way.into == b.x else None
        out = [first] if first else [begin, (way.out, begin[1])]
        return [*out, *bends, *([last] if last else [(way.into, end[1]), end])]

    def _half(self, node: str, box: Box) -> float:
        return DIAMOND if self.graph.nodes[node]["kind"] == "exclusive" else box.width / 2

    def _tip(self, node: str, box: Box) -> float:
        return box.x + self._half(node, box)

    def _elbow(self, edge: Edge, begin: Point, end: Point) -> list[Point]:
        """Straight on one row; down right after the first box, or up right before the second."""
        if begin[1] == end[1]:
            return [begin, end]
        down = end[1] > begin[1]
        key = (self.band[edge[0]], self.column[edge[0] if down else edge[1]])
        x = self.right[key] + GAP / 2 if down else self.left[key] - GAP / 2
        return [begin, (x, begin[1]), (x, end[1]), end]

    def _level(self, channel: int, track: int, bands: dict[int, tuple[float, float, float, float]]) -> float:
        _, first, last, _ = bands[channel // 2]
        return first - TRACK * (track + 0.7) if channel % 2 == 0 else last + TRACK * (track + 1)
