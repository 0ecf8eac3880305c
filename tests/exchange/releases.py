"""Small releases for tests, and what reading them gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procsim import ModelError
from procsim.exchange import ocds
from procsim.procurement.caselist import CaseList

Release = dict[str, Any]


def release(ocid: str = "ocds-1", start: str | None = "2020-03-02T09:00:00Z", **tender: Any) -> Release:
    """A release whose tender is open for 21 days."""
    period = {"startDate": start, "endDate": "2020-03-23T09:00:00Z"}
    return {"ocid": ocid, "id": "1", "tag": ["tender"], "tender": {"tenderPeriod": period, **tender}}


def stage(date: str, tag: str, **more: Any) -> Release:
    """One of several releases of a process."""
    return {"ocid": "ocds-1", "id": f"{date}-{tag}", "date": date, "tag": [tag], **more}


def good(count: int) -> list[Release]:
    """Cases with nothing wrong, to stand beside a bad one."""
    return [release(f"ocds-good-{number}") for number in range(count)]


def package(releases: list[Any], version: object = "1.1") -> Release:
    return {"version": version, "releases": releases}


def read(file: Path, data: object) -> CaseList:
    file.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return ocds.read(file)


def told(file: Path, data: object) -> str:
    """What a user of this file is told, in one line."""
    with pytest.raises(ModelError) as caught:
        read(file, data)
    (line,) = caught.value.problems
    return line


TWO = [release("ocds-1", numberOfTenderers=3), release("ocds-2", numberOfTenderers=0)]
