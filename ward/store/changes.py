"""Following the store by its change number, in steps of bounded cost."""

from __future__ import annotations

from collections.abc import Sequence

from edge.base.sqlite import Connection

COUNTERS = "(SELECT * FROM main.counters UNION ALL SELECT * FROM calls.counters)"
LOOK_AT_ONCE = 2000
"""So many numbers are looked at in one step, also where nothing among them matches."""


def last_change(db: Connection) -> int:
    """The highest change number that either file of the store shows."""
    return int(db.execute(f"SELECT coalesce(max(value), 0) FROM {COUNTERS}"                          # noqa: S608
                          " WHERE box = '' AND name = 'changes'").fetchone()[0])


def looked_upto(found: Sequence[int], limit: int, last: int, end: int) -> int:
    """Up to which number one step has looked.

    Args:
        found: the numbers of its rows, rising.
        limit: so many rows it would have taken.
        last: the highest number as the step began; what came since may be among `found`.
        end: where the step ended.
    """
    if len(found) == limit:
        return found[-1]
    return min(end, max([last, *found]))
