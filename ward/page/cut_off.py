"""A box that falls silent within a minute of a call or of tampering: a cut cable is part of an attack.

Wanted: whoever takes the box off the net right after a call does not end the call at the ward; it rings as
one of its own, until an officer takes it, and stays until the box is back. Assumed: a broker tells a box's
last will 1.5 keepalives after it was heard last, and a box that is there speaks once a minute. It cannot
tell an attack from a power cut that follows a call by chance: that rings, too. Pure.
"""

from __future__ import annotations

from ward.store.rows import LastCallRow, ReceiverLink

WITHIN_MS = 60_000
_WILL_LATE_MS = 60_000             # 1.5 times the usual keepalive of 30 s, and what the way takes
_SILENT_MS = 150_000               # two of a box's minutely messages are missing


def cut_off_since_ms(row: LastCallRow, link: ReceiverLink | None, now_ms: int) -> int | None:
    """Since when the box is silent, where that began within a minute of its last call; else None."""
    since_ms, late_ms = _silent_since(row, link, now_ms)
    if since_ms is None or not row.alarm_heard_ms <= since_ms <= row.alarm_heard_ms + WITHIN_MS + late_ms:
        return None
    return since_ms


def _silent_since(row: LastCallRow, link: ReceiverLink | None, now_ms: int) -> tuple[int | None, int]:
    """Since when nothing is heard, None while it is there; and how late that may have been noticed."""
    if row.state == "offline":
        return row.state_ms, _WILL_LATE_MS
    heard_ms = max(row.heard_ms, row.alarm_heard_ms)        # alarms have a lane of their own
    if link is None:
        return None, 0
    # What a broker that is away keeps for us is no silence of the box.
    if link.state == "connected":
        silent_ms = min(now_ms, link.beat_ms) - max(heard_ms, link.since_ms)
    else:
        silent_ms = link.since_ms - heard_ms
    return (heard_ms, 0) if silent_ms > _SILENT_MS else (None, 0)
