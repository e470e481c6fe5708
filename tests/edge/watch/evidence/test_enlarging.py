"""Pictures of events from a larger stream: when they are asked for, and what comes of a request."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Detection, Rect, Tracks
from edge.config.camera_model import RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import Phase
from edge.watch.evidence.enlarging import LargerRequest, SceneRequest
from edge.watch.evidence.event_tracker import EventChange, EventTracker
from edge.watch.evidence.glimpse import glimpse
from edge.watch.evidence.shot import CropStyle, cut
from edge.watch.hit import HitPhase
from tests.edge.watch.evidence.test_event_tracker import FULL, PIXELS, RULE, coming, frame, hit, phases, track

STANDS = Rect(100, 100, 160, 280)


@dataclass
class Larger:
    """The other stream as the tracker knows it: `width` in pixels, kept for `kept_s` before `now_s`."""

    width: int = 1920
    kept_s: float = 8.0
    now_s: float = 0.0

    @property
    def reaches_ns(self) -> int | None:
        return round((self.now_s - self.kept_s) * NS_PER_S) if self.width else None


def tracker(larger: Larger, rule: RuleSettings = FULL, scene_px: int = 640) -> EventTracker:
    return EventTracker("cam", {"gate": rule}, ThumbnailSettings(), EvidenceSettings(scene_max_px=scene_px),
                        larger=larger)


def stays(larger: Larger, rule: RuleSettings = FULL, *, came_s: int = 0,
          until_s: int = 16, scene_px: int = 640) -> list[EventChange]:
    """Somebody who stands in view from 0 s on; the event begins at `came_s`, and they go at last."""
    story, told = tracker(larger, rule, scene_px), list[EventChange]()
    for second in range(until_s):
        larger.now_s = float(second)
        seen = track(STANDS, second=second)
        begins = [hit(HitPhase.BEGIN, seen, second)] if second == came_s else []
        told += story.step(frame(second), Tracks((seen,), ()), begins)
    gone = track(STANDS, second=until_s)
    return told + story.step(frame(until_s), Tracks((), (gone,)), [hit(HitPhase.END, gone, until_s)])


def test_the_same_view_is_asked_for_with_more_pixels() -> None:
    """
    Of who stands still the small stream has no better picture: there is an update only if the large one has.
    """
    new, update, end = stays(Larger())

    assert [(Phase.NEW, 0), (Phase.UPDATE, 1), (Phase.END, 2)] == phases([new, update, end])
    assert (None, None) == (new.larger, end.larger)
    assert update.larger is not None
    assert update.larger.is_needed
    assert 3.0 <= update.mono_ns / NS_PER_S <= 10.0


@pytest.mark.parametrize(("larger", "rule"), [
    (Larger(width=0), FULL), (Larger(width=640), FULL), (Larger(width=800), FULL), (Larger(), RULE)])
def test_nothing_is_asked_for_that_gives_nothing(larger: Larger, rule: RuleSettings) -> None:
    """
    A stream that is closed, as small or hardly larger, or a rule with small pictures: all is as without.
    """
    assert [(Phase.NEW, 0), (Phase.END, 1)] == phases(stays(larger, rule))


def test_a_better_small_picture_goes_where_the_large_one_cannot_be_had() -> None:
    """
    Who comes nearer has a better picture in any case: the request for the large one is not needed.
    """
    larger, told = Larger(), list[EventChange]()
    story = tracker(larger)
    for second in range(8):
        larger.now_s = float(second)
        seen = track(coming(second), second=second)
        begins = [hit(HitPhase.BEGIN, seen, second)] if second == 0 else []
        told += story.step(frame(second), Tracks((seen,), ()), begins)
    (update,) = [draft for draft in told if draft.phase is Phase.UPDATE]

    assert update.larger is not None
    assert not update.larger.is_needed
    assert update.larger.small.mono_ns == 3 * NS_PER_S


def test_what_the_stream_has_forgotten_is_not_asked_for() -> None:
    """
    Who has stood there for long has a picture that is too old: one from after the event began is taken.
    """
    larger = Larger(kept_s=4.0)
    _, update, _ = stays(larger, came_s=30, until_s=50)

    assert update.larger is not None
    assert update.larger.small.mono_ns >= 30 * NS_PER_S
    assert update.larger.small.mono_ns >= update.mono_ns - 4 * NS_PER_S


def test_a_crowd_is_asked_for_at_once() -> None:
    """
    It gets no better picture later, so the moment of its picture is asked for behind its beginning.
    """
    begin = replace(hit(HitPhase.BEGIN, track(STANDS), 0, count=6), rect=Rect(50, 50, 600, 400))
    new, update = tracker(Larger()).step(frame(0), Tracks((track(STANDS),), ()), [begin])

    assert [(Phase.NEW, 0), (Phase.UPDATE, 1)] == phases([new, update])
    assert update.larger is not None
    assert update.larger.is_needed


@pytest.mark.parametrize("times", [(2, 2), (3, 3), (3, 2)])
def test_a_request_is_granted_with_the_same_part_of_the_large_picture(times: tuple[int, int]) -> None:
    """
    The object is alike at its place, and its picture has as many times more pixels, margin included; the
    rect that is told stays that of the small stream. The streams may be of another shape.
    """
    kept = cut(frame(2.0), STANDS, CropStyle(1280, 0.15))
    request = LargerRequest(kept, CropStyle(1280, 0.15), is_needed=True)
    large = ArrayFrame(PIXELS.repeat(times[1], 0).repeat(times[0], 1), mono_ns=2 * NS_PER_S, masked=True)
    small_shot, shot = kept.shot(request.style), request.shot(large)

    assert request.likeness(large) > 0.95
    assert (STANDS, 2 * NS_PER_S, True) == (shot.rect, shot.mono_ns, shot.masked)
    height, width, _ = small_shot.rgb.shape
    assert (height * times[1], width * times[0]) == pytest.approx(shot.rgb.shape[:2], abs=6)


def test_another_view_is_not_alike() -> None:
    """
    Of a picture of another moment, in which something else is at that place, nothing is taken.
    """
    style = CropStyle(1280, 0.15)
    request = LargerRequest(cut(frame(2.0), STANDS, style), style, is_needed=True)
    other = np.random.default_rng(9).integers(0, 255, PIXELS.shape, dtype=np.uint8)

    assert request.likeness(ArrayFrame(other.repeat(2, 0).repeat(2, 1))) < 0.5


STRANGER = Rect(300, 100, 360, 280)


def scene_request() -> SceneRequest:
    """Of somebody beside whom a stranger stands, half hidden in the frame's noise."""
    seen = glimpse(frame(2.0), (track(STANDS),), (Detection(STRANGER, "person", 0.5),), 640)
    return SceneRequest(seen, hit(HitPhase.BEGIN, track(STANDS), 2), 1280)


@pytest.mark.parametrize(("scene_px", "kept_s", "asked"), [
    (640, 8.0, False), (1280, 8.0, True), (1280, 2.0, False)])
def test_the_scene_is_asked_for_where_the_small_stream_is_smaller_than_it_may_be(
        scene_px: int, kept_s: float, asked: bool) -> None:
    """
    Beside the subject of an update, of the moment of the decision, while the large stream reaches back there.
    """
    _, update, _ = stays(Larger(kept_s=kept_s), scene_px=scene_px)

    assert asked is (update.larger_scene is not None)
    if update.larger_scene is not None:
        assert update.larger_scene.small.mono_ns == 0


def test_the_scene_of_the_large_stream_hides_the_same_people() -> None:
    """
    It has twice the pixels, and who is to be hidden is where the small one showed them.
    """
    request = scene_request()
    large = ArrayFrame(PIXELS.repeat(2, 0).repeat(2, 1), mono_ns=2 * NS_PER_S)
    small_scene, scene = request.glimpse.scene(request.hit), request.scene(large)

    assert request.likeness(large) > 0.95
    assert (960, 1280, 3) == scene.rgb.shape
    assert tuple(rect.scaled(2, 2) for rect in small_scene.strangers) == scene.strangers
    assert scene.strangers == (STRANGER.scaled(2, 2),)
    assert scene.subject == STANDS.scaled(2, 2)


def test_a_scene_in_which_a_stranger_has_moved_on_is_not_taken() -> None:
    """
    The subject stands as before, but who is to be hidden is not found where they would be hidden.
    """
    moved = PIXELS.repeat(2, 0).repeat(2, 1).copy()
    moved[200:560, 600:720] = np.random.default_rng(9).integers(0, 255, (360, 120, 3), dtype=np.uint8)

    assert scene_request().likeness(ArrayFrame(moved)) < 0.5
