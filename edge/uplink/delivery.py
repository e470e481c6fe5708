"""The delivery thread: from the journal to the ward's broker, for ever.

At least once: a row leaves the journal when the broker has acknowledged it. A kill between the two sends it
again, and the ward knows it by `event_id` and `rev`. MQTT 3.1.1 cannot say that a message was refused
(a broker acknowledges and drops what its access list forbids), nor that nobody is subscribed to it, so
MQTT 5 is tried first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from edge.base import clock
from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.mqtt import CONNECT_TIMEOUT_S
from edge.base.mqtt_faults import OTHER_VERSION_MAY_HELP, FaultKind, LinkError, LinkFault
from edge.base.mqtt_values import Outgoing, Protocol
from edge.base.retry import Retry
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.base.wake import Pollable, StopEvent, Wake
from edge.config.model import MqttSettings
from edge.contract.messages import BirthData, MetricsData, StatusData
from edge.contract.topics import Root
from edge.journal.entry import Pending
from edge.journal.reopening_journal import AnyJournal
from edge.uplink import envelope
from edge.uplink.mqtt import Link, Listening
from edge.uplink.report import Reporter
from edge.uplink.sender import Window
from edge.uplink.unstored import Unstored

log = logging.getLogger("deliver")

METRICS_EVERY_S = 60.0
_POLL_S = 0.03              # of a journal that wakes nobody: a new row is at the broker within 50 ms
_IDLE_S = 1.0               # of one that does
_SETTLE_EVERY_S = 0.1       # deletions are collected: each transaction is an fsync
_SETTLE_ROWS = 64
_ACK_TIMEOUT_S = 60.0
_LOOK_AGAIN_S = 1.0         # for what waits after a refusal
_STABLE_S = 60.0            # a connection that holds so long starts the back-off anew
_FAREWELL_S = 2.0
_V5_CHANCES = 2
_FIRST_ANSWER_S = 2.0       # to MQTT 5, until it has worked once
_HEADER_BYTES = 32          # more than MQTT adds to topic and payload


def run_delivery(journal: AnyJournal, settings: MqttSettings, root: Root, birth: Callable[[], BirthData],
                 metrics: Callable[[], MetricsData], stop: threading.Event, *,
                 on_command: Callable[[str, bytes, bool], None] | None = None,
                 on_link: Callable[[bool], None] | None = None, appended: Wake | None = None,
                 backoff: Backoff | None = None, metrics_every_s: float = METRICS_EVERY_S,
                 unstored: Unstored | None = None) -> None:
    """Deliver what `journal` owes until `stop` is set; the body of a thread of its own.

    It beats, but for the time that connecting and a pause take: some 100 s at most.

    Args:
        birth, metrics: asked in this thread, at every connection and once per `metrics_every_s`; a birth that
            says something new, its seq apart, is told again.
        on_command: told topic, payload and whether it is retained, of each message to `root.commands`;
            nothing is subscribed to without it. In this thread, so it returns at once, and never fails.
        on_link: told in this thread when the ward can be reached, and when it no longer can.
        stop: seen at once while connected, where it is a StopEvent, else as often as the journal; connecting
            itself may take some seconds longer.
        appended: set whenever `journal` has more than before; without it the journal is asked 30 times a
            second.
        backoff: of reconnecting; 1 s to 60 s without it.
        unstored: what the journal cannot take goes out by the same connection.

    Raises:
        FatalError: of the journal. Nothing of the network ends it.
    """
    listening = None if on_command is None else Listening(root.commands, on_command)
    _Delivery(journal, settings, root, birth, metrics, stop, listening, on_link or (lambda _up: None),
              appended, backoff or Backoff(), metrics_every_s, unstored).run()


class _Delivery:
    """What one thread knows over all its connections."""

    def __init__(self, journal: AnyJournal, settings: MqttSettings, root: Root,
                 birth: Callable[[], BirthData], metrics: Callable[[], MetricsData], stop: threading.Event,
                 listening: Listening | None, on_link: Callable[[bool], None], appended: Wake | None,
                 backoff: Backoff, metrics_every_s: float, unstored: Unstored | None) -> None:
        self._unstored = unstored
        self._journal, self._settings, self._root, self._stop = journal, settings, root, stop
        self._birth, self._metrics, self._metrics_every_s = birth, metrics, metrics_every_s
        self._listening, self._on_link, self._appended = listening, on_link, appended
        # A dot is in no slug, so two boxes never get one id and throw each other out.
        self._client_id = f"{root.ward}.{root.group}.{root.box}"
        self._at = f"{settings.host}:{settings.port}"
        self._v5_failures = 0                   # in a row, where 3.1.1 then worked
        self._v5_worked = False
        self._backoff = backoff
        self._window = Window()
        self._reporter = Reporter(self._at, self._client_id)
        self._reading = Retry("journal refuses, delivery waits", "journal works again", log,
                              Backoff(1.0, 30.0), passing=(LinkError,))

    def run(self) -> None:
        while not self._stop.is_set():
            beat()
            try:
                link = self._connect()
                try:
                    self._serve(link)
                finally:
                    link.abandon()
                    self._on_link(False)
            except LinkError as exc:
                self._window.lost(time.monotonic_ns())
                self._wait(exc)
            except RetryableError as exc:       # of the journal, while making the birth
                self._wait(exc)
        self._settle_rest()

    def _wait(self, exc: RetryableError) -> None:
        if self._stop.is_set():
            return
        retry_s = self._backoff.next_s()
        fault = exc.fault if isinstance(exc, LinkError) else LinkFault(FaultKind.FILES, str(exc))
        self._reporter.away(fault, retry_s, time.monotonic())
        self._stop.wait(retry_s)

    def _connect(self) -> Link:
        """A connection by the version of MQTT that worked before, or else at once by the other one.

        A broker that says no to MQTT 5 is believed; one that closes or keeps silent only the second time,
        since it may have been shutting down, or the network slow.
        """
        first = Protocol.V5 if self._v5_failures < _V5_CHANCES else Protocol.V311
        try:
            link = self._open(first)
        except LinkError as refused:
            if refused.fault.kind not in OTHER_VERSION_MAY_HELP or self._stop.is_set():
                raise
            try:
                link = self._open(first.other)
            except LinkError as exc:
                raise refused if exc.fault.kind in OTHER_VERSION_MAY_HELP else exc from None
            self._v5_failures += _V5_CHANCES if refused.fault.kind is FaultKind.PROTOCOL else 1
        if link.protocol is Protocol.V5:
            self._v5_failures, self._v5_worked = 0, True
        return link

    def _open(self, protocol: Protocol) -> Link:
        link = Link(self._settings, self._client_id, self._status("offline"), protocol, self._listening,
                    self._unstored)
        untried = protocol is Protocol.V5 and not self._v5_worked
        link.open(self._stop.is_set, _FIRST_ANSWER_S if untried else CONNECT_TIMEOUT_S)
        return link

    def _serve(self, link: Link) -> None:
        """One connection, from birth to farewell."""
        session = _Session(link, self._journal, self._window, self._root, self._reading, self._wakes())
        birth = self._birth()
        session.announce([self._status("online"), envelope.of_birth(birth, self._root, clock.now())])
        began_s = time.monotonic()
        session_is = "kept" if link.session_kept else "new"
        self._reporter.here(f"mqtt={link.protocol.value} session={session_is}", began_s)
        self._window.connected()
        self._on_link(True)
        metrics_due_s = began_s
        while not self._stop.is_set():
            beat()
            session.step(_POLL_S if self._appended is None else _IDLE_S)
            if self._appended is not None:
                self._appended.clear()      # before the journal is asked, so that nothing is missed
            self._reporter.hears(link.deaf)
            now_s = time.monotonic()
            self._reporter.still_here(now_s)
            if session.progress or now_s - began_s > _STABLE_S:
                self._backoff.reset()
            if now_s >= metrics_due_s:
                metrics_due_s = now_s + self._metrics_every_s
                session.publish_once(lambda: envelope.of_metrics(self._metrics(), self._root, clock.now()))
                birth = self._announced_anew(session, birth)
        session.finish(self._status("offline"), _FAREWELL_S)
        log.info("ward left: broker=%s", self._at)

    def _wakes(self) -> Sequence[Pollable]:
        """What ends a session's waiting for the broker."""
        appended = () if self._appended is None else (self._appended,)
        return (*appended, self._stop) if isinstance(self._stop, StopEvent) else appended

    def _announced_anew(self, session: _Session, published: BirthData) -> BirthData:
        """The birth once more, where it says something new: after a self-test, that is."""
        try:
            fresh = self._birth()
        except RetryableError:          # of the journal, which the session tells of
            return published
        if fresh.model_copy(update={"seq": published.seq}) != published:
            session.announce([envelope.of_birth(fresh, self._root, clock.now())])
        return fresh

    def _status(self, state: Literal["online", "offline"]) -> Outgoing:
        return envelope.of_status(StatusData(state=state, boot_id=clock.boot_id()), self._root, clock.now())

    def _settle_rest(self) -> None:
        """What was acknowledged by a connection that then broke need not be sent again."""
        try:
            self._journal.settle(self._window.confirmed)
        except RetryableError as exc:
            log.warning("journal refuses, some rows will be sent again: rows=%d error=\"%s\"",
                        len(self._window.confirmed), exc)


class _Session:
    """One connection at work. One thread."""

    def __init__(self, link: Link, journal: AnyJournal, window: Window, root: Root, reading: Retry,
                 wakes: Sequence[Pollable]) -> None:
        self._wakes = wakes
        self._link, self._journal, self._window, self._root = link, journal, window, root
        self._rows: dict[int, int] = {}                     # message id of a row on its way -> row_id
        self._announced: deque[Outgoing] = deque()      # birth and status, ahead of all rows
        self._seen_version = -1
        self._more = True                                   # the journal may have something to send
        self._look_again_ns = 0
        self._settle_due_ns = 0
        self._reading = reading                             # of the journal, over all connections
        self._refusals: set[str] = set()
        self.progress = False                               # the broker took a row

    def announce(self, messages: list[Outgoing]) -> None:
        """Messages of the box itself, to go before any row."""
        self._announced.extend(messages)

    def publish_once(self, make: Callable[[], Outgoing]) -> None:
        """One message that may be lost. The journal, which it tells of, may fail."""
        message: list[Outgoing] = []
        if self._with_journal(lambda: message.append(make())):
            self._link.publish(message[0])

    def step(self, wait_s: float) -> None:
        """Send what may be sent, then wait for the broker, `wait_s` at most. Raises LinkError."""
        now_ns = time.monotonic_ns()
        self._settle(now_ns)
        self._send(now_ns)
        self._link.pump(0.0 if self._more and self._window.room(self._link.credit) else wait_s, self._wakes)
        self._take_acks(time.monotonic_ns())

    def finish(self, farewell: Outgoing, timeout_s: float) -> None:
        """Take the acknowledgements that are still to come, say goodbye, settle."""
        self._announced = deque([farewell])
        deadline_s = time.monotonic() + timeout_s
        while (self._announced or self._link.unacked) and time.monotonic() < deadline_s:
            self._send_announced()
            self._link.pump(_POLL_S)
            self._take_acks(time.monotonic_ns())
        self._link.close(timeout_s)

    def _send_announced(self) -> None:
        while self._announced and self._link.credit > 0:
            self._link.publish(self._announced.popleft())

    def _send(self, now_ns: int) -> None:
        self._send_announced()
        if self._announced or not self._reading.may_run(now_ns):
            self._more = False
            return
        self._with_journal(lambda: self._send_rows(now_ns))

    def _send_rows(self, now_ns: int) -> None:
        version = self._journal.version()
        if version != self._seen_version or (self._window.waits and now_ns >= self._look_again_ns):
            self._seen_version, self._more = version, True
            self._look_again_ns = now_ns + round(_LOOK_AGAIN_S * NS_PER_S)
        room = self._window.room(self._link.credit)
        if not self._more or room == 0:
            return
        owed = self._journal.owed(room, exclude=self._window.not_now(now_ns),
                                  ranks=self._window.ranks(now_ns))
        self._more = len(owed) == room
        stamp = clock.now()
        for row in owed:
            if self._window.asking(row.rank):
                continue
            message = envelope.of_owed(row, self._root, stamp)
            if not self._window.fits(message.size_bytes):
                self._more = False          # until an acknowledgement makes room
                break
            self._send_row(row, message, now_ns)

    def _send_row(self, row: Pending, message: Outgoing, now_ns: int) -> None:
        limit_bytes = self._link.maximum_packet_bytes
        if message.size_bytes > limit_bytes - _HEADER_BYTES:
            self._window.too_large(row, now_ns)
            self._log_refusal(f"larger than the broker takes ({limit_bytes} bytes)", row.topic)
            return
        mid = self._link.publish(message)
        self._rows[mid] = row.row_id
        self._window.sent(row, message.size_bytes, now_ns)

    def _take_acks(self, now_ns: int) -> None:
        waited = self._window.unclaimed
        for ack in self._link.take_acks():
            row_id = self._rows.pop(ack.mid, None)
            if row_id is None and ack.refusal is not None:
                self._log_refusal(ack.refusal, "status or birth")
            elif row_id is not None and ack.refusal is not None:
                self._window.refused(row_id, now_ns)
                self._log_refusal(ack.refusal, f"row {row_id}")
            elif row_id is not None and ack.unclaimed:
                self._window.not_claimed(row_id, now_ns)
            elif row_id is not None:
                self._window.acknowledged(row_id)
                self.progress = True
            self._more = True
        if waited != self._window.unclaimed:
            self._log_unclaimed()
        if self._window.overdue(now_ns, _ACK_TIMEOUT_S):
            raise LinkError(LinkFault(FaultKind.LOST, "the broker is there but has acknowledged nothing for "
                                                  f"{_ACK_TIMEOUT_S:.0f} s; check its disk and its log"))

    def _log_refusal(self, reason: str, what: str) -> None:
        if reason not in self._refusals:
            self._refusals.add(reason)
            log.error("ward refuses messages: reason=\"%s\" first=\"%s\"; kept and tried again; check the "
                      "broker's access list and limits", reason, what)

    def _log_unclaimed(self) -> None:
        if self._window.unclaimed:
            log.warning("ward not subscribed: reason=\"nobody at the ward is subscribed yet; kept\"; start "
                        "the ward's receiver, or check its topics")
        else:
            log.info("ward subscribed: what was kept for it is delivered")

    def _settle(self, now_ns: int) -> None:
        rows = self._window.confirmed
        due = len(rows) >= _SETTLE_ROWS or now_ns >= self._settle_due_ns or not self._window.on_their_way
        if rows and due and self._reading.may_run(now_ns):
            self._settle_due_ns = now_ns + round(_SETTLE_EVERY_S * NS_PER_S)
            if self._with_journal(lambda: self._journal.settle(rows)):
                self._window.settled(rows)

    def _with_journal(self, work: Callable[[], None]) -> bool:
        """Do it; where the journal is busy or its disk is full, say so once and leave it for a while."""
        return self._reading.run(work, time.monotonic_ns())
