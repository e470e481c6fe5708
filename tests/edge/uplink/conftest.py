"""A journal and a broker for tests that ask for them; no broker outlives its test, also one that fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal.store import Journal
from tests.brokers import Broker, kill_all, mosquitto
from tests.edge.journal.entries import MIB


@pytest.fixture(autouse=True)
def _no_broker_is_left() -> Iterator[None]:
    yield
    kill_all()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 64 * MIB)
    opened._db.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()
