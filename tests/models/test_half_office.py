"""An office of half the size: where a portal brings more bids to the same evaluators, software alone makes it slower.

Half the people, and as many requests as keep the evaluators at 0.85 on paper, which is how the whole office was sized.
The portal reaches twice as many suppliers as the press, the top of the lever's range: with the default 1.5 the half
office gains nothing certain from software (-3.5 days, interval -8 to +1), with 2 it loses.
"""

from __future__ import annotations

import pytest

import procsim as ps
from procsim.present.reasons import reasons

HALF = (
    *("volume.requests_per_office=106", "role.requisitioner=2", "role.procurement_officer=8", "role.legal_officer=1"),
    *("role.finance_officer=4", "role.signatory=1", "role.evaluator=12", "role.clerk=1"),
)
WIDE = "market.awareness_multiplier=2"


@pytest.fixture(scope="module")
def half() -> ps.Comparison:
    flow = ps.load("open_tender", settings=[*HALF, WIDE])
    return ps.compare(*flow.regimes("paper", "electronic"), replications=10, years=4)


def test_half_the_office_is_slower_electronically(half: ps.Comparison) -> None:
    gap = half.difference("electronic", "notice_to_contract").interval
    assert gap.low > 0
    assert not half.unstable()


def test_and_the_report_says_why(half: ps.Comparison) -> None:
    (line,) = reasons(half)
    assert line.startswith("Electronic is ")
    assert "days slower than paper from notice to contract: cases wait longer for staff" in line
    assert "above all for the role evaluator, busy 9" in line
    assert "bids instead of 3." in line
