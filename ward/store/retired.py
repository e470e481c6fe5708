"""Boxes that were put away, since they were renamed or taken down: they count no longer as missing.

All that they told stays. One that starts again, or says that it is online, is back by itself: nobody has to
remember that it was put away. A broker keeps a box's last birth and status and hands them to each new
session; those change neither its boot nor that it is offline.
"""

from __future__ import annotations

from edge.base.sqlite import Connection

IS_RETIRED = ("(coalesce(boxes.state, '') != 'online' AND EXISTS (SELECT 1 FROM main.meta AS gone"
              " WHERE gone.name = 'retired/' || boxes.box AND gone.value = coalesce(boxes.boot_id, '')))")
"""Of a row of `boxes`, as SQL."""


_THERE_MS = 4 * 60_000             # a box that is there tells its metrics once a minute


def retire(db: Connection, box: str, now_ms: int) -> bool:
    """Put `box`, "group/box", away; False where it was never heard, or is there. Within the caller's
    transaction.
    """
    row = db.execute("SELECT boot_id, state = 'online' AND heard_ms > ? FROM boxes WHERE box = ?",
                     (now_ms - _THERE_MS, box)).fetchone()
    if row is None or row[1]:
        return False
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [
        (f"retired/{box}", row[0] or ""), (f"retired-at/{box}", str(now_ms))])
    # A broker that crashed, or cut the box off, has told no last will: it would count as online for ever.
    db.execute("UPDATE boxes SET state = 'offline', state_ms = ? WHERE box = ? AND state = 'online'",
               (now_ms, box))
    return True


def retired(db: Connection) -> dict[str, int]:
    """The boxes that are put away, and since when, in ms."""
    return dict(db.execute(
        "SELECT boxes.box, CAST(since.value AS INTEGER) FROM boxes"         # noqa: S608
        f" JOIN main.meta AS since ON since.name = 'retired-at/' || boxes.box WHERE {IS_RETIRED}"))
