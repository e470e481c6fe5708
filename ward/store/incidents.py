"""Incidents: what somebody at the ward must know of, each kind once per box while it is open, and counted.

A counter says how often; an incident also says since when, what was found, and whether somebody has put it
away. Every function works within the caller's transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from enum import StrEnum

from edge.base.sqlite import Connection

log = logging.getLogger("store")


class IncidentKind(StrEnum):
    """What happened. Box "" is the station itself."""

    SESSION_NEW = "session-new"      # the broker had kept nothing for us: what it held is gone
    SEQ_JUMP = "seq-jump"            # a number far above all that this journal had given
    JOURNAL_ANEW = "journal-anew"    # the box counts anew: a new card, a factory reset, or another box
    TWO_BOOTS = "two-boots"          # two boots take turns: a card was cloned
    LOST = "lost"                    # numbers that the box owes no more, and that never came
    QUOTA = "quota"                  # more messages or bytes than a box may send: refused
    CLOCK = "clock"                  # the box's clock is ahead of ours by minutes


def tell(db: Connection, box: str, kind: IncidentKind, now_ms: int, detail: Mapping[str, object],
         by: int = 1) -> None:
    """Open an incident, or count it once more where it is open; `detail` is that of the last time."""
    text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"))
    count = db.execute(
        "INSERT INTO incidents (box, kind, first_ms, last_ms, count, detail) VALUES (?1, ?2, ?3, ?3, ?5, ?4)"
        " ON CONFLICT (box, kind) WHERE put_away_ms IS NULL DO UPDATE"
        " SET last_ms = ?3, count = count + ?5, detail = ?4 RETURNING count",
        (box, kind.value, now_ms, text, by)).fetchone()[0]
    if count <= 10 or count % 100 == 0:        # a mad box shall not fill the log as well
        log.warning("incident: kind=%s box=%s count=%d detail=%s", kind.value, box or "-", count, text)


def put_away(db: Connection, incident_id: int, now_ms: int) -> bool:
    """Somebody has seen to it; the next of its kind opens a new one. False: none such is open."""
    return db.execute("UPDATE incidents SET put_away_ms = ? WHERE id = ? AND put_away_ms IS NULL",
                      (now_ms, incident_id)).rowcount == 1
