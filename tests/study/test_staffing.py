"""Staff that fits its work: as many people more or fewer as there is more or less to do, and nobody too busy."""

from __future__ import annotations

import pytest
from desks import desk

import procsim as ps
from procsim.engine import engines
from procsim.procurement.parameters import Quantity
from procsim.procurement.uncertainty import uncertainties, varied
from procsim.study.doubt import what_matters, with_doubt
from procsim.study.staffing import BUSIEST, Staffing


def staffing(flow: ps.Workflow) -> Staffing:
    return Staffing.of(flow.base, engines.choose())


def clerks(flow: ps.Workflow) -> tuple[int, int]:
    """Between how many clerks doubt leaves the office."""
    (each,) = [each for each in uncertainties(flow) if each.name == "role.clerk"]
    found = staffing(flow).within(each)
    return int(found.low), int(found.high)


def clerks_at(flow: ps.Workflow, name: str, value: str) -> int:
    """How many clerks there are once another number has this value."""
    (each,) = [each for each in uncertainties(flow) if each.name == name]
    return int(
        staffing(flow).fitted(varied(flow.base, [(each, Quantity.parse(value))])).tree["roles"]["clerk"]["heads"]
    )


def test_fewer_people_than_the_work_needs_are_not_in_doubt() -> None:
    idle, busy, full = desk("10 h"), desk("26 h"), desk("40 h")
    assert (
        staffing(idle).busy["clerk"]
        < BUSIEST * 3 / 4
        < staffing(busy).busy["clerk"]
        < BUSIEST
        < 1
        < staffing(full).busy["clerk"]
    )
    assert clerks(idle) == (2, 6)  # 40 % to either side
    assert clerks(busy) == (4, 6)  # three would be too busy
    assert clerks(full) == (4, 6)  # too busy as it is, and no more so


def test_people_come_and_go_with_their_work() -> None:
    assert clerks_at(desk("26 h"), "work.effort", "26 h") == 4
    assert clerks_at(desk("26 h"), "work.effort", "52 h") == 8
    assert clerks_at(desk("26 h"), "work.effort", "27 h") == 4  # the nearest, who are not too busy
    assert clerks_at(desk("33 h"), "work.effort", "35 h") == 5  # the nearest four would be too busy
    assert clerks_at(desk("26 h"), "work.effort", "13 h") == 2
    assert clerks_at(desk("26 h"), "work.effort", "1 h") == 1
    assert clerks_at(desk("26 h"), "caseload.case.per_year", "280") in {5, 6}  # about 1.4 times as many cases
    assert clerks_at(desk("26 h"), "role.clerk", "6") == 6


def test_what_is_no_work_of_theirs_leaves_them() -> None:
    assert clerks_at(desk("26 h"), "wait.duration", "9 d") == 4


def test_where_every_task_takes_three_they_come_by_threes() -> None:
    flow = desk("8 h", heads=9, needed=3)
    assert staffing(flow).teams == {"clerk": 3}
    assert clerks(flow) == (6, 12)  # 5 to 13, in threes
    assert clerks_at(flow, "work.effort", "9 h") == 9
    assert clerks_at(flow, "work.effort", "10 h") == 12
    assert clerks(desk("1 h", heads=9, needed=3)) == (6, 12)  # nor do five stand idle at the low end


def test_as_many_stay_as_a_task_needs() -> None:
    assert clerks_at(desk("1 h", heads=3, needed=2), "work.effort", "1 min") == 2
    assert clerks_at(desk("1 h", heads=5, needed=2), "work.staff.clerk", "3") >= 3


def test_offices_in_doubt_are_as_busy_as_the_one_compared() -> None:
    heads = [clerks_at(desk("10 h", heads=2), "work.effort", f"{minutes} min") for minutes in range(360, 841, 20)]
    assert sum(heads) / len(heads) == pytest.approx(2, abs=0.1)


def test_a_team_that_cannot_change_is_not_in_doubt() -> None:
    base, other = desk("4 h", heads=3, needed=3), desk("3 h", heads=3, needed=3)
    doubt = with_doubt(ps.compare({"base": base, "other": other}, replications=2), 3).doubt
    assert doubt is not None
    assert "role.clerk" not in set(doubt.effects["cycle_time"]["parameter"])


def test_people_that_the_user_sets_stay() -> None:
    flow = desk("26 h", settings=("role.clerk=3",))
    assert not staffing(flow).teams
    assert clerks_at(flow, "work.effort", "52 h") == 3


def test_an_end_at_which_the_answer_is_unstable_is_named() -> None:
    """Four clerks of the user's, who stay as they are, and a fifth more of work than they can do."""
    table = what_matters(
        desk("26 h", settings=("role.clerk=4",)), name="cycle_time", regimes=("paper", "e_notice"), replications=2
    )
    unstable = table.set_index("parameter")["unstable"]
    assert unstable["work.effort"] == "high"
    assert unstable["wait.duration"] == ""


@pytest.mark.parametrize("number", ["caseload.case.per_year", "work.effort", "role.clerk"])
def test_no_draw_is_an_office_that_drowns(number: str) -> None:
    base, other = desk("26 h"), desk("23 h")
    doubt = with_doubt(ps.compare({"base": base, "other": other}, replications=2), 20).doubt
    assert doubt is not None
    effects = doubt.effects["cycle_time"].set_index("parameter")["swing"]
    low, high = doubt.interval("other", "cycle_time")
    assert effects[number] < 5  # days; with three clerks for the work of four it would be months
    assert -10 < low < high < 5
