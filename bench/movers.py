"""Things that move as things do in front of a camera, one or two at a time, as a detector gives them.

Rects are in pixels of 1280x720 and jitter by 3 % of their size; scores are 0.55 to 0.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.scenes import perspective
from edge.base.values import NS_PER_S, Detection, Rect

WIDTH, HEIGHT, JITTER = 1280, 720, 0.03
# A car of a highway clip that drives towards the camera, every 0.2 s, in 640x352 (found by a review).
HIGHWAY = ((213, 125, 250, 149), (216, 121, 258, 154), (220, 124, 267, 162), (226, 129, 280, 171),
           (231, 131, 298, 184), (239, 139, 319, 197), (252, 147, 350, 218), (274, 159, 398, 246),
           (304, 175, 474, 294), (352, 199, 582, 351), (407, 230, 639, 352), (520, 272, 640, 352))

Where = Callable[[float], list[Rect]]       # time, seconds -> what is seen then


@dataclass(frozen=True, slots=True)
class Mover:
    """A scene of few things, and how many identities are right for it."""

    name: str
    lasts_s: float
    where: Where
    identities: int
    label: str = "person"


def pictures(mover: Mover, fps: float, seed: int) -> Iterator[tuple[int, list[Detection]]]:
    """Each picture's time and detections."""
    rng = np.random.default_rng(seed)
    for index in range(round(mover.lasts_s * fps) + 1):
        now_s = index / fps
        found = [Detection(jittered(rect, rng), mover.label, float(rng.uniform(0.55, 0.9)))
                 for rect in mover.where(now_s)]
        yield round((1 + now_s) * NS_PER_S), found


def jittered(rect: Rect, rng: np.random.Generator) -> Rect:
    x0, y0, x1, y1 = (rng.normal(0, JITTER, 4) * np.tile([rect.width, rect.height], 2)).tolist()
    return Rect(rect.x0 + x0, rect.y0 + y0, rect.x1 + x1, rect.y1 + y1).clipped(WIDTH, HEIGHT)


def person(x: float, y: float = 600, height: float = 140) -> Rect:
    """The rect of a person whose foot is there."""
    return Rect(x - 0.2 * height, y - height, x + 0.2 * height, y)


def highway(now_s: float) -> list[Rect]:
    """The rects at this picture's size, between them in proportion."""
    place = min(now_s / 0.2, len(HIGHWAY) - 1)
    before = int(place)
    after = min(before + 1, len(HIGHWAY) - 1)
    sides = [a + (b - a) * (place - before) for a, b in zip(HIGHWAY[before], HIGHWAY[after], strict=True)]
    return [Rect(*sides).scaled(WIDTH / 640, HEIGHT / 352)]


def car(approaches: bool) -> Where:
    """A car as bench/scenes.py has it, while half of it is in the picture."""
    def where(now_s: float) -> list[Rect]:
        rect = perspective(now_s, approaches, -0.5 if approaches else 0.5)
        if rect is None:
            return []
        rect = rect.scaled(WIDTH, HEIGHT)
        inside = rect.clipped(WIDTH, HEIGHT)
        return [inside] if inside.area >= 0.5 * rect.area else []
    return where


def hidden(now_s: float) -> list[Rect]:
    """Someone walks behind a trunk for a second."""
    return [] if 3 < now_s < 4 else [person(200 + 80 * now_s)]


def swap(now_s: float) -> list[Rect]:
    """Two meet and pass; the nearer one hides the other while they overlap by half."""
    nearer, farther = person(300 + 100 * now_s, 620), person(900 - 100 * now_s, 600)
    return [nearer] if nearer.iou(farther) > 0.5 else [nearer, farther]


def newcomer(now_s: float) -> list[Rect]:
    """One vanishes through a door; a second later another comes from 1.5 heights ahead, the other way."""
    if now_s <= 3:
        return [person(300 + 60 * now_s)]
    return [] if now_s < 4.2 else [person(760 - 70 * (now_s - 4.2))]


def returning(now_s: float) -> list[Rect]:
    """Stands for ten seconds between walking there and back."""
    if now_s <= 3:
        return [person(300 + 80 * now_s)]
    return [person(540 - 80 * max(0.0, now_s - 13))]


def fast(now_s: float) -> list[Rect]:
    """A motorbike crosses the picture in a second and a half: at 5 a second its rects lie apart."""
    x = 60 + 780 * now_s
    return [Rect(x - 45, 480, x + 45, 580)] if x < WIDTH - 45 else []


MOVERS = (
    Mover("a car of a highway comes", 2.2, highway, 1, "car"),
    Mover("a car comes", 4.2, car(True), 1, "car"),
    Mover("a car goes", 4.2, car(False), 1, "car"),
    Mover("behind a trunk for 1 s", 7, hidden, 1),
    Mover("two pass each other", 6, swap, 2),
    Mover("one goes, another comes", 8, newcomer, 2),
    Mover("stands, and walks back", 16, returning, 1),
    Mover("a fast motorbike", 1.6, fast, 1, "motorcycle"),
)
