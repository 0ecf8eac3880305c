"""The numbers of a workflow that nobody knows exactly, how far the truth may lie from each, and a workflow with others.

A number is uncertain once, where it is written: in the country's pack, in the workflow's file or in a reform's. Every
place that it reaches, and every regime, moves with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple, get_args

from pydantic.fields import FieldInfo
from scipy.special import betaincinv

from procsim.procurement import paths, reforms, schema
from procsim.procurement.adoption import DOUBLE_RUNNING
from procsim.procurement.country import CALLS_PER_BID, EXCHANGE_RATE
from procsim.procurement.fields import Share
from procsim.procurement.parameters import BY_USER, Confidence, Parameter, Quantity
from procsim.procurement.reforms import Reform
from procsim.procurement.workflow import Base, Workflow

SPREAD: dict[Confidence, Fraction] = {"high": Fraction(5, 100), "medium": Fraction(15, 100), "low": Fraction(40, 100)}
NO_AMOUNTS = ("at_most", "priority", "low", "high")  # bounds of loops, ranks, and the ends of a law around its mean
FACTOR = "scale"
COARSE, FINE = 2, 6  # digits; of a coefficient of variation two, for each other one needs a table of its law
Place = tuple[str, paths.Keys]  # a reform, or "" for the workflow's own file, and the place there

_BLOCKS = (schema.Branch, schema.Route, schema.MarketSpec)


def _fields_of(kind: Any) -> frozenset[str]:
    """The keys of a workflow file under which such a number stands, or nothing."""
    fields = (item for block in _BLOCKS for item in block.model_fields.items())
    return frozenset(name for name, each in fields if kind in (each.annotation, *each.metadata, *_optional(each)))


def _optional(each: FieldInfo) -> list[Any]:
    """What stands behind a key that may also hold nothing."""
    kinds = get_args(each.annotation)
    return [*kinds, *(mark for kind in kinds for mark in getattr(kind, "__metadata__", ()))]


SHARES = _fields_of(get_args(Share)[1])
WHOLE = _fields_of(int)


@dataclass(frozen=True)
class Uncertainty:
    """A number with the range in which the truth may lie, `low` to `high`, in the unit of its `value`.

    `name` is the country's name for it, its path in the workflow (the first, where several take it over), or
    REFORM:PATH. Amounts are taken to so many `digits`, or whole (None). `parameter` has its source and grade, `places`
    are where it is written.
    """

    name: str
    label: str
    value: Quantity
    low: Fraction
    high: Fraction
    digits: int | None
    parameter: Parameter = field(repr=False)
    places: tuple[Place, ...] = field(repr=False)

    def quantile(self, share: float) -> Quantity:
        """The amount that the truth lies below with this probability, by the beta-PERT law over low, value and high.

        Of the usual laws over three points it is the one that trusts the value most: a triangular law would let one
        far end pull the mean away from it. Source: D. G. Malcolm et al., Application of a technique for research and
        development program evaluation, Operations Research 7 (1959).

        >>> value, guess = Quantity.parse(10), Parameter(10, "a guess")
        >>> staff = Uncertainty("role.clerk", "", value, Fraction(6), Fraction(14), None, guess, ())
        >>> [str(staff.quantile(share)) for share in (0, 0.1, 0.5, 1)]
        ['6', '8', '10', '14']
        """
        width = self.high - self.low
        below, above = (
            float(1 + 4 * part / width) for part in (self.value.amount - self.low, self.high - self.value.amount)
        )
        return self.amount(self.low + width * Fraction(float(betaincinv(below, above, share))))

    def between(self, amount: Quantity, nearness: float) -> Quantity:
        """The amount that lies between the value (0) and another amount (1)."""
        return self.amount(self.value.amount + (amount.amount - self.value.amount) * Fraction(nearness))

    def amount(self, amount: Fraction) -> Quantity:
        """An amount as exact as the number is taken, in its unit."""
        whole = self.digits is None
        return Quantity(Fraction(round(amount) if whole else f"{float(amount):.{self.digits}g}"), self.value.unit)


def uncertainties(workflow: Workflow) -> list[Uncertainty]:
    """What a workflow under its regime rests on and is not known for certain, in the order in which it is written.

    A rule of high confidence that is sourced or derived is certain, and so is what the user has set, what is no amount
    (calendars, weekdays, texts, months, bounds of loops), and a zero without a range of its own. Ranges are those that
    a country gives, else 5, 15 or 40 % of the value to either side, by high, medium or low confidence.

    >>> from procsim.procurement.workflow import load
    >>> known = {each.name: each for each in uncertainties(load("open_tender", "KOR"))}
    >>> known["role.evaluator"].low, known["role.evaluator"].high, "legal.payment_days" in known
    (Fraction(14, 1), Fraction(34, 1), False)
    """
    found: dict[str, list[_Use]] = {}
    for use in (*_of_workflow(workflow.base), *_of_reforms(workflow), *_of_country(workflow)):
        found.setdefault(use.name, []).append(use)
    made = (_uncertainty(uses) for uses in found.values())
    return [each for each in made if each is not None and each.low < each.high]


class _Use(NamedTuple):
    """One place that a number reaches: its path in the workflow ("" where it says nothing of the number's form)."""

    name: str
    label: str
    path: str
    place: Place | None
    parameter: Parameter


def _of_workflow(base: Base) -> Iterator[_Use]:
    """The numbers of the workflow: those of one origin are one number, and the country's have their name."""
    names: dict[str, str] = {}
    for keys, _ in paths.numbers(base.tree):
        path = paths.path_of(base.tree, keys)
        parameter = base.ledger[path]
        name = parameter.name or names.setdefault(parameter.origin, path)
        yield _Use(name, parameter.label or _words(path, base.tree["nodes"]), path, ("", keys), parameter)


def _of_reforms(workflow: Workflow) -> Iterator[_Use]:
    """The numbers that reforms bring, and their factors; the same number for one step of several methods is one."""
    first: dict[str, str] = {}
    for reform in reforms.regime(workflow.regime, workflow.base.folders) if workflow.reforms else ():
        for part in (workflow.name, *workflow.spec.parts):
            for keys, value in _numbers(reform, part):
                path, factor = _path(keys), keys[2] == FACTOR
                name = f"{reform.name}:{path}"
                name = name if first.setdefault(name, str(value)) == str(value) else f"{reform.name}:{part}/{path}"
                nodes = workflow.base.tree["nodes"]
                words, title = _words(path, nodes, part), reform.spec.title
                label = f"{words}, factor by which {title} changes it" if factor else f"{title}, {words}"
                parameter = reform.parameter(value, paths.source_of(reform.file.data, keys))
                yield _Use(name, label, "" if factor else path, (reform.name, keys), parameter)


def _numbers(reform: Reform, part: str) -> Iterator[tuple[paths.Keys, Any]]:
    for kind in ("set", FACTOR, "insert"):
        if kind in reform.file.data["workflows"].get(part, {}):
            yield from paths.numbers_below(reform.file.data, ("workflows", part, kind))


def _path(keys: paths.Keys) -> str:
    """The path of a number of a reform, from its place: (workflows, NAME, set, PATH) or (.., insert, 0, nodes, ...)."""
    words = [str(key) for key in keys[5 if keys[2] == "insert" else 3 :]]
    return ".".join(words[:-1] if len(words) > 1 and words[-1] in paths.MAIN else words)


def _of_country(workflow: Workflow) -> Iterator[_Use]:
    """The country's numbers that stand in no block of the workflow: those of reforms, adoption and outcomes."""
    used = {each.name: path for path, each in workflow.ledger.items() if each.name}
    also = {
        DOUBLE_RUNNING: len(workflow.variants) > 1,
        EXCHANGE_RATE: workflow.spec.labour,
        CALLS_PER_BID: workflow.spec.market,
    }
    used |= {name: "" for name, needed in also.items() if needed}
    known = workflow.country.parameters
    for name, path in used.items():
        if name in known:
            yield _Use(name, known[name].label, path, None, known[name])


def _uncertainty(uses: list[_Use]) -> Uncertainty | None:
    parameter, reached = uses[0].parameter, [use.path for use in uses]
    value = _amount(parameter.value)
    certain = parameter.source == BY_USER or _is_law(parameter)
    if value is None or certain or any(map(_is_no_amount, reached)):
        return None
    whole = value.amount.denominator == 1 and any(_is_whole(path, value) for path in reached)
    low, high = _range(parameter, value)
    high = min(high, Fraction(1)) if any(map(_is_share, reached)) else high
    if whole:
        low, high = max(Fraction(round(low)), min(Fraction(1), value.amount)), Fraction(round(high))
    digits = None if whole else COARSE if any(path.endswith(".cv") for path in reached) else FINE
    places = tuple(dict.fromkeys(use.place for use in uses if use.place))
    return Uncertainty(uses[0].name, uses[0].label, value, low, high, digits, parameter, places)


def _is_law(parameter: Parameter) -> bool:
    """Whether it is a rule that somebody has read, and no doubt is left; one recalled may have been another."""
    return parameter.kind == "rule" and parameter.confidence == "high" and parameter.grade != "J"


def _range(parameter: Parameter, value: Quantity) -> tuple[Fraction, Fraction]:
    """How low and how high the truth may be."""
    low, high = _amount(parameter.low), _amount(parameter.high)
    spread = value.amount * SPREAD[parameter.confidence]
    return low.amount if low else value.amount - spread, high.amount if high else value.amount + spread


def _amount(value: Any) -> Quantity | None:
    try:
        return Quantity.parse(value)
    except ValueError:
        return None


def _is_no_amount(path: str) -> bool:
    words = path.split(".")
    return words[0] == "calendar" or words[-1] in NO_AMOUNTS or any(word.isdecimal() for word in words)


def _is_share(path: str) -> bool:
    return path.rpartition(".")[2] in SHARES or path.startswith("adoption.")


def _is_whole(path: str, value: Quantity) -> bool:
    """Heads of a role or a task, counts of firms and bids, and a bound on bids."""
    first, last = path.partition(".")[0], path.rpartition(".")[2]
    return first == "role" or ".staff." in path or last in WHOLE or (last == "below" and not value.unit)


def _words(path: str, nodes: dict[str, Any], part: str = "") -> str:
    """What a number is, in words: the title of its step, and which number of it."""
    first, _, rest = path.partition(".")
    node = nodes.get(first) or nodes.get(f"{part}/{first}") or {}
    words = [node.get("title") or first, *(rest.replace("_", " ").replace("branches.", "way to ").split("."))]
    return f"{words[0].replace('_', ' ')}: {' '.join(words[1:])}".removesuffix(": ")


def varied(base: Base, values: Iterable[tuple[Uncertainty, Quantity]]) -> Base:
    """What all regimes are made from, with other amounts for some of the `uncertainties` of one of them.

    The regimes raise ModelError where these contradict each other, such as probabilities of more than one.

    >>> from procsim.procurement.workflow import load
    >>> tender = load("open_tender", "KOR")
    >>> period = next(each for each in uncertainties(tender) if each.name == "legal.min_bid_days.open_national")
    >>> varied(tender.base, [(period, Quantity.parse("8 d"))]).paper.ledger["bid_window.duration"].value
    '8 d'
    """
    tree, ledger, parameters = deepcopy(base.tree), dict(base.ledger), dict(base.country.parameters)
    numbers: dict[str, dict[paths.Keys, Any]] = {}
    for each, amount in values:
        value = int(amount.amount) if each.digits is None and not amount.unit else amount.exact
        if each.name in parameters:
            parameters[each.name] = replace(parameters[each.name], value=value)
        for reform, keys in each.places:
            if reform:
                numbers.setdefault(reform, {})[keys] = value
            else:
                paths.put(tree, keys, value)
                path = paths.path_of(tree, keys)
                ledger[path] = replace(ledger[path], value=value)
    _staff(tree)
    land = replace(base.country, parameters=parameters)
    return replace(base, country=land, tree=tree, ledger=ledger, varied=True, numbers=numbers)


def _staff(tree: paths.Tree) -> None:
    """No role has fewer heads than a task needs at once: an office without them would not stand."""
    for node in tree["nodes"].values():
        for role, needed in node.get("staff", {}).items():
            heads = tree["roles"][role]["heads"]
            if heads != "inf" and int(heads) < int(needed):
                tree["roles"][role]["heads"] = int(needed)
