"""What is known of a country: whose word each number is, from when, with what papers, and why it is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from packs import ACT, BID_DAYS, number, value, write_pack

from procsim.procurement.library import shipped
from procsim.procurement.problems import ModelError
from procsim.procurement.sheet import Sheet, read_peers, read_sheets

OLD, NEW = "programme_2006", "latest"
STANDSTILL = "legal.standstill_days"


def sheet(code: str, profile: str = OLD, *more: Path) -> Sheet:
    return read_sheets(code, [profile], [*more, shipped()])[0]


@pytest.fixture
def samoa(tmp_path: Path) -> Path:
    """A country in a region that gives one number itself, with one number that it says it has not."""
    region = "schema: procsim-country/1\nregion: {name: The Isles}\nparameters:\n  legal.evaluation_days:\n"
    (tmp_path / "countries" / "isles").mkdir(parents=True)
    block = number("day", {"2001-01-01": 45}).replace("\n", "\n    ")
    (tmp_path / "countries" / "isles" / "region.yaml").write_text(f"{region}    {block}\n")
    return write_pack(
        tmp_path,
        "WSM",
        "name: Samoa, currency: WST, within: isles",
        more="holidays: {also: {2006-07-04: a Tuesday, 2006-07-08: a Saturday}}\n",
        legal__min_bid_days__open_national=number("day", {"2004-03-01": 20, "2015-01-01": value(28, low=20, high=30)}),
        legal__payment_days=number("day", {"2020-01-01": 10}),
        legal__standstill_days="missing: no such rule in the Act",
    )


def test_whose_word_each_number_is(samoa: Path) -> None:
    found = sheet("WSM", OLD, samoa)
    owners = {name: found.entries[name].owner for name in (BID_DAYS, "legal.evaluation_days", STANDSTILL, "ict.egdi")}
    assert list(owners.values()) == ["own", "region", "default", "missing"]
    assert found.counts() == {"own": 1, "region": 1, "default": len(found.country.parameters) - 2, "missing": 29}
    assert (found.within, found.regions, found.is_state) == (("The Isles",), ("The Isles",), False)


def test_a_number_has_its_papers_of_the_instant(samoa: Path) -> None:
    old, new = read_sheets("WSM", [OLD, NEW], [samoa, shipped()])
    assert (old.entries[BID_DAYS].amount, old.entries[BID_DAYS].since) == (20, date(2004, 3, 1))
    entry = new.entries[BID_DAYS]
    assert (entry.amount, entry.since, entry.low, entry.high) == (28, date(2015, 1, 1), 20, 30)
    assert entry.references == (ACT,)
    assert (entry.unit, entry.block, entry.reason) == ("day", "legal", "")


def test_a_number_is_called_the_same_in_every_country(samoa: Path) -> None:
    found = sheet("WSM", OLD, samoa)  # whose pack calls it otherwise
    labels = [found.entries[BID_DAYS].label, found.country.parameter(BID_DAYS).label]
    assert labels == [sheet("default").entries[BID_DAYS].label] * 2 == ["Minimum bidding period, open tender"] * 2


def test_why_a_country_has_none(samoa: Path) -> None:
    entries = sheet("WSM", OLD, samoa).entries
    assert entries[STANDSTILL].reason == "no such rule in the Act"
    assert entries["legal.payment_days"].reason == "its pack has 2020, nothing that serves 2006"
    assert entries["ict.egdi"].reason == "its pack does not say"
    assert sheet("WSM", NEW, samoa).entries["legal.payment_days"].owner == "own"


def test_what_only_describes_a_country_is_told_apart() -> None:
    entries = sheet("BRN").entries
    assert (entries[BID_DAYS].simulated, entries["ict.egdi"].simulated) == (True, False)


def test_a_derived_wage_names_both_its_sources() -> None:
    wage = sheet("BRN").entries["labour.hourly_wage"]
    assert (wage.owner, wage.unit, wage.amount) == ("own", "currency-USD", 9.2308)
    assert [reference["title"].split(",")[0] for reference in wage.references] == [
        "Brunei salary scales Division II",
        "procsim judgement: carried back from the statement of 2018",
    ]
    assert "12 x 1500 USD" in wage.note
    assert sheet("default").entries["labour.hourly_wage"].note.startswith("Agrees with")


def test_the_calendar_counts_days_once(samoa: Path) -> None:
    calendar = sheet("WSM", OLD, samoa).calendar
    assert dict(calendar.holidays) == {date(2006, 7, 4): "a Tuesday", date(2006, 7, 8): "a Saturday"}
    assert list(calendar.on_working_days) == [date(2006, 7, 4)]
    assert (calendar.owner, calendar.working_days) == ("own", 260 - 1)
    assert "Christmas Day" in sheet("BRN").calendar.holidays.values()


def test_a_state_rests_on_its_country_as_on_its_own(samoa: Path) -> None:
    write_pack(samoa, "WSM-01", "name: An island, currency: WST, within: WSM")
    island = sheet("WSM-01", OLD, samoa)
    assert (island.entries[BID_DAYS].owner, island.entries["legal.evaluation_days"].owner) == ("own", "region")
    assert (island.within, island.regions, island.is_state) == (("Samoa", "The Isles"), ("The Isles",), True)
    assert island.calendar.owner == "own"


def test_peers_are_countries_and_nothing_else(samoa: Path) -> None:
    write_pack(samoa, "WSM-01", "name: An island, currency: WST, within: WSM")
    folders = [samoa, shipped()]
    for code in ("WSM", "WSM-01"):
        (found,) = read_peers([sheet(code, OLD, samoa)], folders)
        peers = {peer.country.code for peer in found}
        assert {"BRN", "KOR"} <= peers
        assert peers & {"default", "WSM", "WSM-01", "isles"} == set()


def test_peers_are_of_the_same_instant() -> None:
    peers = read_peers(read_sheets("BRN", [OLD, NEW], [shipped()]), [shipped()])
    assert [{peer.country.profile for peer in each} for each in peers] == [{OLD}, {NEW}]


def test_unknown_names_are_told_as_elsewhere() -> None:
    with pytest.raises(ModelError, match="Did you mean 'BRN'"):
        sheet("Brunei")
    with pytest.raises(ModelError, match="Did you mean 'latest'"):
        sheet("BRN", "lates")
