"""One camera's way from frame to drafts: gate, detect, track, rules, evidence.

Synchronous and without threads, so that `watch` (live) and `replay` (recordings) run the very same
code. `gate` belongs to the capture thread of the camera, the rest to the inference thread.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from math import hypot
from typing import Protocol

from edge.capture.resting import RestingGate
from edge.config.camera_model import CameraSettings
from edge.config.model import ThumbnailSettings
from edge.evidence.story import Draft, Storyteller
from edge.hit import HitPhase
from edge.rules.engine import RuleEngine
from edge.values import NS_PER_S, Detection, Frame, Track, Tracks
from edge.vision.sightings import COMPATIBLE
from edge.vision.tracker import Tracker

CANDIDATES = 300      # of one picture; some eight are one object, so a crowd's weakest may be left out
LOW_SCORE = 0.15      # the tracker's second stage lives on weak detections of known objects
_STIR_NS = 3 * NS_PER_S // 4
_STIR_RATIO = 0.25    # of the height: a walker goes twice as far, and a detector's jitter is below 0.1


class Detects(Protocol):
    """What the pipeline needs of a detector."""

    def detect(self, frame: Frame, *, labels: frozenset[str]) -> list[Detection]:
        """Objects of `labels` in `frame`, full-resolution pixels, scores from LOW_SCORE up."""


@dataclass(slots=True)
class Counts:
    """What one camera's pipeline did since its start. Written by its own threads only."""

    analysed: int = 0          # frames that the gate saw
    still: int = 0             # of these, those that it held back
    skipped: int = 0           # passed the gate, then overwritten by a newer one before inference
    inferred: int = 0
    events: int = 0


class CameraPipeline:
    """The state of one camera between frames."""

    def __init__(self, camera_id: str, settings: CameraSettings, thumbnail: ThumbnailSettings,
                 high_score: float) -> None:
        """`high_score` is the least score that may start a track."""
        self.camera_id, self.counts = camera_id, Counts()
        self._looks = settings.motion.enabled
        self._gate = RestingGate(settings.motion)
        self._labels = followed({label for rule in settings.rules.values() for label in rule.classes})
        self._last_ns = 0
        self._stirred_ns: int | None = None     # the one thing that inference tells the gate's thread
        self._tracker = Tracker(settings.track, high_score=high_score)
        self._rules = RuleEngine(settings.rules, settings.zones, settings.lines)
        self._story = Storyteller(camera_id, thumbnail)

    def gate(self, frame: Frame) -> bool:
        """Whether the frame is worth inference."""
        passes = not self._looks or self._gate.passes(frame, self._stirred_ns)
        self.counts.analysed += 1
        self.counts.still += not passes
        return passes

    def infer(self, frame: Frame, detector: Detects, local: datetime | None) -> list[Draft]:
        """Detect on a frame that passed the gate and fold the result in."""
        self.counts.inferred += 1
        found = detector.detect(frame, labels=self._labels)
        tracks = self._tracker.update(found, frame.mono_ns, (frame.width, frame.height))
        if any(track.matched and stirs(track, frame.mono_ns) for track in tracks.live):
            self._stirred_ns = frame.mono_ns
        return self._fold(frame, tracks, local)

    def hold(self, frame: Frame, local: datetime | None) -> list[Draft]:
        """Fold in a frame that the gate held back: what was there is there still."""
        return self._fold(frame, self._tracker.hold(frame.mono_ns), local)

    def finish(self) -> list[Draft]:
        """The camera ended: end its tracks and close its events."""
        mono_ns = self._last_ns + 1
        tracks = self._tracker.finish(mono_ns)
        hits = self._rules.step(tracks, (1, 1), mono_ns, None) + self._rules.finish(mono_ns)
        return self._story.finish([hit for hit in hits if hit.phase is HitPhase.END])

    def _fold(self, frame: Frame, tracks: Tracks, local: datetime | None) -> list[Draft]:
        self._last_ns = frame.mono_ns
        hits = self._rules.step(tracks, (frame.width, frame.height), frame.mono_ns, local)
        self.counts.events += sum(hit.phase is HitPhase.BEGIN for hit in hits)
        return self._story.step(frame, tracks, hits)


def stirs(track: Track, mono_ns: int) -> bool:
    """Whether `track`, measured at `mono_ns`, has moved by a quarter of its height in a second or two."""
    x, y = track.rect.foot
    for then_ns, then_x, then_y in reversed(track.path):
        if mono_ns - then_ns >= _STIR_NS:
            return (mono_ns - then_ns <= 2 * _STIR_NS
                    and hypot(x - then_x, y - then_y) >= _STIR_RATIO * track.rect.height)
    return False


def followed(classes: Set[str]) -> frozenset[str]:
    """The labels to track for rules about `classes`: these, and what a detector takes them for."""
    return frozenset(classes).union(*(group for group in COMPATIBLE if group & classes))
