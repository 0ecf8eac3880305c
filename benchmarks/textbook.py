"""The benchmark workload as a SimPy textbook would write it: `with resource.request()`, a process for each activity.

2,000 cases in a year, 24 activities in eight pools that work Monday to Friday from 9 to 17; see WORKLOAD.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import simpy

HOUR, DAY = 3600, 86_400
CASES, GAP = 2000, 15_768
POOLS = {"RU": 8, "PO": 16, "LEG": 13, "FIN": 10, "EC": 20, "APP": 6, "TEC": 19, "CM": 3}

# activity: pool, mean service in hours of working time, its coefficient of variation, mean delay after it in hours
WORKLOAD = {
    "need": ("RU", 6, 0.7, 24),
    "market_study": ("PO", 5, 0.8, 24),
    "specs": ("TEC", 10, 0.8, 24),
    "legal_review": ("LEG", 3, 0.7, 12),
    "legal_signoff": ("LEG", 1, 0.5, 8),
    "budget_check": ("FIN", 2, 0.6, 12),
    "budget_reserve": ("FIN", 1, 0.5, 24),
    "assemble": ("PO", 4, 0.6, 8),
    "approve_docs": ("APP", 1.5, 0.8, 16),
    "publish": ("PO", 1, 0.5, 840),
    "clarify": ("TEC", 4, 0.8, 72),
    "open_bids": ("EC", 1, 0.5, 8),
    "compliance": ("LEG", 3, 0.7, 12),
    "tech_eval": ("EC", 8, 0.8, 24),
    "fin_eval": ("FIN", 3, 0.6, 12),
    "eval_report": ("EC", 3, 0.6, 24),
    "report_approval": ("APP", 1.5, 0.8, 24),
    "award": ("PO", 1, 0.5, 240),
    "contract_draft": ("LEG", 3, 0.6, 24),
    "commit_funds": ("FIN", 1, 0.5, 12),
    "sign": ("APP", 0.5, 0.5, 48),
    "register": ("CM", 1.5, 0.6, 8),
    "cancel_notice": ("PO", 1, 0.5, 24),
    "archive": ("CM", 1, 0.6, 0),
}
DELAY_CV = 0.5
Steps = Generator[simpy.Event, Any, None]


def finish(start: float, work: float) -> float:
    """When `work` seconds begun at `start` are done by people who work Monday to Friday from 9 to 17."""
    day, clock = divmod(start, DAY)
    while True:
        if day % 7 < 5 and clock < 17 * HOUR:
            clock = max(clock, 9 * HOUR)
            left = 17 * HOUR - clock
            if work <= left:
                return day * DAY + clock + work
            work -= left
        day, clock = day + 1, 0


def lognormal(mean: float, cv: float) -> float:
    """A lognormal draw by its mean and coefficient of variation."""
    sigma2 = math.log1p(cv * cv)
    return random.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2))


class Model:
    """One year of the office."""

    def __init__(self, seed: int) -> None:
        random.seed(seed)
        self.env = simpy.Environment()
        self.pools = {name: simpy.Resource(self.env, heads) for name, heads in POOLS.items()}
        self.log: list[tuple[int, str, float, float, float]] = []

    def run(self) -> list[tuple[int, str, float, float, float]]:
        """Every activity done: case, activity, request, start, end."""
        self.env.process(self.arrive())
        self.env.run()
        return self.log

    def arrive(self) -> Steps:
        for case in range(CASES):
            yield self.env.timeout(random.expovariate(1 / GAP))
            self.env.process(self.tender(case))

    def do(self, case: int, activity: str) -> Steps:
        pool, hours, cv, delay = WORKLOAD[activity]
        requested = self.env.now
        with self.pools[pool].request() as request:
            yield request
            start = self.env.now
            yield self.env.timeout(finish(start, lognormal(hours * HOUR, cv)) - start)
        self.log.append((case, activity, requested, start, self.env.now))
        if delay:
            yield self.env.timeout(lognormal(delay * HOUR, DELAY_CV))

    def legal(self, case: int) -> Steps:
        yield self.env.process(self.do(case, "legal_review"))
        yield self.env.process(self.do(case, "legal_signoff"))

    def budget(self, case: int) -> Steps:
        yield self.env.process(self.do(case, "budget_check"))
        yield self.env.process(self.do(case, "budget_reserve"))

    def tender(self, case: int) -> Steps:
        for activity in ("need", "market_study", "specs"):
            yield self.env.process(self.do(case, activity))
        yield self.env.process(self.legal(case)) & self.env.process(self.budget(case))
        while True:
            yield self.env.process(self.do(case, "assemble"))
            yield self.env.process(self.do(case, "approve_docs"))
            if random.random() < 0.8:
                break
        for activity in ("publish", "clarify", "open_bids", "compliance"):
            yield self.env.process(self.do(case, activity))
        while True:
            for activity in ("tech_eval", "fin_eval", "eval_report", "report_approval"):
                yield self.env.process(self.do(case, activity))
            word = random.random()
            if word < 0.70 or word >= 0.88:
                break
        rest = ("award", "contract_draft", "commit_funds", "sign", "register") if word < 0.70 else ("cancel_notice",)
        for activity in (*rest, "archive"):
            yield self.env.process(self.do(case, activity))
