"""The look that all pictures share: colours, sizes, text, a frame with title and caption."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from bokeh.core.properties import value
from bokeh.layouts import column
from bokeh.models import Column, ColumnDataSource, Range1d
from bokeh.models.widgets.markups import Div
from bokeh.plotting import figure

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#595959"  # Okabe and Ito, and a grey of 7:1
INK, PALE = "#1a1a1a", "#767676"
FONT = "Arial, Helvetica, sans-serif"
TEXT = 15  # px; nothing on a picture is smaller than 14
Ends = tuple[float, float]


def blank(name: str, height: int, x: Ends, y: Ends, least: int, most: int = 1100) -> figure:
    """An empty picture: white, no toolbar, no grid; as wide as its place, but between `least` and `most` px."""
    plot = figure(
        name=name,
        height=height,
        sizing_mode="stretch_width",
        min_width=least,
        max_width=most,
        x_range=Range1d(start=x[0], end=x[1]),
        y_range=Range1d(start=y[0], end=y[1]),
        toolbar_location=None,
        tools="",
        outline_line_color=None,
        background_fill_color="white",
        min_border_right=12,
    )
    plot.grid.visible = False
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.update(
            major_label_text_font=FONT,
            major_label_text_font_size="14px",
            major_label_text_color=INK,
            axis_label_text_font=FONT,
            axis_label_text_font_size="15px",
            axis_label_text_font_style="normal",
            axis_label_text_color=INK,
            minor_tick_line_color=None,
        )
    return plot


def write(plot: figure, x: Iterable[float], y: Iterable[float], texts: Iterable[str], **style: Any) -> None:
    """Put texts on a picture; they are drawn as they are, so markup in them does nothing."""
    look: dict[str, Any] = {"color": INK, "font": value(FONT), "font_size": f"{TEXT}px", "baseline": "middle"} | style
    source = ColumnDataSource({"x": list(x), "y": list(y), "text": list(texts)})
    plot.text("x", "y", text="text", source=source, **{f"text_{key}": value for key, value in look.items()})


def framed(name: str, title: str, html: str, plot: figure, caption: str = "") -> Column:
    """A picture under its title, with a line of HTML between and a caption below; words in HTML wrap on any screen."""
    parts: list[Any] = [_words(f'<h3 style="margin:0;font-size:1.2em">{escape(title)}</h3>{html}'), plot]
    if caption:
        parts.append(_words(f'<span style="color:{GREY}">{escape(caption)}</span>', 15))
    return column(parts, name=name, sizing_mode="stretch_width")


def _words(html: str, size: int = 16) -> Div:
    style: dict[str, str | None] = {"font-family": FONT, "font-size": f"{size}px", "line-height": "1.45", "color": INK}
    return Div(text=html, styles=style, sizing_mode="stretch_width", disable_math=True)
