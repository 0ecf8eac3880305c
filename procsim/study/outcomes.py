"""Outcomes: numbers computed from the totals of a replication, each with unit, direction and definition.

An outcome has a value for each case of the cohort, or one for the office as a whole. Times are days, labour is hours.
They are told in the words of the programme: efficiency, fairness (with participation), transparency, accountability.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Direction = Literal["lower", "higher", "none"]
Aim = Literal["efficiency", "fairness", "transparency", "accountability"]
AIMS: tuple[Aim, ...] = ("efficiency", "fairness", "transparency", "accountability")
SHORT_WINDOW = 10  # days; a window below it is a red flag (judgement: between the 7 and the 14 days of short notices)


@dataclass(frozen=True)
class Outcome:
    """What a number means, and which aim it speaks of.

    `direction` says which way is better; `none` where that is for the reader to judge.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    definition: str
    aim: Aim = "efficiency"


OUTCOMES = {
    outcome.name: outcome
    for outcome in (
        Outcome(
            "cycle_time", "Request to contract", "d", "lower", "From the arrival of the request to the signed contract."
        ),
        Outcome(
            "notice_to_contract",
            "Notice to contract",
            "d",
            "lower",
            "From placing the notice of the last round to the signed contract.",
        ),
        Outcome("invoice_to_payment", "Invoice to payment", "d", "lower", "From the accepted invoice to the payment."),
        Outcome(
            "waiting_queue",
            "Waiting in queues",
            "d",
            "lower",
            (
                "Somebody of the role was on duty, but busy. Summed over the tasks from request to contract, "
                "those side by side included."
            ),
        ),
        Outcome(
            "waiting_closed",
            "Waiting while closed",
            "d",
            "lower",
            (
                "Nobody of the role was on duty: nights, weekends, holidays, days between sittings, also of a case "
                "that waits in line. Summed like waiting_queue, pauses in the work included."
            ),
        ),
        Outcome(
            "waiting_rule",
            "Waiting by rule",
            "d",
            "lower",
            "Periods that rules fix, such as the bidding window and the standstill.",
        ),
        Outcome(
            "waiting_supplier",
            "Waiting for suppliers",
            "d",
            "lower",
            "Suppliers' own periods before the contract: clarifications, bonds.",
        ),
        Outcome(
            "waiting_handover",
            "Hand-over",
            "d",
            "lower",
            "In-trays, messengers, copy and agenda deadlines before a task can be taken up.",
        ),
        Outcome(
            "work",
            "Work",
            "d",
            "lower",
            "Time worked on the case from request to contract, in days of 24 hours; see buyer_hours for labour.",
        ),
        Outcome(
            "buyer_hours",
            "Buyer's labour",
            "h",
            "lower",
            "Hours of all the buyer's staff on the case, over all rounds.",
        ),
        Outcome(
            "bidder_hours",
            "Bidders' labour",
            "h",
            "lower",
            "Hours of all bidders together on the case, over all rounds, the winner's contract and payment included.",
        ),
        Outcome(
            "hours_per_bid",
            "Bidders' labour a bid",
            "h",
            "lower",
            "Bidders' hours on the case over the bids of all its rounds.",
        ),
        Outcome(
            "bids",
            "Bids",
            "count",
            "higher",
            "Bids in the last round, of cases that drew at least one.",
            "fairness",
        ),
        Outcome(
            "single_bid_share",
            "Single bid",
            "share",
            "lower",
            "Share of those cases with exactly one bid in the last round.",
            "fairness",
        ),
        Outcome(
            "retender_share", "Tendered again", "share", "lower", "Share of cases that needed more than one round."
        ),
        Outcome(
            "price_to_estimate",
            "Price as a share of the estimate",
            "share",
            "lower",
            "Contract price over the engineer's estimate.",
        ),
        Outcome(
            "administrative_cost",
            "Administrative cost",
            "USD",
            "lower",
            (
                "Hours of buyer and bidders at the country's wage, and bidders' expenses, in US dollars of the "
                "profile's year."
            ),
        ),
        Outcome(
            "administrative_cost_local",
            "Administrative cost, local",
            "local",
            "lower",
            "The same in the country's currency of the profile's year.",
        ),
        Outcome(
            "sme_share",
            "Won by SMEs",
            "share",
            "higher",
            "Share of contracts whose winner is a small or medium enterprise.",
            "fairness",
        ),
        Outcome(
            "remote_share",
            "Won from outside the region",
            "share",
            "higher",
            "Share of contracts whose winner comes from outside the buyer's region.",
            "fairness",
        ),
        Outcome(
            "repeat_winner_share",
            "Won by a repeat winner",
            "share",
            "lower",
            "Share of contracts whose winner has won one by the same method before, within the cohort.",
            "fairness",
        ),
        Outcome(
            "winner_concentration",
            "Won by the five largest",
            "share",
            "lower",
            "Share of contracts that go to the five most frequent winners of their method.",
            "fairness",
        ),
        Outcome(
            "participants_gain",
            "Bidders' gain, half rule",
            "USD",
            "higher",
            (
                "Per request, against the baseline: half of (bids before + bids after) times the fall in the cost of a "
                "bid. New bids count half, for their bidders stayed away before."
            ),
            "fairness",
        ),
        Outcome(
            "participants_gain_official",
            "Bidders' gain, official style",
            "USD",
            "higher",
            "The same with all bids after counted in full: it overstates wherever bids have grown.",
            "fairness",
        ),
        *(
            Outcome(f"saving_{of}", f"A year's saving: {title}", "USD", "higher", f"Of all cases of a year: {text}")
            for of, title, text in (
                ("bidders", "bidders' time and travel, half rule", "participants_gain."),
                ("bidders_official", "bidders' time and travel, official style", "participants_gain_official."),
                ("buyers", "buyers' time", "the buyer's hours at the country's wage, less than under the baseline."),
                ("price", "price", "contracts cheaper than under the baseline, where both led to one."),
            )
        ),
        Outcome(
            "recorded_share",
            "Steps on record",
            "share",
            "higher",
            "Share of the case's tasks and periods that leave an electronic record.",
            "transparency",
        ),
        Outcome(
            "notice_days",
            "Days to bid",
            "d",
            "higher",
            "Length of the last bidding window, an extension after an outage included.",
            "transparency",
        ),
        Outcome(
            "published_share",
            "Value published",
            "share",
            "higher",
            "Share of the value of all ended cases that was announced by a public notice.",
            "transparency",
        ),
        Outcome(
            "deadlines_met",
            "Statutory deadlines met",
            "share",
            "higher",
            "Share of the periods set by law for the buyer that were kept, of those that ran to their end.",
            "accountability",
        ),
        Outcome(
            "complaint_share",
            "Tenders complained of",
            "share",
            "none",
            "Share of tenders with bids and a way to complain in which at least one complaint came.",
            "accountability",
        ),
        Outcome(
            "complaints_upheld",
            "Complaints upheld",
            "share",
            "none",
            "Share of those tenders in which a complaint was upheld.",
            "accountability",
        ),
        Outcome(
            "complaint_days",
            "Days to decide a complaint",
            "d",
            "lower",
            "From the last complaint of a case to its decision.",
            "accountability",
        ),
        Outcome(
            "red_flag_share",
            "Red flags",
            "share",
            "lower",
            (
                f"Share of cases with a single bid, less than {SHORT_WINDOW} days to bid, or a limited or direct "
                "method. A flag is a reason to look, no more."
            ),
            "accountability",
        ),
        Outcome(
            "deadlines_moved",
            "Deadlines moved by outages",
            "count",
            "lower",
            "Bidding deadlines of the case that fell into an outage of the portal and were moved.",
            "accountability",
        ),
        Outcome(
            "help_desk_calls",
            "Calls to the help desk",
            "count",
            "lower",
            (
                "Calls of bidders on the portal about the case: the country's calls a bid, and one of each bidder "
                "whose deadline was moved."
            ),
        ),
        Outcome("backlog", "Cases in hand", "count", "lower", "Mean number of open cases over the cohort's time."),
    )
}


@cache
def outcome(name: str) -> Outcome:
    """The definition behind an identifier; some exist for every role (`utilisation.ROLE`, `buyer_hours.ROLE`), and in
    an office for every method (`cycle_time.PART`, `bids.PART`, `cases.PART`).

    >>> outcome("utilisation.evaluator").unit, outcome("cases.quotation").unit
    ('share', 'count')
    """
    if name in OUTCOMES:
        return OUTCOMES[name]
    kind, of = name.split(".", 1)
    words = of.replace("_", " ")
    if kind == "utilisation":
        text = "Hours worked over hours on duty of all its people, over the cohort's time."
        return Outcome(name, f"Busy: {words}", "share", "none", text)
    if kind == "buyer_hours":
        return Outcome(name, f"Labour: {words}", "h", "lower", "Hours of this role on the case, of buyer_hours.")
    if kind == "cases":
        return Outcome(name, f"Cases: {words}", "count", "none", "Cases of the cohort that go by this method.")
    same = OUTCOMES[kind]
    return Outcome(
        name, f"{same.title}: {words}", same.unit, same.direction, f"{same.definition} Of this method.", same.aim
    )
