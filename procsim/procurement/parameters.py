"""A number as an official would defend it: value, unit, year, source, grade, confidence, and what changed it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Literal

Grade = Literal["S", "D", "J"]
Confidence = Literal["high", "medium", "low"]

GRADES = {"S": "sourced", "D": "derived", "J": "judgement"}
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
WORKING_DAY = "wd"
BY_USER = "user's setting"  # the source of a number that the user has set
DAY = 86_400
YEAR = 365 * DAY

_QUANTITY = re.compile(
    r"^\s*([-+]?[0-9][0-9_,]*(?:\.[0-9]+)?(?:e[-+]?[0-9]{1,2})?|[0-9]+/0*[1-9][0-9]*)\s*([A-Za-z%]*)\s*$"
)


@dataclass(frozen=True)
class Quantity:
    """An exact amount with its unit: s, min, h, d (calendar days), wd (working days), a currency, or none.

    >>> Quantity.parse("1.5 h").seconds
    5400
    >>> Quantity.parse("30 d") * Fraction("5/6")
    Quantity(amount=Fraction(25, 1), unit='d')
    """

    amount: Fraction
    unit: str = ""

    @staticmethod
    def parse(text: object) -> Quantity:
        """Read `36 h`, `0.5 wd`, `200000 USD`, `5/6` or a bare number; ValueError says what was expected."""
        if isinstance(text, bool) or not isinstance(text, (int, float, str)):
            raise ValueError(f"{text!r} is not a number with a unit")
        found = _read(str(text))
        if not found:
            raise ValueError(f"{text!r} is not a number with a unit")
        return found

    @cached_property
    def seconds(self) -> int:
        """Whole seconds of a time; a working day counts 86,400 (the calendar decides where they fall)."""
        return round(self.amount * (DAY if self.unit == WORKING_DAY else SECONDS[self.unit]))

    @property
    def exact(self) -> str:
        """A text that parses to this very amount: decimals where they do, else a fraction."""
        if Quantity.parse(str(self)) == self:
            return str(self)
        return f"{self.amount.numerator}/{self.amount.denominator} {self.unit}".strip()

    def __mul__(self, factor: Fraction) -> Quantity:
        return replace(self, amount=self.amount * factor)

    def __str__(self) -> str:
        number = str(self.amount.numerator) if self.amount.denominator == 1 else f"{float(self.amount):.6g}"
        return f"{number} {self.unit}".strip()


@lru_cache(maxsize=10_000)  # the same few numbers are read again for every regime
def _read(text: str) -> Quantity | None:
    match = _QUANTITY.match(text)
    return Quantity(Fraction(match[1].replace("_", "").replace(",", "")), match[2]) if match else None


@dataclass(frozen=True)
class Parameter:
    """One number of a model and what stands behind it.

    `value` is as it would be written in YAML (`36 h`, `0.2`, `15`, a list of weekdays); `origin` names the file or
    setting it came from; `changes` is one line for each reform or setting that altered it, oldest first; `kind` is
    rule (holds from its date), observation (a statistic) or assumption (a prior). A number of the country has its
    `name` and `label` there, and `low` and `high` where the country says how far the truth may lie from it.
    """

    value: Any
    source: str
    grade: Grade = "J"
    confidence: Confidence = "low"
    year: int | None = None
    kind: str = "assumption"
    origin: str = ""
    note: str = ""
    changes: tuple[str, ...] = ()
    name: str = ""
    label: str = ""
    low: Any = None
    high: Any = None

    def changed(self, value: Any, by: str, source: str | None = None) -> Parameter:
        """The parameter with another value, remembering who changed it and from what."""
        line = f"{show_value(self.value)} -> {show_value(value)} ({by})"
        return replace(self, value=value, source=source or self.source, changes=(*self.changes, line))


def show_value(value: Any) -> str:
    """A value as one short text, for tables and messages.

    >>> show_value(["mon", "tue"])
    'mon, tue'
    """
    if isinstance(value, list):
        return ", ".join(show_value(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key} {show_value(item)}" for key, item in value.items())
    return str(value)
