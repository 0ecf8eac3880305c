"""How Hypothesis runs here: always the same examples, more of them where PROCSIM_TEST_SIZE is large."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LARGE = os.environ.get("PROCSIM_TEST_SIZE") == "large"
PROFILE = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
