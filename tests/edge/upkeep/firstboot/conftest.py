"""One ward a worker: making its keys takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.upkeep.firstboot.stand import Box, WardStand, make_ward


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WardStand]:
    """With its enrolment server running."""
    stand = make_ward(tmp_path_factory.mktemp("ward") / "phuong-5")
    with stand.serving():
        yield stand


@pytest.fixture
def box(tmp_path: Path, ward: WardStand, request: pytest.FixtureRequest) -> Box:
    """A new box, whose name nobody had before."""
    return Box(tmp_path / "box", ward, f"hop-{abs(hash(request.node.nodeid)) % 10**9}")
