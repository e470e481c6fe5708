"""One box of a storm: its uplink as a process behind a cable of its own, and what others would hand to it.

The alarm's records come from guard's own ledger, which keeps each until the ward's signed ack names it;
events come from a writer that stands for watch. The uplink may be killed at any moment, and started under
another clock.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import uuid6

from dev.trial_config import ROOT, trial_config
from edge.base.clock import boot_id
from edge.base.errors import RetryableError
from edge.base.supervisor import Supervisor
from edge.config.model import AckFrom
from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, AlarmTimes, Who
from edge.contract.signing import load_keys
from edge.contract.topics import Root
from edge.guard.alarm.ledger import Ledger, id_of
from edge.guard.alarm.records import alarm_entry
from edge.guard.alarm.ward_acks import WardAcks
from edge.guard.uplink_monitor import UplinkMonitor
from edge.ipc.channels import GUARD_TO_UPLINK, UPLINK_TO_GUARD
from edge.ipc.messages import Handler
from edge.ipc.records import MAX_ENTRIES, RecordSink
from edge.ipc.uplink_guard import REQUESTS
from tests.e2e.stage import Actor, surroundings
from tests.e2e.writer import event_id
from tests.losses.cable import Cable

_TURN_S = 0.1


class Calls:
    """Guard's part that calls pass through, in a thread of the test; its ledger outlives everything."""

    def __init__(self, folder: Path, run: Path, root: Root, ack_key: Path) -> None:
        self._ledger, self._root = Ledger.load(folder / "calls.json", AckFrom.WARD), root
        self.pressed: dict[str, datetime] = {}      # id of each record -> when its ledger had it
        self._sink = RecordSink(GUARD_TO_UPLINK.client(run), answer_within_s=2.0)
        self._supervisor = Supervisor()
        acks = WardAcks(root.path, load_keys([ack_key]), self._ledger)
        monitor = UplinkMonitor(self._ledger, lambda *_: None, acks.arrived)
        self._server = UPLINK_TO_GUARD.server(run, Handler(UPLINK_TO_GUARD.name, REQUESTS, monitor.answer))
        self._server.start(self._supervisor)
        self._open = True
        self._thread = threading.Thread(target=self._hand_over, name="calls")
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many records no ack has named yet."""
        return len(self._ledger.due(2 ** 62, 10_000))

    def press(self, number: int) -> None:
        """A neighbour presses: a silent call and its end, as two records of one alarm."""
        alarm_id = str(uuid6.uuid7())
        for rev, phase in enumerate((AlarmPhase.RAISED, AlarmPhase.SILENCED)):
            now = datetime.now(UTC)
            data = AlarmData(
                alarm_id=alarm_id, rev=rev, phase=phase, mode=AlarmMode.SILENT,
                raised_by=Who(cause=AlarmCause.MEMBER, name=f"nhà {number}"),
                t=AlarmTimes(at=now, mono_ns=time.monotonic_ns(), boot_id=boot_id(), clock_synchronised=True))
            self._ledger.add([data])
            self._ledger.write()
            self.pressed[id_of(data)] = now

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._supervisor.stop.set()
        self._supervisor.join()
        self._server.close()

    def _hand_over(self) -> None:
        while self._open:
            self._ledger.wait(_TURN_S)
            calls = self._ledger.due(time.monotonic_ns(), MAX_ENTRIES)
            if calls:
                with suppress(RetryableError):
                    self._sink.append_all([alarm_entry(self._root, data) for data in calls])
                    self._ledger.handed_over(calls, time.monotonic_ns())


class StormBox:
    """Start it, make calls and events, and do it harm. One thread, but for `calls`."""

    def __init__(self, folder: Path, number: int, broker_port: int, ack_key: Path, clock: Path) -> None:
        folder.mkdir()
        self.name = f"hop-0{number}"
        self.root = Root(ROOT.ward, ROOT.group, self.name)
        self._folder, self._clock, self.run = folder, clock, folder / "run"
        self.cable = Cable(broker_port)
        self._config = folder / "edge.toml"
        text = trial_config(state=folder / "state", run=self.run, mqtt_port=self.cable.port)
        text = text.replace(f'id = "{ROOT.box}"', f'id = "{self.name}"')
        text = text.replace("[mqtt]", f'[mqtt]\nack = "ward"\nack_keys = ["{ack_key}"]\nresend_after_s = 20')
        self._config.write_text(text + _CAMERA)
        self.uplink: Actor | None = None
        self._said = 0                      # how long the log was when it was started last
        self.calls = Calls(folder, self.run, self.root, ack_key)
        # A minute for each number: no two boxes give one id twice.
        self._begin = datetime(2026, 12, 1, number, tzinfo=UTC)
        self._writer = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.writer", str(self.run), self._begin.isoformat(), self.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings())
        self._stored = threading.Thread(target=self._count, name="writer")
        self.stored = 0
        self._stored.start()

    def start(self, clock_ahead_s: int | None = None) -> None:
        clock = {} if clock_ahead_s is None else {
            "LD_PRELOAD": str(self._clock), "CLOCK_AHEAD_S": str(clock_ahead_s)}
        command = [sys.executable, "-m", "edge.cli", "uplink", "--config", str(self._config)]
        log = self._folder / "uplink.log"
        self._said = len(log.read_text(encoding="utf-8")) if log.exists() else 0
        self.uplink = Actor("uplink", command, log, surroundings(clock), None)

    def kill(self) -> None:
        assert self.uplink is not None
        self.uplink.kill()

    @property
    def serves(self) -> bool:
        """Whether its uplink has come up since it was started last."""
        up = self.uplink
        return up is not None and up.running and "uplink ready" in up.text[self._said:]

    def see(self, upto: int) -> None:
        """Have the writer hand over its events up to number `upto`."""
        assert self._writer.stdin is not None
        self._writer.stdin.write(f"{upto}\n")
        self._writer.stdin.flush()

    def event_ids(self, count: int) -> set[str]:
        return {event_id(number, self._begin) for number in range(1, count + 1)}

    def close(self) -> None:
        self._writer.kill()
        self._writer.wait()
        self._stored.join()
        self.calls.close()
        if self.uplink is not None:
            self.uplink.kill()
        self.cable.close()

    def _count(self) -> None:
        assert self._writer.stdout is not None
        for line in self._writer.stdout:
            self.stored += line.startswith("stored")


_CAMERA = """
[cameras.gate]
source = "rtsp://127.0.0.1/gate"
[cameras.gate.rules.someone]
kind = "enter"
"""
