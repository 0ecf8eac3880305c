"""What the command line prints: the answer, one run, the numbers of a workflow, and a progress bar with an estimate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from procsim.engine import engines
from procsim.engine.eventlog import EventLog
from procsim.present import doubts, tally, words
from procsim.present.reasons import reasons
from procsim.procurement import library
from procsim.procurement.parameters import show_value
from procsim.procurement.problems import ModelError, did_you_mean
from procsim.procurement.reforms import load_reform, regime_names
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison
from procsim.study.measures import Measures
from procsim.study.outcomes import AIMS, outcome
from procsim.study.scoreboard import Scoreboard

WIDE = 180  # the width of what goes to a file or a pipe
SHOWN = (  # the report has them all
    *("cycle_time", "notice_to_contract", "invoice_to_payment"),
    *("waiting_queue", "waiting_closed", "waiting_rule", "waiting_supplier", "waiting_handover"),
    *("buyer_hours", "bidder_hours", "hours_per_bid"),
    *("retender_share", "price_to_estimate", "administrative_cost", "administrative_cost_local", "backlog"),
    *("bids", "single_bid_share", "sme_share", "remote_share", "winner_concentration"),
    *("participants_gain", "participants_gain_official"),
    *("recorded_share", "notice_days", "published_share"),
    *("deadlines_met", "complaint_share", "complaints_upheld", "red_flag_share", "deadlines_moved"),
)


def screen() -> Console:
    """The terminal; what goes to a file or a pipe has a fixed width."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def progress(
    replications: int, policies: int, workers: int, engine: str
) -> AbstractContextManager[Callable[[int, int], None]]:
    """A bar on a terminal; elsewhere one line with what is to be done."""
    label = f"{replications} replications of {policies} policies on {min(workers, replications)} workers ({engine})"
    return bar(label, replications)


@contextmanager
def bar(label: str, total: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, its length from the first step if not known; elsewhere one line with what is to be done."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    if not console.is_terminal:
        print(label, file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(label, total=total)
        yield lambda done, every: shown.update(task, completed=done, total=every)


def answer(comparison: Comparison, notes: dict[str, list[str]], out: Path) -> None:
    """The headline, the warnings, the table, what the answer rests on, and where the rest is."""
    console = screen()
    console.print(f"\n[bold]{words.headline(comparison)}[/bold]\n")
    for line in words.warnings(comparison):
        console.print(f"[bold]{escaped(line)}[/bold]\n")
    console.print(_table(comparison))
    console.print(
        "Each cell: mean over replications [95 % interval]; below it the difference from "
        f"{comparison.baseline}, case by case on the same luck, and how many of 20 such cases do strictly better.\n"
        "Cases that have a value under one policy only are in the means, not in the difference.\n"
        "Intervals show simulation error only, not doubt about the parameters.\n",
        style="dim",
    )
    _doubt(console, comparison)
    for line in [*reasons(comparison), *words.remarks(comparison)]:
        console.print(line)
    _rests_on(console, comparison, notes["fallbacks"])
    console.print(engines.told(comparison.engine))
    console.print(f"Report: {out / 'report.html'} (opens without a network). Tables, event log and manifest beside it.")


def _table(comparison: Comparison) -> Table:
    """The main outcomes, under the words of the programme."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("outcome", "unit", *comparison.policies):
        table.add_column(heading, overflow="fold")
    known = set(comparison.names())
    for aim in AIMS:
        table.add_row(f"[bold]{aim.upper()}[/bold]")
        for index, name in enumerate(name for name in SHOWN if name in known and outcome(name).aim == aim):
            cells = (_cell(comparison, policy, name) for policy in comparison.policies)
            table.add_row(name, comparison.unit(name), *cells, style="dim" if index % 2 else "")
    parts = comparison.policies[comparison.baseline].spec.parts
    names = [f"{kind}.{part}" for part in parts for kind in ("cycle_time", "bids") if f"{kind}.{part}" in known]
    if names:
        table.add_row("[bold]BY METHOD[/bold]")
    for index, name in enumerate(names):
        cells = (_cell(comparison, policy, name) for policy in comparison.policies)
        table.add_row(name, comparison.unit(name), *cells, style="dim" if index % 2 else "")
    return table


def _cell(comparison: Comparison, policy: str, name: str) -> str:
    unit = comparison.unit(name)
    own = escaped(words.within(comparison.interval(policy, name), unit))
    if policy == comparison.baseline:
        return own
    gap = comparison.difference(policy, name)
    twenty = words.in_twenty(gap)
    return f"{own}\n  {escaped(words.change(gap, unit))}" + (f"  {twenty}" if twenty and not gap.ties else "")


def escaped(text: str) -> str:
    """A text without rich's markup."""
    return text.replace("[", r"\[")


def _rests_on(console: Console, comparison: Comparison, fallbacks: list[str]) -> None:
    """Judgements by source, for there are many; the report lists every number."""
    console.print("Rests on judgement, number by number in the report. How many numbers, by source:")
    for number, source in words.judged(comparison):
        console.print(f"  {number:4}  {escaped(source)}")
    console.print(f"Fallbacks: {len(fallbacks)}" + ("." if not fallbacks else ""))
    for line in fallbacks:
        console.print(f"  {escaped(line)}")
    console.print()


def _doubt(console: Console, comparison: Comparison) -> None:
    """What doubt over the parameters does, where it was asked for: the differences, and the numbers that move them."""
    if not comparison.doubt:
        return
    console.print(f"[bold]DOUBT[/bold] {doubts.told(comparison.doubt)}\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = [(f"{policy}, change", "9 draws in 10", "draws better") for policy in comparison.doubt.differences]
    for heading in ("outcome", "unit", *(each for three in headings for each in three)):
        table.add_column(heading, overflow="fold")
    known = set(comparison.names())
    for name in (name for name in SHOWN if name in known):
        cells = (doubts.cell(comparison, policy, name) for policy in comparison.doubt.differences)
        table.add_row(name, comparison.unit(name), *(escaped(each) for three in cells for each in three))
    console.print(table)
    for name in comparison.doubt.effects:
        _tornado(console, comparison, name)
    console.print(f"{doubts.LIMITS}\n", style="dim")


def _tornado(console: Console, comparison: Comparison, name: str) -> None:
    """The numbers that move one difference most, and what each end does to it."""
    console.print(f"\n{escaped(doubts.asked(comparison, name))}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("number", "value", "low to high", "at low", "at high", ""):
        table.add_column(heading, overflow="fold")
    for row in doubts.swings(doubts.doubt_of(comparison).effects[name], comparison.unit(name)):
        table.add_row(*map(escaped, (row.label, row.value, row.range, row.at_low, row.at_high, row.unstable)))
    console.print(table)
    console.print(doubts.turned(comparison, name))


def one_run(workflow: Workflow, log: EventLog, measures: Measures, engine: str, file: Path | None) -> None:
    """The outcomes of a single replication, without intervals, and which engine ran it."""
    console = screen()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("outcome", "unit", "mean", "median", "90 % below"):
        table.add_column(heading, no_wrap=True, justify="left" if heading in ("outcome", "unit") else "right")
    for name, values in measures.by_case.items():
        known = values[~np.isnan(values)]
        if len(known):
            unit = outcome(name).unit
            figures = (known.mean(), np.median(known), np.quantile(known, 0.9))
            table.add_row(name, unit, *(words.number(float(figure), unit) for figure in figures))
    for name, value in measures.office.items():
        table.add_row(name, outcome(name).unit, words.number(value, outcome(name).unit), "", "")
    country = workflow.country
    console.print(
        f"{country.name}, {country.year}: {workflow.name} under {workflow.regime}, {len(measures.case)} cases."
    )
    console.print(table)
    if measures.unstable:
        console.print(f"[bold]Unstable[/bold]: the answer depends on the horizon, for {'; '.join(measures.unstable)}.")
    console.print(engines.told(engine))
    if file:
        console.print(f"Event log: {file} ({len(log.events['case'])} rows).")


def scoreboard(board: Scoreboard) -> None:
    """Published beside simulated, role by role; then the tally, the misses, and what stands for numbers left out."""
    console = screen()
    console.print(_scores(board))
    console.print(
        "Simulated: mean over replications [95 % interval, simulation error only]. Inside: the mean lies within the "
        "tolerance.\nLeft out: the fitted parameter from elsewhere. Electronic = paper: no change at all.\n",
        style="dim",
    )
    for title, lines in (
        ("TALLY", tally.tally(board)),
        ("CONFLICTS AND MISSES", tally.missed(board)),
        ("LEFT OUT", tally.left_out(board)),
        ("NOT MODELLED", [f"{name}: {why}." for name, why in board.not_modelled().items()]),
        ("SETTINGS beside the defaults and the country's data", tally.settings(board)),
    ):
        if lines:
            console.print(f"[bold]{title}[/bold]")
        for line in lines:
            console.print(escaped(line))
    console.print(engines.told(board.engine))


def _scores(board: Scoreboard) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("target", "published", "within", "simulated", "", "left out", "electronic = paper"):
        table.add_column(heading, overflow="fold")
    for role, heading in tally.HEADINGS.items():
        rows = [row for row in board.rows if row.role == role]
        if rows:
            table.add_row(f"[bold]{heading.split(':')[0].upper()}[/bold]")
        for row in rows:
            unit, within = row.figure.unit, tally.within(row)
            own, without = (escaped(tally.simulated(found, unit)) for found in (row.simulated, row.left_out))
            table.add_row(row.name, tally.published(row), within, own, tally.verdict(row), without, tally.naive(row))
    return table


def numbers(workflow: Workflow, only: str = "*") -> None:
    """Every resolved number whose path fits a pattern, with its origin, and what each reform changed.

    Raises ModelError where none fits.
    """
    shown = {path: parameter for path, parameter in workflow.ledger.items() if fnmatchcase(path, only)}
    if not shown:
        raise ModelError([f"--only {only}: no number fits. {did_you_mean(only, workflow.ledger)}"])
    console = screen()
    country = workflow.country
    console.print(f"[bold]{workflow.name}[/bold] in {country.name} ({country.profile}) under {workflow.regime}")
    console.print(f"Reforms: {', '.join(workflow.reforms) or 'none'}")
    if workflow.not_applicable:
        console.print(f"Not applicable here: {', '.join(workflow.not_applicable)}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("number", "value", "grade", "origin", "source"):
        table.add_column(heading, overflow="fold")
    for path, parameter in shown.items():
        grade = f"{parameter.grade} {parameter.confidence}"
        year = f" ({parameter.year})" if parameter.year else ""
        table.add_row(
            path, escaped(show_value(parameter.value)), grade, parameter.origin, escaped(parameter.source + year)
        )
        for line in parameter.changes:
            table.add_row("", f"  {escaped(line)}", "", "", "", style="bold")
    console.print(table)
    for line in workflow.fallbacks():
        console.print(f"Fallback: {escaped(line)}")
    console.print("Grades: S sourced, D derived, J judgement.")


def catalogue(models: str | None) -> None:
    """What there is to show: countries, workflows, reforms, regimes."""
    from procsim.procurement.packs import country_codes

    where, console = library.folders(models), screen()
    console.print(f"Countries: {', '.join(country_codes(where))}")
    console.print(f"Workflows: {', '.join(library.names('workflows', where))}")
    for name in library.names("reforms", where):
        if name != "regimes":
            spec = load_reform(name, where).spec
            console.print(f"Reform {name} ({spec.type}): {spec.title}. {escaped(spec.description)}")
    for name, reforms in regime_names(where).items():
        console.print(f"Regime {name}: {', '.join(reforms) or 'no reform'}")
