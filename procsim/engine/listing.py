"""Real cases as a class of a plan: what data say of each stands; what they do not say, the workflow's law gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from procsim.engine.nodes import Layout
from procsim.engine.plan import Listing
from procsim.procurement.caselist import CaseList
from procsim.procurement.caseload import Routing, routing
from procsim.procurement.checks import LONGEST, MOST_MONEY
from procsim.procurement.parameters import DAY
from procsim.procurement.problems import ModelError
from procsim.procurement.schema import Route
from procsim.procurement.workflow import Workflow

Integers = NDArray[np.int64]
USD = "USD"


def first_day(cases: CaseList) -> date:
    """The first of January of the year in which the first case was published: day 0 of the run."""
    return date(int(cases.published[0].astype("datetime64[Y]").astype(int)) + 1970, 1, 1)


def arrival_times(cases: CaseList, first: date) -> Integers:
    """When each case was published, in seconds from midnight of day 0; ModelError if day 0 comes after the first."""
    if len(cases) and cases.published[0] < np.datetime64(first, "s"):
        day = cases.published[0].astype("datetime64[D]")
        raise ModelError([f"{cases.source}: its first case, of {day}, comes before day 0, {first}. Choose that day."])
    return np.asarray((cases.published - np.datetime64(first, "s")).astype(np.int64), dtype=np.int64)


def listing(cases: CaseList, layout: Layout, routes: list[Route], limits: list[int | None]) -> Listing:
    """What the data say of each case, in dollars and seconds; `limits` are the bounds of the routes in USD."""
    methods = {name: part.method for name, part in layout.spec.ways.items()}
    codes = list(dict.fromkeys(methods[route.to] for route in routes))
    known = ~np.isnan(cases.window)
    _check(cases)
    return Listing(
        value=_dollars(cases, layout),
        method=np.array([codes.index(code) if code in codes else -1 for code in cases.method], dtype=np.int64),
        window=np.where(known, np.rint(np.where(known, cases.window, 0) * DAY), -1).astype(np.int64),
        category=cases.category,
        routings=tuple(_routing_of(code, methods, routes, limits) for code in codes),
    )


def _check(cases: CaseList) -> None:
    """Refuse what the engines could not count."""
    for days in cases.window[(cases.window < 0) | (cases.window * DAY > LONGEST)].tolist():
        what = f"a tender period of {days:,.0f} days is below 0, or more than 68 years"
        raise ModelError([f"{cases.source}: {what}. Correct it."])
    for value in cases.value[cases.value > MOST_MONEY].tolist():
        what = f"a value of {value:.6g} {cases.currency} is too large"
        raise ModelError([f"{cases.source}: {what}. Write {MOST_MONEY} or less."])


def _routing_of(code: str, methods: Mapping[str, str], routes: list[Route], limits: list[int | None]) -> Routing:
    """The routes by one method; the last of them takes every value that the others leave."""
    own = [(route, limit) for route, limit in zip(routes, limits, strict=True) if methods[route.to] == code]
    last = own[-1][0].model_copy(update={"share": Fraction(1)})
    return routing([*(route for route, _ in own[:-1]), last], [*(limit for _, limit in own[:-1]), None], list(methods))


def unused_values(cases: CaseList, workflow: Workflow) -> str:
    """Why the values of the data cannot be used, if so: in whose currency they are."""
    if cases.currency in (USD, workflow.country.currency, "") or np.isnan(cases.value).all():
        return ""
    return (
        f"{cases.source}: values in {cases.currency} are not used, for {workflow.country.name} is in "
        f"{workflow.country.currency}; the workflow's own law of values stands in."
    )


def _dollars(cases: CaseList, layout: Layout) -> Integers:
    """Values in USD, -1 where there is none or in a currency that cannot be turned into dollars."""
    none = np.full(len(cases), -1, dtype=np.int64)
    if unused_values(cases, layout.workflow) or not cases.currency:
        return none
    rate = 1.0 if cases.currency == USD else float(layout.rate)
    known = ~np.isnan(cases.value)
    none[known] = np.maximum(np.rint(cases.value[known] / rate), 1).astype(np.int64)
    return none
