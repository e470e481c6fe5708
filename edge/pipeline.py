"""One camera's way from frame to drafts: gate, perception, rules, evidence.

Synchronous and without threads, so that `watch` (live) and `replay` (recordings) run the very same
code. `gate` belongs to the capture thread of the camera, the rest to the inference thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.capture.gate import Motion, MotionGate
from edge.capture.timing import Pace
from edge.config.camera_model import CameraSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.evidence.company import PERSON
from edge.evidence.glimpse import is_full
from edge.evidence.story import Draft, Storyteller
from edge.hit import HitPhase
from edge.perception import Detects, ModelTraits, Perception
from edge.rules.engine import RuleEngine
from edge.values import NS_PER_S, Frame, Rect, Tracks

EVERYWHERE = Motion(passes=True, moved=False, regions=(), light_changed=False)
"""Where no gate looks, all may move."""

_HURRY_NS = NS_PER_S // 2      # after a wake: who comes in is known sooner


@dataclass(slots=True)
class Counts:
    """What one camera's pipeline did since its start. Written by its own threads only."""

    analysed: int = 0          # frames that the gate saw
    still: int = 0             # of these, those that it held back
    skipped: int = 0           # passed the gate, then overwritten by a newer one before inference
    inferred: int = 0
    inference_px: int = 0      # of all inputs together: the time of an inference is in proportion
    events: int = 0


class CameraPipeline:
    """The state of one camera between frames."""

    def __init__(self, camera_id: str, settings: CameraSettings, thumbnail: ThumbnailSettings,
                 evidence: EvidenceSettings, model: ModelTraits) -> None:
        self.camera_id, self.counts = camera_id, Counts()
        self.pace = Pace(settings.fps)
        self._looks = settings.motion.enabled
        self._motion = settings.motion
        self._gate, self._size_px = MotionGate(settings.motion), (0, 0)
        self._still = True                      # the gate was closed
        self._last_ns = 0
        classes = {label for rule in settings.rules.values() for label in rule.classes}
        # Who is in a view by chance is made unrecognisable, whatever the rules are about.
        strangers = {PERSON} if any(map(is_full, settings.rules.values())) else set[str]()
        self._perception = Perception(settings.track, classes, settings.fps, model, also=strangers)
        self._rules = RuleEngine(settings.rules, settings.zones, settings.lines)
        self._story = Storyteller(camera_id, settings.rules, thumbnail, evidence)

    def gate(self, frame: Frame) -> Motion:
        """What moves in the frame, and whether it is worth a look."""
        size_px = frame.width, frame.height
        if size_px != self._size_px:            # another resolution has another background
            self._gate, self._size_px = MotionGate(self._motion), size_px
        motion = self._gate.look(frame.luma, frame.mono_ns) if self._looks else EVERYWHERE
        if motion.moved and self._still:
            self.pace.hurry_until_ns = frame.mono_ns + _HURRY_NS
        self._still = not motion.passes
        self.counts.analysed += 1
        self.counts.still += not motion.passes
        return motion

    def infer(self, frame: Frame, motion: Motion, detector: Detects, local: datetime | None) -> list[Draft]:
        """Look at a frame that passed the gate, if anything in it is worth that, and fold the result in."""
        regions = (Rect(0, 0, frame.width, frame.height),) if motion is EVERYWHERE else motion.regions
        tracks = self._perception.see(frame, regions, detector)
        if tracks is None:
            return self.hold(frame, local)
        self.counts.inferred += 1
        self.counts.inference_px = self._perception.inference_px
        self.pace.fps = self._perception.fps or self.pace.fps
        return self._fold(frame, tracks, local)

    def hold(self, frame: Frame, local: datetime | None) -> list[Draft]:
        """Fold in a frame that the gate held back: what was there is there still."""
        return self._fold(frame, self._perception.hold(frame), local)

    def finish(self) -> list[Draft]:
        """The camera ended: end its tracks and close its events."""
        mono_ns = self._last_ns + 1
        tracks = self._perception.finish(mono_ns)
        hits = self._rules.step(tracks, (1, 1), mono_ns, None) + self._rules.finish(mono_ns)
        return self._story.finish([hit for hit in hits if hit.phase is HitPhase.END])

    def _fold(self, frame: Frame, tracks: Tracks, local: datetime | None) -> list[Draft]:
        self._last_ns = frame.mono_ns
        hits = self._rules.step(tracks, (frame.width, frame.height), frame.mono_ns, local)
        self.counts.events += sum(hit.phase is HitPhase.BEGIN for hit in hits)
        return self._story.step(frame, tracks, hits, self._perception.found)

