"""Whether a camera still shows its own view: not turned, not covered, not sprayed, not out of focus. Pure.

Every look is held against the camera's reference. What light does leaves most of the structure as it is, and
is learned as another regime. What stands before a camera has edges at least as sharp as the view's, and is
waited for; what lies on the lens has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edge.contract.messages import CameraState
from edge.watch.capture.blocks import Mask
from edge.watch.capture.structure import Structure
from edge.watch.capture.view_reference import Match, Regime, RegimeLearner, ViewReference

_KNOWN = 0.75           # agreement from which on the light is a known one
_SAME = 0.5             # half of what holds on is where it was
_ELSEWHERE = 0.37       # some edges fit in any two views of streets
_PART = 0.15            # less than that, and nothing is where it was
_APART = 0.3            # of a tile's steadiness: it no longer shows what it did
_ALL_NEW = 0.5          # of the tiles that are apart: what they show is in focus
_SHARP, _SOFT = 0.5, 0.45           # of the view's sharpness: still in focus, and no longer
_OBJECT_SHARP, _OBJECT_DETAIL = 1.3, 0.3    # of the view's, where it is hidden: a thing close by, not a film
_LEAST_COARSE = 3.0     # square grey levels; flatter tiles show nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look says. `state` is None where it cannot be told from one."""

    state: CameraState | None
    is_object: bool = False     # something in focus stands before it: a lorry, as a rule


class TamperWatch:
    """One camera over all its openings. One thread, but for `confirm` and for reading `reference`."""

    def __init__(self, reference: ViewReference | None = None) -> None:
        """Without a reference it takes its own from the first pictures in which anything can be seen."""
        self.reference = reference
        self._learner = RegimeLearner()
        self._is_asked = False          # whether what comes next is to be confirmed
        self._is_vouched_for = False    # whether what is being learned is confirmed already

    def confirm(self) -> None:
        """A technician has seen that the view is right; if it is another, it is learned anew. Any thread."""
        self._is_asked = True

    def look(self, look: Structure) -> Verdict:
        """Judge one look at a picture that is neither dark nor white, and learn from it."""
        if self._is_asked:
            self.reference = self._confirmed(look)
        if self.reference is None:
            regime = self._learner.take(look)
            if regime is not None:
                self.reference = ViewReference((regime,), self._is_vouched_for)
            return Verdict(CameraState.OK)
        match = self.reference.match(look)
        verdict = judged(look, self.reference.regimes[match.index], match)
        self.reference = self._learned(self.reference, look, match, verdict)
        return verdict

    def _confirmed(self, look: Structure) -> ViewReference | None:
        """The reference if `look` agrees with it; else none, so that the next minute makes another."""
        self._is_asked, self._is_vouched_for = False, True
        if self.reference is not None:
            match = self.reference.match(look)
            if judged(look, self.reference.regimes[match.index], match).state is CameraState.OK:
                return replace(self.reference, is_confirmed=True)
        self._learner.restart()
        return None

    def _learned(self, reference: ViewReference, look: Structure, match: Match,
                 verdict: Verdict) -> ViewReference:
        if verdict.state is CameraState.OK and match.agreement < _KNOWN:
            regime = self._learner.take(look)
            return reference if regime is None else reference.with_regime(regime)
        self._learner.restart()
        return reference.adapted(look, match) if verdict.state is CameraState.OK else reference


def judged(look: Structure, regime: Regime, match: Match) -> Verdict:
    """What `look` is, by the regime that it is most like. Pure."""
    apart = match.alike < _APART * regime.steady
    if match.agreement >= _PART and _sharpness(look, ~apart) < _SOFT * _sharpness(regime.mean, ~apart):
        return Verdict(CameraState.DEFOCUSED)
    if match.agreement >= _SAME or not apart.any():
        return Verdict(CameraState.OK)
    if in_focus(look, regime.mean)[apart].mean() >= _ALL_NEW:
        return Verdict(CameraState.MOVED if match.agreement < _ELSEWHERE else None)
    return Verdict(CameraState.COVERED if match.agreement < _PART else CameraState.SPRAYED,
                   _is_object(look, regime.mean, apart))


def in_focus(look: Structure, mean: Structure) -> npt.NDArray[np.bool_]:
    """Which tiles show edges about as sharp as the view has them; (TILES,)."""
    sharp = look.detail >= _SHARP * mean.sharpness * look.coarse
    return sharp & (look.coarse >= _LEAST_COARSE)


def _is_object(look: Structure, mean: Structure, apart: Mask) -> bool:
    return (_sharpness(look, apart) >= _OBJECT_SHARP * mean.sharpness
            and float(look.detail[apart].sum()) >= _OBJECT_DETAIL * float(mean.detail[apart].sum()))


def _sharpness(structure: Structure, where: Mask) -> float:
    """Of some tiles together."""
    return float(structure.detail[where].sum()) / max(float(structure.coarse[where].sum()), _LEAST_COARSE)
