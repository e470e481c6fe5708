"""Reading what is missing and why, what cameras have sent, which boxes are put away; a part of `Reader`."""

from __future__ import annotations

from edge.contract.messages import Role
from ward.store.connections import Connections
from ward.store.journals import gaps_of, states_of
from ward.store.retired import retired
from ward.store.rows import GapRow, SentRow

UNEXPLAINED = "unexplained"
"""Of a picture that the box owes no more, and of which no tombstone tells."""
_UP_TO_IT = ("box = {box} AND journal = told.journal AND first_seq <= told.seq"
             " ORDER BY first_seq DESC LIMIT 1")
_WHY = f"""coalesce(
    (SELECT CASE WHEN last_seq >= told.seq THEN why END FROM tombstones WHERE {_UP_TO_IT}),
    CASE WHEN told.seq <= (SELECT settled FROM journals WHERE box = {{box}} AND journal = told.journal)
          AND NOT coalesce((SELECT last_seq >= told.seq FROM seq_runs WHERE {_UP_TO_IT}), 0)
         THEN '{UNEXPLAINED}' END)"""  # noqa: S608


def lost_subject(box: str) -> str:
    """SQL: why the subject of `events.event_id`, of box `box`, never comes; "" or NULL where it may."""
    return (f"(SELECT min(coalesce({_WHY.format(box=box)}, '')) FROM told_pictures AS told"         # noqa: S608
            f" WHERE told.event_id = events.event_id AND told.role = '{Role.SUBJECT}')")


class LossReader:
    """Any thread."""

    def __init__(self, db: Connections) -> None:
        self._db = db

    def lost_pictures(self, event_id: str) -> dict[Role, str]:
        """Why pictures of an event never come: those of which every one that was told is lost."""
        with self._db() as db:
            rows = db.execute(
                f"SELECT told.role, {_WHY.format(box='records.box')} FROM told_pictures AS told"    # noqa: S608
                " JOIN records USING (event_id, rev) WHERE told.event_id = ?", (event_id,)).fetchall()
        may_come = {row[0] for row in rows if row[1] is None}
        return {Role(role): why for role, why in rows if role not in may_come}

    def gaps(self, box: str) -> list[GapRow]:
        """Numbers that have not come and that nothing explains, the newest first."""
        with self._db() as db:
            return [GapRow(state.place, gap, gap.last_seq <= (state.settled or 0))
                    for state in reversed(states_of(db, box))
                    for gap in reversed(gaps_of(db, box, state, _MANY))]

    def sent(self, box: str, since_ms: int) -> dict[str, SentRow]:
        """What each camera of a box has sent of the events that began to come since then."""
        with self._db() as db:
            return {row[0]: SentRow(row[1], row[2]) for row in db.execute(
                "SELECT camera, count(*), sum((SELECT sum(json_bytes) FROM records WHERE records.event_id ="
                " events.event_id) + coalesce((SELECT sum(bytes) FROM images WHERE images.event_id ="
                " events.event_id), 0)) FROM events WHERE box = ? AND received_ms >= ? GROUP BY camera",
                (box, since_ms))}

    def retired(self) -> dict[str, int]:
        """Boxes that somebody has put away and that are not back: since when (ms)."""
        with self._db() as db:
            return retired(db)


_MANY = 100_000
