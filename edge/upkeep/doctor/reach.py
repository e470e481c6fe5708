"""The height from which on objects are found reliably, the distance that it means, and how wide a number
plate is. Pure.

A pinhole camera that looks at an object upright and square to it: wide lenses bend, so at the picture's
middle things are larger than that, and a camera high up sees people foreshortened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edge.config.camera_model import LEAST_HEIGHT_RATIO, RuleSettings
from edge.watch.vision.planner import Budget, shape_of

PLATE_M = 0.19                  # a motorbike's plate in Vietnam is 190 mm wide
PLATE_AT_M = 10.0               # where it is measured
READABLE_PX = 50                # an officer reads it: 11 of 11 at 50 px, 3 of 11 at 32 (by OCR)
SENSOR_MM = 5.37                # width of the usual 1/2.8" sensor
LENSES_MM = (2.8, 4.0, 6.0, 8.0)

# What is looked for, how high it stands, and the model's labels for it. Who rides is as high as who walks.
_PERSON, _TWO_WHEELER, _CAR = "person", "two-wheeler", "car"
HEIGHT_M = {_PERSON: 1.65, _TWO_WHEELER: 1.6, _CAR: 1.5}
_THINGS = {"person": _PERSON, "bicycle": _TWO_WHEELER, "motorcycle": _TWO_WHEELER, "car": _CAR}


class LabelNeeds(Protocol):
    """What one label of a model needs; the manifest's entries have it."""

    @property
    def whole_px(self) -> int:
        """Least height in the network's input, when it looks at the whole picture."""
    @property
    def close_ratio(self) -> float | None:
        """Least height in ratios of the picture, when it looks closely at what moves; None: as whole."""
    @property
    def found(self) -> float:
        """The share of those of this size that are told, 0..1."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the box's model needs to see things."""

    labels: Mapping[str, LabelNeeds]      # those that were measured
    input_px: int                       # side of the square that a camera's budget is counted in
    least: Mapping[str, float] = field(default_factory=dict)    # height that a rule without its own asks for


@dataclass(frozen=True, slots=True)
class CameraGeometry:
    """How one camera maps the world onto its picture."""

    width_px: int
    height_px: int
    view_deg: float | None = None       # horizontal angle of view; None: not known

    def distance_m(self, size_m: float, size_px: float) -> float | None:
        """How far away something is that shows so large; None where the lens is not known."""
        return None if self._focal_px is None else size_m * self._focal_px / size_px

    def size_px(self, size_m: float, distance_m: float) -> float | None:
        """How large something shows that is so far away; None where the lens is not known."""
        return None if self._focal_px is None else size_m * self._focal_px / distance_m

    @property
    def _focal_px(self) -> float | None:
        if self.view_deg is None:
            return None
        return self.width_px / (2 * math.tan(math.radians(self.view_deg) / 2))


@dataclass(frozen=True, slots=True)
class Watched:
    """What decides how large things come before the model: a camera's rules, its budget and its picture."""

    rules: Mapping[str, RuleSettings]
    fps: float                          # as in the config
    view: CameraGeometry

    def input_height_px(self, needs: Needs) -> int:
        """The height of the input of a look at the whole picture while much moves in it."""
        aspect = self.view.width_px / self.view.height_px
        return shape_of(Budget.of(self.fps, needs.input_px).wide_px, aspect)[1]


@dataclass(frozen=True, slots=True)
class Reach:
    """The share of the picture's height from which on some rules tell a kind of thing reliably."""

    thing: str                          # a key of HEIGHT_M
    close_ratio: float                  # where little moves, and the one thing that does is looked at closely
    whole_ratio: float                  # where much moves; never less than `close_ratio`
    found: float                        # the share of these that is told, 0..1
    rules: tuple[str, ...]


def reaches(watched: Watched, needs: Needs) -> Iterator[Reach]:
    """One for all rules that come to the same, in the order of the rules."""
    input_height_px = watched.input_height_px(needs)
    found: dict[tuple[str, float, float, float], list[str]] = {}
    for name, rule in watched.rules.items():
        for thing in dict.fromkeys(_THINGS[label] for label in rule.classes if label in _known(needs)):
            found.setdefault((thing, *_ratios(rule, thing, needs, input_height_px)), []).append(name)
    for what, names in found.items():
        yield Reach(*what, tuple(names))


def unmeasured(rules: Mapping[str, RuleSettings], needs: Needs) -> Sequence[str]:
    """Labels that rules ask for and nobody has figures of, each once."""
    asked = dict.fromkeys(label for rule in rules.values() for label in rule.classes)
    return [label for label in asked if label not in _known(needs)]


def view_of_lens_deg(focal_mm: float) -> float:
    """Horizontal angle of view of a lens before the usual sensor."""
    return math.degrees(2 * math.atan(SENSOR_MM / 2 / focal_mm))


def _known(needs: Needs) -> set[str]:
    return needs.labels.keys() & _THINGS.keys()


def _ratios(rule: RuleSettings, thing: str, needs: Needs, input_height_px: int) -> tuple[float, float, float]:
    """Close, whole, and the share found, by the label that is seen worst; no less than the rule asks for."""
    labels = [label for label in rule.classes if label in _known(needs) and _THINGS[label] == thing]
    asked = [needs.labels[label] for label in labels]
    whole = max(it.whole_px for it in asked) / input_height_px
    close = max(whole if it.close_ratio is None else min(whole, it.close_ratio) for it in asked)
    least = (max(needs.least.get(label, LEAST_HEIGHT_RATIO) for label in labels)
             if rule.min_height_ratio is None else rule.min_height_ratio)
    return max(close, least), max(whole, least), min(it.found for it in asked)
