"""Which new events ask for the alarm, and were not answered yet.

The ward may have an event, or the journal may have shed it, before guard has looked.
"""

from __future__ import annotations

import json

from edge.base.sqlite import Connection
from edge.contract.messages import AlarmWish, Severity
from edge.journal.entry import Entry, Wish
from edge.journal.side_table import SideTable

MAX_WISHES = 1000       # guard answers within seconds; a bound, should it never come


def _wish(seq: int, wish: str, camera: str, rule: str, severity: str, event_id: str, mono_ns: int,
          boot_id: str) -> Wish:
    return Wish(seq, AlarmWish(wish), camera, rule, Severity(severity), event_id, mono_ns, boot_id)


TABLE = SideTable("wish", ("seq", "wish", "camera", "rule", "severity", "event_id", "mono_ns", "boot_id"),
                  MAX_WISHES, _wish)


def note(db: Connection, entry: Entry, seq: int) -> None:
    """Keep what `entry` asks for."""
    if entry.wish is None:
        return
    assert entry.ongoing, "only a new event asks for the alarm"
    data = json.loads(entry.data)
    TABLE.put(db, (seq, entry.wish.value, entry.subject, data["rule"], Severity(data["severity"]).value,
                   entry.event_id, entry.mono_ns, entry.boot_id))
