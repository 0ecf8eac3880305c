"""The sentences and number formats that every screen shares: terminal, report and notebook say the same thing."""

from __future__ import annotations

import math
from collections import Counter

from procsim.engine.listing import unused_values
from procsim.procurement.caselist import summary
from procsim.procurement.settings import readers, unread
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison, Difference, Interval
from procsim.study.outcomes import outcome

SMALL = 0.05  # a difference of less than this share of the baseline is "about the same"

PLAIN = {
    "paper": "on paper",
    "hybrid": "with paper and portal side by side",
    "electronic": "electronically under the same rules",
    "electronic_reformed": "electronically with the rules changed too",
}
LABELS = {"electronic_reformed": "electronic, rules changed"}

ERROR_NOTE = (
    "The ranges in brackets are 95 % intervals. They cover simulation error only: what would change with other luck. "
    "They say nothing about doubt over the numbers that the model was given."
)
TWENTY_NOTE = (
    "The 20 are single cases in pairs: the same request, with the same luck, under both policies. "
    "“17 in 20” says that 17 of 20 such cases do better than their twin. It says nothing about yearly averages."
)


def number(value: float, unit: str) -> str:
    """A value as people read it: days and hours to one digit, shares in per cent, money in whole units.

    >>> number(88.34, "d"), number(0.1849, "share"), number(12345.6, "USD of 2006"), number(-0.01, "d")
    ('88.3', '18.5 %', '12,346', '0.0')
    """
    if math.isnan(value):
        return "-"
    text = _digits(value, unit)
    return text.removeprefix("-") if is_zero(text) else text


def is_zero(text: str) -> bool:
    """Whether a number reads as zero, sign and unit apart.

    >>> is_zero("-0.0 %"), is_zero("0.05")
    (True, False)
    """
    return not any(digit in text for digit in "123456789")


def _digits(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "points":
        return f"{100 * value:.1f}"
    if unit in ("d", "h"):
        return f"{value:,.1f}"
    return f"{value:.2f}" if unit == "count" else f"{value:,.0f}"


def within(interval: Interval, unit: str, sign: str = "") -> str:
    """A mean with its interval; without one where there is a single replication.

    >>> within(Interval(88.34, 87.12, 89.53), "d"), within(Interval(3.0, math.nan, math.nan), "h", "+")
    ('88.3 [87.1, 89.5]', '+3.0')
    """
    mean, low, high = (_signed(value, unit, sign) for value in (interval.mean, interval.low, interval.high))
    return mean if math.isnan(interval.low) else f"{mean} [{low}, {high}]"


def change(difference: Difference, unit: str) -> str:
    """A difference with its sign and interval, or `no difference` where every pair ties; of shares, in points.

    >>> change(Difference(Interval(-0.069, -0.077, -0.061), 1.0, False, 100, 0), "share")
    '-6.9 points [-7.7, -6.1]'
    """
    if difference.ties:
        return "no difference"
    mean, bracket, ends = within(difference.interval, _of_a_difference(unit), "+").partition(" [")
    return f"{_in_points(mean, unit)}{bracket}{ends}"


def signed(value: float, unit: str) -> str:
    """A single difference with its sign; of shares, in points.

    >>> signed(1.26, "d"), signed(-0.021, "share")
    ('+1.3', '-2.1 points')
    """
    return _in_points(_signed(value, _of_a_difference(unit), "+"), unit)


def _of_a_difference(unit: str) -> str:
    """Shares differ by percentage points: 5 % less than 20 % might be 19 % or 15 %."""
    return "points" if unit == "share" else unit


def _in_points(text: str, unit: str) -> str:
    return f"{text} points" if unit == "share" and text != "-" else text


def _signed(value: float, unit: str, sign: str) -> str:
    text = number(value, unit)
    return f"{sign if value > 0 and not is_zero(text) else ''}{text}"


def in_twenty(difference: Difference) -> str:
    """How often one case does better than its twin under the baseline, as a count that can be said aloud.

    >>> gap = Interval(-3.0, -4.0, -2.0)
    >>> in_twenty(Difference(gap, 16.8, False, 100, 0)), in_twenty(Difference(gap, 19.9, False, 100, 0))
    ('17 in 20', 'more than 19 in 20')
    """
    share = difference.better_in_20
    if difference.ties or math.isnan(share):
        return "no difference" if difference.ties else ""
    if share > 19:
        return "more than 19 in 20"
    return "fewer than 1 in 20" if share < 1 else f"{round(share)} in 20"


def headline(comparison: Comparison) -> str:
    """The answer in two or three sentences: days, whose hours, bidders and price, under each policy."""
    return " ".join(sentences(comparison))


def sentences(comparison: Comparison) -> list[str]:
    """The sentences of the headline: first the days under every policy, then each policy's other effects."""
    base = comparison.baseline
    country = comparison.policies[base].country
    title = comparison.policies[base].spec.title or comparison.policies[base].name
    others = [policy for policy in comparison.policies if policy != base]
    days = f"{_days(comparison, base)} from request to contract {under(comparison, base)}"
    days += "".join(f", {_days(comparison, policy)} {under(comparison, policy)}" for policy in others)
    return [
        f"{country.name}, {country.year}. {title}: {days}.",
        *(told for policy in others if (told := _effects(comparison, policy))),
    ]


def plain(policy: str) -> str:
    """A policy in plain words.

    >>> plain("paper"), plain("paper_weekly")
    ('on paper', 'under paper_weekly')
    """
    return PLAIN.get(policy, f"under {policy}")


def under(comparison: Comparison, policy: str) -> str:
    """A policy in plain words, which promise nothing of rules that the user has set for it alone."""
    own = _settings(comparison.policies[policy]) - _settings(comparison.policies[comparison.baseline])
    return f"under {policy} with settings of its own" if own and policy in PLAIN else plain(policy)


def _settings(workflow: Workflow) -> set[str]:
    """The user's settings that reach a regime."""
    return {each.text for each in workflow.base.settings if each.regime in (None, workflow.regime)}


def label(policy: str) -> str:
    """A policy's name for tables and pictures.

    >>> label("electronic_reformed")
    'electronic, rules changed'
    """
    return LABELS.get(policy, policy.replace("_", " "))


def twenty(comparison: Comparison, policy: str, name: str) -> str:
    """How often a single case does better than its twin, as a sentence; empty where nothing is better or worse."""
    difference = comparison.difference(policy, name)
    if difference.ties:
        return f"{label(policy).capitalize()}: no difference from {label(comparison.baseline)} in any case."
    if not in_twenty(difference):
        return ""
    better = {"lower": "fewer", "higher": "more"}[outcome(name).direction]
    measure = {"d": "days", "h": "hours", "count": ""}.get(outcome(name).unit, "")
    gain = f"takes {better} {measure}" if measure else "does better"
    often = in_twenty(difference)
    than = f"{gain} {under(comparison, policy)} than {under(comparison, comparison.baseline)}"
    return f"{often[0].upper()}{often[1:]}: so often the same case {than}."


def warnings(comparison: Comparison) -> list[str]:
    """What must be read before the answer: growing queues, cases that never ended."""
    lines = [
        f"Unstable under {label(policy)}: the answer depends on the horizon, for {'; '.join(reasons)}."
        for policy, reasons in comparison.unstable().items()
    ]
    lines += [
        f"{number} cases under {label(policy)} had not ended at the horizon; they are not in the means."
        for policy, number in comparison.open_cases().items()
        if number
    ]
    return lines


def remarks(comparison: Comparison) -> list[str]:
    """What qualifies the answer: cases with a contract under one policy only, reforms that do not apply."""
    base = comparison.baseline
    others = [policy for policy in comparison.policies if policy != base]
    pairs = {policy: comparison.difference(policy, "cycle_time") for policy in others}
    lines = [
        f"{pair.left_out} of {pair.paired + pair.left_out} cases got a contract either {under(comparison, base)} or "
        f"{under(comparison, policy)}, not both: they are left out of the difference in days."
        for policy, pair in pairs.items()
        if pair.left_out
    ]
    return (
        _of_caseload(comparison)
        + _without_effect(comparison)
        + lines
        + [
            f"Under {label(policy)}, not applicable to {workflow.name}: {', '.join(workflow.not_applicable)}."
            for policy, workflow in comparison.policies.items()
            if workflow.not_applicable
        ]
    )


def _without_effect(comparison: Comparison) -> list[str]:
    """Settings of the country's numbers that no policy with them reads, and the workflows that would."""
    policies = list(comparison.policies.values())
    idle = [unread(policy) for policy in policies]
    lines = []
    for setting in dict.fromkeys(setting for found in idle for setting in found):
        if all(setting in found or setting not in p.base.settings for p, found in zip(policies, idle, strict=True)):
            others = ", ".join(readers(setting.path, policies[0].base.folders)) or "none"
            what = f"{policies[0].name} does not read it. Workflows that do: {others}"
            lines.append(f"{setting.place} changes nothing: {what}.")
    return lines


def _of_caseload(comparison: Comparison) -> list[str]:
    """What real cases were simulated, and what of the data could not be used."""
    workflow = comparison.policies[comparison.baseline]
    cases = workflow.base.cases
    if cases is None:
        return []
    unused = unused_values(cases, workflow)
    lines = [f"Real cases. {line}" for line in summary(cases).splitlines()] + ([unused] if unused else [])
    others = sum(code not in ("", workflow.spec.method) for code in cases.method)
    if others and not workflow.spec.parts:
        lines.append(
            f"{others} of them are of another method than {workflow.name}, through which all go; see 'office'."
        )
    country = workflow.country
    return [*lines, f"They are worked by the law and wages of the profile {country.profile} ({country.year})."]


def judged(comparison: Comparison) -> list[tuple[int, str]]:
    """How many numbers of judgement rest on each source, most first; a reform adds its source to what it scales."""
    ledgers = (workflow.ledger.items() for workflow in comparison.policies.values())
    found = {(path, str(p.value)): p.source for ledger in ledgers for path, p in ledger if p.grade == "J"}
    sources = Counter(source for joined in found.values() for source in joined.split(" + "))
    return [(number, source) for source, number in sources.most_common()]


def unit(name: str) -> str:
    """A unit written out, for the head of a column.

    >>> unit("d"), unit("share"), unit("USD of 2006")
    ('days', '%', 'USD of 2006')
    """
    return {"d": "days", "h": "hours", "share": "%", "count": "number"}.get(name, name)


def _days(comparison: Comparison, policy: str) -> str:
    days = comparison.interval(policy, "cycle_time").mean
    if math.isnan(days):
        return "no contract"
    gap = comparison.difference(policy, "cycle_time").interval
    unclear = policy != comparison.baseline and gap.low <= 0 <= gap.high and gap.low < gap.high
    return f"{days:.0f} days{' (not clearly different)' if unclear else ''}"


def _effects(comparison: Comparison, policy: str) -> str:
    """What a policy does to hours, bidders and price, each against the baseline."""
    together = comparison.policies[policy].spec.parts
    texts = [
        _moved(comparison, policy, "buyer_hours", "the buyer's hours"),
        _moved(comparison, policy, "bidder_hours", "all bidders' hours"),
        _moved(comparison, policy, "bids", "bids, over all methods," if together else "bids"),
        _moved(comparison, policy, "price_to_estimate", "the price as a share of the estimate"),
    ]
    words = ", ".join(text for text in texts if text)
    which = under(comparison, policy)
    return f"{which[0].upper()}{which[1:]}: {words}." if words else ""


def _moved(comparison: Comparison, policy: str, name: str, words: str) -> str:
    if name not in comparison.names():
        return ""
    base, own = comparison.interval(comparison.baseline, name).mean, comparison.interval(policy, name).mean
    unit = outcome(name).unit
    gap = comparison.difference(policy, name).interval
    if (abs(own - base) < SMALL * abs(base) and unit != "share") or number(base, unit) == number(own, unit):
        return f"{words} about the same ({number(own, unit)})"
    if not math.isnan(gap.low) and gap.low <= 0 <= gap.high:
        return f"{words} not clearly different ({number(base, unit)} and {number(own, unit)})"
    return f"{words} {number(base, unit)} to {number(own, unit)}"
