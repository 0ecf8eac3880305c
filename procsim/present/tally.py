"""The scoreboard in words, the same on the terminal and on the page: numbers, verdicts, and what the tally comes to."""

from __future__ import annotations

import math

from procsim.present.words import number
from procsim.study.evidence import TargetRole
from procsim.study.experiment import Interval
from procsim.study.scoreboard import BAR, EXACT, Row, Scoreboard

SCORED: tuple[TargetRole, ...] = ("predicted", "fitted")
HEADINGS: dict[TargetRole, str] = {  # what tells most comes first
    "predicted": "Predicted: named so by the authors beforehand",
    "fitted": "Fitted: a parameter was chosen to give them",
    "context": "Context: not counted",
    "rule": "Rules: the model has to keep them",
    "identity": "Identities: they follow from inputs",
    "input": "Inputs: put in, so that copying them passes",
}


def shown(value: float, unit: str) -> str:
    """A value as people read it: a share in per cent, others to three digits or to a tenth, thousands whole.

    >>> shown(-0.031, "share"), shown(0.0167, "h"), shown(155.63, "bids"), shown(24237.3, "EUR")
    ('-3.1 %', '0.0167', '155.6', '24,237')
    """
    if unit == "share" or math.isnan(value):
        return number(value, unit)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{round(value, 1):g}" if abs(value) >= 100 else f"{value:.3g}"


def published(row: Row) -> str:
    """What was published, digit by digit, with its unit."""
    share = row.figure.unit == "share"
    low, high = (f"{100 * end:.4g}" if share else f"{end:,g}" for end in row.figure.published)
    return f"{low if low == high else f'{low} to {high}'} {'%' if share else row.figure.unit}"


def within(row: Row) -> str:
    """The tolerance, as a share of the published value or in its unit."""
    tolerance, unit = row.figure.tolerance, row.figure.unit
    if row.simulated is None:
        return ""
    points = unit == "share" and not tolerance.unit
    return f"±{float(tolerance.amount) * 100:g} points" if points else f"±{tolerance}"


def simulated(found: Interval | None, unit: str) -> str:
    """A mean with its interval; only the mean where the interval is a point, nothing where there is no value.

    >>> simulated(Interval(85.5, 83.1, 87.9), "d"), simulated(Interval(2.0, 2.0, 2.0), "h"), simulated(None, "h")
    ('85.5 [83.1, 87.9]', '2', '')
    """
    if found is None:
        return ""
    mean, low, high = (shown(value, unit) for value in (found.mean, found.low, found.high))
    return mean if math.isnan(found.low) or low == high else f"{mean} [{low}, {high}]"


def naive(row: Row) -> str:
    """What "electronic = paper" says, and how far that is off."""
    if row.naive is None:
        return ""
    off, unit = row.off(row.naive), row.figure.unit
    told = f"{number(off, 'points')} points" if unit == "share" else shown(off, unit)
    return f"{shown(row.naive.mean, unit)}, off by {told}"


def verdict(row: Row) -> str:
    """Whether the model's value is inside, in a word or two."""
    if row.inside is None:
        return "no value" if row.simulated else "not modelled"
    if row.role in EXACT:
        return "the same" if row.inside else "CONFLICT"
    return "inside" if row.inside else "MISS"


def tally(board: Scoreboard) -> list[str]:
    """What the scoreboard comes to, one line each, what tells most first."""
    lines = [_scored(board, role) for role in SCORED if board.modelled(role)]
    context, nearer, all_naive = board.modelled("context"), *board.beside_naive()
    if context:
        lines.append(f"Context, not counted: {len(board.hits('context'))} of {len(context)} inside.")
    if all_naive:
        lines.append(
            f'Naive baseline "electronic = paper": the model lies nearer to {nearer} of the {all_naive} published '
            "figures that tell before from after."
        )
    lines += [_exact(board), *(f"{name} was in sight: {text}." for name, text in board.in_sight().items())]
    if missing := board.not_modelled():
        lines.append(f"Not modelled: {len(missing)} ({', '.join(missing)}).")
    return [line for line in lines if line]


def missed(board: Scoreboard) -> list[str]:
    """Each conflict and miss with its explanation."""
    return [f"{name}: {text}." for name, text in board.misses().items()]


def left_out(board: Scoreboard) -> list[str]:
    """For each fitted target, what takes the place of the parameter that was fitted to it, and from where."""
    found = {name: each.left_out for name, each in board.targets.items() if each.left_out}
    return [f"{name}: {each.parameter} = {each.value}. {each.why}." for name, each in found.items()]


def settings(board: Scoreboard) -> list[str]:
    """What is run with settings of its own, all of them said."""
    unders = {row.name: row.figure.under for row in board.rows if row.figure.under}
    return [f"{name}: {under.words()}" for name, under in unders.items() if under.has_settings]


def _exact(board: Scoreboard) -> str:
    known, same = board.modelled(*EXACT), board.hits(*EXACT)
    if not known:
        return ""
    conflicts = [name for name in known if name not in same]
    told = f"; known conflicts: {', '.join(conflicts)}" if conflicts else ""
    return f"Inputs, identities and rules: {len(same)} of {len(known)} the same{told}."


def _scored(board: Scoreboard, role: TargetRole) -> str:
    """How many of a role are inside, and whether that meets the bar, which is for all the shipped ones and no more."""
    known, hit, (least, of) = board.modelled(role), board.hits(role), BAR[role]
    bar = f" The bar is {least}: {'met' if len(hit) >= least else 'NOT met'}." if len(known) == of else ""
    blind = f" {_blind(board)}" if role == "predicted" else ""
    return f"{role.capitalize()}: {len(hit)} of {len(known)} inside.{bar}{blind}"


def _blind(board: Scoreboard) -> str:
    """How many of the predicted were told without anything in sight: those alone are predictions."""
    known, seen = board.modelled("predicted"), board.in_sight()
    unseen = [name for name in known if name not in seen]
    if not unseen:
        return "Not one of them was blind: each was in some way in sight when the model was set."
    hits = [name for name in unseen if board.inside(name)]
    return f"With nothing in sight: {len(hits)} of {len(unseen)} ({', '.join(unseen)})."
