"""`edgebox guard`: what must never be away: alarm and buttons, delivery, commands, the group's page.

A composition root. It imports nothing that decodes, infers or draws, so that it stays small and starts at
once. The alarm comes first and needs none of the rest: a full disk, a port that is taken and a roster that is
damaged are told and tried again, while siren and buttons work.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from edge import __version__, clock, link
from edge.alarm.alarm import Alarm
from edge.alarm.pins import hold, open_factory
from edge.backoff import Backoff
from edge.config.load import Config
from edge.contract.messages import BirthData, CameraState, MetricsData, rfc3339
from edge.contract.topics import Root
from edge.delivery.deliver import run_delivery
from edge.delivery.desk import CommandDesk, open_desk
from edge.doctor import kept
from edge.errors import FatalError, RetryableError
from edge.health import BEAT, Vigil, health_entry
from edge.journal.store import Journal
from edge.notify import Notifier
from edge.page.surroundings import Surroundings
from edge.priority import favour_process
from edge.state import open_journal, open_roster
from edge.worker import Crew, beat

log = logging.getLogger("guard")

_LOOK_EVERY_S = 5.0
_STOP_LIMIT_S = 25.0          # connecting to a broker that is away blocks up to some 20 s
_NETWORK_SILENT_S = 120.0     # connecting, with its pauses
T = TypeVar("T")


def guard(config: Config, crew: Crew, model_hash: str, notifier: Notifier) -> None:
    """Run until `crew.stop` is set. Raises FatalError before any thread is started, or of one that ended.

    `model_hash` is told in the birth: first 16 hex digits of the weights' sha256, "" where unknown.
    """
    settings = config.settings
    favour_process()
    with hold(settings.box.runtime_dir):
        root = Root(settings.box.ward, settings.box.group, settings.box.id)
        alarm = Alarm.open(settings, root, lambda: open_factory(settings.box.runtime_dir))
        alarm.start(crew)
        notifier.status("the alarm is ready; the rest is starting")
        try:
            journal = _open_patiently(lambda: open_journal(settings), "journal", crew.stop)
            if journal is not None:
                _Guard(config, crew, root, alarm, journal, model_hash).run(notifier)
        finally:
            crew.stop.set()         # also where the rest could not be started
            stuck = crew.join(_STOP_LIMIT_S)
            alarm.close()
        if stuck:
            log.warning("threads still busy at exit, left to the system: %s", ",".join(stuck))
        elif journal is not None:
            journal.close()


def _open_patiently(opening: Callable[[], T], what: str, stop: threading.Event) -> T | None:
    """What `opening` opens, however long the disk refuses; None when the end comes first."""
    backoff = Backoff(1.0, 30.0)
    while not stop.is_set():
        beat()
        try:
            return opening()
        except RetryableError as exc:
            retry_s = backoff.next_s()
            if backoff.attempts == 1:
                log.error("%s cannot be opened, the alarm works without: error=\"%s\" retry_in_s=%.1f",
                          what, exc, retry_s)
            stop.wait(retry_s)
    return None


class _Guard:
    """All that comes after the alarm."""

    def __init__(self, config: Config, crew: Crew, root: Root, alarm: Alarm, journal: Journal,
                 model_hash: str) -> None:
        self._config, self._settings, self._crew, self._root = config, config.settings, crew, root
        self._alarm, self._journal, self._model_hash = alarm, journal, model_hash
        self._vigil = Vigil(time.monotonic())
        self._ward_connected = False

    def run(self, notifier: Notifier) -> None:
        """Start the rest, then feed the watchdog until the end."""
        settings, crew = self._settings, self._crew
        desk = open_desk(settings, self._root, self._alarm, self._journal)
        self._alarm.start_records(crew, self._journal)
        crew.start("commands", desk.run)
        crew.start("deliver", lambda stop: self._deliver(desk, stop), silent_s=_NETWORK_SILENT_S)
        crew.start("vigil", self._keep_vigil)
        if settings.page.enabled:
            crew.start("page", self._serve_page, silent_s=_NETWORK_SILENT_S)
        log.info("guarding: box=%s broker=%s:%d", self._root.path, settings.mqtt.host, settings.mqtt.port)
        notifier.ready(f"guarding {self._root.path}")
        crew.hold(notifier.feed, notifier.feed_every_s)
        notifier.stopping()

    def _deliver(self, desk: CommandDesk, stop: threading.Event) -> None:
        def on_link(up: bool) -> None:
            self._ward_connected = up
            link.tell(self._settings.box.runtime_dir, up, rfc3339(clock.now().utc))

        def birth() -> BirthData:
            return BirthData(firmware=__version__, model=self._model_hash, config=self._config.short_hash,
                             cameras=tuple(self._settings.cameras), outputs=tuple(self._settings.outputs),
                             command_keys=desk.key_ids, boot_id=clock.boot_id(), seq=self._journal.last_seq(),
                             doctor=kept.summary(self._settings.box.state_dir))

        run_delivery(self._journal, self._settings.mqtt, self._root, birth, self._metrics, stop,
                     on_command=desk.arrived, on_link=on_link)

    def _metrics(self) -> MetricsData:
        depth = self._journal.depth()
        return MetricsData(counters=self._journal.counters(), gauges={
            "journal_records": depth.records, "journal_pictures": depth.pictures,
            "journal_bytes": depth.bytes, "watch_silent_s": round(self._vigil.silent_s(time.monotonic()), 1)})

    def _serve_page(self, stop: threading.Event) -> None:
        """The page is slow to load and may not be able to listen: it comes last, and is tried again."""
        from edge.page.server import GroupPage

        def opened() -> GroupPage:
            try:
                roster = open_roster(self._settings)
                return GroupPage(self._settings, self._alarm, roster, self._surroundings)
            except FatalError as exc:       # for the page, not for the siren
                raise RetryableError(str(exc)) from exc

        page = _open_patiently(opened, "group page", stop)
        if page is not None:
            log.info("group page: address=%s", page.address)
            page.run(stop)

    def _surroundings(self) -> Surroundings:
        """Asked by the page, in threads of its own."""
        present = self._journal.present()
        states = {name: present.get(self._root.health(name)) for name in self._settings.cameras}
        return Surroundings(
            cameras={name: json.loads(told.data)["state"] if told else CameraState.LOST.value
                     for name, told in states.items()},
            ward_connected=self._ward_connected, title=self._settings.box.title or self._settings.box.id)

    def _keep_vigil(self, stop: threading.Event) -> None:
        """Tell the ward that its cameras are not watched, when the process that watches them is gone."""
        untold: tuple[str, ...] = ()
        vigil = self._vigil
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            try:
                if vigil.look(self._journal.counters().get(BEAT, 0), time.monotonic()):
                    untold = tuple(self._settings.cameras) if vigil.silent else ()
                    log.warning("watch is %s",
                                "silent: its cameras are told lost" if vigil.silent else "back")
                for camera in untold:
                    self._journal.append(health_entry(
                        self._root, camera, CameraState.LOST,
                        "nothing watches it: edgebox watch does not run or hangs", clock.now()))
                    untold = untold[1:]
            except RetryableError as exc:       # a full disk: the state is told once there is room
                log.warning("vigil waits: error=\"%s\"", exc)
