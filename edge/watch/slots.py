"""One overwriting slot a camera between the capture threads and the inference thread.

The newest frame wins: a frame is skipped and counted, never queued, so that what is decided is
about now. Cameras are served in turn, so that a busy one starves no other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from edge.base.values import Frame
from edge.watch.capture.gate import Motion


@dataclass(frozen=True, slots=True)
class Work:
    """What the inference thread shall do next for one camera."""

    camera_id: str
    frame: Frame | None        # None: the camera has ended
    motion: Motion | None      # what the gate says of it: infer where it passes, otherwise hold


class Slots:
    """Thread-safe: any thread puts for its camera, one thread takes."""

    def __init__(self, camera_ids: Iterable[str]) -> None:
        self._waiting: dict[str, Work | None] = dict.fromkeys(camera_ids)
        self._ended: set[str] = set()
        self._turn = list(self._waiting)
        self._ready = threading.Condition()

    def put(self, camera_id: str, frame: Frame, motion: Motion) -> bool:
        """Offer a frame; True when a frame that had passed the gate was overwritten by it.

        A frame that was held back never takes the place of one that passed.
        """
        with self._ready:
            waiting = self._waiting[camera_id]
            overwrites = waiting is not None and waiting.motion is not None and waiting.motion.passes
            if overwrites and not motion.passes:
                return False
            self._waiting[camera_id] = Work(camera_id, frame, motion)
            self._ready.notify()
            return overwrites

    def waits(self, camera_id: str) -> bool:
        """Whether work of this camera waits to be taken."""
        with self._ready:
            return self._waiting[camera_id] is not None or camera_id in self._ended

    def end(self, camera_id: str) -> None:
        """No more frames will come of this camera; what waits is still taken first."""
        with self._ready:
            self._ended.add(camera_id)
            self._ready.notify()

    def take(self, timeout_s: float) -> Work | None:
        """The next work, in turn over the cameras; None after `timeout_s` without any."""
        with self._ready:
            work = self._next()
            if work is None:
                self._ready.wait(timeout_s)
                work = self._next()
            return work

    def _next(self) -> Work | None:
        for camera_id in self._turn:
            work = self._waiting[camera_id]
            if work is None and camera_id in self._ended:
                self._ended.remove(camera_id)
                work = Work(camera_id, None, None)
            if work is not None:
                self._waiting[camera_id] = None
                self._turn.remove(camera_id)
                self._turn.append(camera_id)
                return work
        return None
