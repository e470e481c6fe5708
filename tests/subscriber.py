"""A client that records what a broker delivers: a stand-in for the ward."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.brokers import WAIT_S
from tests.published import faults_of


@dataclass(frozen=True)
class Arrival:
    topic: str
    payload: bytes
    retain: bool
    qos: int

    @property
    def json(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.payload)
        return decoded


unfit: list[str] = []       # what came from boxes to any subscriber and is not as docs/asyncapi.json says


class Subscriber:
    """Subscribed to everything, with a session that outlives the broker's absence."""

    def __init__(self, port: int, client_id: str = "ward", topic: str = "edge/#") -> None:
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._subscribed = threading.Event()
        self._topic = topic
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=False,
                                   protocol=MQTTProtocolVersion.MQTTv311)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(WAIT_S), "the broker did not answer the subscription"

    @property
    def arrivals(self) -> list[Arrival]:
        with self._lock:
            return list(self._arrivals)

    def on(self, part: str) -> list[Arrival]:
        """Those with `part` in their topic."""
        return [arrival for arrival in self.arrivals if part in arrival.topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        came = Arrival(message.topic, bytes(message.payload), message.retain, message.qos)
        unfit.extend(faults_of(came.topic, came.payload, retained=came.retain))
        with self._lock:
            self._arrivals.append(came)
