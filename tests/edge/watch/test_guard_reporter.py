"""Wishes reach guard at once, or are given up when they are too old; beats say how the cameras are."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.base.limits import WISH_MAX_AGE_S
from edge.base.sockets import Server, listening
from edge.base.supervisor import Supervisor
from edge.base.values import NS_PER_S
from edge.contract.lessons import MAX_LESSONS, Lesson
from edge.contract.messages import AlarmWish, CameraState, Phase
from edge.health.records import BEAT_INTERVAL_S, SILENT_AFTER_S
from edge.ipc.channels import WATCH_TO_GUARD
from edge.ipc.messages import Done, Handler, Message, Refused
from edge.ipc.watch_guard import REQUESTS, Asked, Beat, Lessons, WhichLessons, Wish
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.guard_reporter import MAX_WISHES, GuardReporter
from tests.edge.watch.learning.street import lesson
from tests.edge.watch.test_recorder import draft, stamp_at


class FakeGuard:
    """A real socket, whose handler notes what came and answers what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.came: list[Wish | Beat] = []
        self.answer: Message = Done()
        self.lessons: tuple[Lesson, ...] = ()
        self.muted: Mapping[str, int] = {}
        channel = WATCH_TO_GUARD
        self._supervisor = Supervisor()
        self._server = Server(channel.name, listening(channel.name, channel.path(folder), 4), channel.uids(),
                              channel.limits, Handler(channel.name, REQUESTS, self._take))
        self._server.start(self._supervisor)

    def _take(self, message: Asked) -> Message:
        if isinstance(message, WhichLessons):
            self.muted = message.muted
            return Lessons(lessons=self.lessons)
        self.came.append(message)
        return self.answer

    @property
    def wishes(self) -> list[str]:
        return [it.event_id for it in self.came if isinstance(it, Wish)]

    def close(self) -> None:
        self._supervisor.stop.set()
        self._supervisor.join()
        self._server.close()


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[FakeGuard]:
    made = FakeGuard(tmp_path)
    yield made
    made.close()


def reporter(folder: Path, is_well: bool = True, unheard: list[str] | None = None) -> GuardReporter:
    return GuardReporter(WATCH_TO_GUARD.client(folder), stamp_at, lambda: is_well,
                         lambda: (unheard if unheard is not None else []).append("again"))


def asking(number: int = 1, at_ns: int = 0) -> EventChange:
    told = draft(number)
    return replace(told, hit=replace(told.hit, wish=AlarmWish.SIREN), mono_ns=at_ns)


def test_a_wish_says_what_its_event_is_and_is_said_once(tmp_path: Path, guard: FakeGuard) -> None:
    """
    Of a new event alone: an update asks for nothing, nor does a rule without a wish.
    """
    watch = reporter(tmp_path)
    for change in (asking(1, 7), replace(asking(2), phase=Phase.UPDATE), draft(3)):
        watch.submit(change)
    watch.step(8)
    watch.step(9)

    (wish,) = [it for it in guard.came if isinstance(it, Wish)]
    assert (draft(1).event_id, "cam", "gate", "info", "siren", 7, "boot") == (
        wish.event_id, wish.camera, wish.rule, wish.severity, wish.mode, wish.mono_ns, wish.boot_id)
    assert {"wishes_taken": 1} == watch.counts()


def test_a_wish_is_said_again_until_guard_takes_it(tmp_path: Path) -> None:
    """
    Guard is away, then busy, then there.
    """
    watch = reporter(tmp_path)
    watch.submit(asking())
    with pytest.raises(RetryableError):
        watch.step(1)
    guard = FakeGuard(tmp_path)
    guard.answer = Refused(why="busy", again=True)
    with pytest.raises(RetryableError):
        watch.step(2)
    guard.answer = Done()
    watch.step(3)

    assert [draft().event_id] * 2 == guard.wishes
    assert {"wishes_taken": 1} == watch.counts()
    guard.close()


def test_a_wish_that_is_too_old_is_given_up(tmp_path: Path, guard: FakeGuard) -> None:
    """
    It would raise nothing any more; it is counted, and one that guard refuses as well.
    """
    watch = reporter(tmp_path)
    watch.submit(asking(1))
    watch.step(round(WISH_MAX_AGE_S * NS_PER_S) + 1)
    guard.answer = Refused(why="no such rule")
    watch.submit(asking(2))
    watch.step(1)

    assert [draft(2).event_id] == guard.wishes
    assert {"wishes_given_up": 1, "wishes_refused": 1} == watch.counts()


def test_wishes_that_wait_are_bounded(tmp_path: Path, guard: FakeGuard) -> None:
    """
    The oldest goes first, counted.
    """
    watch = reporter(tmp_path)
    for number in range(MAX_WISHES + 3):
        watch.submit(asking(number))
    watch.step(1)

    assert (MAX_WISHES, draft(3).event_id) == (len(guard.wishes), guard.wishes[0])
    assert 3 == watch.counts()["wishes_given_up"]


def test_beats_come_with_each_change_and_once_in_a_while(tmp_path: Path, guard: FakeGuard) -> None:
    """
    None while a thread of watch hangs.
    """
    watch = reporter(tmp_path)
    watch.step(0)
    watch.step(1)
    watch.camera("gate", CameraState.OK)
    watch.step(2)
    watch.step(round((BEAT_INTERVAL_S + 1) * NS_PER_S))
    assert [{}, {"gate": CameraState.OK}, {"gate": CameraState.OK}] == [
        it.cameras for it in guard.came if isinstance(it, Beat)]

    guard.came.clear()
    reporter(tmp_path, is_well=False).step(0)
    assert [] == guard.came


def test_after_a_silence_the_states_are_told_again(tmp_path: Path, guard: FakeGuard) -> None:
    """
    Guard has told the ward that the cameras are lost meanwhile; not so after one beat that is late.
    """
    again: list[str] = []
    watch = reporter(tmp_path, unheard=again)
    for at_s in (0.0, BEAT_INTERVAL_S, 2 * BEAT_INTERVAL_S + 20):
        watch.step(round(at_s * NS_PER_S))
    assert [] == again

    watch.step(round((3 * BEAT_INTERVAL_S + SILENT_AFTER_S) * NS_PER_S))
    assert ["again"] == again


def test_its_thread_ends_when_told(tmp_path: Path) -> None:
    """
    Also while guard is away.
    """
    stop = threading.Event()
    thread = threading.Thread(target=reporter(tmp_path).run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(60.0)
    assert not thread.is_alive()


def test_what_the_ward_has_taught_is_fetched(tmp_path: Path, guard: FakeGuard) -> None:
    """
    With what was kept back for it so far; undone it is gone at the next question, and where guard is silent
    for a minute, nothing counts as taught.
    """
    watch = GuardReporter(WATCH_TO_GUARD.client(tmp_path), stamp_at, lambda: True, lambda: None,
                          lambda: {lesson().id: 3})
    guard.lessons = (lesson(),)
    watch.step(NS_PER_S)
    assert ((lesson(),), {lesson().id: 3}) == (watch.lessons(), guard.muted)
    guard.lessons = ()
    watch.step(2 * NS_PER_S)
    assert (lesson(),) == watch.lessons()
    watch.step(10 * NS_PER_S)
    assert () == watch.lessons()

    guard.lessons = (lesson(),)
    watch.step(20 * NS_PER_S)
    guard.answer = Refused(why="busy", again=True)
    with pytest.raises(RetryableError):
        watch.step(90 * NS_PER_S)
    assert () == watch.lessons()


def test_counts_of_forgotten_lessons_do_not_end_watch(tmp_path: Path, guard: FakeGuard) -> None:
    """
    Over months it keeps something back for more lessons than guard may have: those that hold are said.
    """
    counts = {f"0198c0de-0000-7000-8000-{number:012}": 1 for number in range(3 * MAX_LESSONS)}
    watch = GuardReporter(WATCH_TO_GUARD.client(tmp_path), stamp_at, lambda: True, lambda: None,
                          lambda: counts | {lesson().id: 3})
    guard.lessons = (lesson(),)
    watch.step(NS_PER_S)
    watch.step(10 * NS_PER_S)
    assert (2 * MAX_LESSONS, 3) == (len(guard.muted), guard.muted[lesson().id])
