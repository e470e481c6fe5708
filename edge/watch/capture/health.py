"""Whether a camera that sends pictures shows anything: frozen, dark or covered. Pure.

It looks once a second at every sixteenth row, and believes what lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState

LOOK_INTERVAL_NS = NS_PER_S
BELIEVE_NS = 10 * NS_PER_S      # a lorry that stops in front of the camera is not a covered lens
DARK_LUMA = 40                  # of 255; video black is 16
FLAT_LUMA = 10                  # spread of a picture in which nothing can be told apart


@dataclass(frozen=True, slots=True)
class CameraChange:
    """A change of state, told once."""

    state: CameraState
    detail: str


class HealthWatch:
    """Judge the pictures of one camera. One instance belongs to one thread and one opening."""

    def __init__(self, stall_s: float, live: bool) -> None:
        """`live`: a camera, whose noise never repeats a picture; a file may stand still."""
        self._stall_ns = round(stall_s * NS_PER_S)
        self._live = live
        self._state = CameraState.OK
        self._candidate, self._candidate_ns = CameraState.OK, 0
        self._rows: npt.NDArray[np.uint8] | None = None
        self._changed_ns = 0
        self._due_ns = 0

    def look(self, luma: npt.NDArray[np.uint8], masked: bool, mono_ns: int) -> CameraChange | None:
        """Take in one picture; return a change of state.

        Args:
            luma: (height, width), read only, not kept.
            masked: leave out what is exactly black: privacy masks are.
            mono_ns: increasing.
        """
        if self._rows is not None and mono_ns < self._due_ns:
            return None
        self._due_ns = mono_ns + LOOK_INTERVAL_NS
        rows = luma[::16].copy()
        if self._rows is None or not np.array_equal(self._rows, rows):
            self._changed_ns = mono_ns
        self._rows = rows
        return self._decide(self._judge(rows, masked, mono_ns), mono_ns)

    def _judge(self, rows: npt.NDArray[np.uint8], masked: bool, mono_ns: int) -> CameraState:
        if self._live and mono_ns - self._changed_ns > self._stall_ns:
            return CameraState.FROZEN
        return visible(rows[:, ::16], masked)

    def _decide(self, found: CameraState, mono_ns: int) -> CameraChange | None:
        """Believe at once that it is frozen, which took its time already, or that a frozen one moves."""
        if found is not self._candidate:
            self._candidate, self._candidate_ns = found, mono_ns
        if found is self._state:
            return None
        sure = CameraState.FROZEN in (found, self._state) or mono_ns - self._candidate_ns >= BELIEVE_NS
        if not sure:
            return None
        before, self._state = self._state, found
        return CameraChange(found, _DETAILS.get(found, f"no longer {before}"))


_DETAILS = {
    CameraState.FROZEN: "the same picture again and again; restart the camera",
    CameraState.DARK: "nearly black; check its light, its infrared and its lens cap",
    CameraState.COVERED: "one even colour; look whether something hangs in front of it",
}


def visible(luma: npt.NDArray[np.uint8], masked: bool) -> CameraState:
    """OK, DARK or COVERED, by one picture alone; a picture masked altogether is OK.

    Args:
        luma: a sample of the picture, any shape.
    """
    counts = np.bincount(luma.ravel(), minlength=256)
    if masked:
        counts[0] = 0
    reached = np.cumsum(counts)
    if reached[-1] == 0:
        return CameraState.OK
    low, high = np.searchsorted(reached, (0.05 * reached[-1], 0.95 * reached[-1])).tolist()
    if high < DARK_LUMA:
        return CameraState.DARK
    return CameraState.COVERED if high - low < FLAT_LUMA else CameraState.OK
