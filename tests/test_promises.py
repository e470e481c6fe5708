"""What the project promises in numbers, other than times, is held by the tests as well as the benchmarks."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import pytest

from models.store import default_dir, installed

TIMES = ("ms", "s", "ms a frame")

# Aims that are not reached, and by how much at most; docs/figures.md says more. All else that misses is a
# fault. One swap of two people moves IDF1 by 0.03 to 0.09, and the last bits of an inference, which differ
# from machine to machine and with its load, decide one.
NOT_REACHED = {"PETS09-S2L1 5/s: events a person": 0.12, "PETS09-S2L1 5/s: IDF1 of the tracker": 0.1}


@pytest.mark.parametrize("name", ["accuracy", "events"])
def test_measured_promises_hold(name: str, shared: Path) -> None:
    """
    Accuracy on labelled pictures, events against labelled people, bytes an event: as `./run bench` says.
    """
    if "picodet-s-coco" not in installed(default_dir()):
        pytest.skip("needs the weights: ./run edgebox models fetch")
    result = importlib.import_module(f"bench.{name}").run(
        argparse.Namespace(shared=shared, quick=True, set=()))
    promised = [figure for figure in result.figures if figure.target is not None and figure.unit not in TIMES]

    assert promised
    short = {figure.name: abs(figure.value - (figure.target or 0)) for figure in promised if not figure.holds}
    assert short.keys() <= NOT_REACHED.keys()
    assert {} == {name: by for name, by in short.items() if by > NOT_REACHED[name]}
