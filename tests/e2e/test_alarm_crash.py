"""Fifty alarms while the box's processes are killed and stopped around them.

The test is the service manager: a guard that dies is followed by `edgebox alarm off`, as its unit says, and
is started again; so are watch and uplink.
"""

from __future__ import annotations

import itertools
import json
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.base.values import NS_PER_S
from edge.gpio.simulated import Change, changes, levels, press
from tests.e2e.stage import Actor, Stage, cut, heard
from tests.subscriber import Subscriber

ALARMS = 50
DEEDS = ("kill_guard", "stop_guard", "kill_uplink", "kill_guard", "stop_uplink", "kill_watch", "stop_watch")
JOINS_NS = 10 * NS_PER_S
BUTTON, SIREN, FLOOD = 5, 17, 22
SIREN_S, HOLD_S = 1.0, 0.2
BOX = """
[alarm]
siren_s = {siren_s}
[outputs]
siren = { kind = "siren", pin = 17 }
flood = { kind = "flood", pin = 22 }
[inputs.gate-button]
kind = "panic"
pin = 5
hold_s = {hold_s}
[cameras.plaza]
source = "{clip}"
fps = 2
[cameras.plaza.rules.someone]
kind = "enter"
"""


class Manager:
    """Keeps guard, watch and uplink running, and does mischief to them at random."""

    def __init__(self, stage: Stage, config: Path, pins: Path, seed: int) -> None:
        self._stage, self._config, self._random = stage, config, random.Random(seed)
        self._environment = {"EDGEBOX_PINS": f"simulated:{pins}"}
        self.uplink, self.guard, self.watch = stage.uplink(config), self._start_guard(), stage.watch(config)
        self.done: Counter[str] = Counter()
        self._mischief: threading.Thread | None = None

    def _start_guard(self) -> Actor:
        return self._stage.guard(self._config, environment=self._environment)

    def begin(self, number: int) -> None:
        """Something happens to a process within the next second, at a moment that no test chooses."""
        delay_s = self._random.uniform(0.0, HOLD_S + SIREN_S + 0.4)
        deed = DEEDS[number % len(DEEDS)]
        self.done[deed] += 1
        self._mischief = threading.Timer(delay_s, getattr(self, deed))
        self._mischief.start()

    def end(self) -> None:
        assert self._mischief is not None
        self._mischief.join()

    def kill_guard(self) -> None:
        self.guard.kill()
        off = self._stage.start("off", "edge.cli", "alarm", "off", "--config", self._config,
                                environment=self._environment)
        assert 0 == off.wait(60.0), off.text
        self.guard = self._start_guard()

    def kill_watch(self) -> None:
        self.watch.kill()
        self.watch = self._stage.watch(self._config)

    def kill_uplink(self) -> None:
        self.uplink.kill()
        self.uplink = self._stage.uplink(self._config)

    def stop_guard(self) -> None:
        _hang(self.guard)

    def stop_watch(self) -> None:
        _hang(self.watch)

    def stop_uplink(self) -> None:
        _hang(self.uplink)


def _hang(actor: Actor) -> None:
    """While an alarm runs its course, with whatever it holds."""
    process = psutil.Process(actor.pid)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("model")
def test_no_alarm_is_lost_and_no_siren_sticks(stage: Stage, footage: dict[str, Path]) -> None:
    """
    Each of 50 presses sounds the siren; every alarm is at the ward, in order, from raised to its end; nothing
    is on at the end, and nothing was on for longer than its time and the time that guard was away.
    """
    pins = stage.folder / "pins"
    clip = cut(footage["plaza"], stage.folder / "clip.mp4", 4.0)
    wire = Subscriber(stage.broker.port, "looker", "#")
    config = stage.config(BOX, siren_s=SIREN_S, hold_s=HOLD_S, clip=clip)
    manager = Manager(stage, config, pins, seed=7)
    stage.until(lambda: "guarding" in manager.guard.text, "guard to be ready")
    stage.until(lambda: (pins / "inputs.sock").exists(), "the button to be read")
    press(pins, BUTTON, "high")
    pressed_ns = []

    for number in range(ALARMS):
        stage.until(lambda: not levels(pins).get(SIREN), "the siren to be silent", 60.0)
        before = len(changes(pins))
        manager.begin(number)
        pressed_ns.append(time.monotonic_ns())
        press_until_it_sounds(stage, pins, before)
        manager.end()

    stage.until(lambda: not levels(pins)[SIREN] and not levels(pins)[FLOOD], "all to be off", 60.0)
    stage.until(lambda: "ended" == wire.on("/alarm")[-1].json["data"]["phase"], "the last end", 60.0)
    stage.until(lambda: stage.owed() == 0, "all to be delivered", 60.0)
    time.sleep(2.0)                     # guard hears of it, and keeps none of them any more
    check_told([it.json for it in heard(wire, stage) if it.topic.endswith("/alarm")], pressed_ns)
    check_levels(changes(pins))
    assert dict.fromkeys(DEEDS, 7) | {"kill_guard": 15} == manager.done
    calls = (stage.state / "guard/calls.json").read_text().splitlines()[0]
    assert [] == json.loads(calls), "the ward has them all"


def press_until_it_sounds(stage: Stage, pins: Path, before: int) -> None:
    """As a neighbour does: hold it, and where nothing is heard let go and hold it again.

    Where guard dies at the end of a hold and is back only after the second that an alarm lasts here, the
    alarm is told and over; a box's alarm lasts a minute.
    """
    deadline_s = time.monotonic() + 60.0
    while not sounded(pins, before):
        assert time.monotonic() < deadline_s, "no press is heard"
        press(pins, BUTTON, "low")
        tired_s = time.monotonic() + 4.0
        while not sounded(pins, before) and time.monotonic() < tired_s:
            time.sleep(0.01)
        press(pins, BUTTON, "high")
        time.sleep(0.2)             # shorter than its debounce time, letting go would be noise


def sounded(pins: Path, before: int) -> bool:
    """Whether the siren has come on since the record had so many lines."""
    return any(change.gpio == SIREN and change.level for change in changes(pins)[before:])


def check_told(records: list[dict[str, Any]], pressed_ns: list[int]) -> None:
    """In the order of facts, which is that of seq: revs of each alarm rise by one to its end; each press
    raised or joined one. What uplink told while its journal was away has no seq.

    A press that joins within ten seconds of what the same button has had recorded is no record of its own.
    """
    records.sort(key=lambda record: (record["data"]["t"]["mono_ns"], record.get("seq", 0)))
    numbers = [record["seq"] for record in records if "seq" in record]
    assert sorted(numbers) == numbers
    lives: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    raised_ns = []
    for record in records:
        data = record["data"]
        entry = (data["rev"], data["phase"])
        if entry in lives[data["alarm_id"]]:
            continue                            # told twice, by the same id: a kill came in between
        lives[data["alarm_id"]].append(entry)
        if data["phase"] in ("raised", "joined"):
            raised_ns.append(data["t"]["mono_ns"])
            assert "gate-button" == data["raised_by"]["name"]
    for life in lives.values():
        assert list(range(len(life))) == [rev for rev, _ in life]
        assert ("raised", "ended") == (life[0][1], life[-1][1])
    assert sorted(raised_ns) == raised_ns
    for begin_ns, end_ns in zip(pressed_ns, [*pressed_ns[1:], time.monotonic_ns()], strict=True):
        assert [at_ns for at_ns in raised_ns if begin_ns - JOINS_NS <= at_ns < end_ns], "a press is lost"


def check_levels(record: list[Change]) -> None:
    """Everything is off in the end; between two processes' words a level may have stood while none lived."""
    for gpio in (SIREN, FLOOD):
        mine = [change for change in record if change.gpio == gpio]
        assert not mine[-1].level
        for on, off in itertools.pairwise(mine):
            if on.level and on.pid == off.pid:
                assert off.mono_ns - on.mono_ns < (SIREN_S + 1.0) * NS_PER_S
