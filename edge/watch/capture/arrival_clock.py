"""When a camera's picture was taken, by CLOCK_MONOTONIC, however late it is read. Pure.

A network delays and never hastens, and so does a process that was stopped or got no CPU: the kernel holds the
pictures meanwhile, and they come out all at once, old. So the picture that came soonest after its stamp tells
when all others were taken, and it is believed for as long as nothing better is known: that a stamp lies
further back than usual means that the picture is late, not that the camera's clock is.

Cameras with slow or odd clocks are told apart by reading: who has to wait for each picture gets fresh ones.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge.base.values import NS_PER_S

_DRIFT = 0.0005                     # of a camera's clock against ours, more than any that works
_SPAN_NS = NS_PER_S                 # reads of so long, all of which waited, are fresh
_LEAST_READS = 5
_WAITED_NS = 2 * NS_PER_S // 1000    # less than this is no waiting: the packet lay there
_WAITED_SHARE = 0.3                 # of the span went into waiting


@dataclass(frozen=True, slots=True)
class _Read:
    number: int
    came_ns: int
    waited_ns: int


class _Least:
    """The least value of the latest reads: one that a later and smaller one outlives is not kept."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, int]] = deque()        # number of the read and value, both rising

    def add(self, number: int, value: int) -> None:
        while self._kept and self._kept[-1][1] >= value:
            self._kept.pop()
        self._kept.append((number, value))

    def forget_before(self, number: int) -> None:
        while self._kept[0][0] < number:
            self._kept.popleft()

    @property
    def value(self) -> int:
        return self._kept[0][1]


class ArrivalClock:
    """Of one opening of one camera. Not thread-safe."""

    def __init__(self) -> None:
        self._anchor_ns: int | None = None      # mono minus media
        self._reads: deque[_Read] = deque()
        self._count = 0                         # of all reads
        self._waited_ns = 0                     # of all in `_reads`
        self._least_waited, self._least_offset = _Least(), _Least()     # the one without the first of them

    def stamp(self, media_s: float, came_ns: int, waited_ns: int) -> int:
        """When it was taken; at most `came_ns`.

        Args:
            media_s: by the camera's stamps.
            came_ns: when it was read.
            waited_ns: how long reading it took.
        """
        media_ns = round(media_s * NS_PER_S)
        offset_ns = came_ns - media_ns
        if self._anchor_ns is None:
            self._anchor_ns = offset_ns
        else:
            passed_ns = came_ns - self._reads[-1].came_ns
            self._anchor_ns = min(offset_ns, self._anchor_ns + round(passed_ns * _DRIFT))
        self._add(came_ns, waited_ns, offset_ns)
        if self._all_fresh(came_ns):
            self._anchor_ns = max(self._anchor_ns, self._least_offset.value)
        return media_ns + self._anchor_ns

    def _add(self, came_ns: int, waited_ns: int, offset_ns: int) -> None:
        """One more read; those stay that the last second needs, and five."""
        self._reads.append(_Read(self._count, came_ns, waited_ns))
        self._least_waited.add(self._count, waited_ns)
        self._least_offset.add(self._count, offset_ns)
        self._count, self._waited_ns = self._count + 1, self._waited_ns + waited_ns
        while len(self._reads) > _LEAST_READS and self._reads[1].came_ns <= came_ns - _SPAN_NS:
            self._waited_ns -= self._reads.popleft().waited_ns
        self._least_offset.forget_before(self._reads[0].number)
        if len(self._reads) > 1:
            self._least_waited.forget_before(self._reads[1].number)

    def _all_fresh(self, now_ns: int) -> bool:
        """Whether every read since the first one that is kept had to wait, that one left out."""
        first = self._reads[0]
        span_ns = now_ns - first.came_ns
        if len(self._reads) < _LEAST_READS or span_ns < _SPAN_NS:
            return False
        # One long wait is the camera's pause, or our own sleep with pictures behind it.
        return (self._least_waited.value >= _WAITED_NS
                and _WAITED_SHARE * span_ns <= self._waited_ns - first.waited_ns <= 3 * span_ns)
