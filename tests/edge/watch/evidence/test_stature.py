"""How tall people are, by where they stand."""

from __future__ import annotations

import pytest

from edge.base.values import Rect
from edge.watch.evidence.stature import Statures


def person(foot_px: float, height_px: float) -> Rect:
    return Rect(100, foot_px - height_px, 140, foot_px)


def seen(*heights_px: float, foot_px: float = 300) -> Statures:
    statures = Statures()
    for track_id, height_px in enumerate(heights_px, start=1):
        statures.note(track_id, person(foot_px, height_px), 480)
    return statures


def test_two_who_are_taken_for_one_are_taller_than_all() -> None:
    """
    Judged by who else stood there; one that is odd among many does not make the others so.
    """
    statures = seen(100, 95, 105, 190, 100)

    assert 1.9 == pytest.approx(statures.times(4, person(300, 190), 480), rel=0.05)
    assert 1.0 == pytest.approx(statures.times(9, person(300, 100), 480), rel=0.05)


def test_few_say_nothing() -> None:
    """
    Before four others were seen near there nobody is odd, nor far from where they stood.
    """
    assert 1.0 == seen(100, 100, 100).times(9, person(300, 190), 480)
    assert 1.0 == seen(100, 100, 100, 100).times(4, person(300, 190), 480)
    assert 1.0 == seen(*[100] * 9).times(99, person(470, 300), 480)


def test_who_stands_there_for_hours_counts_once() -> None:
    """
    And of the many the latest are remembered.
    """
    statures = seen(100, 100, 100, 100)
    for _ in range(1000):
        statures.note(7, person(300, 200), 480)

    assert 2.0 == pytest.approx(statures.times(9, person(300, 200), 480), rel=0.05)
    for track_id in range(100, 130):
        statures.note(track_id, person(300, 50), 480)
    assert 2.0 == pytest.approx(statures.times(9, person(300, 100), 480), rel=0.05)
