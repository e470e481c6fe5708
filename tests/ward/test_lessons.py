""""Not that": from an event's page to the box, its list, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.contract.command import CommandName
from edge.contract.lessons import Lesson, LessonsData
from tests.brokers import mosquitto, until
from tests.edge.journal.entries import ROOT
from tests.ward.household import BOX, new_key, obeying
from tests.ward.samples import NOW, Box, new_event_id
from tests.ward.test_alarm_page import OFFICER, OURS, opened, plain
from tests.ward.test_command import is_there
from tests.ward.wire import receiving, running, settings_for
from ward.command.order import Order, Teaching
from ward.command.send import Sender
from ward.store.desk import Desk
from ward.store.writer import Store


def lessons_record(box: Box, **changes: object) -> Any:
    lesson = Lesson.model_validate({
        "id": new_event_id(), "event_id": new_event_id(), "camera": "gate", "rule": "night",
        "class": "person", "rect": (0.1, 0.2, 0.2, 0.5), "hours": "18:00-06:00",
        "until": datetime.now(UTC) + timedelta(days=7), "issuer": "Lan", "muted": 12,
        "muted_last": datetime.now(UTC)} | changes)
    return box.record(box.root.lessons, "edgebox.lessons", LessonsData(lessons=(lesson,)))


def test_from_the_events_page_to_the_box_and_undone(tmp_path: Path) -> None:
    """
    Through a real broker to a real guard's judge: the box lists what it has learned, the box's page shows it
    with how often, and an undo empties the list; what a box does not learn is said in the officer's words.
    """
    (folder := tmp_path / "key").mkdir()
    key, data, event_id, crowd, strange = (new_key(folder / "ward.key"), tmp_path / "data", new_event_id(),
                                           new_event_id(), new_event_id())
    box = Box(ROOT.box, ROOT.group, ROOT.ward)
    store = Store(data, ROOT.ward)
    store.take([box.birth(), box.event(event_id), box.event(crowd, kind="crowd", count=5),
                box.event(strange, rule="loud", label="person")], NOW)
    store.close()
    with running(mosquitto(tmp_path / "broker")) as port:
        sender = Sender(settings_for(port), ROOT.ward, key, Desk(data))
        with (opened(data, sender) as desk, receiving(data, settings_for(port), ROOT.ward) as reader,
              obeying(tmp_path / "box", port, folder / "ward.key")):
            is_there(port)

            def post(address: str, **fields: str) -> Any:
                return desk.post(address, data=fields | OFFICER,
                                 headers={**OURS, "accept": "application/json"}).json()

            assert "Không phải" in plain(desk.get(f"/events/{event_id}").text)
            assert "Không phải" not in plain(desk.get(f"/events/{crowd}").text)
            told = post(f"/events/{event_id}/notthat", hours="18:00-23:00", days="14")
            assert ("accepted", "Hộp đã nhận lệnh: đã ghi nhớ. Danh sách ở trang của hộp.") == (
                told["state"], told["text"])
            refused = post(f"/events/{strange}/notthat", hours="", days="30")
            assert ("refused", True) == (refused["state"], "không tắt được từ xa" in refused["text"])
            for odd in ({"hours": "18", "days": "7"}, {"hours": "", "days": "x"}, {"days": "99"}):
                assert "refused" == post(f"/events/{event_id}/notthat", **odd)["state"]
            assert "refused" == post(f"/events/{crowd}/notthat", hours="", days="7")["state"]
            until(lambda: reader.boxes()[0].lessons, "the box's list")
            [lesson] = reader.boxes()[0].lessons
            assert ("cong-truoc", "vao-san", "person", "18:00-23:00", "Trung uý Lan") == (
                lesson.camera, lesson.rule, lesson.label, lesson.hours, lesson.issuer)
            assert lesson.lesson_id in desk.get(f"/boxes/{BOX}").text
            undo = post(f"/boxes/{BOX}/commands", name="notthat", undo=lesson.lesson_id)
            assert "accepted" == undo["state"]
            until(lambda: not reader.boxes()[0].lessons, "the empty list")
            assert "refused" == post(f"/boxes/{BOX}/commands", name="notthat",
                                     undo=lesson.lesson_id)["state"]


def test_the_list_of_a_box(tmp_path: Path) -> None:
    """
    Class, place, hours, until when, by whom and how often; what is over is left out; an older list that
    comes late changes nothing.
    """
    box, data = Box(), tmp_path / "data"
    old, fresh = lessons_record(box, issuer="<b>Cũ"), lessons_record(box)
    store = Store(data, box.ward)
    store.take([box.birth(), fresh, old], NOW)
    store.close()
    with opened(data) as desk:
        page = plain(desk.get("/boxes/to-12/hop-1?lang=en").text)
        assert "Person gate · night · 18:00 – 06:00 Lan, until" in page
        assert "kept back 12 times" in page
        listed = desk.get("/api/boxes").json()["boxes"][0]["lessons"]
    assert [("gate", "night", "person", 12, "Lan")] == [
        (it["camera"], it["rule"], it["class"], it["muted"], it["issuer"]) for it in listed]

    store = Store(data, box.ward)
    store.take([lessons_record(box, until=NOW - timedelta(days=1000))], NOW)
    store.close()
    with opened(data) as desk:
        assert "Nothing is taught" in plain(desk.get("/boxes/to-12/hop-1?lang=en").text)


def test_an_order_names_an_event_or_a_lesson() -> None:
    """
    One of the two, for notthat alone.
    """
    teaching = Teaching("e", "gate", "night", "person", (0.1, 0.2, 0.3, 0.4), None, 7)
    assert {"event_id", "camera", "rule", "label", "x0", "y0", "x1", "y1", "days"} == set(teaching.fields())
    for name, taught, undo in (("notthat", None, None), ("notthat", teaching, "x"), ("arm", teaching, None),
                               ("siren", None, "x")):
        with pytest.raises(ValueError, match="notthat"):
            Order(CommandName(name), teaching=taught, undo=undo)


def test_what_no_box_takes_is_refused_before_it_is_signed(tmp_path: Path) -> None:
    """
    A strange box may have told of an event with a rule or a class that no command can name; and a form may
    name anything to undo. The officer reads that, and nothing is left open in the log of commands.
    """
    box, data, strange, undo = Box(), tmp_path / "data", new_event_id(), "x" * 500
    store = Store(data, box.ward)
    store.take([box.birth(), box.event(strange, rule="Vào sân")], NOW)
    store.close()
    sender = Sender(settings_for(1), box.ward, new_key(tmp_path / "ward.key"), Desk(data))
    with opened(data, sender) as desk:
        for address, fields in ((f"/events/{strange}/notthat", {"hours": "", "days": "7"}),
                                (f"/boxes/{BOX}/commands", {"name": "notthat", "undo": undo})):
            answer = desk.post(address, data=fields | OFFICER, headers=OURS)
            assert 400 == answer.status_code
            assert undo not in answer.text
        assert [] == desk.get("/api/commands").json()["commands"]
