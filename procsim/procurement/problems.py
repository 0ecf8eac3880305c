"""Everything wrong with a user's files, said at once: place, value, remedy."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ModelError(Exception):
    """A user's file or setting cannot be used; `problems` holds one line for each thing wrong.

    Each line reads `place: what is wrong. Remedy.` The command line prints them and ends with exit code 2.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)  # so that SimPy and worker processes can make it again from what it was given

    def __str__(self) -> str:
        return "\n".join(self.problems)


class Problems:
    """Collects problems so that all of them can be reported in one message.

    >>> problems = Problems()
    >>> problems.add("tender.yaml, evaluate > next", "no node 'clarfy'", "Did you mean 'clarify'?")
    >>> problems.raise_if_any()
    Traceback (most recent call last):
    procsim.procurement.problems.ModelError: tender.yaml, evaluate > next: no node 'clarfy'. Did you mean 'clarify'?
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._places: set[str] = set()

    def add(self, place: str, what: str, remedy: str) -> None:
        """Note one problem, as the line `place: what. Remedy.`"""
        self._places.add(place)
        self.lines.append(f"{place}: {what}. {remedy}" + ("" if remedy.endswith((".", "?")) else "."))

    def knows(self, place: str) -> bool:
        """Whether something was said of that place or of a block around it, so that more would only repeat it."""
        return any(place == known or place.startswith(f"{known} > ") for known in self._places)

    def raise_if_any(self) -> None:
        """Raise a ModelError with every line collected so far, if there is any."""
        if self.lines:
            raise ModelError(dict.fromkeys(self.lines))


SHOWN = 12  # names listed in a remedy; more would hide the message


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """The remedy for a name that does not exist: the nearest known one, or what there is.

    >>> did_you_mean("clarfy", ["clarify", "evaluate"])
    "Did you mean 'clarify'?"
    >>> did_you_mean("zzz", ["clarify", "evaluate"])
    'Known: clarify, evaluate.'
    """
    names = sorted(map(str, known))
    near = get_close_matches(str(word), names, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"Known: {', '.join(names[:SHOWN])}{more}." if names else "None are defined."
