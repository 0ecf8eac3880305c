"""The outcomes of one replication: what the cohort's cases took, and what the office was busy with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from procsim.engine.totals import CAUSES, Totals
from procsim.procurement.country import EXCHANGE_RATE
from procsim.procurement.parameters import DAY, YEAR, Quantity
from procsim.procurement.workflow import Workflow
from procsim.study.columns import Values, days_between, known, share, where
from procsim.study.governance import governance

HOUR = 3600
FULL = 0.97  # a role busier than this over the cohort's time is treated as full: its queue has no mean


@dataclass(frozen=True, eq=False)
class Bill:
    """What a replication's cases cost, in USD: bids a case and the cost of one, the buyer's hour, and each contract.

    `contracts` are the prices by case, NaN where none was signed. `years` is the cohort's time.
    """

    bids: float = 0.0
    bid: float = 0.0
    wage: float = 0.0
    contracts: Values = field(default_factory=lambda: np.zeros(0))
    years: float = 1.0


@dataclass(frozen=True, eq=False)
class Measures:
    """The outcomes of one replication: by case (NaN where a case has none), and of the office.

    `case` numbers the cohort's cases, the same under every regime. `open` counts those not ended at the horizon;
    `unstable` names what makes the answer depend on the horizon, if anything does. `stages` are the mean days by stage
    and cause, from request to contract. From the `bill` the savings are told against another regime.
    """

    case: NDArray[np.int64]
    by_case: dict[str, Values]
    office: dict[str, float]
    stages: dict[str, dict[str, float]]
    open: int
    unstable: tuple[str, ...]
    bill: Bill = field(default_factory=Bill)


def measure(totals: Totals, workflow: Workflow) -> Measures:
    """All outcomes of a replication's cohort; of bids, deadlines and complaints where the workflow knows of any."""
    cost_of_bids = bidding_cost(totals, workflow)
    by_case = {**_times(totals), **_waits(totals), **_labour(totals, workflow)}
    if totals.plan.markets:
        by_case |= _competition(totals)
    by_case |= _cost(workflow, by_case["buyer_hours"], cost_of_bids)
    of_cases, of_office = governance(totals, workflow)
    by_case |= of_cases
    by_case |= _by_part(totals, by_case)
    office = {**_office(totals, workflow), **of_office}
    return Measures(
        case=totals.case,
        by_case=by_case,
        office=office,
        stages=_stages(totals),
        open=int(np.sum(~totals.ended)),
        unstable=_unstable(totals, office),
        bill=_bill(totals, workflow, by_case.get("price_to_estimate", np.nan), cost_of_bids),
    )


def _times(totals: Totals) -> dict[str, Values]:
    contract, payment = totals.milestone("contract"), totals.milestone("payment")
    return {
        "cycle_time": days_between(totals.arrival, contract),
        "notice_to_contract": days_between(totals.milestone("notice"), contract),
        "invoice_to_payment": days_between(totals.milestone("invoice"), payment),
    }


def _waits(totals: Totals) -> dict[str, Values]:
    days = totals.waits.T / DAY
    np.copyto(days, np.nan, where=~totals.signed)
    order = ("queue", "closed", "rule", "supplier", "handover", "work")
    return {cause if cause == "work" else f"waiting_{cause}": days[CAUSES.index(cause)] for cause in order}


def _labour(totals: Totals, workflow: Workflow) -> dict[str, Values]:
    roles = enumerate(workflow.spec.roles.items())
    buyer = {role: index for index, (role, block) in roles if block.party == "buyer"}
    seconds = totals.labour.T[list(buyer.values())]
    bidder, all_bids = totals.outcome["bidder_seconds"] / HOUR, totals.outcome["all_bids"]
    result = {"buyer_hours": seconds.sum(axis=0) / HOUR}
    result |= zip((f"buyer_hours.{role}" for role in buyer), seconds / HOUR, strict=True)
    result |= {"bidder_hours": bidder, "hours_per_bid": share(bidder, all_bids)}
    return where(totals.ended, result)


def _competition(totals: Totals) -> dict[str, Values]:
    bids, rounds, price = (totals.outcome[name] for name in ("bids", "rounds", "price"))
    ended = totals.ended
    drew = ended & (bids > 0)
    return {
        "bids": np.where(drew, bids, np.nan),
        "single_bid_share": np.where(drew, bids == 1, np.nan),
        "retender_share": np.where(ended & (rounds > 0), rounds > 1, np.nan),
        "price_to_estimate": np.where(totals.signed & (price >= 0), price / 1e6, np.nan),
    }


def _cost(workflow: Workflow, buyer_hours: Values, cost_of_bids: Values) -> dict[str, Values]:
    if workflow.spec.labour is None:
        return {}
    cost = buyer_hours * buyers_wage(workflow) + cost_of_bids
    rate = float(Quantity.parse(workflow.country.parameter(EXCHANGE_RATE).value).amount)
    return {"administrative_cost": cost, "administrative_cost_local": cost * rate}


def buyers_wage(workflow: Workflow) -> float:
    """What an hour of the buyer's people costs, in USD; 0 where the workflow knows no wage.

    >>> from procsim import load
    >>> buyers_wage(load("open_tender", "BRN"))
    9.2308
    """
    labour = workflow.spec.labour
    return float(labour.wage.amount) if labour else 0.0


def bidding_cost(totals: Totals, workflow: Workflow) -> Values:
    """What bidding cost all bidders of each case of the cohort, in USD: hours and expenses; 0 without a market."""
    if not totals.plan.markets:
        return np.zeros(len(totals.case))
    parts, markets = totals.plan.parts, workflow.spec.market
    wage = np.array([float(markets[part].wage.amount) if part in markets else 0.0 for part in parts])
    hours = totals.outcome["bidder_seconds"] / HOUR
    expenses = totals.outcome["all_bids"] * totals.plan.expenses[totals.variant, totals.part] / 100
    return np.asarray(hours * wage[totals.part] + expenses, dtype=np.float64)


def _bill(totals: Totals, workflow: Workflow, prices: Values | float, cost_of_bids: Values) -> Bill:
    bids, (first, last) = float(totals.outcome["all_bids"].sum()), totals.plan.cohort
    return Bill(
        bids=bids / max(len(totals.case), 1),
        bid=float(cost_of_bids.sum()) / bids if bids else 0.0,
        wage=buyers_wage(workflow),
        contracts=np.asarray(prices * totals.value, dtype=np.float64),
        years=max((last - first) / YEAR, 1.0),  # a list of cases counts as those of a year, however soon they come
    )


def with_savings(own: Measures, baseline: Measures) -> Measures:
    """The measures with what is saved against the baseline, in USD: by bidders a case, and by all in a year.

    Bidders: the half rule counts 0.5 (q0 + q1) (c0 - c1), bids q and cost c before and after; the official style
    q1 (c0 - c1). Buyers: their hours at the wage. Price: over the cases that got a contract under both.
    """
    before, after = baseline.bill, own.bill
    cases, hours = len(own.case) / after.years, (each.by_case["buyer_hours"] for each in (baseline, own))
    savings = {
        "saving_buyers": _fall(*hours) * after.wage / after.years,
        "saving_price": _fall(before.contracts, after.contracts) / after.years,
    }
    if before.bids and after.bids:
        gain, official = ((bids * (before.bid - after.bid)) for bids in ((before.bids + after.bids) / 2, after.bids))
        savings |= {"participants_gain": gain, "participants_gain_official": official}
        savings |= {"saving_bidders": gain * cases, "saving_bidders_official": official * cases}
    return replace(own, office=own.office | savings)


def _fall(before: Values, after: Values) -> float:
    """What a column falls by in all, over the cases that have both; 0 where both are one, as under the baseline."""
    return 0.0 if before is after else known(before - after).total


def _by_part(totals: Totals, by_case: dict[str, Values]) -> dict[str, Values]:
    """In an office: some outcomes of the cases of each method alone."""
    parts = totals.plan.parts
    return {
        f"{name}.{part}": np.where(totals.part == index, by_case[name], np.nan)
        for index, part in enumerate(parts)
        for name in ("cycle_time", "bids")
        if len(parts) > 1 and name in by_case
    }


def _office(totals: Totals, workflow: Workflow) -> dict[str, float]:
    (first, last), parts = totals.plan.cohort, totals.plan.parts
    result = {"backlog": float(totals.in_hand[0]) / max(last - first, 1)}
    if len(parts) > 1:
        number = np.bincount(totals.part, minlength=len(parts))
        result |= {f"cases.{part}": float(number[index]) for index, part in enumerate(parts)}
    for index, (role, block) in enumerate(workflow.spec.roles.items()):
        if block.heads is not None and block.party == "buyer":
            on_duty = block.heads * int(totals.plan.on_duty[index])
            result[f"utilisation.{role}"] = float(totals.busy[index]) / on_duty if on_duty else 0.0
    return result


def _unstable(totals: Totals, office: dict[str, float]) -> tuple[str, ...]:
    """What says that queues grow as long as the run lasts."""
    first, last = totals.plan.cohort
    full = tuple(
        f"{name.split('.')[1]} is busy {share:.0%} of the time"
        for name, share in office.items()
        if name.startswith("utilisation.") and share >= FULL
    )
    early, late = (float(seconds) / max((last - first) // 4, 1) for seconds in totals.in_hand[1:])
    if totals.plan.grows and late > 1.5 * early + 10:
        return (*full, f"cases in hand grow from {early:.0f} to {late:.0f} within the run")
    return full


def _stages(totals: Totals) -> dict[str, dict[str, float]]:
    """Mean days by cause for each stage, over the cohort's signed cases, from request to contract."""
    days = totals.stages.astype(float) / DAY / max(int(totals.signed.sum()), 1)
    return {
        stage: dict(zip(CAUSES, row, strict=True))
        for stage, row in zip(totals.plan.stages, days.tolist(), strict=True)
        if stage
    }
