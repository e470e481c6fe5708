"""What the ward teaches a box, judged and kept by guard."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.contract.command import Command, CommandRefusal
from edge.contract.lessons import MAX_DAYS, MAX_LESSONS, MAX_MUTED, MAX_PLACE_RATIO, LessonsData
from edge.contract.messages import AlarmWish
from edge.guard.commands.lessons import COUNTED_EVERY_S, LessonBook, judged
from edge.ipc.channels import Program
from edge.ipc.records import MAX_DATA_BYTES
from edge.uplink.permissions import Permissions
from tests.edge.contract.samples import COMMAND, NOT_THAT, UNDO
from tests.edge.guard.notes import Notes
from tests.edge.journal.entries import ROOT

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
RULES = {"night": RuleSettings(kind=RuleKind.ENTER),
         "loud": RuleSettings(kind=RuleKind.ENTER, alarm=AlarmWish.SIREN),
         "lit": RuleSettings(kind=RuleKind.ENTER, alarm=AlarmWish.LIGHT)}
OTHER_EVENT = "0198c0de-0000-7000-8000-0000000000ee"
CAMERAS = {"gate": CameraSettings(source="x.mp4", rules=RULES)}


def taught(number: int = 1, /, **changes: object) -> Command:
    return Command.model_validate(
        NOT_THAT | {"cmd_id": f"0198c0de-0000-7000-8000-{number:012}"} | changes)


def told(notes: Notes) -> list[list[tuple[str, int]]]:
    """Of each record, the lessons in it by the end of their ids, with how often each kept something back."""
    return [[(it.id[-2:], it.muted) for it in LessonsData.model_validate_json(entry.data).lessons]
            for entry in notes.entries]


def stamp(late_s: float) -> Stamp:
    return Stamp(NOW + timedelta(seconds=late_s), round((1000 + late_s) * NS_PER_S), "boot", True)


@pytest.mark.parametrize(("change", "reason"), [
    ({"camera": "yard"}, CommandRefusal.NO_RULE), ({"rule": "day"}, CommandRefusal.NO_RULE),
    ({"label": "car"}, CommandRefusal.NO_RULE), ({"rule": "loud"}, CommandRefusal.SIREN_RULE),
    ({"x1": 0.1}, CommandRefusal.TOO_LARGE), ({"y0": 0.9}, CommandRefusal.TOO_LARGE),
    ({"x0": 0.0, "x1": 1.0}, CommandRefusal.TOO_LARGE)])
def test_what_a_box_does_not_learn(change: dict[str, object], reason: CommandRefusal) -> None:
    """
    What no rule of its own is about, what would make a camera blind, and anything that would mute a siren.
    """
    assert reason is judged(taught(1, **change), CAMERAS, 0, NOW)


def test_so_many_and_no_more() -> None:
    """
    The list is bounded; one that is forgotten by its time makes room.
    """
    assert CommandRefusal.TOO_MANY_LESSONS is judged(taught(), CAMERAS, MAX_LESSONS, NOW)


@given(*[st.floats(0, 1)] * 4, st.integers(1, MAX_DAYS), st.sampled_from(["night", "lit"]))
@example(x0=0.0, y0=0.0, x1=1e-229, y1=1e-229, days=1, rule="night")       # no area, by rounding
def test_a_lesson_is_bounded(x0: float, y0: float, x1: float, y1: float, days: int, rule: str) -> None:
    """
    Whatever is signed, what is learned is a quarter of the picture and 30 days at most.
    """
    lesson = judged(taught(x0=x0, y0=y0, x1=x1, y1=y1, days=days, rule=rule), CAMERAS, 0, NOW)
    if not isinstance(lesson, CommandRefusal):
        left, top, right, bottom = lesson.rect
        assert 0 < (right - left) * (bottom - top) <= MAX_PLACE_RATIO
        assert NOW < lesson.until <= NOW + timedelta(days=MAX_DAYS)


def test_learned_over_a_restart_until_its_time(tmp_path: Path) -> None:
    """
    It is on the disk when the answer goes; after its days it is gone, and a clock that is set back does not
    make it longer.
    """
    book = LessonBook.load(tmp_path / "guard" / "lessons.json", CAMERAS)
    assert book.obey(taught(days=7), NOW) is None
    again = LessonBook.load(tmp_path / "guard" / "lessons.json", CAMERAS)
    assert book.in_force(NOW) == again.in_force(NOW) != ()
    assert () == again.in_force(NOW + timedelta(days=7))
    assert () == again.in_force(NOW - timedelta(days=30))


def test_undone(tmp_path: Path) -> None:
    """
    Once; what is not there cannot be undone.
    """
    book = LessonBook.load(tmp_path / "lessons.json", CAMERAS)
    undo = Command.model_validate(UNDO)
    assert book.obey(taught(cmd_id=COMMAND["cmd_id"]), NOW) is None
    assert book.obey(undo, NOW) is None
    assert () == book.in_force(NOW)
    assert CommandRefusal.NO_LESSON is book.obey(undo, NOW)


def test_what_cannot_be_written_is_not_learned(tmp_path: Path) -> None:
    """
    Refused as unready, and nothing is kept back for it; a damaged file is an empty one.
    """
    (tmp_path / "guard").write_text("in the way")
    book = LessonBook(tmp_path / "guard" / "lessons.json", CAMERAS)
    assert CommandRefusal.UNREADY is book.obey(taught(), NOW)
    assert () == book.in_force(NOW)
    (tmp_path / "lessons.json").write_text('{"lessons": [{}]}')
    assert () == LessonBook.load(tmp_path / "lessons.json", CAMERAS).in_force(NOW)


def test_the_ward_is_told_of_changes_and_now_and_then_of_counts(tmp_path: Path) -> None:
    """
    At once what was learned or undone, as soon as uplink takes it; what was kept back at most every ten
    minutes, added up over restarts of watch; nothing where nothing was ever taught.
    """
    book, notes = LessonBook.load(tmp_path / "lessons.json", CAMERAS), Notes()
    book.tell(ROOT, notes, stamp(0))
    assert [] == told(notes)

    book.obey(taught(1), NOW)
    notes.refusals = 1
    with pytest.raises(RetryableError):
        book.tell(ROOT, notes, stamp(1))
    book.tell(ROOT, notes, stamp(2))
    book.heard({taught(1).cmd_id: 3}, NOW)
    book.heard({taught(1).cmd_id: 4}, NOW)
    book.heard({taught(1).cmd_id: 1}, NOW)
    book.tell(ROOT, notes, stamp(3))
    book.tell(ROOT, notes, stamp(2 + COUNTED_EVERY_S))
    assert [[("01", 0)], [("01", 5)]] == told(notes)
    assert 5 == LessonBook.load(tmp_path / "lessons.json", CAMERAS).in_force(NOW)[0].muted
    assert all(Permissions(ROOT, ["gate"]).breach(Program.GUARD, entry) is None for entry in notes.entries)
    assert Permissions(ROOT, ["gate"]).breach(Program.WATCH, notes.entries[0])


def test_a_full_list_fits_into_a_record(tmp_path: Path) -> None:
    """
    The longest that can be taught is less than uplink takes.
    """
    book, notes = LessonBook.load(tmp_path / "lessons.json", CAMERAS), Notes()
    for number in range(MAX_LESSONS):
        assert book.obey(taught(number, event_id=f"0198c0de-0000-7000-8000-{number:012}",
                                issuer="ỗ" * 100, x0=0.1234567), NOW) is None
    book.tell(ROOT, notes, stamp(0))
    assert len(notes.entries[0].data) < MAX_DATA_BYTES
    assert MAX_LESSONS == len(json.loads(notes.entries[0].data)["lessons"])


def test_a_clock_that_is_wrong_for_a_while_loses_no_lesson(tmp_path: Path) -> None:
    """
    After a power cut a clock may be slow by hours, or years ahead: what was learned does not hold meanwhile,
    and holds again once the clock is set, after another restart, too.
    """
    path, notes = tmp_path / "lessons.json", Notes()
    assert LessonBook.load(path, CAMERAS).obey(taught(1, days=MAX_DAYS), NOW) is None
    for off in (-timedelta(hours=1), timedelta(days=4000)):
        wrong = Stamp(NOW + off, 5 * NS_PER_S, "next", False)
        book = LessonBook.load(path, CAMERAS)
        assert () == book.in_force(wrong.utc)
        book.tell(ROOT, notes, wrong)
        assert taught(1).cmd_id in {it.id for it in LessonBook.load(path, CAMERAS).in_force(NOW)}
        assert book.obey(taught(2, event_id=OTHER_EVENT), wrong.utc) is None
        assert taught(1).cmd_id in {it.id for it in LessonBook.load(path, CAMERAS).in_force(NOW)}
    book = LessonBook.load(path, CAMERAS)
    book.tell(ROOT, notes, stamp(0))
    assert b"2037" not in path.read_bytes(), "what a clock ahead has taught holds up no room"


def test_what_is_over_by_a_clock_that_is_right_does_not_come_back(tmp_path: Path) -> None:
    """
    It leaves the card with its time, so that no power cut and slow clock revive it.
    """
    path, notes = tmp_path / "lessons.json", Notes()
    book = LessonBook.load(path, CAMERAS)
    book.obey(taught(1, days=1), NOW)
    book.tell(ROOT, notes, stamp(0))
    book.tell(ROOT, notes, stamp(86_400))
    assert [[("01", 0)], []] == told(notes)
    assert () == LessonBook.load(path, CAMERAS).in_force(NOW)


def test_a_restart_of_guard_counts_nothing_twice(tmp_path: Path) -> None:
    """
    Watch says what it kept back since its own start, which the guard before has counted already; what it
    leaves out once is not counted again either.
    """
    path, notes, first = tmp_path / "lessons.json", Notes(), taught(1).cmd_id
    book = LessonBook.load(path, CAMERAS)
    book.obey(taught(1), NOW)
    book.heard({first: 7}, NOW)
    book.tell(ROOT, notes, stamp(0))
    again = LessonBook.load(path, CAMERAS)
    for muted in ({first: 7}, {}, {first: 7}, {first: 9}):
        again.heard(muted, NOW)
    assert [9] == [it.muted for it in again.in_force(NOW)]


def test_no_count_of_watch_makes_the_file_unreadable(tmp_path: Path) -> None:
    """
    A watch that was taken over may count as it likes: there is a most, and lessons stay readable.
    """
    path, notes, first = tmp_path / "lessons.json", Notes(), taught(1).cmd_id
    book = LessonBook.load(path, CAMERAS)
    book.obey(taught(1), NOW)
    for _ in range(2**13 + 1):
        book.heard({first: 2**40 - 1}, NOW)
        book.heard({first: 0, "0198c0de-0000-7000-8000-999999999999": 5}, NOW)
    book.tell(ROOT, notes, stamp(0))
    assert [MAX_MUTED] == [it.muted for it in LessonBook.load(path, CAMERAS).in_force(NOW)]


@pytest.mark.parametrize("content", [
    b"", b"\xff\x00", b"[]", b"[" * 20_000, b'{"lessons": 1}', b"x" * 100_000,
    b'{"lessons": [{"id": "0198c0de-0000-7000-8000-000000000001", "event_id": '
    b'"0198c0de-0000-7000-8000-000000000002", "camera": "gate", "rule": "night", "class": "person", '
    b'"rect": [0, 0, 0.1, 0.1], "until": "2026-11-30T08:00:00", "issuer": "x"}]}'])
def test_a_damaged_file_starts_guard_with_no_lesson_and_the_ward_hears_it(
        tmp_path: Path, content: bytes) -> None:
    """
    Whatever lies there, a time without its zone, too; else the ward's page would go on listing what is lost.
    """
    path, notes = tmp_path / "lessons.json", Notes()
    path.write_bytes(content)
    book = LessonBook.load(path, CAMERAS)
    assert () == book.in_force(NOW)
    book.tell(ROOT, notes, stamp(0))
    assert [[]] == told(notes)


def test_taught_twice_is_one_lesson(tmp_path: Path) -> None:
    """
    An officer who got no answer presses again: undoing the one that is listed undoes it. Other hours are
    another lesson.
    """
    book = LessonBook.load(tmp_path / "lessons.json", CAMERAS)
    for number in range(MAX_LESSONS + 2):
        assert book.obey(taught(number), NOW) is None
    assert [taught(MAX_LESSONS + 1).cmd_id] == [it.id for it in book.in_force(NOW)]
    assert book.obey(taught(99, hours="01:00-02:00"), NOW) is None
    assert 2 == len(book.in_force(NOW))
