"""The page of a country opens without a network and says whose word each number is; its JSON says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packs import BID_DAYS, number, value, write_pack
from webpage import Page, assert_nothing_is_fetched

from procsim.present import country_page, country_words
from procsim.present.doubts import Swing
from procsim.procurement.library import shipped
from procsim.procurement.profiles import PROFILES
from procsim.procurement.sheet import Sheet, read_peers, read_sheets

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def read(code: str, models: Path, *profiles: str) -> tuple[list[Sheet], list[list[Sheet]]]:
    folders = [models, shipped()]
    sheets = read_sheets(code, profiles or PROFILES, folders)
    return sheets, read_peers(sheets, folders)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samoa with a bidding period far from those of five others, and a law whose source is no web page."""
    folder = tmp_path_factory.mktemp("models")
    for code, days in {"AAA": 7, "BBB": 10, "CCC": 14, "DDD": 21, "EEE": 30}.items():
        block = number("day", {"2000-01-01": days})
        write_pack(folder, code, legal__min_bid_days__open_national=block)
    sources = [{"title": "Act 5", "href": "javascript:alert(3)"}, {"title": "Act 6", "href": "https://example.org/6"}]
    return write_pack(
        folder,
        "WSM",
        "name: Samoa, currency: WST, within: pacific",
        more="holidays: {also: {2006-12-25: Christmas Day}}\n",
        legal__min_bid_days__open_national=number("day", {"2004-03-01": 99, "2015-01-01": 28}),
        legal__law=number("text", {"2003-01-01": value("Act 5 & 6", reference=sources)}),
        legal__standstill_days="missing: no such rule in the Act",
    )


@pytest.fixture(scope="module")
def html(models: Path) -> str:
    return country_page.html(*read("WSM", models))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_nothing_is_fetched(html: str) -> None:
    assert_nothing_is_fetched(html)


def test_it_says_a_number_with_its_papers_for_both_years(page: Page) -> None:
    assert "Minimum bidding period, open tender legal.min_bid_days.open_national 99 days" in page.text
    assert "S high, from 1 Mar 2004 Act 5" in page.text
    assert "28 days S high, from 2015 Act 5" in page.text
    assert "Procurement law in force legal.law describes only; no simulation reads it Act 5 & 6" in page.text


def test_sources_are_links_if_they_are_web_pages(page: Page) -> None:
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a" and attributes["href"]}
    assert "https://example.org/6" in links
    assert all(re.match("https?://|#", str(link)) for link in links)
    assert "Act 5, javascript:alert(3)" in page.text


def test_the_sections_of_the_menu_exist(page: Page) -> None:
    ids = {attributes.get("id") for _, attributes in page.tags}
    menu = [str(a["href"]) for tag, a in page.tags if tag == "a" and str(a["href"]).startswith("#")]
    assert {"#calendar", "#legal", "#beside", "#missing", "#assumed", "#change"} <= set(menu)
    assert [link for link in menu if link[1:] not in ids] == []


def test_what_is_not_its_own_says_so_with_the_reason(page: Page) -> None:
    assert "0 days the default's, not the country's own no such rule in the Act J low" in page.text


def test_a_number_far_from_its_group_is_remarked_and_drawn(page: Page) -> None:
    assert re.search(
        r"Minimum bidding period, open tender, 2006: 99 days, far from its group: \d+ to \d+ days, median", page.text
    )
    assert "Minimum bidding period, open tender, today (2025): 28 days, far" not in page.text
    drawn = [a["aria-label"] or "" for tag, a in page.tags if tag == "svg" and a.get("role") == "img"]
    assert any(
        label.startswith("Minimum bidding period, open tender, 2006: Samoa 99 days; others 7 to ") for label in drawn
    )
    assert all(label for label in drawn)


def test_it_lists_what_is_missing_and_assumed(page: Page) -> None:
    missing, assumed = page.text.index("What is missing"), page.text.index("The assumptions it rests on")
    assert page.text.index("Population", missing) < assumed
    assert page.text.index("Outages of the portal a year", assumed) < page.text.index("Change a number and see")


def test_the_calendar_names_holidays(page: Page) -> None:
    assert "Working week: Mon, Tue, Wed, Thu, Fri. 259 working days; 1 holiday, 1 on a working day." in page.text
    assert "Mon 25 Dec Christmas Day yes" in page.text
    assert "no holiday is known for 2025: list them under 'also' in calendar.yaml" in page.text


def test_what_to_ask_for_comes_first_if_it_is_given(models: Path, page: Page) -> None:
    ask = Swing(BID_DAYS, "Bidding period", "14 d", "7 d to 42 d", "-5.0", "+12.0", "", "unstable at the high end")
    asked = Page(country_page.html(*read("WSM", models), asks=[ask]))
    assert "What to ask the ministry for first" not in page.text
    assert "The numbers that move one answer most, for today (2025): how many days" in asked.text
    first = asked.text.index("It may lie between How far that moves the answer")
    assert first < asked.text.index("Working week:")
    moves = "5.0 days more saved at the low end, 12.0 days fewer saved at the high end; unstable at the high end"
    assert f"Bidding period {BID_DAYS} 7 d to 42 d (here 14 d) {moves}" in asked.text


def test_it_is_in_english_and_tables_have_heads(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.tags
    assert sum(tag == "table" for tag, _ in page.tags) == sum(tag == "thead" for tag, _ in page.tags) >= 5


def test_it_does_not_name_the_others(page: Page) -> None:
    assert "Bbbland" not in page.text


def test_one_year_alone(models: Path) -> None:
    text = Page(country_page.html(*read("WSM", models, "programme_2006"))).text
    assert ("Today" in text, "99 days" in text) == (False, True)


def test_markup_in_a_pack_stays_text(tmp_path: Path) -> None:
    block = number("text", {"2003-01-01": value("Act", reference=[{"title": EVIL, "locator": EVIL}])})
    models = write_pack(tmp_path, "WSM", f"name: '{EVIL}', currency: WST", legal__law=block)
    html = country_page.html(*read("WSM", models))
    page = Page(html)
    assert "<script>alert" not in html
    assert EVIL in page.text
    assert "img" not in [tag for tag, _ in page.tags]
    assert "onerror" not in [name for _, attributes in page.tags for name in attributes]


def test_json_says_the_same(models: Path) -> None:
    found = country_page.to_json(*read("WSM", models))
    assert (found["code"], found["within"], list(found["profiles"])) == ("WSM", ["Pacific islands"], list(PROFILES))
    then = found["profiles"]["programme_2006"]
    days = then["numbers"][BID_DAYS]
    assert (days["value"], days["since"], days["owner"], days["grade"]) == ("99 d", "2004-03-01", "own", "S")
    assert days["remark"].startswith("far from its group")
    assert then["numbers"]["legal.standstill_days"]["reason"] == "no such rule in the Act"
    assert then["numbers"]["ict.egdi"]["value"] is None
    assert then["calendar"]["holidays"] == {"2006-12-25": "Christmas Day"}
    assert sum(then["counts"].values()) == len(then["numbers"])


AMOUNTS = [
    ("day", {"2000-01-01": 1}, "1 day"),
    ("working-day", {"2000-01-01": 5}, "5 working days"),
    ("hour", {"2000-01-01": 37.5}, "37.5 hours"),
    ("count", {"2000-01-01": 12000}, "12,000"),
    ("currency-WST", {"2000-01-01": 1700}, "WST 1,700 (about USD 1,000)"),
    ("currency-USD", {"2000-01-01": 4500000}, "USD 4.5 million"),
    ("weekday-set", {"2000-01-01": ["sun", "mon"]}, "Sun, Mon"),
    ("year", {"2000-01-01": 2004}, "2004"),
]
NAMED = {
    "hour": "labour.official_hours_per_week",
    "count": "legal.tender_board_quorum",
    "currency-WST": "legal.threshold.direct",
    "currency-USD": "macro.gdp_usd",
    "weekday-set": "labour.working_days",
    "year": "egp.launch_year",
}


@pytest.mark.parametrize(("unit", "values", "words"), AMOUNTS, ids=[unit for unit, *_ in AMOUNTS])
def test_values_in_words(tmp_path: Path, unit: str, values: dict[str, object], words: str) -> None:
    name = NAMED.get(unit, BID_DAYS)
    rate = number("/1", {"2006-01-01": 1.7})
    numbers = {name.replace(".", "__"): number(unit, values), "macro__exchange_rate": rate}
    (sheet,), _ = read("WSM", write_pack(tmp_path, "WSM", "name: Samoa, currency: WST", **numbers), "programme_2006")
    assert country_words.value(sheet.entries[name], sheet) == words


def test_a_board_in_words() -> None:
    (brunei,) = read_sheets("BRN", ["programme_2006"], [shipped()])
    said = country_words.value(brunei.entries["legal.tender_board_sitting"], brunei)
    assert said == "Mon 08:30-11:30, 13:45-16:00; on a holiday, the next working day"
