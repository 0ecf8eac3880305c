"""Bangladesh: how many bids its contracts draw, over the mix of methods of a whole office (evidence C14)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import procsim as ps

LARGER = ("volume.purchases_per_office=6000", "role.*=inf")  # bids do not depend on staff; more cases, less noise


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Bids of the last round of every case with a bid, and its method."""
    log = ps.simulate(ps.load("office", "BGD", "latest", LARGER).under("electronic"), seed=1)
    table = log.case_table()
    return table[table["bids"] > 0].assign(part=np.array(log.plan.parts)[log.cases.part[table["bids"] > 0]])


def test_the_mix_of_contracts(drawn: pd.DataFrame) -> None:
    assert 0.17 - 0.03 <= (drawn["bids"] == 1).mean() <= 0.20 + 0.03
    assert 0.44 - 0.03 <= (drawn["bids"] < 4).mean() <= 0.46 + 0.03
    assert drawn["bids"].mean() == pytest.approx(5.5, abs=0.3)


def test_the_open_tender_alone(drawn: pd.DataFrame) -> None:
    bids = drawn.loc[drawn["part"] == "open_tender", "bids"]
    assert bids.mean() == pytest.approx(3.4, abs=0.3)
    assert (bids == 1).mean() == pytest.approx(0.295, abs=0.03)
    assert (bids < 4).mean() == pytest.approx(0.65, abs=0.03)
