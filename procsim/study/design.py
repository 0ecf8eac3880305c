"""One file, one question: which policies are compared, in which country, how often."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from procsim.procurement import checks
from procsim.procurement.problems import ModelError, Problems
from procsim.procurement.schema import Block
from procsim.procurement.workflow import Workflow, load
from procsim.procurement.yamlfile import read_yaml

SCHEMA = "procsim-experiment/1"


class Policy(Block):
    """A regime plus values of the levers, as settings `path=value`."""

    regime: str
    settings: list[str] = Field(default_factory=list)


class Design(Block):
    """An experiment: the first policy is the baseline that the others are compared with.

    `settings` hold for all policies; `models` is a folder of the user's own, relative to the file of the design.
    """

    schema_: Literal["procsim-experiment/1"] = Field(SCHEMA, alias="schema")
    name: str
    title: str = ""
    question: str = ""
    workflow: str = "open_tender"
    country: str = "KOR"
    profile: str = "programme_2006"
    settings: list[str] = Field(default_factory=list)
    policies: dict[str, Policy] = Field(min_length=1)
    replications: int = Field(20, ge=1, le=10_000)
    years: int = Field(1, ge=1, le=20)
    seed: int = Field(1, ge=0, lt=2**64)
    models: str | None = None

    def workflows(self) -> dict[str, Workflow]:
        """The workflow of each policy. Raises ModelError with the problems of all of them."""
        found: dict[str, Workflow] = {}
        problems = Problems()
        for name, policy in self.policies.items():
            settings = [*self.settings, *policy.settings]
            try:
                base = load(self.workflow, self.country, self.profile, settings, self.models)
                found[name] = base.under(policy.regime)
            except ModelError as error:
                problems.lines += error.problems
        problems.raise_if_any()
        return found

    def dump(self) -> str:
        """The design as YAML, from which the same numbers come again."""
        data: dict[str, Any] = self.model_dump(by_alias=True, exclude_defaults=True)
        return yaml.safe_dump({"schema": SCHEMA, **data}, sort_keys=False, allow_unicode=True)


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
        checks.explain(error, file, problems)
        problems.raise_if_any()
        raise
    if design.models:
        design = design.model_copy(update={"models": str(Path(path).parent / design.models)})
    return design
