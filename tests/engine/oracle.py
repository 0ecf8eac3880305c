"""A second engine, as plain as can be: it counts the seconds one by one, straight from the page of semantics.

It reads the data of a workflow without chance (times in whole seconds, raw intervals, choices by value or certain).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]


def number(text: str) -> int:
    return int(text.split()[0])


@dataclass(eq=False)
class Job:
    """A task or timer of a case: due when its delay is over, then worked on until nothing remains."""

    case: int
    node: str
    visit: int
    released: int
    due: int
    enabled: int = -1
    start: int = -1
    remaining: int = -1
    people: list[tuple[str, int]] = field(default_factory=list)


class Oracle:
    def __init__(self, data: Block) -> None:
        self.data, self.nodes, self.roles = data, data["nodes"], data["roles"]
        self.rank = list(self.nodes)
        times = [(number(t), i) for i, block in enumerate(data["caseload"].values()) for t in block["arrivals"]]
        self.arrivals = [(time, list(data["caseload"].values())[i]) for time, i in sorted(times)]
        self.free = {role: set(range(block["heads"])) for role, block in self.roles.items()}
        self.visits: dict[tuple[int, str], int] = defaultdict(int)
        self.joined: dict[tuple[int, str], int] = defaultdict(int)
        self.delayed: list[Job] = []
        self.waiting: list[Job] = []
        self.working: list[Job] = []
        self.rows: list[tuple[Any, ...]] = []
        self.people: list[tuple[Any, ...]] = []
        self.ended: dict[int, int] = {}

    def run(self, until: int) -> Oracle:
        for now in range(until + 1):
            for case, (arrival, _) in enumerate(self.arrivals):
                if arrival == now:
                    self.enter(case, self.data["start"], now)
            while self.something_ends(now):
                pass
            self.assign(now)
            for job in self.working:
                job.remaining -= self.on_duty(job, now)
        return self

    def something_ends(self, now: int) -> bool:
        ready = [job for job in self.delayed if job.due == now]
        done = [job for job in self.working if job.remaining == 0]
        for job in ready:
            self.delayed.remove(job)
            job.enabled = now
            if self.nodes[job.node]["kind"] == "task":
                job.remaining = number(self.nodes[job.node]["effort"])
                self.waiting.append(job)
            else:
                job.start = job.enabled = job.released
                self.finish(job, now)
        for job in done:
            self.working.remove(job)
            for role, person in job.people:
                self.free[role].add(person)
            self.finish(job, now)
        return bool(ready or done)

    def finish(self, job: Job, now: int) -> None:
        lead = job.people[0] if job.people else ("", -1)
        self.rows.append((job.case, job.node, *lead, job.visit, job.released, job.enabled, job.start, now))
        self.people += [(job.case, job.node, job.visit, *person) for person in job.people]
        self.enter(job.case, self.nodes[job.node]["next"], now)

    def enter(self, case: int, name: str, now: int) -> None:
        node = self.nodes[name]
        visit = self.visits[case, name]
        self.visits[case, name] += 1
        if node["kind"] in ("task", "timer"):
            delay = number(node.get("handover", "0 s") if node["kind"] == "task" else node["duration"])
            self.delayed.append(Job(case, name, visit, now, now + delay))
        elif node["kind"] == "exclusive":
            self.enter(case, self.choice(case, node, visit), now)
        elif node["kind"] == "parallel":
            for branch in node["branches"]:
                self.enter(case, branch, now)
        elif node["kind"] == "join":
            width = next(len(other["branches"]) for other in self.nodes.values() if other.get("join") == name)
            self.joined[case, name] += 1
            if self.joined[case, name] % width == 0:
                self.enter(case, node["next"], now)
        else:
            self.ended[case] = now

    def choice(self, case: int, node: Block, visit: int) -> str:
        value = number(self.arrivals[case][1]["value"])
        certain = [b for b in node["branches"] if b.get("probability") == 1 or value < b.get("below", 0)]
        branch = [*certain, node["branches"][-1]][0]
        return branch["then"] if visit + 1 >= branch.get("at_most", visit + 2) else branch["to"]

    def assign(self, now: int) -> None:
        unclaimed = {role: len(people) for role, people in self.free.items()}
        for job in sorted(self.waiting, key=self.order):
            staff = self.nodes[job.node]["staff"]
            if not self.on_duty(job, now) or not self.fits(job, now):
                continue
            if all(unclaimed[role] >= heads for role, heads in staff.items()):
                self.begin(job, now)
            for role, heads in staff.items():
                unclaimed[role] = max(0, unclaimed[role] - heads)

    def order(self, job: Job) -> tuple[int, ...]:
        return self.arrivals[job.case][1]["priority"], job.enabled, job.case, self.rank.index(job.node)

    def begin(self, job: Job, now: int) -> None:
        self.waiting.remove(job)
        self.working.append(job)
        job.start = now
        for role, heads in self.nodes[job.node]["staff"].items():
            for person in sorted(self.free[role])[:heads]:
                self.free[role].remove(person)
                job.people.append((role, person))

    def calendars(self, job: Job) -> list[Block]:
        names = {self.roles[role]["calendar"] for role in self.nodes[job.node]["staff"]}
        return [self.data["calendars"][name] for name in names if name != "always"]

    def on_duty(self, job: Job, now: int) -> bool:
        return all(any(low <= now < high for low, high in c["intervals"]) for c in self.calendars(job))

    def fits(self, job: Job, now: int) -> bool:
        whole = any(calendar.get("fit") == "whole" for calendar in self.calendars(job))
        return not whole or all(self.on_duty(job, now + second) for second in range(job.remaining))
