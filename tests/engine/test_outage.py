"""An outage of the portal moves the deadlines that fall into it by the country's rule, and nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from workflows import tiny

import procsim as ps

pytestmark = pytest.mark.usefixtures("each_engine")

DAY, MINUTE = 86_400, 60
LONG, EXTENSION = 62 * MINUTE, 2 * 3600  # KONEPS on 23 November 2023
OFFICE = ("volume.purchases_per_office=1500", "role.*=inf", "portal.per_year=0")


def window(outages: list[list[str]], **market: Any) -> ps.EventLog:
    return ps.simulate(tenders(outages, **market))


def tenders(outages: list[list[str]], **more: Any) -> ps.Workflow:
    """Twenty-four tenders, an hour apart, of exactly ten days, on a portal that fails at [start, length]."""
    nodes = {"window": {"kind": "bidding", "duration": "10 d", "next": "end"}}
    market = {
        **{"notice": "portal", "submission": "portal", "awareness_mean": 5, "awareness_shape": 1},
        **{"awareness_multiplier": 1, "entry_spread": 1, "cost_spread": 0, "wage": "1 USD", "valid_share": 1},
    }
    portal = {"extension": "2 h", "outages": outages}
    return ps.load(tiny(nodes, arrivals=range(0, 24 * 3600, 3600), market={**market, **more}, portal=portal))


def lengths(log: ps.EventLog) -> list[float]:
    """Hours of each window beyond its ten days."""
    table = log.table()
    return ((table["complete"] - table["released"] - 10 * DAY) / 3600).tolist()


def test_a_deadline_within_an_outage_moves_to_two_hours_after_its_end() -> None:
    # Down from 9:30 to 12:00 on the tenth day: the deadlines at 10 and 11 move to 14:00; the one at 12:00 stands.
    found = lengths(window([["249.5 h", "2.5 h"]]))
    assert found == [0] * 10 + [4, 3] + [0] * 12


def test_a_deadline_that_moves_into_the_next_outage_moves_again() -> None:
    found = lengths(window([["249.5 h", "1 h"], ["252 h", "1 h"]]))  # 10:00 -> 12:30 -> 15:00, 12:00 -> 15:00
    assert found == [0] * 10 + [5, 0, 3] + [0] * 11


def test_bids_on_paper_know_of_no_outage() -> None:
    assert lengths(window([["249.5 h", "2.5 h"]], submission="paper")) == [0] * 24


def test_the_moves_are_counted_and_the_help_desk_is_called_by_each_bidder() -> None:
    log = window([["249.5 h", "2.5 h"]], bids=3)
    assert log.outcome["moved"].tolist() == [0] * 10 + [1, 1] + [0] * 12
    calls = ps.measure(ps.totals.of(log), tenders([["249.5 h", "2.5 h"]], bids=3)).by_case["help_desk_calls"]
    usual = 3 * 0.025  # the default country's calls a bid
    assert calls == pytest.approx([usual] * 10 + [usual + 3] * 2 + [usual] * 12, abs=1e-9)


@pytest.mark.parametrize("share", ["0", "0.5", "1"])
def test_an_hour_of_outage_moves_deadlines_and_nothing_else_at_any_adoption(share: str) -> None:
    settings = [*OFFICE, f"hybrid:adoption.*={share}"]
    calm = ps.simulate(ps.load("office", "KOR", settings=settings).under("hybrid"))
    start = _a_morning_with_deadlines(calm)
    settings.append(f"portal.outages=[[{start} s, {LONG} s]]")
    rough = ps.simulate(ps.load("office", "KOR", settings=settings).under("hybrid"))
    hit = _deadlines_in(calm, start)
    assert (len(hit) > 0) == (share != "0")
    before, after = _windows(calm).set_index(["case", "visit"]), _windows(rough).set_index(["case", "visit"])
    moved = after["complete"] != before["complete"].reindex(after.index)
    assert set(after.index[moved & (after["visit_0"])]) == {(case, visit) for case, visit in hit if visit == 0}
    assert (after.loc[list(hit), "complete"] == start + LONG + EXTENSION).all()
    same = ["arrival", "variant", "value", "winner", "bids", "price", "bidder_hours", "final_status"]
    pd.testing.assert_frame_equal(calm.case_table()[same], rough.case_table()[same])
    touched = {case for case, _ in hit}
    tables = (log.table().drop(columns=["role", "resource"]) for log in (calm, rough))
    pd.testing.assert_frame_equal(*(rows[~rows["case"].isin(touched)].reset_index(drop=True) for rows in tables))


def _windows(log: ps.EventLog) -> pd.DataFrame:
    table = log.table()
    table = table[table["activity"].str.endswith("bid_window")]
    return table.assign(visit_0=table["visit"] == 0)


def _a_morning_with_deadlines(log: ps.EventLog) -> int:
    """09:19 of the working day on which most deadlines on the portal fall into the 62 minutes from then on."""
    clock = 9 * 3600 + 19 * MINUTE
    online = _windows(log)
    due = online[_on_portal(log, online) & ((online["complete"] % DAY - clock).between(0, LONG - 1))]
    days = (due["complete"] // DAY)[lambda day: day.isin(log.plan.working_days)]
    day = int(days.mode()[0]) if len(days) else int(log.plan.working_days[300])
    return day * DAY + clock


def _deadlines_in(log: ps.EventLog, start: int) -> set[tuple[int, int]]:
    online = _windows(log)
    due = online[_on_portal(log, online) & online["complete"].between(start, start + LONG - 1)]
    return set(zip(due["case"], due["visit"], strict=True))


def _on_portal(log: ps.EventLog, windows: pd.DataFrame) -> pd.Series:
    names = list(log.plan.activities)
    at = [names.index(name) for name in windows["activity"]]
    return pd.Series(log.plan.nodes.portal[log.cases.variant[windows["case"]], at] == 1, index=windows.index)


def test_outages_come_as_often_and_at_the_hours_that_the_country_says() -> None:
    plan_of = ps.simulate(ps.load("open_tender", settings=["portal.per_year=40"]).under("electronic")).plan
    found = [outage for replication in range(1, 11) for outage in plan_of.outages(replication)]
    clock = [start % DAY / 3600 for start, _ in found]
    assert len(found) / 10 == pytest.approx(40 * plan_of.horizon / (365 * DAY), rel=0.1)
    assert all(9 <= hour < 10.5 for hour in clock)
    assert {end - start for start, end in found} == {3600}


def test_outages_are_the_same_under_every_regime() -> None:
    flow = ps.load("open_tender", settings=["portal.per_year=20"])
    paper, electronic = (ps.simulate(policy).plan.outages(1) for policy in flow.regimes("paper", "electronic"))
    assert paper == electronic
