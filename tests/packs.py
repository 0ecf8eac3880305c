"""Country packs as tests write them: invented numbers in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

BID_DAYS = "legal.min_bid_days.open_national"
ACT = {"title": "Act 5", "href": "https://example.org/act5", "locator": "page 7"}


def value(amount: object, **more: object) -> dict[str, object]:
    """One value with its papers."""
    return {"value": amount, "confidence": "high", "looked_up": True, "reference": [ACT], **more}


def number(unit: str, values: dict[str, object], kind: str = "rule") -> str:
    """A parameter: values by date, either bare or as `value` gives them."""
    lines = ["label: A number", f"kind: {kind}", f"unit: {unit}", "values:"]
    for day, said in values.items():
        papers = said if isinstance(said, dict) and "reference" in said else value(said)
        lines += [f"  {day}:", *(f"    {key}: {_flow(item)}" for key, item in papers.items())]
    return "\n".join(lines)


def _flow(item: object) -> str:
    if isinstance(item, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ", ".join(map(_flow, item)) + "]"
    return str(item).lower() if isinstance(item, bool) else f'"{item}"' if isinstance(item, str) else str(item)


def write_pack(models: Path, code: str, head: str = "", more: str = "", **numbers: str) -> Path:
    """A pack in a folder of models; in the names of its numbers, `__` stands for a dot."""
    folder = models / "countries" / code
    folder.mkdir(parents=True, exist_ok=True)
    head = head or f"name: {code.title()}land, currency: {code}"
    text = f"schema: procsim-country/1\ncountry: {{{head}}}\n{more}"
    blocks = (f"  {name.replace('__', '.')}:\n{indent(block, ' ' * 4)}\n" for name, block in numbers.items())
    text += f"parameters:\n{''.join(blocks)}" if numbers else ""
    (folder / "country.yaml").write_text(text, encoding="utf-8")
    return models
