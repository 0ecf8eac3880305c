"""Whether a country's number is far from what other countries say: a remark for whoever checks it, never an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from procsim.procurement.parameters import Quantity
from procsim.procurement.sheet import Entry, Sheet

LEAST = 4  # with fewer others, being outside their range says little
TIMES = 3
RATE = "macro.exchange_rate"
OF_SIZE = frozenset(  # they follow the size or the currency of a country, so being far from others means nothing
    {
        *(RATE, "macro.population", "macro.gdp_usd", "labour.procurement_staff"),
        *("volume.procurement_value_usd", "volume.tenders_per_year", "volume.contracts_per_year"),
        *("egp.registered_suppliers", "egp.registered_entities"),
    }
)


@dataclass(frozen=True)
class Group:
    """What other countries say of one number: where they lie, and their amounts as `comparable` gives them, ascending.

    >>> fourteen = Group("5 other countries", (2, 7, 14, 21, 30))
    >>> fourteen.is_far(45), fourteen.is_far(40), fourteen.is_far(3)
    (True, False, False)
    """

    where: str
    amounts: tuple[float, ...]
    near: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The middle of the others."""
        return median(self.amounts)

    def is_far(self, amount: float) -> bool:
        """Whether an amount is outside the range of the others and over 3 times, or under a third of, their median."""
        outside = not self.amounts[0] <= amount <= self.amounts[-1]
        return outside and not self.median / TIMES <= amount <= TIMES * self.median


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
    rate = sheet.entries.get(RATE)
    if unit == "currency-USD":
        return amount
    if rate is None or rate.owner != "own" or unit != f"currency-{sheet.country.currency}":
        return None
    return amount / float(Quantity.parse(rate.parameter.value).amount) if rate.parameter else None


def group(name: str, sheet: Sheet, peers: Sequence[Sheet]) -> Group | None:
    """The others of the region if enough of them have a number of their own, else all others; None if too few have.

    `near` are the amounts of the region in either case.
    """
    region = [peer for peer in peers if sheet.regions and peer.regions[-1:] == sheet.regions[-1:]]
    near, all_ = _amounts(name, region), _amounts(name, peers)
    where, chosen = (sheet.regions[-1], near) if len(near) >= LEAST else ("all regions", all_)
    return Group(f"{len(chosen)} others, {where}", chosen, near) if len(chosen) >= LEAST else None


def _amounts(name: str, sheets: Iterable[Sheet]) -> tuple[float, ...]:
    found = (comparable(sheet.entries[name], sheet) for sheet in sheets if name in sheet.entries)
    return tuple(sorted(amount for amount in found if amount is not None))
