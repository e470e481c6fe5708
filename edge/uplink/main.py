"""`edgebox uplink`: owner of the journal and of the way to the ward.

A composition root. It takes records from watch and guard over a socket each, delivers them over MQTT, and
hands the ward's commands on to guard as they came. While the journal cannot be opened it goes on serving:
each request is refused for now, so that whoever made a record keeps it; but calls and answers go to the ward
all the same (`unstored.py`), and its commands to guard.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from edge import __version__
from edge.base import clock
from edge.base.errors import RetryableError
from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor, beat
from edge.config.folders import made_runtime_folder, runtime_folder, state_folder
from edge.config.load import Config
from edge.config.model import AckFrom
from edge.contract.messages import BirthData, MetricsData, SelfTestSummary, rfc3339
from edge.contract.signing import load_keys
from edge.health import link
from edge.health.gauges import box_gauges
from edge.health.system import System
from edge.ipc.channels import GUARD_TO_UPLINK, UPLINK_TO_GUARD, WATCH_TO_UPLINK, Program
from edge.ipc.messages import Handler
from edge.ipc.records import REQUESTS
from edge.journal.entry import Entry
from edge.journal.given import highest_given
from edge.journal.opening import journal_path, open_journal
from edge.journal.reopening_journal import ReopeningJournal
from edge.uplink.ack_judge import AckJudge
from edge.uplink.clock_teller import ClockTeller
from edge.uplink.delivery import run_delivery
from edge.uplink.guard_messenger import GuardMessenger
from edge.uplink.intake import Intake
from edge.uplink.permissions import Permissions
from edge.uplink.unstored import Unstored

log = logging.getLogger("uplink")

_LOOK_S = 5.0
_TRIED_WITHIN_S = 5.0         # then systemd is told that it serves, and that the journal is away
_STOP_LIMIT_S = 25.0          # connecting to a broker that is away blocks up to some 20 s
_NETWORK_SILENT_S = 120.0     # connecting, with its pauses
_DISK_SILENT_S = 180.0        # a worn card may keep one write for a minute, behind another one
_REPAIR_SILENT_S = 1800.0     # to read a damaged journal from a dying card: to be killed for it mends nothing


def uplink(config: Config, supervisor: Supervisor, model_hash: str,
           tested: Callable[[], SelfTestSummary | None], notifier: Notifier) -> None:
    """Run until `supervisor.stop` is set. Raises FatalError before any thread is started, or of one of them.

    Args:
        model_hash: told in the birth: first 16 hex digits of the weights' sha256, "" where unknown.
        tested: what the last self-test said, asked at each birth.
    """
    runtime_dir = made_runtime_folder(config.settings, Program.UPLINK)
    with link.only_uplink(runtime_dir):
        link.write_link(runtime_dir, up=False, since=rfc3339(clock.now().utc))
        rest = _Uplink(config, supervisor, model_hash, tested)
        try:
            rest.run(notifier)
        finally:
            has_ended = supervisor.end(_STOP_LIMIT_S)
    if has_ended:
        rest.close()


class _Uplink:
    """The threads of one run and what they share."""

    def __init__(self, config: Config, supervisor: Supervisor, model_hash: str,
                 tested: Callable[[], SelfTestSummary | None]) -> None:
        """Raises ConfigError: a key of the ward cannot be used; FatalError: a socket cannot be made."""
        self._config, self._settings, self._supervisor = config, config.settings, supervisor
        self._model_hash, self._tested = model_hash, tested
        box = self._settings.box
        self._root = box.root
        self._key_ids = tuple(load_keys(self._settings.commands.keys))
        self._journal = ReopeningJournal(lambda: open_journal(self._settings), self._report_journal)
        self._fault = ""
        self._to_guard = GuardMessenger(UPLINK_TO_GUARD.client(box.runtime_dir), self._journal, self._root)
        by_ward = self._settings.mqtt.ack is AckFrom.WARD
        self._acks = self._ack_judge() if by_ward else None
        permissions = Permissions(self._root, self._settings.cameras)
        self._of_watch = Intake(WATCH_TO_UPLINK.sender, self._journal, permissions)
        self._unstored = Unstored(self._root, by_ward=by_ward)
        self._of_guard = Intake(GUARD_TO_UPLINK.sender, self._journal, permissions, self._to_guard.stored,
                                renew_calls=by_ward, take_unstored=self._take_unstored)
        self._servers = [
            channel.server(box.runtime_dir, Handler(channel.name, REQUESTS, intake.answer))
            for channel, intake in ((WATCH_TO_UPLINK, self._of_watch), (GUARD_TO_UPLINK, self._of_guard))]

    def run(self, notifier: Notifier) -> None:
        supervisor, mqtt = self._supervisor, self._settings.mqtt
        supervisor.start("journal", self._journal.run, silent_s=_REPAIR_SILENT_S)
        for server in self._servers:
            server.start(supervisor, silent_s=_DISK_SILENT_S)
        supervisor.start("to-guard", self._to_guard.run)
        supervisor.start("clock", ClockTeller(
            self._journal, self._root, runtime_folder(self._settings, Program.UPLINK)).run)
        self._wait_tried()
        supervisor.start("deliver", self._deliver, silent_s=_NETWORK_SILENT_S)
        log.info("uplink ready: box=%s broker=%s:%d", self._root.path, mqtt.host, mqtt.port)
        supervisor.hold(notifier.ready_to_follow(self._status), notifier.feed_every_s)
        notifier.stopping()

    def close(self) -> None:
        """Let go of sockets and journal, after the supervisor's threads have ended."""
        for server in self._servers:
            server.close()
        self._journal.close()

    def _wait_tried(self) -> None:
        deadline_s = time.monotonic() + _TRIED_WITHIN_S
        while not self._journal.tried and time.monotonic() < deadline_s \
                and not self._supervisor.stop.wait(0.01):
            pass
        self._journal.report_if_slow()

    def _status(self) -> str:
        return f"uplink of {self._root.path}" + (f", but: journal: {self._fault}" if self._fault else "")

    def _report_journal(self, why: str) -> None:
        self._fault = why
        self._to_guard.journal_fault(why)

    def _take_unstored(self, entries: Sequence[Entry]) -> bool:
        """Not while the journal is being opened for the first time, which is a matter of a second."""
        if not self._journal.tried or not self._unstored.take(entries):
            return False
        self._journal.appended.set()            # delivery waits for it
        return True

    def _deliver(self, stop: threading.Event) -> None:
        while not self._journal.wait_open(_LOOK_S) and not self._can_tell_birth():
            beat()
            if stop.is_set():
                return

        def on_link(up: bool) -> None:
            self._to_guard.ward_connected(up)
            link.write_link(runtime_folder(self._settings, Program.UPLINK), up, rfc3339(clock.now().utc))

        run_delivery(self._journal, self._settings.mqtt, self._root, self._birth, self._metrics, stop,
                     on_command=self._to_guard.command, on_link=on_link, acks=self._acks,
                     appended=self._journal.appended, unstored=self._unstored)

    def _ack_judge(self) -> AckJudge:
        """Raises ConfigError: a key cannot be used."""
        return AckJudge(load_keys(self._settings.mqtt.ack_keys), self._root, self._to_guard.ack,
                        self._to_guard.ward_silent, self._settings.mqtt.resend_after_s)

    def _birth(self) -> BirthData:
        settings, (seq, epoch, oldest_seq) = self._settings, self._numbers()
        return BirthData(firmware=__version__, model=self._model_hash, config=self._config.short_hash,
                         cameras=tuple(settings.cameras), outputs=tuple(settings.outputs),
                         command_keys=self._key_ids, boot_id=clock.boot_id(), seq=seq, epoch=epoch,
                         oldest_seq=oldest_seq, doctor=self._tested(), title=settings.box.title)

    def _numbers(self) -> tuple[int, str | None, int | None]:
        """The highest number given, the epoch, and the lowest number owed.

        Raises RetryableError: the journal is away, and nothing beside it tells how far it got.
        """
        try:
            oldest_seq = self._journal.oldest_seq()     # before the last is looked at
            return self._journal.last_seq(), self._journal.epoch(), oldest_seq
        except RetryableError:
            given = highest_given(journal_path(self._settings))
            if given is None:
                raise
            return given.seq, given.epoch, None

    def _can_tell_birth(self) -> bool:
        try:
            self._numbers()
        except RetryableError:
            return False
        return True

    def _metrics(self) -> MetricsData:
        depth = self._journal.depth()
        return MetricsData(counters=self._journal.counters(), gauges={
            **self._of_watch.gauges,
            "journal_records": depth.records, "journal_pictures": depth.pictures,
            "journal_bytes": depth.bytes,
            "watch_silent_s": round(self._of_watch.silent_s(time.monotonic()), 1),
            "watch_refused": self._of_watch.refused, "guard_refused": self._of_guard.refused,
            "commands_dropped": self._to_guard.commands_dropped,
            **({} if self._acks is None else {"ack_waiting": self._acks.resend.waiting,
                                              "ack_silent_s": round(self._acks.unanswered_s, 1)}),
            **box_gauges(state_folder(self._settings, Program.UPLINK), System())})
