"""What all tests have in common."""

from __future__ import annotations

import sys

import pytest
from command import Procsim, Told

from procsim import cli


@pytest.fixture
def procsim(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Procsim:
    """The command, with everything that `main` makes of problems."""

    def run(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["procsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Told(int(caught.value.code or 0), told.out, told.err)

    return run
