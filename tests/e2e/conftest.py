"""What the end-to-end tests share: real footage, and a stage whose logs are shown when a test fails."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from dev.footage import fetch_footage
from edge.base.errors import RetryableError
from tests.e2e.stage import REPOSITORY, Stage, needs_model


@pytest.fixture(scope="session")
def footage() -> dict[str, Path]:
    """The demo's clips by name ("plaza", "road"); offline and silent once they are there."""
    try:
        return fetch_footage(REPOSITORY / ".cache" / "footage")
    except RetryableError as exc:
        pytest.skip(f"needs the demo's footage, which cannot be fetched: {exc}")


@pytest.fixture
def model() -> None:
    """The default weights are installed."""
    needs_model()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None],
                              ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    stage = getattr(item, "funcargs", {}).get("stage")
    if report.failed and isinstance(stage, Stage):
        report.sections += stage.logs()
    return report
