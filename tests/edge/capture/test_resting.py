"""The gate's rests, on a made street with made time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edge.capture.resting import RestingGate
from edge.config.camera_model import MotionSettings
from edge.testing import ArrayFrame
from edge.values import NS_PER_S

FPS = 5


def picture(index: int, x: int | None) -> ArrayFrame:
    """A textured dark scene with a bright 60 x 60 square at `x`."""
    pixels = np.random.default_rng(7).integers(20, 60, (360, 640, 3), dtype=np.uint8)
    if x is not None:
        square = np.random.default_rng(8).integers(180, 255, (60, 60, 3), dtype=np.uint8)
        pixels[200:260, x:x + 60] = square
    return ArrayFrame(pixels, mono_ns=index * NS_PER_S // FPS)


class Watched(ArrayFrame):
    """Counts who looks at its luma."""

    looks = 0

    @property
    def luma(self) -> npt.NDArray[np.uint8]:
        type(self).looks += 1
        return super().luma


@pytest.mark.parametrize(("followed", "looks"), [(False, 20), (True, 6)])
def test_a_street_that_never_stands_still_is_hardly_looked_at(followed: bool, looks: int) -> None:
    """
    Every frame of it passes. One in three is looked at; one in ten where the tracker sees it move.
    """
    gate, Watched.looks = RestingGate(MotionSettings(hold_s=2)), 0
    frames = [picture(index, 20 + 10 * (index % 30)) for index in range(60)]
    passed = [gate.passes(Watched(frame.pixels, frame.mono_ns), frame.mono_ns if followed else None)
              for frame in frames]

    assert all(passed)
    assert looks <= Watched.looks <= looks + 2


@pytest.mark.parametrize("stopped", range(10, 16))
@pytest.mark.parametrize("followed", [False, True])
def test_the_gate_holds_after_motion_that_ended_unseen(stopped: int, followed: bool) -> None:
    """
    Whether the gate looked at the last motion or rested, it stays open hold_s after it, and closes soon:
    within the half second of a rest, or within another hold_s where the tracker followed it.
    """
    gate, moves = RestingGate(MotionSettings(hold_s=2)), range(5, stopped + 1)
    passed = []
    for index in range(45):
        frame = picture(index, 20 + 10 * index if index in moves else None)
        stirred_ns = (min(index, stopped) - 1) * NS_PER_S // FPS if followed and index > 6 else None
        passed.append(gate.passes(frame, stirred_ns))

    assert all(passed[5:stopped + 2 * FPS + 1])
    assert not any(passed[stopped + (4 if followed else 3) * FPS:])


def test_a_gate_that_sees_nothing_does_not_rest() -> None:
    """
    What the tracker says of something that moves does not open the gate, nor blind it.
    """
    gate, Watched.looks = RestingGate(MotionSettings(hold_s=1, idle_interval_s=60)), 0
    still = [picture(index, None) for index in range(30)]
    passed = [gate.passes(Watched(frame.pixels, frame.mono_ns), frame.mono_ns) for frame in still]

    assert [True] + [False] * 29 == passed
    assert 30 <= Watched.looks


def test_another_size_wakes_it() -> None:
    """
    A camera that changes its resolution is looked at anew, in the middle of a rest.
    """
    gate = RestingGate(MotionSettings())
    for index in range(12):
        gate.passes(picture(index, 20 + 10 * index), None)
    small, Watched.looks = np.full((180, 320, 3), 40, np.uint8), 0

    assert gate.passes(Watched(small, 3 * NS_PER_S), None)
    assert 1 <= Watched.looks
