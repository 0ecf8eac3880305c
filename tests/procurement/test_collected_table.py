"""The packs beside the collected table: a number of a year that both have is the same, or it is said why not."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from procsim.procurement.library import shipped
from procsim.procurement.yamlfile import read_yaml

TABLE = Path(__file__).resolve().parents[2].parent / "shared" / "countries" / "countries.csv"
NAMES = {  # theirs: ours, and what one of theirs is in ours
    "legal.min_bid_days.open_international": ("legal.min_bid_days.international", 1),
    "legal.min_bid_days.negotiated": ("legal.min_bid_days.large", 1),
    "legal.threshold_direct_max": ("legal.threshold.direct", 1),
    "legal.threshold_quotation_max": ("legal.threshold.quotation", 1),
    "legal.threshold_open_tender": ("legal.threshold.quotation", 1),
    "legal.bid_security_pct": ("legal.bid_security_share", 0.01),
    "legal.max_evaluation_days": ("legal.evaluation_days", 1),
    "egp.share_value_pct": ("egp.value_share", 0.01),
    "egp.share_tenders_pct": ("egp.tender_share", 0.01),
    "volume.procurement_pct_gdp": ("volume.procurement_gdp_share", 0.01),
    "competition.mean_bidders": ("competition.mean_bids", 1),
    "ict.internet_users_pct": ("ict.internet_share", 0.01),
    "ict.saidi_hours_per_year": ("ict.saidi_hours", 1),
    "geography.courier_days_capital_to_periphery": ("geography.courier_days", 1),
}
DIFFERENT = {
    ("KOR", "legal.payment_days", 2020): "5 working days are 7 calendar days",
    ("KOR", "egp.registered_suppliers", 2012): "two counts of one year; the later talk's is taken",
    ("FJI", "legal.threshold.quotation", 2010): "two limits of one year: the one that was raised, and the new one",
    ("THA", "legal.min_bid_days.open_national", 2017): "12 working days are 17 calendar days",
    ("THA", "legal.threshold.quotation", 2017): "the 5 million hold only where the internet hardly reaches",
    ("VNM", "egp.tender_share", 2017): "two rows of 2017, 11 and 18 %; the one of high confidence is taken",
    ("GHA", "labour.annual_leave_days", 2003): "15 are the least of any worker; the civil service has 21 to 36",
    ("GEO", "legal.min_bid_days.open_national", 2011): "the 7 days hold below GEL 200,000 and stand at the quotation",
    ("TZA", "volume.contracts_per_year", 2024): "62,000 were counted over 16 months",
}


def ours(code: str) -> dict[str, dict[int, float]]:
    """The numbers of a pack by name and year."""
    found: dict[str, dict[int, float]] = {}
    for path in sorted((shipped() / "countries" / code).glob("*.yaml")):
        for name, block in read_yaml(path).data.get("parameters", {}).items():
            dated = block.get("values", {}).items()
            found[name] = {day.year: each["value"] for day, each in dated if isinstance(each["value"], (int, float))}
    return found


def rows() -> Iterator[tuple[str, str, int, float]]:
    """Code, our name, year and number of every row that is a number of a year, in our unit."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, factor = NAMES.get(row["parameter"], (row["parameter"], 1))
            try:
                yield row["iso3"], name, int(row["year"]), float(row["value"]) * factor
            except ValueError:  # a text, or a span of years
                continue


@pytest.mark.skipif(not TABLE.is_file(), reason=f"{TABLE} is not here: it is not part of the repository")
def test_numbers_equal_the_collected_table() -> None:
    packs = {code: ours(code) for code in sorted({code for code, *_ in rows()})}
    both = [(code, name, year, theirs) for code, name, year, theirs in rows() if year in packs[code].get(name, {})]
    assert len(both) > 500
    differ = {
        (code, name, year)
        for code, name, year, theirs in both
        if not math.isclose(packs[code][name][year], theirs, rel_tol=1e-9)
    }
    assert differ == set(DIFFERENT)
