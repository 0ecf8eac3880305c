"""What is said of doubt over the parameters, on every screen alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from procsim.present import words
from procsim.study.doubt import Doubt
from procsim.study.experiment import Comparison
from procsim.study.outcomes import outcome

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
MOST_SHOWN = 5
LIMITS = (
    "Doubt here is doubt over the numbers in the files, each drawn on its own within the range that its source gives, "
    "or else 5, 15 or 40 % of it to either side for high, medium or low confidence. It does not cover what the model "
    "leaves out, the order of steps, calendars and sittings, the ends of the laws around a mean, values that stand in "
    "no file, or what the user has set. People whose number is judgement come and go with their work on paper, and no "
    "fewer than leave a role busy 85 % of its hours there; an office short of people is another question, to be set as "
    "in role.evaluator=21. Of few draws the far ends are luck. Where it is unstable, queues grow as long as "
    "one looks, and the days with them."
)


def told(doubt: Doubt) -> str:
    """What was done, in one or two sentences."""
    nearer = f" {doubt.nearer} of them contradicted themselves and were taken nearer to the values."
    return (
        f"over the parameters, apart from simulation error: all uncertain numbers drawn {doubt.draws} times, the same "
        f"for every policy, {doubt.replications} replications each on the same luck.{nearer if doubt.nearer else ''}"
    )


def doubt_of(comparison: Comparison) -> Doubt:
    """The doubt of a comparison. Raises ValueError where it was made without."""
    if comparison.doubt is None:
        raise ValueError("the comparison was made without doubt: use with_doubt, or --doubt on the command line")
    return comparison.doubt


def cell(comparison: Comparison, policy: str, name: str) -> tuple[str, str, str]:
    """A difference with its interval from simulation alone, the range of nine draws in ten, and how many are better."""
    doubt, unit = doubt_of(comparison), comparison.unit(name)
    change, ends = words.change(comparison.difference(policy, name), unit), doubt.interval(policy, name)
    if math.isnan(ends[0]):
        return change, "-", ""
    low, high = (words.signed(end, unit) for end in ends)
    if words.is_zero(low) and words.is_zero(high):
        return change, "about the same" if any(ends) else "no difference", ""
    better, of = doubt.better(policy, name)
    return change, f"{low.removesuffix(' points')} to {high}", f"{better} of {of}" if of else ""


def asked(comparison: Comparison, name: str) -> str:
    """The head of a list of numbers: which difference they move, and how large it is."""
    doubt, unit = doubt_of(comparison), comparison.unit(name)
    pair = f"{words.label(doubt.policy)} less {words.label(comparison.baseline)}"
    gap = words.change(comparison.difference(doubt.policy, name), unit)
    of = words.unit(unit) if unit in ("d", "h") else ""
    return f"{outcome(name).title}, {pair}: {f'{gap} {of}'.strip()}. What moves it most, one number at a time:"


class Swing(NamedTuple):
    """A number that moves a difference, in words: where it may lie, what each end adds, whether that turns the sign.

    `unstable` says at which end the answer depends on the horizon, for an outcome in days.
    """

    parameter: str
    label: str
    value: str
    range: str
    at_low: str
    at_high: str
    flips: str
    unstable: str

    @property
    def note(self) -> str:
        """What there is to say beside the numbers."""
        return "; ".join(filter(None, (self.flips, self.unstable)))


def swings(table: pd.DataFrame, unit: str, most: int = MOST_SHOWN) -> list[Swing]:
    """The first numbers of a table of `study.doubt.what_matters` in words; the outcome that they move has that unit."""
    return [
        Swing(
            parameter=row["parameter"],
            label=row["label"],
            value=row["value"],
            range=f"{row['low']} to {row['high']}",
            at_low=words.signed(row["effect_at_low"], unit),
            at_high=words.signed(row["effect_at_high"], unit),
            flips="turns the sign" if row["flips"] else "",
            unstable=_unstable(row["unstable"]) if unit == "d" else "",
        )
        for row in largest(table, most)
    ]


def _unstable(ends: str) -> str:
    return f"unstable at the {ends.replace(' ', ' and the ')} end" if ends else ""


def largest(table: pd.DataFrame, most: int = MOST_SHOWN) -> list[Row]:
    """The rows of the largest swings that are any."""
    return _rows(table[table["swing"] > 0].head(most))


def turned(comparison: Comparison, name: str) -> str:
    """Which numbers, alone and at one of their ends, turn the sign of a difference."""
    table = doubt_of(comparison).effects[name]
    labels = list(table["label"][table["flips"]])
    if not labels:
        return "None of the numbers, alone and within its range, turns the sign."
    return f"Alone and at one of its ends, each of these turns the sign: {'; '.join(labels)}."


def table(doubt: Doubt) -> pd.DataFrame:
    """Every number's effect on each of the main outcomes, one row for each."""
    import pandas as pd

    return pd.concat([frame.assign(outcome=name, policy=doubt.policy) for name, frame in doubt.effects.items()])


def to_json(doubt: Doubt) -> dict[str, Any]:
    """What was done, and every number's effect on the main outcomes, for other programs."""
    effects = {name: _rows(frame) for name, frame in doubt.effects.items()}
    head = {"draws": doubt.draws, "replications": doubt.replications, "nearer": doubt.nearer, "policy": doubt.policy}
    return {**head, "effects": effects}


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [
        {str(key): None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]
