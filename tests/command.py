"""The command line as tests call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Told(NamedTuple):
    """What a user gets back."""

    code: int
    out: str
    err: str


Procsim = Callable[..., Told]
