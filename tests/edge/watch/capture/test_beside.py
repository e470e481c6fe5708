"""What is wrong with a camera beside its pictures."""

from __future__ import annotations

import time

import pytest

from edge.base.clock import clock_synchronised
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.capture.beside import beside, epoch_ns

EPOCH = 1_764_000_000 * NS_PER_S


@pytest.mark.parametrize(("ahead_ns", "epoch", "state"), [
    (EPOCH, EPOCH, CameraState.OK), (EPOCH + 30 * NS_PER_S, EPOCH, CameraState.OK),
    (EPOCH - 90 * NS_PER_S, EPOCH, CameraState.WRONG_TIME),
    (EPOCH + 7 * 3600 * NS_PER_S, EPOCH, CameraState.WRONG_TIME),
    (None, EPOCH, CameraState.OK), (EPOCH - 90 * NS_PER_S, None, CameraState.OK),
    (5 * NS_PER_S, EPOCH, CameraState.OK)])
def test_a_camera_whose_clock_is_off(ahead_ns: int | None, epoch: int | None, state: CameraState) -> None:
    """
    By more than a minute, a forgotten zone among it; not one that counts from its own start, nor while the
    box does not know better.
    """
    assert state is beside(ahead_ns, epoch)


def test_the_boxes_own_time() -> None:
    """
    Known while somebody keeps it.
    """
    epoch = epoch_ns()

    assert clock_synchronised() is (epoch is not None)
    if epoch is not None:
        assert abs(epoch + time.monotonic_ns() - time.time_ns()) < NS_PER_S
