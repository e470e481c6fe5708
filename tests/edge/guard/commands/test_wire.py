"""Commands through real brokers, in both versions of MQTT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from edge.base import clock
from edge.contract.signing import kid_of
from edge.guard.commands.handler import CommandHandler
from edge.guard.commands.lessons import LessonBook
from edge.guard.commands.replay_guard import FILE, ReplayGuard
from edge.guard.commands.verification import CommandScope
from edge.journal.store import Journal
from edge.uplink.mqtt import MESSAGE_MAX_BYTES
from tests.brokers import Broker, amqtt, mosquitto, until
from tests.edge.guard.commands.orders import KEY, Ward
from tests.edge.journal.entries import MIB, ROOT
from tests.edge.uplink.box import Box, plain
from tests.edge.uplink.old_broker import OldBroker
from tests.edge.uplink.panel import FakePanel
from tests.subscriber import Subscriber

CLIENT_ID = f"{ROOT.ward}.{ROOT.group}.{ROOT.box}"
NO_SUCH_VERSION = b"\x20\x02\x00\x01"
SECURITY_PLUGINS = sorted(Path("/usr/lib").glob("**/mosquitto_dynamic_security.so"))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 64 * MIB)
    opened._db.execute("PRAGMA synchronous = OFF")
    yield opened
    opened.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=["5", "3.1.1"])
def door(request: pytest.FixtureRequest, broker: Broker) -> Iterator[int]:
    """The port at which the box finds `broker`, for each version of MQTT."""
    if request.param == "5":
        yield broker.port
    else:
        with OldBroker(broker.port, NO_SUCH_VERSION) as old:
            yield old.port


@pytest.fixture
def panel() -> FakePanel:
    return FakePanel()


def box(journal: Journal, port: int, panel: FakePanel, folder: Path) -> Box:
    identity = CommandScope(ROOT, clock.boot_id(), {kid_of(KEY.public_key()): KEY.public_key()})
    seen = ReplayGuard.load(folder / FILE, clock.boot_id(), clock.now().utc)
    lessons = LessonBook(folder / "lessons.json", {})
    return Box(journal, plain(port), desk=CommandHandler(identity, panel, journal, seen, lessons, 600))


def order(name: str = "siren", **changes: object) -> bytes:
    return Ward(ROOT, clock.boot_id(), datetime.now(UTC)).command(name, **changes)


def send(broker: Broker, payload: bytes, name: str = "siren", retain: bool = False) -> None:
    publish.single(ROOT.command(name), payload, qos=1, retain=retain, port=broker.port)


def answers(ward: Subscriber) -> list[dict[str, Any]]:
    return [arrival.json["data"] for arrival in ward.on("/cmd-result")]


def reasons(ward: Subscriber) -> list[str | None]:
    return [answer.get("reason") for answer in answers(ward)]


def test_a_command_is_answered_over_the_wire(
        broker: Broker, door: int, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    Whoever has read the birth may send at once; the answer is an ordinary record with a seq, not retained.
    """
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, door, panel, tmp_path):
        until(lambda: ward.on("/birth"), "the birth")
        send(broker, order())
        send(broker, b"{}", "disarm")
        until(lambda: len(ward.on("/cmd-result")) == 2, "the answers")
        until(lambda: journal.depth().records == 0, "the journal to be emptied")
    ward.close()

    assert 1 == len(panel.asked)
    assert [("siren", True, None), ("disarm", False, "bad-signature")] == [
        (answer["name"], answer["accepted"], answer.get("reason")) for answer in answers(ward)]
    assert [1, 2] == [arrival.json["seq"] for arrival in ward.on("/cmd-result")]
    assert not any(arrival.retain for arrival in ward.on("/cmd-result"))


def test_the_demos_broker_brings_commands_as_well(
        tmp_path: Path, journal: Journal, panel: FakePanel) -> None:
    """
    To a box that is there when they are sent, which is all that a demo needs.
    """
    broker = amqtt(tmp_path / "broker")
    broker.start()
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, broker.port, panel, tmp_path):
        until(lambda: ward.on("/birth"), "the birth")
        send(broker, order())
        until(lambda: answers(ward), "the answer")
    ward.close()
    broker.stop()

    assert [None] == reasons(ward)


def count_is(ward: Subscriber, count: int) -> bool:
    return len(ward.arrivals) == count


def test_a_box_hears_its_own_commands_and_nothing_else(
        broker: Broker, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    By the broker's own record: one subscription at each connection, to cmd/+ of this box, before its birth.
    """
    ward = Subscriber(broker.port, topic=ROOT.topic("birth"))
    for births in (1, 2):
        with box(journal, broker.port, panel, tmp_path):
            until(partial(count_is, ward, births), "the birth")
    ward.close()

    lines = broker.log_text.splitlines()
    assert [f"{CLIENT_ID} 1 {ROOT.path}/cmd/+"] * 2 == [
        line.partition(": ")[2] for line in lines if line.partition(": ")[2].startswith(f"{CLIENT_ID} 1 ")]
    assert 2 == sum(f"Received SUBSCRIBE from {CLIENT_ID}" in line for line in lines)
    first = [next(place for place, line in enumerate(lines) if f"from {CLIENT_ID}" in line and what in line)
             for what in ("Received SUBSCRIBE", "/status'", "/birth'")]
    assert sorted(first) == first


def test_a_box_that_obeys_nothing_subscribes_to_nothing(broker: Broker, journal: Journal) -> None:
    """
    Delivery alone has no ear.
    """
    with Box(journal, plain(broker.port)) as running:
        until(lambda: True in running.links, "the connection")

    assert "Received SUBSCRIBE" not in broker.log_text


def test_what_was_sent_while_it_was_away_comes_later(
        broker: Broker, door: int, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    The broker keeps commands for a box that it knows; one that has expired meanwhile is refused.
    """
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, door, panel, tmp_path):
        until(lambda: ward.on("/birth"), "the birth")
    now = datetime.now(UTC)
    past = Ward(ROOT, clock.boot_id(), now)
    send(broker, past.order(issued=past.at(-90), expires=past.at(-30)))
    send(broker, order("light"), "light")
    with box(journal, door, panel, tmp_path):
        until(lambda: len(answers(ward)) == 2, "the answers")
    ward.close()

    assert 1 == len(panel.asked)
    assert [("siren", "expired"), ("light", None)] == [
        (answer["name"], answer.get("reason")) for answer in answers(ward)]


def test_a_retained_command_is_refused(
        broker: Broker, door: int, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    One that the broker has kept from before, which it would give to the box at any later day.
    """
    send(broker, order(), retain=True)
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, door, panel, tmp_path):
        until(lambda: answers(ward), "the answer")
    ward.close()

    assert ["retained"] == reasons(ward)
    assert [] == panel.asked


def test_a_command_to_be_retained_is_refused_at_once(
        broker: Broker, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    By MQTT 5 the box sees the flag on a live message as well, and is not told of it at each connection again.
    """
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, broker.port, panel, tmp_path):
        until(lambda: ward.on("/birth"), "the birth")
        send(broker, order(), retain=True)
        until(lambda: answers(ward), "the answer")
    with box(journal, broker.port, panel, tmp_path):
        send(broker, order("light"), "light")
        until(lambda: len(answers(ward)) == 2, "the answer to the second one")
    ward.close()

    assert ["retained", None] == reasons(ward)
    assert 1 == len(panel.asked)


def test_a_huge_message_does_not_reach_the_box(
        broker: Broker, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    A few KB too many are answered; what would fill its memory stays at the broker, and the connection holds.
    """
    ward = Subscriber(broker.port, topic=f"{ROOT.path}/+")
    with box(journal, broker.port, panel, tmp_path) as running:
        until(lambda: ward.on("/birth"), "the birth")
        send(broker, b"x" * (MESSAGE_MAX_BYTES + 1))
        send(broker, b"x" * 5000)
        send(broker, order())
        until(lambda: len(answers(ward)) == 2, "the answers")
        assert [True] == running.links
    ward.close()

    assert ["oversized", None] == reasons(ward)


def test_the_way_to_the_ward_is_told(
        broker: Broker, journal: Journal, panel: FakePanel, tmp_path: Path) -> None:
    """
    Connected, away, connected again: each is told when it is so.
    """
    with box(journal, broker.port, panel, tmp_path) as running:
        until(lambda: running.links == [True], "the connection")
        broker.kill()
        until(lambda: running.links[:2] == [True, False], "the loss")
        broker.start()
        until(lambda: running.links[-1], "the return")

    assert [True, False, True, False] == running.links


@pytest.mark.skipif(not SECURITY_PLUGINS, reason="needs mosquitto's dynamic security plugin")
def test_a_broker_that_lets_no_command_through_is_told(
        tmp_path: Path, journal: Journal, panel: FakePanel, caplog: pytest.LogCaptureFixture) -> None:
    """
    A refused subscription is one line that says what to change; delivery goes on; its end is told as well.
    """
    caplog.set_level("INFO", "deliver")
    rights = tmp_path / "rights.json"
    broker = mosquitto(tmp_path / "broker", extra=f"plugin {SECURITY_PLUGINS[-1]}\n"
                                                  f"plugin_opt_config_file {rights}")

    def allow(subscribe: bool) -> None:
        rights.write_text(json.dumps({"defaultACLAccess": {
            "publishClientSend": True, "publishClientReceive": True, "subscribe": subscribe,
            "unsubscribe": True}}))
        broker.start()
    allow(False)
    with box(journal, broker.port, panel, tmp_path) as running:
        until(lambda: "ward not heard" in caplog.text, "the line")
        for _ in range(2):
            broker.stop()
            broker.start()
            until(lambda: running.links[-1], "the connection")
        broker.stop()
        allow(True)
        until(lambda: "ward heard again" in caplog.text, "the good news")
        assert running.links[-1]
    broker.stop()

    assert 1 == caplog.text.count("ward not heard")
    assert "access list" in caplog.text
