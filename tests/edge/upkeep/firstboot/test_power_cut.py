"""A power cut at any point of first boot or of renewal: the next start goes on, and nothing is done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.bundle import form
from edge.upkeep.firstboot.identity import IdentityStore
from tests.edge.upkeep.firstboot.stand import RUN_LIMIT_S, Box, WardStand


class Launcher:
    """tests.edge.upkeep.firstboot.cut as a process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "tests.edge.upkeep.firstboot.cut"], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, box: Box, command: str = "firstboot", *more: str, cut_at: int | None = None) -> int:
        """To its end, or to the cut; returns how many effects there were."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"arguments": [*box.arguments(command), *more], "environment": box.machine,
                 "root": str(box.path), "cut_at": cut_at}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        want = 0 if cut_at is None else signal.SIGKILL
        assert want == answer["status"], answer["said"]
        return int(answer["effects"])

    def close(self) -> None:
        self._process.communicate(timeout=RUN_LIMIT_S)


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.close()


def assert_provisioned(box: Box, code: str, certificates: int = 1) -> None:
    store = IdentityStore(box.places.identity)
    current = store.current()
    assert current is not None
    assert box.identity == current.name
    assert store.next_key() is None
    issued = box.ward.book.issued(box.identity)
    assert certificates == len(issued)
    assert int(issued[-1].serial, 16) == current.certificate.serial_number
    assert box.places.marker.exists()
    assert "provisioned" == box.report()["state"]
    assert {form.LIST, form.SIGNER} == {path.name for path in box.places.bundle.iterdir()}
    files = [path for path in box.path.rglob("*") if path.is_file()]
    assert [] == [path for path in files if code.encode() in path.read_bytes()]


@pytest.mark.parametrize("part", range(4))
def test_a_cut_before_every_effect(part: int, tmp_path: Path, ward: WardStand, launcher: Launcher,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Before each file, rename, program and connection in turn: the next start ends provisioned, with exactly
    one certificate issued and no code left.
    """
    whole = Box(tmp_path / "whole", ward, f"whole-{part}")
    whole.put_bundle()
    effects = launcher.run(whole)
    assert 30 < effects
    for cut_at in range(1 + part, effects + 1, 4):
        box = Box(tmp_path / str(cut_at), ward, f"cut-{cut_at}")
        monkeypatch.setenv(*next(iter(box.machine.items())))
        code = box.put_bundle()
        launcher.run(box, cut_at=cut_at)

        launcher.run(box)

        assert_provisioned(box, code)


@pytest.mark.parametrize("part", range(4))
def test_cuts_at_random_points(part: int, tmp_path: Path, ward: WardStand,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    """
    kill -9 of the real process at five random moments each, wherever it is: as above.
    """
    rng = random.Random(part)
    box = Box(tmp_path / "whole", ward, f"timed-{part}")
    box.put_bundle()
    began_s = time.monotonic()
    assert 0 == box.run().returncode
    whole_s = time.monotonic() - began_s
    for turn in range(5):
        box = Box(tmp_path / str(turn), ward, f"random-{part}-{turn}")
        monkeypatch.setenv(*next(iter(box.machine.items())))
        code = box.put_bundle()
        with subprocess.Popen([sys.executable, "-m", "edge.cli", *box.arguments()],
                              env={**os.environ, **box.machine}, stderr=subprocess.DEVNULL) as process:
            time.sleep(rng.uniform(0.3, 1.0) * whole_s)
            process.kill()

        assert 0 == box.run().returncode

        assert_provisioned(box, code)
