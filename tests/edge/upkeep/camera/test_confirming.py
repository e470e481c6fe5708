"""A technician confirms a view: asked of the real thread that keeps the references, by a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dev.trial_config import trial_config
from edge.cli import main
from edge.health.reference_file import is_asked, summary
from edge.upkeep.camera.confirming import Confirmed, confirm
from edge.watch.capture.structure import structure_of
from edge.watch.references import References
from tests.threads import running

LOOK = structure_of(np.kron(np.random.default_rng(1).integers(40, 200, (18, 32)),
                            np.ones((10, 10))).astype(np.uint8))
CAMERA = '[cameras.gate]\nsource = "rtsp://127.0.0.1/gate"\n'


@contextmanager
def watching(folder: Path, looks: int) -> Iterator[None]:
    """Watch's references, and a camera that gives `looks` more pictures at each step."""
    references = References(folder, ["gate"])

    def work(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            for _ in range(looks):
                references.of("gate").look(LOOK)
            references.step(0.0)

    with running(work):
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(trial_config(CAMERA, state="state", run="run"), encoding="utf-8")
    (tmp_path / "state" / "watch").mkdir(parents=True)
    return path


def called(config: Path, *arguments: str) -> int:
    return main(["camera", "confirm", *arguments, "--config", str(config), "--lang", "en"])


def test_a_view_is_confirmed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Watch takes it up and learns the view as far as it does not know it; then it is said, and kept.
    """
    with watching(config.parent / "state" / "watch", 5):
        assert 0 == called(config, "gate")

    assert "gate: confirmed." in capsys.readouterr().out
    known = summary(config.parent / "state" / "watch", "gate")
    assert known is not None
    assert known.is_confirmed


def test_a_camera_that_shows_nothing_yet(tmp_path: Path) -> None:
    """
    Taken up, but no minute of pictures came: that is said, and not that it was done.
    """
    with watching(tmp_path, 0):
        assert Confirmed.LEARNING is confirm(tmp_path, "gate", 3.0)


def test_nobody_takes_it_up(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Without watch it waits for its start, and says so.
    """
    assert 1 == called(config, "gate", "--seconds", "0.1")

    assert "edgebox watch does not run" in capsys.readouterr().out
    assert is_asked(config.parent / "state" / "watch", "gate")


def test_what_cannot_be_confirmed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A camera that the config does not know, and a box on which watch has never run.
    """
    assert 64 == called(config, "gaet")
    (config.parent / "state" / "watch").rmdir()
    assert 77 == called(config, "gate")

    error = capsys.readouterr().err
    assert "No camera gaet in the config. There are: gate" in error
    assert "after edgebox watch has run once" in error
