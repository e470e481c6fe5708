"""The delivery thread: from the journal to the ward's broker, for ever.

At least once: a row leaves the journal when the ward has acknowledged it (`ack_judge.py`), or, where the box
has no key of its receiver, the broker. A kill between the two sends it again, and the ward knows it by its
number, or by `event_id` and `rev`. MQTT 3.1.1 cannot say that a message was refused
(a broker acknowledges and drops what its access list forbids), nor that nobody is subscribed to it, so
MQTT 5 is tried first.
"""

from __future__ import annotations

import logging
import threading
import time
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
from edge.base.wake import Pollable, StopEvent, Wake
from edge.config.model import MqttSettings
from edge.contract.messages import BirthData, MetricsData, StatusData
from edge.contract.topics import Root
from edge.journal.reopening_journal import AnyJournal
from edge.uplink import envelope
from edge.uplink.ack_judge import AckJudge
from edge.uplink.mqtt import Link, Listening
from edge.uplink.report import Reporter
from edge.uplink.sender import Window
from edge.uplink.session import POLL_S, Session, settle
from edge.uplink.unstored import Unstored

log = logging.getLogger("deliver")

METRICS_EVERY_S = 60.0
_IDLE_S = 1.0               # of one that does
_STABLE_S = 60.0            # a connection that holds so long starts the back-off anew
_FAREWELL_S = 2.0
_V5_CHANCES = 2
_FIRST_ANSWER_S = 2.0       # to MQTT 5, until it has worked once


def run_delivery(journal: AnyJournal, settings: MqttSettings, root: Root, birth: Callable[[], BirthData],
                 metrics: Callable[[], MetricsData], stop: threading.Event, *,
                 on_command: Callable[[str, bytes, bool], None] | None = None,
                 on_link: Callable[[bool], None] | None = None, acks: AckJudge | None = None,
                 appended: Wake | None = None, backoff: Backoff | None = None,
                 metrics_every_s: float = METRICS_EVERY_S, unstored: Unstored | None = None) -> None:
    """Deliver what `journal` owes until `stop` is set; the body of a thread of its own.

    It beats, but for the time that connecting and a pause take: some 100 s at most.

    Args:
        birth, metrics: asked in this thread, at every connection and once per `metrics_every_s`; a birth that
            says something new, its seq apart, is told again.
        on_command: told topic, payload and whether it is retained, of each message to `root.commands`;
            nothing is subscribed to without it. In this thread, so it returns at once, and never fails.
        on_link: told in this thread when the ward can be reached, and when it no longer can.
        acks: the ward's acks, by which rows leave the journal; without it the broker's PUBACK is enough.
        stop: seen at once while connected, where it is a StopEvent, else as often as the journal; connecting
            itself may take some seconds longer.
        appended: set whenever `journal` has more than before; without it the journal is asked 30 times a
            second.
        backoff: of reconnecting; 1 s to 60 s without it.
        unstored: what the journal cannot take goes out by the same connection.

    Raises:
        FatalError: of the journal. Nothing of the network ends it.
    """
    listening = [] if on_command is None else [Listening(root.commands, on_command)]
    if acks is not None:
        listening.append(Listening(acks.topic, lambda _topic, payload, _kept: acks.came(payload), 0, False))
    _Delivery(journal, settings, root, birth, metrics, stop, listening, on_link or (lambda _up: None), acks,
              appended, backoff or Backoff(), metrics_every_s, unstored).run()


class _Delivery:
    """What one thread knows over all its connections."""

    def __init__(self, journal: AnyJournal, settings: MqttSettings, root: Root,
                 birth: Callable[[], BirthData], metrics: Callable[[], MetricsData], stop: threading.Event,
                 listening: Sequence[Listening], on_link: Callable[[bool], None], acks: AckJudge | None,
                 appended: Wake | None, backoff: Backoff, metrics_every_s: float,
                 unstored: Unstored | None) -> None:
        self._unstored, self._is_begun = unstored, False
        self._journal, self._settings, self._root, self._stop = journal, settings, root, stop
        self._birth, self._metrics, self._metrics_every_s = birth, metrics, metrics_every_s
        self._listening, self._on_link, self._acks, self._appended = listening, on_link, acks, appended
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
                self._begin()
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

    def _begin(self) -> None:
        """Know what an earlier run has published; without the ward's acks that is owed again.

        Where the journal is away this waits: its card may be dead, and what it cannot store is to be told.
        """
        if self._is_begun:
            return
        try:
            if self._acks is not None:
                self._acks.begin(self._journal, time.monotonic_ns())
            elif left := self._journal.published():
                self._journal.publish_again([row_id for row_id, _ in left])
        except RetryableError:
            if self._unstored is None:
                raise
            return
        self._is_begun = True

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
        session = Session(link, self._journal, self._window, self._root, self._reading, self._wakes(),
                          self._acks)
        birth = self._birth()
        session.announce([self._status("online"), envelope.of_birth(birth, self._root, clock.now())])
        began_s = time.monotonic()
        session_is = "kept" if link.session_kept else "new"
        self._reporter.here(f"mqtt={link.protocol.value} session={session_is}", began_s)
        self._window.connected()
        if self._acks is not None:
            self._acks.connected()
            if not link.session_kept:
                self._acks.resend.broker_lost(time.monotonic_ns())
        self._on_link(True)
        metrics_due_s = began_s
        while not self._stop.is_set():
            beat()
            session.step(POLL_S if self._appended is None else _IDLE_S)
            if self._appended is not None:
                self._appended.clear()      # before the journal is asked, so that nothing is missed
            for topic in link.deaf:
                self._reporter.hears(topic, link.deaf[topic])
            now_s = time.monotonic()
            self._reporter.still_here(now_s)
            if session.progress or now_s - began_s > _STABLE_S:
                self._backoff.reset()
            if now_s >= metrics_due_s:
                metrics_due_s = now_s + self._metrics_every_s
                self._begin()
                session.count_acks()
                session.publish_once(lambda: envelope.of_metrics(self._metrics(), self._root, clock.now()))
                birth = self._announced_anew(session, birth)
        session.finish(self._status("offline"), _FAREWELL_S)
        log.info("ward left: broker=%s", self._at)

    def _wakes(self) -> Sequence[Pollable]:
        """What ends a session's waiting for the broker."""
        appended = () if self._appended is None else (self._appended,)
        return (*appended, self._stop) if isinstance(self._stop, StopEvent) else appended

    def _announced_anew(self, session: Session, published: BirthData) -> BirthData:
        """The birth once more, where it says something new: after a self-test, that is."""
        try:
            fresh = self._birth()
        except RetryableError:          # of the journal, which the session tells of
            return published
        if fresh.model_copy(update={"seq": published.seq, "oldest_seq": published.oldest_seq}) != published:
            session.announce([envelope.of_birth(fresh, self._root, clock.now())])
        return fresh

    def _status(self, state: Literal["online", "offline"]) -> Outgoing:
        return envelope.of_status(StatusData(state=state, boot_id=clock.boot_id()), self._root, clock.now())

    def _settle_rest(self) -> None:
        """What was acknowledged by a connection that then broke need not be sent again."""
        try:
            settle(self._journal, self._window, self._acks, time.monotonic_ns())
        except RetryableError as exc:
            log.warning("journal refuses, some rows will be sent again: rows=%d error=\"%s\"",
                        len(self._window.confirmed), exc)
