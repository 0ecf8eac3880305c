"""The named setting `straight_through`, for arithmetic: nobody waits, and every case takes the straight way."""

from __future__ import annotations

from typing import Any

from procsim.procurement import paths
from procsim.procurement.parameters import Parameter, show_value


def apply(tree: paths.Tree, ledger: dict[str, Parameter]) -> None:
    """Set, in a tree and its ledger in place: infinite staff, all times at their means, no detours, all bids valid."""

    def put(keys: paths.Keys, value: Any) -> None:
        name = paths.path_of(tree, keys)
        paths.put(tree, keys, value)
        if name in ledger and show_value(ledger[name].value) != show_value(value):
            ledger[name] = ledger[name].changed(value, "straight_through")

    for keys in paths.find(tree, "role.*"):
        put(keys, "inf")
    for keys in paths.find(tree, "market.valid_share") + paths.find(tree, "market.*.valid_share"):
        put(keys, 1)
    for name, node in tree["nodes"].items():
        for key in ("effort", "handover", "duration"):
            if isinstance(node.get(key), dict):
                node[key] = {k: v for k, v in node[key].items() if k not in ("distribution", "cv", "low", "high")}
        branches = node.get("branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, dict) and branch.get("detour"):
                for bound in branch.keys() & {"probability", "below"}:
                    put(("nodes", name, "branches", index, bound), 0)
