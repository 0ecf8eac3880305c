"""Choices by what the bidding brought: who can complain, and how long ago the box was opened."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from workflows import Block, timer, tiny

import procsim as ps

pytestmark = pytest.mark.usefixtures("each_engine")

DAY = 86_400
MARKET: Block = {
    **{"notice": "portal", "awareness_mean": 5, "awareness_shape": 1, "awareness_multiplier": 1},
    **{"entry_spread": 1, "cost_spread": 0.3, "wage": "10 USD", "valid_share": 1},
}


def chosen(by: str, branch: Block, bids: int = 2, cases: int = 1, wait: str = "0 d") -> list[str]:
    """The way of each case on which a choice stands after the window and a wait: `yes` for its first branch."""
    nodes = {
        "window": {"kind": "bidding", "duration": "5 d", "next": "wait"},
        "wait": timer(wait, "which"),
        "which": {"kind": "exclusive", "by": by, "branches": [{"to": "yes", **branch}, {"to": "no"}]},
        **{name: timer("1 d") for name in ("yes", "no")},
    }
    table = ps.simulate(ps.load(tiny(nodes, arrivals=[0] * cases, market={**MARKET, "bids": bids}))).table()
    return [name for name in table["activity"] if name in ("yes", "no")]


@pytest.mark.parametrize(("bids", "way"), [(0, "no"), (1, "no"), (2, "yes"), (7, "yes")])
def test_nobody_complains_who_is_alone_or_has_won(bids: int, way: str) -> None:
    assert chosen("losing_bids", {"probability": 1}, bids) == [way]


def test_nobody_complains_where_no_loser_does() -> None:
    assert chosen("losing_bids", {"probability": 0}, bids=7) == ["no"]


@pytest.mark.parametrize(("bids", "share"), [(2, 0.2), (4, 1 - 0.8**3)])
def test_a_complaint_comes_if_any_loser_makes_one(bids: int, share: float) -> None:
    ways = chosen("losing_bids", {"probability": 0.2}, bids, cases=4000)
    assert np.mean([way == "yes" for way in ways]) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("wait", "way"), [("0 d", "yes"), ("9 d", "yes"), ("10 d", "no"), ("11 d", "no")])
def test_bids_are_valid_below_so_many_days(wait: str, way: str) -> None:
    assert chosen("days_since_bids", {"below": "10 d"}, wait=wait) == [way]


def test_days_count_from_the_last_round() -> None:
    again: Any = {"to": "window", "below": "99 d", "at_most": 2, "then": "wait"}
    nodes = {
        "window": {"kind": "bidding", "duration": "5 d", "next": "again"},
        "again": {"kind": "exclusive", "by": "days_since_bids", "branches": [again, {"to": "wait"}]},
        "wait": timer("8 d", "which"),
        "which": {
            "kind": "exclusive",
            "by": "days_since_bids",
            "branches": [{"to": "yes", "below": "9 d"}, {"to": "end"}],
        },
        "yes": timer("1 d"),
    }
    table = ps.simulate(ps.load(tiny(nodes, market={**MARKET, "bids": 2}))).table()
    assert table[["activity", "released"]].values.tolist()[-1] == ["yes", 18 * DAY]
