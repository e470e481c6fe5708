"""What the pipeline did inside while it ran: every inference, and what the tracker was given and said.

A probe sits in `Session.run` and in the tracker's methods for as long as it is open, so that the code
measured is the very code of `replay`, however its parts are put together. One thread, one camera at a time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from unittest.mock import patch

from edge.pipeline import CameraPipeline
from edge.values import Detection, Rect, Tracks
from edge.vision.detector import Detector
from edge.vision.session import Session
from edge.vision.tracker import Tracker

FIVE_LOOKS_PX = 5 * 416 * 416       # what a second of motion cost before looks had shapes of their own


@dataclass(frozen=True, slots=True)
class Inference:
    """One inference: pixels of the network's input, and CPU time of the calling thread."""

    input_px: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One analysed picture as the tracker met it."""

    mono_ns: int
    detections: tuple[Detection, ...] | None    # None where nothing was inferred
    window: Rect | None                         # the part looked at; None is the whole picture
    tracks: Tracks


@dataclass(slots=True)
class Probe:
    """Use as a context; read `looks` and `moments` during it or afterwards."""

    looks: list[Inference] = field(default_factory=list)
    analysed: int = 0
    still: int = 0              # of the analysed pictures, those that the gate held back
    moments: list[Moment] = field(default_factory=list)
    _window: Rect | None = None
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        wraps = ((Session, "run", self._run), (Detector, "detect", self._detect),
                 (CameraPipeline, "finish", self._finish),
                 (Tracker, "update", self._update), (Tracker, "hold", self._hold))
        for owner, method, wrapped in wraps:
            self._open.enter_context(patch.object(owner, method, wrapped(getattr(owner, method))))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def input_px(self) -> int:
        return sum(look.input_px for look in self.looks)

    @property
    def infer_s(self) -> float:
        return sum(look.cpu_s for look in self.looks)

    def _run(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(session: Session, batch: Any) -> Any:
            started_ns = time.thread_time_ns()
            answers = real(session, batch)
            height, width = batch.shape[-2:]
            self.looks.append(Inference(batch.shape[0] * height * width,
                                        (time.thread_time_ns() - started_ns) / 1e9))
            return answers
        return run

    def _detect(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def detect(detector: Detector, *given: Any, **named: Any) -> Any:
            look = named.get("look")
            self._window = look.window if look else None
            return real(detector, *given, **named)
        return detect

    def _update(self, real: Callable[..., Tracks]) -> Callable[..., Tracks]:
        def update(tracker: Tracker, detections: Sequence[Detection], mono_ns: int,
                   *rest: Any, **named: Any) -> Tracks:
            tracks = real(tracker, detections, mono_ns, *rest, **named)
            self.moments.append(Moment(mono_ns, tuple(detections), self._window, tracks))
            return tracks
        return update

    def _hold(self, real: Callable[..., Tracks]) -> Callable[..., Tracks]:
        def hold(tracker: Tracker, mono_ns: int, *rest: Any, **named: Any) -> Tracks:
            tracks = real(tracker, mono_ns, *rest, **named)
            self.moments.append(Moment(mono_ns, None, None, tracks))
            return tracks
        return hold

    def _finish(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def finish(pipeline: CameraPipeline) -> Any:
            self.analysed += pipeline.counts.analysed
            self.still += pipeline.counts.still
            return real(pipeline)
        return finish
