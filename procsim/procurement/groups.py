"""Whether a country's number is far from what other countries say: a remark for whoever checks it, never an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from procsim.procurement.country import EXCHANGE_RATE
from procsim.procurement.sheet import Entry, Sheet

LEAST = 4  # with fewer others, being outside their range says little
TIMES = 3
OF_SIZE = frozenset(  # they follow the size or the currency of a country, so being far from others means nothing
    {
        *(EXCHANGE_RATE, "macro.population", "macro.gdp_usd", "labour.procurement_staff"),
        *("volume.procurement_value_usd", "volume.tenders_per_year", "volume.contracts_per_year"),
        *("egp.registered_suppliers", "egp.registered_entities"),
    }
)


@dataclass(frozen=True)
class Group:
    """What others say of one number: the amounts of all other countries, and those of the `region`, both ascending.

    >>> weeks = Group((2.0, 7.0, 14.0, 21.0, 30.0), (), "")
    >>> weeks.is_far(45), weeks.is_far(40), weeks.is_far(3)
    (True, False, False)
    """

    others: tuple[float, ...]
    near: tuple[float, ...]
    region: str

    @property
    def where(self) -> str:
        """The region if enough of its countries have the number, else all."""
        return self.region if len(self.near) >= LEAST else "all countries"

    @property
    def compared(self) -> tuple[float, ...]:
        """The amounts of those countries."""
        return self.near if len(self.near) >= LEAST else self.others

    @property
    def median(self) -> float:
        """Their middle."""
        return median(self.compared)

    def is_far(self, amount: float) -> bool:
        """Whether an amount is outside their range and over 3 times, or under a third of, their median."""
        outside = not self.compared[0] <= amount <= self.compared[-1]
        far = not self.median / TIMES <= amount <= TIMES * self.median
        return len(self.compared) >= LEAST and outside and far


def comparable(entry: Entry, sheet: Sheet) -> float | None:
    """The amount of a country's own number in a unit that all countries share: USD, calendar days, else its own.

    None where it is no number, is not the country's own, follows the size of a country, is a year, or is money of a
    currency whose rate the country does not give.
    """
    amount = entry.amount
    if entry.owner != "own" or entry.name in OF_SIZE or entry.unit == "year" or amount is None:
        return None
    if entry.unit == "working-day":
        return amount * 7 / len(sheet.calendar.weekdays)
    return in_usd(amount, entry.unit, sheet) if entry.unit.startswith("currency-") else amount


def in_usd(amount: float, unit: str, sheet: Sheet) -> float | None:
    """Money of a unit such as `currency-FJD` in US dollars at the country's own rate; None where it gives none."""
    if unit == "currency-USD":
        return amount
    entry = sheet.entries.get(EXCHANGE_RATE)
    rate = entry.amount if entry and entry.owner == "own" else None
    return amount / rate if rate and unit == f"currency-{sheet.country.currency}" else None


def group(name: str, sheet: Sheet, peers: Sequence[Sheet]) -> Group | None:
    """What the peers say of a number; None if none of them has one of its own."""
    region = sheet.regions[-1] if sheet.regions else ""
    near = [peer for peer in peers if region and peer.regions[-1:] == (region,)]
    others = _amounts(name, peers)
    return Group(others, _amounts(name, near), region) if others else None


def _amounts(name: str, sheets: Iterable[Sheet]) -> tuple[float, ...]:
    found = (comparable(sheet.entries[name], sheet) for sheet in sheets if name in sheet.entries)
    return tuple(sorted(amount for amount in found if amount is not None))
