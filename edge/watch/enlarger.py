"""The thread that takes pictures of events from the cameras' larger streams, between inference and recorder.

What begins an event goes past it. What follows goes through it in order, so that an end waits for the picture
before it. Each picture has a second of CPU; where the object is not found in that time, the picture of the
small stream goes, or nothing where that would tell nothing new.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from edge.base.errors import RetryableError
from edge.base.supervisor import beat
from edge.base.values import Frame
from edge.contract.messages import Phase
from edge.watch.capture.excerpt import Allows, Excerpt
from edge.watch.evidence.enlarging import LargerRequest, is_found
from edge.watch.evidence.event_tracker import EventChange

CPU_S = 1.0               # of one picture
_WAITING = 8              # requests that may wait: with more, small pictures go until there are fewer
_EARLY = 10               # packets: by then it shows how long all of them would take


class LargerOutcome(StrEnum):
    """What became of a request for a larger picture, as the counters name it."""

    USED = "used"
    NOT_THERE = "not_there"        # the stream was closed, or does not reach back (any more)
    SLOW = "slow"                  # to decode it takes too long
    UNLIKE = "unlike"              # the object was not found at its place
    BUSY = "busy"                  # too many were waiting


class CpuBudget:
    """A second of the calling thread, and whether that will do."""

    def __init__(self, limit_s: float = CPU_S, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._limit_s, self._began_s = clock, limit_s, clock()
        self.ran_out = False

    @property
    def spent_s(self) -> float:
        return self._clock() - self._began_s

    def allows(self, done: int, of: int) -> bool:
        """Whether to go on, after `done` packets of so many."""
        expected_s = self.spent_s * max(of / done if done >= _EARLY else 1.0, 1.0)
        self.ran_out |= expected_s > self._limit_s
        return not self.ran_out


class _Request(Protocol):
    """For a picture of another stream: of an object, or of the whole view."""

    @property
    def small(self) -> Frame: ...
    def likeness(self, large: Frame) -> float: ...


class ShowsMoments(Protocol):
    """What is needed of an `EvidenceStream`."""

    def excerpt(self, mono_ns: int) -> Excerpt | None: ...
    def frames(self, excerpt: Excerpt, of: Frame, allows: Allows) -> Iterator[Frame]: ...


class Enlarger:
    """`submit` may be called from any thread; `run` is the thread's body."""

    def __init__(self, streams: Mapping[str, ShowsMoments], submit: Callable[[EventChange], None],
                 blamed_on: Callable[[str], AbstractContextManager[object]] = nullcontext) -> None:
        """`submit` is where drafts go on to; `streams` by camera; `blamed_on` is around work for a camera."""
        self._streams, self._submit_on, self._blamed_on = streams, submit, blamed_on
        self._queue: queue.SimpleQueue[EventChange] = queue.SimpleQueue()
        self._finished = threading.Event()
        self._mutex = threading.Lock()          # of the two below
        self._waiting = 0                       # requests in the queue
        self._counts: Counter[str] = Counter()

    def submit(self, draft: EventChange) -> None:
        """Hand over; never waits. Goes on at once where nothing of its event can be waiting here."""
        if draft.phase is Phase.NEW or draft.camera_id not in self._streams:
            self._submit_on(draft)
            return
        with self._mutex:
            self._waiting += draft.larger is not None
        self._queue.put(draft)

    def finish(self) -> None:
        """Nothing more will be submitted: `run` hands on what waits, with small pictures, and returns."""
        self._finished.set()

    def run(self, stop: threading.Event) -> None:
        """Until finished. `stop` alone does not end it: the last events come after it."""
        while True:
            beat()
            try:
                draft = self._queue.get(timeout=0.2)
            except queue.Empty:
                if self._finished.is_set():
                    return
                continue
            if draft.larger is None:
                self._submit_on(draft)
            else:
                with self._blamed_on(draft.camera_id):
                    self._grant(draft, draft.larger)

    def counts(self) -> dict[str, int]:
        """By camera, as `evidence_used.gate`: each outcome, and the CPU time in milliseconds."""
        with self._mutex:
            return dict(self._counts)

    def _grant(self, draft: EventChange, request: LargerRequest) -> None:
        large = self._found(draft.camera_id, request)
        if large is not None:
            shot = request.shot(large)
            draft = replace(draft, shot=shot, rect=shot.rect, media_s=shot.media_s)
            if draft.larger_scene is not None and (view := self._found(draft.camera_id, draft.larger_scene)):
                draft = replace(draft, scene=draft.larger_scene.scene(view))
        with self._mutex:
            self._waiting -= 1
        if large is not None or not request.is_needed:
            self._submit_on(replace(draft, larger=None, larger_scene=None))

    def _found(self, camera_id: str, request: _Request) -> Frame | None:
        """The large picture that shows what is asked for; counts what came of it."""
        budget, outcome, large = CpuBudget(), LargerOutcome.BUSY, None
        with self._mutex:
            is_busy = self._waiting > _WAITING or self._finished.is_set()
        if not is_busy:
            outcome, large = _look_for(self._streams[camera_id], request, budget)
        with self._mutex:
            self._counts[f"evidence_{outcome}.{camera_id}"] += 1
            self._counts[f"evidence_cpu_ms.{camera_id}"] += round(budget.spent_s * 1000)
        self._finished.wait(min(budget.spent_s, CPU_S))         # half of a core at most, whatever happens
        return large


def _look_for(stream: ShowsMoments, request: _Request,
              budget: CpuBudget) -> tuple[LargerOutcome, Frame | None]:
    excerpt = stream.excerpt(request.small.mono_ns)
    if excerpt is None:
        return LargerOutcome.NOT_THERE, None
    best = most_alike(request, stream.frames(excerpt, request.small, budget.allows))
    if best is not None:
        return LargerOutcome.USED, best
    return LargerOutcome.SLOW if budget.ran_out else LargerOutcome.UNLIKE, None


def most_alike(request: _Request, frames: Iterator[Frame]) -> Frame | None:
    """The one of neighbouring pictures that shows the object as the small one does; None where none does."""
    best, most = None, -1.0
    with suppress(RetryableError):      # cannot be converted: told where the stream is opened
        for frame in frames:
            alike = request.likeness(frame)
            if alike > most:
                best, most = frame, alike
    return best if is_found(most) else None
