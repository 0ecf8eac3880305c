"""Columns of outcomes: one value for each case, NaN where a case has none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from procsim.procurement.parameters import DAY

Values = NDArray[np.float64]
Integers = NDArray[np.int64]


def days_between(start: Integers, end: Integers) -> Values:
    """Days from one time (s) to another, NaN where either never came (-1).

    >>> days_between(np.array([0, -1]), np.array([43200, 43200])).tolist()
    [0.5, nan]
    """
    return np.where((start >= 0) & (end >= 0), (end - start) / DAY, np.nan)


def share(part: Values | Integers, whole: Integers) -> Values:
    """One column divided by another, NaN where there is nothing to divide by.

    >>> share(np.array([1, 0]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    result = np.full(len(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
