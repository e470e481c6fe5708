"""The ward's connection to the broker: one attempt, one session, over paho.

Single-threaded: the thread that connects also reads, stores and acknowledges, so that a PUBACK can
only follow the commit that it stands for. MQTT 5 is tried first, then 3.1.1 for older brokers.
"""

from __future__ import annotations

import os
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.base.errors import FatalError
from ward.broker import (
    BrokerError,
    BrokerSettings,
    ProtocolRefusedError,
    ended,
    hung_up,
    not_reached,
    refused,
)
from ward.store.intake import Arrival

_HANDSHAKE_S = 10.0
_FIRST_ANSWER_S = 3.0
_SESSION_S = 30 * 86_400                # how long a broker keeps what we miss; MQTT 5 only
_MAX_PACKET_BYTES = 2 * 1024 * 1024     # twice the largest picture: what is larger is not even read
_BATCH = 64
_NO_MATCHING_SUBSCRIBERS = 0x10         # a success (MQTT 5, 3.4.2.1); 3.1.1 has no word for it

PROTOCOLS = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, and how to say that it is stored."""

    arrival: Arrival
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class BrokerAck:
    """What the broker says to a message of ours."""

    refusal: str | None         # its reason; None when it took the message
    unclaimed: bool = False     # taken, but nobody is subscribed to it; MQTT 5 only


def filters(ward: str) -> list[str]:
    """What boxes send up. Not `#`: what the ward itself sends down would come back."""
    leaves = ("birth", "status", "cam/+/health", "alarm", "panel", "event/+/+", "image/+/+", "image/+/+/+",
              "metrics", "cmd-result")
    return [f"edge/v1/{ward}/+/+/{leaf}" for leaf in leaves]


class Session:
    """One connection. Use it from one thread; `close` it whatever happens.

    Args:
        topics: what to subscribe to, in one request each: (topics, QoS).
        kept: the broker keeps the session, and what it misses, when it ends.
    """

    def __init__(self, settings: BrokerSettings, topics: Sequence[tuple[Sequence[str], int]],
                 protocol: MQTTProtocolVersion, kept: bool) -> None:
        self._settings, self._topics, self._protocol, self._kept = settings, topics, protocol, kept
        self._inbox: deque[Delivery] = deque()
        self._asked: dict[int, Sequence[str]] = {}      # subscriptions that are not answered yet, by mid
        self._acks: dict[int, BrokerAck] = {}
        self._connected, self._subscribed, self.session_kept = False, False, False
        self._failure: BrokerError | None = None
        self._trouble = ""
        clean = None if protocol is MQTTProtocolVersion.MQTTv5 else not kept     # 5 says it when connecting
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=settings.client_id,
                                   protocol=protocol, manual_ack=True, reconnect_on_failure=False,
                                   clean_session=clean)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_log = self._on_log

    def open(self, stopped: Callable[[], bool], other_may_work: bool) -> None:
        """Connect and subscribe; returns when the broker agreed, or when `stopped()`.

        Args:
            other_may_work: it is not known yet which version this broker speaks. Some brokers of
                3.1.1 take the CONNECT of 5 for half of a longer one and wait for the rest, so that no
                answer then counts as a refusal, and soon.

        Raises:
            ProtocolRefusedError: try the other version.
            BrokerError: no way through; the text says why and what to do.
            FatalError: a certificate, key or password file cannot be read.
        """
        self._identify()
        properties = None
        if self._protocol is MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _SESSION_S if self._kept else 0
            properties.MaximumPacketSize = _MAX_PACKET_BYTES
        self._client.connect_timeout = _HANDSHAKE_S
        try:
            self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s,
                                 clean_start=not self._kept if properties else
                                 mqtt.MQTT_CLEAN_START_FIRST_ONLY,
                                 properties=properties)
        except OSError as exc:
            raise not_reached(self._settings, exc) from exc
        until_s = time.monotonic() + (_FIRST_ANSWER_S if other_may_work else _HANDSHAKE_S)
        while not self._subscribed and not stopped():
            self._turn(0.25)
            if time.monotonic() > until_s:
                kind = ProtocolRefusedError if other_may_work and not self._connected else BrokerError
                raise kind(f"{self._settings.name}: takes connections but does not answer; check that it is "
                           "an MQTT broker and that the port of --broker is right")

    def receive(self, timeout_s: float) -> list[Delivery]:
        """What has arrived, at most as much as one batch should hold; waits up to `timeout_s`.

        Raises BrokerError when the connection is gone.
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
        """Only after the commit. Of a connection that is gone, it says nothing: it will come again."""
        if delivery.qos:
            self._client.ack(delivery.mid, delivery.qos)

    def publish(self, topic: str, payload: bytes, life_s: int) -> int:
        """Send at QoS 1, not retained; returns the number to ask `ack_of` for.

        Args:
            life_s: after so long the broker throws away what it could not hand over; MQTT 5 only.
        """
        properties = None
        if self._protocol is MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = life_s
        return self._client.publish(topic, payload, 1, retain=False, properties=properties).mid

    def ack_of(self, mid: int) -> BrokerAck | None:
        """None while the broker has not answered; it is asked in `receive`."""
        return self._acks.get(mid)

    def close(self) -> None:
        """Say goodbye if there is anybody; the broker keeps the session if that was asked for."""
        self._client.on_disconnect = None
        self._client.disconnect()

    def _identify(self) -> None:
        settings = self._settings
        if settings.tls:
            self._client.tls_set_context(_tls_context(settings))
        if settings.username is not None:
            self._client.username_pw_set(settings.username, _password(settings.password_file))

    def _turn(self, timeout_s: float) -> None:
        """Let paho read and write once; the callbacks below run in here."""
        try:
            rc = self._client.loop(timeout_s)
        except MQTTException as exc:
            raise BrokerError(f"{self._settings.name}: sends what is no MQTT: {exc}") from exc
        if self._failure is not None:
            raise self._failure
        if rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ended(self._settings, False, 0, "", self._trouble or mqtt.error_string(rc))

    def _on_connect(self, client: mqtt.Client, _userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        if reason.is_failure:
            self._failure = self._failure or refused(self._settings, reason.value, str(reason))
            return
        self._connected, self.session_kept = True, flags.session_present
        for topics, qos in self._topics:
            if self._protocol is MQTTProtocolVersion.MQTTv5:
                _, mid = client.subscribe([(topic, SubscribeOptions(qos=qos)) for topic in topics])
            else:
                _, mid = client.subscribe([(topic, qos) for topic in topics])
            assert mid is not None, "a client that has just connected can subscribe"
            self._asked[mid] = topics

    def _on_subscribe(self, _client: mqtt.Client, _userdata: Any, mid: int, reasons: list[ReasonCode],
                      _properties: Properties | None) -> None:
        denied = [topic for topic, reason in zip(self._asked.pop(mid, ()), reasons, strict=False)
                  if reason.is_failure]
        if denied:
            self._failure = BrokerError(f"{self._settings.name}: the broker lets us not read {denied[0]}; "
                                        "check its ACL for our user or certificate", needs_someone=True)
        self._subscribed = not self._asked

    def _on_publish(self, _client: mqtt.Client, _userdata: Any, mid: int, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        self._acks[mid] = BrokerAck(str(reason) if reason.is_failure else None,
                                    unclaimed=reason.value == _NO_MATCHING_SUBSCRIBERS)

    def _on_disconnect(self, _client: mqtt.Client, _userdata: Any, flags: mqtt.DisconnectFlags,
                       reason: ReasonCode, _properties: Properties | None) -> None:
        if self._failure is not None:
            return
        if self._connected:
            self._failure = ended(self._settings, flags.is_disconnect_packet_from_server, reason.value,
                                  str(reason), self._trouble)
        else:
            self._failure = hung_up(self._settings, self._trouble)

    def _on_log(self, _client: mqtt.Client, _userdata: Any, level: int, text: str) -> None:
        if level == mqtt.MQTT_LOG_ERR:      # the only place where paho tells why a socket failed
            self._trouble = text[:200]

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""                      # refused, counted and acknowledged with the rest
        arrival = Arrival(topic, bytes(message.payload), message.retain)
        self._inbox.append(Delivery(arrival, message.mid, message.qos))


def _tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert_file is not None:
            # An empty password: an encrypted key is an error here, not a question on the terminal.
            context.load_cert_chain(settings.cert_file, settings.key_file, password="")
    except (OSError, ssl.SSLError) as exc:
        files = [str(path) for path in (settings.ca_file, settings.cert_file, settings.key_file) if path]
        raise FatalError(f"{', '.join(files)}: cannot be used for TLS: {exc}; want PEM files that this user "
                         "can read, the key without a password", os.EX_NOINPUT) from exc
    return context


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as exc:
        found = "empty" if isinstance(exc, IndexError) else "unreadable"
        raise FatalError(f"{path}: want a text file whose first line is the password; it is {found}",
                         os.EX_NOINPUT) from exc
