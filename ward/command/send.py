"""One command's way: find the box, sign for its boot, send, wait for its answer, and tell what came of it.

Each command has a connection of its own, so that the tool and the page go the same way, and no receiver
is disturbed. What is done is written down before it is done.
"""

from __future__ import annotations

import os
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from edge.base.errors import FatalError
from edge.base.mqtt_faults import OTHER_VERSION_MAY_HELP, FaultKind, LinkError, LinkFault
from edge.base.mqtt_values import BrokerSettings
from edge.contract.command import CommandRefusal
from edge.contract.messages import BirthData, StatusData
from edge.contract.topics import Root, is_slug
from ward.command.keys import CommandKey
from ward.command.order import LIFE_S, Order, signed
from ward.mqtt import PROTOCOLS, MqttSession
from ward.store.desk import Asked
from ward.store.incoming import BirthIn, ResultIn, StatusIn
from ward.store.intake import Arrival, BadMessageError, ms_of, named, read, title_of

TIMEOUT_S = 10.0
_INTRODUCTION_S = 2.0           # a retained birth comes at once, or there is none
_TURN_S = 0.25
_TELL_EVERY_S = 2.0
_NOT_KNOWN = "whether it has obeyed is not known; look at its alarm records, and try again"
_WRONG_TIME = frozenset({CommandRefusal.EXPIRED.value, CommandRefusal.NOT_YET.value})


class NotSentError(FatalError):
    """Nothing came of a command, and no box said so. `reason` is one of ward.*.ftl's `failure-...`."""

    def __init__(self, reason: str, message: str, exit_code: int = os.EX_UNAVAILABLE) -> None:
        super().__init__(message, exit_code)
        self.reason = reason


class Tell(Protocol):
    """What is being done and waited for: `key` is one of ward.*.ftl's `progress-...`."""

    def __call__(self, key: str, **values: object) -> None: ...


def untold(key: str, **values: object) -> None:
    """A progress callback for callers that show none."""


@dataclass(frozen=True, slots=True)
class Target:
    """A box as people name it; without its group where the name alone tells which."""

    box: str
    group: str | None = None

    @classmethod
    def of(cls, text: str) -> Target:
        """Raises ValueError."""
        group, slash, box = text.rpartition("/")
        if not is_slug(box) or (slash and not is_slug(group)):
            raise ValueError("want GROUP/BOX, or BOX where its name tells which, e.g. to-12/hop-1")
        return cls(box, group or None)

    def __str__(self) -> str:
        return f"{self.group}/{self.box}" if self.group else self.box


@dataclass(frozen=True, slots=True)
class BoxAnswered:
    """A box has answered: yes or no stands in `result.data`."""

    box: str                    # "group/box"
    title: str | None           # where it stands, as people call it
    result: ResultIn
    took_s: float               # from publishing to the answer
    again: str                  # why it was signed a second time: a CommandRefusal; "" where it was not


class Log(Protocol):
    """The log in which commands are written down; ward/store/desk.py is one."""

    def asked(self, asked: Asked, now_ms: int) -> None: ...
    def signed(self, asked_id: str, cmd_id: str, kid: str, document: str, now_ms: int) -> None: ...
    def failed(self, asked_id: str, reason: str, detail: str, now_ms: int) -> None: ...
    def answered(self, result: ResultIn, now_ms: int) -> None: ...


class NoLog:
    """A log for who keeps no store: the receiver has the boxes' answers all the same."""

    def asked(self, asked: Asked, now_ms: int) -> None: ...
    def signed(self, asked_id: str, cmd_id: str, kid: str, document: str, now_ms: int) -> None: ...
    def failed(self, asked_id: str, reason: str, detail: str, now_ms: int) -> None: ...
    def answered(self, result: ResultIn, now_ms: int) -> None: ...


class Sender:
    """Sends as one ward, with one key. Any number of threads, each with a command of its own.

    Each connection's client id is that of `settings` and something more, so that none pushes another out.
    """

    def __init__(self, settings: BrokerSettings, ward: str, key: CommandKey, log: Log) -> None:
        self._settings, self._ward, self._key, self._log = settings, ward, key, log
        self._protocol = 0                     # index into PROTOCOLS

    def send(self, target: Target, order: Order, issuer: str, timeout_s: float = TIMEOUT_S,
             tell: Tell = untold) -> BoxAnswered:
        """Returns the box's answer, yes or no.

        Raises:
            NotSentError: no such box, it is offline, it did not answer, or there is no way to the broker.
            FatalError: a certificate or password file cannot be read.
            StoreBusyError, StoreError: the log cannot be written; nothing was sent.
        """
        asked_id, until_s = str(uuid.uuid4()), time.monotonic() + timeout_s

        def run(session: MqttSession) -> BoxAnswered:
            exchange = _Exchange(self._ward, self._key, self._log, session, until_s, tell)
            box = exchange.find(target)
            self._log.asked(_asked(asked_id, box, order, issuer), _now_ms())
            return exchange.send(box, asked_id, order, issuer)

        try:
            return self._first_that_works(run, target, until_s, tell)
        except (LinkError, NotSentError) as exc:
            failure = exc if isinstance(exc, NotSentError) else NotSentError("no-way", str(exc))
            self._log.asked(_asked(asked_id, str(target), order, issuer), _now_ms())
            self._log.failed(asked_id, failure.reason, str(failure), _now_ms())
            raise failure from exc

    def _first_that_works(self, run: Callable[[MqttSession], BoxAnswered], target: Target, until_s: float,
                          tell: Tell) -> BoxAnswered:
        """Run over the newest version of MQTT that the broker speaks, and remember which one that is."""
        root = f"edge/v1/{self._ward}/{target.group or '+'}/{target.box}"
        # Two requests: once the second is answered, what the first called up has come.
        topics = [((f"{root}/birth", f"{root}/status"), 0), ((f"{root}/cmd-result",), 1)]
        settings = replace(self._settings, client_id=f"{self._settings.client_id}-{secrets.token_hex(4)}")
        tell("connecting", broker=settings.name)
        for index in range(self._protocol, len(PROTOCOLS)):
            is_last = index + 1 == len(PROTOCOLS)
            session = MqttSession(settings, topics, PROTOCOLS[index], kept=False)
            try:
                session.open(lambda: time.monotonic() > until_s, other_may_work=not is_last)
                self._protocol = index
                if time.monotonic() > until_s:
                    raise LinkError(LinkFault(FaultKind.NETWORK, f"{self._settings.name}: no connection in "
                                                                 "time; try a longer --timeout"))
                return run(session)
            except LinkError as exc:
                if is_last or exc.fault.kind not in OTHER_VERSION_MAY_HELP:
                    raise
            finally:
                session.close()
        raise AssertionError("the last protocol returns or raises")


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    payload: bytes


class _Exchange:
    """One command over one connection."""

    def __init__(self, ward: str, key: CommandKey, log: Log, session: MqttSession, until_s: float,
                 tell: Tell) -> None:
        self._ward, self._key, self._log, self._session = ward, key, log, session
        self._until_s, self._tell = until_s, tell
        self._births: dict[str, BirthData] = {}
        self._statuses: dict[str, StatusData] = {}
        self._results: dict[tuple[str, str], ResultIn] = {}     # by box and cmd_id

    def send(self, box: str, asked_id: str, order: Order, issuer: str) -> BoxAnswered:
        """Send to the box that `find` found, if it is online as far as the broker knows."""
        self._check_online(box)
        boot_id, now = self._births[box].boot_id, datetime.now(UTC)
        message = self._signed(box, asked_id, asked_id, order, issuer, now)
        result, took_s = self._try(box, asked_id, message)
        again = self._worth_another_try(box, boot_id, result)
        if again:
            cmd_id, now = str(uuid.uuid4()), result.data.at if again in _WRONG_TIME else datetime.now(UTC)
            message = self._signed(box, cmd_id, asked_id, order, issuer, now)
            result, took_s = self._try(box, cmd_id, message)
        return BoxAnswered(box, title_of(self._births[box]), result, took_s, again)

    def find(self, target: Target) -> str:
        """The box that is meant, by what is retained of it."""
        give_up_s = min(time.monotonic() + _INTRODUCTION_S, self._until_s)
        self._listen(0.0)
        while not self._births and time.monotonic() < give_up_s:
            self._listen(_TURN_S)
        if len(self._births) > 1:
            found = ", ".join(self._named(box) for box in sorted(self._births))
            raise NotSentError("ambiguous", f"{target}: say which of {found}", os.EX_USAGE)
        if not self._births:
            raise NotSentError("unknown-box", f"{target}: no box of this name has ever connected to this "
                               "broker; check the name and --ward", os.EX_NOHOST)
        [box] = self._births
        return box

    def _named(self, box: str) -> str:
        return named(box, title_of(self._births[box]))

    def _check_online(self, box: str) -> None:
        status, boot_id = self._statuses.get(box), self._births[box].boot_id
        # A will from before the last restart says nothing about the box as it is now.
        if status is not None and status.state == "offline" and status.boot_id == boot_id:
            raise NotSentError("offline", f"{self._named(box)} is offline: nothing was sent, it would come "
                               "too late; telephone the group, and look at the box's network and power")

    def _signed(self, box: str, cmd_id: str, asked_id: str, order: Order, issuer: str,
                issued: datetime) -> _Message:
        """The command for the box's present boot, signed and written down, so that it may be sent."""
        root = Root(self._ward, *box.split("/"))
        payload = signed(order, cmd_id, root, self._births[box].boot_id, issuer, issued, self._key)
        self._log.signed(asked_id, cmd_id, self._key.kid, payload.decode(), _now_ms())
        return _Message(root.command(order.name.value), payload)

    def _try(self, box: str, cmd_id: str, message: _Message) -> tuple[ResultIn, float]:
        """Its answer, and after how many seconds that came."""
        began_s = time.monotonic()
        mid = self._session.publish(message.topic, message.payload, LIFE_S)
        self._tell("sent", box=self._named(box))
        result = self._await_result(box, cmd_id, mid, began_s)
        took_s = time.monotonic() - began_s
        self._log.answered(result, _now_ms())
        return result, took_s

    def _await_result(self, box: str, cmd_id: str, mid: int, began_s: float) -> ResultIn:
        told_s = began_s
        while (box, cmd_id) not in self._results:
            now_s = time.monotonic()
            self._check_taken(box, mid)
            if now_s > self._until_s:
                raise NotSentError("no-answer", f"{self._named(box)} has not answered within "
                                   f"{now_s - began_s:.0f} s: {_NOT_KNOWN}")
            if now_s - told_s > _TELL_EVERY_S:
                told_s = now_s
                self._tell("waiting", box=self._named(box), seconds=f"{now_s - began_s:.0f}")
            try:
                self._listen(min(_TURN_S, max(0.0, self._until_s - now_s)))
            except LinkError as exc:         # some brokers hang up on what they refuse
                self._check_taken(box, mid)
                raise NotSentError("no-answer", f"{exc}; {_NOT_KNOWN}") from exc
        return self._results[box, cmd_id]

    def _check_taken(self, box: str, mid: int) -> None:
        """Whether the broker has taken the message, and knows somebody to hand it to."""
        ack = self._session.ack_of(mid)
        if ack is not None and ack.refusal is not None:
            raise NotSentError("denied", f"the broker does not let us send this ({ack.refusal}); check its "
                               "ACL: our user or certificate writes edge/v1/WARD/+/+/cmd/+", os.EX_NOPERM)
        if ack is not None and ack.unclaimed:
            raise NotSentError("unclaimed", f"{self._named(box)}: the broker took the command, and nobody "
                               "listens for it: the box is not connected, or its config has no [commands] "
                               "keys")

    def _worth_another_try(self, box: str, boot_id: str, result: ResultIn) -> str:
        """The reason of a refusal that a second signing gets over: a wrong clock there, or a restart."""
        data = result.data
        reason = "" if data.accepted else data.reason or ""
        if reason in _WRONG_TIME and not data.clock_synchronised:
            self._tell("clock", box=self._named(box), reason=reason, at=f"{data.at:%Y-%m-%d %H:%M:%S}")
            return reason
        if reason == CommandRefusal.OTHER_BOOT.value and self._births[box].boot_id != boot_id:
            self._tell("restarted", box=self._named(box))
            return reason
        return ""

    def _listen(self, timeout_s: float) -> None:
        for delivery in self._session.receive(timeout_s):
            self._session.acknowledge(delivery)
            self._note(delivery.arrival)

    def _note(self, arrival: Arrival) -> None:
        try:
            incoming = read(arrival, self._ward)
        except BadMessageError:         # the receiver counts and tells it
            return
        match incoming:
            case BirthIn():
                self._births[incoming.box] = incoming.data
            case StatusIn():
                self._statuses[incoming.box] = incoming.data
            case ResultIn() if incoming.data.cmd_id is not None:
                self._results[incoming.box, incoming.data.cmd_id] = incoming
            case _:
                pass


def _asked(asked_id: str, box: str, order: Order, issuer: str) -> Asked:
    return Asked(asked_id, box, order.name.value, issuer, order.duration_s, order.with_siren)


def _now_ms() -> int:
    return ms_of(datetime.now(UTC))
