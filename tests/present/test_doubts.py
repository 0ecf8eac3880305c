"""What is said of doubt: the same on the terminal and in the report, and a picture with its numbers beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bokeh.models import GlyphRenderer

from procsim.engine.eventlog import EventLog
from procsim.present import doubts, figures, report
from procsim.study.doubt import COLUMNS, MAIN, Doubt
from procsim.study.experiment import Comparison

ROWS = [
    ["role.clerk", "role: clerk", "1", "2", "3", -30.0, 1.5, 31.5, False, "low"],
    ["evaluate.effort", "Evaluate <b>bids</b>: effort", "3 h", "5 h", "7 h", -2.0, 60.0, 62.0, True, "low high"],
    *([f"small.{index}", f"Small {index}", "1", "2", "3", 0.5, -0.5, 1.0, False, ""] for index in range(4)),
    ["none", "Nothing", "1", "2", "3", 0.0, 0.0, 0.0, False, ""],
]


@pytest.fixture(scope="module")
def doubted(comparison: Comparison) -> Comparison:
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    values = pd.Series([-40.0, -30.0, -20.0, 10.0]).to_numpy()
    differences = {policy: {"cycle_time": values} for policy in ("electronic", "electronic_reformed")}
    effects = {name: frame.sort_values("swing", ascending=False, ignore_index=True) for name in MAIN}
    doubt = Doubt(4, 2, 1, differences, "electronic", effects)
    return Comparison(**{**vars(comparison), "doubt": doubt})


@pytest.fixture(scope="module")
def page(doubted: Comparison, logs: dict[str, EventLog]) -> str:
    return report.html(doubted, logs, {"judgements": [], "fallbacks": [], "manifest": {}})


def test_a_difference_is_told_with_luck_and_doubt_apart(doubted: Comparison) -> None:
    change, draws, better = doubts.cell(doubted, "electronic", "cycle_time")
    assert "[" in change
    assert (draws, better) == ("-38.5 to +5.5", "3 of 4")
    assert doubts.cell(doubted, "electronic", "bids")[1:] == ("-", "")


def test_the_five_that_matter_most(doubted: Comparison) -> None:
    table = doubts.doubt_of(doubted).effects["cycle_time"]
    rows = doubts.swings(table, "d")
    assert len(rows) == 5
    assert rows[0] == doubts.Swing(
        parameter="evaluate.effort",
        label="Evaluate <b>bids</b>: effort",
        value="5 h",
        range="3 h to 7 h",
        at_low="-2.0",
        at_high="+60.0",
        flips="turns the sign",
        unstable="unstable at the low and the high end",
    )
    assert rows[0].note == "turns the sign; unstable at the low and the high end"
    assert [row.note for row in rows[1:3]] == ["unstable at the low end", ""]
    assert doubts.swings(table, "share")[0].note == "turns the sign"  # prices do not grow with a queue
    assert "none" not in [row.parameter for row in doubts.swings(table, "d", most=10)]


def test_what_turns_the_sign_is_named(doubted: Comparison, comparison: Comparison) -> None:
    assert doubts.turned(doubted, "bids").endswith("each of these turns the sign: Evaluate <b>bids</b>: effort.")
    with pytest.raises(ValueError, match="the comparison was made without doubt: use with_doubt, or --doubt"):
        doubts.turned(comparison, "bids")


def test_draws_taken_nearer_are_said(doubted: Comparison) -> None:
    assert doubted.doubt is not None
    assert "drawn 4 times" in doubts.told(doubted.doubt)
    assert doubts.told(doubted.doubt).endswith("1 of them contradicted themselves and were taken nearer to the values.")


def test_the_tornado_draws_each_end_from_the_difference(doubted: Comparison) -> None:
    bars = {each.name: each for each in figures.tornado(doubted).select({"type": GlyphRenderer}) if each.name}
    mean = doubted.difference("electronic", "cycle_time").interval.mean
    assert list(bars["at high"].data_source.data["right"])[:2] == [mean + 60, mean + 1.5]
    assert list(bars["at low"].data_source.data["right"])[:2] == [mean - 2, mean - 30]


def test_the_report_has_a_picture_and_its_table_for_each_main_outcome(page: str) -> None:
    section = page[page.index('<section aria-labelledby="doubt">') :]
    section = section[: section.index("</section>")]
    assert section.count("Show as table") == section.count("<figure") == len(MAIN)
    assert "Evaluate &lt;b&gt;bids" in section
    assert "<b>bids" not in section
    assert "It does not cover what the model leaves out" in section


def test_without_doubt_the_report_says_nothing_of_it(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    page = report.html(comparison, logs, {"judgements": [], "fallbacks": [], "manifest": {}})
    assert "What to find out first" not in page


def test_few_draws_are_counted_and_not_called_more_than_19_in_20(doubted: Comparison) -> None:
    doubt = doubts.doubt_of(doubted)
    values = {"cycle_time": np.full(4, -3.0), "notice_days": np.full(4, 0.001), "single_bid_share": np.full(4, -0.02)}
    told = replace(doubted, doubt=replace(doubt, differences={"electronic": values}))
    assert doubts.cell(told, "electronic", "cycle_time")[1:] == ("-3.0 to -3.0", "4 of 4")
    assert doubts.cell(told, "electronic", "single_bid_share")[1:] == ("-2.0 to -2.0 points", "4 of 4")
    assert doubts.cell(told, "electronic", "notice_days")[1:] == ("about the same", "")
