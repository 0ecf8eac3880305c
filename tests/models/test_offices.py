"""The offices of the countries: sized so that what software saves is not what more staff would save."""

from __future__ import annotations

import pytest

import procsim as ps


@pytest.mark.parametrize("profile", ["programme_2006", "latest"])
@pytest.mark.parametrize("code", ["BGD", "BRN", "KOR"])
def test_no_role_of_a_country_is_busier_than_85_percent_on_paper(code: str, profile: str) -> None:
    tender = ps.load("open_tender", country=code, profile=profile)
    office = ps.measure(ps.totals.of(ps.simulate(tender, years=4)), tender).office
    busy = {name: share for name, share in office.items() if name.startswith("utilisation.")}
    assert len(busy) == 8
    assert {name: round(share, 3) for name, share in busy.items() if share > 0.85} == {}
