"""Country packs as they lie in folders: one for each country, state or region; each rests on the one it lies within."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from procsim.procurement.packform import FILE, REMEDIES, Spot, is_unit
from procsim.procurement.problems import ModelError, Problems, did_you_mean
from procsim.procurement.yamlfile import read_yaml

DEFAULT = "default"
REGION = "region.yaml"  # a pack with this file is a region's: it cannot be simulated, but countries lie within it
HEADERS = ("country", "region")
Pack = dict[
    tuple[Any, ...], Spot
]  # ("country",) or ("region",), ("holidays",), ("profiles", name) and ("parameters", name)


def country_codes(folders: Sequence[Path]) -> list[str]:
    """The codes of all countries, states and the default in the *folders*, sorted; regions are not among them."""
    packs = [pack for folder in folders for pack in (folder / "countries").glob("*/")]
    regions = {pack.name for pack in packs if (pack / REGION).exists()}
    return sorted({pack.name for pack in packs if any(pack.glob("*.y*ml"))} - regions)


def read_packs(code: str, folders: Sequence[Path], problems: Problems) -> list[Pack]:
    """The packs whose word counts, in order: that of the country, those that it lies within, the default."""
    for name in (name for name in (code, DEFAULT) if name not in country_codes(folders)):
        raise ModelError([f"country '{name}': there is no such country pack. {_nearest_country(name, folders)}"])
    packs: dict[str, Pack] = {}
    name = code
    while name not in packs:
        packs[name] = _read_pack(name, folders, problems)
        name = _within(packs[name], packs, folders)
    _check_pack(code, packs[code], packs[DEFAULT], problems)
    return [*packs.values()]


def header(pack: Pack) -> Spot | None:
    """The block that says what a pack is."""
    return next((pack[name,] for name in HEADERS if (name,) in pack), None)


def label_of(name: str, packs: Sequence[Pack]) -> str:
    """What a number is, in a few words: those of the default, so that it is called the same everywhere."""
    spots = (pack["parameters", name] for pack in reversed(packs) if ("parameters", name) in pack)
    return next((str(spot.get("label")) for spot in spots if spot.get("label")), name)


def _within(pack: Pack, packs: dict[str, Pack], folders: Sequence[Path]) -> str:
    """The pack that this one lies within; without a word of it, the default."""
    spot = header(pack)
    name = spot.get("within") if spot else None
    if not spot or not isinstance(name, str):
        return DEFAULT
    if name in packs:
        spot.child("within").wrong(f"'{name}' lies within itself that way", "Name a region or country further out.")
        return DEFAULT
    known = {each.parent.name for folder in folders for each in (folder / "countries").glob("*/*.y*ml")}
    if name not in known:
        spot.child("within").wrong(f"there is no pack '{name}'", did_you_mean(name, sorted(known)))
        return DEFAULT
    return name


def _nearest_country(word: str, folders: Sequence[Path]) -> str:
    known = {}
    for code in country_codes(folders):
        spot = header(_read_pack(code, folders, Problems()))
        name = str(spot.get("name")) if spot else ""
        words = (code, name, *(part for part in name.split() if len(part) > 3))
        known.update({text.lower(): f"'{code}' ({name})" for text in words})
    near = get_close_matches(word.lower(), known, n=1)
    return f"Did you mean {known[near[0]]}?" if near else f"Known: {', '.join(sorted(set(known.values())))}."


def _read_pack(code: str, folders: Sequence[Path], problems: Problems) -> Pack:
    pack: Pack = {}
    for folder in dict.fromkeys(folders):
        layer: Pack = {}
        for path in sorted((folder / "countries" / code).glob("*.y*ml")):
            for spot in _read_file(path, problems):
                if (first := layer.setdefault(spot.path, spot)) is not spot:
                    spot.wrong(f"already defined in {first.origin}", "Remove one of the two.")
        pack = {**layer, **pack}
    return pack


def _read_file(path: Path, problems: Problems) -> Iterator[Spot]:
    try:
        root = Spot(file := read_yaml(path), (), file.data, problems)
    except ModelError as error:
        problems.lines += [f"{path.parent.name}/{line}" for line in error.problems]
    else:
        FILE(root)
        yield from (root.child(name) for name in (*HEADERS, "holidays") if name in root.data)
        for block in (root.child(name) for name in ("profiles", "parameters") if isinstance(root.get(name), dict)):
            yield from (block.child(name) for name in block.data)


def _check_pack(code: str, own: Pack, default: Pack, problems: Problems) -> None:
    """The header is there, and each parameter is one that the default pack knows, in a unit that fits."""
    if ("country",) not in own:
        problems.add(f"countries/{code}", "no file has a 'country' block", REMEDIES["country"])
    known = {path[1]: spot for path, spot in default.items() if path[0] == "parameters"}
    for name, spot in ((path[1], spot) for path, spot in own.items() if path[0] == "parameters"):
        if name not in known:
            spot.wrong("the default pack has no such parameter, so nothing would read it", did_you_mean(name, known))
        elif is_unit(spot.get("unit")):  # or its form is wrong, and that has been said
            _check_unit(spot, known[name], own.get(("country",)))


def _check_unit(parameter: Spot, known: Spot, country: Spot | None) -> None:
    """A unit that can stand for the one of the default pack."""
    if not known.get("unit") or _dimension(parameter) == _dimension(known):
        _check_money(parameter, country)
        return
    own = f"currency-{country.get('currency')}" if country and _dimension(known) == "currency" else known.get("unit")
    parameter.child("unit").wrong(f"{parameter.get('unit')!r} does not fit", f"Use {own!r}.")


def _check_money(parameter: Spot, country: Spot | None) -> None:
    """Amounts are in the country's own money or in dollars, those of its law in its own."""
    unit, currency = str(parameter.get("unit")), country.get("currency") if country else None
    foreign = unit.startswith("currency-") and unit not in ("currency-USD", f"currency-{currency}")
    dollars = unit == "currency-USD" != f"currency-{currency}" and str(parameter.path[-1]).startswith("legal.")
    if currency and (foreign or dollars):
        what = f"{unit.removeprefix('currency-')} is not the money of the country's law, {currency}"
        parameter.child("unit").wrong(what, f"Write the amounts in {currency}, and 'unit: currency-{currency}'.")


def _dimension(parameter: Spot) -> str:
    """Units that can stand for one another: days and working days; the currencies, unless the name asks for USD."""
    unit = str(parameter.get("unit")).removeprefix("working-")
    usd = parameter.path[-1].endswith(("_usd", "hourly_wage"))
    return "currency" if unit.startswith("currency-") and not usd else unit
