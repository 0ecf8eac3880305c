"""What users get wrong in offices, adoption, outages, markets and real caseloads, and what they are told."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from procsim import ModelError, Workflow, load, simulate
from procsim.engine import compiler
from procsim.procurement.caselist import CaseList

Block = dict[str, Any]
PAPERS: Block = {"source": "test", "sources": {"test": {"title": "made up for a test"}}}
MARKET: Block = {
    **{"notice": "portal", "submission": "portal", "awareness_mean": 5, "awareness_shape": 1},
    **{"awareness_multiplier": 1, "entry_spread": 1, "cost_spread": 0.3, "wage": "10 USD", "valid_share": 1, "bids": 2},
}
SMALL: Block = {
    "a": {"kind": "task", "staff": {"clerk": 1}, "effort": "10 h", "next": "b"},
    "b": {"kind": "timer", "duration": "1 d", "next": "end"},
    "end": {"kind": "end"},
}
LARGE: Block = {
    "window": {"kind": "bidding", "duration": "10 d", "next": "judge"},
    "judge": {"kind": "task", "staff": {"clerk": 1}, "effort": "1 h", "next": "end"},
    "end": {"kind": "end"},
}
ROUTES = [{"to": "small", "below": "500 USD"}, {"to": "large"}]


class Folder:
    """A folder of models: an office of the workflows `small` and `large`, and reforms."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for folder in ("workflows", "reforms"):
            (path / folder).mkdir()
        self.workflow("small", start="a", nodes=SMALL)
        self.workflow("large", start="window", nodes=LARGE, market=MARKET)
        self.office()

    def workflow(self, name: str, **blocks: Any) -> None:
        clerk = {"roles": {"clerk": {"heads": 2}}, "caseload": {"all": {"arrivals": ["0 s"] * 40}}}
        self._write("workflows", {"schema": "procsim-workflow/1", "name": name, **PAPERS, **clerk, **blocks})

    def office(self, **blocks: Any) -> None:
        caseload = {"all": {"arrivals": ["0 s"] * 40, "value": "400 USD", "methods": ROUTES}}
        self.workflow("office", **{"parts": ["small", "large"], "caseload": caseload, **blocks})

    def reform(self, name: str, patches: Block, needs: tuple[str, ...] = (), kind: str = "module") -> None:
        block = {"schema": "procsim-reform/1", "name": name, "title": name, "type": kind, "needs": list(needs)}
        self._write("reforms", {**block, **PAPERS, "workflows": patches})

    def _write(self, kind: str, data: Block) -> None:
        path = self.path / kind / f"{data['name']}.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def load(self, regime: str = "paper", *settings: str) -> Workflow:
        return load("office", settings=settings, models=self.path).under(regime)

    def told(self, regime: str = "paper", *settings: str) -> str:
        """What a user of the office is told."""
        with pytest.raises(ModelError) as caught:
            compiler.make(self.load(regime, *settings))
        return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_office_is_right(folder: Folder) -> None:
    assert compiler.make(folder.load()).parts == ("small", "large")


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ({"parts": ["smal", "large"]}, "parts: workflow 'smal': there is none. Did you mean 'small'?"),
        ({"parts": ["office", "small"]}, "parts: 'office' is an office itself. Name its parts instead."),
        ({"parts": "small"}, "parts: is not a list of workflows. Write it like [open_tender, quotation]."),
        ({"parts": []}, "parts: is not a list of workflows. Write it like [open_tender, quotation]."),
        ({"like": "smal"}, "like: workflow 'smal': there is none. Did you mean 'small'?"),
        ({"roles": {}}, "roles: the part 'small' needs the role 'clerk'. Add it, with its heads."),
        ({"nodes": SMALL}, "nodes: an office has none of its own. Write it in one of the 'parts'."),
        ({"market": MARKET}, "market: an office has none of its own. Write it in one of the 'parts'."),
        ({"start": "a"}, "start: an office has none of its own. Write it in one of the 'parts'."),
        (
            {"deadlines": {"soon": {"start": "a", "end": "b", "within": "1 d"}}},
            "deadlines: an office has none of its own. Write it in one of the 'parts'.",
        ),
    ],
)
def test_a_wrong_office(folder: Folder, blocks: Block, message: str) -> None:
    folder.office(**blocks)
    said = folder.told()
    assert said.startswith("office.yaml line ")
    assert message in said


def test_an_office_without_roles(folder: Folder) -> None:
    path = folder.path / "workflows" / "office.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({key: data[key] for key in data if key != "roles"}), encoding="utf-8")
    assert "office.yaml, roles: the part 'small' needs the role 'clerk'. Add it, with its heads." in folder.told()


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([], "caseload > all > methods: methods are missing, so no case finds its workflow. Write them in an office"),
        ([{"to": "smal"}], "caseload > all > methods: no part 'smal'. Did you mean 'small'?"),
        ([{"to": "small"}], "methods: no route leads to the part 'large'. Add one, or take the part out."),
        ([{"to": "small", "below": "5 USD"}], "the last route, to 'small', leaves cases over. Remove its 'below' and"),
        ([{"to": "small", "below": "-5 USD"}, {"to": "large"}], "methods > 0 > below: -5 USD is negative. Write 0 or"),
        ([{"to": "small", "below": "5 EUR"}, {"to": "large"}], "below: 5 EUR cannot be compared. Write it in USD."),
        ([{"to": "small", "below": 5}, {"to": "large"}], "below: 5 has no currency. Write it like '200000 USD'."),
    ],
)
def test_wrong_routes(folder: Folder, routes: list[Block], message: str) -> None:
    folder.office(caseload={"all": {"arrivals": ["0 s"], "methods": routes}})
    assert message in folder.told()


def test_calendars_that_differ(folder: Folder) -> None:
    for name, nodes, hours in (("small", SMALL, "09:00-12:00"), ("large", LARGE, "09:00-13:00")):
        folder.workflow(
            name, start=next(iter(nodes)), nodes=nodes, calendars={"desk": {"hours": [hours]}}, market=MARKET
        )
    message = (
        "calendars: the calendar 'desk' of the part 'large' differs from another's. Define it once, in the office."
    )
    assert message in folder.told()


def test_a_part_without_a_start(folder: Folder) -> None:
    folder.workflow("small", nodes=SMALL)
    assert folder.told() == "small.yaml, start: the key 'start' is missing. Add it."


def test_a_node_whose_name_looks_like_that_of_a_part(folder: Folder) -> None:
    folder.workflow("small", start="x/a", nodes={"x/a": {**SMALL["a"], "next": "end"}, "end": SMALL["end"]})
    said = folder.told()
    assert "nodes > small/x/a: 'small/x/a' belongs to no part of this office. Call it PART/NODE, such as small/" in said


def test_a_market_of_a_part_that_is_not_there(folder: Folder) -> None:
    folder.workflow("small", start="a", nodes=SMALL, market={"large": MARKET})
    with pytest.raises(ModelError, match=r"market > large: no part 'large'. Leave out the name of the block."):
        load("small", models=folder.path)


# -- reforms and adoption ----------------------------------------------------------------------------------------------


# Every block is written out with its own `staff`: YAML would refer from one to the other, which procsim refuses.
def inserted(name: str, after: str = "a", next: str = "b") -> Block:
    return {"insert": [{"after": after, "nodes": {name: {**SMALL["a"], "staff": {"clerk": 1}, "next": next}}}]}


@pytest.mark.parametrize("share", ["0.5", "1"])
@pytest.mark.parametrize(
    ("workflow", "patch", "message"),
    [
        ("office", inserted("x", "small/a", "small/b"), "regime m: office.yaml, nodes > x: 'x' belongs to no part of"),
        (
            "small",
            {"remove": ["end"]},
            "the reform m removes 'small/end', which is no task or timer here. Did you mean 'small",
        ),
        (
            "small",
            {"remove": ["c"]},
            "the reform m removes 'small/c', which is no task or timer here. Did you mean 'small",
        ),
        ("small", {"set": {"a.effort": "banana"}}, "nodes > small/a > effort > value: 'banana' is not a number with a"),
        ("small", {"set": {"a.effort": "4 hours"}}, "small/a > effort > value: '4 hours' has the unit 'hours'. Write"),
        ("small", {"set": {"a.effort": "-1 h"}}, "small/a > effort > value: '-1 h' is negative. It must be 0 or more."),
        ("small", {"set": {"a.effort": None}}, "small/a > effort > value: None is not a number with a unit. Write it"),
    ],
)
def test_a_wrong_module_is_told_at_any_share(
    folder: Folder, workflow: str, patch: Block, message: str, share: str
) -> None:
    folder.reform("m", {workflow: patch})
    assert message in folder.told("m", f"adoption.m={share}")


def test_nodes_may_be_inserted_after_inserted_ones(folder: Folder) -> None:
    gate = {"kind": "exclusive", "branches": [{"to": "y", "probability": 0.5}, {"to": "b"}]}
    second = {"after": "x", "nodes": {"gate": gate, "y": {**SMALL["a"], "staff": {"clerk": 2}, "next": "b"}}}
    folder.reform("m", {"small": {"insert": [*inserted("x")["insert"], second]}})
    graph = folder.load("m").graph()
    assert set(graph.successors("small/gate")) == {"small/y", "small/b"}
    assert list(graph.successors("small/x")) == ["small/gate"]


def test_a_module_may_not_change_for_a_share_what_an_office_has_one_of(folder: Folder) -> None:
    below = {"office": {"set": {"caseload.all.methods.small.below": "900 USD"}}}
    folder.reform("m", below)
    message = "regime m, caseload: a module changes the caseload, which cannot hold for a share of the cases. Adopt the"
    assert message in folder.told("m", "adoption.m=0.5")
    compiler.make(folder.load("m", "adoption.m=1"))


def test_a_module_that_waits_for_half_adopted_ones_keeps_the_old_way_too(folder: Folder) -> None:
    folder.reform("m", {"small": inserted("x")})
    folder.reform("n", {"small": {"remove": ["b"], "set": {"a.effort": "1 h"}}}, needs=("m",))
    half = folder.load("m+n", "adoption.m=0.5")
    assert [variant.reforms for variant in half.variants] == [(), ("m", "n")]
    log = simulate(half).table()
    assert (log["activity"] == "small/b").sum() == 40
    assert set(log.loc[log["activity"] == "small/a", "worked"] / 3600) == {10, 10 + 0.3}


def test_modules_that_need_each_other_come_together(folder: Folder) -> None:
    folder.reform("m", {"small": {"set": {"a.effort": "2 h"}}}, needs=("n", "m"))
    folder.reform("n", {"small": {"set": {"b.duration": "2 d"}}}, needs=("m",))
    variants = folder.load("m+n", "adoption.m=0.5").variants
    assert [(float(variant.share), variant.reforms) for variant in variants] == [(1, ()), (0.5, ("m", "n"))]


# -- outages, markets and peaks ----------------------------------------------------------------------------------------

NUMBERS = [
    ("portal", {"per_year": "1/1000000"}, "portal > per_year: 1e-06 outages a year cannot be simulated. Write 0, or"),
    ("portal", {"per_year": 1e9}, "portal > per_year: 1e+09 outages a year cannot be simulated. Write 0, or 0.01 to"),
    ("portal", {"hours": []}, "portal > hours: an empty list: the portal would never fail. Give at least one span"),
    ("portal", {"outages": [["1 h"]]}, "portal > outages > 0 > 1: the key '1' is missing. Add it."),
    ("portal", {"outages": ["1 h"]}, "portal > outages > 0: '1 h' is not a pair. Write it in brackets"),
    ("market", {**MARKET, "entry_spread": 1e9}, "market > entry_spread: 1e+09 is too large. Write 10 or less."),
    (
        "caseload",
        {"all": {"per_year": 5, "peak_months": list(range(1, 13)), "peak_factor": 0}},
        "caseload > all > peak_factor: 0 in every month: no case arrives. Leave a month out.",
    ),
]


@pytest.mark.parametrize(("section", "block", "message"), NUMBERS)
def test_a_number_that_cannot_be_meant(folder: Folder, section: str, block: Block, message: str) -> None:
    folder.workflow("large", **{"start": "window", "nodes": LARGE, "market": MARKET, section: block})
    with pytest.raises(ModelError) as caught:
        load("large", models=folder.path)
    assert str(caught.value).startswith("large.yaml line ")
    assert message in str(caught.value)


# -- real caseloads ----------------------------------------------------------------------------------------------------


def cases(*days: str, currency: str = "USD", value: float = 1e6, window: float = np.nan) -> CaseList:
    published, each = np.array(days, dtype="datetime64[s]"), np.ones(len(days))
    words = ("",) * len(days)
    return CaseList("real.json", published, value * each, currency, words, words, window * each, np.nan * each, ())


def test_a_caseload_without_cases() -> None:
    with pytest.raises(ModelError, match=r"real.json: there is no case in it. Use a file with at least one."):
        load("open_tender", cases=cases())


def test_a_first_day_after_the_first_case() -> None:
    flow = load("open_tender", cases=cases("2020-03-02T09:00:00"))
    with pytest.raises(ModelError, match=r"real.json: its first case, of 2020-03-02, comes before day 0, 2020-03-03"):
        simulate(flow, first=date(2020, 3, 3))


def test_an_exchange_rate_of_nothing() -> None:
    real = cases("2020-03-02T09:00:00", currency="KRW")
    flow = load("open_tender", "KOR", settings=["macro.exchange_rate=0"], cases=real)
    with pytest.raises(ModelError, match=r"macro.exchange_rate: 0 is no rate. Write local currency for one USD."):
        compiler.make(flow)


@pytest.mark.parametrize("days", [0, 3 * 365])
def test_one_real_case_and_many_at_one_second(folder: Folder, days: int) -> None:
    for many in (1, 5):
        real = cases(*["2020-03-02T09:00:00"] * many, window=days)
        log = simulate(load("office", models=folder.path, cases=real)).table()
        windows = log[log["activity"] == "large/window"]
        lasted = (windows["complete"] - windows["released"]).tolist()
        assert lasted == [days * 86_400] * (many if days == 0 else 0)  # three years end beyond the horizon
