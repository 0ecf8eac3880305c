"""Staff that fits its work: a role whose people were judged from their work has no fewer, whatever else is in doubt.

Nobody counted those people: there were as many as leave no role busier than `BUSIEST` on paper. Were they drawn apart
from hours and caseload, many a draw would be an office that drowns, as no office in life does for years. So their range
ends where a role would be busier than that, and where its work on paper changes, they grow or shrink with it. A regime
that brings more work than paper still meets the people of paper. Who wants to know what an office does that is short of
people sets them, as in `role.evaluator=21`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from procsim.engine import compiler
from procsim.engine.engines import Engine
from procsim.engine.plan import INFINITE, Plan
from procsim.procurement.parameters import BY_USER
from procsim.procurement.uncertainty import Uncertainty
from procsim.procurement.workflow import Base

BUSIEST = Fraction(85, 100)
REPLICATIONS = 2  # on which work is measured


@dataclass(frozen=True, eq=False)
class Staffing:
    """The people of an office that were judged from their work: who of them, and how much there is to do.

    `teams` says of each such role how many people its tasks take at a time, `work` how many seconds on paper in all
    replications, and `busy` the share of its hours that this is.
    """

    base: Base
    engine: Engine
    seed: int
    years: int
    teams: Mapping[str, int]
    work: Mapping[str, int]
    busy: Mapping[str, Fraction]

    @staticmethod
    def of(base: Base, engine: Engine, seed: int = 1, years: int = 1) -> Staffing:
        """The staffing of a workflow in a country, as its own numbers have it.

        >>> from procsim import load
        >>> from procsim.engine import engines
        >>> found = Staffing.of(load("open_tender", "KOR").base, engines.choose("auto"))
        >>> found.teams["evaluator"], found.teams["procurement_officer"], found.busy["evaluator"] < BUSIEST
        (3, 1, True)
        """
        plan = compiler.make(base.paper, seed, years)
        work = _work(plan, engine)
        hours = dict(zip(plan.roles, (plan.heads * plan.on_duty).tolist(), strict=True))
        judged = [role for role in plan.roles if _is_judged(base, role) and work[role]]
        teams = {role: math.gcd(*_at_a_time(base, role)) for role in judged}
        # A few days of real cases may lie wholly outside a role's hours: it is then as busy as can be.
        busy = {role: Fraction(work[role], REPLICATIONS * max(hours[role], 1)) for role in judged}
        return Staffing(base, engine, seed, years, teams, work, busy)

    def within(self, each: Uncertainty) -> Uncertainty:
        """What is uncertain of a head-count, in whole teams and without an office in which they are too busy."""
        role = each.name.removeprefix("role.")
        if role == each.name or role not in self.busy:
            return each
        value, team = each.value.amount, self.teams[role]
        low = max(team * math.ceil(each.low / team), self._fewest(role, self.work[role]))
        return replace(each, low=min(Fraction(low), value), high=max(Fraction(each.high // team * team), value))

    def fitted(self, base: Base) -> Base:
        """The workflow with other numbers, and in it as many more or fewer people as there is more or less work.

        They are taken to the nearest team: rounded up, the offices in doubt would have more to spare than the one
        compared.
        """
        if base.tree == self.base.tree:
            return base
        tree, work = deepcopy(base.tree), _work(compiler.make(base.paper, self.seed, self.years), self.engine)
        for role, team in self.teams.items():
            if work[role] != self.work[role]:
                heads = Fraction(tree["roles"][role]["heads"] * work[role], self.work[role])
                fewest = max(self._fewest(role, work[role]), *_at_a_time(base, role))
                tree["roles"][role]["heads"] = max(team * round(heads / team), fewest)
        return replace(base, tree=tree)

    def _fewest(self, role: str, work: int) -> int:
        """In whole teams, the fewest people whom so much work leaves no busier than BUSIEST, or than they are now."""
        heads, busy, team = self.base.tree["roles"][role]["heads"], self.busy[role], self.teams[role]
        return team * math.ceil(int(heads) * busy / max(busy, BUSIEST) * Fraction(work, self.work[role]) / team)


def _is_judged(base: Base, role: str) -> bool:
    """Whether nobody counted the people of a role; what the country says and what the user sets stays as it is."""
    parameter = base.ledger[f"role.{role}"]
    judged = parameter.grade == "J" and not parameter.name and parameter.source != BY_USER
    return judged and base.tree["roles"][role]["heads"] != "inf"


def _at_a_time(base: Base, role: str) -> list[int]:
    """How many people of a role each task takes."""
    return [int(node["staff"][role]) for node in base.tree["nodes"].values() if role in node.get("staff", {})]


def _work(plan: Plan, engine: Engine) -> dict[str, int]:
    """Seconds of work for each role, in all replications together, where there are people enough."""
    plenty = replace(plan, heads=np.full_like(plan.heads, INFINITE))
    labour = list(engine.replicate([plenty], range(1, REPLICATIONS + 1), 1, lambda found: found[0].labour.sum(axis=0)))
    return dict(zip(plan.roles, np.sum(labour, axis=0).tolist(), strict=True))
