"""Fairness, transparency and accountability: who wins, what can be seen, and what can be held against the office."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from procsim.engine.totals import Totals
from procsim.procurement.country import CALLS_PER_BID
from procsim.procurement.parameters import DAY, WORKING_DAY, Quantity
from procsim.procurement.schema import MILESTONES
from procsim.procurement.workflow import Workflow
from procsim.study.columns import Integers, Values, days_between, share, where
from procsim.study.outcomes import SHORT_WINDOW

CLOSED_METHODS = ("limited", "direct")
FEW = 5  # winners, for their share of contracts


def governance(totals: Totals, workflow: Workflow) -> tuple[dict[str, Values], dict[str, float]]:
    """The outcomes of these aims: by case of the cohort, and of the office."""
    windows = np.where(totals.window < 0, np.nan, totals.window / DAY)
    winners, office = _winners(totals) if totals.plan.markets else ({}, {})
    by_case = {**winners, "recorded_share": share(totals.recorded, totals.steps), "notice_days": windows}
    by_case |= {**_deadlines(totals, workflow), **_complaints(totals)}
    by_case |= {"red_flag_share": _red_flags(totals, windows), **_help_desk(totals, workflow)}
    return where(totals.ended, by_case), {**office, "published_share": _published(totals)}


def _winners(totals: Totals) -> tuple[dict[str, Values], dict[str, float]]:
    """SMEs and remote firms among the winners, those who win again, and how few win most."""
    winner = totals.outcome["winner"]
    known = np.flatnonzero(totals.signed & (winner >= 0))
    sme, remote, again = (np.full(len(winner), np.nan) for _ in range(3))
    part, number = totals.part[known], winner[known]
    for index, market in enumerate(totals.plan.market_of_part.tolist()):
        if market >= 0:
            here = part == index
            sme[known[here]] = totals.plan.markets[market].sme[number[here]]
            remote[known[here]] = totals.plan.markets[market].remote[number[here]]
    firms = int(number.max(initial=0)) + 1  # of a part at most
    firm = part * firms + number
    again[known] = _repeated(firm, totals.milestone("contract")[known])
    won = np.bincount(firm, minlength=firms * len(totals.plan.parts)).reshape(-1, firms)
    few = int(np.sort(won, axis=1)[:, -FEW:].sum())
    office = {"winner_concentration": few / len(firm)} if len(firm) else {}
    return {"sme_share": sme, "remote_share": remote, "repeat_winner_share": again}, office


def _repeated(firm: Integers, contract: Integers) -> NDArray[np.bool_]:
    """Which contracts go to a firm that has had one before; of two at the same second, the lower case comes first."""
    order = contract * len(contract) + np.arange(len(contract))
    earliest = np.full(int(firm.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(earliest, firm, order)
    return np.asarray(earliest[firm] < order)


def _published(totals: Totals) -> float:
    """The share of the value of ended cases that a public notice announced."""
    ended = totals.ended
    value = totals.value[ended].astype(float)
    announced = totals.milestone("notice")[ended] >= 0
    return float(value[announced].sum() / value.sum()) if value.sum() else float("nan")


def _deadlines(totals: Totals, workflow: Workflow) -> dict[str, Values]:
    """The share of statutory periods that each case kept; no outcome where the workflow has no deadlines."""
    if not workflow.spec.deadlines:
        return {}
    kept, run = np.zeros_like(totals.case), np.zeros_like(totals.case)
    for deadline in workflow.spec.deadlines.values():
        start, end = totals.completed(deadline.start), totals.completed(deadline.end)
        both = np.flatnonzero((start >= 0) & (end >= start))
        run[both] += 1
        kept[both] += end[both] <= _limit(totals, start[both], deadline.within)
    return {"deadlines_met": share(kept, run)}


def _limit(totals: Totals, start: Integers, within: Quantity) -> Integers:
    """When a period that begins at these times is over."""
    if within.unit != WORKING_DAY:
        return start + within.seconds
    days, day = totals.plan.working_days, start // DAY
    index = np.searchsorted(days, day, side="right") - 1 + within.seconds // DAY
    return days[np.minimum(index, len(days) - 1)] * DAY + start - day * DAY


def _complaints(totals: Totals) -> dict[str, Values]:
    """Complaints, of the cases that had bids and a way to complain."""
    has_way = totals.plan.marks_of_part & 1 << MILESTONES.index("complaint") != 0
    if not has_way.any():
        return {}
    open_to = has_way[totals.part] & (totals.outcome["rounds"] > 0)
    came, decided, upheld = map(totals.milestone, ("complaint", "complaint_decided", "complaint_upheld"))
    complained = open_to & (came >= 0)
    return {
        "complaint_share": np.where(open_to, came >= 0, np.nan),
        "complaints_upheld": np.where(complained, upheld >= 0, np.nan),
        "complaint_days": np.where(complained, days_between(came, decided), np.nan),
    }


def _red_flags(totals: Totals, windows: Values) -> Values:
    """Whether a case shows at least one sign that calls for a second look."""
    single = totals.outcome["bids"] == 1
    short = windows < SHORT_WINDOW
    closed = np.array([method in CLOSED_METHODS for method in totals.plan.methods])[totals.part]
    return np.asarray(single | short | closed, dtype=np.float64)


def _help_desk(totals: Totals, workflow: Workflow) -> dict[str, Values]:
    """Moved deadlines, and the calls of those who bid on the portal."""
    bids, all_bids, moved = (totals.outcome[name] for name in ("bids", "all_bids", "moved"))
    each = float(Quantity.parse(workflow.country.parameter(CALLS_PER_BID).value).amount)
    calls = all_bids * each + moved * bids
    return {"deadlines_moved": moved.astype(float), "help_desk_calls": np.where(totals.online > 0, calls, 0.0)}
