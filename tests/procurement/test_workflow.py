"""A workflow in a country: settings, the origin of every number, judgements, fallbacks, and models of one's own."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from procsim import ModelError, load
from procsim.engine import compiler
from procsim.present import checking
from procsim.procurement.library import shipped
from procsim.procurement.reforms import regime_names
from procsim.procurement.schema import Task

# -- settings ----------------------------------------------------------------------------------------------------------

GOOD = [
    ("role.evaluator=21", "role.evaluator", 21),
    ("evaluate.effort=30 min", "evaluate.effort", "30 min"),
    ("evaluate.effort.per_valid_bid=2 h", "evaluate.effort.per_valid_bid", "2 h"),
    ("market.bids=3", "market.bids", 3),
    ("delivery.duration=90 d", "delivery.duration", "90 d"),
    ("legal.min_bid_days.open_national=21 d", "bid_window.duration", "21 d"),
    ("caseload.standard.per_year=400", "caseload.standard.per_year", 400),
    ("role.bank.calendar=always", "role.bank.calendar", "always"),
    ("clarify.branches.clarification.probability=0.1", "clarify.branches.clarification.probability", 0.1),
]


@pytest.mark.parametrize(("setting", "path", "value"), GOOD)
def test_a_setting_changes_one_number(setting: str, path: str, value: object) -> None:
    base, changed = load("open_tender"), load("open_tender", settings=[setting])
    assert changed.ledger[path].value == value
    assert changed.ledger[path].source == "user's setting"
    assert setting in changed.ledger[path].changes[-1]
    differences = {name for name in changed.ledger if changed.ledger[name] != base.ledger.get(name)}
    assert differences == {path}


def test_wildcards_and_infinite_staff() -> None:
    tender = load("open_tender", settings=["role.*=inf", "*.handover=0 h"])
    assert all(role.heads is None for role in tender.spec.roles.values())
    tasks = [node for node in tender.spec.nodes.values() if isinstance(node, Task) and node.handover]
    assert not any(task.handover.value.seconds for task in tasks if task.handover)


def test_a_setting_for_one_regime_acts_after_its_reforms_and_only_there() -> None:
    tender = load("open_tender", settings=["electronic:place_notice.effort=2 h"])
    assert tender.ledger["place_notice.effort"].value == "4 h"
    assert tender.under("electronic").ledger["place_notice.effort"].value == "2 h"


def test_the_last_of_two_settings_counts() -> None:
    assert load("open_tender", settings=["role.evaluator=9", "role.evaluator=12"]).spec.roles["evaluator"].heads == 12


BAD = [
    ("role.evaluater=21", "--set role.evaluater=21: no number 'role.evaluater'. Did you mean 'role.evaluator'?"),
    ("role.evaluator", "--set role.evaluator: is not a setting. Write path=value, such as role.evaluator=21."),
    ("straight_thru", "--set straight_thru: is not a setting. Write path=value"),
    ("=3", "--set =3: no number ''."),
    ("role=3", "--set role=3: no number 'role'."),
    ("evaluate=3", "--set evaluate=3: no number 'evaluate'."),
    ("calendar=3", "--set calendar=3: no number 'calendar'."),
    ("role.evaluator=-1", "-1 must be a number of 0 or more without a unit. Write the bare number."),
    ("role.evaluator=many", "'many' is not a number with a unit."),
    ("role.evaluator=2", "needs 3 of 'evaluator', which has only 2. Raise the head-count, for instance --set role.eva"),
    ("evaluate.effort=3", "3 has no unit. Write it like '36 h'"),
    ("evaluate.effort=", "None is not a number with a unit."),
    ("evaluate.effort=1e15 h", "is more than 68 years. Correct it."),
    ("market.awareness_multiplier=0.5", "0.5 is too small: a portal reaches no fewer firms than the press. Write 1 or"),
    ("market.bids=-1", "-1 is too small. Write 0 or more."),
    ("market.notice=radio", "'radio' is not known here. Known: portal, press."),
    ("calendar.desk=always", "'always' stands where a block of keys is expected."),
    ("electronic:straight_through", "--set electronic:straight_through: is not a setting."),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "message"), BAD)
def test_a_wrong_setting(setting: str, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        load("open_tender", settings=[setting]).under("electronic")


UNREADABLE = [
    ("evaluate.effort=[", "--set evaluate.effort=[: the value cannot be read. Check brackets, quotes and dates."),
    ("evaluate.effort=2006-02-30", "the value cannot be read. Check brackets, quotes and dates."),
    ("evaluate.effort=!!python/object:os.system x", "the value cannot be read. Check brackets, quotes and dates."),
    ("evaluate.effort=1/0 h", "'1/0 h' is not a number with a unit."),
    ("labour.working_days=monday", "--set labour.working_days=monday: is no such value. Write it like mon, tue"),
    ("macro.exchange_rate=abc", "--set macro.exchange_rate=abc: is no such value. Write it like"),
    ("electroni:evaluate.effort=3 h", "no regime or reform 'electroni'. Did you mean 'electronic'?"),
]


@pytest.mark.parametrize(("setting", "message"), UNREADABLE)
def test_a_setting_that_cannot_be_read(setting: str, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        compiler.make(load("open_tender", settings=[setting]))


def test_wrong_settings_are_told_together() -> None:
    with pytest.raises(ModelError) as caught:
        load("open_tender", settings=["role.evaluater=21", "evaluate.effrt=3 h", "role.evaluator=0"])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("regime", sorted(regime_names((shipped(),))))
def test_a_setting_that_a_reform_overrides_names_the_way_out(regime: str) -> None:
    tender = load("open_tender", settings=["publish.handover=1 d"])
    if regime == "paper":
        assert tender.under(regime).ledger["publish.handover"].value == "1 d"
        return
    message = "--set publish.handover: the reform e_notice sets the same number. Set it after the reform: --set"
    with pytest.raises(ModelError, match=f"{message} {regime}:publish.handover=value."):
        tender.under(regime)


@pytest.mark.parametrize("regime", ["paper", "electronic", "electronic_reformed"])
def test_straight_through_goes_with_every_regime(regime: str) -> None:
    tender = load("open_tender", settings=["straight_through"]).under(regime)
    assert all(role.heads is None for role in tender.spec.roles.values())
    branches = [
        b for node in tender.spec.nodes.values() for b in getattr(node, "branches", ()) if getattr(b, "detour", 0)
    ]
    assert branches
    assert all((b.probability if b.probability is not None else b.below.amount) == Fraction(0) for b in branches)
    assert all(node.effort.distribution == "fixed" for node in tender.spec.nodes.values() if isinstance(node, Task))
    compiler.make(tender)


# -- where numbers come from -------------------------------------------------------------------------------------------


def test_every_number_has_a_source_a_grade_and_an_origin() -> None:
    for regime in regime_names((shipped(),)):
        for path, parameter in load("open_tender", "KOR").under(regime).ledger.items():
            assert parameter.source, path
            assert parameter.grade in ("S", "D", "J"), path
            assert parameter.confidence in ("high", "medium", "low"), path
            assert ".yaml" in parameter.origin, path


def test_origins_name_file_and_line_or_country() -> None:
    ledger = load("open_tender", "KOR").ledger
    assert re.fullmatch(
        "open_tender.yaml line [0-9]+, nodes > evaluate > effort > value", ledger["evaluate.effort"].origin
    )
    assert ledger["bid_window.duration"].origin == "KOR/legal.yaml"
    assert ledger["standstill.duration"].origin == "default/legal.yaml"


def test_the_table_has_a_row_for_every_number() -> None:
    tender = load("open_tender", "BRN")
    table = tender.table()
    assert list(table["path"]) == list(tender.ledger)
    assert list(table.columns) == ["path", "value", "grade", "confidence", "year", "source", "origin", "changes"]


def test_judgements_are_those_graded_j() -> None:
    tender = load("open_tender", "KOR")
    lines = tender.judgements()
    assert len(lines) == sum(parameter.grade == "J" for parameter in tender.ledger.values()) > 50
    assert any(line.startswith("evaluate.effort = 5 h (procsim judgement: ") for line in lines)


def test_fallbacks_are_those_in_use_that_the_country_does_not_have() -> None:
    lines = load("open_tender", "KOR").fallbacks()
    expected = "legal.standstill_days: Republic of Korea has none, the global default stands in (0 d)"
    assert expected in lines
    assert not any(line.startswith("legal.min_bid_days") for line in lines)
    assert load("open_tender", "default").fallbacks() == []


# -- models of one's own -----------------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """`procsim copy workflow open_tender mine`."""
    (tmp_path / "workflows").mkdir()
    shutil.copy(shipped() / "workflows" / "open_tender.yaml", tmp_path / "workflows" / "open_tender.yaml")
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_an_edited_copy_replaces_the_shipped_one_under_every_regime(mine: Path) -> None:
    edit(mine / "workflows" / "open_tender.yaml", "heads: 24", "heads: 12")
    for regime, reforms in regime_names((shipped(),)).items():
        tender = load("open_tender", models=mine).under(regime)
        assert tender.spec.roles["evaluator"].heads == 12
        assert set(tender.reforms) == set(reforms) - {"e_catalogue"}  # which says nothing of a tender
        compiler.make(tender)


def test_a_copy_under_another_file_name_keeps_its_reforms_by_its_name_inside(mine: Path) -> None:
    (mine / "workflows" / "open_tender.yaml").rename(mine / "workflows" / "my_tender.yaml")
    tender = load("my_tender", models=mine).under("electronic")
    assert (tender.name, len(tender.reforms), tender.not_applicable) == ("open_tender", 11, ("e_catalogue",))


def test_a_copy_under_another_name_inside_is_another_workflow(mine: Path) -> None:
    edit(mine / "workflows" / "open_tender.yaml", "name: open_tender", "name: my_tender")
    tender = load("open_tender", models=mine).under("electronic")
    assert (tender.reforms, len(tender.not_applicable)) == ((), 12)


def test_reforms_and_regimes_of_ones_own_lie_over_the_shipped_ones(mine: Path) -> None:
    (mine / "reforms").mkdir()
    text = (shipped() / "reforms" / "faster_board.yaml").read_text().replace("0.5 wd", "1 wd")
    (mine / "reforms" / "faster_board.yaml").write_text(text)
    (mine / "reforms" / "regimes.yaml").write_text("regimes: {board_only: [faster_board]}\n")
    tender = load("open_tender", models=mine).under("board_only")
    assert tender.ledger["board_decision.handover"].value == "1 wd"
    assert "e_notice" in load("open_tender", models=mine).under("electronic").reforms


def test_check_reads_a_folder_of_ones_own(mine: Path) -> None:
    own = (mine / "workflows" / "open_tender.yaml").rename(mine / "workflows" / "my_tender.yaml")
    assert checking.check([], str(mine)) == "0 countries, 1 workflow, 0 reforms"  # the shipped ones are not read again
    edit(own, "next: close_commitment", "next: close_comitment")
    with pytest.raises(
        ModelError, match=r"my_tender.yaml line \d+, nodes > pay > next: no node 'close_comitment'. Did"
    ):
        checking.check([], str(mine))


def test_check_tells_an_unknown_schema(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("schema: procsim-workflw/1\n")
    message = "x.yaml line 1, schema: 'procsim-workflw/1' is no schema known here. Did you mean 'procsim-workflow/1'?"
    with pytest.raises(ModelError, match=message):
        checking.check([str(tmp_path / "x.yaml")], None)


def test_a_region_that_stands_in_is_named(tmp_path: Path) -> None:
    pack = tmp_path / "countries" / "east_asia"
    pack.mkdir(parents=True)
    head = "schema: procsim-country/1\nregion: {name: East Asia}\nparameters:\n  legal.standstill_days:\n"
    value = "{value: 7, confidence: low, looked_up: false, reference: [{title: median}]}"
    text = f"{head}    label: Standstill\n    kind: rule\n    unit: day\n    values:\n      2000-01-01: {value}\n"
    (pack / "region.yaml").write_text(text, encoding="utf-8")
    expected = "legal.standstill_days: Republic of Korea has none, the region east asia stands in (7 d)"
    assert expected in load("open_tender", "KOR", models=tmp_path).fallbacks()
