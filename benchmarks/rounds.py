"""Engines measured in turn: a round runs each of them once, so that what else the machine does falls on all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Engine = Callable[[int], float]  # runs what belongs to a round, by its number; the seconds of one replication


@dataclass(frozen=True)
class Rounds:
    """Seconds by engine, one for each round."""

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """Seconds of an engine in the middle one of its rounds."""
        return median(self.seconds[name])

    def least(self, name: str) -> float:
        """Seconds of an engine in its best round."""
        return min(self.seconds[name])

    def ratio(self, quick: str, slow: str) -> float:
        """How many times as fast one is as the other: the median of the ratios inside rounds."""
        return median(b / a for a, b in zip(self.seconds[quick], self.seconds[slow], strict=True))

    def at_best(self, quick: str, slow: str) -> float:
        """The same of the best rounds alone, which say more where the machine is busy."""
        return self.least(slow) / self.least(quick)

    def ratios(self, names: Sequence[str]) -> dict[str, dict[str, float]]:
        """Of every "quick/slow" whose engines were both measured: the `ratios`, and those `at best`."""
        pairs = [(name, *name.split("/")) for name in names if self.seconds.keys() >= {*name.split("/")}]
        return {
            "ratios": {name: self.ratio(*pair) for name, *pair in pairs},
            "at best": {name: self.at_best(*pair) for name, *pair in pairs},
        }

    def table(self, unit: float) -> dict[str, dict[str, float]]:
        """Median and least of each engine, in units of so many seconds."""
        return {name: {"median": self.median(name) / unit, "least": self.least(name) / unit} for name in self.seconds}


def in_turn(engines: Mapping[str, Engine], number: int) -> Rounds:
    """So many rounds; each engine has been run once before, in round 0."""
    for engine in engines.values():
        engine(0)
    rounds = [{name: engine(each) for name, engine in engines.items()} for each in range(1, number + 1)]
    return Rounds({name: [each[name] for each in rounds] for name in engines})


def blocks(run: Callable[[range], object], size: int, clock: Callable[[], float] = time.process_time) -> Engine:
    """An engine that runs a block of replications in each round; seconds of CPU, unless another clock is given."""

    def measured(number: int) -> float:
        began = clock()
        run(range(number * size, (number + 1) * size))
        return (clock() - began) / size

    return measured
