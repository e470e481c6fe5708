"""Runs inside the machine: does things to guard, and writes down what the kernel says of two lines.

Standard library only. Says one line "SCENE {...}" for each scene, "DRIVEN {...}" with every level that the
kernel was told at the start, "HELD" with what it knows of who holds the lines, and "PLAYED" in the end; where
something never comes it stops there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SIREN, FLOOD, BUTTON = 17, 22, 5
WATCHING = Path("/run/test/watching")       # guard waits for it, so that its very first level is seen
PATIENCE_S = 300.0
TRACING = Path("/sys/kernel/tracing")
(CHIP,) = Path("/sys/devices/platform").glob("gpio-sim.*/gpiochip*")


class Eye(threading.Thread):
    """Looks at both lines about a thousand times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.changes: list[list[float]] = []
        self.looks = 0
        self.ended = threading.Event()
        self._files = [os.open(CHIP / f"sim_gpio{pin}" / "value", os.O_RDONLY) for pin in (SIREN, FLOOD)]

    def levels(self) -> list[float]:
        return [int(os.pread(file, 2, 0)) for file in self._files]

    def run(self) -> None:
        while not self.ended.wait(0.001):
            levels = self.levels()
            self.looks += 1
            if not self.changes or self.changes[-1][1:] != levels:
                self.changes.append([round(time.monotonic(), 3), *levels])


class InVainError(Exception):
    """What was waited for did not come."""


class Scene:
    def __init__(self, eye: Eye) -> None:
        self._eye, self.notes = eye, list[str]()

    def until(self, siren: int, flood: int | None = None) -> None:
        """Wait for these levels; a note tells how long it took. Raises InVainError."""
        started_s = time.monotonic()
        while True:
            now = self._eye.levels()
            took_s = time.monotonic() - started_s
            if now[0] == siren and flood in (None, now[1]):
                self.notes.append(f"siren {siren} after {took_s:.3f} s")
                return
            if took_s > PATIENCE_S:
                raise InVainError(f"siren {siren}, flood {flood}; they are {now}")
            time.sleep(0.005)


@contextlib.contextmanager
def scene(name: str) -> Iterator[Scene]:
    eye = Eye()
    eye.start()
    time.sleep(0.2)
    now = Scene(eye)
    try:
        yield now
        time.sleep(1.0)
    finally:
        eye.ended.set()
        eye.join()
        print("SCENE " + json.dumps({"name": name, "changes": eye.changes,
                                     "note": "; ".join([*now.notes, f"{eye.looks} looks"])}), flush=True)


def driven() -> dict[int, list[int]]:
    """Every level that a line was told since tracing began, by its number in the header, in order.

    The kernel's own trace, since no look is quick enough for a chirp between two calls of the library. It
    counts lines from a base of its own; the lowest of ours is the button's.
    """
    told = re.findall(r" gpio_(?:value|direction): +(\d+) +(\w+) +\(?(\d)", (TRACING / "trace").read_text())
    base = min(int(line) for line, _, _ in told) - BUTTON
    levels = dict[int, list[int]]()
    for line, what, level in told:
        if what == "set":
            levels.setdefault(int(line) - base, []).append(int(level))
    return levels


def call(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def press() -> None:
    """Hold the button, which pulls its line to ground."""
    pull = CHIP / f"sim_gpio{BUTTON}" / "pull"
    pull.write_text("pull-down")
    time.sleep(2.0)
    pull.write_text("pull-up")


def guarding(other_than: int = 0) -> int:
    """The process number of a guard that is ready. Raises InVainError."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        pid = int(call("systemctl", "show", "--value", "-p", "MainPID", "edgebox-guard") or 0)
        if pid not in (0, other_than) and "guarding:" in call("journalctl", "-o", "cat", f"_PID={pid}"):
            return pid
        time.sleep(0.3)
    raise InVainError("a guard that is ready")


def main() -> None:
    try:
        play()
    finally:
        print(call("journalctl", "-b", "-u", "edgebox-guard", "-o", "short-monotonic", "--no-pager"),
              flush=True)
    print("PLAYED", flush=True)


def play() -> None:
    (TRACING / "events" / "gpio" / "enable").write_text("1")
    with scene("boot"):
        WATCHING.touch()
        pid = guarding()
    print("DRIVEN " + json.dumps(driven()), flush=True)
    print("HELD " + call("gpioinfo", "-c", CHIP.name, str(SIREN), str(FLOOD)).replace("\n", "; "), flush=True)
    with scene("pressed") as now:
        press()
        now.until(1, 0)
    with scene("killed") as now:
        os.kill(pid, signal.SIGKILL)
        now.until(0)
        guarding(other_than=pid)
        now.until(1)
    with scene("over") as now:
        now.until(0, 1)
    with scene("stopped") as now:
        press()
        now.until(1)
        call("systemctl", "stop", "edgebox-guard")
        now.until(0, 1)


if __name__ == "__main__":
    main()
