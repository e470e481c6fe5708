"""How a camera's view looks as it should, in each light that it was seen in. Pure.

It holds structures (`structure.py`), no picture: means of a minute, in which nobody who passes leaves traces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edge.watch.capture.blocks import Grid
from edge.watch.capture.structure import Structure, likeness
from edge.watch.capture.tiles import TILES

LEARN_LOOKS = 60            # that a regime is made of: people and cars pass meanwhile
MAX_REGIMES = 6             # day, dusk, lamps, infra-red, rain, and one to spare
_LEAST_STEADY = 6.0         # tiles, added up: with less there is nothing to hold on to
_ADAPT_SHARE = 1 / 512      # of a look: leaves grow and shadows wander in some ten minutes
_WHILE = 30                 # looks from which on its steadiness is measured


@dataclass(frozen=True, slots=True)
class Regime:
    """The view in one light."""

    mean: Structure
    steady: Grid            # (TILES,): how like the mean the looks were that it is made of

    @property
    def weight(self) -> Grid:
        """How much each tile says: nothing where people walk all the time, or nothing is."""
        told: Grid = np.square(np.maximum(self.steady, np.float32(0)))
        return told

    def agreement(self, alike: Grid) -> float:
        """Of a look that is so `alike` the mean: 1 as it should be, 0 another view."""
        weight = self.weight
        return float((weight * alike).sum() / max(float((weight * self.steady).sum()), 1e-3))

    def adapted(self, look: Structure, alike: Grid) -> Regime:
        return Regime(self.mean.mixed(look, _ADAPT_SHARE),
                      self.steady + np.float32(_ADAPT_SHARE) * (alike - self.steady))


@dataclass(frozen=True, slots=True)
class Match:
    """The regime that a look is most like."""

    index: int
    alike: Grid             # (TILES,)
    agreement: float


@dataclass(frozen=True, slots=True)
class ViewReference:
    """All regimes of one view, the one that was used last at the end."""

    regimes: tuple[Regime, ...]
    is_confirmed: bool = False      # by a technician who has seen that the view is right

    def match(self, look: Structure) -> Match:
        matches = []
        for index, regime in enumerate(self.regimes):
            alike = likeness(look, regime.mean)
            matches.append(Match(index, alike, regime.agreement(alike)))
        return max(matches, key=lambda match: match.agreement)

    def adapted(self, look: Structure, match: Match) -> ViewReference:
        """With the matching regime a little more like `look`."""
        rest = self.regimes[:match.index] + self.regimes[match.index + 1:]
        return replace(self, regimes=(*rest, self.regimes[match.index].adapted(look, match.alike)))

    def with_regime(self, regime: Regime) -> ViewReference:
        """The view in a light that was not known: in place of what was not seen for the longest time."""
        return replace(self, regimes=(*self.regimes[-(MAX_REGIMES - 1):], regime))


class RegimeLearner:
    """Makes a regime of LEARN_LOOKS looks. One thread."""

    def __init__(self) -> None:
        self._mean: Structure | None = None
        self._steady = np.zeros(TILES, np.float32)
        self._looks = 0

    def take(self, look: Structure) -> Regime | None:
        """One more look; the regime with the last one, unless the view has too little to hold on to."""
        self._looks += 1
        if self._mean is None:
            self._mean = look
        if self._looks > _WHILE:        # held against the others alone: each is a little like a mean with it
            self._steady += (likeness(look, self._mean) - self._steady) / np.float32(self._looks - _WHILE)
        self._mean = self._mean.mixed(look, 1 / self._looks)
        if self._looks < LEARN_LOOKS:
            return None
        made, steady = self._mean, np.maximum(self._steady, np.float32(0))
        self.restart()
        return Regime(made, steady) if float(steady.sum()) >= _LEAST_STEADY else None

    def restart(self) -> None:
        self._mean, self._looks = None, 0
        self._steady = np.zeros(TILES, np.float32)
