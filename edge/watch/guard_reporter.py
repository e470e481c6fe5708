"""The thread that speaks to guard: which events ask for the alarm, at once, and that watch lives.

It goes round the recorder, so that a full card mutes no rule. What guard does not take is said again until
it is too old to raise an alarm.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping

from edge.base.backoff import Backoff
from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.limits import WISH_MAX_AGE_S
from edge.base.retry import Retry
from edge.base.sockets import Client
from edge.base.values import NS_PER_S
from edge.contract.lessons import Lesson
from edge.contract.messages import CameraState
from edge.health.records import BEAT_INTERVAL_S, SILENT_AFTER_S
from edge.ipc.messages import Refused, ask
from edge.ipc.to_guard import keep_saying, say
from edge.ipc.watch_guard import LESSON_ANSWERS, MAX_MUTED_IDS, Beat, WhichLessons, Wish
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.record import wish_of

log = logging.getLogger("to-guard")

MAX_WISHES = 32             # more than rules with a wish can decide within WISH_MAX_AGE_S
_MAX_AGE_NS = round(WISH_MAX_AGE_S * NS_PER_S)
_UNHEARD_S = SILENT_AFTER_S - BEAT_INTERVAL_S       # guard may have told the cameras lost by then
_TURN_S = 1.0
_ASK_EVERY_S, _STALE_S, _WITHIN_S = 3.0, 60.0, 10.0     # of what the ward has taught


class GuardReporter:
    """`submit` and `camera` may be called from any thread; `run` is the thread's body."""

    def __init__(self, client: Client, stamp_at: Callable[[int], Stamp], is_well: Callable[[], bool],
                 on_unheard: Callable[[], None], muted: Callable[[], Mapping[str, int]] = dict) -> None:
        """`is_well`: whether watch may say that it lives. `on_unheard`: guard hears us again, after it may
        have told the cameras lost. `muted`: how many events were kept back for each lesson so far."""
        self._client, self._stamp_at, self._is_well, self._on_unheard = client, stamp_at, is_well, on_unheard
        self._mutex, self._wake = threading.Lock(), threading.Event()
        self._wishes: deque[Wish] = deque()
        self._states: dict[str, CameraState] = {}
        self._muted = muted
        self._lessons: tuple[Lesson, ...] = ()
        self._given = frozenset[str]()      # their ids, also while they are stale
        self._asked_s: float | None = None
        self._relief = 0
        self._beaten: Beat | None = None
        self._beaten_s = 0.0
        self._answering = Retry("guard does not answer", "guard answers again", log, Backoff(0.05, 1.0))
        self._counts: Counter[str] = Counter()

    def submit(self, change: EventChange) -> None:
        """Report the wish for an alarm to guard, where the event's rule has one; never waits."""
        mode = wish_of(change)
        if mode is None:
            return
        stamp = self._stamp_at(change.mono_ns)
        wish = Wish(event_id=change.event_id, camera=change.camera_id, rule=change.hit.rule,
                    severity=change.hit.severity, mode=mode, mono_ns=stamp.mono_ns, boot_id=stamp.boot_id)
        with self._mutex:
            self._wishes.append(wish)
            while len(self._wishes) > MAX_WISHES:       # the oldest is the next to be too old
                self._wishes.popleft()
                self._counts["wishes_given_up"] += 1
        self._wake.set()

    def camera(self, camera_id: str, state: CameraState) -> None:
        """A camera's state as it is now; never waits."""
        with self._mutex:
            self._states[camera_id] = state
        self._wake.set()

    def relief(self, step: int) -> None:
        """How much is given up for a hot board or a weak supply; see `edge.watch.relief`. Never waits."""
        with self._mutex:
            self._relief = step
        self._wake.set()

    def counts(self) -> Mapping[str, int]:
        """Running totals of this process."""
        with self._mutex:
            return dict(self._counts)

    def lessons(self) -> tuple[Lesson, ...]:
        """What is not to be told now, as guard said last; nothing once it has been silent for long."""
        with self._mutex:
            return self._lessons

    def run(self, stop: threading.Event) -> None:
        keep_saying(stop, self._wake, self._answering, lambda: self.step(time.monotonic_ns()), _TURN_S)

    def step(self, now_ns: int) -> None:
        """Say what there is to say. Raises RetryableError: guard is away, or refuses for now."""
        self._drop_stale_lessons(now_ns / NS_PER_S)
        while (wish := self._next_wish(now_ns)) is not None:
            if isinstance(say(self._client, wish), Refused):
                self._drop(wish, "wishes_refused")
            else:
                self._drop(wish, "wishes_taken")
        self._say_beat(now_ns / NS_PER_S)
        self._ask_lessons(now_ns / NS_PER_S)

    def _ask_lessons(self, now_s: float) -> None:
        """Wishes and beats go first."""
        if self._asked_s is not None and now_s - self._asked_s < _ASK_EVERY_S:
            return
        answer = ask(self._client, WhichLessons(muted=self._said_muted()), LESSON_ANSWERS, _WITHIN_S)
        if isinstance(answer, Refused):
            raise RetryableError(f"edgebox guard gives no lessons: {answer.why}")
        self._asked_s = now_s
        with self._mutex:
            self._lessons = answer.lessons
        self._given = frozenset(it.id for it in answer.lessons)

    def _said_muted(self) -> dict[str, int]:
        """As many as a message holds, of the lessons that hold first: those of a long run are more."""
        muted = dict(self._muted())
        said = sorted(muted, key=lambda it: it not in self._given)
        return {name: muted[name] for name in said[:MAX_MUTED_IDS]}

    def _drop_stale_lessons(self, now_s: float) -> None:
        """What guard has not confirmed for long may be undone: rather an event too many."""
        if self._asked_s is not None and now_s - self._asked_s > _STALE_S:
            with self._mutex:
                self._lessons = ()

    def _next_wish(self, now_ns: int) -> Wish | None:
        while True:
            with self._mutex:
                first = self._wishes[0] if self._wishes else None
            if first is None or now_ns - first.mono_ns <= _MAX_AGE_NS:
                return first
            log.error("alarm not asked for, guard was away too long: event=%s", first.event_id)
            self._drop(first, "wishes_given_up")

    def _drop(self, wish: Wish, counter: str) -> None:
        with self._mutex:
            self._counts[counter] += 1
            if self._wishes and self._wishes[0] is wish:
                self._wishes.popleft()

    def _say_beat(self, now_s: float) -> None:
        with self._mutex:
            fresh = Beat(cameras=dict(self._states), relief=self._relief)
        if (fresh == self._beaten and now_s - self._beaten_s < BEAT_INTERVAL_S) or not self._is_well():
            return
        say(self._client, fresh)
        was_unheard = self._beaten is not None and now_s - self._beaten_s > _UNHEARD_S
        self._beaten, self._beaten_s = fresh, now_s
        if was_unheard:
            self._on_unheard()
