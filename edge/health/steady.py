"""What comes and goes: told at once, but what flaps is told only once, and counted. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from edge.base.values import NS_PER_S

WINDOW_NS = 600 * NS_PER_S      # what comes so often within this time flaps
FLAPS = 3
HOLD_NS = 30 * NS_PER_S         # then it must be well for so long, and twice as long each further time
MAX_HOLD_NS = 600 * NS_PER_S

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notice(Generic[T]):
    """What is to be told now. `count`: how often it has come since `since_ns`, or had until it was well."""

    value: T
    since_ns: int
    count: int = 1


class Steady(Generic[T]):
    """Of one thing that is well or not. Not thread-safe; times are of one clock and do not decrease."""

    def __init__(self, well: T) -> None:
        self._well = well
        self.latest: Notice[T] | None = None            # the last that was
        self._began: deque[int] = deque(maxlen=64)      # when it was last not well, within WINDOW_NS
        self._well_since_ns: int | None = None      # while that is held back

    def report(self, value: T, now_ns: int) -> Notice[T] | None:
        """It is `value` now; what is to be told of that at once."""
        if value == self._well:
            return self._now_well(now_ns)
        told = self.latest
        if told is None or told.value == self._well:
            self._begin(now_ns)
            return self._tell(Notice(value, now_ns))
        if self._well_since_ns is not None:         # it was well, and nobody has been told
            self._begin(now_ns)
            self._well_since_ns = None
            again = replace(told, value=value, count=told.count + 1)
            if value == told.value and again.count & told.count:        # told at 2, 4, 8 times...
                self.latest = again
                return None
            return self._tell(again)
        return None if value == told.value else self._tell(Notice(value, now_ns))

    def look(self, now_ns: int) -> Notice[T] | None:
        """What time alone has made sure: that it is well again."""
        since_ns = self._well_since_ns
        if since_ns is None or now_ns - since_ns < self._hold_ns(now_ns):
            return None
        self._well_since_ns = None
        count = 1 if self.latest is None else self.latest.count
        return self._tell(Notice(self._well, since_ns, count))

    def _now_well(self, now_ns: int) -> Notice[T] | None:
        if self.latest is None:
            return self._tell(Notice(self._well, now_ns))
        if self.latest.value == self._well:
            return None
        if self._well_since_ns is None:
            self._well_since_ns = now_ns
        return self.look(now_ns)

    def _begin(self, now_ns: int) -> None:
        self._began.append(now_ns)

    def _hold_ns(self, now_ns: int) -> int:
        while self._began and now_ns - self._began[0] > WINDOW_NS:
            self._began.popleft()
        further = len(self._began) - FLAPS
        return 0 if further < 0 else min(HOLD_NS << min(further, 8), MAX_HOLD_NS)

    def _tell(self, told: Notice[T]) -> Notice[T]:
        self.latest = told
        return told
