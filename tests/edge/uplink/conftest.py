"""No broker outlives its test, also when the test fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.brokers import kill_all


@pytest.fixture(autouse=True)
def _no_broker_is_left() -> Iterator[None]:
    yield
    kill_all()
