"""The whole scoreboard, quickly: what is counted, and what has to be the same. Misses are results and no failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from webpage import Page

from procsim.present import scoreboard, tally, words
from procsim.procurement.library import shipped
from procsim.procurement.workflow import load
from procsim.study.evidence import check_evidence, find_targets
from procsim.study.experiment import compare
from procsim.study.scoreboard import EXACT, Scoreboard, validate

FILES = sorted((shipped() / "evidence").glob("*.yaml"))
CONFLICTS = {"C4-times", "C9-cost", "C15"}  # known, and each explained in its file


@pytest.fixture(scope="module")
def board() -> Scoreboard:
    return validate(find_targets(), replications=2, workers=2)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_of_evidence_can_be_run(file: Path) -> None:
    check_evidence(file)


def test_all_twenty_calibration_targets_are_there(board: Scoreboard) -> None:
    assert {f"C{number}" for number in range(1, 21)} <= {name.split("-")[0] for name in board.targets}


def test_four_targets_are_fitted_and_six_predicted(board: Scoreboard) -> None:
    assert board.modelled("fitted") == ["C1-reformed", "C6", "C11", "C14"]
    predicted = ["C1-paper", "C4-payment", "C9-days", "C9-share", "C12", "C13-price"]
    assert board.modelled("predicted") == predicted


def test_inputs_identities_and_rules_are_the_same_but_for_known_conflicts(board: Scoreboard) -> None:
    exact = {name: each for name, each in board.targets.items() if each.role in EXACT}
    own = validate(exact)  # with as many replications as they ask for
    assert {name for name in own.modelled(*EXACT) if not own.inside(name)} == CONFLICTS
    conflict = next(row for row in own.rows if row.name == "C15")
    assert conflict.simulated is not None
    assert conflict.simulated.mean == pytest.approx(7.25 / 0.55, abs=0.01)


def test_each_fitted_target_is_told_with_itself_left_out(board: Scoreboard) -> None:
    for row in (row for row in board.rows if row.role == "fitted"):
        assert row.simulated is not None
        assert row.left_out is not None
        assert row.left_out.mean != row.simulated.mean


def test_the_naive_baseline_says_that_nothing_changes(board: Scoreboard) -> None:
    naive = {row.name: row.naive.mean for row in board.rows if row.naive}
    assert naive["C13-price"] == 0
    assert naive["C15"] == 1
    paper = next(row.simulated for row in board.rows if row.name == "C4-payment.paper")
    assert paper is not None
    assert naive["C4-payment.electronic"] == paper.mean


def test_the_tally_names_every_miss_and_all_that_was_in_sight(board: Scoreboard) -> None:
    told = "\n".join(tally.tally(board))
    assert told.startswith("Predicted: ")
    assert "Not one of them was blind" in told
    assert f"Fitted: {len(board.hits('fitted'))} of 4 inside." in told
    assert f"Predicted: {len(board.hits('predicted'))} of 6 inside." in told
    assert all(f"{name} was in sight" in told for name in ("C1-paper", "C4-payment", "C9-days", "C12"))
    assert all(name in "\n".join(tally.missed(board)) for name in board.misses())


def test_the_page_says_what_each_code_is_and_leads_from_a_miss_to_its_pictures(board: Scoreboard) -> None:
    page = Page(scoreboard.html(board))
    assert all(" ".join(each.what.split()) in page.text for each in board.targets.values())
    links = {attributes.get("href") for tag, attributes in page.tags if tag == "a"}
    places = {attributes.get("id") for tag, attributes in page.tags if tag == "article"}
    assert all(f"#{name}" in links and name in places for name in board.misses())


def test_the_readme_tells_the_tally(board: Scoreboard) -> None:
    scored = {name: each for name, each in board.targets.items() if each.role in tally.SCORED}
    own = validate({name: each for name, each in scored.items() if name != "C12"})  # which alone takes a while
    fitted, predicted = own.hits("fitted"), own.hits("predicted") + (["C12"] if board.inside("C12") else [])
    readme = (shipped().parent / "README.md").read_text(encoding="utf-8")
    assert f"Today {len(fitted)} of 4 fitted results and {len(predicted)} of 6 predicted ones are inside" in readme
    assert board.modelled("predicted") == list(board.in_sight())  # all six
    context = board.modelled("context"), board.hits("context")
    assert f"Of the {len(context[0])} results that are only context, {len(context[1])} are inside" in readme


def test_the_readme_tells_the_answer_for_korea() -> None:
    regimes = load("open_tender", country="KOR").regimes("paper", "electronic", "electronic_reformed")
    told = words.sentences(compare(*regimes, replications=20))[0]
    readme = " ".join((shipped().parent / "README.md").read_text(encoding="utf-8").split())
    assert told[told.index("108 days") :] in readme
