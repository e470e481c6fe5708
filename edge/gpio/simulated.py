"""A folder that stands for a box's pins: gpiozero's own mock pins, fed and recorded from outside.

    levels/<gpio>   "0" or "1": what the pin carries now. It outlives its process, as on a Pi: a siren that
                    was on when guard was killed stays on until somebody puts it off.
    levels.jsonl    every level that an output ever took, with CLOCK_MONOTONIC, one write each
    inputs.sock     "17 low" drives an input; `press` does it, whether or not anybody listens

A pin belongs to one process at a time, as the kernel has it. One that is made an output without saying at
which level starts low, as lgpio does: what would chirp on a board is in the record.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gpiozero import GPIOPinInUse, GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPin

log = logging.getLogger("simulated")

FAULTS: tuple[type[Exception], ...] = (GPIOZeroError, OSError)

_PI_5 = "c04170"        # the revision of a board with the 40-pin header
_SOCKET = "inputs.sock"
_LEVELS = "levels"
_RECORD = "levels.jsonl"


@dataclass(frozen=True, slots=True)
class Change:
    """One level that an output took."""

    mono_ns: int
    gpio: int
    level: bool
    pid: int


def levels(folder: Path) -> dict[int, bool]:
    """What every pin that was ever claimed or pressed carries now."""
    found = {int(path.name): path.read_bytes() for path in (folder / _LEVELS).glob("*")}
    return {gpio: level == b"1" for gpio, level in sorted(found.items()) if level}


def changes(folder: Path) -> list[Change]:
    """The whole record, oldest first; empty before the first output was claimed."""
    try:
        lines = (folder / _RECORD).read_text().splitlines()
    except FileNotFoundError:
        return []
    records = [json.loads(line) for line in lines]
    return [Change(it["mono_ns"], it["gpio"], bool(it["level"]), it["pid"]) for it in records]


def press(folder: Path, gpio: int, level: Literal["low", "high"]) -> None:
    """Hold an input at a level, as a finger does: until the next call, also over restarts."""
    (folder / _LEVELS).mkdir(parents=True, exist_ok=True)
    (folder / _LEVELS / str(gpio)).write_bytes(b"1" if level == "high" else b"0")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, _near(folder) as place, \
            contextlib.suppress(FileNotFoundError, ConnectionRefusedError):     # nobody listens
        sender.sendto(f"{gpio} {level}\n".encode(), place)


@contextlib.contextmanager
def _near(folder: Path) -> Iterator[str]:
    """The socket's path, short: a socket's address has room for 107 characters."""
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{place}/{_SOCKET}"
    finally:
        os.close(place)


class SimulatedPin(MockPin):  # type: ignore[misc]      # gpiozero has no types
    def __init__(self, factory: SimulatedFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._kept = factory.claim(self._number)
        self._state: bool = self._outside(self._pull == "up")
        self.clear_states()

    def output_with_state(self, state: bool) -> None:
        self._function = "output"
        self._take(bool(state))

    def input_with_pull(self, pull: str) -> None:
        self.factory.listen()       # before the level is read, so that no press falls in between
        super().input_with_pull(pull)

    def close(self) -> None:
        self.when_changed = None
        os.close(self._kept)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output":
            self._take(False)

    def _set_state(self, value: float) -> None:
        if self._function == "output" and self._state != bool(value):
            self._take(bool(value))
        else:
            super()._set_state(value)

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self._change_state(self._outside(self._state))      # a finger is stronger than a pull

    def _outside(self, default: bool) -> bool:
        kept = os.pread(self._kept, 1, 0)
        return kept == b"1" if kept else default

    def _take(self, level: bool) -> None:
        """Drive `level`, and record it where it is news."""
        mono_ns, now = time.monotonic_ns(), b"1" if level else b"0"
        known = os.pread(self._kept, 1, 0)
        self._change_state(level)
        if known != now:
            os.pwrite(self._kept, now, 0)
            self.factory.record(mono_ns, self._number, level)


class SimulatedFactory(MockFactory):  # type: ignore[misc]
    """Pins that live in `folder`, which is made where there is none."""

    def __init__(self, folder: Path) -> None:
        super().__init__(revision=_PI_5, pin_class=SimulatedPin)
        (folder / _LEVELS).mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._record = os.open(folder / _RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._listener: _Listener | None = None

    def claim(self, gpio: int) -> int:
        """The open file that is this pin. Raises GPIOPinInUse while another process has it."""
        kept = os.open(self._folder / _LEVELS / str(gpio), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(kept)
            raise GPIOPinInUse("GPIO busy") from None
        return kept

    def record(self, mono_ns: int, gpio: int, level: bool) -> None:
        line = json.dumps({"mono_ns": mono_ns, "gpio": gpio, "level": int(level), "pid": os.getpid()})
        os.write(self._record, f"{line}\n".encode())

    def listen(self) -> None:
        if self._listener is None:
            self._listener = _Listener(self._folder, self._pressed)

    def close(self) -> None:
        """A second time is too late."""
        if self._listener is not None:
            self._listener.close()
        super().close()
        os.close(self._record)

    def _pressed(self, gpio: int, level: bool) -> None:
        for pin in tuple(self.pins.values()):
            if pin._number == gpio and pin.function == "input":
                (pin.drive_high if level else pin.drive_low)()


class _Listener:
    """The thread that turns datagrams into levels: here, "gpiozero's thread"."""

    def __init__(self, folder: Path, on_press: Callable[[int, bool], None]) -> None:
        self._on_press = on_press
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _near(folder) as place:
            Path(place).unlink(missing_ok=True)     # of a process that is gone: pins have one at a time
            self._socket.bind(place)
        self._thread = threading.Thread(target=self._run, name="simulated-inputs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while datagram := self._socket.recv(64):
            gpio, _, level = datagram.decode("ascii", "replace").strip().partition(" ")
            if gpio.isdecimal() and level in ("low", "high"):
                self._on_press(int(gpio), level == "high")
            else:
                log.warning("not a press: %r; want for example '17 low'", datagram)
