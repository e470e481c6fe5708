"""`edgebox watch` on cameras at the port: from picture to event, and through a lost camera and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from dev.trial_config import trial_config
from edge.base.findings import State
from edge.config.load import load
from edge.journal.entry import Pending
from edge.journal.store import Journal
from edge.upkeep.doctor.camera_child import look_at_all
from tests.system.camera.real_port import port_processes

_CAMERAS = """
[page]
enabled = false

[model]
threads = 1

[cameras.gate]
source = "csi:Virtual0"
[cameras.gate.rules.someone]
kind = "enter"
severity = "warning"
min_height_ratio = 0.05

[cameras.yard]
source = "csi:Virtual1"
stall_s = 2
[cameras.yard.rules.someone]
kind = "enter"
"""
_WAIT_S = 120.0
_NETWORKS = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(trial_config(_CAMERAS, state=tmp_path / "state", run=tmp_path / "run", mqtt_port=1))
    for folder in ("state", "run"):
        (tmp_path / folder).mkdir()
    return path


@pytest.fixture
def box(config: Path) -> Iterator[Callable[[], str]]:
    """Uplink, which takes records, and watch; what the two have said so far."""
    log = config.parent / "log"
    with log.open("ab") as file:
        actors = [subprocess.Popen([sys.executable, "-m", "edge.cli", program, "--config", str(config)],
                                   stdin=subprocess.DEVNULL, stdout=file, stderr=file)
                  for program in ("uplink", "watch")]
    yield log.read_text
    for actor in reversed(actors):
        actor.terminate()
    assert [0, 0] == [actor.wait(_WAIT_S) for actor in actors], log.read_text()


def owed(folder: Path) -> list[Pending]:
    """What lies in the journal: records of events, and their pictures."""
    path = folder / "state" / "uplink" / "journal.db"
    if not path.exists():
        return []
    with closing(Journal.open(path, 512 << 20)) as journal:
        return journal.owed(500)


def heard(log: Callable[[], str], words: str, times: int) -> bool:
    return log().count(words) >= times


def keeps_nothing(pids: list[int]) -> None:
    """No process of a camera's has a file open for writing, or a socket on a network."""
    for pid in pids:
        network = "".join(Path(f"/proc/{pid}/net/{name}").read_text() for name in _NETWORKS)
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            target = str(fd.readlink())
            kind, _, inode = target.partition(":")
            if kind == "socket":
                assert f" {inode.strip('[]')} " not in network, target
            elif kind not in ("pipe", "anon_inode") and not target.startswith(("/memfd:", "/dev/null")):
                flags = Path(f"/proc/{pid}/fdinfo/{fd.name}").read_text().split("flags:")[1].split()[0]
                assert int(flags, 8) & os.O_ACCMODE == os.O_RDONLY, target


def until(holds: Callable[[], object], log: Callable[[], str], what: str) -> None:
    deadline_s = time.monotonic() + _WAIT_S
    while not holds():
        assert time.monotonic() < deadline_s, f"waited in vain: {what}\n{log()}"
        time.sleep(0.1)


def test_from_picture_to_event_and_through_a_loss(config: Path, box: Callable[[], str]) -> None:
    """
    Who walks before the camera is an event with pictures in the journal. The other camera's process is
    killed, and then stopped: lost each time, and back by itself, while the first goes on.
    """
    folder = config.parent
    until(lambda: any(it.type.startswith("edgebox.event.enter") for it in owed(folder)), box, "an event")
    until(lambda: any(it.seq is None for it in owed(folder)), box, "its pictures")
    assert all(it.payload.startswith(b"\xff\xd8\xff") for it in owed(folder) if it.seq is None)
    until(lambda: len(port_processes()) == 2, box, "two cameras")
    for number, told in ((signal.SIGKILL, "its process ended (SIGKILL)"),
                         (signal.SIGSTOP, "no picture for 2.0 s")):
        yard = next(pid for pid in port_processes()
                    if b"Virtual1" in Path(f"/proc/{pid}/cmdline").read_bytes())
        back = box().count("camera back: camera=yard") + 1
        os.kill(yard, number)
        until(partial(heard, box, f'camera lost: camera=yard error="{told}', 1), box, told)
        until(partial(heard, box, "camera back: camera=yard", back), box, "it is back")
        keeps_nothing(port_processes())
    assert "camera lost: camera=gate" not in box()


def test_doctor_sees_them(config: Path) -> None:
    """
    Each camera is opened for real and found well, with the size of its picture.
    """
    settings = load(config).settings
    found = [finding for look in look_at_all(settings.cameras) for finding in look.found()]
    assert {("gate", State.OK, "1920x1080"), ("yard", State.OK, "1280x720")} <= {
        (it.name, it.state, it.values.get("size")) for it in found}
