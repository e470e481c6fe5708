"""The receiver of docs/examples, written from the documents alone, against a real box and a real broker."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dev.trial_config import ROOT
from edge.config.model import AckFrom
from edge.contract.ack import WardAck, read_ack
from edge.contract.signing import load_keys
from edge.contract.topics import Root
from edge.gpio.simulated import levels, press
from edge.guard.alarm.ledger import Ledger
from tests.e2e.stage import REPOSITORY, Actor, Stage, heard, surroundings
from tests.e2e.test_outage import writing
from tests.e2e.writer import event_id
from tests.published import faults_of
from tests.subscriber import Subscriber
from tests.ward.ack_keys import key_file, public_file
from tests.ward.samples import THREE, Box, new_event_id
from tests.ward.wire import publisher
from ward.store.intake import Arrival

EXAMPLE = REPOSITORY / "docs" / "examples" / "receiver.py"
EVENTS, ROLES = 12, {"subject", "scene", "before"}
BUTTON, SIREN = 5, 17
BOX = """
[alarm]
siren_s = 1
[outputs]
siren = { kind = "siren", pin = 17 }
[inputs.gate-button]
kind = "panic"
pin = 5
hold_s = 0.1
[cameras.gate]
source = "rtsp://127.0.0.1/never-opened-by-guard"
"""


class Example:
    """The example as systemd would run it, and what its store has."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._store = stage, stage.folder / "example.db"
        self._key, self.public = key_file(stage.folder), public_file(stage.folder)

    def start(self) -> Actor:
        actor = Actor("example", [sys.executable, str(EXAMPLE), str(self._key), str(self._store), "127.0.0.1",
                                  str(self._stage.broker.port)],
                      self._stage.folder / "example.log", surroundings({"PYTHONWARNINGS": "error"}), None)
        self._stage.actors.append(actor)
        return actor

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Read beside the example; none before it has made its tables, of which `run` is the last."""
        if not self._store.exists():
            return []
        with closing(sqlite3.connect(f"{self._store.as_uri()}?mode=ro", uri=True)) as db:
            made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchall()
            return db.execute(question).fetchall() if made else []

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        """`data` of each record of one kind."""
        return [json.loads(body)["data"] for found, body in self.rows("SELECT kind, body FROM record")
                if found == kind]


def sessions(wire: Subscriber) -> set[str]:
    return {it.json["session"] for it in wire.on("/ack")}


def test_the_example_has_every_event_with_its_pictures(stage: Stage) -> None:
    """
    A receiver made from docs/contract.md alone, killed amid the events, with a broker that restarts and one
    that forgets all: every event is in its store with all its pictures, each alarm too; the box owes nothing
    then, its guard holds no call, and every message on the wire fits docs/asyncapi.json.
    """
    example = Example(stage)
    config, pins = stage.config(BOX), stage.folder / "pins"
    config.write_text(config.read_text().replace(
        "tls = false", f'tls = false\nack = "ward"\nack_keys = ["{example.public}"]'))
    wire = Subscriber(stage.broker.port, "looker", "#")
    uplink = stage.uplink(config)
    stage.guard(config, environment={"EDGEBOX_PINS": f"simulated:{pins}"})

    with writing(stage, ROOT.box, "full") as writer:
        writer.up_to(2)                                 # nobody is there yet
        receiver = example.start()
        writer.begin(6)
        stage.until(lambda: len(example.bodies("event")) > 2, "the first to arrive")
        receiver.kill()
        writer.until(6)
        _call(stage, pins)

        receiver = example.start()
        stage.until(lambda: len(example.bodies("alarm")) == 2, "the alarm's records to arrive")
        stage.broker.stop()                             # it keeps what it has on disk
        stage.until(lambda: not receiver.running, "the example to end with its connection")
        writer.up_to(9)
        stage.broker.start()
        stage.until(lambda: len({it.topic for it in wire.on("/image/")}) == 9 * 3, "all to be at the broker")
        stage.broker.stop()
        for kept in (stage.folder / "broker").glob("*.db*"):
            kept.unlink()                               # what it had for the receiver is gone
        stage.broker.start()
        example.start()
        stage.until(lambda: len(sessions(wire)) == 2, "the box to be told that the broker forgot")
        writer.up_to(EVENTS)
        stage.until(lambda: stage.owed() == 0, "the box to owe nothing")

    pictures = {(topic, sha256): jpeg for topic, sha256, jpeg in example.rows("SELECT * FROM picture")}
    events = example.bodies("event")
    made = {event_id(number + 1, writer.begin_utc) for number in range(EVENTS)}
    assert made == {it["event_id"] for it in events}
    for told in [picture for event in events for picture in event["pictures"]]:
        jpeg = pictures.pop((told["topic"], told["sha256"]))
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(jpeg).hexdigest(), len(jpeg))
    assert [ROLES] * EVENTS == [{it["role"] for it in event["pictures"]} for event in events]
    assert {} == pictures

    assert ["ended", "raised"] == sorted(data["phase"] for data in example.bodies("alarm"))
    calls = stage.state / "guard" / "calls.json"
    stage.until(lambda: not Ledger.load(calls, AckFrom.WARD).due(0, 1), "guard to hold no call")
    arrivals = heard(wire, stage)
    acks = [it.json for it in arrivals if it.topic == ROOT.ack]
    assert (stage.book.last_seq(), []) == (acks[-1]["upto_seq"], acks[-1]["beyond"])
    assert 2 == len(sessions(wire))
    assert [] == [fault for it in arrivals for fault in faults_of(it.topic, it.payload, from_box=False)]
    assert "ack ignored" not in uplink.text
    assert "passed over" not in receiver.text


STRANGE = (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"id": {}, "data": {}}',
           b'{"id": "1", "data": {"image": "no"}}', b'{"id": "2", "data": {}, "seq": "7", "epoch": {}}',
           b'{"id": "3", "data": {"shed": [{"first_seq": 1, "last_seq": 9999999999999999999}]}, "epoch": 7}',
           b'{"id": "4", "data": {"image": {"topic": ["x"], "sha256": 1e999, "seq": -1}}, "epoch": 7}')

STRANGE_BIRTHS = (b'{"epoch": 7, "oldest_seq": 1e30}', b'{"epoch": 0}', b'{"epoch": []}',
                  b'{"epoch": "x", "oldest_seq": -5}', b'{"epoch": "y", "oldest_seq": "1"}')


def test_the_acks_of_the_example_are_as_the_contract_says(stage: Stage) -> None:
    """
    Of two boxes each has acks of its own, in the contract's form and signed. Holes stay open until a birth, a
    tombstone or the number itself closes them, a picture's until the right one is there; a new epoch begins
    anew; what breaks the contract is passed over, and its number covered where it has one. After a restart
    acks rise on, of the same session.
    """
    example, gate, yard = Example(stage), Box("gate", epoch="a" * 16), Box("yard", epoch="b" * 16)
    odd, acks = Root(gate.ward, gate.group, "odd"), Acks(stage, example)
    running = example.start()
    with publisher(stage.broker.port) as publish:
        gate.seq = 15
        births = gate.birth(oldest=6), yard.birth(oldest=1)
        publish([replace(birth, retained=True) for birth in births])
        acks.until(gate, 5)
        acks.until(yard, 0)

        gate.seq, event_id, alarm_id = 5, new_event_id(), new_event_id()
        told = gate.event(event_id, pictures=THREE)             # 6, its pictures 7, 8 and 9
        never = gate.tombstone((12, 13))                        # itself 10
        gate.seq = 13
        subject, *others = gate.pictures(event_id)
        broken = Arrival(gate.root.alarm, b'{"id": "5", "epoch": "%s", "seq": 15, "data": {}}' % (b"a" * 16))
        publish([*others, replace(subject, payload=b"another"), told, never, gate.health(), broken,
                 *(Arrival(gate.root.topic("panel"), strange) for strange in STRANGE),
                 *(Arrival(odd.topic("birth"), b'{"id": "6", "data": %s}' % it) for it in STRANGE_BIRTHS),
                 yard.alarm(alarm_id)])
        acks.until(gate, 6, (8, 10), (12, 15))
        publish([subject])
        acks.until(gate, 10, (12, 15))
        acks.until(yard, 1)

        running.kill()
        running = example.start()
        yard.epoch, yard.seq = "c" * 16, 0
        publish([replace(yard.birth(oldest=1), retained=True)])
        acks.until(yard, 0)
    assert [f"{alarm_id}.0"] == list(acks.of(yard)[-1].calls)
    assert 1 == len({ack.session for box in (gate, yard) for ack in acks.of(box)})
    for box in (gate, yard):
        times = [ack.ward_time for ack in acks.of(box)]
        assert sorted(set(times)) == times
    acks.close()
    assert running.running


class Acks:
    """What the boxes hear."""

    def __init__(self, stage: Stage, example: Example) -> None:
        self._stage, self._keys = stage, load_keys([example.public])
        self._wire = Subscriber(stage.broker.port, "boxes", "edge/v1/+/+/+/ack")

    def of(self, box: Box) -> list[WardAck]:
        """All that this box believes, as they came."""
        return [read_ack(it.payload, box.root.path, self._keys) for it in self._wire.arrivals
                if it.topic == box.root.ack]

    def until(self, box: Box, upto_seq: int, *beyond: tuple[int, int]) -> None:
        """Until the newest ack of the box's epoch says just this."""
        def said() -> bool:
            acks = self.of(box)
            return bool(acks) and (box.epoch, upto_seq, beyond) == (
                acks[-1].epoch, acks[-1].upto_seq, acks[-1].beyond)
        self._stage.until(said, f"an ack of {box.name} up to {upto_seq}")

    def close(self) -> None:
        assert [] == [fault for it in self._wire.arrivals
                      for fault in faults_of(it.topic, it.payload, from_box=False) if "/odd/" not in it.topic]
        self._wire.close()


def _call(stage: Stage, pins: Path) -> None:
    """Somebody presses the button until the siren sounds; it ends by itself."""
    press(pins, BUTTON, "high")
    press(pins, BUTTON, "low")
    stage.until(lambda: levels(pins).get(SIREN), "the siren to sound")
    press(pins, BUTTON, "high")
    stage.until(lambda: not levels(pins)[SIREN], "the siren to end")
