"""`edgebox guard`: what must never be away: alarm and buttons, delivery, commands, the group's page.

A composition root. It imports nothing that decodes, infers or draws, so that it stays small and starts at
once. The alarm comes first and needs none of the rest: a journal that cannot be opened or fails, a port that
is taken and a roster that is damaged are told and tried again, while siren and buttons work.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from edge import __version__
from edge.base import clock
from edge.base.backoff import Backoff
from edge.base.errors import FatalError, RetryableError
from edge.base.notify import Notifier
from edge.base.priority import favour_process
from edge.base.supervisor import Supervisor, beat
from edge.bundle.roster_opening import open_guards_roster
from edge.config.load import Config
from edge.contract.messages import BirthData, CameraState, MetricsData, rfc3339
from edge.contract.topics import Root
from edge.gpio.pins import hold, open_factory
from edge.guard.alarm.alarm import AlarmPanel
from edge.guard.care.caretaker import Caretaker
from edge.guard.commands.handler import open_desk
from edge.health import link
from edge.health.records import BEAT, HeartbeatMonitor, health_entry
from edge.ipc.health import Surroundings
from edge.journal.opening import open_journal
from edge.journal.reopening_journal import ReopeningJournal
from edge.upkeep.doctor import last_result as kept
from edge.upkeep.doctor import rules
from edge.upkeep.doctor.finding import Finding, Kind, State
from edge.uplink.delivery import run_delivery

log = logging.getLogger("guard")

_LOOK_EVERY_S = 5.0
_STANDS_WITHIN_S = 5.0        # then systemd is told that the alarm works, and what of it does not
_STOP_LIMIT_S = 25.0          # connecting to a broker that is away blocks up to some 20 s
_NETWORK_SILENT_S = 120.0     # connecting, with its pauses
_REPAIR_SILENT_S = 1800.0     # to read a damaged journal from a dying card: to be killed for it mends nothing


def guard(config: Config, supervisor: Supervisor, model_hash: str, notifier: Notifier) -> None:
    """Run until `supervisor.stop` is set. Raises FatalError before any thread is started, or of one of them.

    `model_hash` is told in the birth: first 16 hex digits of the weights' sha256, "" where unknown.
    """
    settings = config.settings
    favour_process()
    with hold(settings.box.runtime_dir):
        root = Root(settings.box.ward, settings.box.group, settings.box.id)
        alarm = AlarmPanel.open(settings, root, lambda: open_factory(settings.box.runtime_dir))
        try:
            rest = _Guard(config, supervisor, root, alarm, model_hash)
            alarm.start(supervisor)
            rest.run(notifier)
        finally:
            supervisor.stop.set()         # also where the rest could not be started
            stuck = supervisor.join(_STOP_LIMIT_S)
            alarm.close()
        if stuck:
            log.warning("threads still busy at exit, left to the system: %s", ",".join(stuck))
        else:
            rest.close()


def status_line(root: Root, faults: Iterable[str]) -> str:
    """What `systemctl status` shows: that the alarm is on guard, and what of the box does not work."""
    told = "; ".join(dict.fromkeys(faults))
    return f"guarding {root.path}" + (f", but: {told}" if told else "")


class _Guard:
    """All that comes after the alarm."""

    def __init__(self, config: Config, supervisor: Supervisor, root: Root, alarm: AlarmPanel,
                 model_hash: str) -> None:
        """Raises ConfigError: a command key cannot be used."""
        self._config, self._settings, self._supervisor, self._root = config, config.settings, supervisor, root
        self._alarm, self._model_hash = alarm, model_hash
        self._journal = ReopeningJournal(lambda: open_journal(config.settings), self._tell_journal)
        self._desk = open_desk(self._settings, root, alarm, self._journal)
        self._away = {"journal": "", "group page": ""}      # why they do not work although the alarm does
        self._cameras: Mapping[str, str] = {}   # their states, as the journal had them last
        self._heartbeat = HeartbeatMonitor(time.monotonic())
        self._ward_connected = False
        self._care = Caretaker(self._settings, self._journal_found)

    def run(self, notifier: Notifier) -> None:
        """Start the rest; tell systemd once the alarm stands, and feed the watchdog from then to the end."""
        settings, supervisor = self._settings, self._supervisor
        supervisor.start("journal", self._journal.run, silent_s=_REPAIR_SILENT_S)
        self._wait_standing()
        self._alarm.start_records(supervisor, self._journal)
        supervisor.start("commands", self._desk.run)
        supervisor.start("deliver", self._deliver, silent_s=_NETWORK_SILENT_S)
        supervisor.start("heartbeat", self._keep_vigil)
        if settings.page.enabled:
            supervisor.start("page", self._serve_page, silent_s=_NETWORK_SILENT_S)
        log.info("guarding: box=%s broker=%s:%d", self._root.path, settings.mqtt.host, settings.mqtt.port)
        told = self._status()
        notifier.ready(told)

        def feed() -> None:
            nonlocal told
            notifier.feed()
            if told != self._status():
                told = self._status()
                notifier.status(told)

        supervisor.hold(feed, notifier.feed_every_s)
        notifier.stopping()

    def close(self) -> None:
        """After the supervisor's threads have ended."""
        self._journal.close()

    def _wait_standing(self) -> None:
        """Outputs and inputs first, and the journal where it opens as quickly as it mostly does."""
        deadline_s = time.monotonic() + _STANDS_WITHIN_S
        while not (self._alarm.stands and self._journal.tried) and time.monotonic() < deadline_s \
                and not self._supervisor.stop.wait(0.01):
            pass
        self._journal.tell_if_slow()

    def _status(self) -> str:
        away = [f"{what}: {why}" for what, why in self._away.items() if why]
        return status_line(self._root, [*self._alarm.view().faults, *away])

    def _tell_journal(self, why: str) -> None:
        self._away["journal"] = why
        self._alarm.tell_fault("journal", why)

    def _deliver(self, stop: threading.Event) -> None:
        while not self._journal.wait_open(_LOOK_EVERY_S):       # the birth tells how far it got
            beat()
            if stop.is_set():
                return

        def on_link(up: bool) -> None:
            self._ward_connected = up
            link.tell(self._settings.box.runtime_dir, up, rfc3339(clock.now().utc))

        def birth() -> BirthData:
            return BirthData(firmware=__version__, model=self._model_hash, config=self._config.short_hash,
                             cameras=tuple(self._settings.cameras), outputs=tuple(self._settings.outputs),
                             command_keys=self._desk.key_ids, boot_id=clock.boot_id(),
                             seq=self._journal.last_seq(), doctor=kept.summary(self._settings.box.state_dir),
                             title=self._settings.box.title)

        run_delivery(self._journal, self._settings.mqtt, self._root, birth, self._metrics, stop,
                     on_command=self._desk.arrived, on_link=on_link)

    def _metrics(self) -> MetricsData:
        depth = self._journal.depth()
        return MetricsData(counters=self._journal.counters(), gauges={
            "journal_records": depth.records, "journal_pictures": depth.pictures,
            "journal_bytes": depth.bytes,
            "watch_silent_s": round(self._heartbeat.silent_s(time.monotonic()), 1)})

    def _serve_page(self, stop: threading.Event) -> None:
        """The page is slow to load and may not be able to listen: it comes last, and is tried again."""
        from edge.page.server import GroupPage

        backoff = Backoff(1.0, 30.0)
        while not stop.is_set():
            beat()
            try:
                page = GroupPage(self._settings, self._alarm, open_guards_roster(self._settings),
                                 self._surroundings, self._care)
            except (FatalError, RetryableError) as exc:     # of the page alone: the siren does not care
                if self._away.get("group page") != str(exc):
                    log.error("group page cannot be opened, tried again until it can: error=\"%s\"", exc)
                self._away["group page"] = str(exc)
                stop.wait(backoff.next_s())
            else:
                self._away["group page"] = ""
                log.info("group page: address=%s", page.address)
                page.run(stop)

    def _surroundings(self) -> Surroundings:
        """Asked by the page, in threads of its own."""
        with suppress(RetryableError):          # the journal is away: as it was
            present = self._journal.present()
            states = {name: present.get(self._root.health(name)) for name in self._settings.cameras}
            self._cameras = {name: json.loads(told.data)["state"] if told else CameraState.LOST.value
                             for name, told in states.items()}
        return Surroundings(cameras=self._cameras, ward_connected=self._ward_connected,
                            title=self._settings.box.title or self._settings.box.id,
                            health=self._care.health())

    def _journal_found(self) -> Finding:
        try:
            depth, counters = self._journal.depth(), self._journal.counters()
        except RetryableError as exc:
            return Finding(Kind.JOURNAL, "", State.BAD, "journal-bad", {"error": exc})
        return rules.journal(depth.bytes, self._settings.journal.max_bytes, depth.records, counters)

    def _keep_vigil(self, stop: threading.Event) -> None:
        """Tell the ward that its cameras are not watched, when the process that watches them is gone."""
        untold: tuple[str, ...] = ()
        heartbeat, waits = self._heartbeat, False
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            try:
                if heartbeat.look(self._journal.counters().get(BEAT, 0), time.monotonic()):
                    untold = tuple(self._settings.cameras) if heartbeat.silent else ()
                    log.warning("watch is %s",
                                "silent: its cameras are told lost" if heartbeat.silent else "back")
                for camera in untold:
                    self._journal.append(health_entry(
                        self._root, camera, CameraState.LOST,
                        "nothing watches it: edgebox watch does not run or hangs", clock.now()))
                    untold = untold[1:]
                waits = False
            except RetryableError as exc:       # a full disk: the state is told once there is room
                if not waits:
                    log.warning("heartbeat waits: error=\"%s\"", exc)
                waits = True
