"""Which events are open: begun by a record, and not yet ended by one. An event may last for hours."""

from __future__ import annotations

from edge.base.sqlite import Connection
from edge.journal.entry import Entry, OpenEvent
from edge.journal.side_table import SideTable

MAX_OPEN_EVENTS = 1000      # far more than cameras can have; a bound, should ends never come


def _event(event_id: str, seq: int, rev: int, topic: str, type: str, subject: str, data: str) -> OpenEvent:
    return OpenEvent(event_id, rev, topic, type, subject, data)


TABLE = SideTable("open_event", ("event_id", "seq", "rev", "topic", "type", "subject", "data"),
                  MAX_OPEN_EVENTS, _event)
"""In the order of their first records: `seq` is that one's."""


def note(db: Connection, entry: Entry, seq: int) -> None:
    """Keep what `entry` says of its event."""
    if entry.ongoing is None:
        return
    assert entry.event_id, "only an event is ongoing or ends"
    if not entry.ongoing:
        TABLE.delete(db, [entry.event_id])
        return
    begun = db.execute("SELECT seq FROM open_event WHERE event_id = ?", (entry.event_id,)).fetchone()
    TABLE.put(db, (entry.event_id, seq if begun is None else begun[0], entry.rev, entry.topic, entry.type,
                   entry.subject, entry.data))
