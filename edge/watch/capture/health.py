"""Whether a camera that sends pictures shows what it should. Pure.

It looks once a second. One picture tells dark and white; that nothing moves, not even noise, tells frozen;
the camera's reference tells the rest (`tamper.py`). It believes what lasts.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.capture.structure import structure_of
from edge.watch.capture.tamper import TamperWatch, Verdict

LOOK_INTERVAL_NS = NS_PER_S
BELIEVE_NS = 7 * NS_PER_S       # a bus that stops in front of the camera and goes on is not a covered lens
BELIEVE_OK_NS = 3 * NS_PER_S
OBJECT_NS = 60 * NS_PER_S       # what stands before it and is in focus has its time: it may unload
FROZEN_NS = 9 * NS_PER_S        # or stall_s, where that is less
LEAST_LOOKS = 3                 # where pictures come rarely
DARK_LUMA = 40                  # of 255; video black is 16
WHITE_LUMA = 235                # video white
FLAT_LUMA = 10                  # spread of a picture in which nothing can be told apart


@dataclass(frozen=True, slots=True)
class CameraChange:
    """A change of state, told once."""

    state: CameraState
    detail: str


class HealthWatch:
    """Judge the pictures of one camera. One instance belongs to one thread and one opening."""

    def __init__(self, stall_s: float, live: bool, tamper: TamperWatch | None = None,
                 beside: Callable[[], CameraState] = lambda: CameraState.OK) -> None:
        """`live`: a camera, whose noise never repeats a picture; a file may stand still.

        `beside`: how it is beside its pictures, asked at each look: told while they are well.
        """
        self._frozen_ns = min(round(stall_s * NS_PER_S), FROZEN_NS)
        self._live, self._tamper, self._beside = live, tamper or TamperWatch(), beside
        self._state = CameraState.OK
        self._spell = _Spell()
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
        return self._change(self._believed(luma, masked, mono_ns))

    def _believed(self, luma: npt.NDArray[np.uint8], masked: bool, mono_ns: int) -> CameraState | None:
        """A frozen camera took its time already, and so does one that moves again."""
        if self._live and mono_ns - self._changed_ns >= self._frozen_ns:
            self._spell = _Spell()
            return CameraState.FROZEN
        self._spell.take(self._judge(luma, masked), mono_ns)
        if self._state is CameraState.FROZEN:
            return self._spell.latest
        return self._spell.believed(self._state, mono_ns)

    def _judge(self, luma: npt.NDArray[np.uint8], masked: bool) -> Verdict:
        alone = visible(luma[::16, ::16], masked)
        if alone is not CameraState.OK:
            return Verdict(alone)
        verdict = self._tamper.look(structure_of(luma, masked))
        return Verdict(self._beside()) if verdict.state is CameraState.OK else verdict

    def _change(self, found: CameraState | None) -> CameraChange | None:
        if found is None or found is self._state:
            return None
        before, self._state = self._state, found
        return CameraChange(found, _DETAILS.get(found, f"no longer {before}"))


class _Spell:
    """The looks of late, and what to believe of them."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, CameraState | None]] = deque()
        self._object_ns: int | None = None      # since when something stands before it

    @property
    def latest(self) -> CameraState | None:
        return self._looks[-1][1]

    def take(self, verdict: Verdict, mono_ns: int) -> None:
        if not verdict.is_object:
            self._object_ns = None
        elif self._object_ns is None:
            self._object_ns = mono_ns
        waits = self._object_ns is not None and mono_ns - self._object_ns < OBJECT_NS
        self._looks.append((mono_ns, None if waits else verdict.state))
        while len(self._looks) > LEAST_LOOKS and mono_ns - self._looks[1][0] >= BELIEVE_NS:
            self._looks.popleft()

    def believed(self, before: CameraState, mono_ns: int) -> CameraState | None:
        """None: not yet. What lasts is one state or several bad ones, of which the most frequent is told.

        A state that was told stays as long as it is among them: half hidden is now one thing and now another.
        """
        if self._has_lasted(BELIEVE_OK_NS, mono_ns, lambda state: state is CameraState.OK):
            return CameraState.OK
        if not self._has_lasted(BELIEVE_NS, mono_ns, lambda state: state is not CameraState.OK):
            return None
        bad = Counter(state for _, state in self._looks if state is not None)
        if bad.total() * 2 < len(self._looks):
            return None
        return before if before in bad else bad.most_common(1)[0][0]

    def _has_lasted(self, for_ns: int, mono_ns: int, fits: Callable[[CameraState | None], bool]) -> bool:
        """Whether all looks of the last `for_ns` fit, of which there are enough."""
        for count, (at_ns, state) in enumerate(reversed(self._looks), 1):
            if not fits(state):
                return False
            if count >= LEAST_LOOKS and mono_ns - at_ns >= for_ns:
                return True
        return False


_DETAILS = {
    CameraState.FROZEN: "the same picture again and again; restart the camera",
    CameraState.DARK: "nearly black; check its light, its infrared and its lens cap",
    CameraState.OVER_EXPOSED: "nearly white; check whether a lamp or the sun shines into it",
    CameraState.COVERED: "nothing of its view can be seen; look whether something hangs in front of it",
    CameraState.SPRAYED: "half of its view is hidden; look at its glass, and whether something stands there",
    CameraState.MOVED: "it shows another view; turn it back, or confirm the new one: edgebox camera confirm",
    CameraState.WRONG_TIME: "its clock is more than a minute off; give it a time server: edgebox camera set",
    CameraState.DEFOCUSED: "its view has lost its fine detail; clean its glass, focus it",
}


def visible(luma: npt.NDArray[np.uint8], masked: bool) -> CameraState:
    """OK, DARK, OVER_EXPOSED or COVERED, by one picture alone; a picture masked altogether is OK.

    Args:
        luma: a sample of the picture, any shape.
    """
    counts = np.bincount(luma.ravel(), minlength=256)
    if masked:
        counts[0] = 0
    reached = np.cumsum(counts)
    if reached[-1] == 0:
        return CameraState.OK
    low, middle, high = np.searchsorted(reached, np.array((0.05, 0.4, 0.95)) * reached[-1]).tolist()
    if high < DARK_LUMA:
        return CameraState.DARK
    if middle >= WHITE_LUMA:
        return CameraState.OVER_EXPOSED
    return CameraState.COVERED if high - low < FLAT_LUMA else CameraState.OK
