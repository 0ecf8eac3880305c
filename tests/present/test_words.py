"""What is said of a comparison: no difference is claimed where luck alone could make it; warnings are read first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import procsim as ps
from procsim.present import terminal, words
from procsim.study.experiment import Comparison
from procsim.study.measures import Measures
from procsim.study.runs import Run, reduced


def run(comparison: Comparison, gap: float, unstable: tuple[str, ...] = ()) -> Run:
    """One replication: 100 days under the baseline, and so many more under every other policy."""
    days = {policy: 100 + gap * (policy != comparison.baseline) for policy in comparison.policies}
    made = {
        policy: Measures(np.arange(2), {"cycle_time": np.full(2, each)}, {}, {}, open=0, unstable=unstable)
        for policy, each in days.items()
    }
    return reduced(made)


@pytest.mark.parametrize(("gaps", "clear"), [((-9.9, -10.1), True), ((-30.0, 24.0), False)])
def test_days_that_luck_alone_could_part_are_not_called_different(
    comparison: Comparison, gaps: tuple[float, float], clear: bool
) -> None:
    told = words.sentences(replace(comparison, runs=[run(comparison, gap) for gap in gaps]))[0]
    assert ("(not clearly different)" in told) is not clear
    assert "100 days from request to contract on paper" in told


def test_a_regime_that_the_user_has_set_is_not_said_to_keep_the_rules() -> None:
    settings = ["evaluate.effort=5 h", "electronic:bid_window.duration=10 d"]
    policies = ps.load("open_tender", country="BRN", settings=settings).regimes(
        "paper", "electronic", "electronic_reformed"
    )
    told = " ".join(words.sentences(ps.compare(*policies, replications=1)))
    assert "on paper, " in told
    assert "days under electronic with settings of its own, " in told
    assert "Under electronic with settings of its own: the buyer's hours " in told
    assert "electronically under the same rules" not in told
    assert "electronically with the rules changed too" in told


def test_on_the_terminal_the_warning_stands_before_the_table(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    full = ("evaluator is busy 100% of the time",)
    unsafe = replace(comparison, runs=[run(comparison, gap, full) for gap in (-9.0, -11.0)])
    terminal.answer(unsafe, {"judgements": [], "fallbacks": []}, Path("results"))
    said = capsys.readouterr().out
    assert said.index("Unstable under paper") < said.index("EFFICIENCY")
