"""One scale for the scores of all classes, and what else differs between classes.

A detector that is sure of cars at 0.7 gives a true motorcycle 0.4: one threshold for both is wrong for one
of them. So every class has its own bar, measured for each model and stated in its manifest entry, and
scores are stretched so that the bar of each lands on BAR. From there on one threshold serves all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edge.base.values import Detection
from edge.config.camera_model import LEAST_HEIGHT_RATIO

BAR = 0.4               # on the common scale: from here on a detection may be what an event is about


@dataclass(frozen=True, slots=True)
class ClassTraits:
    """What one model's figures say of one class. Scores are the model's own, 0..1."""

    bar: float = BAR                                # least score of a detection that is believed
    margins: tuple[float, float] = (0.1, 0.2)       # above the bar, on the common scale, that a track needs
    #                                                 on average: when it has moved, when it has not
    least_height_ratio: float = LEAST_HEIGHT_RATIO  # of the picture: smaller whole objects are not told


USUAL = ClassTraits()


class ScoreScale:
    """Brings the scores of one model onto the common scale, and back."""

    def __init__(self, traits: Mapping[str, ClassTraits]) -> None:
        """`traits` by label; a class without any is as usual."""
        self._bars = {label: each.bar for label, each in traits.items() if each.bar != BAR}

    def apply(self, found: Sequence[Detection], least: float) -> list[Detection]:
        """Those that have at least `least` on the common scale, with their scores on it."""
        scaled = [Detection(each.rect, each.label, _stretched(each.score, self._bars.get(each.label, BAR)))
                  for each in found]
        return [each for each in scaled if each.score >= least]

    def least_own(self, labels: Collection[str], least: float) -> float:
        """The model's own score that no detection of `labels` needs to be below to reach `least`."""
        bars = [self._bars.get(label, BAR) for label in labels] or [BAR]
        return min(_shrunk(least, bar) for bar in bars)


def _stretched(score: float, bar: float) -> float:
    """Straight from 0 to the bar and from the bar to 1; the bar lands on BAR."""
    return score * BAR / bar if score < bar else BAR + (score - bar) * (1 - BAR) / (1 - bar)


def _shrunk(score: float, bar: float) -> float:
    """The inverse of `_stretched`."""
    return score * bar / BAR if score < BAR else bar + (score - BAR) * (1 - bar) / (1 - BAR)
