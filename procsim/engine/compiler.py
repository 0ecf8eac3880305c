"""From a workflow to its plan: variants, a country, markets and a caseload laid out as arrays."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from procsim.engine import draws
from procsim.engine.nodes import Layout
from procsim.engine.plan import INFINITE, MOST_LOSING, CaseLaw, OutageLaw, Plan
from procsim.procurement import caseload, market
from procsim.procurement.calendars import Week, build
from procsim.procurement.caseload import WORDS, YEAR, arrivals
from procsim.procurement.parameters import DAY
from procsim.procurement.schema import CaseClass, MarketSpec, Step, WorkflowSpec, part_of
from procsim.procurement.workflow import Workflow

Integers = NDArray[np.int64]
BANDS = 16  # slices of equal probability of the values in a market
SLICES = 4096  # slices of a law of values, from which the bands are cut
MOST_VALUE = 2**62  # no mean value times the largest factor of its law, in units of 2**-20, may exceed this


def make(
    workflow: Workflow,
    seed: int = 1,
    years: int = 1,
    first: date | None = None,
    warm_up: int | None = None,
    tail: int = 2,
) -> Plan:
    """The plan of a workflow: `warm_up` years, then `years` in which the cohort arrives, then at most `tail` years.

    With explicit arrivals there is no warm-up and every case counts. Raises ModelError for what only shows once
    calendars are laid out: roles that never meet, a task longer than any sitting, names whose draws collide.
    """
    spec = workflow.spec
    explicit = all(case.arrivals is not None for case in spec.caseload.values())
    warm_up = (0 if explicit else 1) if warm_up is None else warm_up
    first = first or date(workflow.country.year - warm_up, 1, 1)
    last = max((time.seconds for case in spec.caseload.values() for time in case.arrivals or ()), default=0)
    horizon = (warm_up + years + tail) * YEAR + last
    holidays = workflow.country.holidays(first.year - 1, first.year + horizon // YEAR + 1)
    week = Week(first, horizon // DAY + 1, workflow.country.weekdays(), holidays)
    layout = Layout(workflow, week)
    laws = tuple(_law(name, case, layout, horizon) for name, case in spec.caseload.items())
    rows, solved = _markets(workflow, laws, layout)
    by_portal = {at: _by_portal(solved[row]) for at, row in rows.items()}
    nodes = layout.nodes(rows, by_portal)
    outages = _outages(layout, horizon)
    layout.problems.raise_if_any()
    ways = spec.ways
    return Plan(
        seed=seed,
        first=first,
        horizon=horizon,
        cohort=(0, last + 1) if explicit else (warm_up * YEAR, (warm_up + years) * YEAR),
        activities=tuple(spec.nodes),
        stages=tuple(getattr(node, "stage", "") for node in spec.nodes.values()),
        roles=tuple(spec.roles),
        heads=np.array([INFINITE if role.heads is None else role.heads for role in spec.roles.values()], np.int64),
        parts=tuple(ways),
        methods=tuple(part.method for part in ways.values()),
        shares=np.array([round(variant.share * WORDS) for variant in workflow.variants], dtype=np.int64),
        starts=np.array(
            [[layout.rank[part.start] for part in variant.spec.ways.values()] for variant in workflow.variants],
            dtype=np.int64,
        ),
        nodes=nodes,
        calendars=tuple(layout.calendars),
        role_calendars=tuple(layout.calendar(role.calendar, spec) for role in spec.roles.values()),
        working_days=np.array(week.working, dtype=np.int64),
        tables=tuple(layout.tables.values()),
        markets=tuple(solved),
        expenses=_expenses(layout, by_portal),
        losing=np.array(list(layout.losing.values()), dtype=np.int64).reshape(-1, MOST_LOSING + 1),
        laws=laws,
        outage_law=outages,
    )


def _law(name: str, case: CaseClass, layout: Layout, horizon: int) -> CaseLaw:
    """One class of cases, with the methods by value where there are several."""
    calendar = layout.calendar(case.calendar, layout.spec)
    if not calendar.opens:
        place = layout.workflow.base.file.place("caseload", name, "calendar")
        layout.problems.add(place, f"'{case.calendar}' never opens, so no case arrives", "Give it hours")
    worth = case.value
    shape = (worth.distribution, float(worth.cv), 0.0, 0.0)
    table, value = layout.table(shape), round(worth.value.amount)
    if value * draws.largest(draws.quantile_table(*shape)) > MOST_VALUE:
        place = layout.workflow.base.file.place("caseload", name, "value")
        layout.problems.add(place, f"{worth.value} with that spread is too large", "Lower the mean or 'cv'")
    at = f"caseload.{name}.methods"
    usd = [layout.dollars(route.below, f"{at}.{route.to}.below") if route.below else None for route in case.methods]
    routing = caseload.routing(case.methods, usd, list(layout.spec.ways)) if case.methods else None
    return CaseLaw(arrivals(name, case, calendar, layout.week, horizon), value, table, routing)


def _outages(layout: Layout, horizon: int) -> OutageLaw:
    """When the portal fails."""
    portal = layout.spec.portal
    table, length = layout.table(portal.duration.shape), portal.duration.value.seconds
    times = None
    if portal.outages is not None:
        spans = sorted((start.seconds, start.seconds + long.seconds) for start, long in portal.outages)
        times = np.array(spans, dtype=np.int64).reshape(-1, 2)
    starts = None
    if portal.per_year and times is None:
        hours = build({"hours": portal.hours}, layout.week)
        starts = arrivals("outage", CaseClass(per_year=portal.per_year), hours, layout.week, horizon)
    return OutageLaw(times, starts, length, table, portal.extension.seconds)


def _markets(
    workflow: Workflow, laws: tuple[CaseLaw, ...], layout: Layout
) -> tuple[dict[tuple[int, str], int], list[market.BiddingTables]]:
    """The market of every variant and part, solved once where several are the same; and its row by variant and part."""
    values = {part: _values(laws, index, layout) for index, part in enumerate(workflow.spec.ways)}
    solved: dict[market.Market, market.BiddingTables] = {}
    rows = {}
    for index, variant in enumerate(workflow.variants):
        for part, block in variant.spec.market.items():
            paper = _bid_cost(layout.paper, part) if getattr(block, "digital_access", 1) < 1 else None
            kind = _market(block, _bid_cost(variant.spec, part), paper, values[part])
            solved.setdefault(kind, market.solve(kind))
            rows[index, part] = list(solved).index(kind)
    return rows, list(solved.values())


def _values(laws: tuple[CaseLaw, ...], part: int, layout: Layout) -> tuple[float, ...]:
    """Values that stand for the cases of a part."""
    words = (np.arange(SLICES) * 2 + 1).astype(np.uint64) * np.uint64(WORDS // SLICES // 2)
    tables = list(layout.tables.values())
    found, weights = [], []
    for law in laws:
        value = draws.look_up(tables[law.value_table], words) * law.value >> draws.ONE
        found.append(value)
        weights.append(law.routing.share(value, part) if law.routing else np.ones(SLICES))
    return caseload.typical_values(np.concatenate(found), np.concatenate(weights), BANDS)


def _bid_cost(spec: WorkflowSpec, part: str) -> float:
    """What one bid costs a supplier: its hours in the whole part at the market's wage, and expenses."""
    block = spec.market[part]
    steps = (node for name, node in spec.nodes.items() if part_of(name) == part and isinstance(node, Step))
    hours = sum(time.seconds for node in steps for time in node.bidder.values()) / 3600
    return hours * float(block.wage.amount) + _sum(block)


def _market(block: MarketSpec, cost: float, paper: float | None, values: tuple[float, ...]) -> market.Market:
    """The market of a part under a variant."""
    return market.Market(
        awareness_mean=float(block.awareness_mean),
        awareness_shape=float(block.awareness_shape),
        awareness_multiplier=float(block.awareness_multiplier),
        notice=block.notice,
        pool=block.pool,
        entry_spread=float(block.entry_spread),
        cost_spread=float(block.cost_spread),
        bid_cost=cost,
        value=values[0],
        valid_share=float(block.valid_share),
        bids=block.bids,
    )


def _expenses(layout: Layout, by_portal: dict[tuple[int, str], float]) -> Integers:
    """The expenses of one bid in US cents, by variant and part: the mean of bids by portal and bids by hand."""
    variants, parts = layout.workflow.variants, list(layout.spec.ways)
    result = np.zeros((len(variants), len(parts)), dtype=np.int64)
    for (index, part), share in by_portal.items():
        own = _sum(variants[index].spec.market[part])
        by_hand = _sum(layout.paper.market[part]) if share < 1 else own
        result[index, parts.index(part)] = round(100 * (share * own + (1 - share) * by_hand))
    return result


def _sum(block: MarketSpec) -> float:
    return sum(float(money.amount) for money in block.expenses.values())


def _by_portal(solved: market.BiddingTables) -> float:
    return 1.0
