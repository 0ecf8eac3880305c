"""The experiments that come with procsim: ready to run, explained in a sheet, paired on the same cases."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import procsim as ps
from procsim.cli import cli
from procsim.procurement.library import experiments
from procsim.study.design import Design, read_design

NAMES = sorted(path.stem for path in experiments().glob("*.yaml"))
EVERY = pytest.mark.parametrize("name", NAMES)


def design(name: str) -> Design:
    return read_design(experiments() / f"{name}.yaml")


def compared(name: str, *policies: str, replications: int = 2) -> ps.Comparison:
    """Some policies of a shipped experiment on its own seed, the first being the baseline."""
    workflows = design(name).workflows()
    return ps.compare({policy: workflows[policy] for policy in policies}, replications=replications)


@EVERY
def test_it_is_ready(name: str) -> None:
    told = CliRunner().invoke(cli, ["check", str(experiments() / f"{name}.yaml")])
    assert (told.exit_code, told.output) == (0, f"READY: {name}.yaml\n")


@EVERY
def test_its_sheet_names_its_command_and_seed(name: str) -> None:
    sheet = (experiments() / f"{name}.md").read_text(encoding="utf-8")
    assert sheet.startswith("# Study sheet: ")
    assert f"`procsim experiment {name}`" in sheet
    assert f"Seed {design(name).seed}." in sheet
    assert design(name).name == name


def test_no_sheet_is_without_its_experiment() -> None:
    assert sorted(path.stem for path in experiments().glob("*.md")) == NAMES


@EVERY
def test_all_its_policies_meet_the_same_cases(name: str) -> None:
    """A policy with another caseload would be paired with other cases."""
    caseloads = [workflow.spec.caseload for workflow in design(name).workflows().values()]
    assert all(caseload == caseloads[0] for caseload in caseloads)


# -- what the sheets say -----------------------------------------------------------------------------------------------


def test_software_changes_no_price_where_there_is_one_firm() -> None:
    found = compared("thin_market", "paper_1_firm", "electronic_1_firm")
    for name in ("price_to_estimate", "bids"):
        gap = found.difference("electronic_1_firm", name)
        assert gap.ties
        assert gap.interval.mean == 0
        assert gap.paired > 300
    assert found.difference("electronic_1_firm", "cycle_time").interval.mean < -10


@pytest.mark.parametrize("firms", ["2_firms", "many_firms"])
def test_software_lowers_the_price_where_there_are_more(firms: str) -> None:
    found = compared("thin_market", f"paper_{firms}", f"electronic_{firms}")
    assert found.difference(f"electronic_{firms}", "price_to_estimate").interval.mean < 0


def test_hours_rise_with_adoption_until_paper_ends() -> None:
    shares = [f"online_{share}" for share in (0, 10, 50, 90, 100)]
    found = compared("adoption", *shares, replications=1)
    hours = [found.interval(share, "buyer_hours").mean for share in shares]
    assert np.argsort(hours).tolist() == [4, 0, 1, 2, 3]


def test_paper_knows_no_outage() -> None:
    found = compared("outage", "paper_24_a_year", "electronic_24_a_year", replications=4)
    assert found.interval("paper_24_a_year", "deadlines_moved").mean == 0
    assert found.interval("electronic_24_a_year", "deadlines_moved").mean > 0


@pytest.mark.parametrize("regime", ["paper", "reformed"])
def test_a_board_that_meets_every_fourth_week_costs_as_much_under_every_regime(regime: str) -> None:
    found = compared("board_meets_less", f"{regime}_weekly", f"{regime}_monthly")
    assert found.difference(f"{regime}_monthly", "cycle_time").interval.mean == pytest.approx(12.4, abs=1.5)
