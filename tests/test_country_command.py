"""`procsim country CODE` and `procsim country diff A B` as users meet them, and settings of a country's numbers."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from command import Procsim
from packs import BID_DAYS, number, write_pack

import procsim as ps
from procsim.present import country_page, words
from procsim.procurement.settings import unread
from procsim.study import doubt


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two countries: one bidding period differs, one threshold only the first has, one index is the same."""
    index = number("/1", {"2005-01-01": 0.5}, kind="observation")
    for code, days in (("WSM", 20), ("TON", 30)):
        numbers = {"legal__min_bid_days__open_national": number("day", {"2004-03-01": days})}
        if code == "WSM":
            numbers["legal__threshold__direct"] = number("currency-WST", {"2004-03-01": 1000})
        holidays = "holidays: {also: {2006-07-04: a Tuesday}}\n" if code == "WSM" else ""
        write_pack(tmp_path / "mine", code, f"name: {code} land, currency: WST", holidays, ict__egdi=index, **numbers)
    return tmp_path / "mine"


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_country_with_both_years_by_block(procsim: Procsim) -> None:
    told = procsim("country", "BRN")
    assert told.code == 0
    lines = [line.rstrip() for line in told.out.splitlines()]
    assert lines[0] == "Brunei Darussalam (BRN), BND, in South-East Asia"
    text = squeezed(told.out)
    assert "BND 250,000 (about USD 160,000) BND 500,000 (about USD 370,000)" in text
    assert "S high, from 26 Oct 2004 S high, from 2015" in text
    assert text.index("LAW, THRESHOLDS AND BOARDS") < text.index("STAFF, WAGES AND HOURS") < text.index("CALENDAR")
    assert "the default's, not the country's own" in text
    assert "Mon, Tue, Wed, Thu, Sat" in text
    assert "246 working days; 17 holidays, 14 of them on working days" in text
    assert "Thu 23 Feb National Day" in text
    assert "(Sun 1 Jan New Year's Day)" in text
    numbers = r"2006: \d+ numbers, \d+ its own, \d+ of its region, \d+ the default's, \d+ missing\."
    assert re.fullmatch(numbers, lines[-3])
    assert lines[-1] == 'Next: procsim compare BRN --set "legal.min_bid_days.open_national=28 d"'


def test_numbers_are_in_order_of_their_labels(procsim: Procsim) -> None:
    text = procsim("country", "default").out
    law = text[text.index("LAW, THRESHOLDS") : text.index("STAFF, WAGES")]
    labels = [
        "Contract value up to which an office",
        "Days for which bids",
        "Minimum bidding period, open",
        "Valid bids needed",
    ]
    assert sorted(labels, key=law.index) == labels


def test_one_profile_and_own_models_are_repeated_in_the_next_command(procsim: Procsim, models: Path) -> None:
    told = procsim("country", "--profile", "latest", "--models", models, "WSM")
    assert "2006" not in told.out.splitlines()[2]
    next_line = told.out.splitlines()[-1]
    assert next_line == f'Next: procsim compare WSM --set "{BID_DAYS}=40 d" --profile latest --models {models}'


def test_the_next_command_runs(procsim: Procsim, tmp_path: Path) -> None:
    arguments = ("--set", f"{BID_DAYS}=28 d", "--regimes", "paper", "--replications", 1, "--out", tmp_path / "x")
    told = procsim("compare", "BRN", *arguments)
    assert told.code == 0
    assert "changes nothing" not in told.out


def test_what_differs(procsim: Procsim, models: Path) -> None:
    told = procsim("country", "diff", "WSM", "TON", "--models", models)
    assert told.code == 0
    text = squeezed(told.out)
    assert "DIFFERENT: 1 Minimum bidding period, open tender 20 days 30 days" in text
    assert "ONLY WSM LAND HAS ITS OWN: 1 Contract value up to which an office buys directly WST 1,000 USD 5,000" in text
    assert "ONLY TON LAND HAS ITS OWN: 0" in text
    assert "E-Government" not in text
    assert "259 working days; 1 holiday, 1 on a working day 260 working days; no holidays" in text
    assert "Different: 1. Only WSM land has: 1. Only TON land has: 0. The same: 1. Neither has: " in text
    assert told.out.splitlines()[-1] == f"Next: procsim country TON --profile programme_2006 --models {models}"


def test_what_differs_is_looked_up_at_the_same_instant_and_in_any_folder(procsim: Procsim, models: Path) -> None:
    mine = models.rename(models.with_name("my models"))
    told = procsim("country", "diff", "WSM", "TON", "--models", mine, "--profile", "latest")
    next_line = told.out.splitlines()[-1]
    assert next_line == f"Next: procsim country TON --profile latest --models '{mine}'"
    assert procsim(*shlex.split(next_line)[2:]).code == 0


def test_a_page_and_json(procsim: Procsim, tmp_path: Path) -> None:
    out, file = tmp_path / "new" / "pages", tmp_path / "brn.json"
    told = procsim("country", "BRN", "--out", out, "--json", file)
    assert told.code == 0
    assert f"Page: {out / 'BRN.html'} (opens without a network)." in told.out
    assert (out / "BRN.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(file.read_text(encoding="utf-8"))["code"] == "BRN"
    text = squeezed(re.sub("<[^>]+>", " ", (out / "BRN.html").read_text(encoding="utf-8")))
    asked = text[text.index("How far that moves the answer") : text.index("Working week:")]
    assert asked.count(" at the low end, ") == country_page.MOST_ASKED
    assert "e_evaluation:evaluate.effort.per_valid_bid 0.54 to 1.26 (here 0.9) " in asked


@pytest.fixture
def nothing_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The half minute of simulation is left out where only files are looked at."""
    nothing = pd.DataFrame(columns=doubt.COLUMNS)
    monkeypatch.setattr(doubt, "what_matters", lambda *_, **__: nothing)


@pytest.mark.usefixtures("nothing_matters")
def test_pages_lie_side_by_side(procsim: Procsim, tmp_path: Path) -> None:
    for code in ("BRN", "KOR"):
        assert procsim("country", code, "--out", tmp_path).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["BRN.html", "KOR.html"]


@pytest.mark.usefixtures("nothing_matters")
def test_pages_are_not_overwritten_unasked(procsim: Procsim, tmp_path: Path) -> None:
    (tmp_path / "BRN.html").write_text("mine")
    told = procsim("country", "BRN", "--out", tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.strip() == f"{tmp_path / 'BRN.html'}: exists already. Name another, or add --force."
    assert (tmp_path / "BRN.html").read_text() == "mine"
    assert procsim("country", "BRN", "--out", tmp_path, "--force").code == 0
    assert (tmp_path / "BRN.html").read_text() != "mine"


def test_a_page_is_not_written_into_a_file(procsim: Procsim, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        told = procsim("country", "BRN", "--out", out)
        assert told.code == 2
        assert "nothing can be written to" in told.err


def test_help_shows_both_spellings(procsim: Procsim) -> None:
    told = procsim("country", "--help")
    assert told.code == 0
    assert "country FJI, country diff FJI PNG" in squeezed(told.out)


# -- settings of a country's numbers ---------------------------------------------------------------------------------


def wage(procsim: Procsim, *settings: str) -> str:
    options = (word for setting in settings for word in ("--set", setting))
    told = procsim("show", "BRN", "open_tender", "paper", "--only", "labour.wage", *options)
    return squeezed(told.out) if told.code == 0 else told.err


def test_the_hourly_wage_follows_what_it_is_derived_from(procsim: Procsim) -> None:
    assert "9.2308 USD -> 18.4615 USD (--set labour.midlevel" in wage(
        procsim, "labour.midlevel_monthly_wage_usd=3000 USD"
    )
    assert "labour.wage 8.6538 USD" in wage(procsim, "labour.official_hours_per_week=40 h")
    both = ("labour.midlevel_monthly_wage_usd=3000 USD", "labour.official_hours_per_week=40 h")
    assert "labour.wage 17.3077 USD" in wage(procsim, *both)


def test_an_hourly_wage_that_is_set_stays(procsim: Procsim) -> None:
    assert "labour.wage 5 USD" in wage(procsim, "labour.hourly_wage=5 USD", "labour.official_hours_per_week=40 h")


def test_a_week_without_hours(procsim: Procsim) -> None:
    told = wage(procsim, "labour.official_hours_per_week=0 h")
    assert told.strip() == "--set labour.official_hours_per_week: no hour is worked. Write more than 0 h."


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("legal.threshold.direct=500 BND", "changes nothing: open_tender does not read it. Workflows that do: office."),
        ("legal.min_bid_days.open_national=21 d", ""),
        ("labour.working_days=[mon, tue, wed, thu, fri]", ""),
        ("labour.midlevel_monthly_wage_usd=3000 USD", ""),
    ],
)
def test_a_setting_that_nothing_reads_is_remarked(procsim: Procsim, tmp_path: Path, setting: str, message: str) -> None:
    small = ("--regimes", "paper", "--replications", 1, "--out", tmp_path / "x")
    told = procsim("compare", "BRN", "--set", setting, *small)
    assert told.code == 0
    assert ("changes nothing" in told.out) is bool(message)
    assert message in told.out


def test_a_setting_of_one_policy_that_nothing_reads_is_remarked_too() -> None:
    paper = ps.load("direct_purchase", "BRN")
    electronic = ps.load("direct_purchase", "BRN", settings=["legal.price_band=0.5"]).under("electronic")
    remarks = words.remarks(ps.compare(paper, electronic, replications=1))
    assert "--set legal.price_band=0.5 changes nothing: direct_purchase" in " ".join(remarks)


@pytest.mark.parametrize("setting", ["legal.threshold.direct=500 USD", "legal.min_bid_days.quotation=9 d"])
def test_an_office_reads_what_its_parts_read(setting: str) -> None:
    assert unread(ps.load("office", settings=[setting])) == []
