"""Published results with their sources, and how each is held against the model: the files of models/evidence."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from procsim.procurement.explain import explain
from procsim.procurement.fields import Block
from procsim.procurement.library import folders
from procsim.procurement.parameters import Quantity
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.workflow import Workflow
from procsim.procurement.yamlfile import YamlFile, read_yaml
from procsim.study.design import Setup
from procsim.study.outcomes import OUTCOMES
from procsim.study.yardsticks import MEASURES

SCHEMA: Literal["procsim-evidence/1"] = "procsim-evidence/1"
FOLDER = "evidence"
TargetRole = Literal["input", "identity", "rule", "fitted", "predicted", "context"]
TARGET_ROLES: tuple[TargetRole, ...] = ("input", "identity", "rule", "fitted", "predicted", "context")
Range = tuple[float, float]


def _range(text: object) -> Range:
    ends = text if isinstance(text, list) else [text, text]
    plain = [float(end) for end in ends if isinstance(end, (int, float)) and not isinstance(end, bool)]
    if len(ends) != 2 or len(plain) != 2 or not -math.inf < plain[0] <= plain[1] < math.inf:
        raise ValueError(f"{text!r} is no published value; write a number, or its ends in ascending order as [75, 80]")
    return plain[0], plain[1]


def _tolerance(text: object) -> Quantity:
    found = Quantity.parse(text)
    if found.unit not in ("", "%") or found.amount < 0:
        raise ValueError(f"{text!r} is no tolerance; write 15 % of the published value, or a number in its unit")
    return found


class Reference(Block):
    """Where a published result stands, and whether it was read there or recalled."""

    title: str
    href: str | None = None
    locator: str | None = None
    year: int
    looked_up: bool
    confidence: Literal["high", "medium", "low"]


class Under(Setup):
    """What is run to be held against a published result."""

    @property
    def has_settings(self) -> bool:
        """Whether anything is set beside the defaults and the country's data."""
        return bool(self.settings) or any(policy.settings for policy in self.policies.values())

    def words(self) -> str:
        """The configuration in a line, all settings included.

        >>> from procsim.study.design import Policy
        >>> Under(workflow="quotation", policies={"paper": Policy(regime="paper", settings=["market.bids=3"])}).words()
        'quotation, default, programme_2006: paper (market.bids=3)'
        """
        policies = " / ".join(
            policy.regime + (f" ({'; '.join(policy.settings)})" if policy.settings else "")
            for policy in self.policies.values()
        )
        settings = f"; {'; '.join(self.settings)}" if self.settings else ""
        return f"{self.workflow}, {self.country}, {self.profile}: {policies}{settings}"


class LeftOut(Block):
    """A fitted parameter without the target it was fitted to: its value from elsewhere, from where, and how to set it.

    `regimes` stand in for those of the policies named, `settings` are added to every policy.
    """

    parameter: str
    value: str
    why: str
    regimes: dict[str, str] = Field(default_factory=dict)
    settings: list[str] = Field(default_factory=list)


class Figure(Block):
    """One published number or range in its `unit`, the tolerance around it, and the measure with its arguments.

    A share is between 0 and 1. Without a measure the model has no counterpart.
    """

    published: Annotated[Range, BeforeValidator(_range)]
    unit: str
    tolerance: Annotated[Quantity, BeforeValidator(_tolerance)] = Quantity.parse("1 %")
    measure: str | None = None
    of: list[str | float] = Field(default_factory=list)
    under: Under | None = None

    @field_validator("measure")
    @classmethod
    def _known_measure(cls, name: str | None) -> str | None:
        if name is not None and name not in MEASURES:
            raise ValueError(f"there is no measure '{name}'; {did_you_mean(name, MEASURES)}")
        return name

    @property
    def bounds(self) -> Range:
        """Between which values the model's is inside: the published range widened by the tolerance at both ends."""
        by = float(self.tolerance.amount)
        low, high = ((abs(end) * by / 100 if self.tolerance.unit else by) for end in self.published)
        return self.published[0] - low, self.published[1] + high


class Target(Block):
    """A published result: what it is, its role and why it has that, its figures, and what a miss would mean.

    `in_sight` says what of the model was set with this result in view, where its role does not tell. `before_after`:
    it tells what changed from paper, so that the naive baseline stands beside it. `under` holds for every figure
    without its own. `not_modelled` says why the model has no counterpart; else `if_missed` is there, and `left_out` too
    for a fitted target.
    """

    what: str
    role: TargetRole
    why: str
    in_sight: str = ""
    before_after: bool = False
    reference: list[Reference] = Field(min_length=1)
    under: Under | None = None
    figures: dict[str, Figure] = Field(min_length=1)
    left_out: LeftOut | None = None
    if_missed: str = ""
    not_modelled: str = ""

    @model_validator(mode="before")
    @classmethod
    def _same_for_all(cls, data: Any) -> Any:
        """Figures without their own configuration have that of the target."""
        figures = data.get("figures") if isinstance(data, dict) else None
        if isinstance(figures, dict) and data.get("under") is not None:
            own = {key: {"under": data["under"], **each} for key, each in figures.items() if isinstance(each, dict)}
            data = {**data, "figures": {**figures, **own}}
        return data

    @model_validator(mode="after")
    def _complete(self) -> Target:
        measured = [each.measure is not None and each.under is not None for each in self.figures.values()]
        if self.not_modelled and any(each.measure for each in self.figures.values()):
            raise ValueError("what is not modelled has no measure; remove 'not_modelled', or 'measure'")
        if not self.not_modelled and not all(measured):
            raise ValueError("every figure needs 'measure' and 'under'; add them, or say why in 'not_modelled'")
        if not self.not_modelled and not self.if_missed:
            raise ValueError("what a miss would mean is not said; add 'if_missed', a sentence")
        if self.role == "fitted" and self.left_out is None:
            raise ValueError("a fitted target is also told with itself left out; add 'left_out'")
        return self


class EvidenceFile(Block):
    """A file of published results by identifier: a letter and a number, and a word where there are several."""

    schema_: Literal["procsim-evidence/1"] = Field(alias="schema")
    targets: dict[str, Target] = Field(min_length=1)

    @field_validator("targets")
    @classmethod
    def _identifiers(cls, targets: dict[str, Target]) -> dict[str, Target]:
        for name in targets:
            if not re.fullmatch(r"[A-Z][0-9]+(-[a-z]+)?", name):
                raise ValueError(f"'{name}' is no identifier; write a letter and a number, such as C4 or C4-payment")
        return targets


def read_evidence(path: Path) -> dict[str, Target]:
    """The targets of one file. Raises ModelError with all that its schema refuses, each with its place.

    >>> from procsim.procurement.library import shipped
    >>> list(read_evidence(shipped() / "evidence" / "days.yaml"))[0]
    'C1-paper'
    """
    file, problems = read_yaml(path), Problems()
    try:
        targets = EvidenceFile.model_validate(file.data).targets
    except ValidationError as error:
        explain(error, file, problems)
        problems.raise_if_any()
        raise
    return targets


def check_evidence(path: Path, models: str | None = None) -> None:
    """Read a file and try all its configurations, without running them. Raises ModelError with every problem.

    `models` is a folder of the user's own, searched first.
    """
    file, problems = read_yaml(path), Problems()
    for name, target in read_evidence(path).items():
        _check(file, name, target, models, problems)
    problems.raise_if_any()


def find_targets(only: str | None = None, models: str | None = None) -> dict[str, Target]:
    """All targets there are, or `only` those of an identifier: C4 means C4-times and its like.

    Those of the user's own folder `models` come on top of the shipped ones, or in the place of those of the same
    identifier. Raises ModelError with the nearest identifier where there is none such.

    >>> list(find_targets("C4"))
    ['C4-documents', 'C4-times', 'C4-payment']
    """
    files = (path for folder in reversed(folders(models)) for path in sorted((folder / FOLDER).glob("*.yaml")))
    found = {name: target for path in files for name, target in read_evidence(path).items()}
    chosen = {name: each for name, each in found.items() if only is None or only in (name, name.split("-")[0])}
    if not chosen:
        raise ModelError([f"--only {only}: there is no such target. {did_you_mean(only, found)}"])
    return dict(sorted(chosen.items(), key=_by_role))


def _by_role(item: tuple[str, Target]) -> tuple[int, str, int, str]:
    """By role, then by the letter and the number of the identifier."""
    name, target = item
    return TARGET_ROLES.index(target.role), name[0], int(name.split("-")[0][1:]), name


def left_out(under: Under, instead: LeftOut) -> Under:
    """The configuration with the fitted parameter as it would be without its target."""
    policies = {
        name: policy.model_copy(update={"regime": instead.regimes.get(name, policy.regime)})
        for name, policy in under.policies.items()
    }
    return under.model_copy(update={"settings": [*under.settings, *instead.settings], "policies": policies})


def _check(file: YamlFile, name: str, target: Target, models: str | None, problems: Problems) -> None:
    """Every configuration can be run, and the arguments of every measure name something in it."""
    for key, figure in target.figures.items():
        if figure.under is None or figure.measure is None:
            continue
        place = file.place("targets", name, "figures", key)
        try:
            workflows = list(figure.under.load("settings", models).values())
            if target.left_out:
                left_out(figure.under, target.left_out).load("settings", models)
        except ModelError as error:
            problems.lines += [f"{place}: {line}" for line in error.problems]
        else:
            _check_arguments(place, figure, workflows[-1], problems)


def _check_arguments(place: str, figure: Figure, workflow: Workflow, problems: Problems) -> None:
    takes = MEASURES[figure.measure or ""].takes
    if len(takes) != len(figure.of):
        what = f"the measure '{figure.measure}' takes {len(takes)} arguments, not {len(figure.of)}"
        problems.add(f"{place} > of", what, f"Give {', '.join(takes) or 'none'}")
        return
    known: dict[str, Collection[str | float]] = {
        "outcome": {*OUTCOMES},
        "activity": {*workflow.spec.nodes},
        "parameter": {*workflow.ledger, *workflow.country.parameters},
    }
    for kind, word in zip(takes, figure.of, strict=True):
        if kind == "number" and isinstance(word, str):
            problems.add(f"{place} > of", f"'{word}' is no number", "Write one, such as 2")
        elif kind != "number" and word not in known[kind]:
            problems.add(f"{place} > of", f"no {kind} '{word}'", did_you_mean(word, known[kind]))
