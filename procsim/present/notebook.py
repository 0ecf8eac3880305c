"""Pictures in a notebook, without a network and on any port."""

from __future__ import annotations

import os
from typing import Any


def setup() -> None:
    """Make pictures appear in this notebook; call it once, in the first cell.

    Bokeh's own default fetches its script from the internet, and a blank cell is what one gets without. It also
    refuses to talk to a notebook on any other port than 8888.
    """
    from bokeh.io import output_notebook
    from bokeh.resources import INLINE

    os.environ.setdefault("BOKEH_RESOURCES", "inline")
    os.environ.setdefault("BOKEH_ALLOW_WS_ORIGIN", "*")  # safe: such a server listens on this computer only
    output_notebook(INLINE, hide_banner=True)


def show(*figures: Any) -> None:
    """Show pictures of `procsim.figures` below the cell, one under the other."""
    from bokeh.io import show as show_picture
    from bokeh.layouts import column

    show_picture(figures[0] if len(figures) == 1 else column(list(figures), sizing_mode="stretch_width"))
