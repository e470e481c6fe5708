"""When a picture was taken, and which pictures are looked at. Pure: time comes in as an argument.

A stream counts in its own time (`media_s`, see stamps.py), which drifts against ours. The pipeline counts
in CLOCK_MONOTONIC. What is here goes from the one to the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.base.values import NS_PER_S, Frame

MAX_DRIFT_NS = NS_PER_S
MAX_GAP_NS = 60 * NS_PER_S      # in a file that plays live: nobody waits through a hole of hours
_ANCHOR_NS = 2 * NS_PER_S
MAX_HURRY_FPS = 15.0            # more than an inference thread could follow
IDLE_FPS = 2.0
ALWAYS_NS = 1 << 62


class Timeline(Protocol):
    """Gives each picture its `mono_ns`, strictly increasing. What lies in the future is waited for."""

    def stamp(self, media_s: float, now_ns: int) -> int: ...


class LiveClock:
    """For what comes over a network or a cable, some time after it was exposed.

    The picture that came soonest after its media time, of those of the last two seconds, anchors the others,
    since a network delays and never hastens; a camera whose clock drifts or runs at another pace is
    followed. A picture is at most one second older than its arrival.
    """

    def __init__(self) -> None:
        # (arrival, mono minus media), both increasing: each may become the least when those before it are old
        self._anchors: deque[tuple[int, int]] = deque()
        self._last_ns = -1

    def stamp(self, media_s: float, now_ns: int) -> int:
        """Args: now_ns: when the picture came. Returns at most that, unless time stood still."""
        media_ns = round(media_s * NS_PER_S)
        offset_ns = now_ns - media_ns
        while self._anchors and self._anchors[-1][1] >= offset_ns:
            self._anchors.pop()
        self._anchors.append((now_ns, offset_ns))
        while self._anchors[0][0] < now_ns - _ANCHOR_NS:
            self._anchors.popleft()
        exposed_ns = media_ns + max(self._anchors[0][1], offset_ns - MAX_DRIFT_NS)
        self._last_ns = max(self._last_ns + 1, exposed_ns)
        return self._last_ns


class PacedClock:
    """For a file that plays as if it were a camera: each picture is due at its own time.

    Where the box falls more than a second behind, the rest of the file moves with it instead of
    being hurried through. A hole of more than a minute is skipped.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._last_ns = -1

    def stamp(self, media_s: float, now_ns: int) -> int:
        """When the picture is due; later than `now_ns` while the box keeps up."""
        media_ns = round(media_s * NS_PER_S)
        here_ns = now_ns - media_ns
        if self._offset_ns is None or not -MAX_GAP_NS <= here_ns - self._offset_ns <= MAX_DRIFT_NS:
            self._offset_ns = here_ns
        self._last_ns = max(self._last_ns + 1, media_ns + self._offset_ns)
        return self._last_ns


class ReplayClock:
    """For a recording that runs as fast as it goes: pipeline time is media time, from zero."""

    def stamp(self, media_s: float, now_ns: int) -> int:
        return round(media_s * NS_PER_S)


@dataclass(slots=True)
class LookPace:
    """How often a camera's pictures are looked at; set by whoever looks, read before each picture."""

    fps: float                      # pictures a second, while anything moves
    hurry_until_ns: int = 0         # pipeline time; until then every picture, however low `fps` is
    awake_until_ns: int = ALWAYS_NS  # pipeline time; after it a look now and then is enough
    doubts_until_ns: int = 0        # pipeline time; until then `fps`: drift or motion
    filters: bool = False           # this interval is wanted with the filter, also what is decoded already
    passed_over_ns: int = 0         # of the last packet that came and was left undecoded, by choice
    glances: Callable[[Frame], bool] = lambda frame: True
    """Asked of a picture that was decoded by itself: whether all that led to it is wanted as well."""

    def at(self, mono_ns: int, source_fps: float) -> float:
        """Pictures a second at this moment, of a source that gives `source_fps`."""
        if mono_ns < self.hurry_until_ns:
            return max(self.fps, min(source_fps, MAX_HURRY_FPS))
        is_idle = mono_ns >= max(self.awake_until_ns, self.doubts_until_ns)
        return min(self.fps, IDLE_FPS) if is_idle else self.fps


class RateSelector:
    """Choose pictures so that they come so many times a second, as regularly as the source allows.

    A picture is taken when it is the nearest to the next tick of a grid, and not when a tick has just
    passed: a camera that jitters by less than half its period then still gives every n-th picture.
    The rate may be another for each picture: the grid goes on from its last tick. After a pause of two ticks
    and more it begins anew, so that what follows a hole is looked at as it would be by itself.
    """

    def __init__(self) -> None:
        self._tick_s: float | None = None       # the last one
        self._last_s = 0.0

    def takes(self, at_s: float, fps: float) -> bool:
        """Whether the picture at `at_s`, increasing, is looked at; the first one is."""
        if self._tick_s is None:
            self._tick_s = self._last_s = at_s
            return True
        period_s = 1 / fps
        if at_s - self._last_s > 2 * period_s:
            self._tick_s = self._last_s = at_s
            return True
        nearest_s = at_s + min(at_s - self._last_s, period_s) / 2       # half way to the next picture
        self._last_s = at_s
        # Rounding in time stamps must not decide where two pictures are equally near.
        ticks = (nearest_s + 1e-6 - self._tick_s) // period_s
        if ticks < 1:
            return False
        self._tick_s += ticks * period_s
        return True
