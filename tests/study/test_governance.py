"""Fairness, transparency and accountability, on offices of a few cases that can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_outcomes import MARKET, measured, task, timer, workflow

import procsim as ps

Block = dict[str, Any]
WINDOW: Block = {"kind": "bidding", "duration": "20 d", "next": "sign"}
TENDER: Block = {
    "notice": timer("1 h", "window", milestone="notice"),
    "window": WINDOW,
    "sign": task("1 h", "end", "contract"),
}
CLERKS: Block = {"roles": {"clerk": {"heads": "inf"}}, "labour": {"wage": "10 USD"}}


def many(number: int, **market: Any) -> ps.Workflow:
    return workflow(TENDER, ["0 s"] * number, market={**MARKET, **market}, **CLERKS)


def test_with_one_bid_the_incumbent_wins_always_and_with_many_bids_seldom() -> None:
    alone, crowd = measured(many(400, bids=1, firms=400)), measured(many(400, bids=20, firms=400))
    assert alone.office["winner_concentration"] == 1
    assert alone.by_case["repeat_winner_share"].mean() == 399 / 400
    assert crowd.office["winner_concentration"] < 0.2
    assert crowd.by_case["repeat_winner_share"].mean() < 0.8


@pytest.mark.parametrize(("notice", "low", "high"), [("press", 0.18, 0.27), ("portal", 0.42, 0.54)])
def test_remote_firms_win_as_far_as_the_notice_reaches_them(notice: str, low: float, high: float) -> None:
    # 40 bids, so that the incumbent hardly counts. Half of the others are remote, in the press at a third
    found = measured(many(1500, bids=40, firms=201, remote_share=0.5, remote_reach=1 / 3, notice=notice))
    assert low < found.by_case["remote_share"].mean() < high


def test_a_single_bid_a_short_window_and_a_closed_method_are_red_flags() -> None:
    quick = {**TENDER, "window": {**WINDOW, "duration": "9 d"}}
    cases = {
        "clean": (many(1, bids=2), 0),
        "single": (many(1, bids=1), 1),
        "short": (workflow(quick, ["0 s"], market=MARKET, **CLERKS), 1),
        "closed": (workflow(TENDER, ["0 s"], market=MARKET, method="limited", **CLERKS), 1),
    }
    flags = {name: measured(flow).by_case["red_flag_share"].tolist() for name, (flow, _) in cases.items()}
    assert flags == {name: [flag] for name, (_, flag) in cases.items()}


def test_only_the_value_of_cases_with_a_notice_is_published() -> None:
    ways = [{"to": "notice", "below": "1000 USD"}, {"to": "sign"}]
    nodes = {"which": {"kind": "exclusive", "by": "value", "branches": ways}, **TENDER}
    caseload = {
        "small": {"arrivals": ["0 s", "0 s"], "value": "500 USD"},
        "large": {"arrivals": ["0 s"], "value": "3000 USD"},
    }
    flow = workflow(nodes, [], market=MARKET, **{**CLERKS, "caseload": caseload})
    assert measured(flow).office["published_share"] == 0.25


# Three bids, so two losers; each complains for certain, the complaint is decided in 7 d, and upheld once.
COMPLAINTS: Block = {
    "notice": timer("1 h", "window", milestone="notice"),
    "window": {**WINDOW, "next": "evaluate"},
    "evaluate": task("2 h", "any_complaint"),
    "any_complaint": {
        "kind": "exclusive",
        "by": "losing_bids",
        "branches": [{"to": "complaint", "probability": 1, "at_most": 2, "then": "sign"}, {"to": "sign"}],
    },
    "complaint": timer("0 s", "review", milestone="complaint"),
    "review": timer("7 d", "upheld", milestone="complaint_decided"),
    "upheld": {
        "kind": "exclusive",
        "branches": [{"to": "again", "probability": 1, "at_most": 2, "then": "sign"}, {"to": "sign"}],
    },
    "again": timer("0 s", "evaluate", milestone="complaint_upheld"),
    "sign": task("1 h", "end", "contract"),
}


@pytest.mark.parametrize(("bids", "share"), [(3, 1), (2, 1), (1, 0)])
def test_losers_complain_and_a_single_bidder_has_nobody_to_complain_of(bids: int, share: int) -> None:
    found = measured(workflow(COMPLAINTS, ["0 s"], market={**MARKET, "bids": bids}, **CLERKS)).by_case
    assert found["complaint_share"].tolist() == [share]
    upheld, days = found["complaints_upheld"].tolist(), found["complaint_days"].tolist()
    assert (upheld, days) == ([1], [7]) if share else bool(np.isnan([*upheld, *days]).all())


def test_the_chance_of_a_complaint_grows_with_the_number_of_losers() -> None:
    branches = [{"to": "complaint", "probability": 0.2, "at_most": 2, "then": "sign"}, {"to": "sign"}]
    nodes = {**COMPLAINTS, "any_complaint": {**COMPLAINTS["any_complaint"], "branches": branches}}
    for bids in (2, 5):
        flow = workflow(nodes, ["0 s"] * 2000, market={**MARKET, "bids": bids}, **CLERKS)
        share = measured(flow).by_case["complaint_share"].mean()
        assert share == pytest.approx(1 - 0.8 ** (bids - 1), abs=0.035)


def test_bids_that_have_lapsed_are_extended_and_then_the_case_is_cancelled() -> None:
    lapsed = {
        "kind": "exclusive",
        "by": "days_since_bids",
        "branches": [{"to": "sign", "below": "30 d"}, {"to": "extend", "at_most": 3, "then": "lost"}],
    }
    nodes = {
        "window": {**WINDOW, "next": "evaluate"},
        "evaluate": timer("29 d", "valid"),
        "valid": lapsed,
        "extend": timer("2 d", "valid"),
        "sign": task("1 h", "end", "contract"),
        "lost": {"kind": "end", "status": "cancelled"},
    }
    flow = workflow(nodes, ["0 s"], market=MARKET, **CLERKS)
    assert ps.simulate(flow).case_table()["final_status"].tolist() == ["complete"]
    nodes["evaluate"] = timer("30 d", "valid")
    log = ps.simulate(workflow(nodes, ["0 s"], market=MARKET, **CLERKS))
    assert log.case_table()["final_status"].tolist() == ["cancelled"]
    assert log.table()["activity"].tolist() == ["window", "evaluate", "extend", "extend"]


def test_new_bidders_gain_half_of_what_a_cheaper_bid_saves() -> None:
    window = {**WINDOW, "bidder": {"offer": "10 h"}}
    flow = workflow({**TENDER, "window": window}, ["0 s"], market=MARKET, **CLERKS)
    cheap = workflow(
        {**TENDER, "window": {**WINDOW, "bidder": {"offer": "4 h"}}}, ["0 s"], market={**MARKET, "bids": 6}, **CLERKS
    )
    result = ps.compare({"before": flow, "after": cheap}, replications=1)
    # 2 bids at 300 USD, then 6 bids at 180 USD: 0.5 (2 + 6) 120 and 6 x 120
    assert result.interval("after", "participants_gain").mean == 480
    assert result.interval("after", "participants_gain_official").mean == 720
    assert result.interval("before", "participants_gain").mean == 0


def test_what_a_year_saves_is_bidders_time_buyers_time_and_price() -> None:
    window = {**WINDOW, "bidder": {"offer": "10 h"}}
    flow = workflow({**TENDER, "window": window}, ["0 s", "1 d"], market={**MARKET, "bids": 3}, **CLERKS)
    nodes = {**TENDER, "window": {**WINDOW, "bidder": {"offer": "4 h"}}, "sign": task("30 min", "end", "contract")}
    cheap = workflow(nodes, ["0 s", "1 d"], market={**MARKET, "bids": 6}, **CLERKS)
    result = ps.compare({"before": flow, "after": cheap}, replications=1)
    saving = {
        name: result.interval("after", f"saving_{name}").mean for name in ("bidders", "bidders_official", "buyers")
    }
    # two cases: 0.5 (3 + 6) 120 each, 6 x 120 each; half an hour of one clerk each
    wage = float(flow.spec.labour.wage.amount) if flow.spec.labour else 0.0
    assert saving == {"bidders": 1080, "bidders_official": 1440, "buyers": wage}
    paid = [ps.simulate(each).case_table()[["price", "value"]].prod(axis=1).sum() for each in (flow, cheap)]
    assert result.interval("after", "saving_price").mean == pytest.approx(paid[0] - paid[1])
    assert result.interval("before", "saving_price").mean == 0
