"""Draws: known answers, laws with the right mean and spread, and keys that know nothing of regimes."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from workflows import timer, tiny

import procsim as ps
from procsim.engine import draws
from procsim.procurement.bidding import expected, solve
from procsim.procurement.market import Market, entry_probability

ONES = 0xFFFFFFFF
UNIT = 1 << draws.ONE


def triangular_spread(low: float, high: float) -> float:
    """Coefficient of variation of a triangular law of mean 1 between two bounds."""
    mode = 3 - low - high
    return math.sqrt((low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18)


LAWS = {
    "exponential": (("exponential",), 1.0),
    "lognormal 0.4": (("lognormal", 0.4), 0.4),
    "lognormal 0.7": (("lognormal", 0.7), 0.7),
    "triangular 0.5 to 1.5": (("triangular", 0.0, 0.5, 1.5), triangular_spread(0.5, 1.5)),
    "triangular 0.7 to 1.4": (("triangular", 0.0, 0.7, 1.4), triangular_spread(0.7, 1.4)),
    "fixed": (("fixed",), 0.0),
}


def hexadecimal(block: tuple[NDArray[np.uint64], ...]) -> list[str]:
    return [f"{int(word):08x}" for word in block]


def test_philox_of_zeros() -> None:
    assert hexadecimal(draws.philox((0, 0, 0, 0), (0, 0))) == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]


def test_philox_of_ones() -> None:
    found = draws.philox((ONES, ONES, ONES, ONES), (ONES, ONES))
    assert hexadecimal(found) == ["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"]


def test_philox_of_the_digits_of_pi() -> None:
    found = draws.philox((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0))
    assert hexadecimal(found) == ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"]


def philox_by_the_paper(c: list[int], k: list[int]) -> list[int]:
    """Ten rounds in Python's whole numbers, as the paper of Salmon et al. writes them."""
    for _ in range(10):
        (high0, low0), (high1, low1) = divmod(0xD2511F53 * c[0], 2**32), divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


WORD = st.integers(0, ONES)


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_philox_equals_the_paper(counter: tuple[int, int, int, int], key: tuple[int, int]) -> None:
    assert [int(word) for word in draws.philox(counter, key)] == philox_by_the_paper(list(counter), list(key))


def test_many_cases_at_once_are_the_same_as_one_by_one() -> None:
    cases = np.arange(100, dtype=np.int64)
    together = draws.words(7, 3, cases, "evaluate", 2)
    alone = [draws.words(7, 3, cases[i : i + 1], "evaluate", 2) for i in cases]
    for purpose in range(4):
        assert together[purpose].tolist() == [int(words[purpose][0]) for words in alone]


def test_both_halves_of_a_seed_count() -> None:
    assert draws.key_of(2**64 - 1) == (ONES, ONES)
    assert draws.key_of(1) == (1, 0)
    assert draws.key_of(1 << 32) == (0, 1)


BASE = {"seed": 1, "replication": 1, "cases": np.array([5]), "name": "evaluate", "visit": 0}
OTHERS = [{"seed": 2}, {"seed": 1 + 2**32}, {"replication": 2}, {"cases": np.array([6])}, {"name": "pay"}, {"visit": 1}]


@pytest.mark.parametrize("change", OTHERS, ids=lambda change: next(iter(change)))
def test_every_part_of_the_key_changes_every_word(change: dict[str, object]) -> None:
    base, other = draws.words(**BASE), draws.words(**(BASE | change))
    assert all(int(a[0]) != int(b[0]) for a, b in zip(base, other, strict=True))


def test_the_key_has_no_regime() -> None:
    assert list(inspect.signature(draws.words).parameters) == ["seed", "replication", "cases", "name", "visit"]


def test_a_step_that_no_reform_touches_takes_as_long_under_every_regime() -> None:
    tender = ps.load("open_tender", settings=["role.*=inf"])
    paper, electronic = (lengths(tender.under(regime), "delivery") for regime in ("paper", "electronic_reformed"))
    both = paper.index.intersection(electronic.index)
    assert len(both) > 150
    assert paper[both].equals(electronic[both])


def lengths(workflow: ps.Workflow, activity: str):  # type: ignore[no-untyped-def]
    log = ps.simulate(workflow).table().set_index(["case", "visit"])
    rows = log[log["activity"] == activity]
    return rows["complete"] - rows["start"]


def test_names_have_stable_keys() -> None:
    assert [draws.name_key(name) for name in ("evaluate", "suppliers")] == [3082455524, 1541422643]
    assert all(0 <= draws.name_key(name) <= ONES for name in ps.load("open_tender").spec.nodes)


def test_two_names_with_one_key_are_an_error() -> None:
    seen: dict[int, str] = {}
    for number in count():
        name = f"node_{number}"
        other = seen.setdefault(draws.name_key(name), name)
        if other != name:
            break
    data = tiny({other: timer("1 d", name), name: timer("1 d")})
    with pytest.raises(ps.ModelError, match=f"the draws of '{name}' and '{other}' collide"):
        ps.simulate(ps.load(data))


# -- quantile tables ---------------------------------------------------------------------------------------------------


def knots() -> NDArray[np.float64]:
    """Probabilities of the entries: 1,024 equal bins, the first and the last cut into 256."""
    fine = np.arange(256) / (1024 * 256)
    return np.concatenate([fine, np.arange(1, 1023) / 1024, 1023 / 1024 + fine, [1.0]])


def moments(table: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and coefficient of variation of the piecewise linear law that a table is."""
    a, b, width = table[:-1] / UNIT, table[1:] / UNIT, np.diff(knots())
    mean, square = float(np.sum(width * (a + b) / 2)), float(np.sum(width * (a * a + a * b + b * b) / 3))
    return mean, math.sqrt(max(0.0, square - mean**2)) / mean


@pytest.mark.parametrize("name", LAWS)
def test_a_table_has_mean_one_and_its_own_spread(name: str) -> None:
    law, spread = LAWS[name]
    table = draws.quantile_table(*law)
    mean, found = moments(table)
    assert table.shape == (1535,)
    assert np.all(np.diff(table) >= 0)
    assert mean == pytest.approx(1, abs=1e-6)
    assert found == pytest.approx(spread, rel=0.005)


@pytest.mark.parametrize(("low", "high"), [(0.5, 1.5), (0.7, 1.4), (0.0, 2.5)])
def test_a_triangular_law_keeps_its_bounds(low: float, high: float) -> None:
    table = draws.quantile_table("triangular", 0.0, low, high) / UNIT
    assert table[0] == pytest.approx(low, abs=0.005)
    assert table[-1] == pytest.approx(high, abs=0.005)
    spread = moments(draws.quantile_table("triangular", 0.0, low, high))[1]
    assert spread == pytest.approx(triangular_spread(low, high), rel=0.005)


@pytest.mark.parametrize("name", LAWS)
def test_look_up_rises_with_the_word_and_stays_in_the_table(name: str) -> None:
    table = draws.quantile_table(*LAWS[name][0])
    edges = [0, 1, 2**14 - 1, 2**14, 2**22 - 1, 2**22, 2**31, 1023 * 2**22 - 1, 1023 * 2**22, ONES - 1, ONES]
    random = draws.words(1, 1, np.arange(5000), "any", 0)[0]
    words = np.sort(np.concatenate([np.array(edges, dtype=np.uint64), random]))
    found = draws.look_up(table, words)
    assert np.all(np.diff(found) >= 0)
    assert found[0] == table[0]
    assert found[-1] <= draws.largest(table) == table[-1]


def test_look_up_is_the_quantile() -> None:
    words = draws.words(1, 1, np.arange(20_000), "any", 0)[0]
    share = (words.astype(float) + 0.5) / 2**32
    found = draws.look_up(draws.quantile_table("exponential"), words) / UNIT
    for highest, tolerance in ((0.99, 0.002), (1 - 2**-18, 0.01)):  # a line within each bin: worst in the last
        inside = share < highest
        np.testing.assert_allclose(found[inside], -np.log1p(-share[inside]), rtol=tolerance, atol=1e-5)


@pytest.mark.parametrize("name", ["exponential", "lognormal 0.7", "triangular 0.5 to 1.5"])
def test_drawn_times_have_the_mean_and_spread_of_the_law(name: str) -> None:
    law, spread = LAWS[name]
    words = draws.words(11, 1, np.arange(200_000), "any", 0)[0]
    found = draws.look_up(draws.quantile_table(*law), words) / UNIT
    assert found.mean() == pytest.approx(1, abs=3.3 * spread / math.sqrt(len(found)))
    assert found.std() == pytest.approx(spread, rel=0.03)


def test_the_four_words_of_a_block_are_not_related() -> None:
    words = draws.words(11, 1, np.arange(50_000), "any", 0)
    related = np.corrcoef(np.array(words, dtype=float)) - np.eye(4)
    assert np.abs(related).max() < 3.9 / math.sqrt(50_000)


# -- suppliers ---------------------------------------------------------------------------------------------------------


CASES = np.arange(5000)
MARKET = Market(4.8, 1.0, 1.5, "portal", None, 1.0, 0.37, 680, (200_000,), 0.9)


def round_of(market: Market, value: int = 200_000) -> draws.Round:
    """What comes of 5,000 cases of this value in their first round."""
    suppliers, price = (draws.words(1, 1, CASES, name, 0) for name in (draws.SUPPLIERS, draws.PRICE))
    return draws.bidding(solve(market), np.full(len(CASES), value), suppliers, price)


def same(one: draws.Round, other: draws.Round) -> bool:
    return all(np.array_equal(mine, yours) for mine, yours in zip(one, other, strict=True))


def test_every_case_has_at_least_as_many_bids_electronically_when_only_the_notice_changes_and_all_bid() -> None:
    press, portal = round_of(replace(MARKET, notice="press")), round_of(MARKET)
    assert press.bids.mean() < portal.bids.mean()
    assert (press.bids <= portal.bids).mean() > 0.95


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(paper=st.floats(0, 30_000), saved=st.floats(0, 1), mean=st.floats(0, 200), multiplier=st.floats(1, 3))
def test_bids_on_the_portal_hold_those_on_paper_unless_the_crowd_deters(
    paper: float, saved: float, mean: float, multiplier: float
) -> None:
    portal = replace(MARKET, awareness_mean=mean, awareness_multiplier=multiplier, bid_cost=paper * saved)
    press = replace(portal, notice="press", bid_cost=paper)
    assume(entry_probability(portal) >= entry_probability(press))
    assert (round_of(press).bids <= round_of(portal).bids).all()


def test_rounds_have_the_means_that_are_expected() -> None:
    for market in (MARKET, replace(MARKET, capture=0.3), replace(MARKET, award="lottery", awareness_mean=300)):
        found, outlook = round_of(market), expected(market)
        some = found.bids > 0
        assert found.bids[some].mean() == pytest.approx(outlook.mean_bids, abs=4 * found.bids.std() / 5000**0.5)
        assert found.price[some].mean() / 1e6 == pytest.approx(outlook.price, abs=4e-6 * found.price.std() / 5000**0.5)
        assert some.mean() == pytest.approx(1 - outlook.no_bid, abs=0.01)


def test_a_fixed_number_of_bids_is_what_every_case_gets() -> None:
    found = round_of(replace(MARKET, bids=3))
    assert set(found.bids.tolist()) == {3}
    assert set(found.valid.tolist()) == {0, 1, 2, 3}
    assert found.price.min() > 0


def test_without_a_bid_there_is_no_price_and_no_winner_and_no_ring() -> None:
    found = round_of(replace(MARKET, bids=0, capture=1.0))
    assert [set(column.tolist()) for column in found] == [{0}, {0}, {-1}, {-1}, {0}]


def test_in_a_pool_of_one_both_notices_reach_the_same_firm() -> None:
    alone = replace(MARKET, pool=1)
    assert same(round_of(alone), round_of(replace(alone, notice="press")))


def test_the_value_of_a_case_picks_its_band() -> None:
    both = replace(MARKET, values=(20_000, 200_000))
    assert solve(both).edges.tolist() == [math.ceil(20_000 * math.sqrt(10))]
    for value, at in ((1, 20_000), (63_245, 20_000), (63_246, 200_000), (10**9, 200_000)):
        assert same(round_of(both, value), round_of(replace(MARKET, values=(at,))))
    assert round_of(both, 1).bids.mean() < round_of(both, 200_000).bids.mean()


def test_counts_beyond_the_exact_ones_are_on_the_grid() -> None:
    crowd = replace(MARKET, award="lottery", awareness_mean=300, awareness_shape=2, bid_cost=7.5)
    found, counts = round_of(crowd), solve(crowd).counts
    assert found.bids.max() > 300
    assert np.isin(found.bids, counts).all()
    assert np.isin(found.valid, counts).all()
    assert (found.valid <= found.bids).all()


# -- rings and winners -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("submission", "paid"), [("paper", 4), ("portal", 1)])
def test_a_ring_bids_by_itself_at_the_reserve_and_its_sham_bids_cost_hours_only_on_paper(
    submission: str, paid: int
) -> None:
    free = round_of(replace(MARKET, submission=submission))
    found = round_of(replace(MARKET, submission=submission, capture=1.0, sham_bids=3))
    some = free.bids > 0
    assert ((found.bids > 0) == some).all()
    assert set(found.bids[some].tolist()) == set(found.valid[some].tolist()) == {4}
    assert set(found.price[some].tolist()) == {1_018_500}
    assert set(found.paid[some].tolist()) == {paid}


def test_a_ring_takes_its_share_and_leaves_the_others_as_they_were() -> None:
    free, found = round_of(MARKET), round_of(replace(MARKET, capture=0.25))
    words = draws.words(1, 1, CASES, draws.PRICE, 0)[draws.CAPTURE]
    spared = (words >= 2**30) | (free.bids == 0)
    assert (~spared).mean() == pytest.approx(0.25, abs=0.02)
    assert same(draws.Round(*(column[spared] for column in free)), draws.Round(*(column[spared] for column in found)))
    assert (found.paid == found.bids).all()


def test_the_incumbent_wins_one_in_n() -> None:
    found = round_of(replace(MARKET, valid_share=1.0))
    for n in (1, 2, 4):
        here = found.winner[found.valid == n]
        assert (here == 0).mean() == pytest.approx(1 / n, abs=0.06)
    assert ((found.winner == -1) == (found.valid == 0)).all()
    assert found.winner.max() < 40


def test_every_bid_costs_hours_without_a_ring() -> None:
    found = round_of(replace(MARKET, submission="portal"))
    assert (found.paid == found.bids).all()
