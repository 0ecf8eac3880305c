"""From a workflow to its plan: variants, a country, markets and a caseload laid out as arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from procsim.engine import draws
from procsim.engine.limits import check_cases, check_nodes, check_span
from procsim.engine.listing import arrival_times, first_day, listing
from procsim.engine.markets import Markets
from procsim.engine.nodes import Layout
from procsim.engine.plan import MOST_LOSING, CaseLaw, OutageLaw, Plan
from procsim.procurement import caseload
from procsim.procurement.calendars import Week, build
from procsim.procurement.caselist import CaseList
from procsim.procurement.caseload import WORDS, Arrivals, arrivals
from procsim.procurement.parameters import DAY, YEAR
from procsim.procurement.schema import CaseClass
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

    With explicit arrivals, or real cases, there is no warm-up and every case counts. Raises ModelError for what only
    shows once calendars are laid out: roles that never meet, a task longer than any sitting, names whose draws collide;
    and for what the engines cannot count, such as more than 68 years.
    """
    spec, span = workflow.spec, _span(workflow, years, first, warm_up, tail)
    layout = Layout(workflow, span.week)
    laws = _laws(layout, span.horizon)
    check_cases(laws, layout)
    markets = Markets(layout, {part: _values(laws, index, layout) for index, part in enumerate(spec.ways)})
    check_nodes(layout, markets.most_bids())
    nodes, outages = layout.nodes(markets.rows, markets.by_portal), _outages(layout, span.horizon)
    layout.problems.raise_if_any()
    return Plan(
        seed=seed,
        first=span.week.first,
        horizon=span.horizon,
        cohort=span.cohort,
        activities=tuple(spec.nodes),
        stages=layout.stages,
        marks=layout.marks,
        roles=tuple(spec.roles),
        heads=layout.heads(),
        parts=tuple(spec.ways),
        methods=tuple(part.method for part in spec.ways.values()),
        shares=np.array([round(variant.share * WORDS) for variant in workflow.variants], dtype=np.int64),
        starts=layout.starts(),
        nodes=nodes,
        calendars=tuple(layout.calendars),
        role_calendars=tuple(layout.calendar(role.calendar, spec) for role in spec.roles.values()),
        working_days=np.array(span.week.working, dtype=np.int64),
        tables=tuple(layout.tables.values()),
        markets=tuple(markets.solved.values()),
        expenses=markets.expenses(),
        losing=np.array(list(layout.losing.values()), dtype=np.int64).reshape(-1, MOST_LOSING + 1),
        laws=laws,
        outage_law=outages,
    )


class _Span(NamedTuple):
    """The days of a run, its end in seconds, and the window in which the cases that count arrive."""

    week: Week
    horizon: int
    cohort: tuple[int, int]


def _span(workflow: Workflow, years: int, first: date | None, warm_up: int | None, tail: int) -> _Span:
    classes, listed, country = workflow.spec.caseload.values(), workflow.base.cases, workflow.country
    explicit = bool(listed) or all(case.arrivals is not None for case in classes)
    warm_up = (0 if explicit else 1) if warm_up is None else warm_up
    first = first or (first_day(listed) if listed else date(country.year - warm_up, 1, 1))
    last = max((time.seconds for case in classes for time in case.arrivals or ()), default=0)
    last = int(arrival_times(listed, first)[-1]) if listed else last
    horizon = (warm_up + years + tail) * YEAR + last
    check_span(years, explicit and last > YEAR, horizon)
    holidays = country.holidays(first.year - 1, first.year + horizon // YEAR + 1)
    week = Week(first, horizon // DAY + 1, country.weekdays(), holidays)
    return _Span(week, horizon, (0, last + 1) if explicit else (warm_up * YEAR, (warm_up + years) * YEAR))


def _laws(layout: Layout, horizon: int) -> tuple[CaseLaw, ...]:
    """The classes of cases, or the one into which real cases go."""
    laws = tuple(_law(name, case, layout, horizon) for name, case in layout.spec.caseload.items())
    listed = layout.workflow.base.cases
    return (_real(laws[0], listed, layout),) if listed else laws


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
    limits = _limits(name, case, layout)
    routing = caseload.routing(case.methods, limits, list(layout.spec.ways)) if case.methods else None
    return CaseLaw(arrivals(name, case, calendar, layout.week, horizon), value, table, routing)


def _real(law: CaseLaw, cases: CaseList, layout: Layout) -> CaseLaw:
    """A class whose cases come from data instead of from its law."""
    case, none = law.arrivals.case, np.zeros(0, dtype=np.int64)
    limits = _limits(law.name, case, layout)
    found = listing(cases, layout, case.methods, limits)
    own = Arrivals(law.name, case, arrival_times(cases, layout.week.first), 0, none, none, none)
    return replace(law, arrivals=own, listing=found)


def _limits(name: str, case: CaseClass, layout: Layout) -> list[int | None]:
    """The bounds of a class's routes in USD."""
    at = f"caseload.{name}.methods"
    return [layout.dollars(route.below, f"{at}.{route.to}.below") if route.below else None for route in case.methods]


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
        starts = arrivals(
            "outage", CaseClass.model_validate({"per_year": str(portal.per_year)}), hours, layout.week, horizon
        )
    return OutageLaw(times, starts, length, table, portal.extension.seconds)


def _values(laws: tuple[CaseLaw, ...], part: int, layout: Layout) -> tuple[float, ...]:
    """Values that stand for the cases of a part."""
    words = (np.arange(SLICES) * 2 + 1).astype(np.uint64) * np.uint64(WORDS // SLICES // 2)
    tables = list(layout.tables.values())
    found, weights = [], []
    for law in laws:
        value = draws.look_up(tables[law.value_table], words) * law.value >> draws.ONE
        if law.listing and (law.listing.value >= 0).any():
            value = law.listing.value[law.listing.value >= 0]
        value = value[value > 0]  # a case without a value is in the lowest band
        found.append(value)
        weights.append(law.routing.share(value, part) if law.routing else np.ones(len(value)))
    return caseload.typical_values(np.concatenate(found), np.concatenate(weights), BANDS)
