"""One connection to an MQTT broker, over paho: the only file that imports it, for the box and for the ward.

A `Connection` is thrown away with its end, so paho never resends by itself: who owns the messages does.
Neither the broker nor what comes through it is trusted: what it sends is bounded before it is read.
"""

from __future__ import annotations

import contextlib
import select
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.base.mqtt_faults import Diagnosis, LinkError, LinkFault
from edge.base.mqtt_tls import Credentials, TlsContext
from edge.base.mqtt_values import Ack, BrokerSettings, OptionNames, Outgoing, Protocol, Received, Terms
from edge.base.wake import Pollable

CONNECT_TIMEOUT_S = 5.0             # of each: TCP to one address, TLS, CONNACK
_POLL_S = 0.05
_NO_MATCHING_SUBSCRIBERS = 0x10     # a success (MQTT 5, 3.4.2.1); 3.1.1 has no word for it
_PUBLISH, _TYPE_BITS = 0x30, 0xF0
_QOS_2_BIT = 0x04                   # of a PUBLISH; set in QoS 3 as well, which there is not
# What a parser may raise over a packet that is cut short or says nonsense.
# Reasons of a PUBACK that paho 2 takes for malformed, though brokers send them.
_PUBACK_REASONS = {0x95: "Packet too large"}
_PUBACK_KNOWN = frozenset({0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99})      # MQTT 5, 3.4.2.1
_UNSPECIFIED = 0x80             # from here on a reason says no
_MALFORMED = (MQTTException, ValueError, LookupError, struct.error)


class _WaryClient(paho.Client):
    """Judges each packet by its fixed header (MQTT 5, 2.1), before memory is taken for its body.

    paho announces a largest packet and does not hold the broker to it: it asks the socket for all of the
    256 MiB that a header may name. A PUBLISH of QoS 2, which we never subscribe to, it keeps for a PUBREL
    that need not come.
    """

    packet_max_bytes = 0
    breach = ""             # what the broker sent that it may not, once it has
    unnamed_reason: int | None = None       # of the PUBACK at hand, where paho has no name for it

    def _sock_recv(self, bufsize: int) -> bytes:
        """Asked by paho for each part of a packet, with what is known of it by then."""
        if not self.breach:
            self.breach = self._judged()
        if self.breach:
            raise ConnectionAbortedError(self.breach)
        return super()._sock_recv(bufsize)

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """A PUBACK with a reason that paho does not know would end the connection; it says yes or no all the
        same."""
        packet = self._in_packet["packet"]
        self.unnamed_reason = None
        if cmd == "PUBACK" and len(packet) > 2 and packet[2] not in _PUBACK_KNOWN:
            self.unnamed_reason = packet[2]
            packet[2] = _UNSPECIFIED if packet[2] >= _UNSPECIFIED else 0x00
        return super()._handle_pubackcomp(cmd)

    def _judged(self) -> str:
        if not self._in_packet["have_remaining"]:       # the header is not whole yet
            return ""
        command, length = self._in_packet["command"], self._in_packet["remaining_length"]
        if length > self.packet_max_bytes:
            return f"a packet of {length} bytes, where {self.packet_max_bytes} are the most"
        if command & _TYPE_BITS == _PUBLISH and command & _QOS_2_BIT:
            return "a message of QoS 2, which nobody asked for"
        return ""


class Connection:
    """All calls from one thread; nothing happens between calls of `pump`."""

    def __init__(self, settings: BrokerSettings, names: OptionNames, terms: Terms,
                 protocol: Protocol) -> None:
        """Raises LinkError when a file of ours cannot be used."""
        self._settings, self._terms, self.protocol = settings, terms, protocol
        self.diagnosis = Diagnosis(settings, names)
        credentials = Credentials(settings, names)
        self._tls: TlsContext | None = credentials.tls_context() if settings.tls else None
        self._client = self._make_client(credentials.password() if settings.username is not None else None)
        self._acks: list[Ack] = []
        self._received: list[Received] = []
        self._granted: dict[int, tuple[str, ...]] = {}
        self._answer: LinkFault | None = None       # of CONNACK, when it refuses
        self._ended: LinkFault | None = None
        self._connected = False
        self.session_kept = False
        self.receive_maximum = 65535            # QoS 1 messages the broker takes at a time
        self.maximum_packet_bytes = 256 * 1024 * 1024       # that the broker takes

    def open(self, stopped: Callable[[], bool], answer_timeout_s: float = CONNECT_TIMEOUT_S,
             connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        """Connect and wait for the broker's answer, seconds at most. Raises LinkError.

        Args:
            answer_timeout_s: some brokers of MQTT 3.1.1 read the CONNECT of MQTT 5 as the start of a longer
                message and wait for the rest; this bounds what that costs.
            connect_timeout_s: of TCP to one address, and of TLS.
        """
        settings = self._settings
        self._client.connect_timeout = connect_timeout_s
        try:
            if self.protocol is Protocol.V5:
                properties = Properties(PacketTypes.CONNECT)    # type: ignore[no-untyped-call]
                properties.SessionExpiryInterval = self._terms.session_s
                properties.MaximumPacketSize = self._terms.packet_max_bytes
                self._client.connect(settings.host, settings.port, settings.keepalive_s,
                                     clean_start=self._terms.session_s == 0, properties=properties)
            else:
                self._client.connect(settings.host, settings.port, settings.keepalive_s)
        except (OSError, ValueError) as exc:
            raise LinkError(self.diagnosis.of_exception(exc)) from exc
        deadline_s = time.monotonic() + answer_timeout_s
        while not self._connected:
            self.pump(_POLL_S)
            if time.monotonic() > deadline_s or stopped():
                self.abandon()
                raise LinkError(self.diagnosis.silent())

    @property
    def was_accepted(self) -> bool:
        """Whether the broker took our CONNECT; `session_kept` says something from then on."""
        return self._connected

    def subscribe(self, topics: Sequence[str], qos: int, newly_kept_only: bool = False) -> int:
        """Ask for `topics`; returns the id that `granted` answers to.

        Args:
            newly_kept_only: what the broker keeps for a topic comes at the first subscription of a session
                alone; and nothing of our own comes back. MQTT 5 only.
        """
        options = SubscribeOptions(qos=qos)
        if newly_kept_only:
            options = SubscribeOptions(qos=qos, noLocal=True, retainAsPublished=True,
                                       retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        if self.protocol is Protocol.V5:
            _, mid = self._client.subscribe([(topic, options) for topic in topics])
        else:
            _, mid = self._client.subscribe([(topic, qos) for topic in topics])
        return mid or 0         # none where it is lost already, which `pump` tells

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for `topics` no more; the broker's answer is not waited for."""
        self._client.unsubscribe([*topics])

    def granted(self, mid: int) -> Sequence[str] | None:
        """Why the broker does not let us read each topic, "" where it does, in the order asked; None: no
        answer yet.
        """
        return self._granted.get(mid)

    def publish(self, message: Outgoing, life_s: int | None = None) -> int:
        """Hand a message to the socket; return the id that its `Ack` will carry (QoS 1).

        Args:
            life_s: after so long the broker throws away what it could not hand over; MQTT 5 only.
        """
        properties = None
        if life_s is not None and self.protocol is Protocol.V5:
            properties = Properties(PacketTypes.PUBLISH)    # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = life_s
        return self._client.publish(message.topic, message.payload, message.qos, message.retain,
                                    properties).mid

    def acknowledge(self, message: Received) -> None:
        """Acknowledge a message, with `Terms.acks_itself`; nothing is sent for a connection that is gone."""
        if message.qos:
            self._client.ack(message.mid, message.qos)

    def pump(self, timeout_s: float, wakes: Sequence[Pollable] = ()) -> None:
        """Read and write what there is, waiting `timeout_s` at most. Raises LinkError once it is lost.

        `wakes` end the waiting when they can be read.
        """
        sock = self._client.socket()
        if sock is not None and self._ended is None:
            try:
                rc = self._turn(sock, timeout_s, wakes)
            except _MALFORMED as exc:
                self._client.breach, rc = f"what is no MQTT ({exc})", MQTTErrorCode.MQTT_ERR_PROTOCOL
            if rc and self._ended is None:
                self._ended = self._why_lost(None)
        if self._answer or self._ended or self._client.socket() is None:
            self.abandon()
            raise LinkError(self._answer or self._ended or self._why_lost(None))

    def _turn(self, sock: paho.SocketLike, timeout_s: float, wakes: Sequence[Pollable]) -> MQTTErrorCode:
        held_back = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        wants_write = [sock] if self._client.want_write() else []
        readable, writable, _ = select.select([sock, *wakes], wants_write, [], 0 if held_back else timeout_s)
        rc = self._client.loop_read() if sock in readable or held_back else MQTTErrorCode.MQTT_ERR_SUCCESS
        if not rc and writable:
            rc = self._client.loop_write()
        return rc or self._client.loop_misc()

    def take_acks(self) -> list[Ack]:
        """What was acknowledged since the last call."""
        acks, self._acks = self._acks, []
        return acks

    def take_received(self) -> list[Received]:
        """What came since the last call."""
        received, self._received = self._received, []
        return received

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

    def _make_client(self, password: str | None) -> _WaryClient:
        settings, terms = self._settings, self._terms
        v5 = self.protocol is Protocol.V5
        client = _WaryClient(CallbackAPIVersion.VERSION2, settings.client_id, manual_ack=terms.acks_itself,
                             clean_session=None if v5 else terms.session_s == 0,    # 5 says it later
                             protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
                             reconnect_on_failure=False)
        client.packet_max_bytes = terms.packet_max_bytes
        client.max_inflight_messages = 0            # the window is that of who sends
        if terms.will is not None:
            client.will_set(terms.will.topic, terms.will.payload, terms.will.qos, terms.will.retain)
        if settings.username is not None:
            client.username_pw_set(settings.username, password)
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
            self._answer = self.diagnosis.of_reason(reason.value, str(reason))
            return
        self._connected, self.session_kept = True, flags.session_present
        self.receive_maximum = getattr(properties, "ReceiveMaximum", self.receive_maximum)
        self.maximum_packet_bytes = getattr(properties, "MaximumPacketSize", self.maximum_packet_bytes)

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        unnamed = self._client.unnamed_reason
        said = str(reason) if unnamed is None else _PUBACK_REASONS.get(unnamed, f"reason 0x{unnamed:02x}")
        self._acks.append(Ack(mid, said if reason.is_failure else None,
                              reason.value == _NO_MATCHING_SUBSCRIBERS))

    def _on_subscribe(self, _client: paho.Client, _data: object, mid: int, reasons: list[ReasonCode],
                      _properties: Properties | None) -> None:
        self._granted[mid] = tuple(str(reason) if reason.is_failure else "" for reason in reasons)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._received.append(Received(topic, bytes(message.payload), message.retain, message.mid,
                                       message.qos))

    def _on_disconnect(self, _client: paho.Client, _data: object, flags: paho.DisconnectFlags,
                       reason: ReasonCode, _properties: Properties | None) -> None:
        given = reason if flags.is_disconnect_packet_from_server and reason.is_failure else None
        self._ended = self._why_lost(given)

    def _why_lost(self, given: ReasonCode | None) -> LinkFault:
        if given is not None:
            return self.diagnosis.of_reason(given.value, str(given))
        if self._client.breach:
            return self.diagnosis.garbage(self._client.breach, self._connected)
        if self._tls is not None and self._tls.failure is not None:
            return self.diagnosis.of_exception(self._tls.failure)
        return self.diagnosis.broke() if self._connected else self.diagnosis.closed_early()
