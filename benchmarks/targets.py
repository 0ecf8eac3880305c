"""What was promised, and whether it was met."""

from __future__ import annotations

from typing import Any, NamedTuple


class Target(NamedTuple):
    """A bound on a figure: its section in bench.json, the keys inside, and the least or the most that it may be."""

    section: str
    keys: tuple[str, ...]
    bound: float
    most: bool = True

    @property
    def name(self) -> str:
        """Where the figure is."""
        return ": ".join((self.section, *self.keys))

    def seen(self, found: dict[str, Any]) -> float | None:
        """The figure; None where it was not measured."""
        value: Any = found.get(self.section)
        for key in self.keys:
            value = value.get(key) if value is not None else None
        return value

    def verdict(self, found: dict[str, Any]) -> str:
        """Whether what was found meets the target."""
        seen = self.seen(found)
        if seen is None:
            return "not measured"
        return "meets" if (seen <= self.bound if self.most else seen >= self.bound) else "misses"

    def row(self, found: dict[str, Any]) -> dict[str, Any]:
        """Target, figure and verdict."""
        sign = "<=" if self.most else ">="
        return {"target": f"{sign} {self.bound:g}", "seen": self.seen(found), "verdict": self.verdict(found)}


TARGETS = (
    Target("ratios", ("fast/textbook",), 200, most=False),
    Target("ratios", ("fast/reference",), 70, most=False),
    Target("ratios", ("fast/floor",), 0.75, most=False),
    Target("ratios", ("wasm/kernel",), 0.55, most=False),  # like with like: neither copies its totals out
    Target("open_tender", ("fast/reference",), 50, most=False),
    Target("million events a second", ("fast", "median"), 25, most=False),
    Target("what-if", ("workload", "CPU, 1 thread", "median"), 0.25),
    Target("what-if", ("workload", "wall, 2 threads", "median"), 0.14),
    Target("threads", ("2/1",), 1.8, most=False),
    Target("start-up", ("cpu", "beyond pandas", "median"), 0.8),  # one thread: that of the wall on a quiet machine
    Target("log", ("time in the kernel",), 1.25),
    Target("log", ("bytes in Arrow",), 20),
    Target("log", ("bytes in Parquet",), 15),
    Target("growth", ("100 times",), 1.6),
    Target("peak MiB", ("more replications",), 1.1),
    Target("large", ("GiB",), 8),
)
