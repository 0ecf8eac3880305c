"""Pictures say what the numbers say: always twenty dots, bars that add up, a map without overlaps."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from bokeh.models import Column, GlyphRenderer
from bokeh.plotting import figure

from procsim.present import figures, layout
from procsim.present.layout import Box
from procsim.procurement.workflow import Workflow
from procsim.study.experiment import Comparison
from procsim.study.measures import Measures
from procsim.study.runs import reduced


def data(picture: Column, name: str) -> dict[str, list[object]]:
    """The columns of the marks of that name."""
    plot = next(child for child in picture.children if isinstance(child, figure))
    found = [glyph for glyph in plot.renderers if isinstance(glyph, GlyphRenderer) and glyph.name == name]
    return {key: list(column) for key, column in found[0].data_source.data.items()}


def said(picture: Column) -> str:
    return " ".join(child.text for child in picture.children if not isinstance(child, figure))


def with_values(comparison: Comparison, values: list[float]) -> Comparison:
    """The comparison with these days in each replication, under every policy."""
    days = np.array(values, dtype=float)
    made = Measures(np.arange(len(days)), {"cycle_time": days, "bids": days}, {}, {}, open=0, unstable=())
    return replace(comparison, runs=[reduced(dict.fromkeys(comparison.policies, made))] * comparison.replications)


@pytest.mark.parametrize("name", ["cycle_time", "bids", "price_to_estimate", "buyer_hours", "single_bid_share"])
def test_there_are_always_twenty_dots_on_each_side(comparison: Comparison, name: str) -> None:
    picture = figures.dots(comparison, "electronic", name)
    assert len(data(picture, "baseline")["x"]) == 20
    assert len(data(picture, "policy")["x"]) == 20


@pytest.mark.parametrize("values", [[7.0], [7.0] * 30, [0.0] * 5, [1.0, 1.0, 9.0], [np.nan, 3.0]])
def test_ties_and_few_cases_still_make_twenty_dots_that_do_not_cover_each_other(
    comparison: Comparison, values: list[float]
) -> None:
    picture = figures.dots(with_values(comparison, values))
    for side in ("baseline", "policy"):
        columns = data(picture, side)
        assert len(set(zip(columns["x"], columns["y"], strict=True))) == 20


def test_the_baseline_stands_above_the_line_and_the_policy_below(comparison: Comparison) -> None:
    picture = figures.dots(comparison)
    assert min(data(picture, "baseline")["y"]) > 0 > max(data(picture, "policy")["y"])


def test_the_title_says_what_the_twenty_are_and_the_sentence_how_often(comparison: Comparison) -> None:
    text = said(figures.dots(comparison, "electronic_reformed"))
    assert "20 equally likely cases" in text
    assert "in 20: so often the same case takes fewer days" in text


def test_equal_cases_are_called_no_difference(comparison: Comparison) -> None:
    assert "no difference from paper" in said(figures.dots(with_values(comparison, [3.0, 4.0])))


def test_an_unknown_policy_is_named_with_the_known_ones(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match=r"no policy 'cloud'.*There are: paper, electronic"):
        figures.dots(comparison, "cloud")


def test_an_outcome_of_the_office_has_no_dots(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="no case has a value of 'backlog'"):
        figures.dots(comparison, name="backlog")


def test_stage_bars_add_up_to_the_stage_means(comparison: Comparison) -> None:
    parts = data(figures.stage_bars(comparison), "segments")
    drawn: dict[tuple[object, object], float] = {}
    for stage, policy, left, right in zip(parts["stage"], parts["policy"], parts["left"], parts["right"], strict=True):
        drawn[stage, policy] = drawn.get((stage, policy), 0.0) + right - left
    for policy in comparison.policies:
        for stage, causes in comparison.stages(policy).items():
            assert drawn.get((stage, policy), 0.0) == pytest.approx(sum(causes.values()))


def test_stage_bars_have_a_row_for_each_policy_and_stage_up_to_the_contract(comparison: Comparison) -> None:
    parts = data(figures.stage_bars(comparison), "segments")
    assert set(parts["stage"]) == {"planning", "tender", "award", "contract"}
    assert len(set(zip(parts["stage"], parts["policy"], strict=True))) == 4 * 3


def test_bids_are_shares_of_all_cases_that_drew_one(comparison: Comparison) -> None:
    for policy in comparison.policies:
        shares = figures.bid_shares(comparison, policy)
        assert len(shares) == 13
        assert shares.sum() == pytest.approx(1)
        assert shares[0] == pytest.approx(comparison.interval(policy, "single_bid_share").mean, abs=0.01)


def test_thirteen_and_more_bids_count_together(comparison: Comparison) -> None:
    shares = figures.bid_shares(with_values(comparison, [13.0, 14.0, 300.0, 1.0]), "paper")
    assert (shares[0], shares[12]) == (0.25, 0.75)


def overlap(a: Box, b: Box) -> bool:
    apart = a.right <= b.left or b.right <= a.left
    return not apart and a.y - a.up < b.y + b.down and b.y - b.up < a.y + a.down


def composed(workflow: Workflow) -> layout.Layout:
    return layout.place(nx.compose(workflow.under("paper").graph(), workflow.graph()), workflow.spec.start)


def test_no_two_boxes_of_the_map_overlap(policies: tuple[Workflow, ...]) -> None:
    for workflow in policies:
        boxes = composed(workflow).boxes
        assert not [(a, b) for a, b in combinations(boxes, 2) if overlap(boxes[a], boxes[b])]


def test_no_box_of_a_tangled_graph_overlaps() -> None:
    net: nx.DiGraph[str] = nx.gn_graph(60, seed=3).reverse()
    net = nx.relabel_nodes(net, str)
    net.add_edges_from([("59", "2"), ("40", "1")], at_most=2)
    kinds = ("task", "exclusive", "timer", "join", "parallel")
    for number, node in enumerate(net):
        net.nodes[node].update(kind=kinds[number % 5], stage=layout.STAGES[number // 13], title="A step of some length")
    boxes = layout.place(net, "0").boxes
    assert len(boxes) == 60
    assert not [(a, b) for a, b in combinations(boxes, 2) if overlap(boxes[a], boxes[b])]


def test_shared_steps_keep_their_place_under_every_regime(policies: tuple[Workflow, ...]) -> None:
    paper, *others = (composed(workflow).boxes for workflow in policies)
    for boxes in others:
        assert {name: (box.x, box.y) for name, box in boxes.items() if name in paper} == {
            name: (box.x, box.y) for name, box in paper.items()
        }


def test_the_map_is_the_same_each_time_and_fits_the_screen(policies: tuple[Workflow, ...]) -> None:
    assert composed(policies[0]) == composed(policies[0])
    assert composed(policies[0]).width <= 1366


def test_texts_fit_their_boxes(policies: tuple[Workflow, ...]) -> None:
    for box in composed(policies[2]).boxes.values():
        assert all(layout.text_width(line) <= box.width for line in box.lines)
        assert len(box.lines) * layout.LINE <= box.up + box.down


def test_time_runs_to_the_right_and_loops_run_back(policies: tuple[Workflow, ...]) -> None:
    found = composed(policies[0])
    assert ("correct_documents", "clear") in found.back
    assert ("request", "draft_documents") not in found.back
    assert found.boxes["request"].x < found.boxes["draft_documents"].x
    assert found.boxes["correct_documents"].y > found.boxes["approve_notice"].y


def test_every_arrow_begins_and_ends_at_its_boxes(policies: tuple[Workflow, ...]) -> None:
    found = composed(policies[0])
    for (a, b), bends in found.routes.items():
        for box, (x, y) in ((found.boxes[a], bends[0]), (found.boxes[b], bends[-1])):
            assert box.left - 1 <= x <= box.right + 1
            assert box.y - box.up - 1 <= y <= box.y + box.down + 1


def test_the_map_names_what_a_regime_removes(policies: tuple[Workflow, ...]) -> None:
    assert "step removed" in said(figures.process_map(policies[2]))
    assert "step removed" not in said(figures.process_map(policies[0]))
