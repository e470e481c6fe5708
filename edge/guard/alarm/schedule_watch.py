"""What the arming schedule says, by a wall clock that can be trusted. Pure: the clocks come in as a stamp.

A schedule counts from the first moment that the box knows the time (`edge.base.clock.TrustedTime`). Until
then all stays as it was before the restart. A box that never knew the time is not armed: its people's alarm
works all the same, the ward has every event, and a siren at noon would teach the neighbours not to listen.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.base.clock import Stamp, TrustedTime
from edge.config.schedule import ScheduleSettings, applies


class ScheduleWatch:
    """Says when the schedule changes its mind. One thread."""

    def __init__(self, windows: Sequence[ScheduleSettings]) -> None:
        """Follow `windows`; without any there is no schedule, and people arm by hand alone."""
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
