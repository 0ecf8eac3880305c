"""Adoption in steps: which modules a case meets, and the double work while paper goes on beside them.

A case has one readiness, drawn once. A module is in use for it where its readiness lies below the module's share, and
what the module needs is in use too: so adopters are nested, and m modules make at most m + 1 variants of a workflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from procsim.procurement import paths
from procsim.procurement.country import Country
from procsim.procurement.parameters import BY_USER, SECONDS, Parameter, Quantity
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.reforms import Reform

if TYPE_CHECKING:
    from procsim.procurement.settings import Setting

SECTION, SUPPLIERS = "adoption", "suppliers"
CASES, SHARE_OF_SUPPLIERS, DOUBLE_RUNNING = "adoption.cases", "adoption.suppliers", "adoption.double_running"
EFFORT = ("value", "per_bid", "per_valid_bid")
FULL = Parameter(1, "the regime: every case, every supplier", grade="D", confidence="high", origin="regimes.yaml")

Ledger = dict[str, Parameter]


@dataclass(frozen=True)
class Step:
    """The reforms that meet at least a `share` of the cases, the readiest ones; `gradual` ones do not meet all."""

    share: Fraction
    reforms: tuple[Reform, ...]
    gradual: frozenset[str]


def shares(
    reforms: list[Reform], partial: bool, land: Country, settings: Sequence[Setting], problems: Problems
) -> dict[str, Parameter]:
    """The share of cases for each module of a regime, and of suppliers who can bid on the portal.

    In a `partial` regime they are the country's `adoption.cases` and `adoption.suppliers`, else one; `settings` such as
    `adoption.e_notice=0.3` come on top. Adds a problem for a setting that names no module, or is no share.
    """
    modules = [reform.name for reform in reforms if reform.spec.type == "module"]
    cases, suppliers = (land.parameter(CASES), land.parameter(SHARE_OF_SUPPLIERS)) if partial else (FULL, FULL)
    found = {**dict.fromkeys(modules, cases), **({SUPPLIERS: suppliers} if modules else {})}
    for setting in settings:
        name = setting.path.removeprefix(f"{SECTION}.")
        hits = list(found) if name == "*" else [name] if name in found else []
        if name in {reform.name for reform in reforms} - set(modules):
            problems.add(setting.place, f"'{name}' is a rule, which holds for every case", "Name a module")
        elif not hits:
            problems.add(setting.place, f"no module '{name}' in this regime", did_you_mean(name, found))
        for hit in hits:
            value = setting.text.partition("=")[2].strip()
            found[hit] = found[hit].changed(value, setting.place, source=BY_USER)
    for name, parameter in found.items():
        try:
            good = 0 <= Quantity.parse(parameter.value).amount <= 1
        except ValueError:
            good = False
        if not good:
            problems.add(f"{SECTION}.{name}", f"{parameter.value} is not a share", "Write a number from 0 to 1")
    return found


def steps(reforms: list[Reform], shares: dict[str, Parameter]) -> list[Step]:
    """The variants of a regime from the least ready cases to the readiest; rule changes meet every case."""
    by_name = {reform.name: reform for reform in reforms}

    def share(name: str, after: tuple[str, ...] = ()) -> Fraction:
        own, after = amount(shares[name]) if name in shares else Fraction(1), (*after, name)
        needs = [need for need in by_name[name].spec.needs if need in by_name and need not in after]
        return min([own, *(share(need, after) for need in needs)])

    reached = {reform.name: share(reform.name) for reform in reforms}
    levels = sorted({level for level in reached.values() if 0 < level < 1} | {Fraction(1)}, reverse=True)
    gradual = frozenset(name for name, level in reached.items() if level < 1)
    return [
        Step(level, tuple(reform for reform in reforms if reached[reform.name] >= level), gradual) for level in levels
    ]


def amount(parameter: Parameter) -> Fraction:
    """A share as an exact number.

    >>> amount(Parameter("0.25", "a survey"))
    Fraction(1, 4)
    """
    return Quantity.parse(parameter.value).amount


def double_run(tree: paths.Tree, ledger: Ledger, settled: paths.Tree, extra: Parameter) -> None:
    """Add the work of the old way, in place, to every task that modules change before all cases use them.

    `settled` is the tree of the cases that use none of those modules. A task then costs its effort there and `extra`
    (a share) of its new effort. That buyers do both meanwhile is set by the authors.
    """
    for name, node in tree["nodes"].items():
        if node.get("kind") != "task":
            continue
        new, old = _effort(node), _effort(settled["nodes"].get(name, {}))
        if not new or not old or new == old:
            continue
        node["effort"] = {**(node["effort"] if isinstance(node["effort"], dict) else {"value": node["effort"]})}
        for key in EFFORT:
            total = Quantity((old[key] + amount(extra) * new[key]) / SECONDS["h"], "h").exact
            path = f"{name}.effort" + ("" if key == "value" else f".{key}")
            if key in node["effort"] or old[key]:
                node["effort"][key] = total
                ledger[path] = ledger.get(path, extra).changed(total, "double running")


def _effort(node: dict[str, Any]) -> dict[str, Fraction]:
    """The parts of a task's effort in seconds: 0 of a task that is not there, empty where one is no time."""
    effort = node.get("effort", {})
    block = effort if isinstance(effort, dict) else {"value": effort}
    try:
        quantities = {key: Quantity.parse(block.get(key, "0 h")) for key in EFFORT}
        seconds = {key: quantity.amount * SECONDS[quantity.unit] for key, quantity in quantities.items()}
        return seconds if min(seconds.values()) >= 0 else {}
    except (ValueError, KeyError):
        return {}
