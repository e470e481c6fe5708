"""One camera's way from frame to drafts: gate, perception, rules, evidence.

Synchronous and without threads, so that `watch` (live) and `replay` (recordings) run the very same
code. `gate` belongs to the capture thread of the camera, the rest to the inference thread.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime

from edge.base.values import NS_PER_S, PERSON, Frame, Rect, Tracks
from edge.config.camera_model import CameraSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.config.source import SourceKind, kind_of
from edge.watch.capture.gate import Motion, MotionGate
from edge.watch.capture.scene_cut import SceneCut
from edge.watch.capture.timing import ALWAYS_NS, LookPace
from edge.watch.evidence.enlarging import LargerStream
from edge.watch.evidence.event_tracker import EventChange, EventTracker
from edge.watch.fruitless import Fruitless
from edge.watch.hit import HitPhase
from edge.watch.learning.kept_back import KeptBack
from edge.watch.learning.still_things import StillThings
from edge.watch.perception import Detects, ModelTraits, Perception
from edge.watch.relief import IdleLooks, Relief, allowance
from edge.watch.rules.engine import RuleEngine
from edge.watch.rules.places import alarm_places
from edge.watch.turns import Urgency, urgency_of
from edge.watch.view import View

EVERYWHERE = Motion(passes=True, moved=False, regions=(), light_changed=False)
"""Where no gate looks, all may move."""

_HURRY_NS = NS_PER_S // 2      # after a wake: who comes in is known sooner
_REST_NS = NS_PER_S // 2       # the gate learns from looks: at 1 s what parks is motion for 9 s more
_AWAKE_NS = 7 * NS_PER_S // 10     # after a picture that passed: longer than between two looks
_COMPARE_NS = 3 * NS_PER_S // 20    # of what may be drift each next picture is looked at, as long as that
_FILTER_NS = 2 * NS_PER_S // 5      # and what then may still be is decoded anew
_DOUBT_NS = 3 * NS_PER_S // 10      # longer than between two looks, whatever `fps` is
_ARRIVE_NS = 2 * NS_PER_S      # of a new view every picture is looked at: who stands still is new, too


@dataclass(slots=True)
class Counts:
    """What one camera's pipeline did since its start. Written by its own threads only."""

    analysed: int = 0          # frames that the gate saw
    still: int = 0             # of these, those that it held back
    skipped: int = 0           # passed the gate, then overwritten by a newer one before inference
    inferred: int = 0
    inference_px: int = 0      # of all inputs together: the time of an inference is in proportion
    events: int = 0
    still_again: int = 0       # kept back: a still thing that was told before
    not_that: int = 0          # kept back: the ward has taught so


class CameraPipeline:
    """The state of one camera between frames."""

    def __init__(self, camera_id: str, settings: CameraSettings, thumbnail: ThumbnailSettings,
                 evidence: EvidenceSettings, model: ModelTraits,
                 larger: LargerStream | None = None, things: StillThings | None = None) -> None:
        """Make it ready for the first picture.

        `larger` is the camera's other stream, for full pictures of events; `things` are the still things that
        an earlier run was told of.
        """
        self.camera_id, self.counts = camera_id, Counts()
        self._looks = settings.motion.enabled
        self.pace = LookPace(settings.fps, awake_until_ns=0 if self._looks else ALWAYS_NS,
                             glances=self._glance)
        self.rewound_ns = -1        # until then pictures are such as led to something that moved
        self._glanced: tuple[int, Motion] | None = None     # of a picture that `gate` may see next
        self._motion, self._fps = settings.motion, settings.fps
        self._idle_looks = IdleLooks(settings.motion.hold_s, settings.motion.idle_interval_s)
        self._gate, self._size_px = MotionGate(settings.motion), (0, 0)
        self._still = True          # the gate was closed
        self._moved: Motion | None = None       # what the gate saw when it was asked last, if anything moved
        self._asked_ns = 0
        self._fruitless, self._moves = Fruitless(), tuple[Rect, ...]()      # `_moves`: while it is open
        is_file = kind_of(settings.source) is SourceKind.FILE
        self._shown, self._view = (View(settings.track.lost_s, is_file=is_file) for _ in range(2))
        self._cut, self._cuts = SceneCut(), deque[int]()    # `_cuts`: their times, from the gate's thread
        self._arrived_ns = 0        # when the view began; both threads write it
        self._last_ns = -1          # of what inference saw
        self._blind = True          # its tracks are given up, nothing is open
        classes = {label for rule in settings.rules.values() for label in rule.classes}
        # Who is in a view by chance is made unrecognisable, whatever the rules are about.
        shows_all = any(rule.has_full_pictures for rule in settings.rules.values())
        strangers = {PERSON} if shows_all else set[str]()
        self._perception = Perception(settings.track, classes, settings.fps, model, also=strangers)
        self.kept_back = KeptBack(camera_id, settings.rules, things)
        self._alarm_places = alarm_places(settings)
        self._rules = RuleEngine(settings.rules, settings.zones, settings.lines, {
            label: traits.least_height_ratio for label, traits in model.classes.items()},
            self.kept_back.keeps_back)
        self._story = EventTracker(camera_id, settings.rules, thumbnail, evidence, larger=larger)

    def gate(self, frame: Frame) -> Motion:
        """What moves in the frame, and whether it is worth a look."""
        size_px = frame.width, frame.height
        if size_px != self._size_px:            # another resolution has another background
            self._gate, self._size_px, self._moved = MotionGate(self._motion), size_px, None
        self._shown.passed_over_ns = self.pace.passed_over_ns
        cut, begins = self._cut.look(frame.luma), self._shown.begins(frame)
        if cut:
            self._cuts.append(frame.mono_ns)
        if cut or begins:
            self._arrived_ns = frame.mono_ns
        motion = self._motion_in(frame)
        if motion.suspected_ns is not None:
            self._doubt(motion.suspected_ns, frame.mono_ns)
        if frame.mono_ns - self._arrived_ns < _ARRIVE_NS:
            motion = replace(motion, passes=True, is_open=True)
        anew = cut or (begins and self.counts.analysed > 0)
        wakes, self._still = motion.moved and self._still, not motion.passes
        motion = self._worth(motion, frame)
        if anew or (wakes and motion.passes):
            self.pace.hurry_until_ns = frame.mono_ns + _HURRY_NS
        if self._looks and motion.is_open:
            self.pace.awake_until_ns = frame.mono_ns + _AWAKE_NS
        self.counts.analysed += 1
        self.counts.still += not motion.passes
        return motion

    def _doubt(self, since_ns: int, now_ns: int) -> None:
        """What moves since then may be drift: look closer; where that does not tell, at it filtered."""
        self.pace.filters = now_ns - since_ns >= _FILTER_NS
        self.pace.hurry_until_ns = max(self.pace.hurry_until_ns, _COMPARE_NS + (
            now_ns if self.pace.filters else since_ns))
        self.pace.doubts_until_ns = now_ns + _DOUBT_NS

    def _worth(self, motion: Motion, frame: Frame) -> Motion:
        """`motion`, closed where it is one of those that no look ever finds anything in."""
        if not self._looks or not motion.is_open or frame.mono_ns - self._arrived_ns < _ARRIVE_NS:
            return motion
        self._moves = motion.regions or self._moves
        if self._fruitless.is_worth_it(frame, self._moves):
            return motion
        return replace(motion, passes=False, is_open=False)

    def _glance(self, frame: Frame) -> bool:
        """Whether something moves in a picture by itself, so that what led to it is wanted as well."""
        if (frame.width, frame.height) != self._size_px:
            return True
        motion = self._gate.look(frame.luma, frame.mono_ns)
        self._glanced = frame.mono_ns, motion
        wanted = motion.moved and self._fruitless.is_worth_it(frame, motion.regions)
        if wanted:
            self.rewound_ns, self._glanced = frame.mono_ns, None
            self.pace.awake_until_ns = frame.mono_ns + _AWAKE_NS
        return wanted

    def urgency(self, frame: Frame, motion: Motion) -> Urgency:
        """How urgent a look at `frame` is, of which `gate` said `motion`."""
        if motion is EVERYWHERE:
            return Urgency.URGENT if self._alarm_places else Urgency.MOVING
        return urgency_of(motion, self._alarm_places, (frame.width, frame.height),
                          losing=self._perception.losing,
                          fresh=motion.passes and frame.mono_ns < self.pace.hurry_until_ns)

    def relieve(self, relief: Relief) -> None:
        """Give up what this camera may be spared, or take it back; inference's thread."""
        share = allowance(relief, self._fps, asks_alarm=bool(self._alarm_places))
        self._idle_looks.factor = share.idle
        self._perception.restrict(share.looks, share.pixels)
        self.pace.fps = self._fps * share.looks

    def _motion_in(self, frame: Frame) -> Motion:
        """What the gate says; of a busy picture it need not be asked each time, since all is looked at."""
        if not self._looks:
            return EVERYWHERE
        rests = self._perception.busy and frame.mono_ns - self._asked_ns < _REST_NS
        if self._moved is not None and rests:
            return self._moved
        glanced, self._glanced = self._glanced, None
        if glanced is not None and glanced[0] == frame.mono_ns:
            motion = glanced[1]
        else:
            motion = self._gate.look(frame.luma, frame.mono_ns, drifts=frame.drifts)
        self._moved, self._asked_ns = motion if motion.moved else None, frame.mono_ns
        return motion

    def infer(self, frame: Frame, motion: Motion, detector: Detects,
              local: datetime | None) -> list[EventChange]:
        """Look at a frame that passed the gate, if anything in it is worth that, and fold the result in."""
        if frame.mono_ns <= self._last_ns:      # what a camera says of its order may lie a second ahead of
            return []                           # now, and then it is opened anew
        if motion is EVERYWHERE:
            motion = replace(motion, regions=(Rect(0, 0, frame.width, frame.height),))
        drafts = self._arrive(frame)
        is_new = frame.mono_ns - self._arrived_ns < _ARRIVE_NS
        if self._looks and not (is_new or self._idle_looks.takes(motion, frame.mono_ns)):
            return drafts + self._fold(frame, self._perception.hold(frame), local)
        tracks = self._perception.see(frame, motion.regions, motion.small, detector)
        if tracks is None:
            return drafts + self._fold(frame, self._perception.hold(frame), local)
        self._fruitless.note(frame, motion.regions, self._perception.followed)
        self.counts.inferred += 1
        self.counts.inference_px = self._perception.inference_px
        self.pace.fps = self._perception.fps or self.pace.fps
        return drafts + self._fold(frame, tracks, local)

    def hold(self, frame: Frame, local: datetime | None) -> list[EventChange]:
        """Fold in a frame that the gate held back: what was there is there still."""
        if frame.mono_ns <= self._last_ns:
            return []
        return self._arrive(frame) + self._fold(frame, self._perception.hold(frame), local)

    def expire(self, now_ns: int) -> list[EventChange]:
        """Close the events of a camera that stays away; to be called now and then while no picture waits.
        `now_ns` is CLOCK_MONOTONIC.

        `now_ns` is CLOCK_MONOTONIC.
        """
        self._view.passed_over_ns = self.pace.passed_over_ns
        return self.lose_view() if self._view.is_over(now_ns) else []

    def lose_view(self) -> list[EventChange]:
        """Nobody sees what happens after the last picture: give up its tracks, close its events as of then.

        Whoever is there afterwards is new. This is also how a camera ends.
        """
        if self._blind:
            return []
        self._blind = True
        tracks = self._perception.give_up(self._last_ns)
        return self._story.finish(self._rules.step(tracks, (1, 1), self._last_ns, None))

    def _arrive(self, frame: Frame) -> list[EventChange]:
        """Judge before `frame` is folded in whether it goes on from the last one; if not, close what was
        open.
        """
        passed_over_ns = self.pace.passed_over_ns
        self._view.passed_over_ns = passed_over_ns
        self._perception.watched(min(passed_over_ns, frame.mono_ns))
        begins, cut = self._view.begins(frame), self._was_cut(frame.mono_ns)
        drafts = []
        if begins or cut:
            self._arrived_ns = frame.mono_ns
            drafts = self.lose_view()
        self._blind = False
        return drafts

    def _was_cut(self, mono_ns: int) -> bool:
        """Whether the scene became another one since the last frame, be it in a frame that was skipped."""
        cut = False
        while self._cuts and self._cuts[0] <= mono_ns:
            self._cuts.popleft()
            cut = True
        return cut

    def _fold(self, frame: Frame, tracks: Tracks, local: datetime | None) -> list[EventChange]:
        self._last_ns = frame.mono_ns
        self.kept_back.look(frame, tracks.live, local)
        hits = self._rules.step(tracks, (frame.width, frame.height), frame.mono_ns, local,
                                self._view.unseen_ns)
        self.kept_back.note(hits)
        self.counts.still_again, self.counts.not_that = self.kept_back.again, self.kept_back.not_that
        self.counts.events += sum(hit.phase is HitPhase.BEGIN for hit in hits)
        return self._story.step(frame, tracks, hits, self._perception.found)

