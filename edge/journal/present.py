"""What is the case now: the latest retained record of each topic, whether or not the ward has it.

The page of the group wants to know of each camera what was said last. Beside it, for whoever looks at the
box, what an event said last.
"""

from __future__ import annotations

import json

from edge.base.sqlite import Connection
from edge.journal.entry import Entry, Present
from edge.journal.side_table import SideTable

LAST_EVENT = "last-event"       # no topic is called so
MAX_PRESENT = 1000      # topics; far more than a box has, a bound should their names ever change


def _present(topic: str, seq: int, type: str, subject: str, time: str, data: str) -> Present:
    try:
        is_object = isinstance(json.loads(data), dict)
    except RecursionError:
        is_object = False
    if not is_object:
        raise ValueError("want a JSON object")
    return Present(topic, type, subject, data, time)


TABLE = SideTable("present", ("topic", "seq", "type", "subject", "time", "data"), MAX_PRESENT, _present)


def note(db: Connection, entry: Entry, seq: int) -> None:
    """Keep `entry` where it is retained, in place of what its topic said before; and any event."""
    topic = entry.topic if entry.retain else None if entry.ongoing is None else LAST_EVENT
    if topic is not None:
        TABLE.put(db, (topic, seq, entry.type, entry.subject, entry.time, entry.data))


def by_topic(found: list[Present]) -> dict[str, Present]:
    """All but what an event said last."""
    return {said.topic: said for said in found if said.topic != LAST_EVENT}


def last_event(found: list[Present]) -> Present | None:
    """What an event said last, whichever it was of; None before the first."""
    return next((said for said in found if said.topic == LAST_EVENT), None)
