"""The command line as users meet it: exit codes, messages without a traceback, files and folders."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import Procsim
from tiny import workflow, write_models

from procsim import ModelError
from procsim.study.design import read_design

NODES = """\
ask: {kind: task, stage: planning, staff: {clerk: 1}, effort: 3 h, next: notice}
notice: {kind: timer, milestone: notice, duration: 14 d, next: award}
award: {kind: task, stage: award, milestone: contract, staff: {clerk: 1}, effort: 3 h, next: done}
done: {kind: end}
"""
TINY = workflow(NODES, more="labour: {wage: 5 USD}\n")
QUICK = """\
schema: procsim-reform/1
name: quick
title: Quicker work
type: module
sources: {guess: {title: a guess}}
source: guess
workflows:
  tiny: {scale: {ask.effort: 0.5}}
"""
COLUMNS = {"replication", "case", "activity", "stage", "role", "resource", "visit", "worked"}
COLUMNS |= {"released", "enabled", "start", "complete"}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models with one small workflow and one reform."""
    return write_models(tmp_path / "mine", workflows={"tiny": TINY}, reforms={"quick": QUICK})


@pytest.fixture
def compare(procsim: Procsim, models: Path) -> Procsim:
    """`procsim compare` of the small workflow, on paper and quick, with two replications."""
    small = ("BRN", "tiny", "--regimes", "paper,quick", "--replications", 2, "--models", models)
    return lambda *arguments: procsim("compare", *small, "--workers", 1, *arguments)


# -- bad input: exit code 2, one line for each problem, no traceback ---------------------------------------------------

BAD = [
    ("compare", "Brunai", "country 'Brunai': there is no such country pack. Did you mean 'BRN'"),
    ("compare", "KOR", "opn_tender", "workflow 'opn_tender': there is none. Did you mean 'open_tender'?"),
    ("compare", "--regimes", "paper,electrnic", "regime electrnic: no regime or reform 'electrnic'. Did you mean"),
    ("compare", "--profile", "lates", "profile 'lates': there is no such profile. Did you mean 'latest'?"),
    ("compare", "--set", "role.evaluater=3", "--set role.evaluater=3: no number 'role.evaluater'. Did you mean"),
    ("compare", "--set", "electroni:role.evaluator=3", "the regime 'electroni' is not run here. Did you mean"),
    (
        "compare",
        "--set",
        "place_notice.effort=3 h",
        "Set it after the reform: --set electronic:place_notice.effort=value.",
    ),
    ("compare", "--replications", "0", "0 is not in the range 1<=x<=10000"),
    ("compare", "--seed", "-1", "-1 is not in the range"),
    ("compare", "--doubt", "20000", "20000 is not in the range 0<=x<=10000"),
    ("compare", "--doubt", "much", "'much' is not a valid integer range"),
    ("compare", "--years", "many", "'many' is not a valid integer range"),
    ("compare", "--models", "nowhere", "--models nowhere: there is no such folder."),
    ("compare", "--json", "no/such/x.json", "no/such/x.json: there is no folder no/such. Make it first."),
    ("compare", "--nonsense", "No such option"),
    ("run", "KOR", "open_tender", "electrnic", "regime electrnic: no regime or reform 'electrnic'."),
    ("run", "KOR", "nowhere.yaml", "nowhere.yaml: there is no such file. Check the name, or run 'procsim show'"),
    ("run", "--log", "no/such/log.csv", "no/such/log.csv: there is no folder no/such. Make it first."),
    ("experiment", "nowhere.yaml", "nowhere.yaml: there is no such file."),
    ("check", "nowhere.yaml", "nowhere.yaml: there is no such file."),
    ("show", "ATLANTIS", "country 'ATLANTIS': there is no such country pack."),
    ("copy", "workflow", "opn_tender", "mine", "workflow 'opn_tender': there is none. Did you mean 'open_tender'?"),
    ("copy", "flow", "open_tender", "mine", "'flow' is not one of"),
    ("country", "Brunei", "country 'Brunei': there is no such country pack. Did you mean 'BRN'"),
    ("country", "pacific", "country 'pacific': there is no such country pack."),
    ("country", "BRN", "--profile", "lates", "profile 'lates': there is no such profile. Did you mean 'latest'?"),
    ("country", "BRN", "--models", "nowhere", "--models nowhere: there is no such folder."),
    ("country", "BRN", "--json", "no/such/x.json", "no/such/x.json: there is no folder no/such. Make it first."),
    ("country", "diff", "BRN", "Missing argument 'B'"),
    ("country", "diff", "BRN", "Kora", "country 'Kora': there is no such country pack. Did you mean 'KOR'"),
    ("country", "--nonsense", "No such option"),
    ("compair", "No such command 'compair'. Did you mean 'compare'?"),
]


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_bad_input(procsim: Procsim, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    *arguments, message = words
    told = procsim(*arguments)
    assert (told.code, told.out) == (2, "")
    assert message in told.err
    assert list(tmp_path.iterdir()) == []


def test_all_problems_of_a_file_are_told(procsim: Procsim, models: Path) -> None:
    file = models / "workflows" / "tiny.yaml"
    file.write_text(TINY.replace("3 h", "3 hours").replace("heads: 2", "heads: 0").replace("next: award", "next: awrd"))
    told = procsim("check", file)
    assert told.code == 2
    assert len(told.err.splitlines()) == 3
    assert all(line.startswith("tiny.yaml line ") for line in told.err.splitlines())


def test_a_bug_is_said_to_be_one(procsim: Procsim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procsim.present.checking.check", lambda *_: 1 / 0)
    monkeypatch.delenv("PROCSIM_DEBUG", raising=False)
    told = procsim("check")
    assert told.code == 1
    assert (
        told.err
        == "procsim failed: ZeroDivisionError: division by zero. Set PROCSIM_DEBUG=1 for details, and report it.\n"
    )


# -- experiments in files ----------------------------------------------------------------------------------------------

DESIGN = """\
schema: procsim-experiment/1
name: small
policies:
  paper: {regime: paper}
  electronic: {regime: electronic, settings: [role.evaluator=21]}
"""
DESIGNS = [
    ("name: small\n", "", "design.yaml, name: the key 'name' is missing. Add it."),
    ("name: small", "name: small\nreplicatons: 3", "line 3, replicatons: unknown key 'replicatons'. Did you mean 'rep"),
    ("name: small", "name: small\nreplications: 0", "replications: 0 is too small. Write 1 or more."),
    ("name: small", "name: small\nreplications: many", "replications: 'many' is not a whole number. Write one, such a"),
    ("name: small", "name: small\ndoubt: -1", "doubt: -1 is too small. Write 0 or more."),
    ("name: small", "name: small\nyears: 21", "years: 21 is too large. Write 20 or less."),
    ("name: small", "name: small\nseed: -1", "seed: -1 is too small. Write 0 or more."),
    ("name: small", "name: small\nseed: 18446744073709551616", "seed: 18446744073709551616 is too large. Write less t"),
    ("{regime: paper}", "paper", "policies > paper: 'paper' stands where a block of keys is expected."),
    ("[role.evaluator=21]", "role.evaluator=21", "settings: 'role.evaluator=21' is not a list. Write it in brackets"),
    ("experiment/1", "experiment/9", "schema: 'procsim-experiment/9' is not known here. Did you mean 'procsim-exp"),
    ("regime: electronic", "regime: electrnic", "regime electrnic: no regime or reform 'electrnic'. Did you mean 'ele"),
    ("name: small", "name: small\ncountry: BRM", "country 'BRM': there is no such country pack. Did you mean 'BRN'"),
    ("name: small", "name: small\nworkflow: opn_tender", "workflow 'opn_tender': there is none. Did you mean 'open_te"),
    ("name: small", "name: small\nsettings: [electroni:evaluate.effort=3 h]",
     "small, --set electroni:evaluate.effort=3 h: the regime 'electroni' is not run here. Did you mean 'electronic'?"),
    ("role.evaluator=21", "paper:role.evaluator=21", "policy electronic, --set paper:role.evaluator=21: the regime 'p"),
    ("role.evaluator=21", "role.evaluater=21", "--set role.evaluater=21: no number 'role.evaluater'. Did you mean 'ro"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), DESIGNS, ids=[new for _, new, _ in DESIGNS])
def test_a_wrong_design(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "design.yaml"
    path.write_text(DESIGN.replace(old, new))
    with pytest.raises(ModelError, match=re.escape(message)):
        read_design(path).workflows()


def test_a_design_without_policies(tmp_path: Path) -> None:
    path = tmp_path / "design.yaml"
    path.write_text("schema: procsim-experiment/1\nname: x\npolicies: {}\n")
    with pytest.raises(ModelError, match=r"design.yaml line 3, policies: \{\} holds too little. Give at least 1."):
        read_design(path)


def test_a_regime_of_which_nothing_applies_is_not_compared_with_itself(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "design.yaml").write_text(
        DESIGN.replace("name: small", "name: small\nworkflow: tiny.yaml").replace("[role.evaluator=21]", "[]")
    )
    message = (
        "policy electronic: no reform of the regime 'electronic' says anything of the workflow 'tiny'. They are for"
    )
    with pytest.raises(
        ModelError, match=f"{message} catalogue_order, .*: keep that 'name:' in a copy, or add 'tiny' to a reform"
    ):
        read_design(tmp_path / "design.yaml").workflows()


# -- look, copy, check, run --------------------------------------------------------------------------------------------


def test_version_and_help(procsim: Procsim) -> None:
    assert re.fullmatch(r"procsim, version [0-9.]+\n", procsim("--version").out)
    told = procsim("--help")
    assert (told.code, told.err) == (0, "")
    assert all(name in told.out for name in ("compare", "run", "experiment", "check", "show", "copy"))


def test_check_says_ready(procsim: Procsim, models: Path) -> None:
    told = procsim("check", models / "workflows" / "tiny.yaml", models / "reforms" / "quick.yaml", "--models", models)
    assert told == (0, "READY: tiny.yaml, quick.yaml\n", "")


def test_show(procsim: Procsim) -> None:
    assert "Regime electronic: " in procsim("show").out
    told = procsim("show", "BRN", "open_tender", "electronic", "--set", "role.evaluator=21")
    assert told.code == 0
    for text in (
        "place_notice.effort",
        "4 h -> 1 h (e_notice)",
        "24 -> 21 (--set role.evaluator=21)",
        "BRN/legal.yaml",
    ):
        assert text in told.out


def test_copy_then_edit_then_check_then_run(procsim: Procsim, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    file = mine / "workflows" / "open_tender.yaml"
    told = procsim("copy", "workflow", "open_tender", mine)
    assert told == (0, f"Copied to {file}. Use it with --models {mine}\n", "")
    assert procsim("copy", "workflow", "open_tender", mine).code == 2
    file.write_text(file.read_text().replace("heads: 24", "heads: 12"))
    assert procsim("check", file, "--models", mine).out == "READY: open_tender.yaml\n"
    for regime in ("paper", "electronic", "electronic_reformed"):
        assert re.search(r"role.evaluator +12 ", procsim("show", "BRN", "open_tender", regime, "--models", mine).out)
    file.write_text(file.read_text().replace("heads: 12", "heads: 2"))
    told = procsim("check", file, "--models", mine)
    assert told.code == 2
    assert "needs 3 of 'evaluator', which has only 2." in told.err


def test_copies_of_every_kind(procsim: Procsim, tmp_path: Path) -> None:
    for kind, name, target in (
        ("country", "BRN", "countries/BRN/legal.yaml"),
        ("reform", "e_notice", "reforms/e_notice.yaml"),
        ("experiment", "staffing", "staffing.yaml"),
    ):
        assert procsim("copy", kind, name, tmp_path).code == 0
        assert (tmp_path / target).is_file()


def test_run_writes_the_event_log(procsim: Procsim, models: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    arguments = ("run", "BRN", "tiny", "quick", "--models", models, "--log", file)
    assert procsim(*arguments).code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert set(rows[0]) >= COLUMNS
    assert {row["activity"] for row in rows} == {"ask", "notice", "award"}
    assert b"\r" not in file.read_bytes()
    before = file.read_bytes()
    told = procsim(*arguments)
    assert (told.code, told.err) == (2, f"{file}: exists already. Name another, or add --force.\n")
    assert procsim(*arguments, "--force").code == 0
    assert file.read_bytes() == before


# -- compare and what it leaves behind ---------------------------------------------------------------------------------

RESULTS = {"report.html", "outcomes.csv", "event_log.csv", "manifest.json", "experiment.yaml"}


def tables(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.csv")}


def test_compare_leaves_a_folder_from_which_the_same_numbers_come_again(
    compare: Procsim, procsim: Procsim, tmp_path: Path
) -> None:
    first, again, two = tmp_path / "first", tmp_path / "again", tmp_path / "two"
    assert compare("--out", first).code == 0
    assert {file.name for file in first.iterdir()} >= RESULTS
    assert all(b"\r" not in file.read_bytes() for file in first.rglob("*") if file.is_file())
    assert procsim("experiment", first / "experiment.yaml", "--out", again, "--workers", 1).code == 0
    assert tables(again) == tables(first) != {}
    assert compare("--out", two, "--workers", 2).code == 0
    assert tables(two) == tables(first)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_results_are_not_overwritten_unasked(compare: Procsim, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("three years of work")
    told = compare("--out", out)
    assert (told.code, told.out) == (2, "")
    assert told.err.strip() == f"--out {out}: the folder holds something already. Name another, or add --force."
    assert (out / "thesis.txt").read_text() == "three years of work"
    assert compare("--out", out, "--force").code == 0
    assert (out / "report.html").is_file()


def test_json(compare: Procsim, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    assert compare("--out", tmp_path / "out", "--json", file).code == 0
    answer = json.loads(file.read_text(), parse_constant=lambda text: pytest.fail(f"{text} in JSON"))
    assert set(answer) >= {"outcomes", "judgements", "fallbacks", "manifest"}
    assert all(isinstance(line, str) for line in [*answer["judgements"], *answer["fallbacks"]])
    assert {"procsim", "seed", "replications", "models"} <= set(answer["manifest"])
    cycle_time = answer["outcomes"]["cycle_time"]
    assert (cycle_time["unit"], cycle_time["direction"]) == ("d", "lower")
    for outcome in answer["outcomes"].values():
        assert list(outcome["regimes"]) == ["paper", "quick"]
        assert list(outcome["difference"]) == ["quick"]
        assert all(set(ends) == {"mean", "low", "high"} for ends in outcome["regimes"].values())
        assert set(outcome["difference"]["quick"]) == {"mean", "low", "high", "better_in_20"}


def test_doubt_is_told_apart_everywhere(compare: Procsim, procsim: Procsim, tmp_path: Path) -> None:
    first, again, file = tmp_path / "first", tmp_path / "again", tmp_path / "answer.json"
    told = compare("--doubt", 4, "--out", first, "--json", file)
    assert told.code == 0
    assert "4 draws of what is uncertain, and each number at its ends, on 1 workers" in told.err
    for text in ("DOUBT over the parameters", "9 draws in 10", "4 of 4", "ask: effort", "It does not cover"):
        assert text in told.out
    answer = json.loads(file.read_text(), parse_constant=lambda text: pytest.fail(f"{text} in JSON"))
    assert set(answer["outcomes"]["buyer_hours"]["difference"]["quick"]["doubt"]) == {
        *("low", "high", "better_in_20_draws")
    }
    assert answer["doubt"]["effects"]["buyer_hours"][0]["parameter"] in ("ask.effort", "quick:ask.effort")
    assert answer["manifest"]["doubt"] == answer["doubt"]["draws"] == 4
    assert "doubt: 4" in (first / "experiment.yaml").read_text()
    rows = list(csv.DictReader((first / "doubt.csv").read_text().splitlines()))
    assert {row["outcome"] for row in rows} == {"cycle_time", "buyer_hours"}
    assert "What to find out first" in (first / "report.html").read_text()
    assert procsim("experiment", first / "experiment.yaml", "--out", again, "--workers", 2).code == 0
    assert tables(again) == tables(first)


def test_doubt_without_a_number_is_a_hundred_draws_and_none_leaves_no_trace(compare: Procsim, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert compare("--out", out).code == 0
    assert "doubt" not in "".join((out / name).read_text() for name in ("outcomes.csv", "experiment.yaml"))
    assert not (out / "doubt.csv").exists()
    told = compare("--out", out, "--force", "--doubt")
    assert (told.code, "100 draws of what is uncertain" in told.err) == (0, True)


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_an_interrupt_leaves_nothing_behind(models: Path, tmp_path: Path, engine: str) -> None:
    code = "from procsim.cli import main; main()"
    words = ["compare", "BRN", "tiny", "--regimes", "paper,quick", "--replications", "10000", "--models", str(models)]
    words += ["--workers", "2", "--engine", engine, "--out", str(tmp_path / "out")]
    command = [sys.executable, "-c", code, *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "10000 replications of 2 policies on 2 workers" in process.stderr.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)  # one more does no harm
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Stopped. Nothing was written." in err
    assert "Traceback" not in err
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_show_can_be_limited_to_some_numbers(procsim: Procsim) -> None:
    told = procsim("show", "BRN", "office", "paper", "--only", "market.quotation.p*")
    paths = re.findall(r"(?m)^([a-z_.]+) ", told.out)
    assert told.code == 0
    assert [path for path in paths if path.startswith("market.")] == [
        "market.quotation.pool",
        "market.quotation.price_band",
    ]
    nothing = procsim("show", "BRN", "office", "paper", "--only", "market.quotatoin.pool")
    assert (nothing.code, nothing.out) == (2, "")
    assert "no number fits. Did you mean 'market.quotation.pool'?" in nothing.err
