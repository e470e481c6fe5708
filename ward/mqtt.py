"""The ward's connection to the broker: one attempt, one session.

Single-threaded: the thread that connects also reads, stores and acknowledges, so that a PUBACK can
only follow the commit that it stands for. MQTT 5 is tried first, then 3.1.1 for older brokers.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.base.errors import FatalError
from edge.base.mqtt import Connection
from edge.base.mqtt_faults import FaultKind, LinkError
from edge.base.mqtt_values import Ack, BrokerSettings, OptionNames, Outgoing, Protocol, Received, Terms
from edge.contract.sizes import PACKET_MAX_BYTES
from ward.store.intake import Arrival

_HANDSHAKE_S = 10.0
_FIRST_ANSWER_S = 3.0
_SESSION_S = 30 * 86_400                # how long a broker keeps what we miss; MQTT 5 only
_PACKET_MAX_BYTES = 2 * PACKET_MAX_BYTES     # what is larger is not even read
_BATCH = 64
_TURN_S = 0.25

PROTOCOLS = (Protocol.V5, Protocol.V311)

NAMES = OptionNames(
    us="this machine", our_certificate="our certificate", host="--broker", port="the port of --broker",
    tls="--no-tls", no_tls="use --no-tls for a broker on this machine", ca_file="--ca", cert_file="--cert",
    key_file="--key", username="--username",
    password_file="--password-file",    # noqa: S106 - the name of an option
    get_ca="name who signed it with --ca FILE", get_certificate="have the ward's authority issue a new one",
    id_taken="stop that one, or give this one its own with --client-id", too_large="raise its limit")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, and how to say that it is stored."""

    arrival: Arrival
    received: Received


def filters(ward: str) -> list[str]:
    """What boxes send up but alarms. Not `#`: what the ward itself sends down would come back."""
    leaves = ("birth", "status", "cam/+/health", "panel", "event/+/+", "image/+/+", "image/+/+/+",
              "metrics", "cmd-result", "lessons", "tombstone", "time")
    return [f"edge/v1/{ward}/+/+/{leaf}" for leaf in leaves]


def call_filters(ward: str) -> list[str]:
    """What the lane of alarms hears. MQTT has no filter for all but that, so the others are
    named one by one.
    """
    return [f"edge/v1/{ward}/+/+/alarm"]


class MqttSession:
    """One connection. Use it from one thread; `close` it whatever happens.

    Args:
        topics: what to subscribe to, in one request each: (topics, QoS).
        kept: the broker keeps the session, and what it misses, when it ends.
        not_any_more: what a kept session may have been subscribed to, and shall not be.
    """

    def __init__(self, settings: BrokerSettings, topics: Sequence[tuple[Sequence[str], int]],
                 protocol: Protocol, kept: bool, not_any_more: Sequence[str] = ()) -> None:
        """Raises FatalError: a certificate, key or password file cannot be used."""
        self._topics, self._not_any_more = topics, not_any_more
        self._inbox: deque[Delivery] = deque()
        self._acks: dict[int, Ack] = {}
        terms = Terms(_PACKET_MAX_BYTES, _SESSION_S if kept else 0, acks_itself=True)
        try:
            self._connection = Connection(settings, NAMES, terms, protocol)
        except LinkError as exc:
            raise FatalError(str(exc), os.EX_NOINPUT) from exc

    @property
    def was_accepted(self) -> bool:
        """Whether the broker has let us in; `session_kept` says something from then on."""
        return self._connection.was_accepted

    @property
    def session_kept(self) -> bool:
        """Whether the broker still had our session, with what we missed."""
        return self._connection.session_kept

    def open(self, stopped: Callable[[], bool], other_may_work: bool) -> None:
        """Connect and subscribe; returns when the broker agreed, or when `stopped()`.

        Args:
            other_may_work: it is not known yet which version this broker speaks. Some brokers of
                3.1.1 take the CONNECT of 5 for half of a longer one and wait for the rest, so that no
                answer then counts as a refusal, and soon.

        Raises LinkError: no way through; the text says why and what to do.
        """
        answer_s = _FIRST_ANSWER_S if other_may_work else _HANDSHAKE_S
        try:
            self._connection.open(stopped, answer_s)
            self._subscribe(stopped, time.monotonic() + answer_s)
        except LinkError as exc:
            if exc.fault.kind is not FaultKind.NO_ANSWER or not stopped():
                raise

    def _subscribe(self, stopped: Callable[[], bool], until_s: float) -> None:
        if self._not_any_more and self.session_kept:
            self._connection.unsubscribe(self._not_any_more)
        asked = {self._connection.subscribe(topics, qos): topics for topics, qos in self._topics}
        while asked and not stopped():
            self._turn(_TURN_S)
            for mid, topics in [*asked.items()]:
                answer = self._connection.granted(mid)
                if answer is None:
                    continue
                del asked[mid]
                for topic, refusal in zip(topics, answer, strict=False):
                    if refusal:
                        raise LinkError(self._connection.diagnosis.unheard(topic, refusal))
            if asked and time.monotonic() > until_s:
                raise LinkError(self._connection.diagnosis.silent())

    def receive(self, timeout_s: float) -> list[Delivery]:
        """What has arrived, at most as much as one batch should hold; waits up to `timeout_s`.

        Raises LinkError when the connection is gone.
        """
        had = -1
        self._turn(0.0 if self._inbox else timeout_s)
        while had < len(self._inbox) < _BATCH:      # one packet a turn; stop when none came
            had = len(self._inbox)
            self._turn(0.0)
        batch = [*self._inbox]
        self._inbox.clear()
        return batch

    def acknowledge(self, delivery: Delivery) -> None:
        """Acknowledge a delivery, after its commit; nothing is sent for a connection that is gone: it will
        come again.
        """
        self._connection.acknowledge(delivery.received)

    def publish(self, topic: str, payload: bytes, life_s: int | None = None, retain: bool = False) -> int:
        """Send at QoS 1; returns the number to ask `ack_of` for.

        Args:
            life_s: after so long the broker throws away what it could not hand over; MQTT 5 only.
            retain: the broker keeps it for who subscribes later.
        """
        return self._connection.publish(Outgoing(topic, payload, 1, retain), life_s)

    def ack_of(self, mid: int) -> Ack | None:
        """None while the broker has not answered; it is asked in `receive`."""
        return self._acks.get(mid)

    def close(self) -> None:
        """Say goodbye if there is anybody; the broker keeps the session if that was asked for."""
        self._connection.close(0.0)

    def _turn(self, timeout_s: float) -> None:
        """Read and write once. Raises LinkError."""
        try:
            self._connection.pump(timeout_s)
        finally:                # what was answered before the end came
            self._acks |= {ack.mid: ack for ack in self._connection.take_acks()}
            self._inbox += [Delivery(Arrival(it.topic, it.payload, it.retained), it)
                            for it in self._connection.take_received()]
