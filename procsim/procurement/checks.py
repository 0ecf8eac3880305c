"""What must hold before a workflow is run: the form of the file and the shape of its graph, all problems at once."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx
from pydantic import BaseModel, ValidationError

from procsim.procurement import schema
from procsim.procurement.paths import SECTIONS
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.schema import Bidding, End, Exclusive, Join, Parallel, Step, Task, WorkflowSpec

if TYPE_CHECKING:
    from procsim.procurement.yamlfile import YamlFile

KINDS = ("task", "timer", "bidding", "exclusive", "parallel", "join", "end")
RESERVED = {*SECTIONS, "suppliers", "price", "arrival"}
_BLOCKS = [kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
_KEYS = {info.alias or name for block in _BLOCKS for name, info in block.model_fields.items()}


def explain(error: ValidationError, file: YamlFile, problems: Problems) -> None:
    """Turn what the schema refused into place, value and remedy."""
    for item in error.errors():
        keys = [key for key in item["loc"] if key not in KINDS]
        place, last = file.place(*keys), str(keys[-1]) if keys else ""
        if item["type"] == "extra_forbidden":
            problems.add(place, f"unknown key '{last}'", did_you_mean(last, _KEYS - {last}))
        elif item["type"] == "missing":
            problems.add(place, f"the key '{last}' is missing", "Add it")
        elif item["type"].startswith("union_tag"):
            kind = str((item["input"] or {}).get("kind", "")) if isinstance(item["input"], dict) else ""
            problems.add(place, f"unknown kind '{kind}'", did_you_mean(kind, KINDS))
        else:
            text = item["msg"].removeprefix("Value error, ")
            problems.add(place, text, f"Found {item['input']!r}" if text not in str(item["input"]) else "Correct it")


def graph(spec: WorkflowSpec) -> nx.DiGraph[str]:
    """The workflow as a NetworkX graph; edges that a bounded branch takes carry `at_most`."""
    result: nx.DiGraph[str] = nx.DiGraph(name=spec.name)
    for name, node in spec.nodes.items():
        result.add_node(name, kind=node.kind, title=node.title, stage=getattr(node, "stage", ""))
    for name, node in spec.nodes.items():
        for target, attributes in _edges(node):
            if target in spec.nodes:
                result.add_edge(name, target, **attributes)
    return result


def _edges(node: schema.Node) -> list[tuple[str, dict[str, object]]]:
    if isinstance(node, Exclusive):
        rest = 1 - sum((branch.probability or Fraction(0) for branch in node.branches), Fraction(0))
        edges: list[tuple[str, dict[str, object]]] = []
        for branch in node.branches:
            share = float(rest if branch.probability is None else branch.probability)
            label = {"probability": share} if node.by == "probability" else {"below": str(branch.below or "")}
            bound = {"at_most": branch.at_most} if branch.at_most else {}
            edges.append((branch.to, {**label, **bound}))
            edges += [(branch.then, {})] if branch.then else []
        return edges
    if isinstance(node, Parallel):
        return [(branch, {}) for branch in node.branches]
    return [(node.next, {})] if isinstance(node, (Step, Join)) else []


def check(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    """Add every problem of names, branches, loops, reachability, parallels and staffing to `problems`."""
    before = len(problems.lines)
    _check_names(spec, file, problems)
    for name, node in spec.nodes.items():
        if isinstance(node, Exclusive):
            _check_branches(name, node, file, problems)
        if isinstance(node, Task):
            _check_staff(name, node, spec, file, problems)
    if len(problems.lines) == before:  # the graph can only be judged once every name in it exists
        _check_graph(spec, file, problems)


def _check_names(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    if spec.start not in spec.nodes:
        problems.add(file.place("start"), f"no node '{spec.start}'", did_you_mean(spec.start, spec.nodes))
    for name, node in spec.nodes.items():
        if name in RESERVED or "." in name or ":" in name:
            problems.add(file.place("nodes", name), f"'{name}' cannot name a node", "Choose another name")
        for key, target in _targets(node):
            if target not in spec.nodes:
                problems.add(file.place("nodes", name, key), f"no node '{target}'", did_you_mean(target, spec.nodes))
    calendars = {**spec.calendars, "always": None}
    for where, users in (("roles", spec.roles), ("caseload", spec.caseload)):
        for name, user in users.items():
            if user.calendar not in calendars:
                place = file.place(where, name, "calendar")
                problems.add(place, f"no calendar '{user.calendar}'", did_you_mean(user.calendar, calendars))
    _check_milestones(spec, file, problems)


def _targets(node: schema.Node) -> list[tuple[str, str]]:
    if isinstance(node, Exclusive):
        return [("branches", target) for branch in node.branches for target in (branch.to, branch.then) if target]
    if isinstance(node, Parallel):
        return [("join", node.join), *(("branches", branch) for branch in node.branches)]
    return [("next", node.next)] if isinstance(node, (Step, Join)) else []


def _check_milestones(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for name, node in spec.nodes.items():
        milestone = node.milestone if isinstance(node, Step) else None
        if milestone in seen:
            what = f"'{milestone}' is already the milestone of '{seen[milestone]}'"
            problems.add(file.place("nodes", name, "milestone"), what, "Keep one")
        elif milestone:
            seen[milestone] = name


def _check_branches(name: str, node: Exclusive, file: YamlFile, problems: Problems) -> None:
    place = file.place("nodes", name, "branches")
    *others, last = node.branches
    key = "probability" if node.by == "probability" else "below"
    for branch in others:
        if getattr(branch, key) is None:
            problems.add(place, f"the branch to '{branch.to}' has no '{key}'", "Only the last branch may go without")
    total = sum((branch.probability or Fraction(0) for branch in node.branches), Fraction(0))
    if node.by == "probability" and (total > 1 or last.probability is not None and total != 1):
        remedy = "Make them sum to 1, or leave out the last to give it the rest"
        problems.add(place, f"the probabilities sum to {float(total):g}", remedy)
    bounds = [branch.below.amount for branch in others if branch.below is not None]
    if bounds != sorted(bounds):
        problems.add(place, "the bounds of 'below' do not rise", "Order the branches from the lowest bound up")
    if any(branch.at_most and (branch.then or last.to) == branch.to for branch in node.branches):
        problems.add(place, "a branch with 'at_most' has nowhere to go after it", "Add 'then: NODE' to it")


def _check_staff(name: str, node: Task, spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    for role, heads in node.staff.items():
        place = file.place("nodes", name, "staff", role)
        if role not in spec.roles:
            problems.add(place, f"no role '{role}'", did_you_mean(role, spec.roles))
        elif (present := spec.roles[role].heads) is not None and heads > present:
            what = f"needs {heads} of '{role}', which has only {present}"
            problems.add(place, what, f"Raise the head-count, for instance --set role.{role}={heads}")


def _check_graph(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    net = graph(spec)
    reached = {spec.start, *nx.descendants(net, spec.start)}
    for name in spec.nodes:
        if name not in reached:
            problems.add(file.place("nodes", name), "no path leads here from the start", "Connect it or remove it")
    ends = [name for name, node in spec.nodes.items() if isinstance(node, End)]
    ending = set(ends).union(*(nx.ancestors(net, end) for end in ends)) if ends else set()
    for name in reached - ending:
        problems.add(file.place("nodes", name), "no path leads from here to an end", "Add one")
    _check_loops(spec, file, problems)
    _check_parallels(spec, net, file, problems)
    bids = any(isinstance(node, Bidding) for node in spec.nodes.values())
    if bids and spec.market is None:
        problems.add(file.place("market"), "there is a bidding node but no market", "Add a 'market' block")
    counts = [n for n, node in spec.nodes.items() if isinstance(node, Exclusive) and "bids" in node.by]
    for name in counts if not bids else ():
        problems.add(file.place("nodes", name, "by"), "counts bids, but there is no bidding node", "Add one before it")


def _check_loops(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    """Every loop passes an exclusive branch with `at_most`: without those edges nothing may go round."""
    unbounded: nx.DiGraph[str] = nx.DiGraph()
    for name, node in spec.nodes.items():
        unbounded.add_edges_from((name, to) for to, attributes in _edges(node) if "at_most" not in attributes)
    for component in nx.strongly_connected_components(unbounded):
        names = [name for name in spec.nodes if name in component]
        if len(names) > 1 or unbounded.has_edge(names[0], names[0]):
            what = f"the loop {' -> '.join(names)} has no bound"
            problems.add(file.place("nodes", names[0]), what, "Add 'at_most' to the exclusive branch that leads back")


def _check_parallels(spec: WorkflowSpec, net: nx.DiGraph[str], file: YamlFile, problems: Problems) -> None:
    """All ways out of a parallel meet in its join, and nothing else leads into it or out from between."""
    joined: set[str] = set()
    for name, node in spec.nodes.items():
        if not isinstance(node, Parallel):
            continue
        place = file.place("nodes", name)
        if not isinstance(spec.nodes[node.join], Join):
            problems.add(place, f"'{node.join}' is not a join", "Name the node of kind join where its branches meet")
            continue
        joined.add(node.join)
        for problem in _leaks(name, node, net):
            problems.add(place, problem, f"Lead every branch to '{node.join}', and nothing else")
    for name, node in spec.nodes.items():
        if isinstance(node, Join) and name not in joined:
            problems.add(file.place("nodes", name), "this join belongs to no parallel", "Name it in one, or remove it")


def _leaks(name: str, node: Parallel, net: nx.DiGraph[str]) -> list[str]:
    problems, regions = [], []
    cut = net.copy()
    cut.remove_node(node.join)
    for branch in node.branches:
        region = {branch, *nx.descendants(cut, branch)} if branch in cut else set()
        regions.append(region)
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
