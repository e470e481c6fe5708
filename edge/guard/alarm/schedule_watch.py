"""What the arming schedule says, by a wall clock that can be trusted. Pure: the clocks come in as a stamp.

A box without a clock battery boots in the past, and nobody may be able to change what is armed by sending it
a wrong time. So a schedule counts from the first moment that the kernel calls the clock synchronised, and
goes on by the monotonic clock while the network is away (it drifts by some seconds a day). Until then all
stays as it was before the restart. A box that never knew the time is not armed: its people's alarm works
all the same, the ward has every event, and a siren at noon would teach the neighbours not to listen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from edge.base.clock import Stamp
from edge.config.schedule import ScheduleSettings, applies


class TrustedTime:
    """Local wall time, or None while it was never right. One thread."""

    def __init__(self) -> None:
        self._right: Stamp | None = None        # the latest stamp of a synchronised clock

    def local(self, stamp: Stamp) -> datetime | None:
        """The local time at `stamp`."""
        if stamp.clock_synchronised:
            self._right = stamp
        if self._right is None:
            return None
        since = timedelta(microseconds=(stamp.mono_ns - self._right.mono_ns) // 1000)
        return (self._right.utc + since).astimezone()


class ScheduleWatch:
    """Says when the schedule changes its mind. One thread."""

    def __init__(self, windows: Sequence[ScheduleSettings]) -> None:
        """Without any window there is no schedule: people arm by hand alone."""
        self._windows, self._time = windows, TrustedTime()
        self._said: bool | None = None

    def look(self, stamp: Stamp) -> bool | None:
        """Whether the box is to be armed, where that is news."""
        local = self._time.local(stamp)
        if not self._windows or local is None:
            return None
        says = applies(self._windows, local)
        if says == self._said:
            return None
        self._said = says
        return says
