"""What the project promises in numbers, other than times, is held by the tests as well as the benchmarks."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import pytest

from models.store import default_dir, installed

TIMES = ("ms", "s", "ms a frame")


@pytest.mark.parametrize("name", ["accuracy", "events"])
def test_measured_promises_hold(name: str, shared: Path) -> None:
    """
    Accuracy on labelled pictures, events against labelled people, bytes an event: as `./run bench` says.
    """
    if "picodet-s-coco" not in installed(default_dir()):
        pytest.skip("needs the weights: ./run edgebox models fetch")
    result = importlib.import_module(f"bench.{name}").run(argparse.Namespace(shared=shared))
    promised = [figure for figure in result.figures if figure.target is not None and figure.unit not in TIMES]

    assert promised
    assert [] == [figure for figure in promised if not figure.holds]
