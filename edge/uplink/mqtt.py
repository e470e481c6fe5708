"""The MQTT adapter: one connection to the broker, over paho. The only file that imports it.

A `Link` is one connection and is thrown away with it, so paho never resends by itself: what was not
acknowledged is still in the journal, and is sent again in the order that holds then.
"""

from __future__ import annotations

import contextlib
import select
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.config.model import MqttSettings
from edge.uplink import faults as fault
from edge.uplink.credentials import TlsContext, password, tls_context
from edge.uplink.envelope import Outgoing
from edge.uplink.faults import FaultKind, LinkError, LinkFault

CONNECT_TIMEOUT_S = 5.0             # of each: TCP to one address, TLS, CONNACK
SESSION_EXPIRY_S = 7 * 24 * 3600    # the broker keeps the session of a box that is away so long
MESSAGE_MAX_BYTES = 64 * 1024       # that a broker of MQTT 5 may send to a box; commands are far smaller
_POLL_S = 0.05
_NO_MATCHING_SUBSCRIBERS = 0x10     # a success (MQTT 5, 3.4.2.1); 3.1.1 has no word for it


class Protocol(Enum):
    V5 = "5"
    V311 = "3.1.1"

    @property
    def other(self) -> Protocol:
        return Protocol.V311 if self is Protocol.V5 else Protocol.V5


@dataclass(frozen=True, slots=True)
class Ack:
    """A PUBACK. MQTT 3.1.1 knows no refusal: its acks are all good."""

    mid: int
    refusal: str | None         # the broker's reason, None when it took the message
    unclaimed: bool = False     # taken, but nobody is subscribed to it: dropped, unless it is retained


@dataclass(frozen=True, slots=True)
class Listening:
    """What a box hears: the topics, and who is told topic, payload and whether the broker had kept it.

    MQTT 3.1.1 hides that a message is retained from whoever was there when it came, and tells it at the next
    subscription.
    """

    topics: str
    hear: Callable[[str, bytes, bool], None]


class Link:
    """One connection. All calls from one thread; nothing happens between calls of `pump`."""

    def __init__(self, settings: MqttSettings, client_id: str, will: Outgoing, protocol: Protocol,
                 listening: Listening | None = None) -> None:
        """Raises LinkError when a file of ours cannot be used."""
        self._settings, self._client_id, self.protocol = settings, client_id, protocol
        self._listening = listening
        self._at = f"{settings.host}:{settings.port}"
        self._tls: TlsContext | None = tls_context(settings) if settings.tls else None
        self._client = self._make_client(will)
        self._acks: list[Ack] = []
        self._unacked: set[int] = set()
        self._answer: LinkFault | None = None       # of CONNACK, when it refuses
        self._ended: LinkFault | None = None
        self._connected = False
        self.session_kept = False
        self.deaf: str | None = None            # why we may not hear what we asked for; "" once we may
        self.receive_maximum = 65535            # QoS 1 messages the broker takes at a time
        self.maximum_packet_bytes = 256 * 1024 * 1024

    @property
    def credit(self) -> int:
        """How many more messages of QoS 1 the broker takes before it acknowledges one."""
        return self.receive_maximum - len(self._unacked)

    @property
    def unacked(self) -> int:
        return len(self._unacked)

    def open(self, stopped: Callable[[], bool], answer_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        """Connect and wait for the broker's answer, seconds at most. Raises LinkError.

        Some brokers of MQTT 3.1.1 read the CONNECT of MQTT 5 as the start of a longer message and wait for
        the rest; `answer_timeout_s` bounds what that costs.
        """
        properties = None
        if self.protocol is Protocol.V5:
            properties = Properties(PacketTypes.CONNECT)    # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.MaximumPacketSize = MESSAGE_MAX_BYTES
        try:
            if self.protocol is Protocol.V5:
                self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s,
                                     clean_start=False, properties=properties)
            else:
                self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s)
        except (OSError, ValueError) as exc:
            raise LinkError(fault.of_exception(exc, self._settings.host, self._settings.port)) from exc
        deadline_s = time.monotonic() + answer_timeout_s
        while not self._connected:
            self.pump(_POLL_S)
            if time.monotonic() > deadline_s or stopped():
                self.abandon()
                raise LinkError(LinkFault(FaultKind.NO_ANSWER, f"{self._at} takes connections but does not "
                                                           "answer; check that it is an MQTT broker"))
        self._subscribe()

    def publish(self, message: Outgoing) -> int:
        """Hand a message to the socket; return the id that its `Ack` will carry (QoS 1)."""
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        if message.qos > 0:
            self._unacked.add(info.mid)
        return info.mid

    def pump(self, timeout_s: float) -> None:
        """Read and write what there is, waiting `timeout_s` at most. Raises LinkError once it is lost."""
        sock = self._client.socket()
        if sock is not None and self._ended is None:
            held_back = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            wants_write = [sock] if self._client.want_write() else []
            readable, writable, _ = select.select([sock], wants_write, [], 0 if held_back else timeout_s)
            rc = self._client.loop_read() if readable or held_back else MQTTErrorCode.MQTT_ERR_SUCCESS
            if not rc and writable:
                rc = self._client.loop_write()
            if not rc:
                rc = self._client.loop_misc()
            if rc and self._ended is None:
                self._ended = self._why_lost(None)
        if self._answer or self._ended or self._client.socket() is None:
            self.abandon()
            raise LinkError(self._answer or self._ended or self._why_lost(None))

    def take_acks(self) -> list[Ack]:
        """What was acknowledged since the last call."""
        acks, self._acks = self._acks, []
        return acks

    def close(self, timeout_s: float) -> None:
        """Say goodbye, so that the broker keeps the will to itself."""
        deadline_s = time.monotonic() + timeout_s
        self._client.disconnect()
        with contextlib.suppress(LinkError):
            while time.monotonic() < deadline_s:
                self.pump(_POLL_S)
        self.abandon()

    def abandon(self) -> None:
        """Let go of the socket without a word: the broker then publishes the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _subscribe(self) -> None:
        """Ask for what we listen to, ahead of all that is published: the broker takes both in their order."""
        if self._listening is None:
            return
        if self.protocol is Protocol.V5:
            options = SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True,
                                       retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            self._client.subscribe(self._listening.topics, options=options)
        else:
            self._client.subscribe(self._listening.topics, 1)

    def _make_client(self, will: Outgoing) -> paho.Client:
        if self.protocol is Protocol.V5:
            client = paho.Client(CallbackAPIVersion.VERSION2, self._client_id,
                                 protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False)
        else:
            client = paho.Client(CallbackAPIVersion.VERSION2, self._client_id, clean_session=False,
                                 protocol=MQTTProtocolVersion.MQTTv311, reconnect_on_failure=False)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages = 0            # the window is ours; see sender.py
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, password(self._settings))
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message        # from the start: a kept session may bring some at once
        return client

    def _on_connect(self, _client: paho.Client, _data: object, flags: paho.ConnectFlags, reason: ReasonCode,
                    properties: Properties | None) -> None:
        if reason.is_failure:
            self._answer = fault.of_reason(reason.value, str(reason), self._at, self._client_id)
            return
        self._connected, self.session_kept = True, flags.session_present
        self.receive_maximum = getattr(properties, "ReceiveMaximum", self.receive_maximum)
        self.maximum_packet_bytes = getattr(properties, "MaximumPacketSize", self.maximum_packet_bytes)

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        if mid in self._unacked:
            self._unacked.discard(mid)
            self._acks.append(Ack(mid, str(reason) if reason.is_failure else None,
                                  reason.value == _NO_MATCHING_SUBSCRIBERS))

    def _on_subscribe(self, _client: paho.Client, _data: object, _mid: int, reasons: list[ReasonCode],
                      _properties: Properties | None) -> None:
        self.deaf = next((str(reason) for reason in reasons if reason.is_failure), "")

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if self._listening is not None:
            with contextlib.suppress(UnicodeDecodeError):       # a topic that no broker should let in
                self._listening.hear(message.topic, bytes(message.payload), message.retain)

    def _on_disconnect(self, _client: paho.Client, _data: object, flags: paho.DisconnectFlags,
                       reason: ReasonCode, _properties: Properties | None) -> None:
        told = reason if flags.is_disconnect_packet_from_server and reason.is_failure else None
        self._ended = self._why_lost(told)

    def _why_lost(self, told: ReasonCode | None) -> LinkFault:
        if told is not None:
            return fault.of_reason(told.value, str(told), self._at, self._client_id)
        if self._tls is not None and self._tls.failure is not None:
            return fault.of_exception(self._tls.failure, self._settings.host, self._settings.port)
        if not self._connected:
            return fault.closed_early(self._at, self._settings.cert_file is not None)
        return LinkFault(FaultKind.LOST, f"the connection to {self._at} broke; it is tried again")
