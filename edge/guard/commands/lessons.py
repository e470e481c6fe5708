"""What the ward has taught this box not to tell: judged and kept by guard, used by watch.

Authority lives here, where the ward's commands are verified; watch is given what holds now and says what it
kept back. A lesson is narrow by its form (`edge.contract.lessons`), and no rule that may sound the siren
learns: whoever has the ward's key could mute it from afar. `judged` is pure: time comes in.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from edge.base import durable
from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.contract.command import Command, CommandRefusal
from edge.contract.lessons import (
    MAX_DAYS,
    MAX_LESSONS,
    MAX_MUTED,
    MAX_PLACE_RATIO,
    Lesson,
    LessonsData,
)
from edge.contract.messages import AlarmWish, rfc3339, to_json
from edge.contract.topics import Root
from edge.ipc.records import Records
from edge.journal.entry import Entry, Rank

log = logging.getLogger("commands")

FILE = "lessons.json"
_MAX_BYTES = 64 * 1024
_CLOCK_OFF = timedelta(days=1)  # what a clock may be set back by without a lesson being lost
COUNTED_EVERY_S = 600.0         # the ward hears, and the card is written, so often of what was kept back


def judged(command: Command, cameras: Mapping[str, CameraSettings], known: int,
           now_utc: datetime) -> Lesson | CommandRefusal:
    """The lesson that a good command teaches, or why this box does not learn it.

    Args:
        known: how many lessons the box has.
        now_utc: by the box's clock; a lesson holds from then on.
    """
    camera = cameras.get(command.camera or "")
    rule = None if camera is None else camera.rules.get(command.rule or "")
    place = command.place
    if rule is None or place is None or command.label not in rule.classes:
        return CommandRefusal.NO_RULE
    if rule.alarm is AlarmWish.SIREN:
        return CommandRefusal.SIREN_RULE
    x0, y0, x1, y1 = place
    if not (x0 < x1 and y0 < y1 and 0 < (x1 - x0) * (y1 - y0) <= MAX_PLACE_RATIO):
        return CommandRefusal.TOO_LARGE
    if known >= MAX_LESSONS:
        return CommandRefusal.TOO_MANY_LESSONS
    return Lesson.model_validate({
        "id": command.cmd_id, "event_id": command.event_id, "camera": command.camera, "rule": command.rule,
        "class": command.label, "rect": place, "hours": command.hours, "issuer": command.issuer,
        "until": now_utc + timedelta(days=command.days or 1)})


class LessonBook:
    """Any thread. What is learned or undone is on the disk before `obey` returns."""

    def __init__(self, path: Path, cameras: Mapping[str, CameraSettings],
                 lessons: Iterable[Lesson] = (), *, is_told: bool = True) -> None:
        """Use `LessonBook.load`. `is_told`: the ward knows that there are none."""
        self._path, self._cameras = path, cameras
        self._lessons = {lesson.id: lesson for lesson in lessons}   # also such as a wrong clock rules out
        self._heard: Mapping[str, int] = {}         # what watch has said last, since its start
        self._earlier = frozenset(self._lessons)    # of an earlier run, until watch has said something
        # The ward knows so much; None: that is not known.
        self._told = LessonsData() if is_told and not self._lessons else None
        self._told_s = 0.0
        self._mutex = threading.Lock()

    @classmethod
    def load(cls, path: Path, cameras: Mapping[str, CameraSettings]) -> LessonBook:
        """What an earlier run has learned; nothing where that cannot be read: an event too many. Then the
        ward is told that it is nothing.
        """
        try:
            content = durable.read(path, _MAX_BYTES, owners=durable.trusted(path.parent))
            return cls(path, cameras, LessonsData.model_validate_json(content).lessons)
        except FileNotFoundError:
            return cls(path, cameras)
        except (OSError, ValidationError) as exc:
            log.error("lessons cannot be read, so all is told again: file=%s error=\"%s\"", path,
                      type(exc).__name__)
            return cls(path, cameras, is_told=False)

    def obey(self, command: Command, now_utc: datetime) -> CommandRefusal | None:
        """Learn or undo what `command`, a good `notthat`, says; the reason where that is refused."""
        with self._mutex:
            kept = self._lessons if len(self._lessons) < MAX_LESSONS else self._possible(now_utc)
            if command.undo is not None:
                if command.undo not in kept:
                    return CommandRefusal.NO_LESSON
                kept = {name: it for name, it in kept.items() if name != command.undo}
            else:
                # Who got no answer teaches again: one undoing shall undo it.
                kept = {name: it for name, it in kept.items()
                        if (it.event_id, it.hours) != (command.event_id, command.hours)}
                lesson = judged(command, self._cameras, len(kept), now_utc)
                if isinstance(lesson, CommandRefusal):
                    return lesson
                kept[lesson.id] = lesson
            try:
                self._write(kept)
            except OSError as exc:
                log.error("lesson cannot be written, so it is refused: file=%s error=\"%s\"", self._path, exc)
                return CommandRefusal.UNREADY
            self._lessons = kept
            return None

    def in_force(self, now_utc: datetime) -> tuple[Lesson, ...]:
        """What holds at `now_utc`, the oldest first."""
        with self._mutex:
            return tuple(self._in_force(now_utc).values())

    def heard(self, muted: Mapping[str, int], now_utc: datetime) -> None:
        """Watch has kept back so many events for each lesson since it was started.

        What this run hears first of a lesson of an earlier one counts as known: that run has counted it.
        """
        with self._mutex:
            known = {name: count for name, count in muted.items() if name in self._lessons}
            for name, count in known.items():
                lesson = self._lessons[name]
                before = self._heard.get(name, count if name in self._earlier else 0)
                more = count - before if count >= before else count       # less: watch was started anew
                if more > 0:
                    self._lessons[name] = lesson.model_copy(update={
                        "muted": min(lesson.muted + more, MAX_MUTED), "muted_last": now_utc})
            # What watch leaves out this once is not counted again when it is back.
            self._heard = {name: count for name, count in self._heard.items()
                           if name in self._lessons} | known
            self._earlier = frozenset()

    def tell(self, root: Root, records: Records, stamp: Stamp) -> None:
        """Have the ward told what has changed, and now and then how much was kept back.

        Raises RetryableError: uplink takes nothing now.
        """
        now_s = stamp.mono_ns / NS_PER_S
        with self._mutex:
            if stamp.clock_synchronised:
                self._lessons = self._possible(stamp.utc)
            told, fresh = self._told, LessonsData(lessons=tuple(self._in_force(stamp.utc).values()))
        if fresh == told:
            return
        is_change = told is None or [it.id for it in fresh.lessons] != [it.id for it in told.lessons]
        if not is_change and now_s - self._told_s < COUNTED_EVERY_S:
            return
        records.append_all([lessons_entry(root, fresh, stamp)])
        self._told, self._told_s = fresh, now_s
        with self._mutex, suppress(OSError):        # counts alone: the next time will do as well
            self._write(self._lessons)

    def _possible(self, now_utc: datetime) -> dict[str, Lesson]:
        """What holds at a `now_utc` that is right, or will: a lesson taught by a clock that ran before has
        more than its longest time left.
        """
        return self._ending_within(timedelta(days=MAX_DAYS) + _CLOCK_OFF, now_utc)

    def _in_force(self, now_utc: datetime) -> dict[str, Lesson]:
        """One that would hold for longer than any may was learned by a clock that has been set back since."""
        return self._ending_within(timedelta(days=MAX_DAYS), now_utc)

    def _ending_within(self, most: timedelta, now_utc: datetime) -> dict[str, Lesson]:
        """What is not over at `now_utc`, and has at most so long to go."""
        return {name: lesson for name, lesson in self._lessons.items()
                if timedelta(0) < lesson.until - now_utc <= most}

    def _write(self, lessons: Mapping[str, Lesson]) -> None:
        """Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(self._path, to_json(LessonsData(lessons=tuple(lessons.values()))).encode())


def lessons_entry(root: Root, data: LessonsData, stamp: Stamp) -> Entry:
    """The record of all that the box has learned, as of `stamp`."""
    return Entry(
        rank=Rank.HEALTH, topic=root.lessons, type="edgebox.lessons", subject=root.box,
        id=str(uuid.uuid4()), time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns, boot_id=stamp.boot_id,
        data=to_json(data), retain=True)
