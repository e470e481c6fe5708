"""Where a tracked object should be now."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from edge.watch.vision.motion_model import MotionModel

SEEN, UNSEEN = np.array([False]), np.array([True])
ROW = np.array([0])


def walker(at_s: float, speed_px_s: float = 60.0) -> np.ndarray:
    """A rect of 40 x 100 pixels that goes right."""
    x = 100 + speed_px_s * at_s
    return np.array([[x, 50.0, x + 40, 150.0]])


def followed(times_s: list[float]) -> MotionModel:
    model = MotionModel()
    model.add(walker(times_s[0]))
    for before, now in itertools.pairwise(times_s):
        model.predict(now - before, SEEN)
        model.correct(ROW, walker(now))
    return model


@pytest.mark.parametrize("step_s", [0.04, 0.2, 0.4])
def test_velocity_is_learnt_at_any_rate(step_s: float) -> None:
    """
    After two seconds of a steady walk the speed is known within 5 %, at 25 as at 2.5 pictures a second.
    """
    model = followed(list(np.arange(0, 2.01, step_s)))

    assert_allclose(model.velocity[0], [60, 0], atol=3)


def test_dropped_frames_do_not_bend_the_prediction() -> None:
    """
    With gaps of 0.1 to 0.7 s the next place is still predicted within 3 pixels.
    """
    model = followed([0, 0.2, 0.4, 0.5, 1.2, 1.4, 1.5, 2.1, 2.2])
    model.predict(0.6, SEEN)

    assert_allclose(model.rects, walker(2.8), atol=3)


def test_unseen_object_slows_down() -> None:
    """
    Coasting ends less than 1.3 s of walk ahead, in however many steps, and the prediction gets vaguer.
    """
    one, many = followed([0, 0.2, 0.4, 0.6, 0.8]), followed([0, 0.2, 0.4, 0.6, 0.8])
    sharp = one.surprise(walker(1.8))[0, 0]
    one.predict(20.0, UNSEEN)
    for _ in range(100):
        many.predict(0.2, UNSEEN)

    assert_allclose(one.rects, many.rects, atol=0.5)
    assert one.rects[0, 0] < walker(0.8 + 1.3)[0, 0]
    assert one.surprise(walker(1.8))[0, 0] < sharp


def test_size_is_the_unit() -> None:
    """
    The same scene at ten times the resolution surprises as much.
    """
    near, far = followed([0, 0.2, 0.4]), MotionModel()
    far.add(walker(0) / 10)
    for at_s in (0.2, 0.4):
        far.predict(0.2, SEEN)
        far.correct(ROW, walker(at_s) / 10)

    assert_allclose(near.surprise(walker(0.7)), far.surprise(walker(0.7) / 10))


def test_stop_forgets_the_velocity() -> None:
    """
    A stopped object is expected where it is, and may start again in any direction.
    """
    model = followed([0, 0.2, 0.4, 0.6])
    before = model.rects
    model.stop(np.array([True]))
    model.predict(0.2, SEEN)

    assert_allclose(model.rects, before)
    assert model.surprise(walker(0.5))[0, 0] == pytest.approx(model.surprise(2 * before - walker(0.5))[0, 0])
