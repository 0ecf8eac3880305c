"""The outcomes of one replication: what the cohort's cases took, and what the office was busy with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from procsim.engine.eventlog import EventLog
from procsim.engine.plan import OPEN
from procsim.procurement.parameters import DAY, Quantity
from procsim.procurement.schema import Timer
from procsim.procurement.workflow import Workflow
from procsim.study.governance import governance
from procsim.study.rows import Rows, Values

HOUR = 3600
FULL = 0.97  # a role busier than this over the cohort's time is treated as full: its queue has no mean


@dataclass(frozen=True, eq=False)
class Measures:
    """The outcomes of one replication: by case (NaN where a case has none), and of the office.

    `case` numbers the cohort's cases, the same under every regime. `open` counts those not ended at the horizon;
    `unstable` names what makes the answer depend on the horizon, if anything does. `stages` are the mean days by stage
    and cause, from request to contract. `bidding` is the number of bids a
    case and the cost of one (USD), from which the gain of participants is told against another regime.
    """

    case: NDArray[np.int64]
    by_case: dict[str, Values]
    office: dict[str, float]
    stages: dict[str, dict[str, float]]
    open: int
    unstable: tuple[str, ...]
    bidding: tuple[float, float] = (0.0, 0.0)


def measure(log: EventLog, workflow: Workflow) -> Measures:
    """All outcomes of a replication's cohort."""
    rows = Rows(log, workflow)
    by_case = {**_times(rows), **_waits(rows), **_labour(rows), **_competition(rows)}
    by_case |= _cost(rows, by_case)
    of_cases, of_office = governance(rows)
    by_case |= of_cases
    by_case |= _by_part(rows, by_case)
    office = {**_office(rows), **of_office}
    return Measures(
        case=rows.cohort,
        by_case=by_case,
        office=office,
        stages=_stages(rows),
        open=int(np.sum(rows.status == OPEN)),
        unstable=_unstable(rows, office),
        bidding=_bidding(rows),
    )


def _times(rows: Rows) -> dict[str, Values]:
    arrival = rows.log.cases.arrival.astype(float)
    spans = {
        "cycle_time": rows.contract - arrival,
        "notice_to_contract": rows.contract - rows.notice,
        "invoice_to_payment": rows.milestone("payment") - rows.milestone("invoice"),
    }
    return {name: span[rows.cohort] / DAY for name, span in spans.items()}


def _waits(rows: Rows) -> dict[str, Values]:
    before = rows.complete <= rows.contract[rows.case]
    length, queue = rows.complete - rows.released, rows.queue
    supplier = _supplier_rows(rows)
    parts: dict[str, tuple[Values | NDArray[np.int64], NDArray[np.bool_]]] = {
        "waiting_queue": (queue, before & ~rows.timer),
        "waiting_closed": (rows.complete - rows.enabled - rows.worked - queue, before & ~rows.timer),
        "waiting_rule": (length, before & rows.timer & ~supplier),
        "waiting_supplier": (length, before & supplier),
        "waiting_handover": (rows.enabled - rows.released, before),
        "work": (rows.worked, before & ~rows.timer),
    }
    signed = ~np.isnan(rows.contract[rows.cohort])
    return {name: np.where(signed, rows.total(*part) / DAY, np.nan) for name, part in parts.items()}


def _supplier_rows(rows: Rows) -> NDArray[np.bool_]:
    of_suppliers = [isinstance(node, Timer) and node.cause == "supplier" for node in rows.nodes.values()]
    return np.array(of_suppliers, dtype=bool)[rows.activity]


def _labour(rows: Rows) -> dict[str, Values]:
    ended = rows.status != OPEN
    every = np.ones(len(rows.case), dtype=bool)
    bidder = rows.log.outcome["bidder_seconds"][rows.cohort] / HOUR
    all_bids = rows.log.outcome["all_bids"][rows.cohort]
    result = {"buyer_hours": rows.total(rows.worked * rows.people(), every) / HOUR}
    for role, block in rows.workflow.spec.roles.items():
        if block.party == "buyer":
            seconds = rows.total(rows.worked * rows.people(role), every)
            result[f"buyer_hours.{role}"] = seconds / HOUR
    result["bidder_hours"] = bidder
    result["hours_per_bid"] = np.divide(bidder, all_bids, out=np.full(len(bidder), np.nan), where=all_bids > 0)
    return {name: np.where(ended, value, np.nan) for name, value in result.items()}


def _competition(rows: Rows) -> dict[str, Values]:
    table = {name: column[rows.cohort] for name, column in rows.log.outcome.items()}
    ended = rows.status != OPEN
    drew = ended & (table["bids"] > 0)
    signed = ~np.isnan(rows.contract[rows.cohort])
    return {
        "bids": np.where(drew, table["bids"], np.nan),
        "single_bid_share": np.where(drew, table["bids"] == 1, np.nan),
        "retender_share": np.where(ended & (table["rounds"] > 0), table["rounds"] > 1, np.nan),
        "price_to_estimate": np.where(signed & (table["price"] >= 0), table["price"] / 1e6, np.nan),
    }


def _cost(rows: Rows, by_case: dict[str, Values]) -> dict[str, Values]:
    spec = rows.workflow.spec
    if spec.labour is None:
        return {}
    cost = by_case["buyer_hours"] * float(spec.labour.wage.amount) + bidding_cost(rows)
    rate = float(Quantity.parse(rows.workflow.country.parameter("macro.exchange_rate").value).amount)
    return {"administrative_cost": cost, "administrative_cost_local": cost * rate}


def bidding_cost(rows: Rows) -> Values:
    """What bidding cost all bidders of each case of the cohort, in USD: their hours and their expenses."""
    parts, table = rows.plan.parts, rows.log.outcome
    markets = rows.workflow.spec.market
    wage = np.array([float(markets[part].wage.amount) if part in markets else 0.0 for part in parts])
    of, met = rows.log.cases.part[rows.cohort], rows.log.cases.variant[rows.cohort]
    hours = table["bidder_seconds"][rows.cohort] / HOUR
    expenses = table["all_bids"][rows.cohort] * rows.plan.expenses[met, of] / 100
    return np.asarray(hours * wage[of] + expenses, dtype=np.float64)


def _bidding(rows: Rows) -> tuple[float, float]:
    """Bids a case, and what one costs; no cost where nobody bids."""
    bids = float(rows.log.outcome["all_bids"][rows.cohort].sum())
    return bids / max(len(rows.cohort), 1), float(bidding_cost(rows).sum()) / bids if bids else 0.0


def with_gain(own: Measures, baseline: Measures) -> Measures:
    """The measures with what bidders gain from cheaper bids against the baseline, in USD a case.

    The half rule counts 0.5 (q0 + q1) (c0 - c1), bids q and cost c before and after; the official style q1 (c0 - c1).
    """
    (before, cost), (after, new_cost) = baseline.bidding, own.bidding
    if not before or not after:
        return own
    saved = cost - new_cost
    gain = {
        "participants_gain": (before + after) / 2 * saved,
        "participants_gain_official": after * saved,
    }
    return replace(own, office=own.office | gain)


def _by_part(rows: Rows, by_case: dict[str, Values]) -> dict[str, Values]:
    """In an office: some outcomes of the cases of each method alone."""
    parts = rows.plan.parts
    of = rows.log.cases.part[rows.cohort]
    return {
        f"{name}.{part}": np.where(of == index, by_case[name], np.nan)
        for index, part in enumerate(parts)
        for name in ("cycle_time", "bids")
        if len(parts) > 1
    }


def _office(rows: Rows) -> dict[str, float]:
    first, last = rows.plan.cohort
    result = {"backlog": _in_hand(rows, first, last)}
    if len(rows.plan.parts) > 1:
        number = np.bincount(rows.log.cases.part[rows.cohort], minlength=len(rows.plan.parts))
        result |= {f"cases.{part}": float(number[index]) for index, part in enumerate(rows.plan.parts)}
    for index, (role, block) in enumerate(rows.workflow.spec.roles.items()):
        if block.heads is not None and block.party == "buyer":
            result[f"utilisation.{role}"] = _utilisation(rows, index, role, block.heads)
    return result


def _in_hand(rows: Rows, first: int, last: int) -> float:
    """The mean number of open cases between two times."""
    ended = rows.log.outcome["ended"]
    until = np.where(ended < 0, last, ended)
    overlap = np.minimum(until, last) - np.maximum(rows.log.cases.arrival, first)
    return float(np.maximum(overlap, 0).sum()) / max(last - first, 1)


def _utilisation(rows: Rows, index: int, role: str, heads: int) -> float:
    first, last = rows.plan.cohort
    busy, taken = 0.0, rows.people(role)
    calendar = rows.plan.nodes.calendar[rows.variant, rows.activity]
    for number, hours in enumerate(rows.plan.calendars):
        here = (taken > 0) & (calendar == number) & ~rows.timer
        low, high = np.maximum(rows.start[here], first), np.minimum(rows.complete[here], last)
        worked = np.maximum(hours.worked_at(high) - hours.worked_at(np.minimum(low, high)), 0)
        busy += float((worked * taken[here]).sum())
    own = rows.plan.role_calendars[index]
    on_duty = own.worked(last) - own.worked(first)
    return busy / (heads * on_duty) if on_duty else 0.0


def _unstable(rows: Rows, office: dict[str, float]) -> tuple[str, ...]:
    """What says that queues grow as long as the run lasts."""
    first, last = rows.plan.cohort
    quarter = (last - first) // 4
    full = tuple(
        f"{name.split('.')[1]} is busy {share:.0%} of the time"
        for name, share in office.items()
        if name.startswith("utilisation.") and share >= FULL
    )
    early, late = _in_hand(rows, first, first + quarter), _in_hand(rows, last - quarter, last)
    if rows.plan.grows and late > 1.5 * early + 10:
        return (*full, f"cases in hand grow from {early:.0f} to {late:.0f} within the run")
    return full


def _stages(rows: Rows) -> dict[str, dict[str, float]]:
    """Mean days by cause for each stage, over the cohort's signed cases, from request to contract."""
    signed = ~np.isnan(rows.contract)
    member = np.zeros(len(rows.log.cases), dtype=bool)
    member[rows.cohort] = True
    counted = member[rows.case] & signed[rows.case] & (rows.complete <= rows.contract[rows.case])
    number = max(int((member & signed).sum()), 1)
    supplier = _supplier_rows(rows)
    causes = {
        "work": np.where(rows.timer, 0, rows.worked),
        "queue": np.where(rows.timer, 0, rows.queue),
        "closed": np.where(rows.timer, 0, rows.complete - rows.enabled - rows.worked - rows.queue),
        "handover": rows.enabled - rows.released,
        "rule": np.where(rows.timer & ~supplier, rows.complete - rows.released, 0),
        "supplier": np.where(supplier, rows.complete - rows.released, 0),
    }
    stages = np.array(rows.plan.stages, dtype=object)[rows.activity]
    return {
        stage: {
            cause: float(seconds[counted & (stages == stage)].sum()) / DAY / number for cause, seconds in causes.items()
        }
        for stage in dict.fromkeys(stage for stage in rows.plan.stages if stage)
    }
