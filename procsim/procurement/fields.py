"""The numbers of a model file: each with its unit, refused with the reason where it is none."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from procsim.procurement.parameters import SECONDS, WORKING_DAY, Quantity

INFINITE = "inf"


def _quantity(units: tuple[str, ...], example: str) -> Callable[[object], Quantity]:
    def read(text: object) -> Quantity:
        quantity = Quantity.parse(text)
        if quantity.unit not in units:
            found = f"the unit '{quantity.unit}'" if quantity.unit else "no unit"
            raise ValueError(f"{text!r} has {found}; write it like '{example}' ({', '.join(u or '-' for u in units)})")
        if quantity.amount < 0:
            raise ValueError(f"{text!r} is negative; it must be 0 or more")
        return quantity

    return read


def _share(text: object) -> Fraction:
    share = Quantity.parse(text)
    if share.unit or not 0 <= share.amount <= 1:
        raise ValueError(f"{text!r} is not a share between 0 and 1; write 55 % as 0.55")
    return share.amount


def _number(text: object) -> Fraction:
    number = Quantity.parse(text)
    if number.unit or number.amount < 0:
        raise ValueError(f"{text!r} must be a number of 0 or more without a unit")
    return number.amount


def _heads(text: object) -> int | None:
    if text == INFINITE or text == float("inf"):
        return None
    heads = _number(text)
    if heads.denominator != 1 or heads < 1:
        raise ValueError(f"{text!r} is not a head-count; write a whole number of at least 1, or inf")
    return int(heads)


def _money(text: object) -> Quantity:
    money = Quantity.parse(text)
    if len(money.unit) != 3 or not money.unit.isupper():
        raise ValueError(f"{text!r} has no currency; write it like '200000 USD'")
    return money


TIME_UNITS = tuple(SECONDS)
Time = Annotated[Quantity, BeforeValidator(_quantity(TIME_UNITS, "36 h"))]
Period = Annotated[Quantity, BeforeValidator(_quantity((*TIME_UNITS, WORKING_DAY), "30 d"))]
Share = Annotated[Fraction, BeforeValidator(_share)]
Number = Annotated[Fraction, BeforeValidator(_number)]
Heads = Annotated[int | None, BeforeValidator(_heads)]
Money = Annotated[Quantity, BeforeValidator(_money)]


class Block(BaseModel):
    """A block of YAML: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    source: str | None = None


class Source(Block):
    """Where numbers come from: shown beside every one of them."""

    title: str
    href: str | None = None
    year: int | None = None
    grade: Literal["S", "D", "J"] = "J"
    confidence: Literal["high", "medium", "low"] = "low"
    looked_up: bool = True


class Spread(Block):
    """A mean and the law around it: fixed, exponential, lognormal (cv), or triangular (low, high times the mean)."""

    value: Period
    distribution: Literal["fixed", "exponential", "lognormal", "triangular"] = "fixed"
    cv: Number = Fraction(0)
    low: Number = Fraction(0)
    high: Number = Fraction(0)

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, data: Any) -> Any:
        return data if isinstance(data, dict) else {"value": data}

    @model_validator(mode="after")
    def _complete(self) -> Spread:
        if self.distribution == "lognormal" and not 0 < self.cv <= 3:
            raise ValueError("a lognormal needs 'cv' above 0 and at most 3")
        mode = 3 - self.low - self.high
        if self.distribution == "triangular" and not self.low <= mode <= self.high:
            raise ValueError("a triangular law needs 'low' and 'high' as multiples of the mean, such as 0.5 and 1.5")
        return self

    @property
    def shape(self) -> tuple[str, float, float, float]:
        """The arguments of `draws.quantile_table`."""
        return self.distribution, float(self.cv), float(self.low), float(self.high)


class Effort(Spread):
    """Working time with everyone present: a fixed part and a part for each bid, or for each valid bid."""

    value: Time
    per_bid: Time = Quantity(Fraction(0), "h")
    per_valid_bid: Time = Quantity(Fraction(0), "h")


class Worth(Block):
    """The value of cases: a mean, and a lognormal law around it (`cv`) unless it is fixed."""

    value: Money
    distribution: Literal["fixed", "lognormal"] = "fixed"
    cv: Number = Fraction(0)

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, data: Any) -> Any:
        return data if isinstance(data, dict) else {"value": data}

    @model_validator(mode="after")
    def _complete(self) -> Worth:
        if self.distribution == "lognormal" and not 0 < self.cv <= 20:
            raise ValueError("a lognormal value needs 'cv' above 0 and at most 20")
        return self
