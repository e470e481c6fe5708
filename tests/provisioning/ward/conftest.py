"""Fixtures of a ward."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import kill_all
from tests.provisioning.ward.wards import Est, Ward, make_ward, pattern_ward

__all__ = ["pattern_ward"]


@pytest.fixture
def ward(tmp_path: Path, pattern_ward: Path) -> Iterator[Ward]:
    yield make_ward(tmp_path / "ward", pattern_ward)
    kill_all()


@pytest.fixture
def est(ward: Ward) -> Iterator[Est]:
    server = Est(ward).start()
    yield server
    server.stop()
