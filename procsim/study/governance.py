"""Fairness, transparency and accountability: who wins, what can be seen, and what can be held against the office."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from procsim.engine.plan import BIDDING, OPEN
from procsim.procurement.parameters import DAY, WORKING_DAY, Quantity
from procsim.procurement.schema import part_of
from procsim.study.outcomes import SHORT_WINDOW
from procsim.study.rows import Rows, Values

CLOSED_METHODS = ("limited", "direct")
FEW = 5  # winners, for their share of contracts
FIRMS = 10**6  # of a part at most, so that a firm is told by part * FIRMS + number
CALLS_PER_BID = "help_desk.calls_per_bid"


def governance(rows: Rows) -> tuple[dict[str, Values], dict[str, float]]:
    """The outcomes of these aims: by case of the cohort, and of the office."""
    windows = _windows(rows)
    winners, office = _winners(rows)
    by_case = {**winners, **_on_record(rows), "notice_days": windows, **_deadlines(rows), **_complaints(rows)}
    by_case |= {"red_flag_share": _red_flags(rows, windows), **_help_desk(rows)}
    ended = rows.status != OPEN
    by_case = {name: np.where(ended, values, np.nan) for name, values in by_case.items()}
    return by_case, {**office, "published_share": _published(rows)}


def _winners(rows: Rows) -> tuple[dict[str, Values], dict[str, float]]:
    """SMEs and remote firms among the winners, those who win again, and how few win most."""
    cases, table = rows.log.cases, rows.log.outcome
    signed = ~np.isnan(rows.contract[rows.cohort])
    part, number = cases.part[rows.cohort], table["winner"][rows.cohort]
    known = signed & (number >= 0)
    sme, remote = np.full(len(part), np.nan), np.full(len(part), np.nan)
    for index in range(len(rows.plan.parts)):
        row = _market(rows, index)
        here = known & (part == index)
        if row >= 0:
            sme[here] = rows.plan.markets[row].sme[number[here]]
            remote[here] = rows.plan.markets[row].remote[number[here]]
    firm = part[known] * FIRMS + number[known]
    order = np.argsort(rows.contract[rows.cohort][known], kind="stable")
    again = np.full(len(part), np.nan)
    _, first = np.unique(firm[order], return_index=True)
    repeated = np.ones(len(firm))
    repeated[order[first]] = 0
    again[known] = repeated
    office = {"winner_concentration": _concentration(firm)} if known.any() else {}
    return {"sme_share": sme, "remote_share": remote, "repeat_winner_share": again}, office


def _market(rows: Rows, part: int) -> int:
    """The row of a part's market, whose firms are the same in every variant; -1 where it has none."""
    markets = rows.plan.nodes.market[:, rows.parts == part]
    return int(markets.max(initial=-1))


def _concentration(firm: NDArray[np.int64]) -> float:
    """The share of contracts of the FEW most frequent winners of each part, over all parts."""
    few = 0
    for part in np.unique(firm // FIRMS):
        _, counts = np.unique(firm[firm // FIRMS == part], return_counts=True)
        few += int(np.sort(counts)[-FEW:].sum())
    return few / len(firm)


def _on_record(rows: Rows) -> dict[str, Values]:
    every = np.ones(len(rows.case), dtype=bool)
    recorded = rows.plan.nodes.recorded[rows.variant, rows.activity]
    steps, kept = rows.total(np.ones(len(rows.case)), every), rows.total(recorded, every)
    return {"recorded_share": np.divide(kept, steps, out=np.full(len(steps), np.nan), where=steps > 0)}


def _windows(rows: Rows) -> Values:
    """Days of the last bidding window of each case."""
    last = np.full(len(rows.log.cases), np.nan)
    here = rows.kind == BIDDING
    last[rows.case[here]] = (rows.complete[here] - rows.released[here]) / DAY  # rows stand in the order of time
    return last[rows.cohort]


def _published(rows: Rows) -> float:
    """The share of the value of ended cases that a public notice announced."""
    ended = rows.status != OPEN
    value = rows.log.cases.value[rows.cohort][ended].astype(float)
    announced = ~np.isnan(rows.notice[rows.cohort][ended])
    return float(value[announced].sum() / value.sum()) if value.sum() else float("nan")


def _deadlines(rows: Rows) -> dict[str, Values]:
    """The share of statutory periods that each case kept."""
    kept, run = np.zeros(len(rows.cohort)), np.zeros(len(rows.cohort))
    names = list(rows.nodes)
    for deadline in rows.workflow.spec.deadlines.values():
        start = rows.last(rows.activity == names.index(deadline.start))[rows.cohort]
        end = rows.last(rows.activity == names.index(deadline.end))[rows.cohort]
        both = (end >= start) & ~np.isnan(start + end)
        run += both
        kept[both] += end[both] <= _limit(rows, start[both], deadline.within)
    return {"deadlines_met": np.divide(kept, run, out=np.full(len(run), np.nan), where=run > 0)}


def _limit(rows: Rows, start: Values, within: Quantity) -> Values:
    """When a period that begins at these times is over."""
    if within.unit != WORKING_DAY:
        return start + within.seconds
    days = rows.plan.working_days
    day, clock = np.divmod(start, DAY)
    index = np.searchsorted(days, day, side="right") - 1 + within.seconds // DAY
    return np.asarray(days[np.minimum(index, len(days) - 1)] * DAY + clock, dtype=np.float64)


def _complaints(rows: Rows) -> dict[str, Values]:
    """Complaints, of the cases that had bids and a way to complain."""
    parts = {part_of(name) for name, node in rows.nodes.items() if getattr(node, "milestone", None) == "complaint"}
    of = np.isin(rows.log.cases.part[rows.cohort], [rows.plan.parts.index(part) for part in parts])
    open_to = of & (rows.log.outcome["rounds"][rows.cohort] > 0)
    came, decided, upheld = (
        rows.milestone(name)[rows.cohort] for name in ("complaint", "complaint_decided", "complaint_upheld")
    )
    complained = open_to & ~np.isnan(came)
    return {
        "complaint_share": np.where(open_to, ~np.isnan(came), np.nan),
        "complaints_upheld": np.where(complained, ~np.isnan(upheld), np.nan),
        "complaint_days": np.where(complained, (decided - came) / DAY, np.nan),
    }


def _red_flags(rows: Rows, windows: Values) -> Values:
    """Whether a case shows at least one sign that calls for a second look."""
    single = rows.log.outcome["bids"][rows.cohort] == 1
    short = windows < SHORT_WINDOW
    closed = np.isin(np.array(rows.plan.methods, dtype=object)[rows.log.cases.part[rows.cohort]], CLOSED_METHODS)
    return np.asarray(single | short | closed, dtype=np.float64)


def _help_desk(rows: Rows) -> dict[str, Values]:
    """Moved deadlines, and the calls of those who bid on the portal."""
    table, here = rows.log.outcome, rows.plan.nodes.portal[rows.variant, rows.activity] == 1
    online = rows.total(np.ones(len(rows.case)), here) > 0
    each = float(Quantity.parse(rows.workflow.country.parameter(CALLS_PER_BID).value).amount)
    bids, moved = table["all_bids"][rows.cohort], table["moved"][rows.cohort].astype(float)
    calls = bids * each + moved * table["bids"][rows.cohort]
    return {"deadlines_moved": moved, "help_desk_calls": np.where(online, calls, 0.0)}
