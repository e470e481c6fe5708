"""Where the detector looks next, and how close: a budget of pixels a second goes to what moves.

Wanted: people and machines some 100 px high in the input, which is what the network needs, whatever the
camera has; nothing unseen for more than two seconds; never more than the budget in the long run.
Assumed: the gate looks at every picture and tells what moves; the time of a look is in proportion to its
pixels. Cannot: see small things everywhere at once where all the picture moves; there more pixels beat more
pictures. Tried instead: parts of the picture in turn, and tiles: both told fewer two-wheelers on the streets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from edge.base.values import NS_PER_S, Rect
from edge.watch.vision.life import Seen
from edge.watch.vision.look import STEP_PX, Look

WIDE_PER_S = 2.5               # whole looks a second of a busy picture; at 1.25 tracks break
FULL_INTERVAL_NS = 3 * NS_PER_S // 2   # a whole look between close ones at least so often
WANTED_PX = 100.0              # height in the input at which a detector of this size finds nearly all
_MOST_ENLARGED = 3.0
_LEAST_SIDE_PX = 192           # of an input: less leaves an object without its surroundings
_WORTH = 1.25                  # a close look must enlarge so much more than a whole one of its budget
_WHOLE_SHARE = 0.8             # of the picture: a window so large is the whole
_AHEAD_S = 0.3                 # where something goes belongs into the window
_MARGIN = 0.5                  # of the smallest object's height, around all of it
_BUSY_NS = NS_PER_S            # a busy picture is looked at as one for so long after
_BUSY_LOOK_PX = 832 * 480      # more in one look tells no more, with more errors


@dataclass(frozen=True, slots=True)
class Budget:
    """What one camera may cost."""

    px_per_s: float            # pixels of input a second, in the long run
    usual_px: int              # of the look that it is counted in

    @staticmethod
    def of(fps: float, input_px: int) -> Budget:
        """A budget of `fps` looks a second with an input of `input_px` squared."""
        return Budget(fps * input_px ** 2, input_px ** 2)

    def reduced(self, looks: float, pixels: float) -> Budget:
        """Shares of its looks a second, and of the pixels of each, 0..1."""
        return Budget(self.px_per_s * looks * pixels, round(self.usual_px * pixels))

    @property
    def wide_px(self) -> int:
        """The pixels of one look at a busy picture."""
        return round(min(self.px_per_s / WIDE_PER_S, max(_BUSY_LOOK_PX, self.usual_px)))

    @property
    def wide_per_s(self) -> float:
        """How many of them a second."""
        return self.px_per_s / self.wide_px


class LookPlanner:
    """Plans the looks at one camera's pictures. Not thread-safe; deterministic."""

    def __init__(self, budget: Budget) -> None:
        self._spend(budget)
        self._full_ns: int | None = None       # the last look at the whole
        self._busy_ns: int | None = None       # when the whole picture moved last
        self._places: dict[int, tuple[int, Rect]] = {}

    def restrict(self, budget: Budget) -> None:
        """From now on it may cost that much."""
        if budget != self._budget:
            self._spend(budget)

    def _spend(self, budget: Budget) -> None:
        self._budget = budget
        self._fps = budget.px_per_s / budget.usual_px
        self._close_px = self._left_px()

    @property
    def busy(self) -> bool:
        """Whether all the picture moved lately."""
        return self._busy_ns is not None

    @property
    def fps(self) -> float:
        """Pictures a second that are worth looking at now."""
        return self._fps if self._busy_ns is None else min(self._fps, self._budget.wide_per_s)

    def plan(self, regions: Sequence[Rect], small: Sequence[Rect], lives: Sequence[Seen],
             size_px: tuple[int, int], mono_ns: int) -> Look | None:
        """The look at this picture; None where nothing in it is worth one.

        Args:
            regions: what moves in it, pixels.
            small: what may be noise or somebody far away; looked at where there is room for it.
            lives: what the tracker followed in the picture before.
            size_px: width and height of the picture.
        """
        interest = [life for life in lives if not life.resting]
        rects = [*regions, *(self._ahead(life, mono_ns) for life in interest)]
        self._places = {life.track_id: (mono_ns, life.rect) for life in lives}
        look = self._close(rects, interest, regions, size_px) if rects else None
        if rects and look is None:
            self._busy_ns = mono_ns
        elif self._busy_ns is not None and mono_ns - self._busy_ns > _BUSY_NS:
            self._busy_ns = None
        if small and (look or not rects):
            look = self._close([*rects, *small], interest, [*regions, *small], size_px) or look
        if self._busy_ns is not None:
            return self._whole(self._budget.wide_px, size_px, mono_ns)
        if self._full_ns is None or mono_ns - self._full_ns >= FULL_INTERVAL_NS:
            return self._whole(self._budget.usual_px, size_px, mono_ns)
        return look

    def begin_anew(self) -> None:
        """The next picture shows what nobody has seen yet."""
        self._full_ns = self._busy_ns = None
        self._places = {}

    def _whole(self, cost_px: int, size_px: tuple[int, int], mono_ns: int) -> Look:
        self._full_ns = mono_ns
        return Look(shape_of(cost_px, size_px[0] / size_px[1]))

    def _ahead(self, life: Seen, mono_ns: int) -> Rect:
        """The rect around where it is and where it will be."""
        then_ns, then = self._places.get(life.track_id, (mono_ns, life.rect))
        if then_ns >= mono_ns:
            return life.rect
        reach = _AHEAD_S * NS_PER_S / (mono_ns - then_ns)
        dx, dy = (life.rect.foot[i] - then.foot[i] for i in (0, 1))
        moved = Rect(life.rect.x0 + reach * dx, life.rect.y0 + reach * dy,
                     life.rect.x1 + reach * dx, life.rect.y1 + reach * dy)
        return Rect.around([life.rect, moved])

    def _close(self, rects: Sequence[Rect], lives: Sequence[Seen], regions: Sequence[Rect],
               size_px: tuple[int, int]) -> Look | None:
        """A look at the smallest window around `rects`; None where the whole picture is as good."""
        width, height = size_px
        bounds = Rect.around(rects)
        if bounds.clipped(width, height).area >= _WHOLE_SHARE * width * height:
            return None
        height_px = _least_height(lives, regions)
        margin = _MARGIN * height_px
        window = Rect(bounds.x0 - margin, bounds.y0 - margin, bounds.x1 + margin, bounds.y1 + margin)
        window = window.clipped(width, height)
        if window.area >= _WHOLE_SHARE * width * height:
            return None
        cost_px = self._close_px
        whole = math.sqrt(cost_px / (width * height))
        scale = min(WANTED_PX / height_px, _MOST_ENLARGED)
        window = _at_least(window, _LEAST_SIDE_PX / scale, size_px)
        scale = min(scale, math.sqrt(cost_px / window.area))
        if scale < min(_WORTH * whole, WANTED_PX / height_px):
            return None
        return _fitted(window, scale, size_px)

    def _left_px(self) -> float:
        """What is left for a close look beside the whole ones."""
        full_per_s = NS_PER_S / FULL_INTERVAL_NS
        left_px = self._budget.px_per_s - full_per_s * self._budget.usual_px
        return max(0.5 * self._budget.usual_px, left_px / max(1.0, self._fps - full_per_s))


@lru_cache(maxsize=64)
def shape_of(cost_px: float, aspect: float) -> tuple[int, int]:
    """Width and height of an input of about `cost_px`, at most a hundredth more, nearest to `aspect`.

    Sides are multiples of STEP_PX. Of shapes whose aspect is off by less than a tenth the largest is taken,
    since a stretch by so little harms less than pixels that are missing.
    """
    best, best_rank = (STEP_PX, STEP_PX), (False, -math.inf, 0)
    for columns in range(1, math.ceil(math.sqrt(cost_px * max(1.0, aspect))) // STEP_PX + 2):
        width = columns * STEP_PX
        for rows in {max(1, math.floor(1.01 * cost_px / width / STEP_PX)),
                     max(1, round(width / aspect / STEP_PX))}:
            shape = width, rows * STEP_PX
            if shape[0] * shape[1] > 1.01 * cost_px:
                continue
            off = abs(math.log(shape[0] / shape[1] / aspect))
            rank = (off < 0.1, -off if off >= 0.1 else 0.0, shape[0] * shape[1])
            if rank > best_rank:
                best, best_rank = shape, rank
    return best


def _least_height(lives: Sequence[Seen], regions: Sequence[Rect]) -> float:
    """The height in pixels of the smallest thing that a look is for."""
    known = [life.rect.height for life in lives]
    unknown = [region.height for region in regions
               if not any(region.shared_area(life.rect) > 0 for life in lives)]
    return max(8.0, min([*known, *unknown], default=WANTED_PX))


def _at_least(window: Rect, side_px: float, size_px: tuple[int, int]) -> Rect:
    """Grown to `side_px` both ways, and moved into the picture where it has room."""
    x0, x1 = _stretched(window.x0, window.x1, side_px, size_px[0])
    y0, y1 = _stretched(window.y0, window.y1, side_px, size_px[1])
    return Rect(x0, y0, x1, y1)


def _stretched(low: float, high: float, least: float, limit: float) -> tuple[float, float]:
    more = max(0.0, least - (high - low)) / 2
    low, high = low - more, high + more
    shift = max(0.0, -low) - max(0.0, high - limit)
    return max(0.0, low + shift), min(limit, high + shift)


def _fitted(window: Rect, scale: float, size_px: tuple[int, int]) -> Look:
    """A window of whole even pixels whose input has sides of multiples of STEP_PX at about `scale`."""
    sides = [max(1, round(side * scale / STEP_PX)) * STEP_PX for side in (window.width, window.height)]
    grown = Rect(*_centred(window.x0, window.x1, sides[0] / scale, size_px[0]),
                 *_centred(window.y0, window.y1, sides[1] / scale, size_px[1]))
    return Look((sides[0], sides[1]), Rect(grown.x0, grown.x1, grown.y0, grown.y1))


def _centred(low: float, high: float, side: float, limit: int) -> tuple[float, float]:
    """An even whole stretch of about `side` around the middle, within 0..limit."""
    low, high = _stretched(low, high, side, limit)
    return float(math.floor(low / 2) * 2), float(min(limit, math.ceil(high / 2) * 2))
