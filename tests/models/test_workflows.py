"""The further workflows and the office: hours and days as their sources give them, and what only they have.

Nothing here may be widened to pass. Days are those of the `default` country.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import procsim as ps
from procsim.procurement.library import folders, names, shipped
from procsim.procurement.reforms import REGIMES as REGIME_FILE
from procsim.procurement.reforms import load_reform
from procsim.procurement.schema import Step, WorkflowSpec

REGIMES = ("paper", "electronic", "electronic_reformed")
ONE_BY_ONE = ("price_only_tender", "large_tender", "quotation", "direct_purchase", "catalogue_order")
COMPETITIVE = ONE_BY_ONE[:3]
EU_BIDS = (5, 5, 5, 6, 6)  # 5.4 bids a procedure, E026
EU_DAYS = 108  # mean from despatch of the notice to the award, E020
KOREAN_DAYS = (27, 37)  # domestic goods and works on paper, K046 and K047
REPLICATIONS = {"price_only_tender": 8, "large_tender": 8}  # 2 of the others, which have many cases
# The numbers of bids at which the head of a file states the buyer's hours, on paper and electronically.
BIDS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "price_only_tender": ((8,), (134,)),
    "large_tender": (EU_BIDS, EU_BIDS),
    "quotation": ((4,), (4,)),
    "direct_purchase": ((0,), (0,)),
    "catalogue_order": ((0,), (0,)),
}


@cache
def hours(name: str, regime: str, bids: int) -> tuple[float, float]:
    """Hours of the buyer and of all bidders for one case straight through; all cases take the same."""
    settings = ["straight_through", "caseload.standard.per_year=10"]
    settings += [f"market.bids={bids}"] if name in COMPETITIVE else []
    workflow = ps.load(name, settings=settings).under(regime)
    found = ps.measure(ps.totals.of(ps.simulate(workflow)), workflow).by_case
    buyer, bidders = found["buyer_hours"], found["bidder_hours"]
    assert len(buyer) > 3
    assert np.ptp(buyer) < 1e-9
    assert np.ptp(bidders) < 1e-9
    return float(buyer[0]), float(bidders[0])


def buyer_hours(name: str, regime: str, bids: tuple[int, ...]) -> float:
    return float(np.mean([hours(name, regime, number)[0] for number in bids]))


def hours_of_a_bid(name: str, regime: str) -> float:
    return hours(name, regime, 6)[1] - hours(name, regime, 5)[1]


def hours_of_the_winner(name: str, regime: str) -> float:
    return hours(name, regime, 5)[1] - 5 * hours_of_a_bid(name, regime)


# -- hours -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_the_head_of_the_file_tells_its_hours(name: str) -> None:
    head = (shipped() / "workflows" / f"{name}.yaml").read_text(encoding="utf-8").split("schema:")[0]
    bids = [f" ({np.mean(number):g} bids)" if name in COMPETITIVE else "" for number in BIDS[name]]
    buyer = [buyer_hours(name, *case) for case in zip(REGIMES, BIDS[name], strict=False)]
    digits = 1 if name in COMPETITIVE else 2
    shown = [f"{round(value, digits):g}{at}" for value, at in zip(buyer, bids, strict=True)]
    told = " / ".join(shown) if len(set(bids)) > 1 or not bids[0] else f"{shown[0].removesuffix(bids[0])} / {shown[1]}"
    line = f"# Hours of work, paper / electronic: buyer {told}"
    if name in COMPETITIVE:
        each, winner = (
            [f"{round(count(name, regime), 2):g}" for regime in REGIMES[:2]]
            for count in (hours_of_a_bid, hours_of_the_winner)
        )
        line += f"; a bid {' / '.join(each)}; the winner {' / '.join(winner)} more"
    assert f"{line}.\n" in head


def test_electronic_bidding_saves_96_percent_of_a_price_only_bid_and_a_tenth_of_a_large_one() -> None:
    saved = {name: 1 - hours_of_a_bid(name, "electronic") / hours_of_a_bid(name, "paper") for name in COMPETITIVE}
    assert saved["price_only_tender"] == pytest.approx(0.96, abs=0.005)
    assert saved["large_tender"] == pytest.approx(0.10, abs=0.01)


def test_a_large_tender_takes_the_buyer_22_days_of_seven_and_a_half_hours() -> None:
    assert buyer_hours("large_tender", "paper", EU_BIDS) == pytest.approx(165, abs=0.06)


def test_the_mall_saves_58_percent_of_a_purchase_order() -> None:
    paper, electronic = (hours("catalogue_order", regime, 0)[0] for regime in REGIMES[:2])
    assert paper == pytest.approx(1.5, abs=0.006)
    assert 1 - electronic / paper == pytest.approx(0.58, abs=0.005)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_no_regime_costs_anybody_more_hours_than_paper(name: str) -> None:
    paper, *others = (hours(name, regime, 5) for regime in REGIMES)
    assert all(buyer < paper[0] and bidders <= paper[1] for buyer, bidders in others)


def bid_cost(spec: WorkflowSpec) -> float:
    """US dollars that one bid costs: hours at the wage, and expenses."""
    (market,) = spec.market.values()
    steps = [node for node in spec.nodes.values() if isinstance(node, Step)]
    worked = sum(time.seconds for step in steps for time in step.bidder.values()) / 3600
    return worked * float(market.wage.amount) + sum(float(money.amount) for money in market.expenses.values())


@pytest.mark.parametrize(("regime", "price_only", "large"), [("paper", 207, 1590), ("electronic", 7.5, 1440)])
def test_the_cost_of_a_bid_is_that_of_the_market_page(regime: str, price_only: float, large: float) -> None:
    assert bid_cost(ps.load("price_only_tender").under(regime).spec) == pytest.approx(price_only, abs=0.01)
    assert bid_cost(ps.load("large_tender").under(regime).spec) == pytest.approx(large, abs=0.01)


# -- days and staff ----------------------------------------------------------------------------------------------------


@cache
def runs(name: str, regime: str, replications: int, *settings: str) -> list[tuple[ps.EventLog, dict[str, float]]]:
    """The logs, and the outcomes of the office, of some replications in the default country."""
    workflow = ps.load(name, settings=settings).under(regime)
    logs = [ps.simulate(workflow, replication=number) for number in range(1, replications + 1)]
    return [(log, ps.measure(ps.totals.of(log), workflow).office) for log in logs]


def days(name: str, regime: str, start: str, end: str) -> pd.Series:
    """Days between the last completions of two steps, of every case that reached both."""
    spans = []
    for log, _ in runs(name, regime, REPLICATIONS.get(name, 2)):
        done = log.table().groupby(["activity", "case"])["complete"].max()
        spans.append((done[end] - done[start]).dropna() / 86_400)
    return pd.concat(spans)


def test_a_price_only_tender_takes_the_days_of_korea_on_paper_and_software_alone_is_not_enough() -> None:
    paper, electronic, reformed = (
        days("price_only_tender", regime, "place_notice", "sign_contract").mean() for regime in REGIMES
    )
    assert KOREAN_DAYS[0] <= paper <= KOREAN_DAYS[1]
    assert 10 <= reformed <= 20 < electronic < paper


def test_a_large_tender_takes_the_days_of_europe_from_notice_to_award() -> None:
    assert days("large_tender", "paper", "place_notice", "notify_award").mean() == pytest.approx(EU_DAYS, rel=0.15)
    signed = days("large_tender", "paper", "place_notice", "sign_contract")
    assert signed.median() == pytest.approx(EU_DAYS, rel=0.15)


def test_a_quotation_takes_about_two_weeks_and_a_direct_purchase_a_few_days() -> None:
    assert 10 <= days("quotation", "paper", "request_quotations", "place_order").median() <= 21
    assert 1 <= days("direct_purchase", "paper", "request", "place_order").median() <= 7


@pytest.mark.parametrize("name", [*ONE_BY_ONE, "office"])
def test_no_role_is_busier_than_85_percent_on_paper(name: str) -> None:
    office = pd.DataFrame([outcomes for _, outcomes in runs(name, "paper", REPLICATIONS.get(name, 2))]).mean()
    busy = office[office.index.str.startswith("utilisation.")]
    assert len(busy) >= 4
    assert busy[busy > 0.85].to_dict() == {}


# -- what only these workflows have ------------------------------------------------------------------------------------


def counts(name: str, regime: str, activity: str, *settings: str) -> pd.Series:
    """How often each case came to a step, of the cases that came to it at all."""
    ((log, _),) = runs(name, regime, 1, *settings)
    table = log.table()
    return table[table["activity"] == activity].groupby("case").size()


def test_only_first_ranked_bidders_are_reviewed_three_of_them_at_most() -> None:
    reviews = counts("price_only_tender", "paper", "check_eligibility")
    assert set(reviews) == {1, 2, 3}
    few, many = (hours("price_only_tender", "electronic", bids)[0] for bids in (10, 110))
    assert many - few == pytest.approx(100 * 3 / 3600, abs=1e-6)  # seconds at the opening, and nothing else


MANY = ("caseload.standard.per_year=400", "role.*=inf")


def test_only_losers_complain_and_what_is_upheld_is_evaluated_again() -> None:
    assert counts("large_tender", "paper", "receive_complaint", *MANY, "market.bids=1").empty
    complaints = counts("large_tender", "paper", "receive_complaint", *MANY, "market.bids=10")
    upheld = counts("large_tender", "paper", "set_aside", *MANY, "market.bids=10")
    evaluated = counts("large_tender", "paper", "evaluate", *MANY, "market.bids=10")
    assert 0 < len(upheld) < len(complaints) / 2
    # Each upheld complaint leads back, so those cases are evaluated once more than they were tendered.
    assert (evaluated[upheld.index] > 1).all()


def test_nothing_is_signed_while_a_complaint_is_undecided() -> None:
    ((log, _),) = runs("large_tender", "paper", 1, *MANY)
    done = log.table().groupby(["activity", "case"])["complete"].max()
    waited = (done["sign_contract"] - done["receive_complaint"]).dropna() / 86_400
    assert len(waited) > 20
    assert waited.min() > 30


def test_bids_that_lapse_are_extended_before_the_signature() -> None:
    short = ("legal.bid_validity_days=30 d", *MANY)
    asked = counts("large_tender", "paper", "extend_validity", *short)
    signed = counts("large_tender", "paper", "sign_contract", *short)
    assert set(signed.index) <= set(asked.index)
    assert set(asked) == {1, 2}
    usual = counts("large_tender", "paper", "extend_validity", *MANY)
    assert 0 < len(usual) < len(asked) / 10


def test_some_challenges_to_the_documents_extend_the_window() -> None:
    ((log, _),) = runs("large_tender", "paper", 1, *MANY)
    done = log.table().groupby(["activity", "case"])["complete"].max()
    beyond = (done["extension"] - done["bid_window"]).dropna()
    assert 0 < len(beyond) < len(done["bid_window"]) / 5
    assert (done["open_bids"] - done["extension"]).dropna().min() > 0


def test_the_short_list_caps_the_bids_of_a_large_tender() -> None:
    ((log, _),) = runs("large_tender", "paper", 1, *MANY)
    assert log.case_table()["bids"].max() == 15


def test_an_electronic_notice_shortens_the_standstill_to_ten_days() -> None:
    paper, notice = ps.load("large_tender").regimes("paper", "e_notice")
    assert [str(each.ledger["standstill.duration"].value) for each in (paper, notice)] == ["15 d", "10 d"]


def test_five_suppliers_are_asked_on_paper_and_all_registered_ones_electronically() -> None:
    bids = [runs("quotation", regime, 2)[0][0].case_table()["bids"] for regime in REGIMES[:2]]
    assert bids[0].max() == 5
    assert bids[1][bids[1] > 0].mean() > bids[0][bids[0] > 0].mean() + 2


def test_suppliers_are_asked_for_quotations_three_times_at_most_and_then_somebody_is_taken() -> None:
    asked = counts("quotation", "paper", "request_quotations")
    assert asked.max() == 3
    cases = runs("quotation", "paper", 2)[0][0].case_table()
    assert (cases.loc[cases["final_status"] == "complete", "valid_bids"] < 3).any()


@pytest.mark.parametrize(("name", "award"), [("open_tender", "notify_award"), ("quotation", "place_order")])
def test_an_auction_is_held_before_the_award(name: str, award: str) -> None:
    auction = ps.load(name).under("e_auction+e_submission+e_documents")
    assert [market.award for market in auction.spec.market.values()] == ["auction"]
    done = ps.simulate(auction).table().groupby(["activity", "case"])["complete"].max()
    assert (done["auction"] - done["auction_notice"]).dropna().min() > 0
    assert (done[award] - done["auction"]).dropna().min() > 0
    assert set(done[award].index) <= set(done["auction"].index)


def test_electronic_bonds_come_from_the_guarantee_module_alone() -> None:
    base = ps.load("open_tender")
    assert base.under("e_contract").ledger["supplier_bond.duration"] == base.ledger["supplier_bond.duration"]
    assert base.under("e_guarantee").ledger["supplier_bond.duration"].value == "5.5 d"


# -- the office --------------------------------------------------------------------------------------------------------


def test_most_purchases_of_the_office_are_small() -> None:
    ((log, _), *_) = runs("office", "paper", 2)
    value = log.case_table()["value"]
    assert 0.70 <= (value < 5_000).mean() <= 0.80
    assert 0.15 <= value.between(5_000, 50_000).mean() <= 0.22
    assert 0.03 <= value.between(50_000, 1_000_000).mean() <= 0.05
    assert 0.0005 <= (value > 1_000_000).mean() <= 0.003


def test_delegation_turns_quotations_into_direct_purchases_and_tenders_into_quotations() -> None:
    office = ps.load("office", settings=["role.*=inf", "caseload.purchases.per_year=1000"])
    paper, delegated = (
        ps.simulate(each).case_table()["method"].value_counts()
        for each in office.regimes("paper", "delegated_thresholds")
    )
    assert delegated["direct"] > paper["direct"]
    assert delegated["open"] < paper["open"]
    assert delegated.sum() == paper.sum()


# -- every reform alone ------------------------------------------------------------------------------------------------


def with_needs(reform: str) -> set[str]:
    """A reform and all that it needs."""
    return {reform}.union(*(with_needs(need) for need in load_reform(reform, folders()).spec.needs))


@pytest.mark.parametrize("reform", sorted(set(names("reforms", folders())) - {REGIME_FILE}))
def test_every_reform_alone_works_in_the_office(reform: str) -> None:
    office = ps.load("office").under("+".join(sorted(with_needs(reform))))
    assert reform in office.reforms
