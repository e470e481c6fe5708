"""A house with the real alarm in it: real journal, threads and state files; pins are a folder.

As a program, `python -m tests.edge.guard.alarm.house FOLDER`, it is a process that can be killed.
"""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.trial_config import ROOT, trial_settings
from edge.base import clock
from edge.base.supervisor import Supervisor, stop_at_signals, wait_for_end
from edge.base.values import NS_PER_S
from edge.config.model import EdgeSettings
from edge.contract.messages import AlarmCause, AlarmData, AlarmPhase, PanelData, PanelPhase
from edge.gpio import simulated
from edge.gpio.pins import Pins
from edge.guard.alarm.alarm import AlarmPanel
from edge.guard.alarm.ledger import FILE as LEDGER
from edge.guard.alarm.ledger import Ledger
from edge.ipc.panel import Actor, Arm
from edge.ipc.watch_guard import Wish
from edge.journal.entry import Pending, Rank
from edge.journal.store import Journal
from tests.brokers import WAIT_S, until

HANH = Actor(AlarmCause.MEMBER, "Cô Hạnh", "m1")
WARD = Actor(AlarmCause.WARD, "desk-1")
HOLD_S = 0.2
RULE = {"kind": "enter", "severity": "warning", "alarm": "light"}
OUTPUTS: dict[str, Any] = {
    "siren": {"kind": "siren", "pin": 17}, "flood": {"kind": "flood", "pin": 27},
    "beacon": {"kind": "beacon", "pin": 22}}
INPUTS: dict[str, Any] = {
    "panic": {"kind": "panic", "pin": 5, "hold_s": HOLD_S},
    "silent": {"kind": "silent", "pin": 6, "hold_s": HOLD_S},
    "key": {"kind": "key", "pin": 13}, "lid": {"kind": "tamper", "pin": 19},
    "mains": {"kind": "mains", "pin": 26}}


def settings_of(folder: Path, *, hold_s: float = HOLD_S, **alarm: Any) -> EdgeSettings:
    """A box with one of each; `hold_s` of the panic button, `alarm` as in the config's table."""
    return trial_settings(
        folder / "state", folder / "run", outputs=OUTPUTS, alarm=alarm,
        cameras={"gate": {"source": "rtsp://127.0.0.1/gate", "rules": {"night": RULE},
                          "health": {"alarm": "light"}}},
        inputs=INPUTS | {"panic": INPUTS["panic"] | {"hold_s": hold_s}})


def open_pins(folder: Path) -> Callable[[], Pins]:
    return lambda: Pins(simulated.SimulatedFactory(folder / "pins"), simulated.FAULTS, folder / "run")


class Street:
    """What is seen and done from outside a box, whichever process it runs in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pins = folder, folder / "pins"

    def press(self, name: str) -> None:
        """Make an input active, as a finger does: until it is released."""
        simulated.press(self.pins, INPUTS[name]["pin"], "low")

    def release(self, name: str) -> None:
        simulated.press(self.pins, INPUTS[name]["pin"], "high")

    def is_on(self, name: str) -> bool:
        return simulated.levels(self.pins).get(OUTPUTS[name]["pin"], False)

    def levels(self, name: str) -> list[tuple[int, bool]]:
        """Every level that an output took, with CLOCK_MONOTONIC."""
        pin = OUTPUTS[name]["pin"]
        return [(it.mono_ns, it.level) for it in simulated.changes(self.pins) if it.gpio == pin]


class House(Street):
    """With the alarm in this process."""

    def __init__(self, folder: Path, alarm: AlarmPanel, journal: Journal) -> None:
        super().__init__(folder)
        self.alarm, self.journal = alarm, journal

    def until(self, holds: Callable[[], object], what: str) -> None:
        until(holds, what)

    def until_phase(self, *phases: PanelPhase) -> None:
        until(lambda: self.alarm.view().phase in phases, f"the panel to be {phases}")

    def arm(self) -> None:
        self.alarm.request(Arm(WARD, True))
        until(lambda: self.alarm.view().armed, "armed")

    def records(self) -> list[AlarmData]:
        """What the ward is told of alarms, in order."""
        return records(self.journal)

    def phases(self) -> list[AlarmPhase]:
        return [data.phase for data in self.records()]

    def listed(self) -> list[AlarmPhase]:
        """What the card keeps for the ward, in order."""
        return [data.phase for data in Ledger.load(self.folder / "state/guard" / LEDGER).due(0, 1000)]

    def panels(self) -> list[PanelData]:
        """What the ward is told of the panel, in order."""
        return [PanelData.model_validate_json(it.payload) for it in owed(self.journal)
                if it.topic == ROOT.panel]


def owed(journal: Journal) -> list[Pending]:
    return journal.owed(10_000, ranks=[Rank.ALARM, Rank.PANEL])


def records(journal: Journal) -> list[AlarmData]:
    return [AlarmData.model_validate_json(it.payload) for it in owed(journal) if it.topic == ROOT.alarm]


@contextlib.contextmanager
def busy(folder: Path) -> Iterator[None]:
    """Another process that writes and writes: nobody else may."""
    with sqlite3.connect(folder / "state" / "journal.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    other.close()


def a_wish(boot_id: str | None = None, age_s: float = 0.0, **changes: Any) -> Wish:
    """As watch says it when an event of the rule begins."""
    now = clock.now()
    values = {"event_id": str(uuid.uuid4()), "camera": "gate", "rule": "night", "severity": "warning",
              "mode": "light", "mono_ns": now.mono_ns - round(age_s * NS_PER_S),
              "boot_id": boot_id or now.boot_id}
    return Wish.model_validate(values | changes)


@contextlib.contextmanager
def house(folder: Path, settings: EdgeSettings | None = None, pins: Callable[[], Pins] | None = None,
          **alarm: Any) -> Iterator[House]:
    """The alarm, running; a second one in the same folder goes on from it, as a restarted guard does."""
    settings = settings or settings_of(folder, **alarm)
    settings.box.state_dir.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor()
    panel = AlarmPanel.open(settings, ROOT, pins or open_pins(folder))
    journal = Journal.open(settings.box.state_dir / "journal.db", 1 << 24)
    try:
        panel.start(supervisor)
        panel.start_records(supervisor, journal)
        yield House(folder, panel, journal)
    finally:
        supervisor.stop.set()
        stuck = supervisor.join(WAIT_S)
        panel.close()
        journal.close()
    assert (stuck, supervisor.failure) == ([], None)


class Guard(Street):
    """With the alarm in a process of its own."""

    def __init__(self, folder: Path, **alarm: float) -> None:
        super().__init__(folder)
        self._words = [sys.executable, "-X", "faulthandler", "-m", __name__, str(folder),
                       *(f"{key}={it}" for key, it in alarm.items())]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when outputs stand and inputs are heard."""
        self._process = subprocess.Popen(self._words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As `systemctl stop`."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.communicate(timeout=WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGABRT)       # with the stack of each thread
                self._process.communicate()
                raise
            self._process = None


def main(folder: Path, alarm: Mapping[str, float]) -> None:
    ended = threading.Event()
    stop_at_signals(ended)
    with house(folder, settings_of(folder, **alarm)) as h:
        h.until(lambda: h.alarm.view().mains is not None, "inputs to be open")
        print("ready", flush=True)
        wait_for_end(ended)


if __name__ == "__main__":
    main(Path(sys.argv[1]), {key: float(value) for key, value in (it.split("=") for it in sys.argv[2:])})
