"""How far a self-test is, as another process sees it, whatever becomes of the one that runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.base.findings import Kind
from edge.health import progress
from edge.health.progress import FILE, Progress
from tests.brokers import until

KILLED = """
import os, signal, sys
from pathlib import Path
from edge.health import progress
from edge.base.findings import Kind
with progress.reporting(Path(sys.argv[1])) as tell:
    tell(2, 8, Kind.MODEL)
    signal.pause()
"""


def test_each_step_is_told_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    """
    Nothing before and after; in between the latest step, also where it is shorter than the one before.
    """
    seen = [progress.read(tmp_path)]
    with progress.reporting(tmp_path) as tell:
        for done, kind in ((10, Kind.CERTIFICATE), (7, Kind.DISK)):
            tell(done, 12, kind)
            seen.append(progress.read(tmp_path))

    assert [None, Progress(10, 12, "certificate"), Progress(7, 12, "disk")] == seen
    assert [] == [*tmp_path.iterdir()]


def test_one_that_is_killed_is_told_from_one_that_runs(tmp_path: Path) -> None:
    """
    By kill -9: what it left behind says that it is over, until it is forgotten or another one runs.
    """
    running = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    until(lambda: progress.read(tmp_path) == Progress(2, 8, "model"), "the step")
    os.kill(running.pid, signal.SIGKILL)
    running.wait()

    assert Progress(2, 8, "model", is_on=False) == progress.read(tmp_path)
    with progress.reporting(tmp_path):
        found = progress.read(tmp_path)
        assert found is not None
        assert found.is_on
    assert progress.read(tmp_path) is None


def test_a_file_laid_in_its_way_is_not_written_through(tmp_path: Path) -> None:
    """
    A link to somewhere else, where the file is to be or where it is made: what it leads to stays as it is.
    """
    precious = tmp_path / "precious"
    precious.write_text("as it was")
    (tmp_path / FILE).symlink_to(precious)
    (tmp_path / f".{FILE}.new").symlink_to(precious)

    assert progress.read(tmp_path) is None
    with progress.reporting(tmp_path) as tell:
        tell(1, 2, Kind.WARD)
        assert Progress(1, 2, "ward") == progress.read(tmp_path)

    assert "as it was" == precious.read_text()


@pytest.mark.parametrize("content", [
    b"", b"[", b"[" * 1024, b"7", b'{"done": "x", "steps": 3, "kind": 1}', b"\xff",
    b'{"done": 1e999, "steps": 3, "kind": ""}', b'{"done": 4, "steps": 3, "kind": ""}'])
def test_whatever_lies_there_is_no_error(tmp_path: Path, content: bytes) -> None:
    """
    Half written, or put there by somebody: something, and never an exception.
    """
    (tmp_path / FILE).write_bytes(content)

    assert Progress(0, 0, "", is_on=False) == progress.read(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """
    Guard's page must not hang on what another user has put there: no file of ours is no self-test.
    """
    os.mkfifo(tmp_path / FILE)

    assert progress.read(tmp_path) is None


def test_without_a_folder_the_test_goes_on(tmp_path: Path) -> None:
    """
    Nothing depends on it.
    """
    with progress.reporting(tmp_path / "none") as tell:
        tell(1, 2, Kind.WARD)
