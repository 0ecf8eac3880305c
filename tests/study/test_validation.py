"""Published results as files, the measures that answer to them, and the scoreboard."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from command import Procsim
from tiny import workflow, write_models
from webpage import assert_nothing_is_fetched

from procsim import ModelError, Workflow, load
from procsim.present import tally
from procsim.study import yardsticks
from procsim.study.evidence import check_evidence, find_targets, read_evidence
from procsim.study.measures import Measures
from procsim.study.scoreboard import Scoreboard, validate
from procsim.study.yardsticks import Sample

# -- measures ----------------------------------------------------------------------------------------------------------


def sample(workflow: Workflow | None = None, **by_case: list[float]) -> Sample:
    """Outcomes of a few cases, without a log."""
    columns = {name: np.array(values, dtype=float) for name, values in by_case.items()}
    found = Measures(np.zeros(0, dtype=np.int64), columns, {}, {}, 0, ())
    return Sample(cast(Any, workflow), cast(Any, None), 1, found, cast(Any, None))


PAPER = sample(bids=[1, 2, 3, 5, math.nan], price_to_estimate=[1.0, 0.96, 0.92, 0.84, math.nan])
ELECTRONIC = sample(bids=[2, 4], price_to_estimate=[0.8, 0.6])


def test_means_of_policies_count_alike_and_cases_without_a_value_not_at_all() -> None:
    assert yardsticks.mean([PAPER], "bids") == pytest.approx(11 / 4)
    assert yardsticks.mean([PAPER, ELECTRONIC], "bids") == pytest.approx((11 / 4 + 3) / 2)


def test_effects_are_of_the_last_policy_against_the_first() -> None:
    assert yardsticks.gap([PAPER, ELECTRONIC], "bids") == pytest.approx(3 - 11 / 4)
    assert yardsticks.change([PAPER, ELECTRONIC], "price_to_estimate") == pytest.approx(0.7 / 0.93 - 1)
    assert yardsticks.below_estimate([ELECTRONIC]) == pytest.approx(0.3)


def test_the_share_of_few_bids_leaves_out_cases_without_a_bid() -> None:
    assert yardsticks.share_below([PAPER], 2) == 0.25
    assert yardsticks.share_below([PAPER], 4) == 0.75
    assert math.isnan(yardsticks.share_below([sample(bids=[math.nan])], 4))


def test_the_slope_is_that_of_the_line_through_the_chosen_numbers_of_bids() -> None:
    assert yardsticks.slope([PAPER], 2, 6) == pytest.approx(-0.04)
    bent = sample(bids=[1, 2, 3], price_to_estimate=[9, 0.9, 0.8])
    assert yardsticks.slope([bent], 2, 6) == pytest.approx(-0.1)


def test_the_last_useful_bidder_is_the_first_whose_successor_saves_too_little() -> None:
    curve = sample(bids=[1, 1, 2, 3, 4], price_to_estimate=[1.1, 0.9, 0.9, 0.85, 0.849])
    assert yardsticks.last_useful_bidder([curve], 0.01) == 3
    assert math.isnan(yardsticks.last_useful_bidder([curve], 0.0001))


def test_the_cost_of_buyer_and_bidders_adds_up() -> None:
    workflow = load("quotation", settings=["labour.hourly_wage=5 USD"])
    case = sample(workflow, buyer_hours=[20, 30], administrative_cost=[600, 650])
    assert yardsticks.buyer_cost([case]) == 125
    assert yardsticks.bidders_cost([case]) == 500
    assert yardsticks.bidders_share([case]) == 0.8


# -- the file, and measures that need a log ----------------------------------------------------------------------------

NODES = """\
ask: {kind: task, stage: planning, staff: {clerk: 2}, effort: 3 h, next: notice}
notice: {kind: timer, milestone: notice, duration: 14 d, next: award}
award: {kind: task, stage: award, milestone: contract, staff: {clerk: 1}, effort: 12 h, next: done}
done: {kind: end}
"""
TINY = workflow(NODES, office="always: true", clerk="heads: inf")
EVIDENCE = """\
schema: procsim-evidence/1
targets:
  C1-paper:
    what: Days from notice to award
    role: fitted
    why: a test
    reference: [{title: nobody, year: 2006, looked_up: false, confidence: low}]
    under: {workflow: TINY, policies: {paper: {regime: paper}}, replications: 2}
    figures:
      days: {published: 0.5, unit: d, tolerance: 15 %, measure: days, of: [notice, award]}
      labour: {published: [5, 5.5], unit: h, tolerance: 0.5, measure: hours_on, of: [ask]}
    left_out: {parameter: award.effort, value: 24 h, why: as before, settings: [award.effort=24 h]}
    if_missed: it is a test
  C2:
    what: Pages
    role: predicted
    why: a test
    reference: [{title: nobody, year: 2006, looked_up: true, confidence: low}]
    figures: {pages: {published: 7, unit: pages}}
    not_modelled: there is no paper
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of evidence about a tiny workflow."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "mine.yaml").write_text(EVIDENCE.replace("TINY", str(tmp_path / "tiny.yaml")))
    return tmp_path / "mine.yaml"


@pytest.fixture
def board(file: Path) -> Scoreboard:
    return validate(read_evidence(file))


def test_what_a_tiny_log_says_is_known(board: Scoreboard) -> None:
    days, labour, pages = board.rows
    assert days.simulated is not None
    assert days.left_out is not None
    assert labour.simulated is not None
    assert (days.name, days.simulated.mean, days.left_out.mean) == ("C1-paper.days", 0.5, 1.0)
    assert labour.simulated.mean == 6  # two people for three hours
    assert (days.inside, labour.inside, pages.inside) == (True, True, None)
    assert days.naive is None


def test_a_target_is_inside_only_if_all_its_figures_are(file: Path) -> None:
    file.write_text(file.read_text().replace("[5, 5.5]", "[5, 5.4]"))
    board = validate(read_evidence(file))
    assert [row.inside for row in board.rows] == [True, False, None]
    assert board.hits("fitted") == []
    assert board.misses() == {"C1-paper": "it is a test"}


def test_where_no_case_has_a_value_there_is_neither_hit_nor_miss(file: Path) -> None:
    file.write_text(file.read_text().replace("[notice, award]", "[award, done]"))
    row = validate(read_evidence(file.with_name("mine.yaml"))).rows[0]
    assert row.inside is None
    assert tally.verdict(row) == "no value"


def test_the_tally_counts_targets_and_says_what_is_not_modelled(board: Scoreboard) -> None:
    assert tally.tally(board) == ["Fitted: 1 of 1 inside.", "Not modelled: 1 (C2)."]
    assert tally.missed(board) == []
    assert tally.left_out(board) == ["C1-paper: award.effort = 24 h. as before."]


def test_the_json_has_a_row_for_each_figure_and_no_nan(board: Scoreboard) -> None:
    days, labour, pages = json.loads(json.dumps(board.to_json(), allow_nan=False))["targets"]
    assert days == {
        "id": "C1-paper.days",
        "role": "fitted",
        "published": 0.5,
        "simulated": 0.5,
        "low": 0.5,
        "high": 0.5,
        "inside": True,
    }
    assert labour["published"] == [5, 5.5]
    assert (pages["id"], pages["simulated"], pages["inside"]) == ("C2", None, None)


WRONG = [
    (
        "why: a test\n    reference",
        "reference",
        "targets > C1-paper > why: the key 'why' is missing. Add it.",
    ),
    ("role: fitted", "role: fited", "role: 'fited' is not known here. Did you mean 'fitted'?"),
    ("published: 0.5", "published: half", "'half' is no published value. Write a number, or its ends in ascending"),
    ("[5, 5.5]", "[6, 5.5]", "[6, 5.5] is no published value. Write a number, or its ends"),
    ("tolerance: 15 %", "tolerance: 15 d", "'15 d' is no tolerance. Write 15 % of the published value, or a number in"),
    ("measure: days", "measure: dais", "there is no measure 'dais'. Did you mean 'days'?"),
    ("    if_missed: it is a test\n", "", "what a miss would mean is not said. Add 'if_missed', a sentence"),
    ("left_out: {parameter", "left_owt: {parameter", "unknown key 'left_owt'. Did you mean 'left_out'?"),
    ("    not_modelled: there is no paper\n", "", "every figure needs 'measure' and 'under'. Add them, or say why in"),
    ("looked_up: false", "looked_up: perhaps", "looked_up: 'perhaps' is neither true nor false. Write true or false."),
    ("C2:", "pages:", "'pages' is no identifier. Write a letter and a number, such as C4 or C4-payment"),
    ("[notice, award]", "[notice, awrd]", "figures > days > of: no activity 'awrd'. Did you mean 'award'?"),
    ("[notice, award]", "[notice]", "the measure 'days' takes 2 arguments, not 1. Give activity, activity."),
    ("regime: paper", "regime: papr", "figures > days: regime papr: no regime or reform 'papr'. Did you mean 'paper'?"),
    ("award.effort=24 h", "electronic:award.effort=24 h", "the regime 'electronic' is not run here. Known: paper."),
    ("award.effort=24 h", "awrd.effort=24 h", "--set awrd.effort=24 h: no number 'awrd.effort'. Did you mean 'award."),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[new or old for old, new, _ in WRONG])
def test_a_wrong_file(file: Path, old: str, new: str, message: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=re.escape(message)):
        check_evidence(file)


# -- the command -------------------------------------------------------------------------------------------------------


def test_check_reads_evidence(procsim: Procsim, file: Path) -> None:
    assert procsim("check", file) == (0, "READY: mine.yaml\n", "")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of one's own: a workflow, and evidence in which it has the place of the shipped C1-paper."""
    evidence = {"tiny": EVIDENCE.replace("TINY", "tiny")}
    return write_models(tmp_path / "mine", workflows={"tiny": TINY}, evidence=evidence)


def test_own_evidence_comes_on_top_of_the_shipped(procsim: Procsim, models: Path) -> None:
    assert "1 file of evidence" in procsim("check", "--models", models).out
    told = procsim("validate", "--models", models, "--only", "C1", "--engine", "reference", "--replications", 1)
    assert told.code == 0
    assert "C1-paper.labour" in told.out
    assert "C1-reformed" in told.out
    assert "workflow 'tiny': there is none" in procsim("check", models / "evidence" / "tiny.yaml").err


def test_the_bar_is_for_the_shipped_targets_and_not_for_more(board: Scoreboard) -> None:
    (row,), targets = (row for row in board.rows if row.name == "C1-paper.days"), board.targets
    for number in (4, 5):
        names = [f"C{each}" for each in range(number)]
        rows = tuple(replace(row, name=name, target=name) for name in names)
        told = tally.tally(Scoreboard(dict.fromkeys(names, targets["C1-paper"]), rows, board.engine))[0]
        assert told == f"Fitted: {number} of {number} inside." + (" The bar is 4: met." if number == 4 else "")


def test_only_takes_one_target_or_all_that_begin_so() -> None:
    assert list(find_targets("C1-paper")) == ["C1-paper"]
    assert set(find_targets("C1")) >= {"C1-paper", "C1-reformed"}
    with pytest.raises(ModelError, match=r"--only C99: there is no such target. Did you mean 'C19'"):
        find_targets("C99")


def test_a_miss_is_a_result_and_the_numbers_do_not_depend_on_workers(procsim: Procsim, tmp_path: Path) -> None:
    for workers in (1, 2):
        arguments = ("--only", "C8", "--replications", 3, "--workers", workers, "--json", tmp_path / f"{workers}.json")
        told = procsim("validate", *arguments, "--out", tmp_path / f"page{workers}")
        assert told.code == 0
        assert "MISS" in told.out
    assert (tmp_path / "1.json").read_text() == (tmp_path / "2.json").read_text()
    page = (tmp_path / "page1" / "validation.html").read_text()
    assert page.count("<article") == 3
    assert_nothing_is_fetched(page)


def test_a_page_of_the_scoreboard_lies_beside_others_and_is_not_overwritten_unasked(
    procsim: Procsim, tmp_path: Path
) -> None:
    (tmp_path / "BRN.html").write_text("mine")
    page = partial(procsim, "validate", "--only", "C15", "--replications", 2, "--out", tmp_path)
    assert page().code == 0
    assert page().err == f"{tmp_path / 'validation.html'}: exists already. Name another, or add --force.\n"
    assert page("--force").code == 0
    assert (tmp_path / "BRN.html").read_text() == "mine"
