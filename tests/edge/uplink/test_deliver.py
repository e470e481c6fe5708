"""Delivery to real brokers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.base import clock
from edge.contract.messages import Envelope, SelfTestSummary
from edge.journal.entry import Rank
from edge.journal.store import Journal
from tests.brokers import Broker, amqtt, mosquitto, until
from tests.edge.journal.entries import MIB, ROOT, make_entry, make_state, picture_of
from tests.edge.uplink.box import BIRTH, Box, plain, start_guard
from tests.edge.uplink.old_broker import OldBroker
from tests.subscriber import Subscriber


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 64 * MIB)
    opened._db.execute("PRAGMA synchronous = OFF")          # no power cut here; the tests are quicker
    yield opened
    opened.close()


@pytest.fixture(params=[mosquitto, amqtt])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made: Broker = request.param(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


def subscribed_once(broker: Broker) -> None:
    """The ward has been there: the broker keeps a session for it, and so what it is sent."""
    Subscriber(broker.port).close()


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
    assert list(range(1, 61, 2)) == [envelope.seq for envelope in envelopes]
    assert {journal.epoch()} == {envelope.epoch for envelope in envelopes}
    assert {("/edge/v1/ward-1/group-1/box-1", "edgebox.event.enter", "gate", True)} == {
        (envelope.source, envelope.type, envelope.subject, envelope.historical) for envelope in envelopes}
    assert make_entry(7).data.encode() in ward.on("/event/")[6].payload
    assert list(map(picture_of, range(1, 31))) == [arrival.payload for arrival in ward.on("/image/")]
    assert {ROOT.image("event-000007", 0)} < {arrival.topic for arrival in ward.on("/image/")}


def test_birth_and_status_are_retained(broker: Broker, journal: Journal,
                                       caplog: pytest.LogCaptureFixture) -> None:
    """
    Whoever subscribes later learns that the box is online, and who it is; after a clean stop, that it left.
    """
    caplog.set_level("INFO", "deliver")
    with Box(journal, plain(broker.port)):
        until(lambda: "ward connected" in caplog.text, "the connection")
        ward = Subscriber(broker.port, "later", f"{ROOT.path}/+")
        until(lambda: len(ward.arrivals) >= 2, "what is retained")
    until(lambda: len(ward.on("/status")) == 2, "the farewell")
    ward.close()

    birth, = ward.on("/birth")
    online, offline = ward.on("/status")
    assert birth.retain
    assert online.retain
    assert ("online", clock.boot_id()) == (online.json["data"]["state"], online.json["data"]["boot_id"])
    assert "offline" == offline.json["data"]["state"]
    assert ("edgebox.birth", "box-1", ["gate"]) == (
        birth.json["type"], birth.json["subject"], birth.json["data"]["cameras"])
    assert "seq" not in birth.json


def test_a_birth_that_says_something_new_is_told_again(broker: Broker, journal: Journal) -> None:
    """
    A self-test while the box is connected reaches the ward with the next metrics; a seq alone is no news.
    """
    ward = Subscriber(broker.port)
    with Box(journal, plain(broker.port), metrics_every_s=0.1) as box:
        until(lambda: ward.on("/birth"), "the first birth")
        box.birth = BIRTH.model_copy(update={"seq": 7})
        seen = len(ward.on("/metrics"))
        until(lambda: len(ward.on("/metrics")) > seen + 2, "some more metrics")
        assert 1 == len(ward.on("/birth"))

        at = datetime(2026, 11, 23, tzinfo=UTC)
        box.birth = BIRTH.model_copy(update={"doctor": SelfTestSummary(at=at, verdict="bad", bad=("ward",))})
        until(lambda: len(ward.on("/birth")) == 2, "the second birth")
    ward.close()

    assert {"at": "2026-11-23T00:00:00Z", "verdict": "bad", "bad": ["ward"], "warn": []} == \
        ward.on("/birth")[1].json["data"]["doctor"]


def test_a_killed_guard_is_offline_by_its_will(broker: Broker, tmp_path: Path) -> None:
    """
    kill -9: the broker itself publishes status offline, retained, with the boot_id it speaks for.
    """
    ward = Subscriber(broker.port, topic=ROOT.topic("status"))
    guard = start_guard(tmp_path / "journal.db", broker.port, tmp_path / "guard.log")
    until(lambda: ward.arrivals, "the box to come online")

    guard.kill()
    guard.wait()

    until(lambda: len(ward.arrivals) == 2, "the will")
    ward.close()
    assert ["online", "offline"] == [arrival.json["data"]["state"] for arrival in ward.arrivals]
    assert clock.boot_id() == ward.arrivals[1].json["data"]["boot_id"]
    later = Subscriber(broker.port, "later", ROOT.topic("status"))
    until(lambda: later.arrivals, "the retained will")
    assert ("offline", True) == (later.arrivals[0].json["data"]["state"], later.arrivals[0].retain)
    later.close()


def test_metrics_come_again_and_again(tmp_path: Path, journal: Journal) -> None:
    """
    At once and then at every interval, at most once (QoS 0), never retained, with the durable counters.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    journal.count("frames", 25)
    ward = Subscriber(broker.port, topic=ROOT.topic("metrics"))
    with Box(journal, plain(broker.port), metrics_every_s=0.05):
        until(lambda: len(ward.arrivals) >= 3, "three metrics")
    ward.close()
    broker.stop()

    assert {(0, False)} == {(arrival.qos, arrival.retain) for arrival in ward.arrivals}
    assert ("edgebox.metrics", {"frames": 25}) == (
        ward.arrivals[0].json["type"], ward.arrivals[0].json["data"]["counters"])


def test_what_matters_more_overtakes(tmp_path: Path, journal: Journal) -> None:
    """
    Two hundred pictures wait, the broker takes one message at a time; an alarm that comes now is among the
    next few, and no record comes after its own picture.
    """
    broker = mosquitto(tmp_path / "broker", extra="max_inflight_messages 1")
    broker.start()
    for number in range(1, 201):
        journal.append(make_entry(number, picture_bytes=3000))
    ward = Subscriber(broker.port)
    with Box(journal, plain(broker.port)):
        until(lambda: ward.on("/image/"), "the pictures to flow")
        seen = len(ward.on("/image/"))
        journal.append(make_entry(201, Rank.ALARM))
        until(lambda: emptied(journal), "all to be taken")
        until(lambda: len(ward.on("/event/")) + len(ward.on("/image/")) == 401, "all to arrive")
    ward.close()
    broker.stop()

    order = [arrival.json["seq"] if "/event/" in arrival.topic else arrival.topic.split("/")[-2]
             for arrival in ward.arrivals if "/event/" in arrival.topic or "/image/" in arrival.topic]
    assert order.index(401) - 200 <= seen + 60
    assert all(order.index(2 * number - 1) < order.index(f"event-{number:06d}") for number in range(1, 201))


def test_a_broker_that_is_down_at_the_start(tmp_path: Path, journal: Journal,
                                            caplog: pytest.LogCaptureFixture) -> None:
    """
    The box waits for it, says so once, and says once that it is there.
    """
    caplog.set_level("INFO", "deliver")
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    subscribed_once(broker)
    broker.stop()
    journal.append(make_entry(1))
    with Box(journal, plain(broker.port)):
        until(lambda: "ward away" in caplog.text, "the line")
        broker.start()
        until(lambda: emptied(journal), "the delivery")
    broker.stop()

    lines = [record for record in caplog.records if record.name == "deliver"]
    assert ["ward away", "ward connected", "ward left"] == [line.message.split(":")[0] for line in lines]
    assert "WARNING" == lines[0].levelname
    assert (f'broker=127.0.0.1:{broker.port} kind=network error="nobody listens at 127.0.0.1:{broker.port}; '
            "check mqtt.port, and whether the broker runs") in lines[0].message
    assert "mqtt=5 session=new" in lines[1].message


@pytest.mark.parametrize("end", [Broker.stop, Broker.kill])
def test_a_broker_that_goes_and_comes_back(tmp_path: Path, journal: Journal, caplog: pytest.LogCaptureFixture,
                                           end: Callable[[Broker], None]) -> None:
    """
    Stopped or killed amid delivery: what was not acknowledged is sent again, and the session is found again.
    A broker that was killed may forget what it acknowledged; one that was stopped may not.
    """
    caplog.set_level("INFO", "deliver")
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    ward = Subscriber(broker.port)
    for number in range(1, 1001):
        journal.append(make_entry(number))
    with Box(journal, plain(broker.port)):
        until(lambda: journal.depth().records < 990, "some to be delivered")
        end(broker)
        until(lambda: "ward away" in caplog.text, "the loss to be noticed")
        assert journal.depth().records > 0
        broker.start()
        until(lambda: emptied(journal), "the rest to be delivered")
        if end is Broker.stop:
            until(lambda: {a.json["seq"] for a in ward.on("/event/")} == {*range(1, 1001)}, "all to arrive")
    ward.close()
    broker.stop()

    heads = [record.message.split(":")[0] for record in caplog.records if record.name == "deliver"]
    assert ["ward connected", "ward connected", "ward left"] == [h for h in heads if h != "ward away"]
    assert "session=kept" in caplog.text


def test_a_refused_message_waits_and_others_go_on(tmp_path: Path, journal: Journal,
                                                  caplog: pytest.LogCaptureFixture) -> None:
    """
    The access list forbids pictures: records are delivered, pictures stay owed, one line tells. With the
    right granted, they follow.
    """
    folder = tmp_path / "broker"
    rights = f"topic write {ROOT.path}/event/#\ntopic write {ROOT.path}/+\ntopic read #\n"
    broker = mosquitto(folder, acl=rights)
    broker.start()
    subscribed_once(broker)
    for number in range(1, 101):
        journal.append(make_entry(number, picture_bytes=300))
    with Box(journal, plain(broker.port)):
        until(lambda: journal.depth().records == 0, "the records to be delivered")
        journal.append(make_entry(101))
        until(lambda: journal.depth().records == 0, "a later record to be delivered")
        until(lambda: "ward refuses" in caplog.text, "the line")
        assert 100 == journal.depth().pictures
        (folder / "acl").write_text("topic readwrite #\n")
        broker.stop()
        broker.start()
        until(lambda: emptied(journal), "the pictures to be delivered")
    broker.stop()

    lines = [record.message for record in caplog.records if "ward refuses" in record.message]
    assert 1 == len(lines)
    assert 'reason="Not authorized"' in lines[0]
    assert "check the broker's access list" in lines[0]


def test_what_nobody_is_subscribed_to_is_kept(tmp_path: Path, journal: Journal,
                                              caplog: pytest.LogCaptureFixture) -> None:
    """
    The ward never was there, so the broker would drop every event: all stay in the journal, of more than
    can wait one by one, but for what the broker retains. When the ward subscribes, all arrive, each record
    before its picture; one line tells of each change.
    """
    caplog.set_level("INFO", "deliver")
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    for number in range(1, 101):
        journal.append(make_entry(number, picture_bytes=300))
    journal.append(replace(make_entry(101, Rank.HEALTH), topic=ROOT.health("gate"), retain=True))
    with Box(journal, plain(broker.port)):
        until(lambda: "ward not subscribed" in caplog.text, "the line")
        until(lambda: journal.depth().records == 100, "what is retained to be delivered")
        assert 100 == journal.depth().pictures
        ward = Subscriber(broker.port)
        until(lambda: emptied(journal), "all to be delivered")
        until(lambda: len(ward.on("/event/")) + len(ward.on("/image/")) == 200, "all to arrive")
    ward.close()
    broker.stop()

    for number in range(1, 101):
        name = f"event-{number:06d}".encode()
        of_event = [a for a in ward.arrivals if name in a.topic.encode() + a.payload]
        assert ["event", "image"] == [arrival.topic.split("/")[5] for arrival in of_event]
    told = [record.message.split(":")[0] for record in caplog.records if "subscribed" in record.message]
    assert ["ward not subscribed", "ward subscribed"] == told


def test_a_second_box_with_the_same_id_is_told(tmp_path: Path, journal: Journal,
                                               caplog: pytest.LogCaptureFixture) -> None:
    """
    A cloned card: the broker throws out the older one, each time. After three times one line asks whether it
    is cloned, and then there is silence.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    caplog.set_level("INFO", "deliver")
    with Box(journal, plain(broker.port)):
        until(lambda: "ward connected" in caplog.text, "the first")
        clone = start_guard(tmp_path / "clone.db", broker.port, tmp_path / "clone.log")
        until(lambda: "kind=flapping" in caplog.text, "the line")
        log = tmp_path / "broker" / "broker.log"
        taken = log.read_text().count("already connected")
        until(lambda: log.read_text().count("already connected") > taken + 4, "more of the same")
        clone.kill()
        clone.wait()
    broker.stop()

    lines = [record for record in caplog.records if "ward away" in record.message]
    kinds = [line.message.split("kind=")[1].split()[0] for line in lines]
    # mosquitto 2.0.21 says who took our place, 2.0.11 just closes.
    assert kinds in (["lost", "lost", "flapping"], ["credentials", "credentials", "flapping"])
    assert "another client there with our id 'ward-1.group-1.box-1'" in lines[2].message
    assert "ERROR" == lines[2].levelname


@pytest.mark.parametrize("answer", [b"", b"\x20\x02\x00\x01"])
def test_a_broker_that_knows_no_mqtt_5(tmp_path: Path, journal: Journal, caplog: pytest.LogCaptureFixture,
                                       answer: bytes) -> None:
    """
    It closes, or answers that it does not know this version: the next attempt is 3.1.1, at once.
    """
    caplog.set_level("INFO", "deliver")
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    journal.append(make_entry(1))
    with OldBroker(broker.port, answer) as old, Box(journal, plain(old.port)):
        until(lambda: emptied(journal), "the delivery")
    broker.stop()

    assert ["ward connected", "ward left"] == [
        record.message.split(":")[0] for record in caplog.records if record.name == "deliver"]
    assert "mqtt=3.1.1" in caplog.text


def test_a_broker_that_freezes(tmp_path: Path, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    It keeps the connection and answers nothing: the keep-alive finds out, and when it thaws all is delivered.
    """
    caplog.set_level("INFO", "deliver")
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    subscribed_once(broker)
    with Box(journal, plain(broker.port).model_copy(update={"keepalive_s": 1})):
        until(lambda: "ward connected" in caplog.text, "the connection")
        broker.freeze()
        journal.append(make_entry(1))
        until(lambda: "ward away" in caplog.text, "the keep-alive", timeout_s=30)
        broker.thaw()
        until(lambda: emptied(journal), "the delivery")
    broker.stop()

    assert "kind=lost" in caplog.text


def test_a_full_disk_does_not_stop_delivery(tmp_path: Path, journal: Journal,
                                            caplog: pytest.LogCaptureFixture) -> None:
    """
    Rows that were delivered but cannot be deleted are not sent again; they are deleted later; one line.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    for number in range(1, 6):
        journal.append(make_entry(number))
    ward = Subscriber(broker.port)
    blocker = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")              # as a disk that takes no write
    journal._db.execute("PRAGMA busy_timeout = 10")
    with Box(journal, plain(broker.port)):
        until(lambda: "journal refuses" in caplog.text, "the line")
        until(lambda: len(ward.on("/event/")) == 5, "the delivery")
        blocker.execute("ROLLBACK")
        until(lambda: emptied(journal), "the deletion")
    ward.close()
    blocker.close()
    broker.stop()

    assert 5 == len(ward.on("/event/"))
    assert 1 == caplog.text.count("journal refuses")


def test_a_broker_that_has_forgotten_is_told_again_what_is_present(tmp_path: Path, journal: Journal) -> None:
    """
    Its store is lost: how the cameras are, and the panel, are retained again, though nothing has changed;
    what concerned a camera that there is no more is not. A session that it kept costs nothing.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    for camera in ("gate", "gone"):
        journal.append(make_state(7, camera))
    with Box(journal, plain(broker.port)) as box:
        until(lambda: emptied(journal), "the delivery")
        broker.kill()
        for file in (tmp_path / "broker").glob("mosquitto.db*"):
            file.unlink()
        broker.start()
        until(lambda: box.links.count(True) == 2, "another connection")
        ward = Subscriber(broker.port, "later")
        until(lambda: ward.on("/health"), "what is retained")
    ward.close()
    broker.stop()

    health = ward.on("/health")
    assert {ROOT.health("gate")} == {it.topic for it in health}
    assert ({"number": 7}, None, True) == (health[0].json["data"], health[0].json.get("seq"),
                                           health[0].json["historical"])
