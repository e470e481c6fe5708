"""Boxes that were put away, since they were renamed or taken down: they count no longer as missing.

All that they told stays. One that starts again, or says that it is online, is back by itself: nobody has to
remember that it was put away. A broker keeps a box's last birth and status and hands them to each new
session; those change neither its boot nor that it is offline.
"""

from __future__ import annotations

from edge.base.sqlite import Connection

IS_RETIRED = ("(coalesce(boxes.state, '') != 'online' AND EXISTS (SELECT 1 FROM meta"
              " WHERE meta.name = 'retired/' || boxes.box AND meta.value = coalesce(boxes.boot_id, '')))")
"""Of a row of `boxes`, as SQL."""


def retire(db: Connection, box: str, now_ms: int) -> bool:
    """Put `box`, "group/box", away; False where it was never heard. Within the caller's transaction."""
    row = db.execute("SELECT boot_id FROM boxes WHERE box = ?", (box,)).fetchone()
    if row is None:
        return False
    db.execute("INSERT OR REPLACE INTO meta VALUES ('retired/' || ?, ?)", (box, row[0] or ""))
    # A broker that crashed, or cut the box off, has told no last will: it would count as online for ever.
    db.execute("UPDATE boxes SET state = 'offline', state_ms = ? WHERE box = ? AND state = 'online'",
               (now_ms, box))
    return True
