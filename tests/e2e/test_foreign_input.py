"""A real box whose watch, or uplink, was taken over and says what it likes: garbage, lies, far too much.

The attacker has a sender's socket, as that program has it. Guard is never restarted, no alarm is ended and
none begins, a press of the button sounds the siren meanwhile, and afterwards all works.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.trial_config import ROOT
from edge.gpio.simulated import changes, levels, press
from edge.ipc.channels import GUARD_TO_UPLINK, UPLINK_TO_GUARD, WATCH_TO_GUARD, WATCH_TO_UPLINK, Channel
from tests.e2e.stage import Stage
from tests.subscriber import Subscriber
from tests.walls import ALL

BUTTON, SIREN, FLOOD = 5, 17, 22
HOLD_S = 0.2
BOX = f"""
[alarm]
siren_s = 1
[outputs]
siren = {{ kind = "siren", pin = {SIREN} }}
flood = {{ kind = "flood", pin = {FLOOD} }}
[inputs.gate-button]
kind = "panic"
pin = {BUTTON}
hold_s = {HOLD_S}
[cameras.gate]
source = "rtsp://127.0.0.1:1/never"
[cameras.gate.rules.quiet]
kind = "enter"
"""
MEMORY_BYTES = 120 * 1024 * 1024
ATTACK_S = 3.0
GARBAGE = [b"\xff\x00" * 500, b"{", b"[" * 30_000]
ELSEWHERE = "edge/v1/a/b/c/event/gate/enter"


def wish(**changes: object) -> bytes:
    said = {"kind": "wish", "event_id": str(uuid.uuid4()), "camera": "gate", "rule": "quiet",
            "severity": "info", "mode": "siren", "mono_ns": time.monotonic_ns(), "boot_id": "boot"}
    return json.dumps(said | changes).encode()


def beat(number: int) -> bytes:
    return json.dumps({"kind": "beat", "cameras": {f"c{number}": "ok"}}).encode()


def append(topic: str, rank: int = 0) -> bytes:
    entry = {"rank": rank, "topic": topic, "type": "edgebox.alarm.ended", "subject": "x",
             "id": str(uuid.uuid4()), "time": "2026-03-01T08:00:00Z", "mono_ns": 1, "boot_id": "b",
             "data": "{}"}
    return json.dumps({"kind": "append", "entries": [entry]}).encode()


def delivered() -> bytes:
    return json.dumps({"kind": "delivered", "ids": [str(uuid.uuid4())] * 200}).encode()


def command() -> bytes:
    return json.dumps({"kind": "command", "topic": ROOT.command("silence"),
                       "payload": "e30=", "retained": False}).encode()


def state(number: int) -> bytes:
    return json.dumps({"kind": "state", "run": f"r{number}", "ward_connected": True, "fault": "x" * 500,
                       "journal": None}).encode()


LINES: dict[str, tuple[Channel, list[bytes]]] = {
    "garbage to guard as watch": (WATCH_TO_GUARD, [*GARBAGE, b'{"kind":"raise"}']),
    "garbage to guard as uplink": (UPLINK_TO_GUARD, [*GARBAGE, b"null"]),
    "garbage to uplink as watch": (WATCH_TO_UPLINK, [*GARBAGE, b"0" * 100_000]),
    "garbage to uplink as guard": (GUARD_TO_UPLINK, [*GARBAGE, b"true"]),
    "a siren that no rule may": (WATCH_TO_GUARD, [wish() for _ in range(100)]),
    "rules that are not there": (WATCH_TO_GUARD, [wish(rule=f"r{number}") for number in range(100)]),
    "cameras that are not there": (WATCH_TO_GUARD, [beat(number) for number in range(100)]),
    "commands that nobody signed": (UPLINK_TO_GUARD, [command() for _ in range(100)]),
    "calls that were never delivered": (UPLINK_TO_GUARD, [delivered() for _ in range(100)]),
    "an uplink that is another each time": (UPLINK_TO_GUARD, [state(number) for number in range(100)]),
    "alarms in guard's name": (WATCH_TO_UPLINK, [append(ROOT.alarm) for _ in range(50)]),
    "records of another box": (WATCH_TO_UPLINK, [append(ELSEWHERE, 4) for _ in range(50)]),
    "a line without an end": (WATCH_TO_GUARD, [b"x" * 200_000]),
    "a line of many megabytes": (WATCH_TO_UPLINK, [b"x" * 20_000_000]),
}
QUICK = ("garbage to uplink as watch", "alarms in guard's name", "a line of many megabytes")
"""What plain `./run test` plays; tests/walls has the like of the others."""


class Box:
    """Guard and uplink as processes; this test is watch, and whoever else."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.pins, self.run = stage, stage.folder / "pins", stage.state / "run"
        config = stage.config(BOX)
        self.wire = Subscriber(stage.broker.port, "looker", "#")
        self.uplink = stage.uplink(config)
        self.guard = stage.guard(config, environment={"EDGEBOX_PINS": f"simulated:{self.pins}"})
        stage.until(lambda: "guarding" in self.guard.text and (self.pins / "inputs.sock").exists(), "guard")
        stage.until(lambda: "ward connected" in self.uplink.text, "uplink")
        press(self.pins, BUTTON, "high")

    def press_ms(self) -> float:
        """From the press to the siren, beyond the hold; returns when it is silent again."""
        before, at_ns = len(changes(self.pins)), time.monotonic_ns()
        press(self.pins, BUTTON, "low")
        self.stage.until(lambda: levels(self.pins).get(SIREN), "the siren")
        press(self.pins, BUTTON, "high")
        on_ns = next(it.mono_ns for it in changes(self.pins)[before:] if it.gpio == SIREN and it.level)
        self.stage.until(lambda: not levels(self.pins).get(SIREN), "the siren to end")
        return (on_ns - at_ns) / 1e6 - HOLD_S * 1000

    def phases(self) -> list[str]:
        """What the ward has heard of alarms, in order."""
        return [it.json["data"]["phase"] for it in self.wire.on("/alarm")]


@pytest.fixture
def box(stage: Stage) -> Box:
    return Box(stage)


@contextlib.contextmanager
def attacked(path: Path, lines: list[bytes]) -> Iterator[None]:
    """Say all of `lines` again and again, by several connections, until the end."""
    over = threading.Event()

    def attack() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(1.0)
                stranger.connect(str(path))
                for line in lines:
                    stranger.sendall(line + b"\n")
                    if over.is_set():
                        return
            over.wait(0.01)

    threads = [threading.Thread(target=attack) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", LINES if ALL else QUICK)
def test_no_word_of_a_taken_over_program_moves_the_alarm(box: Box, kind: str) -> None:
    """
    While it goes on the button works at once; no siren but the button's, and the ward hears of every press.
    """
    channel, lines = LINES[kind]
    with attacked(channel.path(box.run), lines):
        time.sleep(ATTACK_S)
        assert not [it for it in changes(box.pins) if it.level and it.gpio in (SIREN, FLOOD)]
        late_ms = [box.press_ms() for _ in range(2)]
        for actor in (box.guard, box.uplink):
            assert psutil.Process(actor.pid).memory_info().rss < MEMORY_BYTES

    box.stage.until(lambda: box.phases() == ["raised", "ended"] * 2, "the ward to hear of both presses", 60.0)
    assert max(late_ms) < 250, "by far more than a loaded machine needs"
    assert box.guard.running
    assert box.uplink.running
    for actor in (box.guard, box.uplink):
        assert "Traceback" not in actor.text
        assert len(actor.text.splitlines()) < 300
