"""Outcomes: numbers computed from the event log and the case table, each with unit, direction and definition.

An outcome has a value for each case of the cohort, or one for the office as a whole. Times are days, labour is hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from procsim.engine.eventlog import EventLog
from procsim.engine.plan import BIDDING, OPEN, TIMER
from procsim.procurement.parameters import DAY, Quantity
from procsim.procurement.schema import Step, Timer
from procsim.procurement.workflow import Workflow

Values = NDArray[np.float64]
Direction = Literal["lower", "higher", "none"]
HOUR = 3600
FULL = 0.97  # a role busier than this over the cohort's time is treated as full: its queue has no mean


@dataclass(frozen=True)
class Outcome:
    """What a number means. `direction` says which way is better; `none` where that is for the reader to judge."""

    name: str
    title: str
    unit: str
    direction: Direction
    definition: str


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
                "Nobody of the role was on duty: nights, weekends, holidays, days between sittings, "
                "also of a case that waits in line. Summed like "
                "waiting_queue, pauses in the work included."
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
            ("Time worked on the case from request to contract, in days of 24 hours; see buyer_hours for labour."),
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
            ("Hours of all bidders together on the case, over all rounds, the winner's contract and payment included."),
        ),
        Outcome(
            "hours_per_bid",
            "Bidders' labour a bid",
            "h",
            "lower",
            "Bidders' hours on the case over the bids of all its rounds.",
        ),
        Outcome("bids", "Bids", "count", "higher", "Bids in the last round, of cases that drew at least one."),
        Outcome(
            "single_bid_share",
            "Single bid",
            "share",
            "lower",
            "Share of those cases with exactly one bid in the last round.",
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
        Outcome("backlog", "Cases in hand", "count", "lower", "Mean number of open cases over the cohort's time."),
    )
}


def outcome(name: str) -> Outcome:
    """The definition behind an identifier; `utilisation.ROLE` and `buyer_hours.ROLE` exist for every role.

    >>> outcome("utilisation.evaluator").unit
    'share'
    """
    if name in OUTCOMES:
        return OUTCOMES[name]
    kind, role = name.split(".", 1)
    words = role.replace("_", " ")
    if kind == "utilisation":
        text = "Hours worked over hours on duty of all its people, over the cohort's time."
        return Outcome(name, f"Busy: {words}", "share", "none", text)
    return Outcome(name, f"Labour: {words}", "h", "lower", "Hours of this role on the case, of buyer_hours.")


@dataclass(frozen=True, eq=False)
class Measures:
    """The outcomes of one replication: by case (NaN where a case has none), and of the office.

    `case` numbers the cohort's cases, the same under every regime. `open` counts those not ended at the horizon;
    `unstable` names what makes the answer depend on the horizon, if anything does.
    """

    case: NDArray[np.int64]
    by_case: dict[str, Values]
    office: dict[str, float]
    stages: dict[str, dict[str, float]]
    open: int
    unstable: tuple[str, ...]


def measure(log: EventLog, workflow: Workflow) -> Measures:
    """All outcomes of a replication's cohort."""
    rows = _Rows(log, workflow)
    by_case = {**_times(rows), **_waits(rows), **_labour(rows), **_competition(rows)}
    by_case |= _cost(rows, by_case)
    office = _office(rows)
    return Measures(
        case=rows.cohort,
        by_case=by_case,
        office=office,
        stages=_stages(rows),
        open=int(np.sum(rows.status == OPEN)),
        unstable=_unstable(rows, office),
    )


class _Rows:
    """The columns of a log, with what the workflow says of each row and the working time in it."""

    def __init__(self, log: EventLog, workflow: Workflow) -> None:
        self.log, self.plan, self.workflow = log, log.plan, workflow
        self.nodes = list(workflow.spec.nodes.values())
        first, last = self.plan.cohort
        arrival = log.cases.arrival
        self.cohort = np.flatnonzero((arrival >= first) & (arrival < last))
        self.case, self.activity = log.events["case"], log.events["activity"]
        self.released, self.enabled = log.events["released"], log.events["enabled"]
        self.start, self.complete = log.events["start"], log.events["complete"]
        self.worked = log.events["worked"]
        self.kind = self.plan.nodes.kind[0][self.activity]
        self.timer = (self.kind == TIMER) | (self.kind == BIDDING)
        self.status = log.outcome["final_status"][self.cohort]
        self.contract, self.notice = self.milestone("contract"), self.milestone("notice")
        self.queue = self._on_duty_wait()

    def milestone(self, name: str) -> Values:
        """When each case last completed the node that marks a milestone; NaN if it never did."""
        found = np.full(len(self.log.cases), -np.inf)
        for index, node in enumerate(self.nodes):
            if isinstance(node, Step) and node.milestone == name:
                here = self.activity == index
                np.maximum.at(found, self.case[here], self.complete[here].astype(float))
        return np.where(np.isinf(found), np.nan, found)

    def _on_duty_wait(self) -> Values:
        """Seconds of each row's wait during which its roles were on duty together."""
        wait = np.zeros(len(self.case))
        calendar = self.plan.nodes.calendar[0][self.activity]
        for index, hours in enumerate(self.plan.calendars):
            here = ~self.timer & (calendar == index)
            wait[here] = hours.worked_at(self.start[here]) - hours.worked_at(self.enabled[here])
        return wait

    def total(self, values: Values | NDArray[np.int64], rows: NDArray[np.bool_]) -> Values:
        """The sum of a column over some rows, for each case of the cohort."""
        sums = np.bincount(self.case[rows], weights=values[rows], minlength=len(self.log.cases))
        return np.asarray(sums, dtype=np.float64)[self.cohort]

    def heads(self, role: str | None = None) -> NDArray[np.int64]:
        """For each activity, how many of the buyer's people it takes, or how many of one role."""
        roles = self.workflow.spec.roles
        wanted = [name for name, block in roles.items() if (role or name) == name and block.party == "buyer"]
        staff = [getattr(node, "staff", {}) for node in self.nodes]
        return np.array([sum(people.get(name, 0) for name in wanted) for people in staff], dtype=np.int64)


def _times(rows: _Rows) -> dict[str, Values]:
    arrival = rows.log.cases.arrival.astype(float)
    spans = {
        "cycle_time": rows.contract - arrival,
        "notice_to_contract": rows.contract - rows.notice,
        "invoice_to_payment": rows.milestone("payment") - rows.milestone("invoice"),
    }
    return {name: span[rows.cohort] / DAY for name, span in spans.items()}


def _waits(rows: _Rows) -> dict[str, Values]:
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


def _supplier_rows(rows: _Rows) -> NDArray[np.bool_]:
    of_suppliers = [isinstance(node, Timer) and node.cause == "supplier" for node in rows.nodes]
    return np.array(of_suppliers, dtype=bool)[rows.activity]


def _labour(rows: _Rows) -> dict[str, Values]:
    ended = rows.status != OPEN
    every = np.ones(len(rows.case), dtype=bool)
    bidder = rows.log.outcome["bidder_seconds"][rows.cohort] / HOUR
    all_bids = rows.log.outcome["all_bids"][rows.cohort]
    result = {"buyer_hours": rows.total(rows.worked * rows.heads()[rows.activity], every) / HOUR}
    for role, block in rows.workflow.spec.roles.items():
        if block.party == "buyer":
            seconds = rows.total(rows.worked * rows.heads(role)[rows.activity], every)
            result[f"buyer_hours.{role}"] = seconds / HOUR
    result["bidder_hours"] = bidder
    result["hours_per_bid"] = np.divide(bidder, all_bids, out=np.full(len(bidder), np.nan), where=all_bids > 0)
    return {name: np.where(ended, value, np.nan) for name, value in result.items()}


def _competition(rows: _Rows) -> dict[str, Values]:
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


def _cost(rows: _Rows, by_case: dict[str, Values]) -> dict[str, Values]:
    spec = rows.workflow.spec
    if spec.labour is None:
        return {}
    wage = float(spec.labour.wage.amount)
    cost = by_case["buyer_hours"] * wage
    if spec.market is not None:
        expenses = sum(float(money.amount) for money in spec.market.expenses.values())
        cost = cost + by_case["bidder_hours"] * float(spec.market.wage.amount)
        cost = cost + rows.log.outcome["all_bids"][rows.cohort] * expenses
    rate = float(Quantity.parse(rows.workflow.country.parameter("macro.exchange_rate").value).amount)
    return {"administrative_cost": cost, "administrative_cost_local": cost * rate}


def _office(rows: _Rows) -> dict[str, float]:
    first, last = rows.plan.cohort
    result = {"backlog": _in_hand(rows, first, last)}
    for index, (role, block) in enumerate(rows.workflow.spec.roles.items()):
        if block.heads is not None and block.party == "buyer":
            result[f"utilisation.{role}"] = _utilisation(rows, index, role, block.heads)
    return result


def _in_hand(rows: _Rows, first: int, last: int) -> float:
    """The mean number of open cases between two times."""
    ended = rows.log.outcome["ended"]
    until = np.where(ended < 0, last, ended)
    overlap = np.minimum(until, last) - np.maximum(rows.log.cases.arrival, first)
    return float(np.maximum(overlap, 0).sum()) / max(last - first, 1)


def _utilisation(rows: _Rows, index: int, role: str, heads: int) -> float:
    first, last = rows.plan.cohort
    busy, taken = 0.0, rows.heads(role)
    for number, hours in enumerate(rows.plan.calendars):
        here = (taken[rows.activity] > 0) & (rows.plan.nodes.calendar[0][rows.activity] == number) & ~rows.timer
        low, high = np.maximum(rows.start[here], first), np.minimum(rows.complete[here], last)
        worked = np.maximum(hours.worked_at(high) - hours.worked_at(np.minimum(low, high)), 0)
        busy += float((worked * taken[rows.activity][here]).sum())
    calendar = rows.plan.role_calendars[index]
    on_duty = calendar.worked(last) - calendar.worked(first)
    return busy / (heads * on_duty) if on_duty else 0.0


def _unstable(rows: _Rows, office: dict[str, float]) -> tuple[str, ...]:
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


def _stages(rows: _Rows) -> dict[str, dict[str, float]]:
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
