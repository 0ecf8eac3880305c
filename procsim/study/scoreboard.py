"""The scoreboard: every published result beside the simulated one, and how many are inside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from procsim.engine import compiler, engines
from procsim.engine.totals import Totals
from procsim.procurement.workflow import Workflow, load
from procsim.study.evidence import Figure, Target, TargetRole, Under, left_out
from procsim.study.experiment import Interval, Progress, interval
from procsim.study.measures import Measures, measure
from procsim.study.yardsticks import MEASURES, Sample, Samples

# How many are to be inside, of how many shipped; of 4 and of 7 when it was set, one of the 7 counts as an input since.
BAR: dict[TargetRole, tuple[int, int]] = {"fitted": (4, 4), "predicted": (5, 6)}
EXACT: tuple[TargetRole, ...] = ("input", "identity", "rule")
BASELINE = "paper"


@dataclass(frozen=True)
class Row:
    """One published figure beside the model's; None where there is none.

    `left_out` is the model's value without the target, `naive` what it says if electronic were the same as paper.
    """

    name: str
    target: str
    role: TargetRole
    figure: Figure
    simulated: Interval | None
    left_out: Interval | None
    naive: Interval | None

    @property
    def inside(self) -> bool | None:
        """Whether the mean lies within the tolerance; None where nothing is modelled, or no case had a value."""
        if self.simulated is None or math.isnan(self.simulated.mean):
            return None
        low, high = self.figure.bounds
        return bool(low <= self.simulated.mean <= high)

    def off(self, found: Interval) -> float:
        """How far a mean lies from the published value or the nearer end of its range, in the figure's unit.

        NaN where there is no mean.
        """
        low, high = self.figure.published
        return found.mean if math.isnan(found.mean) else max(low - found.mean, found.mean - high, 0.0)


@dataclass(frozen=True)
class Scoreboard:
    """All targets by identifier, a row for each figure, and the name of the engine that ran."""

    targets: dict[str, Target]
    rows: tuple[Row, ...]
    engine: str

    def of(self, target: str) -> tuple[Row, ...]:
        """The rows of a target."""
        return tuple(row for row in self.rows if row.target == target)

    def inside(self, target: str) -> bool | None:
        """Whether all figures of a target are inside; None where one has no value."""
        found = [row.inside for row in self.of(target)]
        return None if None in found else all(found)

    def modelled(self, *roles: TargetRole) -> list[str]:
        """The targets of some roles that the model has a counterpart for."""
        return [name for name, each in self.targets.items() if each.role in roles and not each.not_modelled]

    def hits(self, *roles: TargetRole) -> list[str]:
        """Those of them that are inside."""
        return [name for name in self.modelled(*roles) if self.inside(name)]

    def misses(self) -> dict[str, str]:
        """What each target that is not inside says of it."""
        return {name: each.if_missed for name, each in self.targets.items() if self.inside(name) is False}

    def not_modelled(self) -> dict[str, str]:
        """The targets without a counterpart in the model, and why."""
        return {name: each.not_modelled for name, each in self.targets.items() if each.not_modelled}

    def in_sight(self) -> dict[str, str]:
        """Of the predicted targets, those that something in the model was set with in view."""
        predicted = self.modelled("predicted")
        return {name: self.targets[name].in_sight for name in predicted if self.targets[name].in_sight}

    def beside_naive(self) -> tuple[int, int]:
        """In how many rows the model lies nearer than the naive baseline, of how many that have one."""
        pairs = [(row.off(row.simulated), row.off(row.naive)) for row in self.rows if row.simulated and row.naive]
        return sum(own < naive for own, naive in pairs), len(pairs)

    def to_json(self) -> dict[str, Any]:
        """All rows for other programs; a range is a list of two, and no value is null."""
        return {"targets": [_json(row) for row in self.rows]}


def _json(row: Row) -> dict[str, Any]:
    low, high = row.figure.published
    found = row.simulated or Interval(math.nan, math.nan, math.nan)
    ends = {"simulated": found.mean, "low": found.low, "high": found.high}
    return {
        "id": row.name,
        "role": row.role,
        "published": low if low == high else [low, high],
        **{key: None if math.isnan(value) else value for key, value in ends.items()},
        "inside": row.inside,
    }


class _Configuration(NamedTuple):
    """A workflow under one regime, with all that it is made from: what is the same is simulated once."""

    workflow: str
    country: str
    profile: str
    settings: tuple[str, ...]
    regime: str
    models: str | None


class _Question(NamedTuple):
    """Configurations that are looked at together, and how often."""

    configurations: tuple[_Configuration, ...]
    replications: int


class _Asked(NamedTuple):
    """A question with the measure and its arguments, as it stands in a figure."""

    question: _Question
    measure: str
    of: tuple[str | float, ...]


def validate(
    targets: Mapping[str, Target],
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    engine: str = engines.AUTO,
    models: str | None = None,
) -> Scoreboard:
    """Simulate what every target is held against; `replications` instead of the targets' own, own `models` first.

    The numbers are the same for any number of workers; `progress` is called with (questions done, questions in all).

    >>> from procsim.study.evidence import find_targets
    >>> [row.inside for row in validate(find_targets("C5")).rows]
    [True, None]
    """
    chosen = engines.choose(engine)
    asked = {
        (name, key): [_ask(figure, under, replications, models) for under in _unders(target, figure)]
        for name, target in targets.items()
        for key, figure in target.figures.items()
    }
    wanted = (ask for asks in asked.values() for ask in asks if ask)
    answers = _answers(wanted, chosen, workers, progress or (lambda *_: None))
    rows = []
    for (name, key), asks in asked.items():
        found = [answers[ask] if ask else None for ask in asks]
        target = targets[name]
        rows.append(Row(_row_name(name, key, target), name, target.role, target.figures[key], *found))
    return Scoreboard(dict(targets), tuple(rows), chosen.name)


def _row_name(name: str, key: str, target: Target) -> str:
    return name if len(target.figures) == 1 else f"{name}.{key}"


def _unders(target: Target, figure: Figure) -> tuple[Under | None, Under | None, Under | None]:
    """What is simulated, the same without the target, and the same on paper throughout."""
    under = figure.under
    without = left_out(under, target.left_out) if under and target.left_out else None
    return under, without, _on_paper(under) if under and target.before_after else None


def _on_paper(under: Under) -> Under | None:
    """The naive baseline "electronic = paper": every regime is paper; None where all are already."""
    if all(policy.regime == BASELINE for policy in under.policies.values()):
        return None
    paper = {name: policy.model_copy(update={"regime": BASELINE}) for name, policy in under.policies.items()}
    return under.model_copy(update={"policies": paper})


def _ask(figure: Figure, under: Under | None, replications: int | None, models: str | None) -> _Asked | None:
    if under is None or figure.measure is None:
        return None
    head = (under.workflow, under.country, under.profile)
    configurations = tuple(
        _Configuration(*head, (*under.settings, *policy.settings), policy.regime, models)
        for policy in under.policies.values()
    )
    return _Asked(_Question(configurations, replications or under.replications), figure.measure, tuple(figure.of))


def _answers(
    wanted: Iterable[_Asked], engine: engines.Engine, workers: int, progress: Progress
) -> dict[_Asked, Interval]:
    """Every question is simulated once, whatever is measured in it."""
    questions: dict[_Question, dict[_Asked, list[float]]] = {}
    for ask in wanted:
        questions.setdefault(ask.question, {})[ask] = []
    for number, (question, found) in enumerate(questions.items(), start=1):
        for samples in _samples(question, engine, workers):
            for ask, values in found.items():
                values.append(MEASURES[ask.measure].function(samples, *ask.of))
        progress(number, len(questions))
    return {ask: interval(values) for found in questions.values() for ask, values in found.items()}


def _samples(question: _Question, engine: engines.Engine, workers: int) -> Iterator[Samples]:
    """For each replication the samples of all configurations; those that are the same are simulated once."""
    workflows = {each: _workflow(each) for each in dict.fromkeys(question.configurations)}
    plans = {each: compiler.make(workflow) for each, workflow in workflows.items()}
    numbers = range(1, question.replications + 1)
    keep = partial(_measured, list(workflows.values()))
    with closing(engine.replicate(list(plans.values()), numbers, workers, keep)) as every:
        for number, measures in zip(numbers, every, strict=True):
            found = {
                each: Sample(workflows[each], plan, number, own, engine)
                for (each, plan), own in zip(plans.items(), measures, strict=True)
            }
            yield [found[each] for each in question.configurations]


def _measured(workflows: Sequence[Workflow], found: Sequence[Totals]) -> list[Measures]:
    """The outcomes of a replication under each workflow."""
    return [measure(own, workflow) for workflow, own in zip(workflows, found, strict=True)]


def _workflow(each: _Configuration) -> Workflow:
    return load(each.workflow, each.country, each.profile, each.settings, each.models).under(each.regime)
