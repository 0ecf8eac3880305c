"""Real cases, read from data, to be simulated instead of laws of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CaseList:
    """Real cases in order of publication, to be simulated instead of laws of chance; every column has one item a case.

    `source` is the name of the file. `published` is local clock time; `value` is in `currency` (ISO 4217, "" if no
    value names one); `method` and `category` are OCDS codes; `window`, the tender period, is in days; `bids` is how
    many bid. Numbers are NaN and codes "" where absent; no bid at all is 0. `remarks` says with counts what was left
    out or mended, one line each.
    """

    source: str
    published: NDArray[np.datetime64]
    value: NDArray[np.float64]
    currency: str
    method: tuple[str, ...]
    category: tuple[str, ...]
    window: NDArray[np.float64]
    bids: NDArray[np.float64]
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.published)


QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def summary(cases: CaseList) -> str:
    """What a list of real cases holds, in a few lines: dates, tender periods, bidders, values, remarks.

    >>> day, one = np.array(["2020-03-02T09:00:00"], dtype="datetime64[s]"), np.array([1.0])
    >>> print(summary(CaseList("march.json", day, one, "EUR", ("open",), ("works",), 21 * one, one, ())))
    march.json: cases published from 2020-03-02 to 2020-03-02: 1
    tender period known of 1: 10/25/50/75/90 % = 21.0 / 21.0 / 21.0 / 21.0 / 21.0 d
    bidders known of 1: mean 1.00, 10/25/50/75/90 % = 1 / 1 / 1 / 1 / 1, single bid 100.0 %
    value known of 1: 10/25/50/75/90 % = 1 / 1 / 1 / 1 / 1 EUR
    """
    dates = cases.published.astype("datetime64[D]")
    between = f" from {dates[0]} to {dates[-1]}" if len(cases) else ""
    lines = [f"{cases.source}: cases published{between}: {len(cases)}"]
    window, bids, value = (column[~np.isnan(column)] for column in (cases.window, cases.bids, cases.value))
    if len(window):
        lines.append(f"tender period known of {len(window)}: {_quantiles(window, '.1f')} d")
    if len(bids):
        single = 100 * np.mean(bids == 1)
        spread = _quantiles(bids, ".3g")
        lines.append(f"bidders known of {len(bids)}: mean {bids.mean():.2f}, {spread}, single bid {single:.1f} %")
    if len(value):
        lines.append(f"value known of {len(value)}: {_quantiles(value, ',.0f')} {cases.currency}".rstrip())
    return "\n".join([*lines, *cases.remarks])


def _quantiles(column: NDArray[np.float64], form: str) -> str:
    shares = "/".join(f"{100 * share:.0f}" for share in QUANTILES)
    return f"{shares} % = {' / '.join(format(value, form) for value in np.quantile(column, QUANTILES))}"
