"""People and cars to paste into made scenes, cut out of recordings that may be used for it.

A person is cut from PETS09-S2L1 by its labels: what differs from the recording's own median picture is
the person, its edge soft. Only stretches in which nobody else, no border and no post is in the way are
taken, and only of people who walk across the view more than along it. Cars are cut as soft-edged blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from bench.truth import Truth, read_truth
from edge.base.values import Rect

Pixels = npt.NDArray[np.uint8]          # (h, w, 3) RGB

CAST_FPS = 10
STEPS = 24                      # pictures of one stretch of walking: two steps or so
LEAST_SPEED_PX = 1.2            # a picture: someone who walks
POSTS = (Rect(395, 20, 450, 395), Rect(425, 115, 465, 200), Rect(455, 335, 530, 485))   # what hides people


@dataclass(frozen=True, slots=True)
class CutOut:
    """Something to paste: its picture, and where the object's own rect is within it."""

    image: Image.Image          # RGBA, premultiplied by alpha
    rect: Rect

    def resized(self, factor: float, mirrored: bool = False) -> CutOut:
        width, height = (max(1, round(side * factor)) for side in self.image.size)
        image = self.image.resize((width, height), Image.Resampling.LANCZOS)
        rect = self.rect.scaled(width / self.image.width, height / self.image.height)
        if mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            rect = Rect(width - rect.x1, rect.y0, width - rect.x0, rect.y1)
        return CutOut(image, rect)


@dataclass(frozen=True, slots=True)
class Gait:
    """One person walking: pictures that may be looped, 10 a second."""

    steps: tuple[CutOut, ...]
    height_px: float
    speed_px: float             # a picture, to the right; negative to the left


def people(shared: Path) -> tuple[Pixels, list[Gait]]:
    """The empty place and everybody who walks well in it."""
    folder = shared / "data" / "mot" / "PETS09-S2L1"
    pictures = decoded(folder / "vtest.avi")
    empty = median(pictures[::13])
    truth = read_truth(folder / "gt.txt")
    return empty, [_gait(pictures, empty, stretch) for stretch in _stretches(truth, empty.shape)]


def decoded(path: Path) -> list[Pixels]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def median(pictures: Sequence[Pixels]) -> Pixels:
    return np.asarray(np.median(np.stack(pictures), axis=0), np.uint8)


def _stretches(truth: Truth, shape: tuple[int, ...]) -> list[Mapping[int, Rect]]:
    """The stretches of STEPS pictures in which one person alone is seen walking, for each person."""
    inside = Rect(8, 8, shape[1] - 8, shape[0] - 8)
    alone: dict[int, dict[int, Rect]] = {}
    for picture, everybody in truth.items():
        for one in everybody:
            room = one.rect.grown(0.15)
            others = (other.rect for other in everybody if other is not one)
            in_the_way = any(room.intersection(rect).area > 0 for rect in (*others, *POSTS))
            if not in_the_way and room.intersection(inside) == room:
                alone.setdefault(one.who, {})[picture] = one.rect
    found: list[Mapping[int, Rect]] = []
    for rects in alone.values():
        start = -1
        for picture in sorted(rects):
            complete = all(picture + step in rects for step in range(STEPS))
            if picture >= start and complete and _walks(rects, picture):
                found.append({picture + step: rects[picture + step] for step in range(STEPS)})
                start = picture + 3 * STEPS
    return found


def _walks(rects: Mapping[int, Rect], start: int) -> bool:
    (x0, y0), (x1, y1) = rects[start].foot, rects[start + STEPS - 1].foot
    return abs(x1 - x0) >= LEAST_SPEED_PX * STEPS and abs(x1 - x0) >= abs(y1 - y0)


def _gait(pictures: Sequence[Pixels], empty: Pixels, stretch: Mapping[int, Rect]) -> Gait:
    steps = tuple(_person(pictures[picture], empty, rect) for picture, rect in stretch.items())
    feet = [rect.foot[0] for rect in stretch.values()]
    height = float(np.median([rect.height for rect in stretch.values()]))
    return Gait(steps, height, (feet[-1] - feet[0]) / (len(feet) - 1))


def _person(picture: Pixels, empty: Pixels, rect: Rect) -> CutOut:
    x0, y0, x1, y1 = whole(rect.grown(0.1))
    part, ground = picture[y0:y1, x0:x1], empty[y0:y1, x0:x1]
    differs = np.abs(part.astype(np.int16) - ground).max(axis=2).astype(np.float32)
    alpha = np.clip((differs - 12) / 24, 0, 1) * 255
    soft = Image.fromarray(alpha.astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
    soft = soft.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.8))
    return cut_out(part, np.asarray(soft), Rect(rect.x0 - x0, rect.y0 - y0, rect.x1 - x0, rect.y1 - y0))


def block(picture: Pixels, rect: Rect, margin: float = 0.04) -> CutOut:
    """A car as a block with round, soft corners."""
    x0, y0, x1, y1 = whole(rect.grown(margin))
    part = picture[y0:y1, x0:x1]
    across, down = (np.abs(np.linspace(-1, 1, count)) for count in (x1 - x0, y1 - y0))
    far = (across[None, :] ** 6 + down[:, None] ** 6) ** (1 / 6)
    alpha = np.clip((1 - far) / 0.1, 0, 1) * 255
    return cut_out(part, alpha.astype(np.uint8), Rect(rect.x0 - x0, rect.y0 - y0, rect.x1 - x0, rect.y1 - y0))


def cut_out(part: Pixels, alpha: npt.NDArray[np.uint8], rect: Rect) -> CutOut:
    lit = (part.astype(np.uint16) * alpha[:, :, None] // 255).astype(np.uint8)
    return CutOut(Image.fromarray(np.dstack([lit, alpha]), "RGBA"), rect)


def whole(rect: Rect) -> tuple[int, int, int, int]:
    return round(rect.x0), round(rect.y0), round(rect.x1), round(rect.y1)
