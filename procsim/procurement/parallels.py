"""What must hold between a parallel and its join: one way in, one way out, and nothing that depends on bids to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from procsim.procurement.problems import Problems
from procsim.procurement.schema import Bidding, Exclusive, Join, Node, Parallel, Step, Task, WorkflowSpec

if TYPE_CHECKING:
    from procsim.procurement.yamlfile import YamlFile

Region = set[str]  # the nodes of one branch


def check(spec: WorkflowSpec, net: nx.DiGraph[str], file: YamlFile, problems: Problems) -> None:
    """Add every problem of parallels and joins to `problems`; `net` is the graph of the workflow."""
    joined: set[str] = set()
    for name, node in spec.nodes.items():
        if not isinstance(node, Parallel):
            continue
        place = file.place("nodes", name)
        if not isinstance(spec.nodes[node.join], Join):
            problems.add(place, f"'{node.join}' is not a join", "Name the node of kind join where its branches meet")
            continue
        joined.add(node.join)
        regions = _regions(node, net)
        for problem in _leaks(name, node, net, regions):
            problems.add(place, problem, f"Lead every branch to '{node.join}', and nothing else")
        for inner, bidding in _premature(spec, regions):
            what = f"'{inner}' depends on bids while '{bidding}' brings them in beside it"
            problems.add(file.place("nodes", inner), what, f"Put it behind '{node.join}'")
    for name, node in spec.nodes.items():
        if isinstance(node, Join) and name not in joined:
            problems.add(file.place("nodes", name), "this join belongs to no parallel", "Name it in one, or remove it")


def _regions(node: Parallel, net: nx.DiGraph[str]) -> list[Region]:
    cut = net.copy()
    cut.remove_node(node.join)
    return [{branch, *nx.descendants(cut, branch)} if branch in cut else set() for branch in node.branches]


def _leaks(name: str, node: Parallel, net: nx.DiGraph[str], regions: list[Region]) -> list[str]:
    """All ways out of a parallel meet in its join, and nothing else leads into it or out from between."""
    problems = []
    for branch, region in zip(node.branches, regions, strict=True):
        ends = [inner for inner in region if net.out_degree(inner) == 0]
        if name in region or ends:
            problems.append(f"the branch '{branch}' can leave without its join '{node.join}'")
        entered = [inner for inner in region if set(net.predecessors(inner)) - region - {name}]
        if entered:
            problems.append(f"'{entered[0]}' in the branch '{branch}' is entered from outside")
    if any(a & b for i, a in enumerate(regions) for b in regions[i + 1 :]):
        problems.append("two of its branches meet before its join")
    inside = set().union(*regions) | ({name} if node.join in node.branches else set())
    if set(net.predecessors(node.join)) - inside:
        problems.append(f"its join '{node.join}' is entered from outside")
    return problems


def _premature(spec: WorkflowSpec, regions: list[Region]) -> list[tuple[str, str]]:
    """Nodes that depend on bids beside a node that brings bids: at one instant, what comes first must not matter."""
    return [
        (inner, bidding)
        for bidding, node in spec.nodes.items()
        if isinstance(node, Bidding)
        for region in regions
        if any(bidding in other for other in regions if other is not region)
        for inner in spec.nodes
        if inner in region and inner != bidding and _depends_on_bids(spec.nodes[inner])
    ]


def _depends_on_bids(node: Node) -> bool:
    if isinstance(node, Exclusive):
        return "bids" in node.by
    if isinstance(node, Task) and (node.effort.per_bid.amount or node.effort.per_valid_bid.amount):
        return True
    return isinstance(node, Bidding) or (isinstance(node, Step) and bool(node.bidder or node.winner))
