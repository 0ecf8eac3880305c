"""The way of one case through the graph of its variant and part, with what each of its rows must say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from procsim.engine import draws
from procsim.procurement.calendars import add_working_days
from procsim.procurement.parameters import SECONDS
from procsim.procurement.schema import Bidding, Branch, End, Exclusive, Join, Parallel, Step, Task

if TYPE_CHECKING:
    from invariants import Run

Key = tuple[int, str, int]  # case, activity, visit
NOTHING = draws.Round(0, 0, -1, -1, 0)


class Walk:
    """Follows the tokens of one case through its graph, from row to row, and works out what each row must say.

    No bidding stands inside a parallel, so what the bidding brought is known whatever branch is followed first.
    """

    def __init__(self, run: Run, case: int) -> None:
        self.run, self.case = run, case
        self.nodes: dict[str, Any] = run.spec(case).nodes
        self.value = int(run.log.cases.value[case])
        self.visits: Counter[str] = Counter()
        self.seen: set[Key] = set()
        self.found: list[draws.Round] = []
        self.closed, self.moved, self.bidder_seconds = -1, 0, 0
        self.status = "open"
        part = list(run.spec(case).ways.values())[run.log.cases.part[case]]
        self.ended = self.token(part.start, int(run.log.cases.arrival[case]))

    @property
    def last(self) -> draws.Round:
        return self.found[-1] if self.found else NOTHING

    def token(self, name: str, time: int, stop: str = "") -> int | None:
        """When a token that is at that node at that time arrives at `stop` or ends; None if it is still under way."""
        while name != stop:
            node, visit = self.nodes[name], self.visits[name]
            self.visits[name] += 1
            if isinstance(node, End):
                self.status = node.status
                return time
            if isinstance(node, Step):
                row = self.run.rows.get((self.case, name, visit))
                if row is None:
                    return None
                self.seen.add((self.case, name, visit))
                self.check(name, node, visit, time, row)
                name, time = node.next, row["complete"]
            elif isinstance(node, Exclusive):
                name = self.chosen(name, node, visit, time)
            elif isinstance(node, Parallel):
                met = [self.token(branch, time, node.join) for branch in node.branches]
                if None in met:
                    return None
                name, time = node.join, max(moment for moment in met if moment is not None)
            elif isinstance(node, Join):
                name = node.next
        return time

    def check(self, name: str, node: Any, visit: int, time: int, row: dict[str, Any]) -> None:
        """What the row of a visit must say."""
        wait = self.wait(name, node, visit)
        if isinstance(node, Task):
            assert (row["released"], row["enabled"]) == (time, self.after(time, wait, node.handover)), row
            assert row["worked"] == self.work(name, node, visit), row
        else:
            assert (row["released"], row["enabled"], row["start"], row["worked"]) == (time, time, time, 0), row
            due = self.after(time, wait, node.duration)
            assert row["complete"] == (self.closing(due) if isinstance(node, Bidding) else due), row
        if isinstance(node, Bidding):
            self.found.append(self.run.round(self.case, len(self.found)))
            self.closed = row["complete"]
        if self.last.bids:
            own = sum(time.seconds for time in node.bidder.values())
            self.bidder_seconds += own * self.last.paid + sum(time.seconds for time in node.winner.values())

    def wait(self, name: str, node: Any, visit: int) -> int:
        """The seconds of a hand-over or period, as drawn."""
        spread = node.handover if isinstance(node, Task) else node.duration
        if spread is None:
            return 0
        word = self.run.word(self.case, name, visit, draws.WAIT)
        table = draws.quantile_table(*spread.shape)
        return int(draws.look_up(table, word)[0]) * int(spread.value.seconds) >> draws.ONE

    def after(self, time: int, wait: int, spread: Any) -> int:
        if spread is None or spread.value.unit != "wd" or not wait:
            return time + wait
        return add_working_days(self.run.log.plan.working_days.tolist(), time, wait)

    def closing(self, due: int) -> int:
        """A deadline that falls into an outage of the portal moves; one on paper stands."""
        spec = self.run.spec(self.case)
        if spec.market[self.run.log.plan.parts[self.run.log.cases.part[self.case]]].submission == "portal":
            for start, end in sorted(self.run.log.plan.outages(self.run.log.replication)):
                if start <= due < end:
                    due, self.moved = end + spec.portal.extension.seconds, self.moved + 1
        return due

    def work(self, name: str, node: Task, visit: int) -> int:
        """The mean times the quantile at the word of its key, and never nothing."""
        effort, last = node.effort, self.last
        mean = effort.value.seconds + effort.per_bid.seconds * last.bids + effort.per_valid_bid.seconds * last.valid
        word = self.run.word(self.case, name, visit, draws.EFFORT)
        return max(1, mean * int(draws.look_up(draws.quantile_table(*effort.shape), word)[0]) >> draws.ONE)

    def chosen(self, name: str, node: Exclusive, visit: int, time: int) -> str:
        total, branch = 0.0, node.branches[-1]
        luck = int(self.run.word(self.case, name, visit, draws.BRANCH)[0]) / 2**32
        for option in node.branches[:-1]:
            total += float(option.probability or 0)
            if self.holds(node.by, option, luck, total, time):
                branch = option
                break
        return branch.then or node.branches[-1].to if visit + 1 >= (branch.at_most or visit + 2) else branch.to

    def holds(self, by: str, option: Branch, luck: float, total: float, time: int) -> bool:
        """Whether a branch is taken that is not the last."""
        if by == "probability":
            return luck < total
        if by == "losing_bids":
            return luck < 1 - (1 - total) ** max(self.last.bids - 1, 0)
        assert option.below is not None
        if by == "days_since_bids":
            return time - self.closed < option.below.amount * SECONDS[option.below.unit]
        measure = {"bids": self.last.bids, "valid_bids": self.last.valid, "value": self.value}[by]
        return measure < option.below.amount
