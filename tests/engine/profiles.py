"""How Hypothesis runs here: always the same examples, more of them where PROCSIM_TEST_SIZE is large.

It also draws from the constants of all modules that are loaded, so a file of tests run alone may see other examples
than in the whole run: `pytest -k name` without a path draws what the whole run drew.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LARGE = os.environ.get("PROCSIM_TEST_SIZE") == "large"
PROFILE = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
