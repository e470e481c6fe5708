"""The four programs of a box as systemd would run them: users, folders, sockets, limits, from their units."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.gpio import simulated
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from edge.ipc.channels import CHANNELS, Program
from models.store import default_dir
from tests.brokers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
UNITS = REPOSITORY / "systemd"
SIREN, FLOOD, BUTTON = 17, 27, 5
HOLD_S = 0.1
PROGRAMS = (Program.GUARD, Program.UPLINK, Program.PAGE, Program.WATCH)
_FIRST_UID, _GID = 9001, 9000
_START_S = 30.0


def can_build() -> bool:
    """Whether this machine lets us be several users with mounts of our own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "-n", "true"], capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit of systemd's says of a program, as far as it can be had without systemd."""

    network: bool
    hidden: tuple[str, ...]
    nice: int
    limits: dict[str, int]

    @classmethod
    def of(cls, program: Program) -> Unit:
        """Read `systemd/edgebox-PROGRAM.service`."""
        text = (UNITS / f"edgebox-{program}.service").read_text(encoding="utf-8")
        said = dict(re.findall(r"^(Nice|Limit[A-Z]+)=(.*)$", text, re.MULTILINE))
        hidden = " ".join(re.findall(r"^InaccessiblePaths=(.*)$", text, re.MULTILINE)).replace("-/", "/")
        limits = {f"RLIMIT_{name.removeprefix('Limit')}": -1 if value == "infinity" else int(value)
                  for name, value in said.items() if name != "Nice"}
        return cls("PrivateNetwork=yes" not in text, tuple(hidden.split()), int(said.get("Nice", 0)), limits)


@dataclass(slots=True)
class Running:
    """One process; all that it says goes to its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End it with all that it has started, also where it has stopped itself."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(slots=True)
class Box:
    """A box in a folder of its own."""

    config: str                         # the text of its edge.toml
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="w-", dir="/tmp")))
    page_port: int = 0
    running: dict[Program, Running] = field(default_factory=dict)
    presses: int = 0                    # of the button, so far
    _sockets: dict[str, socket.socket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        for path in (self.state, self.runtime, self.runtime / "sockets", self.pins, self.folder / "logs"):
            path.mkdir()
        for program in PROGRAMS:
            for parent in (self.state, self.runtime):
                (parent / program).mkdir(mode=0o700)
                os.chown(parent / program, self.uid(program), _GID)
        for path in (self.pins, self.pins / "levels"):
            path.mkdir(exist_ok=True)
            os.chown(path, self.uid(Program.GUARD), _GID)
        self._write_users()
        self._listen()
        self.toml.write_text(self.config, encoding="utf-8")
        os.chown(self.toml, 0, _GID)
        self.toml.chmod(0o640)
        simulated.press(self.pins, BUTTON, "high")
        os.chown(self.pins / "levels" / str(BUTTON), self.uid(Program.GUARD), _GID)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def runtime(self) -> Path:
        return self.folder / "run"

    @property
    def pins(self) -> Path:
        return self.folder / "pins"

    @property
    def toml(self) -> Path:
        return self.folder / "edge.toml"

    @staticmethod
    def uid(program: Program) -> int:
        return _FIRST_UID + PROGRAMS.index(program)

    def start(self, *programs: Program) -> None:
        """Start each as systemd does, and wait until it says that it is at work."""
        for program in programs:
            self.running[program] = self._spawn(program.value, program, [
                sys.executable, "-m", "edge.cli", program.value, "--config", str(self.toml)],
                [channel.name for channel in CHANNELS if channel.receiver is program])
        for program in programs:
            self.wait_for(program, READY[program])

    def wait_for(self, program: Program, text: str, timeout_s: float = _START_S) -> None:
        """Until the program's log holds `text`."""
        until_s = time.monotonic() + timeout_s
        while text not in self.running[program].text:
            said = f"{program} says no {text!r}: {self.running[program].text[-2000:]}"
            assert self.running[program].alive, said
            assert time.monotonic() < until_s, said
            time.sleep(0.05)

    def restart(self, program: Program) -> None:
        """As systemd does after a crash; its sockets stay."""
        self.end(program)
        self.start(program)

    def end(self, program: Program) -> None:
        """Kill it; its sockets stay, as systemd holds them."""
        self.running.pop(program).kill()

    def until(self, holds: Callable[[], object], what: str, timeout_s: float = _START_S) -> None:
        """Wait until `holds()`; what it raises of a file or a connection that is not there yet is no."""
        until_s = time.monotonic() + timeout_s
        while not _holds(holds):
            assert time.monotonic() < until_s, f"waited {timeout_s:g} s for {what}"
            time.sleep(0.1)

    def page_answers(self, path: str) -> int:
        """The status that the page gives to a stranger's GET."""
        context = ssl.create_default_context(cafile=self.state / "page" / "page.crt")
        phone = http.client.HTTPSConnection("127.0.0.1", self.page_port, timeout=5, context=context)
        try:
            phone.request("GET", path)
            return phone.getresponse().status
        finally:
            phone.close()

    def attack(self, program: Program, script: str, *, data_bytes: int | None = None) -> Running:
        """Run Python as the taken-over `program`: its user, its view, its limits. It goes on meanwhile.

        In `script` stand `box`, `state`, `run` and `sockets` (Paths), and all of `ATTACKER`.
        """
        limits = {"RLIMIT_DATA": data_bytes} if data_bytes else {}
        return self._spawn(f"attack-{program}-{secrets.token_hex(3)}", program, [
            sys.executable,
            "-c", ATTACKER.format(folder=str(self.folder), me=program.value) + script], [], limits)

    def press_ms(self) -> float:
        """Press the button as a neighbour does; milliseconds from the end of the hold to the siren."""
        self.presses += 1
        pressed_ns = time.monotonic_ns()
        simulated.press(self.pins, BUTTON, "low")
        try:
            on_ns = self._level_at(SIREN, True, pressed_ns)
        finally:
            simulated.press(self.pins, BUTTON, "high")
        self._level_at(SIREN, False, on_ns)
        return (on_ns - pressed_ns) / 1e6 - HOLD_S * 1000

    def _level_at(self, gpio: int, level: bool, since_ns: int) -> int:
        until_s = time.monotonic() + 20.0
        while time.monotonic() < until_s:
            for change in reversed(simulated.changes(self.pins)):
                if change.mono_ns < since_ns:
                    break
                if (change.gpio, change.level) == (gpio, level):
                    return change.mono_ns
            time.sleep(0.005)
        raise AssertionError(f"GPIO {gpio} did not become {level} within 20 s; guard says: "
                             f"{self.running[Program.GUARD].text[-2000:]}")

    def close(self) -> None:
        for program in list(self.running):
            self.end(program)
        for listener in self._sockets.values():
            listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, name: str, program: Program, command: list[str], sockets: list[str],
               limits: dict[str, int] | None = None) -> Running:
        unit, log = Unit.of(program), self.folder / "logs" / f"{name}.log"
        given = {each: self._sockets[each].fileno() for each in sockets}
        seen_as = {"/var/lib/edgebox": str(self.state), "/run/edgebox": str(self.runtime)}
        hidden = [path.replace(system, here) for path in unit.hidden for system, here in seen_as.items()
                  if path.startswith(f"{system}/")]
        spec = {
            "sockets": given, "network": unit.network, "hidden": hidden, "groups": [_GID],
            "uid": self.uid(program), "gid": _GID,
            "reachable": [sys.base_prefix, sys.prefix, str(REPOSITORY), str(default_dir())],
            "files": {"/etc/passwd": str(self.folder / "passwd")},
            "limits": {"RLIMIT_CORE": 0, **unit.limits, **(limits or {})}, "nice": unit.nice,
            "environment": {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1",
                            "PYTHONUNBUFFERED": "1", "EDGEBOX_MODELS": str(default_dir()),
                            PINS_VARIABLE: f"{SIMULATED}{self.pins}", "HOME": "/"}}
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "tests/walls/enter.py"), json.dumps(spec), *command],
                pass_fds=list(given.values()), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                cwd="/", start_new_session=True)
        return Running(process, log)

    def _write_users(self) -> None:
        users = [f"{program.user}:x:{self.uid(program)}:{_GID}::/:/bin/false\n" for program in PROGRAMS]
        (self.folder / "passwd").write_text(Path("/etc/passwd").read_text() + "".join(users))
        (self.folder / "passwd").chmod(0o644)

    def _listen(self) -> None:
        """The sockets that systemd would hold, each for its sender."""
        for channel in CHANNELS:
            path = channel.path(self.runtime)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            sender = 0 if channel.sender is Program.TOOLS else self.uid(channel.sender)
            os.chown(path, sender, 0)
            path.chmod(0o600)
            listener.listen(channel.limits.backlog)
            self._sockets[channel.name] = listener


@contextlib.contextmanager
def box_of(config: str, **values: object) -> Iterator[Box]:
    """A box that is taken down again, whatever happens.

    In `config` stand {folder} and {page_port}, which are the box's own, and the names of `values`.
    """
    folder = Path(tempfile.mkdtemp(prefix="w-", dir="/tmp"))
    port = free_port()
    box = Box(config.format(folder=folder, page_port=port, **values), folder, port)
    try:
        yield box
    finally:
        box.close()


def _holds(holds: Callable[[], object]) -> bool:
    try:
        return bool(holds())
    except (OSError, http.client.HTTPException, sqlite3.Error):
        return False


READY = {Program.GUARD: "guarding", Program.UPLINK: "uplink", Program.PAGE: "group page",
         Program.WATCH: "watching"}

# What an attacker has at hand, besides Python.
ATTACKER = """
import os, socket, sys, time, json, random, threading, stat, errno, fcntl, signal
from pathlib import Path
me = {me!r}
box = Path({folder!r}); state, run, sockets = box / "state", box / "run", box / "run" / "sockets"

def tries(action):
    try:
        return action()
    except Exception as exc:
        return exc

def connect(name):
    it = socket.socket(socket.AF_UNIX); it.settimeout(2); it.connect(str(sockets / (name + ".sock")))
    return it

def everywhere(action):
    for folder in (state, run, box, sockets, box / "pins", *(top / name for top in (state, run)
                   for name in ("guard", "uplink", "page", "watch"))):
        tries(lambda: action(folder))
"""
