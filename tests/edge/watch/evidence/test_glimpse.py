"""The whole view, now and before."""

from __future__ import annotations

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Detection, Rect, Track
from edge.config.camera_model import PictureSet, RuleKind, RuleSettings
from edge.contract.messages import Severity
from edge.watch.evidence.glimpse import ARRIVALS, BEFORE_PX, RING, Glimpse, Memory, glimpse
from edge.watch.hit import Hit, HitPhase

PIXELS = np.random.default_rng(5).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
CROSS = RuleSettings(kind=RuleKind.CROSS, line="exit", classes=("car",), severity=Severity.WARNING)
DWELL = RuleSettings(kind=RuleKind.DWELL, classes=("car",), dwell_s=60, severity=Severity.WARNING)


def frame(second: float) -> ArrayFrame:
    return ArrayFrame(PIXELS, mono_ns=round(second * NS_PER_S), media_s=second, masked=True)


def car(track_id: int = 1, since_s: float = 0.0, label: str = "car") -> Track:
    return Track(track_id, label, 0.8, Rect(100, 100, 300, 200), round(since_s * NS_PER_S), 0, True, ())


def hit(of: Track, kind: RuleKind, since_s: float, count: int = 1) -> Hit:
    return Hit(1, HitPhase.BEGIN, "rule", kind, None, Severity.WARNING, of, of.rect, count,
               round(since_s * NS_PER_S), round(since_s * NS_PER_S))


def memory(*rules: RuleSettings) -> Memory:
    return Memory({str(number): rule for number, rule in enumerate(rules)})


def second_of(seen: Glimpse | None) -> float | None:
    return None if seen is None else seen.small.media_s


@pytest.mark.parametrize(("severity", "pictures", "full"), [
    (Severity.INFO, PictureSet.AUTO, False), (Severity.WARNING, PictureSet.AUTO, True),
    (Severity.ALERT, PictureSet.AUTO, True), (Severity.INFO, PictureSet.FULL, True),
    (Severity.ALERT, PictureSet.SMALL, False)])
def test_warnings_and_alerts_are_full_unless_the_rule_says_otherwise(
        severity: Severity, pictures: PictureSet, full: bool) -> None:
    """
    Information stays as small as it was.
    """
    assert full is CROSS.model_copy(update={"severity": severity, "pictures": pictures}).has_full_pictures


@pytest.mark.parametrize(("size", "small"), [((1920, 1080), (640, 360)), ((704, 576), (640, 524)),
                                             ((1080, 1920), (360, 640)), ((320, 240), (320, 240))])
def test_a_view_is_small_and_keeps_its_shape(size: tuple[int, int], small: tuple[int, int]) -> None:
    """
    Its longest side is at most what was asked for; nothing is enlarged.
    """
    seen = glimpse(ArrayFrame(np.zeros((size[1], size[0], 3), np.uint8)), (), (), 640)

    assert small == (seen.small.width, seen.small.height)


def test_a_scene_names_its_strangers_in_its_own_pixels() -> None:
    """
    Rects follow the view's size; the subject is told apart, and what was masked stays said.
    """
    walker = Detection(Rect(640, 360, 680, 480), "person", 0.5)
    scene = glimpse(frame(3), (car(),), (walker,), 640).scene(hit(car(), RuleKind.ENTER, 3))

    assert ((Rect(320, 180, 340, 240),), Rect(50, 50, 150, 100)) == (scene.strangers, scene.subject)
    assert ((360, 640, 3), 3.0, True) == (scene.rgb.shape, scene.media_s, scene.masked)


def test_a_crossing_is_shown_from_half_a_second_before() -> None:
    """
    The latest view in which the object was surely on the other side; where it came too late, the first of it.
    """
    kept = memory(CROSS)
    for tenth in range(0, 60, 2):
        kept.look(frame(tenth / 10), (car(since_s=0.1), car(2, since_s=4.7)), ())

    assert 4.8 == second_of(kept.before(hit(car(since_s=0.1), RuleKind.CROSS, 5.4)))
    assert 4.8 == second_of(kept.before(hit(car(2, since_s=4.7), RuleKind.CROSS, 5.0)))
    assert None is kept.before(hit(car(3, since_s=5.7), RuleKind.CROSS, 5.75))
    assert None is kept.before(hit(car(), RuleKind.ENTER, 5.4))


def test_who_dwells_is_shown_as_it_came() -> None:
    """
    From the first view of its track, be it minutes ago; once, and never of somebody who left.
    """
    kept = memory(DWELL)
    for second in range(100):
        kept.look(frame(second), (car(), *([car(2, since_s=40)] if second >= 40 else [])), ())
        kept.keep_only({1, 2})

    assert 0.0 == second_of(kept.before(hit(car(), RuleKind.DWELL, 60)))
    assert None is kept.before(hit(car(), RuleKind.DWELL, 60))
    assert 40.0 == second_of(kept.before(hit(car(2), RuleKind.DWELL, 99)))
    kept.look(frame(100), (car(3, since_s=100),), ())
    kept.keep_only({4})
    assert None is kept.before(hit(car(3), RuleKind.DWELL, 160))


def test_what_is_remembered_is_bounded_and_small() -> None:
    """
    A ring of three seconds and a dozen arrivals of 480 px, whatever comes; none older than may be asked for.
    """
    kept = memory(CROSS, DWELL)
    for second in range(200):
        kept.look(frame(second), [car(number, since_s=number) for number in range(second + 1)], ())

    held = {seen.mono_ns: seen for seen in [*kept._ring, *kept._arrivals.values()]}
    assert len(held) <= RING + ARRIVALS
    assert {(BEFORE_PX, 270)} == {(seen.small.width, seen.small.height) for seen in held.values()}
    assert min(held) >= (199 - 60 - 60) * NS_PER_S


@pytest.mark.parametrize("rules", [
    [], [CROSS.model_copy(update={"severity": Severity.INFO})],
    [RuleSettings(kind=RuleKind.ENTER, severity=Severity.ALERT, classes=("car",))]],
    ids=["none", "info", "enter"])
def test_nothing_is_taken_that_no_rule_can_show(rules: list[RuleSettings]) -> None:
    """
    Without a full rule about crossing or dwelling no view is copied, nor while nothing it is about is there.
    """
    class Untouched(ArrayFrame):
        def copy(self, size_px: tuple[int, int] | None = None, crop: Rect | None = None) -> ArrayFrame:
            raise AssertionError("nobody asks for it")

    memory(*rules).look(Untouched(PIXELS, mono_ns=NS_PER_S), (car(),), ())
    memory(CROSS, DWELL).look(Untouched(PIXELS, mono_ns=NS_PER_S), (car(label="person"),), ())


def test_nothing_from_before_a_lost_view_is_shown() -> None:
    """
    What was seen before the pictures stopped is no before of what came after.
    """
    kept = memory(CROSS, DWELL)
    kept.look(frame(1), (car(),), ())
    kept.forget()

    assert [None, None] == [kept.before(hit(car(), kind, 5)) for kind in (RuleKind.CROSS, RuleKind.DWELL)]
