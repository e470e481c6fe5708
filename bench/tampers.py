"""What is done to a camera, as changes of its luma: covered, sprayed, out of focus; and what only looks so.

A picture here is luma, uint8 (h, w). Nothing is as sharp as the view that is not in it: what lies on the lens
or hangs before it is out of focus. What stands there, as a lorry, is drawn as sharp as the view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from edge.contract.messages import CameraState

Luma = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]
Change = Callable[[Luma, float], Luma]      # of a picture so many seconds after it began

LEFT, RIGHT = 0.7, 0.3      # a view is the left 70 % of a clip; turned, it is the right
_SPRAYED_IN_S = 3.0


def view(luma: Luma, turned_by: float = 0.0) -> Luma:
    """The part of a clip's picture that the camera shows; it is turned by up to RIGHT of the clip's width."""
    width = luma.shape[1]
    left = round(width * turned_by)
    return luma[:, left:left + round(width * LEFT)]


@lru_cache(maxsize=64)
def blotches(shape: tuple[int, int], cells: int, seed: int) -> Values:
    """Smooth values from 0 to 1, about `cells` of them from top to bottom."""
    rough = np.random.default_rng(seed).random((cells, 2 * cells), np.float32)
    smooth = Image.fromarray(rough).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(smooth, np.float32), 0, 1)


def noisy(luma: npt.NDArray[np.floating] | Luma, sigma: float, seed: int) -> Luma:
    """With a sensor's noise, another for each of sixteen seeds."""
    return np.asarray(np.clip(luma + sigma * _noise(luma.shape, seed % 16), 0, 255), np.uint8)


@lru_cache(maxsize=64)
def _noise(shape: tuple[int, int], seed: int) -> Values:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def blurred(luma: Luma, ratio: float) -> Luma:
    """Out of focus by a part of the width."""
    return np.asarray(Image.fromarray(luma).filter(ImageFilter.GaussianBlur(ratio * luma.shape[1])))


def cap(luma: Luma, _: float) -> Luma:
    return np.full_like(luma, 17)


def cloth(luma: Luma, _: float) -> Luma:
    """A cloth before the lens, with folds."""
    return np.asarray(70 + 80 * blotches(luma.shape, 4, 1), np.uint8)


def paper(luma: Luma, _: float) -> Luma:
    """Something printed, close by."""
    return np.asarray(50 + 160 * blotches(luma.shape, 10, 2), np.uint8)


def hand(luma: Luma, _: float) -> Luma:
    """Over nearly all of it; the border is far out of focus."""
    height, width = luma.shape
    open_side = np.zeros((height, width), np.uint8)
    open_side[:, round(width * 0.93):] = 255
    through = np.asarray(Image.fromarray(open_side).filter(ImageFilter.GaussianBlur(width * 0.02))) / 255
    return np.asarray(luma * through + (1 - through) * (100 + 50 * blotches(luma.shape, 3, 8)), np.uint8)


def spray(share: float, seed: int) -> Change:
    """Paint on the glass over `share` of the picture, within seconds; its borders are soft."""
    def change(luma: Luma, since_s: float) -> Luma:
        thick = blotches(luma.shape, 7, seed)
        reached = share * min(1.0, 0.2 + since_s / _SPRAYED_IN_S)
        paint = np.clip((thick - np.quantile(thick, 1 - reached)) / 0.06 + 0.5, 0, 1)
        colour = 70 + 15 * blotches(luma.shape, 5, seed + 1)
        return np.asarray(luma * (1 - paint) + paint * colour, np.uint8)
    return change


def focus(ratio: float) -> Change:
    return lambda luma, _: blurred(luma, ratio)


def light_off(luma: Luma, _: float) -> Luma:
    return np.asarray(luma * np.float32(0.04) + 15, np.uint8)


def glare(luma: Luma, _: float) -> Luma:
    """A lamp into the lens."""
    return np.asarray(np.clip(luma * np.float32(1.5) + 190, 0, 255), np.uint8)


TAMPERS: Mapping[str, tuple[Change, frozenset[CameraState]]] = {
    "cap": (cap, frozenset({CameraState.DARK, CameraState.COVERED})),
    "cloth": (cloth, frozenset({CameraState.COVERED})),
    "paper": (paper, frozenset({CameraState.COVERED})),
    "hand": (hand, frozenset({CameraState.COVERED})),
    "spray, 60 %": (spray(0.6, 3), frozenset({CameraState.SPRAYED, CameraState.COVERED})),
    "spray, 80 %": (spray(0.8, 5), frozenset({CameraState.SPRAYED, CameraState.COVERED})),
    "focus, 0.4 %": (focus(0.004), frozenset({CameraState.DEFOCUSED})),
    "focus, 1.2 %": (focus(0.012), frozenset({CameraState.DEFOCUSED})),
    "light off": (light_off, frozenset({CameraState.DARK})),
    "glare": (glare, frozenset({CameraState.OVER_EXPOSED})),
}
"""Each with the states that are right for it. Turning and freezing are not changes of one picture."""


def infra_red(luma: Luma, _: float) -> Luma:
    """The camera's own lamp: bright in the middle, dark around, and what was light by day may be dark."""
    height, width = luma.shape
    down, across = np.mgrid[:height, :width].astype(np.float32)
    lamp = np.exp(-((across / width - 0.5) / 0.6) ** 2 - ((down / height - 0.6) / 0.6) ** 2)
    return np.asarray(15 + luma * np.float32(0.6) * lamp + 30 * lamp, np.uint8)


def street_lamps(luma: Luma, _: float) -> Luma:
    return np.asarray(luma * np.float32(0.3) + 20, np.uint8)


def lorry(share: float) -> Change:
    """A lorry, close by, over `share` of the width and three quarters of the height."""
    def change(luma: Luma, _: float) -> Luma:
        height, width = luma.shape
        picture = luma.copy()
        left, top = round(width * (1 - share) / 2), round(height * 0.2)
        body = picture[top:, left:left + round(width * share)]
        body[:] = (120 + 60 * blotches(body.shape, 3, 4)).astype(np.uint8)
        body[:3] = body[:, :3] = body[:, -3:] = 30                  # its edges
        body[round(height * 0.6):round(height * 0.64)] = 40         # the load's floor
        for line in range(6):                                       # what is written on it
            body[20 + 9 * line:23 + 9 * line, 20:body.shape[1] // 2] = 35
        return picture
    return change


def person(luma: Luma, _: float) -> Luma:
    """Somebody who stands right before it, over a third of the picture."""
    height, width = luma.shape
    picture = luma.copy()
    body = picture[round(height * 0.05):, round(width * 0.3):round(width * 0.63)]
    body[:] = (60 + 90 * blotches(body.shape, 5, 6)).astype(np.uint8)
    return picture


INNOCENT: Mapping[str, Change] = {
    "infra-red on": infra_red, "street lamps": street_lamps, "person close by": person,
    "lorry over 45 %": lorry(0.45),
}
