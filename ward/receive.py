"""One lane of the receiver: what the broker holds for it becomes rows on disk, then it is acknowledged.

A message is acknowledged after the commit that stores it, never before: killed at any moment, the
receiver finds at the broker what it had not stored, and in the store what it had. The rest is
patience: it reconnects for ever and says each change of state once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.mqtt_faults import OTHER_VERSION_MAY_HELP, FaultKind, LinkError, LinkFault
from edge.base.mqtt_values import BrokerSettings
from edge.base.supervisor import beat
from ward.lanes import Lane, settings_of
from ward.mqtt import PROTOCOLS, Delivery, MqttSession
from ward.store.incoming import Incoming
from ward.store.rows import BEAT_S

log = logging.getLogger("receive")

_HANDSHAKE = "handshake"     # a note: what the broker has of our session is known, or not
_UNDER_WAY, _DONE = "under-way", "done"
_TURN_S = 0.25
_SHORT_S = 10.0


class Receiver:
    """Runs in one thread, which also owns the lane.

    Args:
        tell: called after each commit with what was new in it.
        connected: called when the broker has taken our subscription: from then on it keeps for us
            what we miss.
    """

    def __init__(self, settings: BrokerSettings, lane: Lane,
                 tell: Callable[[Sequence[Incoming]], None] | None = None,
                 connected: Callable[[], None] | None = None) -> None:
        self._settings, self._lane = settings_of(lane.name, settings), lane
        self._tell, self._connected = tell, connected
        self._protocol = 0                     # index into PROTOCOLS
        self._worked = False                   # whether that one ever did
        self._backoff = Backoff(first_s=0.5, cap_s=30.0)
        self._state, self._detail, self._since = "", "", datetime.now(UTC)
        self._beat_due_s = 0.0
        self._handshake: str | None = None     # the note, as last written
        self._connected_s: float | None = None
        self._short_lived = 0                  # connections in a row that broke soon

    def run(self, stop: threading.Event) -> None:
        """Receive until `stop`. Raises FatalError: a file that is needed, or the store, cannot be used."""
        while not stop.is_set():
            try:
                self._one_connection(stop)
            except RetryableError as exc:
                if not self._tries_other_version(exc):
                    self._wait(self._explained(exc), stop)
        self._change("stopped", "")

    def _tries_other_version(self, exc: RetryableError) -> bool:
        """Whether the next version of MQTT is to be tried at once; after the last one there is a pause."""
        if self._worked or not isinstance(exc, LinkError) or exc.fault.kind not in OTHER_VERSION_MAY_HELP:
            return False
        self._protocol = (self._protocol + 1) % len(PROTOCOLS)
        return self._protocol != 0

    def _one_connection(self, stop: threading.Event) -> None:
        session = MqttSession(self._settings, [(self._lane.filters, 1)], PROTOCOLS[self._protocol], kept=True,
                              not_any_more=self._lane.not_any_more)
        try:
            self._before_handshake()
            try:
                session.open(stop.is_set, other_may_work=not self._worked)
            finally:
                self._after_handshake(session)
            if stop.is_set():
                return
            self._worked = True
            self._tell_connected(session)
            self._lane.begun(session)
            self._connected_s = time.monotonic()
            while not stop.is_set():
                batch = session.receive(_TURN_S)
                if batch:
                    self._store_and_acknowledge(session, batch)
                self._lane.keep_up(session, datetime.now(UTC))
                self._stay_alive()
        finally:
            session.close()

    def _before_handshake(self) -> None:
        """Write down that a handshake is under way: killed before its end, we do not know what came of it."""
        if self._handshake is None:
            self._handshake = self._lane.note(_HANDSHAKE)
            if self._handshake == _UNDER_WAY:           # of a process that was killed in it
                self._lane.renew_session()
        if self._handshake == _DONE:
            self._note_handshake(_UNDER_WAY)

    def _after_handshake(self, session: MqttSession) -> None:
        """A session that the broker should have kept, and has not: what it held for us is gone."""
        if not session.was_accepted and self._handshake is None:
            return                              # there never was one
        if session.was_accepted and not session.session_kept and self._handshake is not None:
            log.error("broker had forgotten our session, boxes are asked to send again: broker=%s lane=%s",
                      self._settings.name, self._lane.name)
            self._lane.renew_session()
        self._note_handshake(_DONE)

    def _note_handshake(self, state: str) -> None:
        """What cannot be written down, on a full disk, holds nothing up: then a crash is not told apart."""
        try:
            self._lane.write_note(_HANDSHAKE, state)
        except RetryableError as exc:
            log.debug("handshake not noted: error=\"%s\"", exc)
        else:
            self._handshake = state

    def _store_and_acknowledge(self, session: MqttSession, batch: Sequence[Delivery]) -> None:
        fresh = self._lane.take([delivery.arrival for delivery in batch], datetime.now(UTC))
        for delivery in batch:
            session.acknowledge(delivery)
        self._backoff.reset()
        if self._tell is not None:
            self._tell(fresh)

    def _stay_alive(self) -> None:
        beat()
        if time.monotonic() >= self._beat_due_s:
            self._beat()
            self._backoff.reset()              # it lasted: a connection that breaks at once does not count

    def _explained(self, exc: RetryableError) -> RetryableError:
        """Two receivers with one client id push each other out; not every broker tells them so."""
        short = self._connected_s is not None and time.monotonic() - self._connected_s < _SHORT_S
        self._short_lived = self._short_lived + 1 if short and isinstance(exc, LinkError) else 0
        self._connected_s = None
        says_why = isinstance(exc, LinkError) and exc.fault.kind is FaultKind.GARBAGE
        if self._short_lived < 3 or says_why:
            return exc
        text = (f"{exc}; again and again soon after connecting: does another receiver use client id "
                f"{self._settings.client_id!r}? Then give this one its own with --client-id")
        return LinkError(LinkFault(FaultKind.FLAPPING, text))

    def _wait(self, exc: RetryableError, stop: threading.Event) -> None:
        """Tell a failure once, not at every attempt, then be patient."""
        delay_s = self._backoff.next_s()
        if (self._state, self._detail) != ("retrying", str(exc)):
            needs_someone = isinstance(exc, LinkError) and exc.fault.needs_someone
            log.log(logging.ERROR if needs_someone else logging.WARNING,
                    "%s: lane=%s error=\"%s\" retry_in_s=%.1f",
                    "broker lost" if isinstance(exc, LinkError) else "receiving paused", self._lane.name, exc,
                    delay_s)
        self._change("retrying", str(exc))
        stop.wait(delay_s)

    def _tell_connected(self, session: MqttSession) -> None:
        down_s = (datetime.now(UTC) - self._since).total_seconds() if self._state == "retrying" else 0.0
        log.info("broker connected: broker=%s lane=%s protocol=%s session=%s down_s=%.1f attempts=%d",
                 self._settings.name, self._lane.name, PROTOCOLS[self._protocol].value,
                 "kept" if session.session_kept else "new", down_s, self._backoff.attempts)
        self._change("connected", self._settings.name)
        if self._connected is not None:
            self._connected()

    def _change(self, state: str, detail: str) -> None:
        if state != self._state:
            self._since = datetime.now(UTC)
        self._state, self._detail = state, detail
        self._beat()

    def _beat(self) -> None:
        """Let the page see that we live. A store that cannot be written is told by what needs it."""
        self._beat_due_s = time.monotonic() + BEAT_S
        try:
            self._lane.tell_link(self._state, self._since, self._detail, datetime.now(UTC))
        except RetryableError as exc:
            log.debug("beat not stored: error=\"%s\"", exc)
