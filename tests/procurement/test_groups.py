"""A number far from what other countries say is remarked; what cannot be compared is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from packs import BID_DAYS, number, write_pack

from procsim.procurement.country import EXCHANGE_RATE
from procsim.procurement.groups import LEAST, Group, comparable, group
from procsim.procurement.library import shipped
from procsim.procurement.sheet import Sheet, read_sheets

THRESHOLD = "legal.threshold.direct"


def sheet(models: Path, code: str) -> Sheet:
    return read_sheets(code, ["programme_2006"], [models, shipped()])[0]


@pytest.mark.parametrize(
    ("amount", "far"), [(1, True), (2, False), (5, False), (30, False), (42, False), (43, True), (0.5, True)]
)
def test_far_is_outside_the_range_and_away_from_the_median(amount: float, far: bool) -> None:
    assert Group((2, 7, 14, 21, 30), (), "").is_far(amount) is far


def test_a_few_others_are_no_group() -> None:
    few = tuple(float(each) for each in range(1, LEAST))
    assert not Group(few, (), "").is_far(1000)
    assert Group((*few, LEAST), (), "").is_far(1000)


def test_the_region_is_the_group_once_it_is_large_enough() -> None:
    all_, near = (1, 2, 3, 4, 90, 91, 92, 93), (90, 91, 92, 93)
    assert Group(all_, near, "Isles").where == "Isles"
    assert not Group(all_, near, "Isles").is_far(94)
    assert Group(all_, near[1:], "Isles").compared == all_


def test_a_group_of_zeros_is_left_by_anything_else() -> None:
    assert Group((0, 0, 0, 0), (), "").is_far(1)
    assert not Group((0, 0, 0, 0), (), "").is_far(0)


def test_money_is_compared_in_dollars_if_the_rate_is_known(tmp_path: Path) -> None:
    money = number("currency-WST", {"2000-01-01": 3400})
    with_rate = write_pack(
        tmp_path,
        "WSM",
        "name: Samoa, currency: WST",
        legal__threshold__direct=money,
        macro__exchange_rate=number("/1", {"2006-01-01": 1.7}),
    )
    samoa = sheet(with_rate, "WSM")
    assert comparable(samoa.entries[THRESHOLD], samoa) == pytest.approx(2000)
    samoa = sheet(write_pack(tmp_path, "WSM", "name: Samoa, currency: WST", legal__threshold__direct=money), "WSM")
    assert comparable(samoa.entries[THRESHOLD], samoa) is None


def test_working_days_are_compared_as_calendar_days(tmp_path: Path) -> None:
    days = number("working-day", {"2000-01-01": 10})
    samoa = sheet(write_pack(tmp_path, "WSM", legal__min_bid_days__open_national=days), "WSM")
    assert comparable(samoa.entries[BID_DAYS], samoa) == 14


def test_what_is_not_a_countrys_own_or_follows_its_size_is_not_compared(tmp_path: Path) -> None:
    rate, people = number("/1", {"2006-01-01": 1.7}), number("count", {"2006-01-01": 900000}, kind="observation")
    launch = number("year", {"2006-01-01": 2004}, kind="observation")
    models = write_pack(tmp_path, "WSM", macro__exchange_rate=rate, macro__population=people, egp__launch_year=launch)
    samoa = sheet(models, "WSM")
    for name in (EXCHANGE_RATE, "macro.population", "egp.launch_year", BID_DAYS, "labour.working_days"):
        assert comparable(samoa.entries[name], samoa) is None, name


def test_others_are_told_by_region(tmp_path: Path) -> None:
    for code, days, within in (("WSM", 40, "pacific"), ("TON", 21, "pacific"), ("MWI", 14, "africa")):
        block = number("day", {"2000-01-01": days})
        head = f"name: {code}, currency: USD, within: {within}"
        write_pack(tmp_path, code, head, legal__min_bid_days__open_national=block)
    peers = [sheet(tmp_path, code) for code in ("TON", "MWI")]
    found = group(BID_DAYS, sheet(tmp_path, "WSM"), peers)
    assert found == Group((14, 21), (21,), "Pacific islands")
    assert group("ict.egdi", sheet(tmp_path, "WSM"), peers) is None
