"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared", default=os.environ.get("EDGEBOX_SHARED"), metavar="DIR",
                     help="folder with evaluation data and tools that are not part of the project")


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Path:
    """The folder of evaluation data; a test that needs it is left out where there is none."""
    given = request.config.getoption("--shared")
    if not given:
        pytest.skip("needs the evaluation data: pass --shared DIR or set EDGEBOX_SHARED")
    folder = Path(given)
    if not folder.is_dir():
        pytest.fail(f"--shared {folder}: no such folder")
    return folder.resolve()
