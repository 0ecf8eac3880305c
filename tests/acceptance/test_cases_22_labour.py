"""Acceptance case 22: the arithmetic of hours by stage and in total, reproduced by running the open tender."""

from __future__ import annotations

from functools import cache

import pytest

import procsim as ps

REGIMES = ("paper", "electronic", "electronic_reformed")
STAGES = {
    "documents": ("request", "draft_documents", "draft_terms"),
    "approval to publish": ("legal_clearance", "budget_clearance", "approve_notice"),
    "publish": ("place_notice", "publish"),
    "desk": ("answer_questions",),
    "opening": ("open_bids",),
    "eligibility": ("check_eligibility",),
    "evaluation": ("evaluate", "write_report"),
    "approval": ("legal_opinion", "confirm_budget", "recommend", "board_decision", "notify_award"),
    "contract": ("draft_contract", "check_contract", "sign_contract"),
    "payment": ("verify_invoice", "authorise_payment", "pay", "close_commitment", "file_records"),
}
# Hours of the buyer by stage as (fixed, for each bid), set by the authors for the three regimes.
HOURS = {
    "documents": ((40, 0), (36, 0), (32, 0)),
    "approval to publish": ((6, 0), (4, 0), (3, 0)),
    "publish": ((4, 0), (1, 0), (1, 0)),
    "desk": ((6, 0), (4, 0), (4, 0)),
    "opening": ((6, 0.25), (0.5, 0.01), (0.5, 0.01)),
    "eligibility": ((2, 1.5), (1, 0.75), (1, 0.6)),
    "evaluation": ((20, 4), (18, 3.6), (15, 3.1)),
    "approval": ((8, 0), (6, 0), (4, 0)),
    "contract": ((6, 0), (3, 0), (3, 0)),
    "payment": ((4, 0), (2, 0), (2, 0)),
}
BUYER = {"paper": (102, 5.75), "electronic": (75.5, 4.36), "electronic_reformed": (65.5, 3.71)}
BIDDER = {"paper": (12, 88), "electronic": (4, 65.8), "electronic_reformed": (3.5, 64.8)}
# Worked out by hand: the numbers of bids mixed, and hours of the buyer, of all bidders, and in total.
ILLUSTRATION = [
    ("paper", (3,), 119.2, 276.0, 395.2),
    ("electronic", (3,), 88.6, 201.4, 290.0),
    ("electronic", (4, 5, 5, 5, 5), 96.4, 319.8, 416.3),
    ("electronic_reformed", (4, 5, 5, 5, 5), 83.3, 314.5, 397.8),
    ("paper", (5, 5, 5, 6, 6), 133.1, 487.2, 620.2),
]


@cache
def tender(regime: str, bids: int) -> tuple[ps.Workflow, ps.EventLog]:
    """A few tenders straight through with so many bids."""
    settings = ["straight_through", f"market.bids={bids}", "caseload.standard.per_year=10"]
    workflow = ps.load("open_tender", settings=settings).under(regime)
    return workflow, ps.simulate(workflow)


@cache
def hours(regime: str, bids: int) -> tuple[float, float]:
    """Hours of the buyer and of all bidders for one tender; all tenders take the same."""
    workflow, log = tender(regime, bids)
    found = ps.measure(ps.totals.of(log), workflow).by_case
    buyer, bidders = found["buyer_hours"], found["bidder_hours"]
    assert len(buyer) > 3
    assert buyer.max() - buyer.min() < 1e-9
    assert bidders.max() - bidders.min() < 1e-9
    return float(buyer[0]), float(bidders[0])


def stage_hours(regime: str, bids: int, stage: str) -> float:
    """The buyer's hours of one tender in one stage: people on each task times the time it was worked on."""
    workflow, log = tender(regime, bids)
    case = ps.measure(ps.totals.of(log), workflow).case[0]
    people = log.assignments().merge(
        log.table()[["case", "activity", "visit", "worked"]], on=["case", "activity", "visit"]
    )
    ours = [name for name, role in workflow.spec.roles.items() if role.party == "buyer"]
    rows = people[(people["case"] == case) & people["activity"].isin(STAGES[stage]) & people["role"].isin(ours)]
    return float(rows["worked"].sum()) / 3600


def test_22_the_stages_hold_every_task() -> None:
    _, log = tender("paper", 3)
    done = {activity for activity, role in zip(log.table()["activity"], log.table()["role"], strict=True) if role}
    assert done == {activity for activities in STAGES.values() for activity in activities}


@pytest.mark.parametrize(("regime", "bids", "buyer", "bidders", "total"), ILLUSTRATION)
def test_22_illustration_to_a_tenth_of_an_hour(
    regime: str, bids: tuple[int, ...], buyer: float, bidders: float, total: float
) -> None:
    found = [hours(regime, number) for number in bids]
    mean_buyer, mean_bidders = (sum(column) / len(bids) for column in zip(*found, strict=True))
    assert mean_buyer == pytest.approx(buyer, abs=0.1)
    assert mean_bidders == pytest.approx(bidders, abs=0.1)
    assert mean_buyer + mean_bidders == pytest.approx(total, abs=0.1)


@pytest.mark.parametrize("bids", [3, 5])
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("stage", STAGES)
def test_22_buyer_hours_by_stage(stage: str, regime: str, bids: int) -> None:
    fixed, per_bid = HOURS[stage][REGIMES.index(regime)]
    assert stage_hours(regime, bids, stage) == pytest.approx(fixed + per_bid * bids, abs=0.06)


@pytest.mark.parametrize("bids", [3, 4, 5, 6])
@pytest.mark.parametrize("regime", REGIMES)
def test_22_column_totals(regime: str, bids: int) -> None:
    buyer, bidders = hours(regime, bids)
    assert buyer == pytest.approx(BUYER[regime][0] + BUYER[regime][1] * bids, abs=0.06)
    assert bidders == pytest.approx(BIDDER[regime][0] + BIDDER[regime][1] * bids, abs=0.06)
