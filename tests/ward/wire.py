"""A receiver in this process and a publisher, for tests over real brokers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.base.mqtt_values import BrokerSettings
from tests.brokers import WAIT_S, Broker, until
from tests.ward.samples import WARD
from ward.receive import Receiver
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.writer import Store

Publish = Callable[[Sequence[Arrival]], None]


@contextmanager
def running(broker: Broker) -> Iterator[int]:
    """Yields its port; stops it however the test ends."""
    try:
        broker.start()
        yield broker.port
    finally:
        broker.stop()


@contextmanager
def publisher(port: int) -> Iterator[Publish]:
    """Publishes at QoS 1 and waits until the broker has all; retains what is marked so."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def publish(arrivals: Sequence[Arrival]) -> None:
        for message in [client.publish(arrival.topic, arrival.payload, 1, arrival.retained)
                        for arrival in arrivals]:
            message.wait_for_publish(WAIT_S)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


def settings_for(port: int, **changes: object) -> BrokerSettings:
    return replace(BrokerSettings("127.0.0.1", port, "test-ward", tls=False), **changes)  # type: ignore[arg-type]


@contextmanager
def receiving(folder: Path, settings: BrokerSettings, ward: str = WARD) -> Iterator[Reader]:
    """A receiver in a thread of this process; ended and joined."""
    stop = threading.Event()

    def run() -> None:
        store = Store(folder, ward)
        try:
            Receiver(settings, ward, store, keep_days=36500).run(stop)
        finally:
            store.close()

    thread = threading.Thread(target=run, name="receive")
    thread.start()
    try:
        until(lambda: (folder / "ward.db").exists(), "the store")
        yield Reader(folder)
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def is_connected(reader: Reader) -> bool:
    link = reader.link()
    return link is not None and link.state == "connected"
