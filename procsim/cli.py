"""The command line: compare, run, experiment, validate, check, show, country, copy."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import procsim
from procsim.procurement.problems import ModelError, did_you_mean
from procsim.procurement.profiles import PROGRAMME

REGIMES = "paper,electronic,electronic_reformed"
FAILED, INTERRUPTED = 2, 130
Command = Callable[..., Any]


SEED = click.IntRange(0, 2**64 - 1)
DOUBT = click.IntRange(0, 10_000)
REPLICATIONS, YEARS, WORKERS = click.IntRange(1, 10_000), click.IntRange(1, 20), click.IntRange(1, 256)
OPTIONS: dict[str, Command] = {
    "profile": click.option("--profile", default=PROGRAMME, show_default=True, help="Year of the data."),
    "set": click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        help="Change one number, such as role.evaluator=21. Repeatable.",
    ),
    "seed": click.option("--seed", default=1, show_default=True, type=SEED, help="The luck that all regimes share."),
    "replications": click.option(
        "--replications", default=20, show_default=True, type=REPLICATIONS, help="Repetitions, each with its own luck."
    ),
    "years": click.option("--years", default=1, show_default=True, type=YEARS, help="Years of arrivals that count."),
    "workers": click.option(
        "--workers", type=WORKERS, help="Threads, or processes of the reference; the numbers do not depend on it."
    ),
    "engine": click.option(
        "--engine",
        type=click.Choice(["auto", "fast", "reference"]),
        default="auto",
        show_default=True,
        help="The fast engine, or the SimPy reference; auto is the fast one where it is there. Same numbers.",
    ),
    "doubt": click.option(
        "--doubt",
        is_flag=False,
        flag_value=100,
        type=DOUBT,
        metavar="[N]",
        help="Draw what is uncertain N times (100 if N is left out), and vary one number at a time.",
    ),
    "caseload": click.option(
        "--caseload", type=click.Path(), help="Real cases instead of drawn ones: a file of OCDS releases (.json, .gz)."
    ),
    "models": click.option("--models", type=click.Path(), help="A folder of your own models, searched first."),
    "out": click.option("--out", type=click.Path(), help="Folder for the results.  [default: results/NAME]"),
    "force": click.option("--force", is_flag=True, help="Replace a folder or file that exists."),
    "json": click.option("--json", "json_file", type=click.Path(), help="Write the answer as JSON to this file."),
}


def _options(*wanted: str) -> Callable[[Command], Command]:
    """Some of the options that several commands share."""

    def decorate(command: Command) -> Command:
        for name in reversed(wanted):
            command = OPTIONS[name](command)
        return command

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(procsim.__version__, prog_name="procsim")
def cli() -> None:
    """Simulate public procurement, on paper and electronically."""


@cli.command()
@click.argument("country", default="KOR")
@click.argument("workflow", default="open_tender")
@click.option("--regimes", default=REGIMES, show_default=True, help="The first is what the others are compared with.")
@_options("profile", "set", "seed", "replications", "years", "workers", "engine", "models", "caseload", "out")
@_options("force", "json", "doubt")
def compare(country: str, workflow: str, regimes: str, **options: Any) -> None:
    """Compare regimes of a WORKFLOW in a COUNTRY, on the same luck."""
    from procsim.study.design import Design, Policy

    names = [name.strip() for name in regimes.split(",") if name.strip()]
    if not names:
        raise ModelError(["--regimes: names no regime. Write for instance --regimes paper,electronic."])
    design = Design(
        schema="procsim-experiment/1",
        name=f"{country}-{Path(workflow).stem}",
        workflow=workflow,
        country=country,
        profile=options["profile"],
        settings=list(options["settings"]),
        policies={name: Policy(regime=name) for name in names},
        replications=options["replications"],
        years=options["years"],
        seed=options["seed"],
        doubt=options["doubt"] or 0,
        models=options["models"],
        caseload=options["caseload"],
    )
    _experiment(design, options)


@cli.command()
@click.argument("file", type=click.Path())
@click.option("--seed", type=SEED, help="Instead of the file's.")
@click.option("--replications", type=REPLICATIONS, help="Instead of the file's.")
@click.option("--years", type=YEARS, help="Instead of the file's.")
@_options("set", "workers", "engine", "caseload", "out", "force", "json", "doubt")
def experiment(file: str, seed: int | None, replications: int | None, years: int | None, **options: Any) -> None:
    """Run the experiment in FILE (see the folder experiments/)."""
    from procsim.procurement import library
    from procsim.study.design import read_design

    design = read_design(library.experiment(file))
    given = {"seed": seed, "replications": replications, "years": years}
    given |= {name: options[name] for name in ("caseload", "doubt")}
    update: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    update["settings"] = [*design.settings, *options["settings"]]
    _experiment(design.model_copy(update=update), options)


def _experiment(design: Any, options: dict[str, Any]) -> None:
    """Check everything first, run, write the folder, print the answer."""
    from procsim.engine import engines
    from procsim.present import folder, saving, terminal
    from procsim.study.experiment import compare as run

    engine = engines.choose(options["engine"]).name
    policies = design.workflows()
    out = saving.results_folder(options["out"], design.name, options["force"])
    json_file = saving.new_file(options["json_file"], options["force"])
    workers = options["workers"] or _all_workers()
    with terminal.progress(design.replications, len(policies), workers, engine) as tick:
        result = run(
            policies,
            seed=design.seed,
            replications=design.replications,
            years=design.years,
            workers=workers,
            progress=tick,
            engine=engine,
        )
    if design.doubt:
        result = _doubted(result, design.doubt, workers)
    folder.write(out, result, design)
    saving.write_json(json_file, lambda: folder.to_json(result))
    terminal.answer(result, folder.notes(result), out)


def _doubted(result: Any, number: int, workers: int) -> Any:
    """The comparison with what doubt over the parameters does to it."""
    from procsim.present import terminal
    from procsim.study.doubt import with_doubt

    label = f"{number} draws of what is uncertain, and each number at its ends,"
    with terminal.bar(f"{label} on {min(workers, number)} workers ({result.engine})", number) as tick:
        return with_doubt(result, number, workers, tick)


@cli.command()
@click.argument("country", default="KOR")
@click.argument("workflow", default="open_tender")
@click.argument("regime", default="paper")
@click.option("--log", "log_file", type=click.Path(), help="Write the event log as CSV to this file.")
@click.option("--replication", default=1, show_default=True, type=REPLICATIONS, help="Which luck.")
@_options("profile", "set", "seed", "years", "engine", "models", "caseload", "force")
def run(country: str, workflow: str, regime: str, log_file: str | None, replication: int, **options: Any) -> None:
    """Run one replication of one REGIME and print its outcomes."""
    from procsim.engine import engines, totals
    from procsim.exchange.ocds import read
    from procsim.present import saving, terminal
    from procsim.procurement.workflow import load
    from procsim.study.experiment import simulate
    from procsim.study.measures import measure

    engine, target = engines.choose(options["engine"]).name, saving.new_file(log_file, options["force"])
    cases = read(options["caseload"]) if options["caseload"] else None
    base = load(workflow, country, options["profile"], options["settings"], options["models"], cases)
    tender = base.under(regime)
    log = simulate(tender, options["seed"], replication, options["years"], engine=engine)
    if target:
        saving.write(target, log.timestamps().to_csv(index=False, lineterminator="\n"))
    terminal.one_run(tender, log, measure(totals.of(log), tender), engine, target)


@cli.command()
@click.option("--replications", type=REPLICATIONS, help="Instead of those of each target.")
@click.option("--only", metavar="ID", help="One target, such as C14, or C1 for all that begin so.")
@click.option("--out", type=click.Path(), help="Folder for the page validation.html.  [default: none is written]")
@_options("workers", "engine", "models", "force", "json")
def validate(replications: int | None, only: str | None, out: str | None, **options: Any) -> None:
    """Hold the model against published results, misses included: why believe it?"""
    from procsim.engine import engines
    from procsim.present import saving, scoreboard, terminal
    from procsim.study.evidence import find_targets
    from procsim.study.scoreboard import validate as run

    models = options["models"]
    targets, engine = find_targets(only, models), engines.choose(options["engine"]).name
    page = saving.page(out, scoreboard.PAGE, options["force"])
    json_file = saving.new_file(options["json_file"], options["force"])
    with terminal.bar(f"{len(targets)} published results ({engine})") as tick:
        board = run(targets, replications, options["workers"] or _all_workers(), tick, engine, models)
    if page:
        saving.write(page, scoreboard.html(board))
    saving.write_json(json_file, board.to_json)
    terminal.scoreboard(board)
    if page:
        click.echo(f"Page: {page} (opens without a network).")


@cli.command()
@click.argument("files", nargs=-1, type=click.Path())
@_options("models")
def check(files: tuple[str, ...], models: str | None) -> None:
    """Check FILES (workflows, reforms, experiments, evidence), or all models, and print READY."""
    from procsim.present import checking

    checked = checking.check(files, models)
    click.echo(f"READY: {checked}")


@cli.command()
@click.argument("country", required=False)
@click.argument("workflow", default="open_tender")
@click.argument("regime", default="paper")
@click.option("--only", default="*", help="Numbers whose name fits a pattern, such as 'role.*' or '*effort*'.")
@_options("profile", "set", "models")
def show(country: str | None, workflow: str, regime: str, only: str, **options: Any) -> None:
    """Show every number of a WORKFLOW in a COUNTRY under a REGIME; without arguments, what there is to show."""
    from procsim.present import terminal
    from procsim.procurement.workflow import load

    if country is None:
        terminal.catalogue(options["models"])
    else:
        base = load(workflow, country, options["profile"], options["settings"], options["models"])
        terminal.numbers(base.under(regime), only)


@cli.command()
@click.argument("kind", type=click.Choice(["country", "workflow", "reform", "experiment", "notebook"]))
@click.argument("name")
@click.argument("to", type=click.Path())
def copy(kind: str, name: str, to: str) -> None:
    """Copy a shipped model into the folder TO, to make it your own."""
    from procsim.procurement import library

    target = library.copy(kind, name, Path(to))
    use = f"Use it with{_repeated(models=to)}" if kind in ("country", "workflow", "reform") else f"Use it: {target}"
    click.echo(f"Copied to {target}. {use}")


class _ByCode(click.Group):
    """A group whose words may be followed by a country's code instead of a subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a subcommand, it is the one called CODE."""
        known = (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if not args or args[0] in known else ["CODE", *args])


@cli.group(cls=_ByCode, subcommand_metavar="CODE | diff A B")
def country() -> None:
    """Show what is known of a country, or what differs between two: country FJI, country diff FJI PNG."""


@country.command("CODE")
@click.argument("code")
@click.option("--profile", help="One year of the data.  [default: 2006 and today, side by side]")
@click.option("--out", type=click.Path(), help="Write CODE.html, a page that opens without a network, to this folder.")
@_options("models", "force", "json")
def one_country(code: str, profile: str | None, out: str | None, models: str | None, **options: Any) -> None:
    """Show every number of the country CODE: value, date, grade, source, and what is not its own."""
    from procsim.present import country_page, saving, terminal_country
    from procsim.procurement import library
    from procsim.procurement.profiles import LATEST, PROFILES
    from procsim.procurement.sheet import read_peers, read_sheets

    where = library.folders(models)
    sheets = read_sheets(code, [profile] if profile else PROFILES, where)
    peers = read_peers(sheets, where)
    page = saving.page(out, f"{code}.html", options["force"])
    json_file = saving.new_file(options["json_file"], options["force"])
    repeated = _repeated(profile=profile, models=models)
    if page:
        asks = _what_matters(code, profile or LATEST, models)
        saving.write(page, country_page.html(sheets, peers, asks, repeated))
    saving.write_json(json_file, lambda: country_page.to_json(sheets, peers))
    terminal_country.country(sheets, peers, repeated, page)


def _what_matters(code: str, profile: str, models: str | None) -> Any:
    """Which numbers move the days that an electronic open tender saves in a country, in words."""
    from procsim.present import country_page, doubts, terminal
    from procsim.procurement.workflow import load
    from procsim.study.doubt import what_matters

    with terminal.bar("What to ask the ministry for first: one number at a time, half a minute"):
        table = what_matters(load("open_tender", code, profile, models=models), workers=_all_workers())
    return doubts.swings(table, "d", country_page.MOST_ASKED)


@country.command("diff")
@click.argument("a")
@click.argument("b")
@_options("profile", "models")
def two_countries(a: str, b: str, profile: str, models: str | None) -> None:
    """Show only what differs between the countries A and B, and what one of them lacks."""
    from procsim.present import terminal_country
    from procsim.procurement import library
    from procsim.procurement.sheet import read_sheets

    where = library.folders(models)
    here, there = (read_sheets(code, [profile], where)[0] for code in (a, b))
    terminal_country.difference(here, there, _repeated(profile=profile, models=models))


def _all_workers() -> int:
    return min(os.cpu_count() or 1, 8)


def _repeated(**options: str | None) -> str:
    """Options as a suggested command has to repeat them, such as ` --models 'my models'`."""
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in options.items() if value)


def main() -> None:
    """The command `procsim`: problems become messages and an exit code, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except ModelError as error:
        for line in error.problems:
            click.secho(line, fg="red", err=True)
        code = FAILED
    except click.UsageError as error:
        hint = did_you_mean(sys.argv[1], cli.commands) if "No such command" in error.message else ""
        click.secho(f"{error.format_message()} {hint}\nSee: procsim --help", fg="red", err=True)
        code = FAILED
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C while the workers end would leave them behind
        click.echo("\nStopped. Nothing was written.", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        code = 0
    except Exception as error:
        if os.environ.get("PROCSIM_DEBUG"):
            raise
        kind = type(error).__name__
        click.secho(
            f"procsim failed: {kind}: {error}. Set PROCSIM_DEBUG=1 for details, and report it.", fg="red", err=True
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
