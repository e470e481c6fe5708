"""What the pipeline did inside while it ran: every inference, what was looked at, what was followed.

A probe sits in the methods of gate, detector, network and perception for as long as it is open, so that
the code measured is the very code of `replay`. One thread, one camera at a time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self
from unittest.mock import patch

from edge.base.values import NS_PER_S, Frame, Rect, Tracks
from edge.watch.perception import Perception
from edge.watch.pipeline import CameraPipeline
from edge.watch.vision.detector import Detector
from edge.watch.vision.session import ModelSession

FIVE_LOOKS_PX = 5 * 416 * 416       # what a second of motion cost before looks had shapes of their own

Method = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """One analysed picture."""

    mono_ns: int
    windows: tuple[Rect | None, ...]    # the parts looked at, None for the whole picture; empty: no look
    tracks: Tracks


@dataclass(slots=True)
class Probe:
    """Use as a context; read it afterwards."""

    looks: int = 0
    input_px: int = 0               # pixels of all inputs of the network together
    infer_s: float = 0.0            # CPU time of inference, in the thread that called
    moments: list[Moment] = field(default_factory=list)
    _gated: list[tuple[int, bool]] = field(default_factory=list)        # mono_ns; the gate was open
    _windows: list[Rect | None] = field(default_factory=list)
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        wraps: tuple[tuple[type, str, Callable[[Method], Method]], ...] = (
            (CameraPipeline, "gate", self._gate), (Perception, "see", self._see),
            (Perception, "hold", self._hold), (Detector, "detect", self._detect),
            (ModelSession, "run", self._run))
        for owner, method, wrapped in wraps:
            self._open.enter_context(patch.object(owner, method, wrapped(getattr(owner, method))))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def open_s(self) -> float:
        """How long the gate was open; the last picture lasts as long as the others do on average."""
        lasted = [(after - before) / NS_PER_S for (before, _), (after, _) in pairwise(self._gated)]
        usual_s = sum(lasted) / max(1, len(lasted))
        return sum(length_s for length_s, (_, passes) in zip([*lasted, usual_s], self._gated, strict=False)
                   if passes)

    def _gate(self, real: Method) -> Method:
        def gate(pipeline: CameraPipeline, frame: Frame) -> Any:
            motion = real(pipeline, frame)
            self._gated.append((frame.mono_ns, motion.passes))
            return motion
        return gate

    def _see(self, real: Method) -> Method:
        def see(perception: Perception, frame: Frame, *rest: Any, **named: Any) -> Any:
            self._windows.clear()
            tracks = real(perception, frame, *rest, **named)
            if tracks is not None:
                self.moments.append(Moment(frame.mono_ns, tuple(self._windows), tracks))
            return tracks
        return see

    def _hold(self, real: Method) -> Method:
        def hold(perception: Perception, frame: Frame, *rest: Any, **named: Any) -> Any:
            tracks = real(perception, frame, *rest, **named)
            self.moments.append(Moment(frame.mono_ns, (), tracks))
            return tracks
        return hold

    def _detect(self, real: Method) -> Method:
        def detect(detector: Detector, *given: Any, **named: Any) -> Any:
            look = named.get("look")
            self._windows.append(look.window if look else None)
            return real(detector, *given, **named)
        return detect

    def _run(self, real: Method) -> Method:
        def run(session: ModelSession, batch: Any) -> Any:
            started_ns = time.thread_time_ns()
            answers = real(session, batch)
            self.infer_s += (time.thread_time_ns() - started_ns) / 1e9
            self.looks += 1
            self.input_px += batch.size // 3
            return answers
        return run
