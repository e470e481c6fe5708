"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import subscriber
from tests.own_logging import own_logging
from tests.tiers import is_quick

# No timed asserts, and hypothesis' deadline is one: machines are shared.
settings.register_profile("edgebox", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("edgebox")

# As `./run` does, so that plain pytest finds the same weights.
os.environ.setdefault("EDGEBOX_MODELS", str(Path(__file__).resolve().parent.parent / ".cache" / "models"))


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    with own_logging():
        yield


@pytest.fixture(autouse=True)
def _published() -> Iterator[None]:
    """Whatever a box says in a test fits the published contract."""
    subscriber.unfit.clear()
    yield
    assert [] == subscriber.unfit


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evaluation data; a test that needs it is left out where there is none."""
    given = os.environ.get("EDGEBOX_SHARED")
    if not given:
        pytest.skip("needs the evaluation data: ./run test --shared DIR, or set EDGEBOX_SHARED")
    folder = Path(given)
    if not folder.is_dir():
        pytest.fail(f"EDGEBOX_SHARED={folder}: no such folder")
    return folder.resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true",
                     help="leave out what starts programs and what is slow; see tests/tiers.py")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--quick"):
        settings.load_profile("quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        kept = [item for item in items if is_quick(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
