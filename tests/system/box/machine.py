"""A box: systemd of the image's root in namespaces, with two disks and a network cable of its own."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.gpio import simulated
from tests.brokers import until
from tests.system.box.disks import Disk, call
from tests.system.box.network import Cable, Network

DATA_BYTES, CARD_BYTES = 96 << 20, 8 << 20
BOOT_S = 60.0
GUARD, WATCH = "edgebox-guard.service", "edgebox-watch.service"
UPLINK, PAGE = "edgebox-uplink.service", "edgebox-page.service"
PROGRAMS = (GUARD, WATCH, UPLINK, PAGE)
FIRSTBOOT, DOCTOR = "edgebox-firstboot.service", "edgebox-doctor.service"
SUPPORT = "edgebox-support.service"
PINS = "/run/edgebox/guard/pins"
_ENTER = Path(__file__).with_name("enter.sh")
_TOLD_CHARS = 8000
_numbers = itertools.count(1)


class Box:
    """One box. Its disks outlive its power; `close` leaves nothing behind."""

    def __init__(self, folder: Path, layers: tuple[Path, ...], network: Network) -> None:
        folder.mkdir()
        self.folder, self._layers, self._network = folder, layers, network
        self._name = f"edgebox-{os.getpid()}-{next(_numbers)}"
        self._id = uuid.uuid4().hex             # a Pi's comes from its serial number
        self.data, self.card = Disk(folder / "data.img", DATA_BYTES), Disk(folder / "card.img", CARD_BYTES)
        self._root, self._log = folder / "root", folder / "console.log"
        self._root.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        self._cable: Cable | None = None
        self._cgroup = _cgroups() / self._name
        self.powered_s = 0.0                    # time.monotonic() of the last power-on
        self.data.mount()
        self.card.mount()

    def power_on(self) -> None:
        """systemd runs and can be asked when this returns; nothing else has to."""
        assert self._process is None
        self._cable = self._network.plug(self._name)
        self._cgroup.mkdir()
        command = ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', self._cgroup,
                   "nsenter", f"--net=/run/netns/{self._name}", "unshare", "--cgroup", "--pid", "--mount",
                   "--uts", "--ipc", "--fork", "--propagation", "private", "sh", _ENTER, self._root,
                   ":".join(map(str, self._layers)), self.data.folder, self.card.folder, self._id]
        with self._log.open("ab") as log:
            self.powered_s = time.monotonic()
            self._process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        process = self._process
        until(lambda: process.poll() is not None or (self._runs("systemd") and self._answers()),
              "systemd to answer", BOOT_S)
        assert process.poll() is None, self._log.read_text()

    def cut_power(self) -> None:
        """Everything ends at once, and what was not on the disks is lost."""
        if self._process is not None:
            self._kill()
            self.data.cut()
            self.card.cut()

    def power_off(self) -> None:
        """As `cut_power`, but the disks are let write: for the end of a test."""
        if self._process is not None:
            self._kill()

    def close(self) -> None:
        self.power_off()
        self.data.remove()
        self.card.remove()

    def _kill(self) -> None:
        assert self._process is not None
        assert self._cable is not None
        (self._cgroup / "cgroup.kill").write_text("1")
        self._process.wait()
        until(lambda: "populated 0" in (self._cgroup / "cgroup.events").read_text(), "processes to be gone")
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            Path(folder).rmdir()
        self._cable.pull()
        self._process, self._cable = None, None

    def _runs(self, program: str) -> bool:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.pid}/comm").read_text().strip() == program
        return False

    def _answers(self) -> bool:
        """Its socket comes some time after its name, on a busy machine a long one."""
        return self.run("systemctl", "show", "--property=Version").returncode == 0

    @property
    def pid(self) -> int:
        """Of its process 1, as we count."""
        assert self._process is not None
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return int(children[0]) if children else own

    def path(self, inside: str) -> Path:
        """A path of the running box, from outside."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def run(self, *words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """A program inside, as root."""
        return subprocess.run(["nsenter", "-t", str(self.pid), "-a", "--", *words], capture_output=True,
                              text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL,
                              env={"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"})

    def say(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stderr.strip()}"
        return done.stdout.strip()

    def show(self, unit: str, key: str) -> str:
        return self.say("systemctl", "show", "--value", "-p", key, unit)

    def is_active(self, unit: str) -> bool:
        return self.run("systemctl", "--quiet", "is-active", unit).returncode == 0

    def stop(self, unit: str) -> None:
        """Stop a service together with its sockets, by which whoever speaks to it would start it again."""
        self.say("systemctl", "stop", *self.show(unit, "TriggeredBy").split(), unit)

    def main_pid(self, unit: str) -> int:
        """Of a running service, as we count. Never 0, which to a signal means ourselves."""
        inside = int(self.show(unit, "MainPID"))
        found = [int(line) for line in self._members(unit) if _inside(int(line)) == inside]
        assert 1 == len(found), f"{unit} does not run"
        return found[0]

    def _members(self, unit: str) -> list[str]:
        group = self._cgroup / self.show(unit, "ControlGroup").lstrip("/")
        return (group / "cgroup.procs").read_text().split()

    def log(self, unit: str) -> str:
        """What it has said since the box was switched on, and systemd of it."""
        return self.run("journalctl", "-b", "--no-pager", "-o", "cat", "-u", unit).stdout

    def report(self) -> dict[str, object]:
        """What the card says; {} before it says anything."""
        try:
            found: dict[str, object] = json.loads((self.card.folder / "report.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    @property
    def pins(self) -> Path:
        return self.path(PINS)

    def level(self, gpio: int) -> bool:
        return simulated.levels(self.pins).get(gpio, False)

    def wait(self, what: str, holds: object, timeout_s: float = BOOT_S) -> None:
        """Until `holds()`; in vain, the box tells all it knows."""
        assert callable(holds)
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > deadline_s:
                pytest.fail(f"waited {timeout_s:.0f} s in vain: {what}\n{self.told()}")
            time.sleep(0.05)

    def told(self) -> str:
        """For whoever looks into a failure."""
        parts = [self._log.read_text(errors="replace")]
        if self._process is not None and self._process.poll() is None:
            parts += [self.run("systemctl", "--no-pager", "--failed").stdout,
                      self.run("journalctl", "-b", "--no-pager", "-n", "60").stdout]
        return "\n".join(part[-_TOLD_CHARS:] for part in parts)


@contextlib.contextmanager
def made_box(folder: Path, layers: tuple[Path, ...], network: Network) -> Iterator[Box]:
    box = Box(folder, layers, network)
    try:
        yield box
    finally:
        box.close()


def _inside(pid: int) -> int:
    """A process's number in its own namespace."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return 0


def _cgroups() -> Path:
    return Path(call("findmnt", "-n", "-o", "TARGET", "-t", "cgroup2").splitlines()[0])
