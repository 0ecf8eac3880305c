"""The form of a workflow file: node kinds, roles, calendars, caseload and market, with the unit of every number.

Each class is one block of YAML; unknown keys are refused. What the kinds do: a task holds people, a timer waits,
bidding lets suppliers decide, exclusive chooses, parallel and join split and meet, end ends.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from procsim.procurement.calendars import WEEKDAYS, clock_span
from procsim.procurement.fields import (
    Block,
    Effort,
    Heads,
    Money,
    Number,
    Period,
    Share,
    Source,
    Spread,
    Time,
    Worth,
)
from procsim.procurement.parameters import Quantity

Stage = Literal["planning", "tender", "award", "contract", "implementation"]
Milestone = Literal["notice", "contract", "invoice", "payment", "complaint", "complaint_decided", "complaint_upheld"]
MILESTONES: tuple[Milestone, ...] = get_args(Milestone)
Method = Literal["open", "selective", "limited", "direct"]
ALONE = ""  # the only part of a workflow that is not an office of several


def _spans_of_hours(hours: list[str] | None) -> list[str] | None:
    for text in hours or []:
        try:
            clock_span(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a span of hours; write it like '09:00-12:00'") from None
    return hours


def _by_part(market: Any) -> Any:
    """The market of a workflow that stands alone, as that of its only part."""
    if market is None:
        return {}
    of_parts = isinstance(market, dict) and all(isinstance(block, dict) for block in market.values())
    return market if of_parts else {ALONE: market}


class CalendarSpec(Block):
    """When a role works: see `calendars.build`."""

    always: bool | None = None
    intervals: list[tuple[int, int]] | None = None
    hours: list[str] | None = None
    weekdays: list[str] | None = None
    working_days: list[int] | None = None
    every_weeks: int | None = Field(None, ge=1)
    fit: Literal["pause", "whole"] = "pause"
    on_holiday: Literal["skip", "next_working_day"] = "skip"

    _spans = field_validator("hours")(_spans_of_hours)

    @field_validator("weekdays")
    @classmethod
    def _names(cls, weekdays: list[str] | None) -> list[str] | None:
        for name in weekdays or []:
            if name not in WEEKDAYS:
                raise ValueError(f"{name!r} is not a weekday; write {', '.join(WEEKDAYS)}")
        return weekdays

    @model_validator(mode="after")
    def _one_form(self) -> CalendarSpec:
        if sum(form is not None for form in (self.always, self.intervals, self.hours)) != 1:
            raise ValueError("a calendar has exactly one of 'hours', 'intervals' or 'always: true'")
        return self


class Role(Block):
    """Staff of one kind. `party: other` means that their hours are not the buyer's (a gazette, a bank)."""

    title: str = ""
    heads: Heads
    calendar: str = "always"
    party: Literal["buyer", "other"] = "buyer"


class Node(Block):
    """What all nodes have."""

    title: str = ""


class Step(Node):
    """A node that takes time: it has a stage, and may mark a milestone.

    It may cost working time outside the office: `bidder` for each bid of the round, `winner` once, by purpose.
    """

    stage: Stage = "tender"
    milestone: Milestone | None = None
    bidder: dict[str, Time] = Field(default_factory=dict)
    winner: dict[str, Time] = Field(default_factory=dict)
    next: str


class Task(Step):
    """Staff needed at once (all or none), effort, and a hand-over before it is enabled."""

    kind: Literal["task"]
    staff: dict[str, int]
    effort: Effort
    handover: Spread | None = None

    @field_validator("staff")
    @classmethod
    def _someone(cls, staff: dict[str, int]) -> dict[str, int]:
        if not staff or any(heads < 1 for heads in staff.values()):
            raise ValueError("a task needs at least one person of at least one role")
        return staff


class Timer(Step):
    """A period that passes by rule or at a supplier's pace; holds nobody."""

    kind: Literal["timer"]
    duration: Spread
    cause: Literal["rule", "supplier"] = "rule"


class Bidding(Step):
    """A timer during which suppliers learn of the tender, decide and bid."""

    kind: Literal["bidding"]
    duration: Spread


class Branch(Block):
    """One way on: by `probability`, or for what lies `below` a bound.

    `at_most` bounds the visits of a loop, and `then` is where the last of them leads. The setting `straight_through`
    never takes a `detour`.
    """

    to: str
    probability: Share | None = None
    below: Quantity | None = None
    at_most: int | None = Field(None, ge=1, le=200)
    then: str | None = None
    detour: bool = False

    @field_validator("below", mode="before")
    @classmethod
    def _bound(cls, below: object) -> Quantity | None:
        return None if below is None else Quantity.parse(below)


class Exclusive(Node):
    """Choice of one branch; the last takes what the others leave.

    By `losing_bids`, the `probability` is that of each losing bid, and the branch is taken if it comes true for any of
    them: nobody complains who won, and nobody where a single bidder won. By `days_since_bids`, `below` is a time.
    """

    kind: Literal["exclusive"]
    by: Literal["probability", "bids", "valid_bids", "value", "losing_bids", "days_since_bids"] = "probability"
    branches: list[Branch] = Field(min_length=1)


class Parallel(Node):
    """All branches at once, until they meet in `join`."""

    kind: Literal["parallel"]
    branches: list[str] = Field(min_length=2)
    join: str


class Join(Node):
    """Waits for all branches of its parallel."""

    kind: Literal["join"]
    next: str


class End(Node):
    """The end of a case and the final status it means."""

    kind: Literal["end"]
    status: Literal["complete", "unsuccessful", "cancelled"] = "complete"


AnyNode = Annotated[Task | Timer | Bidding | Exclusive | Parallel | Join | End, Field(discriminator="kind")]


class Route(Block):
    """The method for cases `below` a value, or for a `share` of those; the next route takes what this one leaves."""

    to: str
    below: Money | None = None
    share: Share = Fraction(1)


class CaseClass(Block):
    """Cases of one kind: how many a year (or one every `interval` on average, or at explicit times), how urgent.

    In an office of several workflows, `methods` say by value which of them a case goes through.
    """

    per_year: Number | None = None
    interval: Time | None = None
    arrivals: list[Time] | None = None
    calendar: str = "always"
    peak_months: list[int] = Field(default_factory=list)
    peak_factor: Number = Fraction(1)
    priority: int = Field(0, ge=0, le=100)
    value: Worth = Worth.model_validate("0 USD")
    category: Literal["goods", "services", "works"] = "goods"
    methods: list[Route] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_law(self) -> CaseClass:
        if sum(law is not None for law in (self.per_year, self.interval, self.arrivals)) != 1:
            raise ValueError("a class of cases has exactly one of 'per_year', 'interval' or 'arrivals'")
        return self


class MarketSpec(Block):
    """The suppliers of this kind of tender and how it is awarded: see `market.Market`.

    Defaults that are not neutral: profit_share is fitted to Korea's tenders of 2003 (grade D), sme_share is the EU's
    (European Commission, Single Market Scoreboard 2024: 72 % of bids; grade S). Guesses (grade J, confidence low) are
    price_weight, firms, remote_share (half of Ukraine's firms bid only in their own area: TI Ukraine 2019) and
    remote_reach, with which half as many again learn of a tender when it is on a portal, as Korea's did (2002).
    """

    notice: Literal["press", "portal"]
    submission: Literal["paper", "portal"] = "paper"
    award: Literal["lowest", "best_value", "auction", "lottery"] = "lowest"
    awareness_mean: Number
    awareness_shape: Number
    awareness_multiplier: Number
    pool: Heads = None
    entry_spread: Number
    cost_spread: Share
    wage: Money
    expenses: dict[str, Money] = Field(default_factory=dict)
    valid_share: Share
    bids: int | None = Field(None, ge=0, le=400)
    price_weight: Share = Fraction(1, 2)
    profit_share: Share = Fraction(132, 10_000)
    price_band: Share = Fraction(1)
    capture: Share = Fraction(0)
    sham_bids: int = Field(2, ge=0, le=100)
    firms: int = Field(40, ge=1, le=2000)
    sme_share: Share = Fraction(72, 100)
    remote_share: Share = Fraction(1, 2)
    remote_reach: Share = Fraction(1, 3)
    sme_entry: Share = Fraction(1)
    digital_access: Share = Fraction(1)


class Labour(Block):
    """What an hour costs: the buyer's staff."""

    wage: Money


class Portal(Block):
    """The bidding portal: how often it fails (or exactly when: start and length), and what that does to deadlines.

    A failure begins at some second of `hours`; a deadline that falls into it moves to `extension` after its end.
    """

    per_year: Number = Fraction(0)
    duration: Spread = Spread.model_validate("1 h")
    hours: list[str] = Field(default_factory=lambda: ["00:00-24:00"])
    extension: Time = Quantity(Fraction(0), "h")
    outages: list[tuple[Time, Time]] | None = None

    _spans = field_validator("hours")(_spans_of_hours)


class Deadline(Block):
    """A period that the law sets: from the last completion of one step to the last completion of another."""

    start: str
    end: str
    within: Period


class Part(Block):
    """One workflow of an office: how it begins."""

    title: str = ""
    method: Method = "open"
    start: str


class WorkflowSpec(Block):
    """A whole workflow file, or several workflows that share one office (`parts`, a list of names in the file)."""

    schema_: Literal["procsim-workflow/1"] = Field(alias="schema")
    name: str
    title: str = ""
    description: str = ""
    method: Method = "open"
    sources: dict[str, Source] = Field(default_factory=dict)
    like: str | None = None
    parts: dict[str, Part] = Field(default_factory=dict)
    start: str = ""
    roles: dict[str, Role] = Field(default_factory=dict)
    calendars: dict[str, CalendarSpec] = Field(default_factory=dict)
    caseload: dict[str, CaseClass] = Field(default_factory=dict)
    market: Annotated[dict[str, MarketSpec], BeforeValidator(_by_part)] = Field(default_factory=dict)
    labour: Labour | None = None
    portal: Portal = Field(default_factory=Portal)
    deadlines: dict[str, Deadline] = Field(default_factory=dict)
    adoption: dict[str, Share] = Field(default_factory=dict)
    nodes: dict[str, AnyNode]

    @property
    def ways(self) -> dict[str, Part]:
        """Its parts by name; a workflow that stands alone is its own only part, ALONE."""
        return self.parts or {ALONE: Part(title=self.title, method=self.method, start=self.start)}


def part_of(node: str) -> str:
    """The part to which a node belongs, ALONE outside an office.

    >>> part_of("quotation/request"), part_of("request")
    ('quotation', '')
    """
    return node.rpartition("/")[0]
