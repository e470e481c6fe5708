"""One overwriting slot a camera between the capture threads and the inference thread.

The newest frame wins: a frame is skipped and counted, never queued, so that what is decided is
about now. Which camera is served next is decided by need; see `edge.watch.turns`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.base.values import Frame
from edge.watch.capture.gate import Motion
from edge.watch.turns import Claim, Urgency, next_camera

_SERVICES = 32          # as many of the last looks tell how long one may take


@dataclass(frozen=True, slots=True)
class Work:
    """What the inference thread shall do next for one camera."""

    camera_id: str
    frame: Frame | None        # None: the camera has ended
    motion: Motion | None      # what the gate says of it: infer where it passes, otherwise hold


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A camera's work, and what it is owed."""

    work: Work
    claim: Claim


class Slots:
    """Thread-safe: any thread puts for its camera, one thread takes and works until it takes again."""

    def __init__(self, camera_ids: Iterable[str],
                 now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._waiting: dict[str, _Waiting | None] = dict.fromkeys(camera_ids)
        self._served_ns: dict[str, int] = dict.fromkeys(self._waiting, 0)
        self._ended: set[str] = set()
        self._now_ns = now_ns
        self._services_ns: deque[int] = deque(maxlen=_SERVICES)
        self._taken_ns: int | None = None       # when the work was taken that is being done
        mutex = threading.Lock()
        self._ready, self._taken = threading.Condition(mutex), threading.Condition(mutex)

    def put(self, camera_id: str, frame: Frame, motion: Motion, urgency: Urgency = Urgency.MOVING) -> bool:
        """Offer a frame; True when a frame that had passed the gate was overwritten by it.

        A frame that was held back never takes the place of one that passed.
        """
        with self._ready:
            waiting = self._waiting[camera_id]
            overwrites = waiting is not None and _passes(waiting.work)
            if overwrites and not motion.passes:
                return False
            self._put(Work(camera_id, frame, motion), urgency)
            return overwrites

    def waits(self, camera_id: str) -> bool:
        """Whether work of this camera waits to be taken."""
        with self._ready:
            return self._waiting[camera_id] is not None or camera_id in self._ended

    def wait_taken(self, camera_id: str, timeout_s: float) -> None:
        """Until nothing of this camera waits, so that the next frame overwrites none; no longer than that."""
        with self._taken:
            self._taken.wait_for(lambda: self._waiting[camera_id] is None, timeout_s)

    def end(self, camera_id: str) -> None:
        """No more frames will come of this camera; what waits is still taken first."""
        with self._ready:
            self._ended.add(camera_id)
            if self._waiting[camera_id] is None:
                self._put_end(camera_id)

    def take(self, timeout_s: float) -> Work | None:
        """The next work, by need; None after `timeout_s` without any."""
        with self._ready:
            if self._taken_ns is not None:
                self._services_ns.append(self._now_ns() - self._taken_ns)
                self._taken_ns = None
            work = self._next()
            if work is None:
                self._ready.wait(timeout_s)
                work = self._next()
            return work

    def _put(self, work: Work, urgency: Urgency) -> None:
        """What waits already has waited since its own first picture, and is no less urgent than that was."""
        waiting = self._waiting[work.camera_id]
        since_ns = self._now_ns() if waiting is None else waiting.claim.since_ns
        urgency = urgency if waiting is None else min(urgency, waiting.claim.urgency)
        claim = Claim(urgency, since_ns, self._served_ns[work.camera_id])
        self._waiting[work.camera_id] = _Waiting(work, claim)
        self._ready.notify()

    def _put_end(self, camera_id: str) -> None:
        self._ended.remove(camera_id)
        self._put(Work(camera_id, None, None), Urgency.RESTING)

    def _next(self) -> Work | None:
        claims = {name: waiting.claim for name, waiting in self._waiting.items() if waiting is not None}
        now_ns = self._now_ns()
        name = next_camera(claims, max(self._services_ns, default=0), now_ns)
        waiting = None if name is None else self._waiting[name]
        if name is None or waiting is None:
            return None
        self._waiting[name] = None
        self._taken.notify_all()
        self._served_ns[name] = self._taken_ns = now_ns
        if name in self._ended:
            self._put_end(name)
        return waiting.work


def _passes(work: Work) -> bool:
    return work.motion is not None and work.motion.passes
