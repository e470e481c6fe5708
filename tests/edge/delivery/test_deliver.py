"""Delivery to real brokers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.messages import Envelope
from edge.journal.store import Journal
from tests.brokers import Broker, amqtt, mosquitto, until
from tests.edge.delivery.box import Box, plain
from tests.edge.journal.entries import MIB, ROOT, make_entry, picture_of
from tests.subscriber import Subscriber


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 64 * MIB)
    yield opened
    opened.close()


@pytest.fixture(params=[mosquitto, amqtt])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made: Broker = request.param(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


def emptied(journal: Journal) -> bool:
    depth = journal.depth()
    return depth.records == depth.pictures == 0


def test_all_that_is_owed_arrives_and_leaves_the_journal(broker: Broker, journal: Journal) -> None:
    """
    Records in their envelope with seq, pictures raw, each once; then nothing is owed any more.
    """
    for number in range(1, 31):
        journal.append(make_entry(number, picture_bytes=3000))
    ward = Subscriber(broker.port)

    with Box(journal, plain(broker.port)):
        until(lambda: emptied(journal), "the journal to be emptied")
        until(lambda: len(ward.on("event/")) + len(ward.on("image/")) == 60, "all to arrive")
    ward.close()

    envelopes = [Envelope.model_validate_json(arrival.payload) for arrival in ward.on("/event/")]
    assert list(range(1, 31)) == [envelope.seq for envelope in envelopes]
    assert {("/edge/v1/ward-1/group-1/box-1", "edgebox.event.enter", "gate", True)} == {
        (envelope.source, envelope.type, envelope.subject, envelope.historical) for envelope in envelopes}
    assert make_entry(7).data.encode() in ward.on("/event/")[6].payload
    assert list(map(picture_of, range(1, 31))) == [arrival.payload for arrival in ward.on("/image/")]
    assert {ROOT.image("event-000007", 0)} < {arrival.topic for arrival in ward.on("/image/")}
