"""The box's link to its ward: one connection, with the window of messages that are not acknowledged yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.base.mqtt import CONNECT_TIMEOUT_S, Connection
from edge.base.mqtt_values import Ack, BrokerSettings, OptionNames, Outgoing, Protocol, Terms
from edge.base.wake import Pollable
from edge.config.model import MqttSettings
from edge.uplink.unstored import Unstored

SESSION_EXPIRY_S = 7 * 24 * 3600    # the broker keeps the session of a box that is away so long
MESSAGE_MAX_BYTES = 64 * 1024       # that a broker may send to a box; commands are far smaller

NAMES = OptionNames(
    us="this box", our_certificate="this box's certificate", host="mqtt.host", port="mqtt.port",
    tls="mqtt.tls", no_tls="set mqtt.tls = false", ca_file="mqtt.ca_file", cert_file="mqtt.cert_file",
    key_file="mqtt.key_file", username="mqtt.username",
    password_file="mqtt.password_file",     # noqa: S106 - the name of an option
    get_ca="copy the ward's CA certificate to the box", get_certificate="enrol this box again",
    id_taken="is the card of this box cloned, or does `edgebox guard` run twice?",
    too_large="raise its limit, or lower thumbnail.max_bytes")


@dataclass(frozen=True, slots=True)
class Listening:
    """What a box hears: a topic filter, and who is told topic, payload and whether the broker had kept it.

    MQTT 3.1.1 hides that a message is retained from whoever was there when it came, and tells it at the next
    subscription.
    """

    topics: str
    hear: Callable[[str, bytes, bool], None]
    qos: int = 1                    # 0: nothing waits at the broker for a box that is away
    newly_kept_only: bool = True    # else what the broker keeps comes at each connection (MQTT 5)


class Link:
    """One connection. All calls from one thread; nothing happens between calls of `pump`."""

    def __init__(self, settings: MqttSettings, client_id: str, will: Outgoing, protocol: Protocol,
                 listening: Sequence[Listening] = (), unstored: Unstored | None = None) -> None:
        """`unstored` goes out with whatever else is published. Raises LinkError when a file of ours cannot be
        used.
        """
        self._unstored = unstored
        self._connection = Connection(broker_settings(settings, client_id), NAMES,
                                      Terms(MESSAGE_MAX_BYTES, SESSION_EXPIRY_S, will), protocol)
        self.protocol = protocol
        self._listening = listening
        self._asked: dict[str, int] = {}        # the id of our subscription, by topic filter
        self._acks: list[Ack] = []
        self._unacked: set[int] = set()

    @property
    def session_kept(self) -> bool:
        return self._connection.session_kept

    @property
    def maximum_packet_bytes(self) -> int:
        """What the broker takes at most."""
        return self._connection.maximum_packet_bytes

    @property
    def credit(self) -> int:
        """How many more messages of QoS 1 the broker takes before it acknowledges one."""
        return self._connection.receive_maximum - len(self._unacked)

    def call_wait_s(self, answered_ns: int, now_ns: int) -> float | None:
        """As `Unstored.call_wait_s`, of calls that no journal holds."""
        return None if self._unstored is None else self._unstored.call_wait_s(answered_ns, now_ns)

    @property
    def unacked(self) -> int:
        return len(self._unacked)

    @property
    def deaf(self) -> Mapping[str, str]:
        """Why we may not hear what we asked for, by topic filter; "" where we may. Unknown yet: absent."""
        answers = {topics: self._connection.granted(mid) for topics, mid in self._asked.items()}
        return {topics: next(iter(answer), "") for topics, answer in answers.items() if answer is not None}

    def open(self, stopped: Callable[[], bool], answer_timeout_s: float = CONNECT_TIMEOUT_S,
             connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        """As `Connection.open`. Raises LinkError."""
        self._connection.open(stopped, answer_timeout_s, connect_timeout_s)
        if self._unstored is not None:
            self._unstored.connected()
        for it in self._listening:          # ahead of all that is published: the broker takes both in order
            self._asked[it.topics] = self._connection.subscribe([it.topics], it.qos, it.newly_kept_only)

    def publish(self, message: Outgoing) -> int:
        """Hand a message to the socket; return the id that its `Ack` will carry (QoS 1)."""
        mid = self._connection.publish(message)
        if message.qos > 0:
            self._unacked.add(mid)
        return mid

    def pump(self, timeout_s: float, wakes: Sequence[Pollable] = ()) -> None:
        """As `Connection.pump`. Raises LinkError once it is lost."""
        if self._unstored is not None:
            self._unstored.send(self.publish, self.credit)
        try:
            self._connection.pump(timeout_s, wakes)
        finally:                # what came before the end came
            self._take()

    def _take(self) -> None:
        for ack in self._connection.take_acks():
            if ack.mid in self._unacked:
                self._unacked.discard(ack.mid)
                if self._unstored is None or not self._unstored.acknowledged(ack):
                    self._acks.append(ack)
        for message in self._connection.take_received():
            for it in self._listening:
                if it.topics in (message.topic, f"{message.topic.rpartition('/')[0]}/+"):
                    it.hear(message.topic, message.payload, message.retained)

    def take_acks(self) -> list[Ack]:
        """What was acknowledged since the last call."""
        acks, self._acks = self._acks, []
        return acks

    def close(self, timeout_s: float) -> None:
        """Say goodbye, so that the broker keeps the will to itself."""
        self._connection.close(timeout_s)

    def abandon(self) -> None:
        """Let go of the socket without a word: the broker then publishes the will."""
        self._connection.abandon()


def broker_settings(settings: MqttSettings, client_id: str) -> BrokerSettings:
    """The config's table, for a connection."""
    return BrokerSettings(
        host=settings.host, port=settings.port, client_id=client_id, tls=settings.tls,
        ca_file=settings.ca_file, cert_file=settings.cert_file, key_file=settings.key_file,
        username=settings.username, password_file=settings.password_file, keepalive_s=settings.keepalive_s)
