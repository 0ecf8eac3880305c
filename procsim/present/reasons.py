"""Why a policy does worse than the baseline, where it does.

These sentences keep software from being praised or blamed for what staff, sittings and double work do.
"""

from __future__ import annotations

import math

from procsim.present import words
from procsim.study.experiment import Comparison

STAFF = ("waiting_queue", "waiting_closed")  # waiting in line, much of it between sittings
CAUSES = {
    "waiting_handover": "hand-overs",
    "waiting_rule": "periods fixed by rules",
    "waiting_supplier": "suppliers' own delays",
    "work": "the work itself",
}
SPANS = {"cycle_time": "request", "notice_to_contract": "notice"}
BUSY, MUCH = 0.8, 0.5  # a role that may hold the others up; days worth a word


def reasons(comparison: Comparison) -> list[str]:
    """One sentence or two for each policy that is slower than the baseline, or costs the buyer more hours."""
    lines: list[str] = []
    for policy in list(comparison.policies)[1:]:
        lines += [line for line in (_slower(comparison, policy), _more_work(comparison, policy)) if line]
    return lines


def _slower(comparison: Comparison, policy: str) -> str:
    """Where time goes, if the way from the request or from the notice to the contract has become longer."""
    longer = [span for span in SPANS if _is_longer(comparison, policy, span)]
    if not longer:
        return ""
    days = comparison.difference(policy, longer[0]).interval.mean
    said = f"{words.label(policy).capitalize()} is {days:.1f} days slower than {words.label(comparison.baseline)}"
    said += f" from {SPANS[longer[0]]} to contract"
    staff = sum(_gap(comparison, policy, name) for name in STAFF)
    others = {name: _gap(comparison, policy, name) for name in CAUSES}
    largest = max(others, key=lambda name: others[name])
    if staff < others[largest]:
        return f"{said}: {others[largest]:.1f} days more go to {CAUSES[largest]}."
    bids = _bids(comparison, policy)
    return f"{said}: cases wait longer for staff{_busiest(comparison, policy)}{bids and f'; {bids}'}."


def _is_longer(comparison: Comparison, policy: str, span: str) -> bool:
    gap = comparison.difference(policy, span).interval
    return gap.mean > MUCH and gap.low > 0


def _gap(comparison: Comparison, policy: str, name: str) -> float:
    mean = comparison.difference(policy, name).interval.mean
    return 0.0 if math.isnan(mean) else mean


def _busiest(comparison: Comparison, policy: str) -> str:
    """Which role is busiest, if any is busy enough to hold cases up."""
    roles = [name for name in comparison.names() if name.startswith("utilisation.")]
    share = {name: comparison.interval(policy, name).mean for name in roles}
    if not share or max(share.values()) < BUSY:
        return ""
    name = max(share, key=lambda role: share[role])
    before = comparison.interval(comparison.baseline, name).mean
    role = name.split(".", 1)[1].replace("_", " ")
    return f", above all for the role {role}, busy {share[name]:.0%} of its time against {before:.0%}"


def _bids(comparison: Comparison, policy: str) -> str:
    """Whether more bids meet the same people."""
    if "bids" not in comparison.names() or comparison.difference(policy, "bids").interval.low <= 0:
        return ""
    before, after = comparison.interval(comparison.baseline, "bids").mean, comparison.interval(policy, "bids").mean
    return f"{after:.1f} bids instead of {before:.1f} meet the same people"


def _more_work(comparison: Comparison, policy: str) -> str:
    gap = comparison.difference(policy, "buyer_hours").interval
    variants = comparison.policies[policy].variants
    if math.isnan(gap.mean) or gap.low <= 0:
        return ""
    said = f"{words.label(policy).capitalize()} costs the buyer {gap.mean:.1f} hours more a case"
    if len(variants) > 1:
        share = max(float(variant.share) for variant in variants[1:])
        return (
            f"{said}: paper goes on beside the new way (double running) for the {share:.0%} of cases that use it, "
            "until all of them do."
        )
    bids = _bids(comparison, policy)
    return f"{said}{bids and f': {bids}'}."
