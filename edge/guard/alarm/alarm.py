"""The panel of a box: threads around the alarm's core.

    alarm           owns state, working copy and outputs; never waits for a disk or the network
    alarm-inputs    opens the inputs, which may have to be tried again; then it is done
    inputs          reports presses and other changes of inputs (edge/gpio/inputs.py)
    alarm-records   the state and the ledger of what the ward must know go onto the card
    alarm-sender    the ledger's records go to uplink
    alarm-schedule  what the arming schedule says

The first two need no card and no uplink: a siren that was sounding when guard died goes on at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

import uuid6

from edge.base import clock
from edge.base.findings import Finding, Kind, State
from edge.base.priority import favour_thread
from edge.base.retry import Retry
from edge.base.supervisor import Supervisor, beat
from edge.base.values import NS_PER_S
from edge.config.folders import made_runtime_folder, state_folder
from edge.config.model import EdgeSettings
from edge.contract.messages import rfc3339
from edge.contract.topics import Root
from edge.gpio.inputs import Inputs
from edge.gpio.pins import Pins
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.camera_tamper import CameraTamper
from edge.guard.alarm.core import Core
from edge.guard.alarm.exchange import Chattering, Exchange, Failed, Snapshot, Ticket
from edge.guard.alarm.hardware import PIN_FAILURES, Driver, FirstTeller, SharedPins
from edge.guard.alarm.ledger import FILE as LEDGER
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.record_sender import RecordSender
from edge.guard.alarm.record_writer import RecordWriter
from edge.guard.alarm.schedule_watch import ScheduleWatch
from edge.guard.alarm.signals import Scheduled
from edge.guard.alarm.view import view_of
from edge.guard.alarm.wishes import WishDesk
from edge.ipc.channels import Program
from edge.ipc.panel import Answer, CallProgress, PanelView, Refusal, Request
from edge.ipc.records import Records

log = logging.getLogger("alarm")

DURABLE_WAIT_S = 1.0        # an answer waits so long for the disk; the siren does not wait
_LOOK_EVERY_S = 0.5         # the longest turn: to see the end coming, and to show that the thread lives
_SILENT_S = 5.0             # and without a turn for so long it hangs
_INPUTS_SILENT_S = 15.0     # to open them takes some seconds where a contact chatters
_DISK_SILENT_S = 120.0      # a worn card may take so long
_SCHEDULE_EVERY_S = 1.0


class AlarmPanel:
    """Implements `edge.ipc.panel.Panel`. First `open`, then `start`, `start_records`, at last `close`."""

    def __init__(self, settings: EdgeSettings, root: Root, exchange: Exchange, core: Core, driver: Driver,
                 pins: SharedPins) -> None:
        """Use `AlarmPanel.open`."""
        self._settings, self._root, self._exchange = settings, root, exchange
        self._core, self._driver, self._pins = core, driver, pins
        self._ledger = Ledger.load(state_folder(settings, Program.GUARD) / LEDGER, settings.mqtt.ack)
        self.wishes = WishDesk(settings.cameras, exchange)
        self.camera_tamper = CameraTamper(settings.cameras, exchange)
        self._inputs: Inputs | None = None
        self._stands = threading.Event()

    @classmethod
    def open(cls, settings: EdgeSettings, root: Root, open_pins: Callable[[], Pins]) -> AlarmPanel:
        """Outputs stand as an earlier run has left them for now when this returns. No disk but `runtime_dir`
        and one read of the card; `open_pins` is called where the box has outputs or inputs.

        Raises:
            FatalError: `box.runtime_dir` cannot be made.
        """
        made_runtime_folder(settings, Program.GUARD)
        exchange, pins = Exchange(), SharedPins(open_pins)
        driver = Driver(settings.outputs, pins)
        core = Core(settings, driver, exchange.publish, lambda: str(uuid6.uuid7()), clock.now())
        return cls(settings, root, exchange, core, driver, pins)

    def start(self, supervisor: Supervisor) -> None:
        """Begin to answer requests and inputs."""
        supervisor.start("alarm", self.run, silent_s=_SILENT_S)
        supervisor.start("alarm-inputs", lambda stop: self._open_inputs(supervisor),
                         silent_s=_INPUTS_SILENT_S)

    @property
    def stands(self) -> bool:
        """Whether outputs and inputs are open, or a fault tells why not."""
        return self._stands.is_set()

    def report_fault(self, what: str, fault: Finding | None) -> None:
        """Something that the alarm goes on without does not work; None: it works again. Any thread.

        It is among the view's faults, and the beacon shows it.
        """
        self._exchange.put(Failed(what, fault))

    def start_records(self, supervisor: Supervisor, records: Records) -> None:
        """Begin to hand records to uplink, and to follow the schedule."""
        lasting = state_folder(self._settings, Program.GUARD) / saved.FILE
        writer = RecordWriter(self._exchange, self._ledger, lasting)
        sender = RecordSender(self._exchange, self._ledger, records, self._root, self._seen)
        supervisor.start("alarm-records", writer.run, silent_s=_DISK_SILENT_S)
        supervisor.start("alarm-sender", sender.run, silent_s=_DISK_SILENT_S)
        supervisor.start("alarm-schedule", self._run_schedule)

    def delivered(self, ids: Iterable[str]) -> None:
        """The broker has these records of alarms, as uplink says. Any thread."""
        self._ledger.delivered(ids, rfc3339(clock.now().utc))
        self._exchange.note_delivery()

    def acked(self, ids: Iterable[str], at_utc: str) -> None:
        """The ward has these records of alarms, since `at_utc`, as its verified ack says. Any thread."""
        self._ledger.acked(ids, at_utc)
        self._exchange.note_delivery()

    def holds(self, name: str) -> bool:
        """Whether the record of an alarm with this id is kept for the ward. Any thread."""
        return self._ledger.holds(name)

    def hand_over_again(self) -> None:
        """Uplink was started anew, and may have lost what it had. Any thread."""
        self._ledger.hand_over_again()

    def run(self, stop: threading.Event) -> None:
        """Turn by turn until `stop`; then everything is off, and the state stays for the next run."""
        favour_thread()
        try:
            while not stop.is_set():
                beat()
                item = self._exchange.next(self._until_due_s())
                outcome = self._core.turn(item, clock.now())
                if isinstance(item, Ticket) and outcome is not None:
                    self._exchange.answer(item, outcome)
        finally:
            self._driver.close()
            self._exchange.close()
            if self._inputs is not None:
                self._inputs.end()

    def close(self) -> None:
        """Let go of the pins, after the supervisor's threads have ended."""
        if self._inputs is not None:
            self._inputs.close()
        self._pins.close()

    def request(self, request: Request, timeout_s: float = 5.0) -> Answer:
        """Put a request to the alarm, as `Panel.request`. Where the disk refuses it is answered after
        `DURABLE_WAIT_S` all the same: by then the outputs stand and the record survives the process; it
        follows onto the card.
        """
        started_s = time.monotonic()
        outcome = self._exchange.ask(request, timeout_s)
        if outcome is None:
            return Answer(False, Refusal.STOPPING)
        left_s = started_s + timeout_s - time.monotonic()
        self._exchange.wait_stored(outcome.number, min(DURABLE_WAIT_S, left_s))
        return outcome.answer

    def view(self) -> PanelView:
        return self._seen(self._exchange.wait_other(None, 0.0))

    def wait(self, version: int, timeout_s: float) -> PanelView:
        return self._seen(self._exchange.wait_version(version, timeout_s))

    def _seen(self, snapshot: Snapshot) -> PanelView:
        return view_of(snapshot.state, self._core.policy, time.monotonic_ns(),
                       version=self._exchange.shown_version(snapshot), since_utc=snapshot.alarm_since_utc,
                       faults=snapshot.faults, mains=snapshot.mains, inputs=snapshot.inputs,
                       progress=partial(self._progress, snapshot))

    def _progress(self, snapshot: Snapshot, alarm_id: str, revs: frozenset[int] | None) -> CallProgress:
        return self._ledger.progress(alarm_id, revs, snapshot.copy.owed)

    def _run_schedule(self, stop: threading.Event) -> None:
        schedule = ScheduleWatch(self._settings.alarm.schedule)
        while not self._exchange.closed:
            beat()
            says = schedule.look(clock.now())
            if says is not None:
                self._exchange.put(Scheduled(says))
            stop.wait(_SCHEDULE_EVERY_S)

    def _until_due_s(self) -> float:
        due_ns = self._core.due_ns
        if due_ns is None:
            return _LOOK_EVERY_S
        return min(_LOOK_EVERY_S, max(0.0, (due_ns - time.monotonic_ns()) / NS_PER_S))

    def _open_inputs(self, supervisor: Supervisor) -> None:
        """Open them. What is active then is told once more, since a restart has not seen it change."""
        if not self._settings.inputs:
            self._stands.set()
            return
        opening = Retry("inputs failing", "inputs working again", log, failures=PIN_FAILURES)
        teller = FirstTeller(self._exchange.put)

        def open_all() -> None:
            self._inputs = Inputs.open(self._settings.inputs, self._pins.get(), teller.report, supervisor,
                                       self._chatters)

        while not opening.run(open_all, time.monotonic_ns()):
            beat()
            self.report_fault("inputs", Finding(Kind.INPUT, "", State.BAD, "inputs-bad",
                                                {"error": opening.fault}))
            self._stands.set()
            if supervisor.stop.wait((opening.at_ns - time.monotonic_ns()) / NS_PER_S):
                return
        teller.report_rest(self._settings.inputs)
        self.report_fault("inputs", None)
        self._stands.set()

    def _chatters(self, input_id: str, is_on: bool) -> None:
        self._exchange.put(Chattering(input_id, is_on, time.monotonic_ns()))
