"""Reforms are patches: what they set, scale, insert and remove, in any order; and what is said of a wrong one."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import workflow, write_models

from procsim import ModelError, Workflow, load
from procsim.engine import compiler
from procsim.present import checking
from procsim.procurement import reforms
from procsim.procurement.library import folders
from procsim.procurement.parameters import Quantity

NODES = """\
ask: {kind: task, staff: {clerk: 1}, effort: 3 h, next: agree}
agree: {kind: task, staff: {clerk: 2}, effort: {value: 1 h, per_bid: 10 min}, next: settled}
settled:
  kind: exclusive
  branches: [{to: ask, probability: 0.2, at_most: 2, then: done, detour: true}, {to: done}]
done: {kind: end}
"""
TINY = workflow(NODES, office='hours: ["09:00-12:00"]', clerk="title: Clerk, heads: 6")
NEW = {"kind": "task", "staff": {"clerk": 1}, "effort": "2 h", "next": "agree"}


class Office:
    """A folder of models with one workflow and whatever reforms a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_models(folder, workflows={"tiny": TINY}, reforms={})

    def reform(self, name: str, workflow: str = "tiny", **patch: Any) -> None:
        own = {key: patch.pop(key) for key in ("needs", "type", "source") if key in patch}
        data = {"schema": "procsim-reform/1", "name": name, "title": name, "type": "module", "source": "law"}
        data |= {"sources": {"law": {"title": f"Law of {name}", "grade": "S", "confidence": "high"}}}
        data |= {"workflows": {workflow: patch}, **own}
        (self.folder / "reforms" / f"{name}.yaml").write_text(json.dumps(data, indent=1))

    def under(self, regime: str, *settings: str) -> Workflow:
        return load("tiny", models=self.folder, settings=settings).under(regime)

    def told(self, regime: str, *settings: str) -> str:
        with pytest.raises(ModelError) as caught:
            self.under(regime, *settings)
        return str(caught.value)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def value(workflow: Workflow, path: str) -> Any:
    return workflow.ledger[path].value


def same_plan(one: Workflow, other: Workflow) -> bool:
    a, b = compiler.make(one), compiler.make(other)
    arrays = [(getattr(a.nodes, name), getattr(b.nodes, name)) for name in vars(a.nodes)]
    return a.activities == b.activities and all(np.array_equal(x, y) for x, y in arrays)


# -- what a patch does -------------------------------------------------------------------------------------------------


def test_set_replaces_a_value_and_brings_its_source(office: Office) -> None:
    office.reform("quick", set={"ask.effort": "1 h", "role.clerk": 9})
    quick = office.under("quick")
    parameter = quick.ledger["ask.effort"]
    assert (parameter.value, parameter.source, parameter.grade) == ("1 h", "Law of quick", "S")
    assert parameter.changes == ("3 h -> 1 h (quick)",)
    assert quick.spec.roles["clerk"].heads == 9


def test_scale_multiplies_and_the_weaker_grade_stays(office: Office) -> None:
    office.reform("quick", scale={"ask.effort": "2/3", "agree.effort.per_bid": 0.5})
    parameter = office.under("quick").ledger["ask.effort"]
    assert (parameter.value, parameter.source, parameter.grade) == ("2 h", "a guess + Law of quick", "J")
    assert office.under("quick").spec.nodes["agree"].effort.per_bid.seconds == 300  # type: ignore[union-attr]


def test_insert_stands_after_its_anchor_in_the_order_of_service_too(office: Office) -> None:
    office.reform("slow", insert=[{"after": "ask", "nodes": {"check": {**NEW, "next": "sign"}, "sign": dict(NEW)}}])
    slow = office.under("slow")
    assert list(slow.spec.nodes) == ["ask", "check", "sign", "agree", "settled", "done"]
    assert list(slow.graph().successors("ask")) == ["check"]
    assert slow.ledger["check.effort"].source == "Law of slow"
    assert slow.ledger["check.effort"].changes == ("2 h -> 2 h (slow)",)


def test_remove_leads_on_to_what_came_next_even_from_the_start_and_from_branches(office: Office) -> None:
    office.reform("short", remove=["ask"])
    short = office.under("short")
    assert short.spec.start == "agree"
    assert [branch.to for branch in short.spec.nodes["settled"].branches] == ["agree", "done"]  # type: ignore[union-attr]
    assert not [path for path in short.ledger if path.startswith("ask")]


def test_one_reform_may_scale_what_another_removes(office: Office) -> None:
    office.reform("quick", scale={"ask.effort": 0.5})
    office.reform("short", remove=["ask"])
    assert "ask" not in office.under("quick+short").spec.nodes


def test_wildcards_hit_every_node(office: Office) -> None:
    office.reform("quick", scale={"*.effort": 0.5})
    assert value(office.under("quick"), "ask.effort") == "1.5 h"
    assert value(office.under("quick"), "agree.effort") == "0.5 h"


# -- the order of a list never matters ---------------------------------------------------------------------------------


def test_scales_commute_exactly(office: Office) -> None:
    factors = ["1/3", "7/11", "0.1"]
    for index, factor in enumerate(factors):
        office.reform(f"r{index}", scale={"ask.effort": factor})
    texts = {str(value(office.under("+".join(order)), "ask.effort")) for order in permutations(["r0", "r1", "r2"])}
    assert {Quantity.parse(text).amount for text in texts} == {3 * Fraction(1, 3) * Fraction(7, 11) * Fraction(1, 10)}


def test_every_order_gives_the_same_ledger_and_plan(office: Office) -> None:
    office.reform("a", scale={"ask.effort": "2/3", "agree.effort": 0.5}, insert=[{"after": "ask", "nodes": {"x": NEW}}])
    office.reform("b", set={"ask.effort": "5 h"}, insert=[{"after": "ask", "nodes": {"y": NEW}}])
    office.reform("c", scale={"*.effort": "5/7"}, remove=["agree"])
    first, *others = (office.under("+".join(order)) for order in permutations("abc"))
    for other in others:
        assert list(other.ledger.items()) == list(first.ledger.items())
        assert same_plan(first, other)


def test_electronic_is_the_sum_of_its_modules() -> None:
    tender = load("open_tender")
    modules = reforms.regime_names(folders())["electronic"]
    electronic, summed = tender.under("electronic"), tender.under("+".join(reversed(modules)))
    assert electronic.ledger == summed.ledger
    assert same_plan(electronic, summed)
    assert set(electronic.reforms) == set(modules) - {"e_catalogue"}  # which says nothing of a tender


def test_a_regime_and_a_reform_can_be_joined() -> None:
    tender = load("open_tender")
    joined = tender.under("electronic+faster_board")
    assert set(joined.reforms) == {*tender.under("electronic").reforms, "faster_board"}
    assert tender.under("paper+e_notice").ledger == tender.under("e_notice").ledger


def test_the_base_is_not_changed_by_its_regimes() -> None:
    tender = load("open_tender")
    before = dict(tender.ledger)
    tender.under("electronic_reformed")
    assert tender.ledger == before == load("open_tender").ledger


# -- what the tables say -----------------------------------------------------------------------------------------------


def test_difference_tells_what_a_regime_changes_by_which_reform_and_source() -> None:
    paper, notice = load("open_tender").regimes("paper", "e_notice")
    table = paper.difference(notice).set_index("path")
    assert set(table.index) >= {"place_notice.effort", "publish.handover", "market.notice", "role.publisher.calendar"}
    row = table.loc["place_notice.effort"]
    assert (row["here"], row["there"], row["by"]) == ("4 h", "1 h", "e_notice")
    assert "ETNews" in row["source"]
    assert paper.difference(paper).empty


def test_difference_tells_of_nodes_that_come_and_go(office: Office) -> None:
    office.reform("slow", insert=[{"after": "ask", "nodes": {"check": NEW}}])
    office.reform("short", remove=["ask"])
    base = office.under("paper")
    table = base.difference(office.under("slow")).set_index("path")
    assert (table.loc["check.effort", "here"], table.loc["check.effort", "there"]) == ("", "2 h")
    table = base.difference(office.under("short")).set_index("path")
    assert (table.loc["ask.effort", "here"], table.loc["ask.effort", "there"]) == ("3 h", "")


def test_what_does_not_apply_is_listed(office: Office) -> None:
    office.reform("quick", set={"ask.effort": "1 h"})
    mixed = office.under("quick+e_notice")
    assert (mixed.reforms, mixed.not_applicable) == (("quick",), ("e_notice",))


# -- what is said of wrong reforms -------------------------------------------------------------------------------------

PLACE = r"bad.yaml line [0-9]+, workflows > tiny > "
PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"set": {"aks.effort": "1 h"}}, PLACE + r"set > aks.effort: the reform bad hits nothing: no number 'aks.effort'."),
    ({"scale": {"ask.cost": 0.5}}, PLACE + "scale > ask.cost: the reform bad hits nothing: no number 'ask.cost'. "),
    ({"scale": {"role.clerk.title": 2}}, PLACE + "scale > role.clerk.title: the reform bad scales 'Clerk', which is n"),
    ({"scale": {"calendar.office": 2}}, PLACE + "scale > calendar.office: the reform bad scales 'hours .*', which is"),
    ({"scale": {"ask.effort": "half"}}, PLACE + "scale > ask.effort: 'half' is not a number with a unit"),
    ({"scale": {"ask.effort": -1}}, PLACE + r"scale > ask.effort: -1 is no factor. Write a number of 0 or more withou"),
    ({"scale": {"ask.effort": "50 %"}}, PLACE + "scale > ask.effort: '50 %' is no factor."),
    ({"scale": {"ask.effort": float("inf")}}, PLACE + "scale > ask.effort: 'Infinity' is not a number with a unit"),
    ({"insert": [{"after": "aks", "nodes": {"x": NEW}}]}, PLACE + "insert > 0: no node 'aks'. Did you mean 'ask'?"),
    ({"insert": [{"after": "ask", "nodes": {"done": NEW}}]}, PLACE + "insert > 0: there is a node 'done' already. Cho"),
    ({"insert": [{"after": "done", "nodes": {"x": NEW}}]}, PLACE + "insert > 0: 'done' has no 'next', so nothing can"),
    ({"insert": [{"after": "ask", "nodes": {}}]}, PLACE + r"insert > 0 > nodes: \{\} holds too little. Give at least"),
    ({"insert": [{"after": "ask", "nodes": {"x": {**NEW, "source": "lav"}}}]}, "no source 'lav'. Did you mean 'law'?"),
    ({"insert": [{"after": "ask", "nodes": {"x": {**NEW, "next": "agre"}}}]}, "no node 'agre'. Did you mean 'agree'?"),
    ({"insert": [{"after": "ask", "nodes": {"x": {"kind": "task"}}}]}, "x > effort: the key 'effort' is missing. Add"),
    ({"remove": ["aks"]}, PLACE + "remove: the reform bad removes 'aks', which is no task or timer here. Did you mean"),
    ({"remove": ["settled"]}, PLACE + "remove: the reform bad removes 'settled', which is no task or timer here"),
    ({"remove": ["ask", "agree"]}, "settled: the loop settled has no bound|exclusive"),
    ({"set": {"ask.next": "done"}}, "nodes > agree: no path leads here from the start. Connect it or remove it."),
    ({"set": {"*.effort": "1 h", "ask.effort": "2 h"}}, "regime bad, ask.effort: set twice, by bad. Leave one of them"),
    ({}, "bad.yaml line [0-9]+, workflows > tiny: the patch changes nothing. Give it 'set', 'scale', 'insert' or 'rem"),
    ({"sett": {}}, PLACE + "sett: unknown key 'sett'. Did you mean 'set'?"),
    ({"set": {"ask.effort": "1 h"}, "needs": ["e_notise"]}, "bad.yaml line [0-9]+, needs: no reform 'e_notise'. Did y"),
    ({"set": {"ask.effort": "1 h"}, "type": "modul"}, "type: 'modul' is not known here. Did you mean 'module'?"),
    ({"set": {"ask.effort": "1 h"}, "source": "lwa"}, "bad.yaml line [0-9]+, source: no source 'lwa'. Did you mean 'l"),
    ({"set": {"ask.effort": "1 h"}, "needs": ["e_notice"]}, r"regime bad: bad needs e_notice. Add it: bad\+e_notice."),
]  # fmt: skip


@pytest.mark.parametrize(("patch", "message"), PATCHES, ids=[message[-40:] for _, message in PATCHES])
def test_a_wrong_reform(office: Office, patch: dict[str, Any], message: str) -> None:
    office.reform("bad", **patch)
    if patch == {"remove": ["ask", "agree"]}:
        assert office.under("bad").spec.nodes["settled"].branches[0].to == "settled"  # type: ignore[union-attr]
        return
    said = office.told("bad")
    assert re.search(message, said), said


def test_two_sets_of_one_number_are_refused_however_they_are_spelt(office: Office) -> None:
    office.reform("a", set={"ask.effort": "1 h", "calendar.office": {"hours": ["08:00-12:00"]}, "agree.effort": "1 h"})
    office.reform("b", set={"*.effort": "2 h", "calendar.office.hours": ["10:00-12:00"]})
    said = office.told("a+b").splitlines()
    assert "regime a+b, *.effort: set twice, by a and b. Leave one of them out, or let one of them scale." in said
    assert any(line.startswith("regime a+b, calendar.office.hours: set twice, by a and b.") for line in said)


def test_two_reforms_that_remove_one_node(office: Office) -> None:
    office.reform("a", remove=["ask"])
    office.reform("b", remove=["ask"])
    assert re.search("b.yaml .*remove: 'ask' is removed twice, by a and b. Leave one of them out.", office.told("a+b"))


def test_a_users_setting_is_never_lost_to_a_reform(office: Office) -> None:
    office.reform("quick", set={"ask.effort": "1 h"})
    for setting in ("ask.effort=2 h", "*.effort=2 h", "ask.effort.value=2 h")[:2]:
        said = office.told("quick", setting)
        assert "the reform quick sets the same number. Set it after the reform: --set quick:ask.effort=value" in said
    assert value(office.under("quick", "quick:ask.effort=2 h"), "ask.effort") == "2 h"


def test_a_file_with_another_name_inside(office: Office) -> None:
    office.reform("quick", set={"ask.effort": "1 h"})
    (office.folder / "reforms" / "quick.yaml").rename(office.folder / "reforms" / "fast.yaml")
    assert "fast.yaml line 3, name: 'quick' in a file called fast.yaml. Give both the same name." in office.told("fast")


def test_unknown_regimes() -> None:
    tender = load("open_tender")
    with pytest.raises(
        ModelError, match=r"regime electrnic: no regime or reform 'electrnic'. Did you mean 'electronic'?"
    ):
        tender.under("electrnic")
    with pytest.raises(ModelError, match=r"regime e_notice\+e_nonsens: no regime or reform 'e_nonsens'"):
        tender.under("e_notice+e_nonsens")
    with pytest.raises(ModelError, match=r"regime : no regime or reform ''. Known: "):
        tender.under("")


REGIMES = [
    (
        "regimes: {fast: [e_notise]}",
        "regimes.yaml line 1, regimes > fast: no reform 'e_notise'. Did you mean 'e_notice'?",
    ),
    (
        "regimes: {fast: e_notice}",
        "regimes.yaml line 1, regimes > fast: 'e_notice' is not a list. Write [reform, reform].",
    ),
    (
        "regimes: [fast]",
        "regimes.yaml line 1, regimes: no regimes. Write 'regimes:', and below it NAME: [reform, reform].",
    ),
    ("regime: {fast: []}", "regimes.yaml line 1, regime: unknown key 'regime'. Write the lists below 'regimes:'."),
]


@pytest.mark.parametrize(("text", "message"), REGIMES)
def test_a_wrong_list_of_regimes(office: Office, text: str, message: str) -> None:
    (office.folder / "reforms" / "regimes.yaml").write_text(text)
    assert message in office.told("fast")


def test_check_finds_a_reform_for_a_workflow_that_does_not_exist(office: Office) -> None:
    office.reform("quick", workflow="tinny", set={"ask.effort": "1 h"})
    with pytest.raises(ModelError, match=r"no workflow 'tinny', so this would never apply. Did you mean 'tiny'?"):
        checking.check([str(office.folder / "reforms" / "quick.yaml")], None)


def test_check_finds_a_reform_that_is_in_no_regime_and_hits_nothing(office: Office) -> None:
    office.reform("quick", set={"aks.effort": "1 h"})
    with pytest.raises(ModelError, match="the reform quick hits nothing"):
        checking.check([str(office.folder / "reforms" / "quick.yaml")], None)
