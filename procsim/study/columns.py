"""Columns of outcomes: one value for each case, NaN where a case has none."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.parameters import DAY

Values = NDArray[np.float64]
Integers = NDArray[np.int64]


class Known(NamedTuple):
    """What the values that are known come to, and how many they are."""

    total: float
    number: int

    @property
    def mean(self) -> float:
        """Their mean, NaN where there are none."""
        return self.total / self.number if self.number else math.nan


def known(values: Values) -> Known:
    """The known values of a column.

    >>> known(np.array([1, math.nan, 2])).mean
    1.5
    """
    total = float(values.sum())
    if not math.isnan(total):  # as most are: no value is missing
        return Known(total, len(values))
    missing = np.isnan(values)
    number = len(values) - int(np.count_nonzero(missing))
    return Known(float(np.where(missing, 0.0, values).sum()) if number else 0.0, number)


def where(known_there: NDArray[np.bool_], columns: dict[str, Values]) -> dict[str, Values]:
    """Columns with NaN wherever values are not known; as they are, and no copies, where all are.

    >>> where(np.array([True, False]), {"bids": np.array([1.0, 2.0])})["bids"].tolist()
    [1.0, nan]
    """
    if known_there.all():
        return columns
    return {name: np.where(known_there, values, np.nan) for name, values in columns.items()}


def days_between(start: Integers, end: Integers) -> Values:
    """Days from one time (s) to another, NaN where either never came (-1).

    >>> days_between(np.array([0, -1]), np.array([43200, 43200])).tolist()
    [0.5, nan]
    """
    return np.where(np.minimum(start, end) >= 0, (end - start) / DAY, np.nan)


def share(part: Values | Integers, whole: Integers) -> Values:
    """One column divided by another, NaN where there is nothing to divide by.

    >>> share(np.array([1, 0]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    result = np.full(len(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
