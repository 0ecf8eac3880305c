"""What must hold before a workflow is run: the form of the file and the shape of its graph, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx
from pydantic import BaseModel

from procsim.procurement import parallels, schema
from procsim.procurement.explain import written
from procsim.procurement.parameters import SECONDS, WORKING_DAY, YEAR, Quantity
from procsim.procurement.paths import SECTIONS
from procsim.procurement.problems import Problems, did_you_mean
from procsim.procurement.schema import Bidding, End, Exclusive, Join, Parallel, Step, Task, WorkflowSpec

if TYPE_CHECKING:
    from procsim.procurement.yamlfile import YamlFile

RESERVED = {*SECTIONS, "suppliers", "price", "arrival", "outage", ""}
LONGEST = 68 * YEAR  # seconds, which the engines count in 31 bits
MOST_PEOPLE, MOST_CASES, MOST_MONEY, MOST = 10**6, 10**6, 10**15, 2**40
MOST_OUTAGES = 10**4
LEAST_FACTOR = Fraction(1, 1000)  # finer ones are lost in the whole weights of a month
MOST_SPREAD = 10  # of the logarithm of a bid's cost
CURRENCY = "USD"
PLAIN = (str, int, float, Fraction, Quantity, type(None))


def circular(ways: Iterable[tuple[int, int]]) -> set[int]:
    """The nodes that a way leads back to.

    >>> circular([(0, 1), (1, 2), (2, 1), (2, 3), (4, 4)])
    {1, 2, 4}
    """
    net: nx.DiGraph[int] = nx.DiGraph(list(ways))
    circles = (circle for circle in nx.strongly_connected_components(net) if len(circle) > 1)
    return set(nx.nodes_with_selfloops(net)).union(*circles)


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


def check(spec: WorkflowSpec, file: YamlFile, problems: Problems, shape: bool = True) -> None:
    """Add every problem of names, amounts, branches, loops, reachability, parallels and staffing to `problems`.

    The `shape` of the graph need not be checked where only amounts differ from a workflow that has been.
    """
    before = len(problems.lines)
    _check_names(spec, file, problems)
    _check_amounts(spec, file, problems)
    _check_caseload(spec, file, problems)
    _check_portal(spec, file, problems)
    _check_calendars(spec, file, problems)
    _check_deadlines(spec, file, problems)
    for name, node in spec.nodes.items():
        if isinstance(node, Exclusive):
            _check_branches(name, node, file, problems)
        if isinstance(node, Task):
            _check_staff(name, node, spec, file, problems)
    if shape and len(problems.lines) == before:  # the graph can only be judged once every name in it exists
        _check_graph(spec, file, problems)


def _check_names(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    for part in spec.ways.values():
        if not part.start:
            problems.add(file.place("start"), "the key 'start' is missing", "Add it")
        elif part.start not in spec.nodes:
            problems.add(file.place("start"), f"no node '{part.start}'", did_you_mean(part.start, spec.nodes))
    for section in ("nodes", "roles", "calendars", "caseload", "deadlines"):
        for name in getattr(spec, section):
            odd = set(name) & set(".:=*?[] \t") or (
                "/" in name and not (spec.parts and section in ("nodes", "deadlines"))
            )
            if name in RESERVED or name == "always" or odd:
                what = f"'{name}' cannot be the name of anything here"
                problems.add(file.place(section, name), what, "Choose another, of letters and underscores")
    for name, node in spec.nodes.items():
        if spec.parts and schema.part_of(name) not in spec.parts:
            what = f"'{name}' belongs to no part of this office"
            problems.add(file.place("nodes", name), what, f"Call it PART/NODE, such as {next(iter(spec.parts))}/check")
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
    seen: dict[tuple[str, str], str] = {}
    for name, node in spec.nodes.items():
        milestone = (schema.part_of(name), node.milestone) if isinstance(node, Step) and node.milestone else None
        if milestone in seen:
            what = f"'{milestone[1]}' is already the milestone of '{seen[milestone]}'"
            problems.add(file.place("nodes", name, "milestone"), what, "Keep one")
        elif milestone:
            seen[milestone] = name


def _values(spec: WorkflowSpec) -> Iterator[tuple[tuple[object, ...], object]]:
    """Every value in a specification, in order, with its place."""
    waiting: list[tuple[tuple[object, ...], object]] = [((), spec)]
    while waiting:
        at, block = waiting.pop()
        if isinstance(block, PLAIN):  # most are, and to be asked whether it is a model takes much longer
            yield at, block
        elif isinstance(block, (list, tuple)):
            waiting += [((*at, index), value) for index, value in enumerate(block)][::-1]
        else:
            waiting += [((*at, key), value) for key, value in _items(block)][::-1]


def _items(block: object) -> Iterable[tuple[object, object]]:
    if isinstance(block, BaseModel):
        return ((key, getattr(block, key)) for key in type(block).model_fields)
    return block.items() if isinstance(block, dict) else ()


def _check_amounts(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    for at, value in _values(spec):
        if isinstance(value, (Quantity, int, Fraction)) and (wrong := _excess(value, at[-1])):
            problems.add(file.place(*written(at)), *wrong)
    for part, market in spec.market.items():
        place = file.place(*written(("market", part)))
        if part not in spec.ways:
            remedy = did_you_mean(part, spec.parts) if spec.parts else "Leave out the name of the block"
            problems.add(place, f"no part '{part}'", remedy)
        for key, what, remedy in _odd_market(market):
            problems.add(f"{place} > {key}", what, remedy)


def _odd_market(market: schema.MarketSpec) -> Iterator[tuple[str, str, str]]:
    if market.awareness_multiplier < 1:
        what = f"{float(market.awareness_multiplier):g} is too small: a portal reaches no fewer firms than the press"
        yield "awareness_multiplier", what, "Write 1 or more"
    if market.entry_spread > MOST_SPREAD:
        yield "entry_spread", f"{float(market.entry_spread):g} is too large", f"Write {MOST_SPREAD} or less"


def _check_portal(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    often = spec.portal.per_year
    if often and not Fraction(1, 100) <= often <= MOST_OUTAGES:
        remedy = f"Write 0, or 0.01 to {MOST_OUTAGES}"
        problems.add(file.place("portal", "per_year"), f"{float(often):g} outages a year cannot be simulated", remedy)
    if not spec.portal.hours:
        remedy = "Give at least one span, or leave it out"
        problems.add(file.place("portal", "hours"), "an empty list: the portal would never fail", remedy)


def _excess(value: Quantity | Fraction | int, key: object) -> tuple[str, str] | None:
    """Why an amount cannot be meant, if so, and the remedy."""
    if not isinstance(value, Quantity):
        limit, remedy = (MOST_PEOPLE, "Write inf") if key == "heads" else (MOST, f"Write {MOST} or less")
        return (f"{value} is too large", remedy) if value > limit else None
    if value.amount < 0:
        return f"{value} is negative", "Write 0 or more"
    if value.unit in (*SECONDS, WORKING_DAY):
        return (f"{value} is more than 68 years", "Correct it") if value.seconds > LONGEST else None
    if value.unit and value.unit != CURRENCY and key != "below":
        remedy = f"Write it in {CURRENCY}; only the bounds of 'below' may be in local currency"
        return f"{value} is not in {CURRENCY}", remedy
    return (f"{value} is too large", f"Write {MOST_MONEY} or less") if value.amount > MOST_MONEY else None


def _check_caseload(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    if not spec.caseload:
        problems.add(file.place("caseload"), "there are no cases", "Add a class of cases, such as 'standard'")
    for name, case in spec.caseload.items():
        if case.per_year is not None and not Fraction(1, 100) <= case.per_year <= MOST_CASES:
            what = f"{float(case.per_year):g} cases a year cannot be simulated"
            problems.add(file.place("caseload", name, "per_year"), what, f"Write 0.01 to {MOST_CASES}")
        if case.interval is not None and case.interval.seconds * MOST_CASES < YEAR:
            what = f"a case every {case.interval} is too often"
            problems.add(file.place("caseload", name, "interval"), what, "Write at least 32 s")
        if any(not 1 <= month <= 12 for month in case.peak_months):
            place = file.place("caseload", name, "peak_months")
            problems.add(place, f"{case.peak_months} are not months", "Write numbers from 1 to 12")
        if case.peak_factor < LEAST_FACTOR and set(case.peak_months) >= set(range(1, 13)):
            place = file.place("caseload", name, "peak_factor")
            problems.add(place, f"{float(case.peak_factor):g} in every month: no case arrives", "Leave a month out")
        _check_routes(name, case.methods, spec, file, problems)
        if case.peak_factor > 100:
            place = file.place("caseload", name, "peak_factor")
            problems.add(place, f"{float(case.peak_factor):g} is too large", "Write 100 or less")


def _check_routes(
    name: str, routes: list[schema.Route], spec: WorkflowSpec, file: YamlFile, problems: Problems
) -> None:
    """In an office every case finds a method: the last route takes what the others leave."""
    place = file.place("caseload", name, "methods")
    if bool(routes) != bool(spec.parts):
        what = "stand in a workflow without parts" if routes else "are missing, so no case finds its workflow"
        remedy = "Write them in an office, like [{to: quotation, below: 50000 USD}, {to: open_tender}]"
        problems.add(place, f"methods {what}", remedy)
        return
    for route in routes:
        if route.to not in spec.parts:
            problems.add(place, f"no part '{route.to}'", did_you_mean(route.to, spec.parts))
    for part in spec.parts.keys() - {route.to for route in routes}:
        problems.add(place, f"no route leads to the part '{part}'", "Add one, or take the part out")
    if routes and (routes[-1].below is not None or routes[-1].share != 1):
        problems.add(
            place, f"the last route, to '{routes[-1].to}', leaves cases over", "Remove its 'below' and 'share'"
        )


def _check_deadlines(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    for name, deadline in spec.deadlines.items():
        for key in ("start", "end"):
            node = getattr(deadline, key)
            if not isinstance(spec.nodes.get(node), Step):
                steps = [step for step, other in spec.nodes.items() if isinstance(other, Step)]
                problems.add(file.place("deadlines", name, key), f"no step '{node}'", did_you_mean(node, steps))


def _check_calendars(spec: WorkflowSpec, file: YamlFile, problems: Problems) -> None:
    for name, block in spec.calendars.items():
        for key, what, remedy in _odd_days(block):
            problems.add(file.place("calendars", name, key), what, remedy)


def _odd_days(block: schema.CalendarSpec) -> Iterator[tuple[str, str, str]]:
    if block.always is False:
        yield "always", "false means never at work", "Leave it out and give 'hours'"
    for low, high in block.intervals or ():
        if not 0 <= low < high:
            yield "intervals", f"[{low}, {high}] does not run forward from 0", "Write [opens, closes] in seconds"
    for key in ("hours", "intervals", "weekdays", "working_days"):
        if getattr(block, key) == []:
            yield key, "an empty list: nobody would ever work", "Give at least one, or leave it out"
    for key in ("weekdays", "working_days", "every_weeks"):
        if getattr(block, key) is not None and block.hours is None:
            yield key, "only goes with 'hours'", "Leave it out"
    if block.weekdays is not None and block.working_days is not None:
        yield "working_days", "stands beside 'weekdays'", "Keep one of them"
    if any(not 1 <= day <= 7 for day in block.working_days or ()):
        yield "working_days", "counts the working days of a week, 1 to 7", f"Found {block.working_days}"
    if (block.every_weeks or 1) > 52:
        yield "every_weeks", f"{block.every_weeks} is too large", "Write 52 or less"


def _check_branches(name: str, node: Exclusive, file: YamlFile, problems: Problems) -> None:
    place = file.place("nodes", name, "branches")
    *others, last = node.branches
    total = sum((branch.probability or Fraction(0) for branch in node.branches), Fraction(0))
    if node.by == "probability" and (total > 1 or (last.probability is not None and total != 1)):
        remedy = "Make them sum to 1, or leave out the last to give it the rest"
        problems.add(place, f"the probabilities sum to {float(total):g}", remedy)
    if node.by == "losing_bids" and (len(others) != 1 or last.probability is not None):
        remedy = "Give the first a 'probability', and the second none"
        problems.add(place, "a choice by losing bids has two branches", remedy)
    bounds = [branch.below.amount * SECONDS.get(branch.below.unit, 1) for branch in others if branch.below is not None]
    if bounds != sorted(bounds):
        problems.add(place, "the bounds of 'below' do not rise", "Order the branches from the lowest bound up")
    for index, branch in enumerate(node.branches):
        for what, remedy in _odd_branch(node, branch):
            problems.add(file.place("nodes", name, "branches", index), f"the branch to '{branch.to}' {what}", remedy)


def _odd_branch(node: Exclusive, branch: schema.Branch) -> Iterator[tuple[str, str]]:
    last = node.branches[-1]
    chance = node.by in ("probability", "losing_bids")
    key, other = ("probability", "below") if chance else ("below", "probability")
    if branch is not last and getattr(branch, key) is None:
        yield f"has no '{key}'", "Only the last branch may go without"
    if getattr(branch, other) is not None:
        yield f"has '{other}', but this node chooses by {node.by}", f"Write '{key}', or change 'by'"
    if branch is last and not chance and branch.below is not None:
        yield "is the last and takes what the others leave", "Remove its 'below'"
    if branch.below is not None and (wrong := _odd_bound(node, branch.below)):
        yield wrong
    if branch.at_most and (branch.then or last.to) == branch.to:
        yield "has 'at_most' but nowhere to go after it", "Add 'then: NODE' to it"
    if branch.then and not branch.at_most:
        yield "has 'then' without 'at_most'", "Add 'at_most', or remove 'then'"


def _odd_bound(node: Exclusive, below: Quantity) -> tuple[str, str] | None:
    """Bids are counted, values are money: in a currency, or bare in that of the cases."""
    if node.by == "value" and below.unit and not (len(below.unit) == 3 and below.unit.isupper()):
        return f"is bounded by {below}, which is no amount of money", "Write it like '50000 USD'"
    if node.by == "days_since_bids":
        timely = below.unit in SECONDS or not below.amount
        return None if timely else (f"is bounded by {below}, which is no time", "Write it like '120 d'")
    if "bids" in node.by and (below.unit or below.amount.denominator != 1):
        return f"is bounded by {below}, which is no number of bids", "Write a whole number"
    return None


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
    starts = {part.start for part in spec.ways.values()}
    reached = starts.union(*(nx.descendants(net, start) for start in starts))
    for name in spec.nodes:
        if name not in reached:
            problems.add(file.place("nodes", name), "no path leads here from the start", "Connect it or remove it")
    ends = [name for name, node in spec.nodes.items() if isinstance(node, End)]
    ending = set(ends).union(*(nx.ancestors(net, end) for end in ends)) if ends else set()
    for name in reached - ending:
        problems.add(file.place("nodes", name), "no path leads from here to an end", "Add one")
    _check_loops(spec, file, problems)
    parallels.check(spec, net, file, problems)
    bids = {schema.part_of(name) for name, node in spec.nodes.items() if isinstance(node, Bidding)}
    for part in bids - spec.market.keys():
        place = file.place(*written(("market", part)))
        problems.add(place, "there is a bidding node but no market", "Add a 'market' block")
    counts = [n for n, node in spec.nodes.items() if isinstance(node, Exclusive) and "bids" in node.by]
    for name in (name for name in counts if schema.part_of(name) not in bids):
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
