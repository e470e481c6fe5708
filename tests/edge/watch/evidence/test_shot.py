"""The best shot of a track."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Detection, Rect, Track
from edge.watch.evidence.shot import ENOUGH_PX, BestShots, CropStyle, FrameCut, cut

RNG = np.random.default_rng(1)
SHARP = RNG.integers(0, 255, (240, 320, 3), dtype=np.uint8)
BLURRED = np.full((240, 320, 3), 128, np.uint8)
WIDE = CropStyle(max_px=1000, margin_ratio=0.25)


def track(rect: Rect, track_id: int = 1, label: str = "person", mount: int | None = None) -> Track:
    return Track(track_id, label, 0.8, rect, 0, 0, True, (), mount=mount)


@dataclass(frozen=True)
class Look:
    """One picture in which the subject is seen, and who else is."""

    pixels: npt.NDArray[np.uint8]
    rect: Rect
    others: tuple[Track, ...] = ()
    found: tuple[Rect, ...] = ()


def offered(*looks: Look) -> FrameCut:
    shots = BestShots(CropStyle(200, 0.25))
    for index, look in enumerate(looks):
        seen = track(look.rect)
        shots.offer(ArrayFrame(look.pixels, mono_ns=index * NS_PER_S, media_s=float(index)), seen,
                    (seen, *look.others), [Detection(rect, "person", 0.3) for rect in look.found])
    best = shots.best(1)
    assert best is not None
    return best


SMALL, LARGE, CUT = Rect(100, 100, 120, 140), Rect(100, 60, 160, 180), Rect(0, 60, 60, 180)
IN_FRONT = (track(Rect(100, 120, 160, 220), 2),)
HALVES = (Rect(100, 60, 160, 118), Rect(100, 122, 160, 180))


@pytest.mark.parametrize(("worse", "better"), [
    (Look(SHARP, SMALL), Look(SHARP, LARGE)), (Look(SHARP, CUT), Look(SHARP, LARGE)),
    (Look(BLURRED, LARGE), Look(SHARP, LARGE)), (Look(SHARP, LARGE, IN_FRONT), Look(SHARP, LARGE)),
    (Look(SHARP, LARGE, found=HALVES), Look(SHARP, LARGE))],
    ids=["larger", "whole", "sharper", "freer", "one alone"])
def test_the_better_picture_is_kept(worse: Look, better: Look) -> None:
    """
    Larger, not cut by the edge, sharper, nobody in front, not two in one: whichever order they come in, the
    better one stays.
    """
    assert 1.0 == offered(worse, better).part.media_s
    assert 0.0 == offered(better, worse).part.media_s


def test_its_rider_is_in_nobodys_way() -> None:
    """
    A machine and whoever rides it are one object.
    """
    shots = BestShots(WIDE)
    machine, rider = track(LARGE, label="motorcycle"), track(Rect(110, 60, 150, 150), 2, mount=1)
    shots.offer(ArrayFrame(SHARP), machine, (machine, rider), ())

    best = shots.best(1)
    assert best is not None
    assert 1.0 == best.quality.freedom


def test_a_suddenly_wider_rect_is_no_better_picture() -> None:
    """
    Two people who were taken for one are twice as large, and not what the event is about.
    """
    both = Rect(60, 50, 180, 190)
    assert 0.0 == offered(*[Look(SHARP, LARGE)] * 6, Look(SHARP, both)).part.media_s


def test_a_standing_object_costs_one_copy() -> None:
    """
    A picture that is not clearly better is not cut again.
    """
    assert 0.0 == offered(*[Look(SHARP, LARGE)] * 50).part.media_s


def test_a_shot_has_margin_and_stays_in_the_picture() -> None:
    """
    A quarter of the object's size is added on each side, as far as the picture goes.
    """
    assert (180, 90, 3) == cut(ArrayFrame(SHARP), LARGE, WIDE).shot(WIDE).rgb.shape
    assert (180, 75, 3) == cut(ArrayFrame(SHARP), CUT, WIDE).shot(WIDE).rgb.shape


def test_an_event_takes_what_it_wants_of_a_kept_part() -> None:
    """
    Kept large and wide, shown narrow or small: the same object in its middle, at the size asked for.
    """
    kept = cut(ArrayFrame(SHARP, media_s=2.0, masked=True), LARGE, WIDE)

    narrow, small = kept.shot(CropStyle(1000, 0.0)), kept.shot(CropStyle(90, 0.25))
    assert np.array_equal(SHARP[60:180, 100:160], narrow.rgb)
    assert (90, 44, 3) == small.rgb.shape
    assert [(LARGE, 2.0, True)] * 2 == [(it.rect, it.media_s, it.masked) for it in (narrow, small)]


@pytest.mark.parametrize(("rect", "size_px"), [
    (Rect(100, 60, 160, 180), None), (Rect(0, 0, 160, 180), (176, 200)), (Rect(0, 0, 136, 158), (170, 198)),
    (Rect(100, 100, 108, 150), (16, 78))])
def test_a_shot_is_stretched_only_where_it_must_be(rect: Rect, size_px: tuple[int, int] | None) -> None:
    """
    What fits max_px is taken as it is, but for a hair's breadth, and but for what is too small to show.
    """
    asked: list[tuple[int, int] | None] = []

    class Watched(ArrayFrame):
        def copy(self, size_px: tuple[int, int] | None = None, crop: Rect | None = None) -> ArrayFrame:
            asked.append(size_px)
            return super().copy(size_px, crop)

    cut(Watched(SHARP), rect, CropStyle(200, 0.25))

    assert [size_px] == asked


def test_what_is_kept_of_one_camera_is_bounded() -> None:
    """
    Where there are many large pictures, further ones are kept smaller, but not below what evidence needs.
    """
    shots, frame = BestShots(CropStyle(1280, 0.15)), ArrayFrame(np.zeros((1080, 1920, 3), np.uint8))
    for track_id in range(1, 13):
        seen = track(Rect(300, 100, 1200, 1000), track_id)
        shots.offer(frame, seen, (seen,), ())

    parts = [kept.part for track_id in range(1, 13) if (kept := shots.best(track_id))]
    assert {1172, ENOUGH_PX} == {max(part.width, part.height) for part in parts}
    assert sum(part.width * part.height for part in parts) < 8_000_000


def test_gone_tracks_are_forgotten() -> None:
    """
    Memory follows the tracks that are still of use.
    """
    shots = BestShots(CropStyle(200, 0.0))
    for track_id in (1, 2, 3):
        seen = track(LARGE, track_id)
        shots.offer(ArrayFrame(SHARP), seen, (seen,), ())
    shots.keep_only({2})
    assert [None, False, None] == [shots.best(1), shots.best(2) is None, shots.best(3)]
