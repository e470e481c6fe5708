"""Find what moves in one camera's picture, and tell it from light, noise, rain and leaves.

The picture is compared with a running background in blocks of 8 x 8 pixels. What counts is

1. different: the mean difference of the block is above what the block does by itself,
2. of another texture: light scales a texture and shades it, a thing replaces it,
3. large enough: connected blocks of at least `min_area_ratio` of the picture.

Numpy alone, uint8 and int16 wherever pixels are touched: some 0.5 ms at 1280 x 720.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S, Rect
from edge.watch.capture.background import Background, NoiseFloor, Rest, fit_light
from edge.watch.capture.blocks import (
    BLOCK_PX,
    MAX_CLIP,
    Grid,
    Mask,
    Patch,
    Plane,
    connected_parts,
    grown,
    mean_difference,
    texture_change,
)

MIN_SIDE_PX = 16
MAX_REGIONS = 16
_WORK_PX = 640 * 720            # more pixels than this are thinned out
_WINDOW_NS = 4 * NS_PER_S       # of noise statistics, and of looking for what has come to rest
_WINDOW_FRAMES = 8              # fewer say nothing about noise
_RISE_NS = 2 * NS_PER_S         # time constants of the noise level of the whole picture
_FALL_NS = round(0.3 * NS_PER_S)

_UNKNOWN = -1.0
_APART_NS = NS_PER_S // 10      # two pictures that drift: so near that they drift little

_LIGHT_STEP = 10                # grey levels from one frame to the next: a switch, not a cloud
_LIGHT_MEMORY = 10              # pictures: a lamp that flickers was there within so many
_LIGHT_SHARE = 0.1              # of the picture differs: ask whether it is the light
_SCENE_SHARE = 0.6              # of the picture has another texture: it is another scene


class LightSteps:
    """Tells a light that was switched from one that flickers: back where it was just before is no news."""

    def __init__(self) -> None:
        self._levels: deque[int] = deque([0], maxlen=_LIGHT_MEMORY)     # of the light, against the first one

    def is_news(self, shift: int) -> bool:
        """Whether a change by `shift` grey levels since the last picture leads to another light."""
        level = self._levels[-1] + shift
        news = abs(shift) >= _LIGHT_STEP and all(abs(level - known) >= _LIGHT_STEP for known in self._levels)
        self._levels.append(level)
        return news


@dataclass(frozen=True, slots=True)
class Found:
    """What `MotionFinder.find` saw in one frame."""

    regions: tuple[Rect, ...]
    light_changed: bool
    small: tuple[Rect, ...] = ()       # parts that move, two blocks at least, of less than `min_area_ratio`
    changes: bool = True               # it is no drift: so much of it differs between two pictures, too


class MotionFinder:
    """The background of one camera and what differs from it. Not thread-safe."""

    def __init__(self, luma: Plane, mono_ns: int, min_area_ratio: float) -> None:
        """Take `luma`, uint8 of at least 16 x 16, as the first background."""
        self._grid = _Grid.over(luma.shape[0], luma.shape[1])
        picture = self._grid.cut(luma)
        self._background = Background(picture, mono_ns)
        shape = (picture.shape[0] // BLOCK_PX, picture.shape[1] // BLOCK_PX)
        self._noise = NoiseFloor(shape, least_windows=2)       # of differences, which are clipped
        # Of texture, for leaves that change a block altogether: only after a minute of it, since a
        # group of people who stand about change it as much.
        self._unlike = NoiseFloor(shape, least_windows=15)
        self._rest = Rest(picture, shape)
        self._min_blocks = max(1.0, min_area_ratio * shape[0] * shape[1])
        self._scratch = (np.empty_like(picture), np.empty_like(picture))
        self._steps = LightSteps()
        self._before: tuple[Plane, int] | None = None      # picture, while what moves may be drift
        self._level = _UNKNOWN                 # grey levels; noise of the whole picture
        self._learnt_level = 0.0               # what it is in the floors; 0 before there are any
        self._seen_ns = mono_ns
        self._window_ns, self._window_frames = mono_ns, 0

    def find(self, luma: Plane, mono_ns: int, *, drifts: bool = False) -> Found:
        """What moves in `luma`, shaped as the first one; times increase from call to call.

        Where it `drifts` (see `Frame`), `Found.changes` tells what moves from that.
        """
        picture = self._grid.cut(luma)
        light_changed = self._follow_light(picture)
        difference = self._difference(picture)
        if self._level < 0:
            self._level = _middle(difference)
        hot = difference > self._threshold()
        if hot.mean() > _LIGHT_SHARE and (lit := self._refit_light(picture, hot)) is not None:
            difference, hot, light_changed = *lit, True
        rest, moving = self._moving(picture, hot)
        if moving.mean() > _SCENE_SHARE:
            self._renew_scene(picture, mono_ns)
            return Found((), True)
        large, small = self._parts(moving, hot)
        regions = self._rects(large, hot.shape)
        changes = self._changes(picture, large if drifts else [], mono_ns)
        self._unlike.add(rest)
        self._learn(picture, difference, hot, moving, mono_ns)
        return Found(regions, light_changed, self._rects(small, hot.shape), changes)

    def _changes(self, picture: Plane, suspects: list[Patch], mono_ns: int) -> bool:
        """Whether enough of what moves differs from the picture before as well; the noise is that of both."""
        if not suspects:
            self._before = None
            return True
        if self._before is None:
            self._before = picture, mono_ns
            return False
        before, before_ns = self._before
        if mono_ns - before_ns >= _APART_NS:
            self._before = picture, mono_ns
        difference = mean_difference(picture, before, self._clip(), self._scratch)
        least = np.minimum(self._threshold() * np.float32(math.sqrt(2)), np.float32(0.85 * self._clip()))
        return any(part.holds(difference > least, self._min_blocks) for part in suspects)

    def _learn(self, picture: Plane, difference: Grid, hot: Mask, moving: Mask, mono_ns: int) -> None:
        elapsed_ns, self._seen_ns = max(0, mono_ns - self._seen_ns), mono_ns
        sparse = difference[::2, ::2][~hot[::2, ::2]]      # enough for a median
        rise = _middle(sparse) - self._level
        # Down faster than up: a level that is too high is blind, one that is too low only looks more.
        self._level += rise * -math.expm1(-elapsed_ns / (_RISE_NS if rise > 0 else _FALL_NS))
        self._follow_level()
        self._noise.add(difference)
        self._background.blend(picture, mono_ns, frozen=hot)
        self._rest.moved |= moving
        self._end_window(picture, hot, mono_ns)

    def _follow_level(self) -> None:
        """Another noise all over, as after a lamp went on: what was learnt of each block goes with it."""
        if self._learnt_level > 0 and not 3 / 4 <= self._level / self._learnt_level <= 4 / 3:
            ratio = max(self._level, 0.1) / self._learnt_level
            self._noise.scale(ratio)
            self._unlike.scale(ratio)
            self._learnt_level *= ratio
        elif self._learnt_level == 0:
            self._learnt_level = max(self._level, 0.1)

    def _follow_light(self, picture: Plane) -> bool:
        """Shift the background by what most of the picture shifted; say whether that was a step."""
        shift = _median(_samples(picture) - _samples(self._background.picture))
        if shift:
            self._background.shift(shift)
        return self._steps.is_news(shift)

    def _refit_light(self, picture: Plane, hot: Mask) -> tuple[Grid, Mask] | None:
        """Try contrast too: an exposure or an infra-red lamp that switched."""
        now, before = _samples(picture)[::2, ::2], _samples(self._background.picture)[::2, ::2]
        gain, offset = fit_light(now, before)
        rest = float(np.abs(now - gain * before - offset).mean())
        if not 0.1 <= gain <= 10 or rest > 0.9 * float(np.abs(now - before).mean()):
            return None
        lit = np.clip(self._background.picture * np.float32(gain) + np.float32(offset), 0, 255)
        difference = mean_difference(picture, lit.astype(np.uint8), self._clip(), self._scratch)
        left = difference > self._threshold()
        if left.mean() > hot.mean() / 2:
            return None
        self._background.relight(gain, offset)
        self._level = max(self._level, min(_middle(difference), gain * self._level))
        return difference, left

    def _renew_scene(self, picture: Plane, mono_ns: int) -> None:
        # The next difference tells the noise, and half of a picture is never above its median: so
        # this does not happen twice in a row, whatever is shown.
        self._noise.forget()
        self._unlike.forget()
        self._level, self._learnt_level = _UNKNOWN, 0.0
        self._background = Background(picture, mono_ns)

    def _difference(self, picture: Plane) -> Grid:
        return mean_difference(picture, self._background.picture, self._clip(), self._scratch)

    def _clip(self) -> int:
        """Six times the noise: what a thing exceeds all over, and a raindrop in few pixels."""
        return MAX_CLIP if self._level < 0 else min(MAX_CLIP, max(8, round(6 * self._level)))

    def _base(self) -> Grid:
        return np.maximum(self._noise.floor, np.float32(self._level))

    def _threshold(self) -> Grid:
        """Above the noise by a third and a grey level, yet below what a thing that fills it gives."""
        threshold: Grid = np.minimum(self._base() * np.float32(1.35) + 1, np.float32(0.85 * self._clip()))
        return threshold

    def _moving(self, picture: Plane, hot: Mask) -> tuple[Grid, Mask]:
        """How much of each hot block light does not explain, and whether that is motion."""
        rest, moving = np.zeros(hot.shape, np.float32), np.zeros_like(hot)
        if hot.any():
            rest[hot], change = texture_change(picture, self._background.picture, hot)
            # Means of four pixels have half their noise: about 0.6 of the mean difference, some
            # more for its spread. No light is quite a plane: it leaves a few per cent of itself.
            least = np.maximum(0.75 * self._base()[hot] + 0.5, 1.35 * self._unlike.floor[hot])
            moving[hot] = rest[hot] > least + 0.05 * change
        return rest, moving

    def _end_window(self, picture: Plane, hot: Mask, mono_ns: int) -> None:
        self._window_frames += 1
        if mono_ns - self._window_ns < _WINDOW_NS or self._window_frames < _WINDOW_FRAMES:
            return
        self._unlike.end_window()
        covered = (self._noise.end_window() > self._threshold()) & hot
        still = mean_difference(picture, self._rest.picture, self._clip(), self._scratch) <= self._threshold()
        settled = self._rest.settled(picture, covered, still, min(mono_ns - self._window_ns, 2 * _WINDOW_NS))
        self._background.renew(picture, settled)
        self._window_ns, self._window_frames = mono_ns, 0

    def _parts(self, moving: Mask, hot: Mask) -> tuple[list[Patch], list[Patch]]:
        """The moving parts: those that are large enough, and the small ones."""
        if not moving.any():
            return [], []
        # Two blocks of other texture at least: one alone is chance in a headlight's edge.
        least = min(2.0, self._min_blocks)
        parts = [part for part in connected_parts(grown(moving) & hot) if part.holds(moving, least)]
        return ([part for part in parts if part.blocks >= self._min_blocks],
                [part for part in parts if part.blocks < self._min_blocks])

    def _rects(self, parts: list[Patch], shape: tuple[int, int]) -> tuple[Rect, ...]:
        return tuple(self._grid.rect(part) for part in _at_most(MAX_REGIONS, parts, shape))


@dataclass(frozen=True, slots=True)
class _Grid:
    """How the camera's picture maps to blocks."""

    step: int
    top: int           # in thinned pixels
    left: int
    rows: int          # blocks
    columns: int

    @staticmethod
    def over(height: int, width: int) -> _Grid:
        step = max(1, math.ceil(math.sqrt(height * width / _WORK_PX)))
        tall, wide = -(-height // step), -(-width // step)
        return _Grid(step, tall % BLOCK_PX // 2, wide % BLOCK_PX // 2, tall // BLOCK_PX, wide // BLOCK_PX)

    def cut(self, luma: Plane) -> Plane:
        """Every `step`-th pixel, cropped evenly to whole blocks; contiguous and ours."""
        thin = _every(luma, self.step)
        return thin[self.top:self.top + self.rows * BLOCK_PX,
                    self.left:self.left + self.columns * BLOCK_PX].copy(order="C")

    def rect(self, part: Patch) -> Rect:
        x0, y0, x1, y1 = part.bounds()
        side = BLOCK_PX * self.step
        x, y = self.left * self.step, self.top * self.step
        return Rect(x + x0 * side, y + y0 * side, x + x1 * side, y + y1 * side)


def _samples(picture: Plane) -> npt.NDArray[np.int16]:
    """One pixel of each block: enough for a median over the picture."""
    return picture[BLOCK_PX // 2::BLOCK_PX, BLOCK_PX // 2::BLOCK_PX].astype(np.int16)


def _every(luma: Plane, step: int) -> Plane:
    """luma[::step, ::step]; by way of a wider type where that is a cast, which is many times faster."""
    if step != 2 or luma.strides[1] != 1 or sys.byteorder != "little":
        return luma[::step, ::step]
    whole = luma.shape[1] // 2 * 2
    pairs = luma[::2, :whole].view(np.uint16).astype(np.uint8)       # the low byte is the left pixel
    return pairs if whole == luma.shape[1] else np.concatenate([pairs, luma[::2, whole:]], axis=1)


def _median(levels: npt.NDArray[np.int16]) -> int:
    """Of -255..255, by counting; a whole number, the lower of two."""
    return int(np.searchsorted(np.cumsum(np.bincount(levels.ravel() + 255)), levels.size / 2)) - 255


def _middle(difference: Grid) -> float:
    return float(np.median(difference)) if difference.size else 0.0


def _at_most(limit: int, parts: list[Patch], shape: tuple[int, int]) -> list[Patch]:
    """Join what is near until there are no more than `limit`."""
    if len(parts) <= limit:
        return parts
    mask = np.zeros(shape, np.bool_)
    for part in parts:
        part.draw(mask)
    while len(parts) > limit:
        mask = grown(mask)
        parts = connected_parts(mask)
    return parts
