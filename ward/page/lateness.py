"""Whether what came is news, and when an alarm ends, where a box's clock may say anything. Pure.

A record is late when its box says so, which measures that within a boot; or when our receiver had just
connected, so that the broker may have kept it, and the box's clock says so, too. What comes to a receiver
that was connected all the while did not wait: there a clock that is hours behind makes nothing late.
"""

from __future__ import annotations

from ward.store.alarm_reader import CLOCK_OFF_MS, LONGEST_MS
from ward.store.rows import AlarmRow, EventRow, ReceiverLink

_DRAINED_MS = 60_000               # after so long a receiver has what the broker had kept


def is_late(row: EventRow | AlarmRow, link: ReceiverLink | None) -> bool:
    """`link` is of the lane that the record came by."""
    if row.said_late or not row.historical:
        return row.said_late
    was_connected = link is not None and link.state == "connected" and (
        row.received_ms - link.since_ms > _DRAINED_MS)
    return not was_connected


def ends_ms(row: AlarmRow, late: bool) -> int:
    """When an alarm is over that nobody ends, by our clock."""
    if row.until_ms is None:
        return row.received_ms + LONGEST_MS
    if late or not row.clock_synchronised or abs(row.time_ms - row.received_ms) <= CLOCK_OFF_MS:
        return row.until_ms
    return row.received_ms + min(max(row.until_ms - row.time_ms, 0), LONGEST_MS)
