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
from edge.base.wake import Pollable, StopEvent, Wake, readable
from edge.config.model import MqttSettings
from edge.contract.messages import BirthData, MetricsData, StatusData
from edge.contract.topics import Root
from edge.journal.entry import Rank
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
_SOUND_S = 10.0             # one whose broker has taken the birth
_CALL_PAUSE_S = 1.0         # between attempts while a call waits
_CALL_PAUSE_LONG_S = 10.0   # where it is no fault of the network
_CALL_CONNECT_S, _CALL_ANSWER_S = 2.0, 3.0      # a lost packet is sent again sooner by another attempt
_PATIENT_EVERY = 3          # but every so many have time for a slow path
_PAUSE_LOOK_S = 1.0         # in a pause it beats, and looks for calls that the journal has not, so often
_BLIND_S = 0.25             # where nobody says that there is more
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

    It beats, but for the time that connecting takes: some 40 s at most. A call that comes cuts any pause.

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
        self._session_kept = True               # by the broker, at the last connection
        self._journal, self._settings, self._root, self._stop = journal, settings, root, stop
        self._birth, self._metrics, self._metrics_every_s = birth, metrics, metrics_every_s
        self._listening, self._on_link, self._acks, self._appended = listening, on_link, acks, appended
        # A dot is in no slug, so two boxes never get one id and throw each other out.
        self._client_id = f"{root.ward}.{root.group}.{root.box}"
        self._at = f"{settings.host}:{settings.port}"
        self._v5_failures = 0                   # in a row, where 3.1.1 then worked
        self._v5_worked = False
        self._backoff = backoff
        self._window, self._refusals = Window(), set[str]()
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

    def _begin(self) -> None:
        """Once, when the journal is first there: know what an earlier run has published; without the ward's
        acks that is owed again. Raises RetryableError.
        """
        if self._is_begun:
            return
        if self._acks is not None:
            self._acks.begin(self._journal, time.monotonic_ns())
            if not self._session_kept:
                self._acks.resend.broker_lost(time.monotonic_ns())
        elif left := self._journal.published():
            self._journal.publish_again([row_id for row_id, _ in left])
        self._is_begun = True

    def _wait(self, exc: RetryableError) -> None:
        if self._stop.is_set():
            return
        fault = exc.fault if isinstance(exc, LinkError) else LinkFault(FaultKind.FILES, str(exc))
        retry_s, call_waits = self._backoff.next_s(), self._owes_call()
        if call_waits:
            retry_s = min(retry_s, _CALL_PAUSE_LONG_S if fault.needs_someone else _CALL_PAUSE_S)
        self._reporter.away(fault, retry_s, time.monotonic())
        until_s = time.monotonic() + retry_s
        while not self._stop.is_set() and (rest_s := until_s - time.monotonic()) > 0:
            beat()
            self._wait_appended(min(rest_s, _PAUSE_LOOK_S))
            if not call_waits and self._owes_call():
                return                  # a call was made: it waits for no pause

    def _wait_appended(self, rest_s: float) -> None:
        if self._appended is None:
            self._stop.wait(min(rest_s, _BLIND_S))
        elif readable(self._appended, self._stop, rest_s):
            self._appended.clear()

    def _owes_call(self) -> bool:
        """Whether a call is to be published, be it in the journal or not."""
        if self._unstored is not None and self._unstored.owes_call():
            return True
        try:
            return self._journal.owes(Rank.ALARM)
        except RetryableError:
            return False

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
            if self._v5_worked and refused.fault.kind is FaultKind.NO_ANSWER and not self._is_patient:
                raise                   # it is the path that is silent
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
        connect_s = answer_s = CONNECT_TIMEOUT_S
        if self._owes_call() and not self._is_patient:
            connect_s, answer_s = _CALL_CONNECT_S, _CALL_ANSWER_S
        link.open(self._stop.is_set, min(answer_s, _FIRST_ANSWER_S) if untried else answer_s, connect_s)
        return link

    @property
    def _is_patient(self) -> bool:
        """Whether this attempt has time for a slow path, and for a broker of an older version."""
        return self._backoff.attempts % _PATIENT_EVERY == 0

    def _serve(self, link: Link) -> None:
        """One connection, from birth to farewell."""
        self._session_kept = link.session_kept
        session = Session(link, self._journal, self._window, self._root, self._reading, self._wakes(),
                          self._acks, self._refusals, self._begin)
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
        if not link.session_kept:
            session.remind(birth.cameras)
        self._on_link(True)
        metrics_due_s = began_s
        while not self._stop.is_set():
            beat()
            session.step(POLL_S if self._appended is None else _IDLE_S)
            if self._appended is not None and self._appended.clear():   # before the journal is asked
                self._reading.hasten()      # it took something: it works
            for topic in link.deaf:
                self._reporter.hears(topic, link.deaf[topic])
            now_s = time.monotonic()
            self._reporter.still_here(now_s)
            lasted_s = now_s - began_s
            if session.progress or (session.answered and lasted_s > _SOUND_S) or lasted_s > _STABLE_S:
                self._backoff.reset()
            if now_s >= metrics_due_s:
                metrics_due_s = now_s + self._metrics_every_s
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
            self._begin()
            settle(self._journal, self._window, self._acks, time.monotonic_ns())
        except RetryableError as exc:
            log.warning("journal refuses, some rows will be sent again: rows=%d error=\"%s\"",
                        len(self._window.confirmed), exc)
