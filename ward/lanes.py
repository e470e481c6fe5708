"""The receiver's two lanes: alarms, and all else. Each has a connection, a session at the broker, a thread
and a file of its own, so that no flood, no full or locked store and no housekeeping holds up a call for help.

The lane of alarms also publishes the acks, of what either lane has committed: one connection alone does, so
that they come in the order of their times.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from edge.base.errors import RetryableError
from edge.base.mqtt_values import BrokerSettings
from edge.contract.topics import Root
from ward.ack import CALLS_NAMED_MS, AckBook, AckKey
from ward.mqtt import MqttSession, call_filters, filters
from ward.store.ballast import Ballast
from ward.store.calls import CallStore
from ward.store.incoming import AlarmIn, Incoming
from ward.store.intake import Arrival, ms_of
from ward.store.writer import Store

log = logging.getLogger("receive")

CALLS_SUFFIX = "-calls"
_RESERVED_MS = 5_000         # so far ahead times of acks are written down, to rise over a restart
_GROW_S = 60.0


class Lane(Protocol):
    """What a `Receiver` needs of its lane. One thread, from opening to closing."""

    name: str
    filters: Sequence[str]
    not_any_more: Sequence[str]         # what a session of an older version heard as well

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> Sequence[Incoming]:
        """Store a batch; return what in it was new. On disk when it returns."""

    def keep_up(self, session: MqttSession, now: datetime) -> None:
        """What is due between batches, several times a second while connected."""

    def begun(self, session: MqttSession) -> None:
        """The broker has taken our subscription."""

    def renew_session(self) -> None:
        """The broker had kept nothing for a session that it should have kept."""

    def note(self, name: str) -> str | None:
        """A text that was written down by `write_note`."""

    def write_note(self, name: str, value: str) -> None:
        """Durable when it returns."""

    def tell_link(self, state: str, since: datetime, detail: str, now: datetime) -> None:
        """How this lane stands with its broker, for the page."""

    def close(self) -> None: ...


class MainLane:
    """All but alarms. Raises on opening as `Store`."""

    name = "main"

    def __init__(self, folder: Path, ward: str, acks: AckBook | None) -> None:
        self.filters: Sequence[str] = filters(ward)
        self.not_any_more: Sequence[str] = call_filters(ward)
        self._acks = acks
        self._store = Store(folder, ward, acks)
        self.take, self.renew_session = self._store.take, self._store.renew_session
        self.note, self.write_note = self._store.note, self._store.write_note
        self.tell_link, self.close = self._store.tell_link, self._store.close

    def keep_up(self, session: MqttSession, now: datetime) -> None:
        self._store.keep_up(now)

    def begun(self, session: MqttSession) -> None:
        if self._acks is not None:
            self._acks.forget_published()


class CallLane:
    """Alarms, and the acks of all. Raises on opening as `CallStore`.

    Args:
        key: signs the acks; None: none are published.
    """

    name = "calls"

    def __init__(self, folder: Path, ward: str, acks: AckBook, key: AckKey | None) -> None:
        self.filters: Sequence[str] = call_filters(ward)
        self.not_any_more: Sequence[str] = ()
        self._ward, self._acks, self._key = ward, acks, key
        self._store = CallStore(folder, ward, Ballast(folder))
        self._grow_due_s = 0.0
        self._reserved_ms = int(self._store.note("ack_time_ms") or 0)
        self.note, self.write_note = self._store.note, self._store.write_note
        self.tell_link, self.close = self._store.tell_link, self._store.close
        self._session = self._store.note("session") or ""
        self._load(ms_of(datetime.now(UTC)))

    def _load(self, now_ms: int) -> None:
        """What came before this process began."""
        self._acks.start_time(self._reserved_ms)
        self._acks.load([(call.box, call.epoch, call.seq) for call in self._store.numbers_after(0, 100_000)])
        for box, name, received_ms in self._store.named_since(now_ms - CALLS_NAMED_MS):
            self._acks.name(box, name, received_ms)

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> Sequence[AlarmIn]:
        taken = self._store.take(arrivals, now)
        for call in taken.numbers:
            self._acks.call(call.box, call.epoch, call.seq)
        for record in taken.stored:
            self._acks.name(record.box, f"{record.data.alarm_id}.{record.data.rev}", ms_of(now))
        return taken.fresh

    def renew_session(self) -> None:
        self._store.renew_session()

    def begun(self, session: MqttSession) -> None:
        self._acks.forget_published()
        self.keep_up(session, datetime.now(UTC))

    def keep_up(self, session: MqttSession, now: datetime) -> None:
        now_s = time.monotonic()
        if now_s >= self._grow_due_s:
            self._grow_due_s = now_s + _GROW_S
            self._store.grow_ballast()
        if self._key is None:
            return
        due = self._acks.due(now_s)
        if due:
            self._session = self._store.note("session") or ""        # either lane may have renewed it
        for box in due:
            time_ms = self._acks.next_time_ms(ms_of(now))
            self._reserve(time_ms)
            group, name = box.split("/")
            document = self._acks.document(box, self._session, time_ms, ms_of(now), now_s)
            session.publish(Root(self._ward, group, name).ack, self._key.signed(document), retain=True)

    def _reserve(self, time_ms: int) -> None:
        """Write down up to where times of acks may have been given. A full disk stops no ack."""
        if time_ms < self._reserved_ms:
            return
        self._reserved_ms = time_ms + _RESERVED_MS
        try:
            self._store.write_note("ack_time_ms", str(self._reserved_ms))
        except RetryableError as exc:
            log.debug("time of acks not stored: error=\"%s\"", exc)


def settings_of(lane: str, settings: BrokerSettings) -> BrokerSettings:
    """Each lane has its own client id, hence its own session; that of the main one is as it always was."""
    if lane != CallLane.name:
        return settings
    return replace(settings, client_id=settings.client_id + CALLS_SUFFIX)
