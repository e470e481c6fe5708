"""When a pause between two pictures is time that nobody saw."""

from __future__ import annotations

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S
from edge.watch.view import View

PIXEL = np.zeros((2, 2, 3), np.uint8)


def frame(mono_s: float, media_s: float | None = None) -> ArrayFrame:
    return ArrayFrame(PIXEL, round(mono_s * NS_PER_S), mono_s if media_s is None else media_s)


def begun(view: View, *times_s: float) -> list[float]:
    """At which of the times a view begins."""
    return [time_s for time_s in times_s if view.begins(frame(time_s))]


def steady(since_s: float, period_s: float, count: int = 20) -> list[float]:
    return [since_s + period_s * n for n in range(count)]


@pytest.mark.parametrize(("pause_s", "hole"), [(0.4, False), (1, False), (1.9, False), (2.1, True),
                                               (600, True)])
def test_a_pause_beyond_patience_is_a_hole(pause_s: float, hole: bool) -> None:
    """As long as an object may be hidden it may be unseen; what comes after is another view."""
    view = View(2.0, is_file=False)
    begun(view, *steady(0, 0.2))

    assert hole == view.begins(frame(3.8 + pause_s))
    assert not view.begins(frame(4.0 + pause_s))


def test_slow_pictures_are_no_holes() -> None:
    """A camera at 0.45 a second has no holes once that is known, unless it misses four pictures."""
    view = View(2.0, is_file=False)
    times_s = steady(0, 2.2)

    assert [] == begun(view, *times_s)[2:]
    assert [times_s[-1] + 11] == begun(view, times_s[-1] + 4.4, times_s[-1] + 11)


def test_a_rare_hole_does_not_stretch_patience() -> None:
    """After holes of an hour one of three seconds is found as ever."""
    view = View(2.0, is_file=False)

    assert [0, 3600, 7200, 7204] == begun(view, 0, *steady(0.2, 0.2, 5), 3600, *steady(3600.2, 0.2, 5), 7200,
                                          *steady(7200.2, 0.2, 5), 7204)


def test_another_opening_is_another_view() -> None:
    """A file that begins again, or a camera that was opened anew, counts its media time from zero."""
    view = View(2.0, is_file=False)
    for index in range(5):
        view.begins(frame(index / 5))

    assert view.begins(frame(1.0, 0.0))
    assert not view.begins(frame(1.2, 0.2))


@pytest.mark.parametrize("is_file", [True, False])
def test_whose_own_time_counts(is_file: bool) -> None:
    """A file that plays live jumps over its hole of an hour; a camera has only set its clock."""
    view = View(2.0, is_file=is_file)
    for index in range(5):
        view.begins(frame(index / 5))

    assert is_file == view.begins(frame(1.0, 3600.0))


def test_it_is_over_when_no_picture_can_still_come() -> None:
    """A second after the pause became a hole: by then what is on its way is later than that."""
    view = View(2.0, is_file=False)
    assert not view.is_over(100 * NS_PER_S)
    begun(view, *steady(0, 0.2, 6))

    assert not view.is_over(4 * NS_PER_S)
    assert view.is_over(4 * NS_PER_S + 1)


@pytest.mark.parametrize(("period_s", "pause_s", "unseen"), [
    (0.2, 0.7, False), (0.2, 0.8, True), (1, 2.4, False), (1, 2.6, True), (0.2, 60, True)])
def test_an_unusual_pause_was_not_seen(period_s: float, pause_s: float, unseen: bool) -> None:
    """Longer than three quarters of a second, and than two and a half of the usual."""
    view = View(3.0, is_file=False)
    begun(view, *steady(0, period_s))
    assert 0 == view.unseen_ns
    view.begins(frame(19 * period_s + pause_s))

    assert unseen == (view.unseen_ns == pytest.approx(pause_s * NS_PER_S))
    view.begins(frame(20 * period_s + pause_s))
    assert 0 == view.unseen_ns
