"""The instants at which countries are read, by the names under which the default pack dates them.

A file of its own, for the command line asks for it before anything heavy is loaded.
"""

from __future__ import annotations

PROGRAMME, LATEST = "programme_2006", "latest"
PROFILES = (PROGRAMME, LATEST)  # in the order of their instants
