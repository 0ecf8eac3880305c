"""What users get wrong, and what they are told: file, line or path, value and remedy; never another exception."""

from __future__ import annotations

import copy
import pickle
import re
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import OFFICE, workflow

from procsim import ModelError, load
from procsim.engine import compiler
from procsim.procurement.library import shipped
from procsim.procurement.yamlfile import read_yaml

BRANCHES = "[{to: ask, probability: 0.2, at_most: 2, then: done}, {to: done}]"
TINY = workflow(f"""\
ask: {{kind: task, staff: {{clerk: 1}}, effort: 3 h, next: agree}}
agree: {{kind: exclusive, branches: {BRANCHES}}}
done: {{kind: end}}
""")
NODES = TINY.index("nodes:")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tmp_path / "tiny.yaml"


def told(path: Path, text: str | bytes, *changes: str) -> str:
    """What a user of this file is told."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelError) as caught:
        compiler.make(load(path, settings=changes))
    return str(caught.value)


def test_the_tiny_workflow_is_right(tiny: Path) -> None:
    tiny.write_text(TINY)
    assert compiler.make(load(tiny)).activities == ("ask", "agree", "done")


def test_five_mistakes_are_told_at_once(tiny: Path) -> None:
    text = (
        TINY.replace("effort: 3 h", "efort: 3 h")
        .replace("heads: 2", "heads: 2.5")
        .replace("per_year: 50", "per_year: -1")
    )
    text = text.replace("09:00-12:00", "12:00-09:00").replace("kind: end", "kind: ende")
    assert told(tiny, text).splitlines() == [
        "tiny.yaml line 9, roles > clerk > heads: 2.5 is not a head-count. Write a whole number of at least 1, or inf.",
        "tiny.yaml line 7, calendars > office > hours: '12:00-09:00' is not a span of hours. "
        "Write it like '09:00-12:00'.",
        "tiny.yaml line 11, caseload > standard > per_year: -1 must be a number of 0 or more without a unit. "
        "Write the bare number.",
        "tiny.yaml line 13, nodes > ask > effort: the key 'effort' is missing. Add it.",
        "tiny.yaml line 13, nodes > ask > efort: unknown key 'efort'. Did you mean 'effort'?",
        "tiny.yaml line 15, nodes > done: unknown kind 'ende'. Did you mean 'end'?",
    ]


FILES = {
    "tab": (
        TINY.replace("  clerk: {", "\tclerk: {"),
        "line 9: not YAML, found character .* Indent with spaces, not tabs",
    ),
    "twice": (TINY + "  done: {kind: end}\n", "line 16: 'done' stands twice in one block. Remove one."),
    "number as key": (TINY + "  3: {kind: end}\n", 'line 12, nodes: the key 3 is not a word. Put it in quotes: "3".'),
    "date as key": (
        TINY + "  2001-01-01: {kind: end}\n",
        "nodes: the key '2001-01-01' is not a word. Put it in quotes",
    ),
    "yes as key": (TINY + "  yes: {kind: end}\n", "nodes: the key True is not a word. Put it in quotes"),
    "list as key": (
        TINY + "  [1, 2]: x\n",
        "line 16: a list or block stands where a key is expected. Put a word before",
    ),
    "reference": (
        TINY + "  x: &x {kind: end}\n  y: *x\n",
        r"line 16: a reference \(\*name\) to this block stands elsewhere",
    ),
    "merge": (
        TINY + "  x: {<<: {kind: end}}\n",
        "line 16: the tag '!!merge' is not read, only plain data is. Remove it",
    ),
    "endless": (TINY + "  x: &x {kind: end, x: *x}\n", r"line 16: a reference \(\*name\)"),
    "deep": ("x: " + "[" * 3000, "tiny.yaml: blocks are nested too deeply. Write a flatter file."),
    "latin-1": ((TINY + "# café").encode("latin-1"), "tiny.yaml: not UTF-8 text. Save it as UTF-8."),
    "control character": (
        TINY + "\0",
        "tiny.yaml: not YAML, .*special characters.*Check indentation, colons and quotes.",
    ),
    "empty": ("", "tiny.yaml: the file must hold keys and values. Start from 'procsim copy'."),
    "list": ("- 1\n- 2\n", "tiny.yaml: the file must hold keys and values."),
    "two documents": (TINY + "---\na: 1\n", "line 16: not YAML, but found another document."),
    "impossible date": (
        TINY.replace("a guess", "2006-02-30"),
        "line 4: 2006-02-30 is no date or number: day is out of",
    ),
    "huge": (TINY.replace("50,", "1e999999999,"), "line 11: 1e999999999 is no number that can be calculated with"),
    "very long": (TINY.replace("50,", "9" * 5000 + ","), "line 11: 9{40} is no number that can be calculated with"),
    "by zero": (TINY.replace("50,", "1/0,"), "line 11: 1/0 is no number that can be calculated with. Correct it."),
    "octal": (TINY.replace("heads: 2", "heads: 010"), 'line 9: YAML does not read 010 as it looks. Write it .*"010".'),
    "sexagesimal": (TINY.replace("50,", "1:30,"), "line 11: YAML does not read 1:30 as it looks"),
}
TAGS = [
    "!!python/object/apply:os.system ['touch x']",
    "!!python/name:os.system ''",
    "!thing 3",
    "!!binary aGk=",
    "!!int x",
]


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read(tiny: Path, case: str) -> None:
    text, message = FILES[case]
    assert re.search(message, told(tiny, text)), told(tiny, text)


@pytest.mark.parametrize("tag", TAGS)
def test_tags_are_refused_and_nothing_is_run(tiny: Path, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny.parent)
    said = told(tiny, TINY.replace("3 h", tag))
    assert re.search("tiny.yaml line 13: the tag '!.*' is not read, only plain data is. Remove it.", said)
    assert not (tiny.parent / "x").exists()


def test_numbers_with_underscores_are_read(tiny: Path) -> None:
    tiny.write_text(TINY.replace("50,", "1_000,"))
    assert load(tiny).ledger["caseload.standard.per_year"].value == 1000


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no.yaml: there is no such file. Check the name, or run 'procsim show'"):
        load(tmp_path / "no.yaml")
    with pytest.raises(ModelError, match=r"cannot be read \(Is a directory\). Name a YAML file that you may read."):
        read_yaml(tmp_path)


@pytest.mark.parametrize("name", ["open_tendr", "../open_tender", "x" * 5000, "a\0b", ""])
def test_a_workflow_that_does_not_exist(name: str) -> None:
    with pytest.raises(ModelError, match=r"(?s)workflow '.*': there is none\. (Did you mean|Known:).*open_tender"):
        load(name)


def test_a_country_or_profile_that_does_not_exist() -> None:
    with pytest.raises(ModelError, match=r"country 'Brunai': there is no such country pack. Did you mean 'BRN'"):
        load("open_tender", country="Brunai")
    with pytest.raises(ModelError, match=r"profile 'lates': there is no such profile. Did you mean 'latest'\?"):
        load("open_tender", profile="lates")


def test_a_models_folder_that_does_not_exist() -> None:
    with pytest.raises(ModelError, match=r"--models nowhere: there is no such folder. Make one: procsim copy"):
        load("open_tender", models="nowhere")


EFFORT, HEADS = "nodes > ask > effort > value: ", "roles > clerk > heads: "
UNIT = "is not a number with a unit. Write it like 36 h, 0.5 wd, 200000 USD or 0.2."
LEAVES = [
    ("effort: 3 h", "effort: -3 h", EFFORT + "'-3 h' is negative. It must be 0 or more."),
    ("effort: 3 h", "effort: 3 hours", EFFORT + "'3 hours' has the unit 'hours'. Write it like '36 h' (s, min, h, d)."),
    ("effort: 3 h", "effort: 3", EFFORT + "3 has no unit. Write it like '36 h'"),
    ("effort: 3 h", "effort: h", EFFORT + "'h' " + UNIT),
    ("effort: 3 h", "effort:", EFFORT + "None " + UNIT),
    ("effort: 3 h", "effort: 2006-02-20", EFFORT + "datetime.date(2006, 2, 20) " + UNIT),
    ("effort: 3 h", "effort: 1e15 h", EFFORT + "1000000000000000 h is more than 68 years. Correct it."),
    ("effort: 3 h", "effort: {value: 3 h, cv: abc}", "nodes > ask > effort > cv: 'abc' " + UNIT),
    ("effort: 3 h", "effort: {value: 3 h, distribution: lognormal}", "a lognormal needs 'cv' above 0 and at most 3. F"),
    ("effort: 3 h", "effort: {value: 3 h, distribution: normal}", "'normal' is not known here. Did you mean 'lognorma"),
    ("effort: 3 h", "effort: {value: 3 h, cw: 1}", "effort > cw: unknown key 'cw'. Known: "),
    ("effort: 3 h", "effort: {parameter: legal.standstil_days}", "no country parameter 'legal.standstil_days'. Did yo"),
    ("effort: 3 h", "effort: {parameter: [a]}", "unknown key 'parameter'. Write it alone in braces, as in 'value: {"),
    ("heads: 2", "heads: 2.5", HEADS + "2.5 is not a head-count. Write a whole number of at least 1, or inf."),
    ("heads: 2", "heads: 0", HEADS + "0 is not a head-count."),
    ("heads: 2", "heads: 5000000000", HEADS + "5000000000 is too large. Write inf."),
    ("staff: {clerk: 1}", "staff: [clerk]", "staff: ['clerk'] stands where a block of keys is expected. Write 'key: v"),
    ("staff: {clerk: 1}", "staff: {}", "staff: a task needs at least one person of at least one role. Write it like"),
    ("staff: {clerk: 1}", "staff: {clerk: 3}", "staff > clerk: needs 3 of 'clerk', which has only 2. Raise the head-c"),
    ("staff: {clerk: 1}", "staff: {clark: 1}", "staff > clark: no role 'clark'. Did you mean 'clerk'?"),
    ("calendar: office}", "calendar: offise}", "no calendar 'offise'. Did you mean 'office'?"),
    ("next: agree", "next: agre", "nodes > ask > next: no node 'agre'. Did you mean 'agree'?"),
    ("next: agree", "next:", "nodes > ask > next: nothing is not a word or text. Write a word; put quotes round"),
    ("start: ask", "start: aks", "tiny.yaml line 3, start: no node 'aks'. Did you mean 'ask'?"),
    ("start: ask\n", "", "tiny.yaml, start: the key 'start' is missing. Add it."),
    ("kind: task", "kind: tusk", "nodes > ask: unknown kind 'tusk'. Did you mean 'task'?"),
    ("kind: task", "kind: task, stage: tendr", "nodes > ask > stage: 'tendr' is not known here. Did you mean 'tender'"),
    ("  done: {kind: end}", "  done: null", "nodes > done: nothing stands where a block of keys is expected."),
    ("  done: {kind: end}", "  done: {kind: end, status: ok}", "nodes > done > status: 'ok' is not known here. Known:"),
    ("  done: {kind", "  role: {kind: end}\n  done: {kind", "'role' cannot be the name of anything here. Choose anoth"),
    ("  done: {kind", "  a.b: {kind: end}\n  done: {kind", "'a.b' cannot be the name of anything here. Choose another"),
    ("start: ask", "start: ask\nnoodles: 3", "tiny.yaml line 4, noodles: unknown key 'noodles'. Did you mean 'nodes'?"),
    ("workflow/1", "workflow/2", "line 1, schema: 'procsim-workflow/2' is not known here. Did you mean 'procsim-work"),
    ("source: guess\n", "", "nodes > ask > effort: the number 3 h has no source. Add 'source: KEY' beside or above it"),
    ("source: guess\n", "source: gues\n", "nodes > ask > effort: no source 'gues'. Did you mean 'guess'?"),
    ("{guess: {title: a guess}}", "3", "line 4, sources: .* block of keys"),
    ("a guess}", "a guess, year: soon}", "line 4, sources > guess > year: 'soon' is not a whole number."),
    ("per_year: 50", "per_year: 50, interval: 3 h", "exactly one of 'per_year', 'interval' or 'arrivals'. Found"),
    ("per_year: 50", "per_year: 0", "per_year: 0 cases a year cannot be simulated. Write 0.01 to 1000000."),
    ("per_year: 50", "interval: 0 h", "interval: a case every 0 h is too often. Write at least 32 s."),
    ("per_year: 50", "arrivals: [-3 h]", "arrivals > 0: '-3 h' is negative. It must be 0 or more."),
    ("per_year: 50", "per_year: 50, peak_months: [13]", "[13] are not months. Write numbers from 1 to 12."),
    ("per_year: 50", "per_year: 50, peak_factor: 1e9", "peak_factor: 1e+09 is too large. Write 100 or less."),
    ("per_year: 50", "per_year: 50, priority: -1", "priority: -1 is too small. Write 0 or more."),
    ("1000 USD", "1000", "caseload > standard > value: 1000 has no currency. Write it like '200000 USD'."),
    ("1000 USD", "-5 USD", "caseload > standard > value: -5 USD is negative. Write 0 or more."),
    ("1000 USD", "1000 EUR", "1000 EUR is not in USD. Write it in USD; only the bounds of 'below' may be in local"),
    ("1000 USD", "1e30 USD", "is too large. Write 1000000000000000 or less."),
    ("09:00-12:00", "25:00-26:00", "calendars > office > hours: '25:00-26:00' is not a span of hours. Write it like"),
    (OFFICE, "hours: []", "calendars > office > hours: an empty list: nobody would ever work. Give at least one"),
    (OFFICE, "always: false", "calendars > office > always: false means never at work. Leave it out and give 'hours'."),
    (OFFICE, OFFICE + ", always: true", "a calendar has exactly one of 'hours', 'intervals' or 'always: true'. Found"),
    (OFFICE, "intervals: [[9, 5]]", "office > intervals: [9, 5] does not run forward from 0. Write [opens, closes]"),
    (OFFICE, "intervals: [[-5, 9]]", "office > intervals: [-5, 9] does not run forward from 0."),
    (OFFICE, "intervals: [5, 9]", "office > intervals > 0: 5 is not a pair. Write it in brackets, such as [0, 3600]."),
    (OFFICE, OFFICE + ", weekdays: [monday]", "'monday' is not a weekday. Write mon, tue, wed, thu, fri, sat, sun."),
    (OFFICE, OFFICE + ", weekdays: mon", "office > weekdays: 'mon' is not a list. Write it in brackets, such as [1, 2"),
    (OFFICE, OFFICE + ", weekdays: [mon], working_days: [1]", "working_days: stands beside 'weekdays'. Keep one of th"),
    (OFFICE, OFFICE + ", working_days: [9]", "working_days: counts the working days of a week, 1 to 7. Found [9]."),
    (OFFICE, OFFICE + ", every_weeks: 1000", "every_weeks: 1000 is too large. Write 52 or less."),
    (OFFICE, OFFICE + ", weekdays: [sun]", "nodes > ask > staff: clerk .* never on duty"),
    (OFFICE, "always: true, weekdays: [mon]", "weekdays: only goes with 'hours'. Leave it out."),
    (OFFICE, OFFICE + ", fit: half", "office > fit: 'half' is not known here. Known: pause, whole."),
    (OFFICE, 'hours: ["09:00-10:00"], fit: whole', "the task can take 3.0 h, the longest sitting 1.0 h. Lengthen the"),
    ("probability: 0.2", "probability: 50 %", "probability: '50 %' is not a share between 0 and 1. Write 55 % as 0.55"),
    ("at_most: 2", "at_most: 0", "at_most: 0 is too small. Write 1 or more."),
    ("at_most: 2, then: done", "then: done", "the branch to 'ask' has 'then' without 'at_most'. Add 'at_most', or"),
    ("at_most: 2, then: done", "at_most: 2, then: ask", "has 'at_most' but nowhere to go after it. Add 'then: NODE' t"),
    ("at_most: 2, then: done", "at_most: 2, then: dune", "agree > branches: no node 'dune'. Did you mean 'done'?"),
    ("at_most: 2, then: done", "detour: true", "the loop ask -> agree has no bound. Add 'at_most' to the exclusive br"),
    ("{to: done}]", "{to: done, probability: 0.5}]", "the probabilities sum to 0.7. Make them sum to 1, or leave out"),
    ("{to: done}]", "{to: ask}, {to: done}]", "the branch to 'ask' has no 'probability'. Only the last branch may"),
    ("{to: done}]", "3]", "branches > 1: 3 stands where a block of keys is expected."),
    (BRANCHES, "[]", "agree > branches: [] holds too little. Give at least 1."),
    ("branches: [", "by: bids, branches: [", "agree > branches > 0: the branch to 'ask' has no 'below'. Only the last"),
    ("branches: " + BRANCHES, "by: bids, branches: [{to: done, below: 2}, {to: done}]", "counts bids, but there is no"),
    (BRANCHES, "[{to: done, below: 2}, {to: done}], by: whim", "agree > by: 'whim' is not known here. Known: bids"),
    (BRANCHES, "[{to: done, below: 2 h}, {to: done}], by: value", "is bounded by 2 h, which is no amount of money"),
    (BRANCHES, "[{to: done, below: 2 USD}, {to: done}], by: bids", "is bounded by 2 USD, which is no number of bids"),
    (BRANCHES, "[{to: done, below: 2}, {to: ask, below: 1}, {to: done}], by: value", "the bounds of 'below' do not ri"),
    (BRANCHES, "[{to: done, below: 2}, {to: done, below: 3}], by: value", "is the last and takes what the others leav"),
    ("  done: {kind: end}", "  done: {kind: end}\n  lost: {kind: end}", "nodes > lost: no path leads here from the st"),
    ("  done: {kind: end}", "  done: {kind: join, next: ask}", "nodes > done: this join belongs to no parallel. Name"),
    ("kind: task, ", "kind: task, milestone: notice, bidder: 3 h, ", "ask > bidder: '3 h' stands where a block of key"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), LEAVES, ids=[f"{new}" for _, new, _ in LEAVES])
def test_a_wrong_value(tiny: Path, old: str, new: str, message: str) -> None:
    assert old in TINY
    said = told(tiny, TINY.replace(old, new))
    assert re.search("tiny.yaml( line [0-9]+)?, ", said)
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), said), said


@pytest.mark.parametrize("section", ["nodes", "roles", "calendars", "caseload"])
@pytest.mark.parametrize("junk", ["[]", "", "3", "abc"])
def test_a_section_that_is_no_block(tiny: Path, section: str, junk: str) -> None:
    text = re.sub(rf"(?ms)^{section}:\n(  .*?\n)+?(?=\S|\Z)", f"{section}: {junk}\n", TINY)
    assert f", {section}: is not a block of keys. Write one key to a line below it." in told(tiny, text)


def test_no_cases(tiny: Path) -> None:
    text = re.sub(r"caseload:\n.*\n", "", TINY)
    assert "tiny.yaml, caseload: there are no cases. Add a class of cases, such as 'standard'." in told(tiny, text)


PARALLEL = (
    TINY[:NODES]
    + """\
nodes:
  ask: {kind: parallel, branches: [left, right], join: meet}
  left: {kind: timer, duration: 1 d, next: meet}
  right: {kind: timer, duration: 1 d, next: meet}
  meet: {kind: join, next: done}
  done: {kind: end}
"""
)
SHAPES = [
    ("right: {kind: timer, duration: 1 d, next: meet}", "right: {kind: timer, duration: 1 d, next: done}",
     "nodes > ask: the branch 'right' can leave without its join 'meet'. Lead every branch to 'meet', and nothing els"),
    ("join: meet", "join: done", "nodes > ask: 'done' is not a join. Name the node of kind join where its branches me"),
    ("join: meet", "join: meat", "nodes > ask > join: no node 'meat'. Did you mean 'meet'?"),
    ("[left, right]", "[left]", "nodes > ask > branches: ['left'] holds too little. Give at least 2."),
    ("next: meet}\n  right", "next: right}\n  right", "'right' in the branch 'right' is entered from outside."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), SHAPES)
def test_a_wrong_shape(tiny: Path, old: str, new: str, message: str) -> None:
    assert old in PARALLEL
    assert message in told(tiny, PARALLEL.replace(old, new))


BESIDE = """\
nodes:
  ask: {kind: parallel, branches: [left, right], join: meet}
  left: {kind: bidding, duration: 1 d, next: meet}
  right: {kind: task, staff: {clerk: 1}, effort: 1 d, next: meet}
  meet: {kind: join, next: done}
  done: {kind: end}
"""
DEPENDING = [
    "right: {kind: task, staff: {clerk: 1}, effort: {value: 1 d, per_bid: 1 h}, next: meet}",
    "right: {kind: task, staff: {clerk: 1}, effort: {value: 1 d, per_valid_bid: 1 h}, next: meet}",
    "right: {kind: timer, duration: 1 d, bidder: {ask: 1 h}, next: meet}",
    "right: {kind: timer, duration: 1 d, winner: {ask: 1 h}, next: meet}",
    "right: {kind: bidding, duration: 2 d, next: meet}",
    "right: {kind: exclusive, by: bids, branches: [{to: wait, below: 1}, {to: meet}]}\n"
    "  wait: {kind: timer, duration: 1 d, next: meet}",
]


@pytest.mark.parametrize("step", DEPENDING)
def test_nothing_depends_on_bids_that_come_in_beside_it(tiny: Path, step: str) -> None:
    """At one instant the bids would come before it or after it, as the engine pleases."""
    text = TINY[:NODES] + BESIDE
    assert "right" not in told(tiny, text)
    said = told(tiny, re.sub("right: {kind: task.*", step, text))
    assert "nodes > right: 'right' depends on bids while 'left' brings them in beside it. Put it behind 'meet'." in said


def test_problems_come_back_whole_from_a_worker_process() -> None:
    error = pickle.loads(pickle.dumps(ModelError(["here: wrong. Mend it.", "there: too."])))
    assert error.problems == ("here: wrong. Mend it.", "there: too.")
    assert str(error) == "here: wrong. Mend it.\nthere: too."


def test_bids_without_a_market(tiny: Path) -> None:
    text = PARALLEL.replace("left: {kind: timer", "left: {kind: bidding")
    assert "tiny.yaml, market: there is a bidding node but no market. Add a 'market' block." in told(tiny, text)


def test_two_roles_that_never_meet(tiny: Path) -> None:
    text = TINY.replace(OFFICE + "}", OFFICE + '}\n  night: {hours: ["20:00-22:00"]}')
    text = text.replace("roles:\n", "roles:\n  guard: {heads: 1, calendar: night}\n").replace(
        "{clerk: 1}", "{clerk: 1, guard: 1}"
    )
    said = told(tiny, text)
    assert "ask > staff: clerk and guard are never on duty together. Give them hours in common: calendar." in said


def test_a_name_that_is_a_kind_keeps_its_place(tiny: Path) -> None:
    text = TINY.replace("done", "end").replace("{kind: end}", "{kind: end, stat: x}")
    assert "tiny.yaml line 15, nodes > end > stat: unknown key 'stat'. Did you mean" in told(tiny, text)


# -- whatever is done to the shipped workflow, nothing but a ModelError comes out ------

SHIPPED: dict[str, Any] = read_yaml(shipped() / "workflows" / "open_tender.yaml").data
JUNK: list[Any] = [
    None,
    "",
    "zz",
    -1,
    0,
    2.5,
    10**30,
    float("nan"),
    float("inf"),
    True,
    [],
    {},
    [None],
    {"value": None},
]
JUNK += [
    "3 h",
    "-3 h",
    "3 d",
    "1 EUR",
    {"parameter": "nothing"},
    {"parameter": ["a"]},
    ["evaluate"],
    {"to": "evaluate"},
]


def _places(block: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ()
    return [place for key, value in pairs for place in ((*at, key), *_places(value, (*at, key)))]


PLACES = [place for place in _places(SHIPPED) if place[0] != "sources" or len(place) < 3]  # a source has no numbers
MUTATION = st.tuples(
    st.sampled_from(PLACES), st.sampled_from(["delete", "rename", "junk"]), st.sampled_from(range(len(JUNK)))
)


def _mutate(tree: dict[str, Any], place: tuple[Any, ...], how: str, junk: int) -> None:
    try:
        block = reduce(getitem, place[:-1], tree)
        old = block[place[-1]]
    except (KeyError, IndexError, TypeError):
        return  # an earlier mutation took the place away
    if how == "junk" and isinstance(block, (dict, list)):
        block[place[-1]] = copy.deepcopy(JUNK[junk])
    elif isinstance(block, dict):
        del block[place[-1]]
        block |= {f"{place[-1]}_x": old} if how == "rename" else {}


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(MUTATION, min_size=1, max_size=3))
def test_nothing_but_a_model_error_comes_out(mutations: list[tuple[tuple[Any, ...], str, int]]) -> None:
    tree = copy.deepcopy(SHIPPED)
    for place, how, junk in mutations:
        _mutate(tree, place, how, junk)
    try:
        compiler.make(load(tree).under("electronic"))
    except ModelError as error:
        said = error.problems
        assert said
        assert all(".yaml" in line for line in said), said
