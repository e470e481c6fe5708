"""What one camera's picture looks like when nothing moves, and how noisy each block of it is.

Pure state machines fed with pictures and time; the decisions are in `edge.watch.capture.motion`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S
from edge.watch.capture.blocks import Grid, Mask, Plane, block_view, clear_blocks, grown

_ONE = 7                        # fixed point: a grey level is 1 << 7, so that 0..255 fits int16
_MEAN_NS = round(12.8 * NS_PER_S)     # time constant of the running mean
_BLEND_NS = NS_PER_S // 2             # finer steps would cost time, and round to nothing in fixed point


class Background:
    """Running mean of the picture, in whatever light it has now.

    Source: running average after Wren et al., "Pfinder" (PAMI 1997), without the variance term;
    blocks that hold something else are left out, and light is taken over at once.
    """

    def __init__(self, picture: Plane, mono_ns: int) -> None:
        self._mean = picture.astype(np.int16) << _ONE
        self._step = np.empty_like(self._mean)
        self._blended_ns = mono_ns
        self.picture = picture.copy()          # the mean, rounded; read only for others

    def relight(self, gain: float, offset: float) -> None:
        """The same scene in another light: every grey level becomes gain * level + offset."""
        levels = np.rint(self._mean * np.float32(gain) + np.float32(offset * (1 << _ONE)))
        self._mean[...] = np.clip(levels, 0, 255 << _ONE)
        self._publish()

    def shift(self, levels: int) -> None:
        """All brighter (or darker, below zero) by whole grey levels, -255..255; black and white clip."""
        change = levels << _ONE
        np.clip(self._mean, max(0, -change), (255 << _ONE) - max(0, change), out=self._mean)
        np.add(self._mean, np.int16(change), out=self._mean)
        self._publish()

    def blend(self, picture: Plane, mono_ns: int, frozen: Mask) -> None:
        """Move towards `picture` by the time passed, but for the blocks in `frozen`."""
        elapsed_ns = mono_ns - self._blended_ns
        if elapsed_ns < _BLEND_NS:
            return
        self._blended_ns = mono_ns
        # A power of two, since shifts of int16 are many times cheaper than float arithmetic.
        shift = max(0, round(math.log2(_MEAN_NS / elapsed_ns)))
        np.left_shift(picture, _ONE, out=self._step, dtype=np.int16)
        np.subtract(self._step, self._mean, out=self._step)
        np.right_shift(self._step, shift, out=self._step)
        clear_blocks(self._step, frozen)
        np.add(self._mean, self._step, out=self._mean)
        self._publish()

    def renew(self, picture: Plane, where: Mask) -> None:
        """Take the blocks in `where` as they are in `picture`."""
        block_view(self._mean)[where] = block_view(picture)[where].astype(np.int16) << _ONE
        self._publish()

    def _publish(self) -> None:
        np.add(self._mean, 1 << (_ONE - 1), out=self._step)
        np.right_shift(self._step, _ONE, out=self._step)
        self.picture[...] = self._step


_HISTORY = 30              # windows that are remembered
_QUIET_RATIO = 0.1         # of them: a block that is quiet in so many is a quiet block


class NoiseFloor:
    """How far each block strays from the background by itself: sensor noise, leaves, water.

    The floor is a low quantile, over some minutes, of the largest difference within windows of a
    few seconds: leaves stir in every window, people come and go.

    Source: the idea of minimum statistics, Martin, "Noise power spectral density estimation based
    on optimal smoothing and minimum statistics" (IEEE Trans. Speech and Audio Processing, 2001).
    """

    def __init__(self, shape: tuple[int, int], least_windows: int) -> None:
        """The floor is 0 until `least_windows` are over."""
        self._least_windows = least_windows
        self.floor: Grid = np.zeros(shape, np.float32)
        self._history: list[Grid] = []
        self._largest: Grid = np.zeros(shape, np.float32)
        self._smallest: Grid = np.full(shape, np.inf, np.float32)

    def add(self, difference: Grid) -> None:
        np.maximum(self._largest, difference, out=self._largest)
        np.minimum(self._smallest, difference, out=self._smallest)

    def end_window(self) -> Grid:
        """Learn from the window; return the smallest difference that each block had in it."""
        self._history = [*self._history[1 - _HISTORY:], self._largest]
        if len(self._history) >= self._least_windows:
            rank = int(_QUIET_RATIO * (len(self._history) - 1))
            self.floor = np.partition(np.stack(self._history), rank, axis=0)[rank]
        smallest = self._smallest
        self._largest = np.zeros_like(self.floor)
        self._smallest = np.full_like(self.floor, np.inf)
        return smallest

    def scale(self, ratio: float) -> None:
        """The whole picture became noisier or quieter by `ratio`."""
        for grid in (*self._history, self._largest, self._smallest, self.floor):
            grid *= np.float32(ratio)

    def forget(self) -> None:
        """The light is another one, and so is the noise."""
        self._history = []
        self.floor[...] = 0


_REST_NS = 12 * NS_PER_S        # unchanged for this long: part of the background
_LIGHT_REST_NS = 8 * NS_PER_S   # the same, where nothing moved and only the light is another
_RESTLESS_NS = 60 * NS_PER_S    # never like the background for this long: the background is wrong


class Rest:
    """Which blocks show something that has come to rest, asked once a window."""

    def __init__(self, picture: Plane, shape: tuple[int, int]) -> None:
        self.picture = picture                     # of the end of the last window
        self.moved = np.zeros(shape, np.bool_)     # in this window
        self._still_ns = np.zeros(shape, np.int64)
        self._covered_ns = np.zeros(shape, np.int64)

    def settled(self, picture: Plane, covered: Mask, still: Mask, window_ns: int) -> Mask:
        """Blocks to take over, given which were covered all along and which look as a window ago.

        New light is taken over sooner: while it is not, the background around it goes on and the
        border between them becomes a texture of its own. Not at once: headlights come and go.
        """
        self._covered_ns = np.where(covered, self._covered_ns + window_ns, 0)
        self._still_ns = np.where(covered & still, self._still_ns + window_ns, 0)
        light = (self._still_ns >= _LIGHT_REST_NS) & ~grown(self.moved)
        settled = light | (self._still_ns >= _REST_NS) | (self._covered_ns >= _RESTLESS_NS)
        self.picture, self.moved = picture, np.zeros_like(self.moved)
        edges: Mask = settled | (grown(settled) & still)     # half covered, half above the threshold
        return edges


def fit_light(now: npt.NDArray[np.int16], before: npt.NDArray[np.int16]) -> tuple[float, float]:
    """Gain and offset with `now` = gain * `before` + offset for most of the samples.

    Starts from matched quartiles and refines by least squares over the samples that agree, so
    that a minority that shows another thing does not count.
    """
    x, y = before.ravel().astype(np.float32), now.ravel().astype(np.float32)
    quarters = [x.size * part // 4 for part in (1, 2, 3)]
    (x25, x50, x75), (y25, y50, y75) = (np.partition(side, quarters)[quarters].tolist() for side in (x, y))
    gain = (y75 - y25) / max(x75 - x25, 1.0)
    offset = y50 - gain * x50
    for _ in range(3):
        rest = np.abs(y - gain * x - offset)
        agrees = rest <= max(2.5 * 1.48 * float(np.partition(rest, quarters[1])[quarters[1]]), 1.0)
        xs, ys = x[agrees], y[agrees]
        x_mean, y_mean = float(xs.mean()), float(ys.mean())
        xs -= x_mean
        spread = float((xs * xs).mean())
        if spread < 1.0:
            break
        gain = float((xs * ys).mean()) / spread         # `xs` has no mean left, so that of `ys` is out
        offset = y_mean - gain * x_mean
    return gain, offset
