"""Which engine a test runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from procsim.engine import native


@pytest.fixture(scope="module", params=["fast", "reference"])
def each_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """What `auto` takes: the fast engine, and the reference as where there is no fast one."""
    with pytest.MonkeyPatch.context() as changed:
        if request.param == "reference":
            changed.setattr(native, "LIBRARY", Path("there", "is", "none"))
        elif not native.available():
            pytest.skip("no kernel was compiled here")
        yield
