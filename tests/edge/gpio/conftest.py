from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.gpio.pins_here import Bench
from tests.edge.guard.alarm.house import INPUTS, Street


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.fixture
def at_rest(tmp_path: Path) -> Path:
    """A folder for a house where nobody touches anything and the mains are there."""
    street = Street(tmp_path)
    for name in INPUTS:
        (street.press if name == "mains" else street.release)(name)
    return tmp_path
