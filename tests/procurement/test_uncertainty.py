"""What is uncertain, how far, and a workflow with other numbers in its place."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packs import BID_DAYS, number, value, write_pack

import procsim as ps
from procsim.procurement.parameters import Quantity
from procsim.procurement.uncertainty import Uncertainty, uncertainties, varied


def known(workflow: ps.Workflow) -> dict[str, Uncertainty]:
    return {each.name: each for each in uncertainties(workflow)}


KOREA = ps.load("open_tender", "KOR")
ELECTRONIC = known(KOREA.under("electronic"))


@pytest.mark.parametrize(
    ("name", "low", "value", "high"),
    [
        ("supplier.awareness_open", "2", "4.8", "10"),  # the country says how far
        ("legal.min_bid_days.open_national", "5.95", "7", "8.05"),  # a rule of medium confidence
        ("legal.tender_board_quorum", "2", "3", "5"),  # heads of a role and of a task
        ("evaluate.effort", "3", "5", "7"),  # low confidence
        ("market.valid_share", "0.833", "0.98", "1"),  # medium, and a share
        ("role.clerk", "1", "2", "3"),
        ("e_notice:place_notice.effort", "0.85", "1", "1.15"),  # what a reform brings
        ("e_opening:open_bids.effort", "0.2375", "0.25", "0.2625"),  # high confidence, but no rule
        ("e_approval:recommend.effort", "0.45", "0.75", "1.05"),  # a factor of a reform is no share
    ],
)
def test_ranges(name: str, low: str, value: str, high: str) -> None:
    found = ELECTRONIC[name]
    assert (found.low, found.value.amount, found.high) == (Fraction(low), Fraction(value), Fraction(high))


@pytest.mark.parametrize(
    "name",
    [
        "legal.payment_days",  # a rule of high confidence
        "labour.working_days",
        "calendar.office",
        "caseload.standard.peak_months.0",
        "any_bid.branches.relaunch.at_most",
        "any_bid.branches.relaunch.below",  # one bid is one bid
        "draft_documents.handover.low",  # the shape of a law
        "market.capture",  # zero
        "role.publisher",  # inf
        "request.staff.requisitioner",  # one, whole
        "adoption.e_notice",  # what a regime is
    ],
)
def test_what_is_certain(name: str) -> None:
    assert name not in ELECTRONIC


@pytest.mark.parametrize("looked_up", [True, False])
def test_a_rule_of_high_confidence_is_certain_only_if_somebody_has_read_it(tmp_path: Path, looked_up: bool) -> None:
    days = number("day", {"2000-01-01": value(20, looked_up=looked_up)})
    models = write_pack(tmp_path, "WSM", "name: Samoa, currency: WST", legal__min_bid_days__open_national=days)
    found = known(ps.load("open_tender", "WSM", models=models)).get(BID_DAYS)
    assert (found and (found.low, found.high)) == (None if looked_up else (19, 21))


def test_what_the_user_sets_is_certain() -> None:
    settings = ["role.evaluator=21", "legal.min_bid_days.open_national=21 d", "electronic:evaluate.effort=3 h"]
    found = known(ps.load("open_tender", "KOR", settings=settings).under("electronic"))
    assert "role.evaluator" not in found
    assert "legal.min_bid_days.open_national" not in found
    assert "evaluate.effort" in found  # on paper it is as uncertain as before


def test_a_regime_shares_the_numbers_of_paper_and_adds_those_of_its_reforms() -> None:
    paper = known(KOREA)
    assert paper.keys() < ELECTRONIC.keys()
    assert all(":" in name for name in ELECTRONIC.keys() - paper.keys())


def test_one_number_of_a_file_is_one_in_all_parts_of_an_office() -> None:
    office = known(ps.load("office", "KOR").under("electronic"))
    assert [name for name in office if name.endswith("bid_window.bidder.find") and name.startswith("e_notice:")] == [
        "e_notice:bid_window.bidder.find",
        "e_notice:price_only_tender/bid_window.bidder.find",  # another number there
    ]
    assert len(office["e_notice:bid_window.bidder.find"].places) == 2


@given(st.floats(2**-33, 1 - 2**-33))
def test_every_draw_is_a_number_that_can_be_meant(share: float) -> None:
    for each in ELECTRONIC.values():
        amount = each.quantile(share).amount
        assert each.amount(each.low).amount <= amount <= each.amount(each.high).amount
        assert amount >= 0
        if each.name.startswith("role.") or ".staff." in each.name:
            assert amount.denominator == 1
            assert amount >= 1
        if each.name.endswith("probability") and ":" not in each.name:
            assert amount <= 1


def test_the_law_has_its_middle_where_the_range_is_even_and_trusts_the_value_where_it_is_not() -> None:
    assert ELECTRONIC["evaluate.effort"].quantile(0.5) == Quantity(Fraction(5), "h")
    wide = ELECTRONIC["supplier.awareness_open"]
    draws = [wide.quantile((index + 0.5) / 1000).amount for index in range(1000)]
    assert float(sum(draws)) / 1000 == pytest.approx(float(2 + 4 * 4.8 + 10) / 6, abs=1e-3)


@pytest.mark.parametrize(("name", "regime"), [("open_tender", "electronic_reformed"), ("office", "hybrid")])
def test_at_its_values_a_workflow_is_what_it_was(name: str, regime: str) -> None:
    workflow = ps.load(name, "BGD").under(regime)
    same = varied(workflow.base, [(each, each.value) for each in uncertainties(workflow)]).paper.under(regime)
    assert [each.spec for each in same.variants] == [each.spec for each in workflow.variants]


def test_a_number_of_the_country_moves_every_place_and_every_regime() -> None:
    wage = ELECTRONIC["labour.hourly_wage"]
    other = varied(KOREA.base, [(wage, Quantity.parse("20 USD"))]).paper
    for regime in ("paper", "electronic"):
        spec = other.under(regime).spec
        assert spec.labour is not None
        assert str(spec.labour.wage) == str(spec.market[""].wage) == "20 USD"


def test_a_factor_of_a_reform_moves_that_regime_alone() -> None:
    factor = ELECTRONIC["e_approval:recommend.effort"]
    other = varied(KOREA.base, [(factor, Quantity.parse("0.5"))]).paper
    efforts = [other.under(regime).ledger["recommend.effort"].value for regime in ("paper", "electronic")]
    assert efforts == ["0.5 h", "0.25 h"]


def test_no_office_is_left_with_fewer_heads_than_a_task_needs() -> None:
    evaluators, staff = ELECTRONIC["role.evaluator"], ELECTRONIC["evaluate.staff.evaluator"]
    other = varied(KOREA.base, [(evaluators, Quantity.parse(2)), (staff, Quantity.parse(4))]).paper
    assert other.spec.roles["evaluator"].heads == 4


def test_labels_are_words() -> None:
    assert (
        ELECTRONIC["e_approval:recommend.effort"].label
        == "Recommend the award: effort, factor by which Electronic approval changes it"
    )
    assert ELECTRONIC["legal.tender_board_quorum"].label == "Members of the tender board who must be present"
    assert ELECTRONIC["authorise_payment.effort"].label == "Authorise the payment: effort"
