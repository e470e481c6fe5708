"""Turns pictures into what rules are about: look, find, follow, join. One camera, one thread, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from edge.base.values import NS_PER_S, PERSON, TWO_WHEELERS, Detection, Frame, Rect, Tracks
from edge.config.camera_model import TrackSettings
from edge.watch.vision.look import Look
from edge.watch.vision.planner import Budget, LookPlanner
from edge.watch.vision.scores import BAR, ClassTraits, ScoreScale
from edge.watch.vision.sightings import COMPATIBLE
from edge.watch.vision.tracker import Tracker
from edge.watch.vision.units import Units

CANDIDATES = 300      # of one picture; some eight are one object, so a crowd's weakest may be left out
_RECENT_NS = 3 * NS_PER_S      # by then all of the view was looked at again
LOW_SCORE = 0.15      # on the common scale: known objects are followed by weak detections, too


class Detects(Protocol):
    """What is needed of a detector."""

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look) -> list[Detection]:
        """Objects of `labels` in `frame` with the model's own score of `threshold` and more; pixels of it."""


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What there is to know of the model that looks."""

    input_px: int = 416                # side of the square that a camera's budget is counted in
    free_size: bool = True             # whether it takes inputs of any shape
    threshold: float = BAR             # least score on the common scale that may start a track
    classes: Mapping[str, ClassTraits] = field(default_factory=dict)


class Perception:
    """What one camera's pictures show, as tracks. Not thread-safe."""

    def __init__(self, settings: TrackSettings, classes: Set[str], fps: float, model: ModelTraits,
                 also: Set[str] = frozenset()) -> None:
        """Args:
            classes: the labels that rules are about.
            fps: the budget: so many looks a second with the model's usual input.
            also: labels to look for and not to follow.
        """
        self._labels = followed(classes)
        self._scale = ScoreScale(model.classes)
        self._asked = self._labels | also
        self._least = self._scale.least_own(self._asked, LOW_SCORE)
        self._usual = Look((model.input_px, model.input_px))
        self._budget = Budget.of(fps, model.input_px)
        self._planner = LookPlanner(self._budget) if model.free_size else None
        self._tracker = Tracker(settings, high_score=model.threshold, margins={
            label: traits.margins for label, traits in model.classes.items()})
        self._units = Units()
        self._joins = bool(self._labels & TWO_WHEELERS)
        self._size_px: tuple[int, int] | None = None
        self._known: list[tuple[int, Detection]] = []      # and when it was found
        self.inference_px = 0          # pixels of all inputs since the start
        self.losing = False            # the last look missed an object that is followed

    @property
    def fps(self) -> float | None:
        """Pictures a second that are worth looking at now; None leaves it as it is configured."""
        return self._planner.fps if self._planner else None

    def restrict(self, looks: float, pixels: float) -> None:
        """From now on it may have that share of the looks a second, and of the pixels of each, 0..1.

        A model of a fixed size has all its pixels.
        """
        if self._planner is not None:
            self._planner.restrict(self._budget.reduced(looks, pixels))

    @property
    def busy(self) -> bool:
        """Whether all the picture moved lately: then it is looked at as a whole, whatever moves where."""
        return self._planner is not None and self._planner.busy

    def see(self, frame: Frame, regions: Sequence[Rect], small: Sequence[Rect],
            detector: Detects) -> Tracks | None:
        """Look at `frame`, in which `regions` move and perhaps `small` ones, too.

        None where nothing in it is worth a look.
        """
        self._fit(frame)
        size_px, look = (frame.width, frame.height), self._usual
        if self._planner is not None:
            planned = self._planner.plan(regions, small, self._tracker.lives, size_px, frame.mono_ns)
            if planned is None:
                return None
            look = planned
        self.inference_px += look.cost_px
        found = detector.detect(frame, threshold=self._least, labels=self._asked, look=look)
        found = self._scale.apply(found, LOW_SCORE)
        self._remember(found, look.window, frame.mono_ns)
        found = [each for each in found if each.label in self._labels]
        tracks = self._tracker.update(found, frame.mono_ns, size_px, window=look.window,
                                      enlargement=look.enlargement(*size_px))
        self.losing = any(life.confirmed and life.seen_ns < frame.mono_ns for life in self._tracker.lives)
        return self._joined(tracks, found, frame.mono_ns)

    @property
    def followed(self) -> list[Rect]:
        """Where all is that is followed, told or not."""
        return [life.rect for life in self._tracker.lives]

    def watched(self, mono_ns: int) -> None:
        """Until then pictures came that nobody wanted, since nothing moved."""
        self._tracker.watched_ns = mono_ns

    @property
    def found(self) -> list[Detection]:
        """All that was found in the latest look, and lately where that did not reach; on the common scale."""
        return [each for _, each in self._known]

    def hold(self, frame: Frame) -> Tracks:
        """Nothing changed in `frame`: what was there is there still."""
        self._fit(frame)
        return self._joined(self._tracker.hold(frame.mono_ns), (), frame.mono_ns)

    def give_up(self, mono_ns: int) -> Tracks:
        """End all tracks: nobody knows what became of them. What comes is looked at as a whole first."""
        if self._planner is not None:
            self._planner.begin_anew()
        return self._joined(self._tracker.give_up(mono_ns), (), mono_ns)

    def _joined(self, tracks: Tracks, found: Sequence[Detection], mono_ns: int) -> Tracks:
        return self._units.update(tracks, self._tracker.lives, found, mono_ns) if self._joins else tracks

    def _remember(self, found: Sequence[Detection], window: Rect | None, mono_ns: int) -> None:
        """A look renews what it covers; what lies outside of it is there still, for a while."""
        outside = [] if window is None else [
            (then_ns, each) for then_ns, each in self._known
            if mono_ns - then_ns <= _RECENT_NS and each.rect.shared_area(window) < each.rect.area / 2]
        self._known = outside + [(mono_ns, each) for each in found]

    def _fit(self, frame: Frame) -> None:
        """A camera that changes its resolution goes on with all that it knows."""
        size_px = frame.width, frame.height
        if self._size_px is not None and self._size_px != size_px:
            factors = size_px[0] / self._size_px[0], size_px[1] / self._size_px[1]
            self._tracker.rescale(*factors)
            self._units.rescale(*factors)
            self._known.clear()
        self._size_px = size_px


def followed(classes: Set[str]) -> frozenset[str]:
    """The labels to track for rules about `classes`.

    These, what a detector takes them for, and for people and two-wheelers each other: who rides is told from
    who walks, and a motorbike with its headlight on is half a car.
    """
    wanted = frozenset(classes).union(*(group for group in COMPATIBLE if group & classes))
    if PERSON in wanted:
        wanted |= TWO_WHEELERS
    if wanted & TWO_WHEELERS:
        wanted |= {PERSON, "car"}
    return wanted
