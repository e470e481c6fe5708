"""`edgebox guard`: what must never be away: alarm and buttons, and all authority over them.

A composition root. It imports nothing that decodes, infers, draws or speaks to a network, so that it stays
small and starts at once. The alarm comes first and needs none of the rest: an uplink, a watch or a page that
is away and a roster that is damaged are logged and tried again, and a socket that cannot be made costs its
sender alone, while siren and buttons work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from edge.base.errors import ConfigError
from edge.base.findings import Finding, Kind, State
from edge.base.notify import Notifier
from edge.base.priority import favour_process
from edge.base.supervisor import Supervisor, beat
from edge.bundle.roster_opening import open_guards_roster, open_roster_copy
from edge.config.folders import runtime_folder, state_folder
from edge.config.load import Config
from edge.contract.signing import RawKey, load_keys
from edge.contract.topics import Root
from edge.gpio.pins import hold, open_factory
from edge.guard.alarm.alarm import AlarmPanel
from edge.guard.alarm.ward_acks import WardAcks
from edge.guard.care.box_monitor import BoxMonitor
from edge.guard.care.caretaker import Caretaker
from edge.guard.commands.handler import open_desk
from edge.guard.commands.lessons import FILE, LessonBook
from edge.guard.requests.request_server import RequestServer
from edge.guard.uplink_monitor import UplinkMonitor
from edge.guard.watch_monitor import WatchMonitor
from edge.health import rules
from edge.ipc import uplink_guard, watch_guard
from edge.ipc.channels import GUARD_TO_UPLINK, UPLINK_TO_GUARD, WATCH_TO_GUARD, Program, Servers
from edge.ipc.health import Surroundings
from edge.ipc.messages import Handler, Message
from edge.ipc.records import RecordSink

log = logging.getLogger("guard")

_LOOK_EVERY_S = 1.0
_STANDS_WITHIN_S = 5.0        # then systemd is told that the alarm works, and what of it does not
_STOP_LIMIT_S = 15.0          # uplink may hang while a record is handed over
_UPLINK_WITHIN_S = 10.0       # then it is asked again: what it is asked bears that


def guard(config: Config, supervisor: Supervisor, notifier: Notifier) -> None:
    """Run until `supervisor.stop` is set. Raises FatalError: before any thread is started, or of one."""
    settings = config.settings
    favour_process()
    folder = runtime_folder(settings, Program.GUARD)
    with hold(folder):
        root = settings.box.root
        alarm = AlarmPanel.open(settings, root, lambda: open_factory(folder))
        try:
            rest = _Guard(config, supervisor, root, alarm)
            alarm.start(supervisor)
            rest.run(notifier)
        finally:
            has_ended = supervisor.end(_STOP_LIMIT_S)       # also where the rest could not be started
            alarm.close()
        if has_ended:
            rest.close()


def status_line(root: Root, faults: Iterable[str]) -> str:
    """What `systemctl status` shows: that the alarm is on guard, and what of the box does not work."""
    joined = "; ".join(dict.fromkeys(faults))
    return f"guarding {root.path}" + (f", but: {joined}" if joined else "")


class _Guard:
    """All that comes after the alarm."""

    def __init__(self, config: Config, supervisor: Supervisor, root: Root, alarm: AlarmPanel) -> None:
        """Raises ConfigError: a command key cannot be used."""
        self._settings, self._supervisor, self._root, self._alarm = config.settings, supervisor, root, alarm
        settings, runtime_dir = config.settings, config.settings.box.runtime_dir
        self._sink = RecordSink(GUARD_TO_UPLINK.client(runtime_dir), _UPLINK_WITHIN_S)
        lessons = LessonBook.load(state_folder(settings, Program.GUARD) / FILE, settings.cameras)
        self._desk = open_desk(settings, root, alarm, self._sink, lessons)
        self._box = BoxMonitor(state_folder(settings, Program.GUARD), alarm.report_fault)
        self._watch = WatchMonitor(root, settings.cameras, self._sink, alarm.wishes.answer, lessons,
                                   alarm.report_fault)
        acks = WardAcks(root.path, self._ack_keys(), alarm)
        self._uplink = UplinkMonitor(alarm, self._desk.arrived, acks.arrived)
        self._servers = Servers()
        self._servers.open(WATCH_TO_GUARD, runtime_dir,
                           Handler(WATCH_TO_GUARD.name, watch_guard.REQUESTS, self._heard_watch))
        self._servers.open(UPLINK_TO_GUARD, runtime_dir,
                           Handler(UPLINK_TO_GUARD.name, uplink_guard.REQUESTS, self._uplink.answer))
        self._unacknowledged = False
        self._uplink_fault = self._roster_fault = ""    # why they do not work although the alarm does
        self._care = Caretaker(settings, self._journal_found)
        self._requests = RequestServer(alarm, self._care, self._surroundings,
                                       lambda: open_guards_roster(settings),
                                       lambda: open_roster_copy(settings), self._note_roster)

    def run(self, notifier: Notifier) -> None:
        """Start the rest; tell systemd once the alarm stands, and feed the watchdog from then to the end."""
        settings, supervisor = self._settings, self._supervisor
        self._alarm.start_records(supervisor, self._sink)
        supervisor.start("commands", self._desk.run)
        supervisor.start("heartbeat", self._watch.run)
        supervisor.start("uplink", self._look_at_uplink)
        supervisor.start("box", self._box.run)
        self._servers.start(supervisor)
        self._wait_standing()
        self._requests.start(supervisor, settings)
        log.info("guarding: box=%s", self._root.path)
        supervisor.hold(notifier.ready_to_follow(self._status), notifier.feed_every_s)
        notifier.stopping()

    def close(self) -> None:
        """Let go of sockets and roster, after the supervisor's threads have ended."""
        self._requests.close()
        self._servers.close()
        self._sink.close()

    def _ack_keys(self) -> dict[str, RawKey]:
        """The receiver's keys. Without one that can be used the alarm works, and forgets no call."""
        try:
            return load_keys(self._settings.mqtt.ack_keys)
        except ConfigError as exc:
            log.error("no ack of the ward can be verified, every call is kept: error=\"%s\"", exc)
            self._alarm.report_fault("ack-keys", Finding(Kind.ACK, "", State.BAD, "ack-keys-bad",
                                                         {"error": str(exc)}))
            return {}

    def _heard_watch(self, message: watch_guard.Asked) -> Message:
        """Raises RetryableError: the alarm does not answer."""
        if isinstance(message, watch_guard.Beat):
            self._alarm.camera_tamper.heard(message.cameras)
        return self._watch.answer(message)

    def _wait_standing(self) -> None:
        """Outputs and inputs first, as quickly as they open."""
        deadline_s = time.monotonic() + _STANDS_WITHIN_S
        while not self._alarm.stands and time.monotonic() < deadline_s \
                and not self._supervisor.stop.wait(0.01):
            pass

    def _status(self) -> str:
        found = [fault.line for fault in self._alarm.view().faults]      # uplink's is among them
        roster = [f"members: {self._roster_fault}"] if self._roster_fault else []
        return status_line(self._root, [*found, *roster, *self._servers.faults, *self._requests.unreachable])

    def _note_roster(self, fault: str) -> None:
        if fault != self._roster_fault:
            self._roster_fault = fault
            finding = Finding(Kind.DISK, "", State.BAD,
                              "members-unsaved", {"error": fault}) if fault else None
            self._alarm.report_fault("members", finding)

    def _look_at_uplink(self, stop: threading.Event) -> None:
        """What of uplink does not work is among the alarm's faults: only the ward hears nothing meanwhile."""
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            fault = self._uplink.fault()
            if fault != self._uplink_fault:
                self._uplink_fault = fault
                log.log(logging.ERROR if fault else logging.INFO, "uplink: %s", fault or "works again")
                finding = Finding(Kind.JOURNAL, "", State.BAD,
                                  "journal-bad", {"error": fault}) if fault else None
                self._alarm.report_fault("uplink", finding)
            if self._uplink.unacknowledged != self._unacknowledged:
                self._unacknowledged = not self._unacknowledged
                self._alarm.report_fault("acks", Finding(Kind.WARD, "", State.BAD, "ward-unacknowledged")
                                         if self._unacknowledged else None)

    def _surroundings(self) -> Surroundings:
        """Looked at in a thread of its own."""
        return Surroundings(cameras=self._watch.cameras(), ward_connected=self._uplink.ward_connected,
                            title=self._settings.box.title or self._settings.box.id,
                            health=self._care.health())

    def _journal_found(self) -> Finding:
        figures = self._uplink.journal
        if figures is None:
            why = self._uplink.fault() or "edgebox uplink has not said yet how it is"
            return Finding(Kind.JOURNAL, "", State.BAD, "journal-bad", {"error": why})
        return rules.journal(figures.bytes, self._settings.journal.max_bytes, figures.records,
                             {"journal_lost": figures.lost})
