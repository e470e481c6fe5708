"""A receiver in this process and a publisher, for tests over real brokers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.base.mqtt_values import BrokerSettings
from edge.base.supervisor import Supervisor
from tests.brokers import WAIT_S, Broker, until
from tests.ward.samples import WARD
from ward.ack import EVERY_S, AckKey
from ward.station import Station, start_station
from ward.store.intake import Arrival
from ward.store.reader import Reader

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
def receiving(folder: Path, settings: BrokerSettings, ward: str = WARD, ack_key: AckKey | None = None,
              ack_every_s: float = EVERY_S) -> Iterator[Reader]:
    """A receiver in threads of this process; ended and joined."""
    supervisor = Supervisor()
    start_station(supervisor, settings, Station(folder, ward, 36500, ack_key, ack_every_s))
    try:
        until(lambda: (folder / "ward.db").exists(), "the store")
        yield Reader(folder)
    finally:
        assert supervisor.end(60)


def is_connected(reader: Reader) -> bool:
    """Whether both lanes are."""
    return all(link is not None and link.state == "connected" for link in (reader.link(), reader.call_link()))
