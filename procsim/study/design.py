"""One file, one question: which policies are compared, in which country, how often."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from procsim.exchange.ocds import read
from procsim.procurement.caselist import CaseList
from procsim.procurement.explain import explain
from procsim.procurement.fields import Block
from procsim.procurement.packs import DEFAULT
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.profiles import PROGRAMME
from procsim.procurement.reforms import load_reform
from procsim.procurement.workflow import Workflow, load
from procsim.procurement.yamlfile import read_yaml

SCHEMA: Literal["procsim-experiment/1"] = "procsim-experiment/1"


class Policy(Block):
    """A regime plus values of the levers, as settings `path=value`."""

    regime: str
    settings: list[str] = Field(default_factory=list)


class Setup(Block):
    """What is run: a workflow in a country under policies in their order, the first being the one before.

    `settings` hold for all policies.
    """

    workflow: str
    country: str = DEFAULT
    profile: str = PROGRAMME
    settings: list[str] = Field(default_factory=list)
    policies: dict[str, Policy] = Field(min_length=1)
    replications: int = Field(20, ge=1, le=10_000)

    def load(self, place: str, models: str | None = None, cases: CaseList | None = None) -> dict[str, Workflow]:
        """The workflow of each policy. Raises ModelError with the problems of all; common settings stand at `place`."""
        found: dict[str, Workflow] = {}
        bases: dict[tuple[str, ...], Workflow] = {}
        problems = Problems()
        self._check_settings(place, problems)
        for name, policy in self.policies.items():
            try:
                settings = (*self.settings, *policy.settings)
                if settings not in bases:
                    bases[settings] = load(self.workflow, self.country, self.profile, settings, models, cases)
                found[name] = bases[settings].under(policy.regime)
            except ModelError as error:
                problems.lines += error.problems
        for name, workflow in found.items():
            _check_applies(name, workflow, problems)
        problems.raise_if_any()
        return found

    def _check_settings(self, place: str, problems: Problems) -> None:
        """A setting for one regime, `electronic:path=value`, must meet that regime."""
        regimes = dict.fromkeys(policy.regime for policy in self.policies.values())
        for where, settings, known in (
            (place, self.settings, regimes),
            *((f"policy {name}", policy.settings, {policy.regime: None}) for name, policy in self.policies.items()),
        ):
            for text in settings:
                regime, colon, _ = text.split("=", 1)[0].partition(":")
                if colon and regime.strip() not in known:
                    what = f"the regime '{regime}' is not run here"
                    problems.add(f"{where}, --set {text}", what, did_you_mean(regime, known))


class Design(Setup):
    """An experiment: the first policy is the baseline that the others are compared with.

    `doubt` is the number of draws of what is uncertain, 0 for none; `models` is a folder of the user's own, and
    `caseload` a file of real cases (OCDS), both relative to the file of the design.
    """

    schema_: Literal["procsim-experiment/1"] = Field(SCHEMA, alias="schema")
    name: str
    title: str = ""
    question: str = ""
    workflow: str = "open_tender"
    country: str = "KOR"
    years: int = Field(1, ge=1, le=20)
    seed: int = Field(1, ge=0, lt=2**64)
    doubt: int = Field(0, ge=0, le=10_000)
    models: str | None = None
    caseload: str | None = None

    def workflows(self) -> dict[str, Workflow]:
        """The workflow of each policy. Raises ModelError with the problems of all of them."""
        return self.load(self.name, self.models, read(self.caseload) if self.caseload else None)

    def dump(self) -> str:
        """The design as YAML, from which the same numbers come again."""
        data: dict[str, Any] = self.model_dump(by_alias=True, exclude_defaults=True)
        return yaml.safe_dump({"schema": SCHEMA, "name": self.name, **data}, sort_keys=False, allow_unicode=True)


def _check_applies(policy: str, workflow: Workflow, problems: Problems) -> None:
    """A regime of which nothing applies would be compared with itself, and nobody would know why nothing changes."""
    if workflow.reforms or not workflow.not_applicable:
        return
    said = (load_reform(name, workflow.base.folders).workflows for name in workflow.not_applicable)
    known = sorted({name for workflows in said for name in workflows})
    what = f"no reform of the regime '{workflow.regime}' says anything of the workflow '{workflow.name}'"
    remedy = f"They are for {', '.join(known)}: keep that 'name:' in a copy, or add '{workflow.name}' to a reform"
    problems.add(f"policy {policy}", what, remedy)


def read_design(path: Path | str) -> Design:
    """The design in a YAML file. Raises ModelError with every problem of the file.

    >>> from procsim.procurement.library import shipped
    >>> list(read_design(shipped().parent / "experiments" / "paper_vs_electronic.yaml").policies)
    ['paper', 'electronic', 'electronic_reformed']
    """
    file = read_yaml(Path(path))
    problems = Problems()
    try:
        design = Design.model_validate(file.data)
    except ValidationError as error:
        explain(error, file, problems)
        problems.raise_if_any()
        raise
    return design.model_copy(update=_beside(design, Path(path).parent))


def _beside(design: Design, folder: Path) -> dict[str, str]:
    """Paths in a design are meant from the folder in which it stands; a workflow's also from where the user stands."""
    paths = {"models": design.models, "caseload": design.caseload}
    models = {key: str(folder / path) for key, path in paths.items() if path}
    own = folder / design.workflow
    return models | ({"workflow": str(own)} if own.suffix in (".yaml", ".yml") and own.is_file() else {})
