"""What is wrong with a camera whose pictures are well: its clock. Pure but for `epoch_ns`."""

from __future__ import annotations

import time

from edge.base import clock
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState

WRONG_NS = 60 * NS_PER_S            # a time server keeps it within a second
_FIRST_NS = 946_684_800 * NS_PER_S  # 2000: what is before counts from the camera's start


def epoch_ns() -> int | None:
    """What to add to CLOCK_MONOTONIC for the time since 1970; None while nobody keeps the box's own clock."""
    return time.time_ns() - time.monotonic_ns() if clock.clock_synchronised() else None


def beside(ahead_ns: int | None, epoch: int | None) -> CameraState:
    """How it is beside its pictures.

    Args:
        ahead_ns: by how much the camera's own clock is ahead of CLOCK_MONOTONIC; None: it does not tell.
        epoch: as `epoch_ns`.
    """
    if ahead_ns is None or epoch is None or ahead_ns < _FIRST_NS:
        return CameraState.OK
    return CameraState.WRONG_TIME if abs(ahead_ns - epoch) > WRONG_NS else CameraState.OK
