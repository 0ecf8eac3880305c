"""A comparison run again with other numbers in its workflows, on the luck of its own first replications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from procsim.engine import compiler, engines
from procsim.engine.totals import Totals
from procsim.procurement.parameters import Quantity
from procsim.procurement.problems import ModelError
from procsim.procurement.uncertainty import Uncertainty, uncertainties, varied
from procsim.procurement.workflow import Base, Workflow
from procsim.study.experiment import Comparison, Interval, interval, kept, refuse_other_cases
from procsim.study.runs import Run, is_unstable
from procsim.study.staffing import Staffing

NEARER = (1.0, 0.5, 0.25, 0.125)
MOST = 10  # replications kept of the policies as compared
Amount = Callable[[Uncertainty], Quantity]


class Found(NamedTuple):
    """The differences from the baseline by policy and outcome, with the interval of the replications.

    `nearness` is 1 where the amounts were as asked for, less where those contradict each other and were taken nearer to
    the values, 0 where only the values themselves held. `unstable`: under one of the policies the answer depends on
    the horizon.
    """

    differences: Mapping[str, Mapping[str, Interval]]
    nearness: float
    unstable: bool


@dataclass(frozen=True, eq=False)
class Trial:
    """What is uncertain in a comparison, by policy and name, and the totals of its replications by policy.

    `staffing` is that of each base of the policies, by its id.
    """

    comparison: Comparison
    staffing: Mapping[int, Staffing]
    known: Mapping[str, Mapping[str, Uncertainty]]
    settled: Mapping[str, Sequence[Totals]]

    @staticmethod
    def of(comparison: Comparison) -> Trial:
        """A trial of a comparison, whose first replications are run once more for it."""
        engine, flows = engines.choose(comparison.engine), comparison.policies
        bases = {id(flow.base): flow.base for flow in flows.values()}
        staffing = {key: Staffing.of(base, engine, comparison.seed, comparison.years) for key, base in bases.items()}
        known = {policy: _known(flow, staffing[id(flow.base)]) for policy, flow in flows.items()}
        number = min(comparison.replications, MOST)
        settled = {policy: _totals(comparison, flow, number) for policy, flow in flows.items()}
        return Trial(comparison, staffing, known, settled)

    def names(self, policies: Sequence[str]) -> list[str]:
        """The names of what is uncertain under any of these policies."""
        return list(dict.fromkeys(name for policy in policies for name in self.known[policy]))

    def uncertainty(self, name: str) -> Uncertainty:
        """The number of that name, under the first policy that has it."""
        return next(known[name] for known in self.known.values() if name in known)

    def differences(
        self, at: Mapping[str, Amount], policies: Sequence[str], replications: int, outcomes: Sequence[str]
    ) -> Found:
        """Outcomes of the policies less those of the first, with other amounts for the numbers of these names.

        What so few replications miss of the comparison's mean, at the values, is added: only what the amounts do is
        left. Amounts that contradict each other are taken half-way to the values until they hold.
        """
        for nearness in NEARER:
            try:
                return self._found(at, nearness, policies, replications, outcomes)
            except ModelError:
                continue
        return self._found({}, 0.0, policies, replications, outcomes)

    def _found(
        self,
        at: Mapping[str, Amount],
        nearness: float,
        policies: Sequence[str],
        replications: int,
        outcomes: Sequence[str],
    ) -> Found:
        flows = self._varied(_nearer(at, nearness), policies)
        own = self.comparison.policies
        found = [
            self.settled[policy][:replications] if flow is own[policy] else _totals(self.comparison, flow, replications)
            for policy, flow in flows.items()
        ]
        if len({id(flow.base) for flow in flows.values()}) > 1:
            refuse_other_cases({policy: totals[0].plan for policy, totals in zip(flows, found, strict=True)})
        runs = [kept(flows, each) for each in zip(*found, strict=True)]
        return Found(
            {policy: {name: self._shifted(runs, policy, name) for name in outcomes} for policy in list(policies)[1:]},
            nearness,
            unstable=any(is_unstable([each[policy] for each in runs]) for policy in policies),
        )

    def _varied(self, at: Mapping[str, Amount], policies: Sequence[str]) -> dict[str, Workflow]:
        """The policies with other amounts; a policy that has none of these numbers is the same as before."""
        own = self.comparison.policies
        values: dict[int, dict[str, tuple[Uncertainty, Quantity]]] = {}
        for policy in policies:
            mine = {name: (self.known[policy][name], at[name]) for name in at if name in self.known[policy]}
            amounts = {name: (each, amount(each)) for name, (each, amount) in mine.items()}
            values.setdefault(id(own[policy].base), {}).update(amounts)
        bases: dict[int, Base] = {}
        flows = {}
        for policy in policies:
            base, changed = own[policy].base, any(name in self.known[policy] for name in at)
            if changed and id(base) not in bases:
                bases[id(base)] = self.staffing[id(base)].fitted(varied(base, values[id(base)].values()))
            flows[policy] = bases[id(base)].paper.under(own[policy].regime) if changed else own[policy]
        return flows

    def _shifted(self, runs: Sequence[Mapping[str, Run]], policy: str, name: str) -> Interval:
        """The interval of a difference, moved by what these replications miss at the values."""
        found, compared = _interval(runs, policy, name), self.comparison.runs
        missed = _interval(compared, policy, name).mean - _interval(compared[: len(runs)], policy, name).mean
        return Interval(found.mean + missed, found.low + missed, found.high + missed)


def _known(workflow: Workflow, staffing: Staffing) -> dict[str, Uncertainty]:
    """What is uncertain, by name; a head-count that staffing leaves no choice is not."""
    found = map(staffing.within, uncertainties(workflow))
    return {each.name: each for each in found if each.low < each.high}


def _interval(runs: Sequence[Mapping[str, Run]], policy: str, name: str) -> Interval:
    return interval([run[policy].change(name).mean for run in runs])


def _nearer(at: Mapping[str, Amount], nearness: float) -> Mapping[str, Amount]:
    if nearness == 1:
        return at

    def between(amount: Amount) -> Amount:
        return lambda each: each.between(amount(each), nearness)

    return {name: between(amount) for name, amount in at.items()}


def _totals(comparison: Comparison, workflow: Workflow, replications: int) -> list[Totals]:
    plan = compiler.make(workflow, comparison.seed, comparison.years)
    engine, numbers = engines.choose(comparison.engine), range(1, replications + 1)
    return list(engine.replicate([plan], numbers, 1, itemgetter(0)))
