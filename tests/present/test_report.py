"""The report opens without a network, says what the comparison says, and lets no markup in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from webpage import Page, assert_nothing_is_fetched

from procsim.engine import totals
from procsim.engine.eventlog import EventLog
from procsim.present import report, story, words
from procsim.study.experiment import Comparison

NOTES = {
    "judgements": ["draft_documents.effort = 32 h"],
    "fallbacks": ["labour.hourly_wage from the default country"],
    "manifest": {"procsim": "0.1.0", "packages": {"simpy": "4.1.1"}, "seed": 1},
}


@pytest.fixture(scope="module")
def html(comparison: Comparison, logs: dict[str, EventLog]) -> str:
    return report.html(comparison, logs, NOTES)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_nothing_is_fetched(html: str) -> None:
    assert_nothing_is_fetched(html)


def test_it_says_the_headline_and_names_every_policy(page: Page, comparison: Comparison) -> None:
    assert words.headline(comparison) in page.text
    for policy in comparison.policies:
        assert words.label(policy) in page.text


def test_it_says_at_once_on_how_many_judgements_and_borrowed_numbers_it_rests(page: Page) -> None:
    said = "they rest on 1 judgements and on 1 numbers borrowed"
    assert page.text.index("on paper") < page.text.index(said) < page.text.index("Stage by stage")


def test_it_has_all_its_parts_in_order(page: Page) -> None:
    headings = ["stages", "answer", "bidders", "chance", "story", "labour", "changes", "rests"]
    assert [attributes["id"] for tag, attributes in page.tags if tag == "h2"] == headings


def test_it_shows_means_with_intervals_and_differences_as_words_do(page: Page, comparison: Comparison) -> None:
    for name in ("cycle_time", "buyer_hours", "single_bid_share"):
        unit = comparison.unit(name)
        for policy in list(comparison.policies)[1:]:
            assert words.within(comparison.interval(policy, name), unit) in page.text
            assert words.change(comparison.difference(policy, name), unit) in page.text
    assert words.ERROR_NOTE in page.text
    assert words.TWENTY_NOTE in page.text


def test_it_lists_what_it_rests_on_and_how_to_get_it_again(page: Page) -> None:
    for line in (*NOTES["judgements"], *NOTES["fallbacks"], "simpy 4.1.1", "Seed 1"):
        assert line in page.text


def test_it_is_in_english_and_tables_have_heads(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.tags
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables == sum(tag == "thead" for tag, _ in page.tags) >= 6


def test_a_stable_answer_has_no_warning(page: Page) -> None:
    assert not [attributes for _, attributes in page.tags if attributes.get("class") == "warning"]


def test_open_cases_and_growing_queues_are_said_before_the_table(
    comparison: Comparison, logs: dict[str, EventLog]
) -> None:
    full = ("evaluator is busy 100% of the time",)
    runs = [{**run, "paper": replace(run["paper"], open=5, unstable=full)} for run in comparison.runs]
    unsafe = replace(comparison, runs=runs)
    text = Page(report.html(unsafe, logs, NOTES)).text
    assert text.index("evaluator is busy 100% of the time") < text.index("The answer in numbers")
    assert "10 cases under paper had not ended" in text


def test_markup_in_names_and_notes_stays_text(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    base = comparison.policies["paper"]
    policies = {evil: replace(base, spec=base.spec.model_copy(update={"title": evil}))}
    policies |= {name: workflow for name, workflow in comparison.policies.items() if name != "paper"}
    runs = [dict(zip(policies, run.values(), strict=True)) for run in comparison.runs]
    bad = replace(comparison, policies=policies, runs=runs)
    told = {new: logs[old] for new, old in zip(policies, comparison.policies, strict=True)}
    text = report.html(bad, told, {"judgements": [evil], "fallbacks": [evil], "manifest": {evil: evil}})
    assert "<script>alert" not in text
    page = Page(text)
    assert evil in page.text
    assert "img" not in [tag for tag, _ in page.tags]
    assert "onerror" not in [name for _, attributes in page.tags for name in attributes]


def test_the_story_has_each_step_of_each_policy_once(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    case = story.typical_case(logs, comparison)
    told = story.case_story(logs, case)
    for policy, log in logs.items():
        rows = log.events["case"] == case
        assert told[policy, "day"].notna().sum() == rows.sum()
        assert told[policy, "worked"].sum() == pytest.approx(log.events["worked"][rows].sum() / 3600, abs=2)
    assert told.index.is_unique


def test_the_story_speaks_the_titles_of_the_workflow(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    case = story.typical_case(logs, comparison)
    told = story.case_story(logs, case, comparison.policies["paper"])
    assert told.index[0] == "Describe the need and request the purchase"
    assert "Draft documents" in story.case_story(logs, case).index


def test_a_step_that_a_policy_lacks_is_empty(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    told = story.case_story(logs, story.typical_case(logs, comparison))
    removed = told.loc["Legal opinion", "electronic_reformed"]
    assert removed["start"] == removed["end"] == ""
    assert removed[["day", "waited", "worked"]].isna().all()


def test_the_typical_case_is_near_the_middle_and_complete(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    case = story.typical_case(logs, comparison)
    days = comparison.runs[0]["paper"].days
    chosen = days[totals.of(logs["paper"]).case == case][0]
    assert abs(chosen - np.nanmedian(days)) < np.nanstd(days) / 4
    assert all(log.case_table()["final_status"][case] == "complete" for log in logs.values())


def test_without_a_complete_case_there_is_no_story(comparison: Comparison, logs: dict[str, EventLog]) -> None:
    none = {
        policy: replace(log, outcome={**log.outcome, "final_status": np.full_like(log.outcome["final_status"], 3)})
        for policy, log in logs.items()
    }
    with pytest.raises(ValueError, match="no case is complete under every policy"):
        story.typical_case(none, comparison)
    assert "there is none to tell" in Page(report.html(comparison, none, NOTES)).text


def test_a_case_in_no_log_is_refused(logs: dict[str, EventLog]) -> None:
    with pytest.raises(KeyError, match="case 999999 is in none of the logs"):
        story.case_story(logs, 999_999)
