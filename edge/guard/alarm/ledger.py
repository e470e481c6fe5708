"""Guard's own ledger of what it told of alarms: each record stays until the ward has it.

Uplink says when a record is durable in its journal, and later that the broker has it. With mqtt.ack = "ward"
neither is enough: a journal may be lost, a broker forgets, a taken-over uplink may lie. Then a record stays
until an ack that guard itself has verified names it (`ward_acks.py`); with "broker" uplink's word will do. It
is handed over again when uplink was started anew, and once in a while; uplink knows by its id what it has
(`edge.journal.accepted`).

Bounded by MAX_CALLS, refusals going first, then joins: that an alarm was raised and how it ended outlives a
phone that raises what is on all night. What goes is with uplink alone, or lost where that is away too.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.base import durable
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.config.model import AckFrom
from edge.contract.messages import AlarmData, AlarmPhase
from edge.guard.alarm.call_progress import RecordProgress, progress_of
from edge.ipc.panel import CallProgress, CallStage

log = logging.getLogger("alarm")

FILE = "calls.json"
MAX_CALLS = 1000
_GONE_KEPT = 256        # records that are held no longer, whose stage is still known
AGAIN_FIRST_S, AGAIN_CAP_S = 60.0, 3600.0       # between two times that the same record is handed over
UNSTORED_AGAIN_S = 30.0
_MAX_BYTES = 4 * 1024 * 1024
_CALLS: TypeAdapter[tuple[AlarmData, ...]] = TypeAdapter(tuple[AlarmData, ...])


def id_of(data: AlarmData) -> str:
    """The id of the record of `data`, unique per box."""
    return f"{data.alarm_id}.{data.rev}"


@dataclass(slots=True)
class _Call:
    """One record, and how it stands."""

    data: AlarmData
    since: int                  # the ledger's version that brought it
    again_ns: int = 0           # when it is to be handed over next
    times: int = 0              # that it was
    at_broker_utc: str = ""     # since when it is, by uplink's word

    @property
    def progress(self) -> CallProgress:
        if self.at_broker_utc:
            return CallProgress(CallStage.BROKER, self.at_broker_utc)
        return CallProgress(CallStage.UPLINK if self.times else CallStage.HERE)


class Ledger:
    """Any thread; `write` for one."""

    def __init__(self, path: Path, calls: Iterable[AlarmData] = (),
                 ack_from: AckFrom = AckFrom.BROKER) -> None:
        """Use `Ledger.load`."""
        self._path, self._ack_from = path, ack_from
        self._mutex, self._wake = threading.Lock(), threading.Event()
        self._calls = {id_of(data): _Call(data, 0) for data in calls}
        self._gone: dict[str, RecordProgress] = {}
        self._version = self._written = 0
        self.uplinks = 0            # how many have been there, each with nothing of ours as far as we know
        self.closed = False

    @classmethod
    def load(cls, path: Path, ack_from: AckFrom = AckFrom.BROKER) -> Ledger:
        """What an earlier run has kept at `path`; a file that cannot be used is put aside and logged.

        `ack_from`: by whose word a record is held no longer.
        """
        try:
            calls = _decoded(durable.read(path, _MAX_BYTES, owners=durable.trusted(path.parent)))
            return cls(path, calls, ack_from)
        except FileNotFoundError:
            return cls(path, ack_from=ack_from)
        except (OSError, ValueError) as exc:
            log.error("ledger of calls cannot be read, put aside: file=%s error=\"%s\"", path, exc)
            durable.put_aside(path)
            return cls(path, ack_from=ack_from)

    def add(self, fresh: Sequence[AlarmData]) -> None:
        """Take these in, those that it has apart; `write` makes them durable."""
        with self._mutex:
            new = {id_of(data): data for data in fresh if id_of(data) not in self._calls}
            if new:
                self._version += 1
                self._calls |= {name: _Call(data, self._version) for name, data in new.items()}
                self._keep_bound()
        self._wake.set()

    def write(self) -> None:
        """Make durable what has changed since the last time. Raises RetryableError."""
        with self._mutex:
            version, calls = self._version, tuple(call.data for call in self._calls.values())
            if version == self._written:
                return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)    # it may have come later than we
            durable.write(self._path, _encoded(calls))
        except OSError as exc:
            raise RetryableError(f"{self._path}: cannot save the ledger of calls: {exc.strerror}") from exc
        with self._mutex:
            self._written = version

    @property
    def is_safe(self) -> bool:
        """Whether each record is durable: here, or by uplink's word."""
        with self._mutex:
            return all(call.since <= self._written or call.times for call in self._calls.values())

    def due(self, now_ns: int, limit: int) -> list[AlarmData]:
        """What is to be handed over to uplink now, the oldest first."""
        with self._mutex:
            return [call.data for call in self._calls.values() if call.again_ns <= now_ns][:limit]

    def handed_over(self, given: Iterable[AlarmData], now_ns: int) -> None:
        """Uplink says that it has these."""
        with self._mutex:
            for call in (self._calls[name] for data in given if (name := id_of(data)) in self._calls):
                wait_s = min(AGAIN_CAP_S, AGAIN_FIRST_S * 2.0 ** min(call.times, 10))
                call.times, call.again_ns = call.times + 1, now_ns + round(wait_s * NS_PER_S)

    def put_off(self, calls: Iterable[AlarmData], now_ns: int) -> None:
        """Uplink tells the ward of these and could not store them: they are ours alone, and due again soon.
        """
        with self._mutex:
            for call in (self._calls[name] for data in calls if (name := id_of(data)) in self._calls):
                call.again_ns = now_ns + round(UNSTORED_AGAIN_S * NS_PER_S)

    def delivered(self, ids: Iterable[str], at_utc: str = "") -> None:
        """The broker has these since now, `at_utc`, as uplink says."""
        with self._mutex:
            if self._ack_from is AckFrom.BROKER:
                self._forget(ids, CallProgress(CallStage.BROKER, at_utc))
                return
            for call in (self._calls[name] for name in ids if name in self._calls):
                call.at_broker_utc = call.at_broker_utc or at_utc

    def acked(self, ids: Iterable[str], at_utc: str = "") -> None:
        """The ward has these, as an ack says that was verified now, `at_utc`."""
        with self._mutex:
            self._forget(ids, CallProgress(CallStage.WARD, at_utc))

    def holds(self, name: str) -> bool:
        with self._mutex:
            return name in self._calls

    def progress(self, alarm_id: str, revs: frozenset[int] | None,
                 unlisted: Iterable[AlarmData]) -> CallProgress:
        """How far the word of an alarm that is on has come: see call_progress.py.

        `unlisted` are records that may not have been added yet.
        """
        here = CallProgress(CallStage.HERE)
        known = {id_of(data): RecordProgress.of(data, here) for data in unlisted if data.alarm_id == alarm_id}
        with self._mutex:
            known |= {name: RecordProgress.of(call.data, call.progress) for name, call in self._calls.items()
                      if call.data.alarm_id == alarm_id}
            known |= {name: gone for name, gone in self._gone.items() if name.rpartition(".")[0] == alarm_id}
        final = CallStage.WARD if self._ack_from is AckFrom.WARD else CallStage.BROKER
        return progress_of(known.values(), revs, final)

    def hand_over_again(self) -> None:
        """Another uplink is there: it may have none of them."""
        with self._mutex:
            self.uplinks += 1
            for call in self._calls.values():
                call.again_ns = call.times = 0
        self._wake.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until something came in or `wake` was called, for `timeout_s` at most."""
        self._wake.wait(timeout_s)
        self._wake.clear()

    def wake(self) -> None:
        self._wake.set()

    def close(self) -> None:
        """Nothing more comes in."""
        self.closed = True
        self._wake.set()

    def _forget(self, ids: Iterable[str], progress: CallProgress) -> None:
        gone = {name: call.data for name in ids if (call := self._calls.pop(name, None)) is not None}
        self._version += bool(gone)
        self._gone |= {name: RecordProgress.of(data, progress) for name, data in gone.items()}
        while len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]
        if gone and progress.stage is CallStage.WARD:
            log.info("the ward has records of alarms: ids=%s held=%d", ",".join(gone), len(self._calls))

    def _keep_bound(self) -> None:
        while len(self._calls) > MAX_CALLS:
            name = next((name for phase in (AlarmPhase.REFUSED, AlarmPhase.JOINED)
                         for name, call in self._calls.items() if call.data.phase is phase),
                        next(iter(self._calls)))
            call = self._calls.pop(name)
            log.error("record of an alarm kept no longer, too many wait for the ward: id=%s uplink_has=%s",
                      name, bool(call.times))


def _encoded(calls: Sequence[AlarmData]) -> bytes:
    return durable.sealed(json.dumps([data.model_dump(mode="json") for data in calls]).encode())


def _decoded(content: bytes) -> tuple[AlarmData, ...]:
    """Raises ValueError."""
    try:
        return _CALLS.validate_json(durable.unsealed(content))
    except ValidationError as exc:
        raise ValueError(f"{exc.error_count()} faults, the first: {exc.errors()[0]['msg']}") from exc
