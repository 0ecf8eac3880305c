"""Adoption in steps: nested adopters, double work in between, and nothing but paper or electronic at the ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

import procsim as ps

WORKFLOWS = (
    *("open_tender", "price_only_tender", "large_tender"),
    *("quotation", "direct_purchase", "catalogue_order"),
)


def tables(flow: ps.Workflow) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    log = ps.simulate(flow, seed=3)
    return log.table(), log.assignments(), log.case_table()


def same(one: ps.Workflow, other: ps.Workflow) -> bool:
    return all(a.equals(b) for a, b in zip(tables(one), tables(other), strict=True))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_adoption_is_paper_and_full_adoption_is_electronic_row_for_row(name: str) -> None:
    assert same(ps.load(name, settings=["hybrid:adoption.*=0"]).under("hybrid"), ps.load(name))
    assert same(ps.load(name, settings=["hybrid:adoption.*=1"]).under("hybrid"), ps.load(name).under("electronic"))


def test_the_same_holds_for_a_whole_office() -> None:
    few = "volume.purchases_per_office=400"
    paper, electronic = ps.load("office", settings=[few]).regimes("paper", "electronic")
    assert same(ps.load("office", settings=[few, "hybrid:adoption.*=0"]).under("hybrid"), paper)
    assert same(ps.load("office", settings=[few, "hybrid:adoption.*=1"]).under("hybrid"), electronic)


def test_adopters_are_nested_and_a_module_waits_for_what_it_needs() -> None:
    settings = [
        *("hybrid:adoption.*=0.8", "hybrid:adoption.e_documents=0.5", "hybrid:adoption.e_payment=0.2"),
        "hybrid:adoption.e_notice=1",
    ]
    flow = ps.load("open_tender", settings=settings).under("hybrid")
    assert [float(variant.share) for variant in flow.variants] == [1, 0.8, 0.5, 0.2]
    met = [set(variant.reforms) for variant in flow.variants]
    assert all(few < more for few, more in pairwise(met))
    assert met[0] == {"e_notice"}
    assert met[2] - met[1] == {"e_documents", "e_submission", "e_opening", "e_evaluation"}  # all need e_documents
    assert met[3] - met[2] == {"e_payment"}


def test_every_case_meets_a_variant_as_often_as_its_share_says() -> None:
    shares = ["hybrid:adoption.*=0.6", "hybrid:adoption.e_payment=0.25"]
    flow = ps.load("direct_purchase", settings=shares).under("hybrid")
    variant = ps.simulate(flow, seed=1).case_table()["variant"]
    assert len(flow.variants) == 3
    assert np.mean(variant >= 1) == pytest.approx(0.6, abs=0.02)
    assert np.mean(variant >= 2) == pytest.approx(0.25, abs=0.02)


def test_the_readiness_of_a_case_is_its_own_whatever_the_shares() -> None:
    few, many = (
        ps.simulate(ps.load("direct_purchase", settings=[f"hybrid:adoption.*={share}"]).under("hybrid"), seed=1)
        .case_table()["variant"]
        .eq(1)
        for share in (0.3, 0.7)
    )
    assert few.sum() < many.sum()
    assert not (few & ~many).any()


# One task of 10 h on paper and 4 h electronically, 1 h a bid against 30 min, and a check that the module removes.
OLD: dict[str, Any] = {"value": "10 h", "per_bid": "1 h"}


def test_while_paper_goes_on_a_task_costs_it_and_three_tenths_of_the_new_effort(tmp_path: Any) -> None:
    flow = _with_module(tmp_path)
    hours = {
        float(share): _hours(flow(share)) for share in ("0", "0.5", "1")
    }  # 2 bids: 12 h and 2 h on paper, 5 h electronically
    assert hours[0.0] == {14.0}
    assert hours[1.0] == {5.0}
    assert hours[0.5] == {14.0, 12 + 0.3 * 5 + 2}


def test_of_the_new_way_a_task_that_comes_with_it_costs_three_tenths(tmp_path: Any) -> None:
    extra = {"after": "work", "nodes": {"scan": _task("10 h", "check")}}
    assert _hours(_with_module(tmp_path, insert=[extra])("0.5")) == {14.0, 12 + 0.3 * 5 + 0.3 * 10 + 2}


def _task(effort: Any, next: str) -> dict[str, Any]:
    return {"kind": "task", "staff": {"clerk": 1}, "effort": effort, "next": next, "source": "test"}


def _hours(flow: ps.Workflow) -> set[float]:
    hours = ps.measure(ps.totals.of(ps.simulate(flow)), flow).by_case["buyer_hours"]
    return set(np.round(hours, 6).tolist())


def _with_module(folder: Any, **more: Any) -> Any:
    """A workflow under a module that halves its task, at a share of cases."""
    import yaml

    reforms = folder / "reforms"
    reforms.mkdir()
    patch = {"set": {"work.effort": "4 h", "work.effort.per_bid": "30 min"}, "remove": ["check"], **more}
    module = {
        **{"schema": "procsim-reform/1", "name": "e_work", "title": "e-work", "type": "module", "source": "test"},
        **{"sources": {"test": {"title": "made up"}}, "workflows": {"tiny": patch}},
    }
    (reforms / "e_work.yaml").write_text(yaml.safe_dump(module), encoding="utf-8")
    nodes = {
        "window": {"kind": "bidding", "duration": "1 d", "next": "work"},
        "work": _task(OLD, "check"),
        "check": _task("2 h", "end"),
        "end": {"kind": "end"},
    }
    data = {
        **{"schema": "procsim-workflow/1", "name": "tiny", "source": "test", "start": "window", "nodes": nodes},
        "sources": {"test": {"title": "made up"}},
        "roles": {"clerk": {"heads": "inf"}},
        "caseload": {"case": {"arrivals": ["0 s"] * 40}},
        "market": {
            **{"notice": "portal", "awareness_mean": 5, "awareness_shape": 1, "awareness_multiplier": 1, "bids": 2},
            **{"entry_spread": 1, "cost_spread": 0, "wage": "1 USD", "valid_share": 1},
        },
    }
    return lambda share: ps.load(data, settings=[f"adoption.e_work={share}"], models=folder).under("e_work")


def test_suppliers_without_access_keep_bids_and_hours_nearer_to_paper() -> None:
    shares = {share: f"electronic:adoption.suppliers={share}" for share in (0.3, 1)}
    few, all_of_them = (
        ps.compare(ps.load("open_tender", settings=[text]).under("electronic"), replications=3)
        for text in shares.values()
    )
    paper = ps.compare(ps.load("open_tender"), replications=3)
    for name in ("bids", "hours_per_bid"):
        low, middle, high = sorted(
            (result.interval(result.baseline, name).mean, label)
            for result, label in ((few, "few"), (all_of_them, "all"), (paper, "paper"))
        )
        assert middle[1] == "few", (name, low, middle, high)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("hybrid:adoption.e_noticee=0.5", "no module 'e_noticee' in this regime. Did you mean 'e_notice'?"),
        ("hybrid:adoption.e_notice=50", "adoption.e_notice: 50 is not a share. Write a number from 0 to 1."),
        (
            "hybrid+faster_board:adoption.faster_board=0.5",
            "'faster_board' is a rule, which holds for every case. Name a module",
        ),
        ("hybrid:adoption.e_notice=half", "adoption.e_notice: half is not a share. Write a number from 0 to 1."),
    ],
)
def test_a_wrong_share_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ps.ModelError) as error:
        ps.load("open_tender", settings=[setting]).under(setting.split(":")[0])
    assert message in str(error.value)


def test_a_module_may_not_change_head_counts_for_a_share_of_cases(tmp_path: Any) -> None:
    flow = _with_module(tmp_path, set={"role.clerk": 3})
    with pytest.raises(ps.ModelError, match=r"a module changes the head-count of 'clerk'.*Adopt the module in full"):
        ps.simulate(flow("0.5"))
