"""A user's settings: `path=value`, or `regime:path=value`, read as YAML reads them and remembered as the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from procsim.procurement import adoption, library, paths, reforms
from procsim.procurement.calendars import WEEKDAYS
from procsim.procurement.country import (
    ALWAYS_READ,
    CALLS_PER_BID,
    HOURLY_WAGE,
    MONTHLY_WAGE,
    WEEKLY_HOURS,
    Country,
    hourly_wage,
)
from procsim.procurement.parameters import BY_USER, SECONDS, WORKING_DAY, Parameter, Quantity, show_value
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.yamlfile import read_yaml

if TYPE_CHECKING:
    from procsim.procurement.workflow import Workflow

STRAIGHT_THROUGH = "straight_through"
COUNTRY_SHARES = (adoption.CASES, adoption.SHARE_OF_SUPPLIERS, adoption.DOUBLE_RUNNING)


@dataclass(frozen=True)
class Setting:
    """One setting as the user wrote it.

    >>> setting = Setting("electronic:evaluate.effort=20 h")
    >>> setting.regime, setting.path
    ('electronic', 'evaluate.effort')
    """

    text: str

    @property
    def regime(self) -> str | None:
        """The regime that it is meant for; None if it acts before any reform."""
        left = self.text.split("=", 1)[0].strip()
        return left.split(":", 1)[0] if ":" in left else None

    @property
    def path(self) -> str:
        """The number it sets."""
        return self.text.split("=", 1)[0].strip().split(":", 1)[-1]

    @property
    def of_adoption(self) -> bool:
        """Whether it is about the adoption of a module, such as `hybrid:adoption.e_notice=0.3`."""
        of_regime = self.regime is not None or self.path not in COUNTRY_SHARES
        return self.path.startswith(f"{adoption.SECTION}.") and of_regime

    @property
    def place(self) -> str:
        """How a message names it."""
        return f"--set {self.text}"


def applied_to(land: Country, settings: tuple[Setting, ...], problems: Problems) -> Country:
    """The country with those settings applied that name one of its parameters."""
    changed = dict(land.parameters)
    for setting in settings:
        if setting.regime is None and setting.path in changed and "=" in setting.text:
            value, known = _value(setting, problems), changed[setting.path]
            if not _fits(value, known.value):
                problems.add(setting.place, "is no such value", f"Write it like {show_value(known.value)}")
            changed[setting.path] = known.changed(value, setting.place, source=BY_USER)
    if not problems.lines:
        _set_hourly_wage(land, changed, problems)
    return replace(land, parameters=changed)


def _set_hourly_wage(land: Country, changed: dict[str, Parameter], problems: Problems) -> None:
    """The hourly wage, which is what workflows read, follows the monthly wage and the hours that were set."""
    names = (HOURLY_WAGE, MONTHLY_WAGE, WEEKLY_HOURS)
    moved = {name for name in names if changed.get(name) != land.parameters.get(name)}
    if not moved or HOURLY_WAGE in moved:
        return
    old, monthly, weekly = land.parameters[HOURLY_WAGE], changed[MONTHLY_WAGE], changed[WEEKLY_HOURS]
    if not Quantity.parse(weekly.value).amount:
        problems.add(f"--set {WEEKLY_HOURS}", "no hour is worked", "Write more than 0 h")
    elif MONTHLY_WAGE in moved or old == hourly_wage(*(land.parameters[n] for n in (MONTHLY_WAGE, WEEKLY_HOURS))):
        new = hourly_wage(monthly, weekly)
        by = ", ".join(sorted(f"--set {name}" for name in moved))
        changed[HOURLY_WAGE] = replace(new, source=BY_USER, changes=old.changed(new.value, by).changes)


def unread(workflow: Workflow) -> list[Setting]:
    """Those settings of a workflow that name a number of its country which nothing in it reads: they do nothing."""
    base, land = workflow.base, workflow.country
    filled = list(base.ledger.values())
    own = {file.path for file in base.files}
    reforms_read = {name for file in workflow.files if file.path not in own for name in paths.references(file.data)}
    wages = {MONTHLY_WAGE, WEEKLY_HOURS} if land.parameters[HOURLY_WAGE].changes else set()
    idle = land.parameters.keys() - {*ALWAYS_READ, *COUNTRY_SHARES, CALLS_PER_BID, *reforms_read, *wages}
    known = [each for each in base.settings if each.regime is None and each.path in idle]
    return [each for each in known if land.parameters[each.path] not in filled]


def readers(name: str, where: tuple[Path, ...]) -> list[str]:
    """The workflows whose files read a number of a country."""
    known = ((workflow, library.find("workflows", workflow, where)) for workflow in library.names("workflows", where))
    return [workflow for workflow, file in known if name in paths.references(read_yaml(file).data)]


def _fits(value: Any, old: Any) -> bool:
    """Whether a value can stand for a country's: weekdays for weekdays, a quantity of the same unit for a quantity."""
    if isinstance(old, list):
        return isinstance(value, list) and bool(value) and set(map(str, value)) <= set(WEEKDAYS)
    try:
        known = Quantity.parse(old)
    except ValueError:
        return isinstance(value, type(old))
    try:
        new = Quantity.parse(value)
    except (ValueError, ZeroDivisionError):
        return False
    return new.amount >= 0 and _kind(new) == _kind(known)


def _kind(quantity: Quantity) -> str:
    return "time" if quantity.unit in (*SECONDS, WORKING_DAY) else quantity.unit


def check_regimes(settings: tuple[Setting, ...], where: tuple[Path, ...], problems: Problems) -> None:
    """A setting for a regime that does not exist would be ignored in silence."""
    known = {*reforms.regime_names(where), *library.names("reforms", where)}
    for setting in settings:
        for part in setting.regime.split("+") if setting.regime is not None else ():
            if part.strip() not in known:
                problems.add(setting.place, f"no regime or reform '{part}'", did_you_mean(part, known))


def _value(setting: Setting, problems: Problems) -> Any:
    """The value of a setting, read as YAML reads it."""
    try:
        return yaml.safe_load(setting.text.split("=", 1)[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        problems.add(setting.place, "the value cannot be read", "Check brackets, quotes and dates")
        return None


def put(
    tree: paths.Tree, ledger: dict[str, Parameter], setting: Setting, known: Iterable[str], problems: Problems
) -> None:
    """Set a number of a tree and remember it in the ledger; `known` are the country's parameters, for a message."""
    hits = paths.find(tree, setting.path) if "=" in setting.text else []
    if "=" not in setting.text:
        problems.add(setting.place, "is not a setting", "Write path=value, such as role.evaluator=21")
    elif not hits:
        problems.add(setting.place, f"no number '{setting.path}'", did_you_mean(setting.path, [*ledger, *known]))
    value = _value(setting, problems) if hits else None
    for keys in hits:
        name = paths.path_of(tree, keys)
        paths.put(tree, keys, value)
        old = ledger.get(name, Parameter(None, ""))
        ledger[name] = old.changed(value, setting.place, source=BY_USER)
