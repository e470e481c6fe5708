"""What a taken-over broker may cost: nothing but the connection to it."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from edge.base.mqtt import Connection
from edge.base.mqtt_faults import FaultKind, LinkError, LinkFault
from edge.base.mqtt_values import Ack, BrokerSettings, Outgoing, Protocol, Received, Terms
from edge.uplink.mqtt import NAMES
from tests.hostile_broker import HostileBroker, endless_publish, packet, publish_body

LIMIT_BYTES = 64 * 1024


def opened(broker: HostileBroker, protocol: Protocol) -> Connection:
    connection = Connection(BrokerSettings("127.0.0.1", broker.port, "box", tls=False), NAMES,
                            Terms(LIMIT_BYTES, session_s=0), protocol)
    connection.open(lambda: False)
    return connection


def heard(connection: Connection, seconds: float = 10.0) -> list[Received]:
    """What came until the first message, or raises what ended it."""
    until_s = time.monotonic() + seconds
    received: list[Received] = []
    while not received and time.monotonic() < until_s:
        connection.pump(0.05)
        received = connection.take_received()
    return received


def end_of(broker: HostileBroker, protocol: Protocol) -> LinkFault:
    with pytest.raises(LinkError) as caught:
        heard(opened(broker, protocol))
    return caught.value.fault


@pytest.mark.parametrize("protocol", Protocol)
def test_a_huge_message_costs_no_memory(protocol: Protocol) -> None:
    """
    A PUBLISH of 256 MB ends the connection at its header: under 1 MB is ever taken, and the fault says why.
    """
    with HostileBroker(lambda _: endless_publish()) as broker:
        tracemalloc.start()
        fault = end_of(broker, protocol)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert FaultKind.GARBAGE is fault.kind
    assert "sends a packet of 268435455 bytes, where 65536 are the most" in fault.text
    assert fault.needs_someone
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize("protocol", Protocol)
def test_the_largest_message_allowed_arrives(protocol: Protocol) -> None:
    """
    A packet whose body has exactly the limit is taken; one byte more is not.
    """
    def attack(level: int) -> Iterator[bytes]:
        room = LIMIT_BYTES - len(publish_body("t", b"", level))
        yield packet(0x30, publish_body("t", b"x" * room, level))
        yield packet(0x30, publish_body("t", b"x" * (room + 1), level))

    with HostileBroker(attack) as broker:
        connection = opened(broker, protocol)
        assert [("t", b"x")] == [(it.topic, it.payload[:1]) for it in heard(connection)]
        with pytest.raises(LinkError, match="a packet of 65537 bytes, where 65536 are the most"):
            heard(connection)


@pytest.mark.parametrize("first", [0x34, 0x36, 0x3C])
def test_messages_that_are_kept_for_a_second_word_are_refused(first: int) -> None:
    """
    QoS 2, which would be kept until a PUBREL that never comes, and QoS 3, which there is not.
    """
    with HostileBroker(lambda level: iter([packet(first, publish_body("t", b"x", level, mid=1))])) as broker:
        fault = end_of(broker, Protocol.V5)

    assert FaultKind.GARBAGE is fault.kind
    assert "a message of QoS 2, which nobody asked for" in fault.text


def test_a_huge_answer_to_connect_is_no_broker() -> None:
    """
    Before CONNACK it may be anything that listens there, or another version of MQTT: that is tried next.
    """
    with (HostileBroker(lambda _: endless_publish(200_000_000), answers_connect=False) as broker,
          pytest.raises(LinkError, match=r"answers with a packet of 200000000 bytes.*check that") as caught):
        opened(broker, Protocol.V5)

    assert FaultKind.NO_ANSWER is caught.value.fault.kind


def test_garbage_ends_nothing_but_the_connection() -> None:
    """
    Two hundred streams of packets of every type with bodies of chance: each ends as a LinkError, or goes on.
    """
    dice = random.Random(20)

    def attack(_: int) -> Iterator[bytes]:
        for _ in range(20):
            yield packet(dice.randrange(256), dice.randbytes(dice.randrange(40)))
        yield b"\xf0\xff\xff\xff\xff\xff"           # a length of five bytes: the end in any case

    ends: set[FaultKind] = set()
    with HostileBroker(attack) as broker:
        for number in range(200):
            ends.add(end_of(broker, (Protocol.V5, Protocol.V311)[number % 2]).kind)

    assert FaultKind.GARBAGE in ends


@pytest.mark.parametrize(("code", "said"), [(0x95, "Packet too large"), (0xA7, "reason 0xa7"),
                                            (0x87, "Not authorized"), (0x01, None), (0x10, None)])
def test_every_reason_of_a_puback_is_an_answer(code: int, said: str | None) -> None:
    """
    Also those that the library takes for malformed: the message is refused, or not, and the connection stays.
    """
    with HostileBroker(lambda _: iter([b"\x40\x03\x00\x01" + bytes([code])])) as broker:
        connection = opened(broker, Protocol.V5)
        assert 1 == connection.publish(Outgoing("t", b"x", 1))
        acks = list[Ack]()
        until_s = time.monotonic() + 10.0
        while not acks and time.monotonic() < until_s:
            connection.pump(0.05)
            acks = connection.take_acks()
        connection.pump(0.0)
        connection.abandon()

    assert [(1, said)] == [(ack.mid, ack.refusal) for ack in acks]
