"""Acceptance cases 4 to 9: nights, shifts, sittings, holidays and another country's week, all exact."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from offices import Block, ends, moments, office, people, rows, task, timer

import procsim as ps

WEEK, DAY, HOUR = 7 * 86_400, 86_400, 3600
BOARD: Block = {"weekdays": ["mon"], "hours": ["09:00-12:00"]}
MON_8, MON_10, MON_1145, TUE_9 = 8 * HOUR, 10 * HOUR, 11 * HOUR + 45 * 60, 33 * HOUR


def test_04_work_pauses_when_the_office_closes_and_resumes() -> None:
    calendars = {"office": {"intervals": [[0, 5], [9, 100]]}}
    assert ends(office({"work": task("10 s")}, {"clerk": people(1, "office")}, [1], calendars=calendars)) == [15]


def test_05_heads_come_and_go_by_timetable() -> None:
    calendars = {"shifts": {"intervals": [[5, 10], [15, 1000]]}}
    clerk = {"clerk": people(1, "shifts")}
    assert ends(office({"work": task("5 s")}, clerk, [0, 0, 0], calendars=calendars)) == [10, 20, 25]


def test_06_fixed_lengths_come_out_exactly_in_every_row() -> None:
    nodes = {"work": task("30 min", "wait"), "wait": timer("15 min")}
    log = rows(office(nodes, {"clerk": people("inf")}, caseload={"case": {"per_year": 300}}))
    length = (log["complete"] - log["start"]).groupby(log["activity"])
    assert length.count().min() > 300
    assert length.unique().map(list).to_dict() == {"wait": [900], "work": [1800]}


def board(arrivals: list[int], models: Path | None = None, **sitting: str) -> list[str]:
    """When a board decides cases that are ready at these times of Monday, 26 September 2022 and after."""
    calendars = {"board": {**BOARD, **sitting}}
    nodes = {"decide": task("30 min", board=1)}
    return moments(
        office(nodes, {"board": people(1, "board")}, arrivals, calendars=calendars, models=models), "complete"
    )


@pytest.fixture
def third_of_october_off(tmp_path: Path) -> Path:
    """A folder of models in which 3 October 2022 is a holiday."""
    folder = tmp_path / "countries" / "default"
    folder.mkdir(parents=True)
    text = "schema: procsim-country/1\nholidays:\n  also:\n    2022-10-03: test\n"
    (folder / "calendar.yaml").write_text(text)
    return tmp_path


FIRST_TWO = ["Mon 2022-09-26 09:30", "Mon 2022-09-26 10:30"]


def test_07_a_board_decides_in_its_sittings() -> None:
    assert board([MON_8, MON_10, TUE_9]) == [*FIRST_TWO, "Mon 2022-10-03 09:30"]


@pytest.mark.parametrize(
    ("on_holiday", "third"), [("skip", "Mon 2022-10-10 09:30"), ("next_working_day", "Tue 2022-10-04 09:30")]
)
def test_07_a_sitting_on_a_holiday(third_of_october_off: Path, on_holiday: str, third: str) -> None:
    assert board([MON_8, MON_10, TUE_9], third_of_october_off, on_holiday=on_holiday) == [*FIRST_TWO, third]


@pytest.mark.parametrize(("fit", "decided"), [("pause", "Mon 2022-10-03 09:15"), ("whole", "Mon 2022-10-03 09:30")])
def test_07_a_case_that_does_not_fit_in_what_is_left(fit: str, decided: str) -> None:
    assert board([MON_1145], fit=fit) == [decided]


def test_08_a_timetable_that_ends_exactly_at_monday_midnight() -> None:
    calendars = {"weekend": {"intervals": [[week * WEEK + 5 * DAY, (week + 1) * WEEK] for week in range(4)]}}
    pair = {"clerk": people(2, "weekend")}
    workflow = office({"work": task("48 h", clerk=2)}, pair, [0, 0, WEEK], calendars=calendars)
    mondays = ["Mon 2022-10-03 00:00", "Mon 2022-10-10 00:00", "Mon 2022-10-17 00:00"]
    assert moments(workflow, "complete") == mondays
    assert len(ps.simulate(workflow).assignments()) == 6


def test_09_bruneis_week_runs_from_thursday_to_saturday() -> None:
    calendars = {"office": {"hours": ["08:00-16:00"]}}
    thursday_15 = 3 * DAY + 15 * HOUR
    nodes = {"work": task("8 h")}
    clerk = {"clerk": people(1, "office")}
    workflow = office(nodes, clerk, [thursday_15], calendars=calendars, country="BRN")
    assert moments(workflow, "start", date(2006, 5, 8)) == ["Thu 2006-05-11 15:00"]
    assert moments(workflow, "complete", date(2006, 5, 8)) == ["Sat 2006-05-13 15:00"]
