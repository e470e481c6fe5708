"""The lives of boxes' journals: which numbers each has given, which are here, and which never come.

What is here follows from what arrived, not from its order: arrived numbers, numbers told by tombstones, and
the highest `oldest_seq` of a birth are kept apart and only joined when somebody asks. Every method works
within the caller's transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import BirthData, Envelope
from ward.store import incidents, seqs
from ward.store.incidents import IncidentKind
from ward.store.intake import ms_of

log = logging.getLogger("store")

MAX_JUMP = 1_000_000
"""A number so far above all that a journal has given is not believed until a birth tells it."""
_EPOCH_LENGTH = 16
_MANY = 1_000_000            # runs of one journal that are looked at, where all are wanted


@dataclass(frozen=True, slots=True)
class JournalState:
    """What is known of one journal. `name` is its epoch, or a count of ours where the box names none."""

    name: str
    place: int
    owed_from: int | None
    settled: int | None
    born: int | None
    given: int | None
    lost_told: int

    @property
    def is_named(self) -> bool:
        return is_named(self.name)

    def position(self, envelope: Envelope) -> tuple[int, int, int]:
        """Where a record of this journal stands among those of what is the case now: the highest counts.

        As columns epoch, seq (-1 without one) and time_ms.
        """
        seq = -1 if envelope.seq is None else envelope.seq
        return self.place, seq, ms_of(envelope.time)


def is_named(journal: str) -> bool:
    """Whether the box itself named this journal; else the name is a count of ours."""
    return not journal.isdecimal() or len(journal) == _EPOCH_LENGTH


class JournalBook:
    """The tables journals, seq_runs and shed_runs.

    `touched`: the journals of which something came since it was emptied, as (box, name).
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.touched: set[tuple[str, str]] = set()

    def of(self, box: str, epoch: str | None, present: str | None) -> JournalState:
        """The journal that gave a number: the one named `epoch`; else the last without a name."""
        if epoch is not None:
            return self._get(box, epoch) or self._add(box, epoch)
        state = self._get(box, present) if present is not None else None
        if state is None or state.is_named:
            state = next((it for it in reversed(self._all(box)) if not it.is_named), None)
        return state or self._add(box, str(len(self._all(box))))

    def note(self, box: str, state: JournalState, seq: int, now_ms: int) -> bool:
        """Remember a number that came; return whether it is new. One that jumped is not believed."""
        if self._jumps(box, state, seq, now_ms):
            return False
        self.touched.add((box, state.name))
        return seqs.note(self._db, box, state.name, seq)

    def expect(self, box: str, state: JournalState, seq: int, now_ms: int) -> None:
        """A number was given to what comes later: a picture."""
        if (state.given is None or seq > state.given) and not self._jumps(box, state, seq, now_ms):
            self._db.execute("UPDATE journals SET given = max(coalesce(given, 0), ?) WHERE box = ?"
                             " AND journal = ?", (seq, box, state.name))

    def shed(self, box: str, state: JournalState, first: int, last: int) -> None:
        """Numbers that never come, as a tombstone tells."""
        self.touched.add((box, state.name))
        seqs.note(self._db, box, state.name, first, last, "shed_runs")

    def birth(self, box: str, present: str | None, data: BirthData, epoch: str | None,
              now_ms: int) -> JournalState | None:
        """What a birth tells of the numbers. Returns its journal, the present one from now on; None where
        another birth of that journal has told more already, so that this one is older.
        """
        state, is_new = self._born_in(box, present, data.seq, epoch)
        if is_new and state.place:
            incidents.tell(self._db, box, IncidentKind.JOURNAL_ANEW, now_ms, {
                "journal": state.name, "before": present, "seq": data.seq})
        if state.is_named and state.born is not None and data.seq < state.born:
            return None
        top = self._top(box, state)
        if top is not None and data.seq > top + MAX_JUMP:
            incidents.tell(self._db, box, IncidentKind.SEQ_JUMP, now_ms, {
                "journal": state.name, "seq": data.seq, "highest": top, "by": "birth"})
        owed_from = data.seq if data.oldest_seq is None else data.oldest_seq - 1
        self._db.execute(
            "UPDATE journals SET owed_from = min(coalesce(owed_from, ?1), ?1), born = ?2,"
            " given = max(coalesce(given, 0), ?2), settled = max(coalesce(settled, 0), ?3)"
            " WHERE box = ?4 AND journal = ?5",
            (owed_from, data.seq, 0 if data.oldest_seq is None else owed_from, box, state.name))
        self.touched.add((box, state.name))
        return state

    def coverage(self, box: str, name: str, limit: int) -> seqs.Runs:
        """The lowest numbers that are here or never come, for the ack: at most `limit` runs of each kind."""
        state = self._get(box, name)
        settled = [(1, state.settled)] if state is not None and state.settled else []
        return seqs.united(settled, seqs.runs(self._db, box, name, limit),
                           seqs.runs(self._db, box, name, limit, "shed_runs"))

    def tell_lost(self, box: str, name: str, now_ms: int) -> None:
        """An incident where numbers that the box owes no more have not come, beyond those that are told.
        Those that came since, late, hide no other.
        """
        state = self._get(box, name)
        if state is None:
            return
        lost = lost_of(self._db, box, state)
        count = seqs.size(lost)
        if count > state.lost_told:
            incidents.tell(self._db, box, IncidentKind.LOST, now_ms, {
                "journal": name, "first_seq": lost[0][0], "last_seq": lost[-1][1], "numbers": count},
                count - state.lost_told)
        if count != state.lost_told:
            self._db.execute("UPDATE journals SET lost_told = ? WHERE box = ? AND journal = ?",
                             (count, box, name))

    def _born_in(self, box: str, present: str | None, seq: int,
                 epoch: str | None) -> tuple[JournalState, bool]:
        """The journal of a birth, and whether it is new to us."""
        if epoch is None:
            state = self.of(box, None, present)
            top = self._top(box, state, arrived_only=True)
            # All given before a connection is at most what its birth tells: this journal is another one.
            if top is not None and seq < max(top, state.born or 0):
                return self._add(box, str(len(self._all(box)))), True
            return state, False
        state_or_none = self._get(box, epoch)
        if state_or_none is not None:
            return state_or_none, False
        before = self._get(box, present) if present is not None else None
        if before is not None and not before.is_named and seq >= (self._top(box, before) or 0):
            return self._name(box, before, epoch), False        # an update of the box: it counts on
        return self._add(box, epoch), True

    def _name(self, box: str, state: JournalState, epoch: str) -> JournalState:
        for table in ("journals", "seq_runs", "shed_runs", "tombstones"):
            self._db.execute(f"UPDATE {table} SET journal = ? WHERE box = ? AND journal = ?",      # noqa: S608
                             (epoch, box, state.name))
        return self._get(box, epoch) or state

    def _jumps(self, box: str, state: JournalState, seq: int, now_ms: int) -> bool:
        top = self._top(box, state)
        if top is None or seq <= top + MAX_JUMP:
            return False
        incidents.tell(self._db, box, IncidentKind.SEQ_JUMP, now_ms, {
            "journal": state.name, "seq": seq, "highest": top, "by": "record"})
        return True

    def _top(self, box: str, state: JournalState, arrived_only: bool = False) -> int | None:
        arrived = seqs.highest(self._db, box, state.name)
        given = None if arrived_only else state.given
        return max((it for it in (arrived, given) if it is not None), default=None)

    def _add(self, box: str, name: str) -> JournalState:
        self._db.execute("INSERT INTO journals (box, journal, place) SELECT ?1, ?2, count(*) FROM journals"
                         " WHERE box = ?1", (box, name))
        added = self._get(box, name)
        assert added is not None, "what was just inserted is there"
        return added

    def _get(self, box: str, name: str) -> JournalState | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM journals WHERE box = ? AND journal = ?",   # noqa: S608
                               (box, name)).fetchone()
        return row and JournalState(*row)

    def _all(self, box: str) -> list[JournalState]:
        return states_of(self._db, box)


_COLUMNS = "journal, place, owed_from, settled, born, given, lost_told"


def states_of(db: Connection, box: str) -> list[JournalState]:
    """All journals of a box, the first first."""
    return [JournalState(*row) for row in db.execute(
        f"SELECT {_COLUMNS} FROM journals WHERE box = ? ORDER BY place", (box,))]      # noqa: S608


def present_runs(db: Connection, box: str, state: JournalState, limit: int = _MANY) -> seqs.Runs:
    """The numbers that arrived or were told by tombstones."""
    return seqs.united(seqs.runs(db, box, state.name, limit),
                       seqs.runs(db, box, state.name, limit, "shed_runs"))


def lost_of(db: Connection, box: str, state: JournalState) -> seqs.Runs:
    """Numbers that the box owed us, owes no more, and that neither came nor were explained."""
    if not state.settled or state.owed_from is None:
        return []
    return seqs.holes(present_runs(db, box, state), state.owed_from + 1, state.settled)


def gaps_of(db: Connection, box: str, state: JournalState, limit: int = 100) -> list[seqs.Gap]:
    """The holes, lowest first: what is lost, and what is still owed below the highest that arrived."""
    present = present_runs(db, box, state, limit + 1)
    starts = [run[0] for run in present[:1]] + ([] if state.owed_from is None else [state.owed_from + 1])
    if not starts:
        return []
    first, top = min(starts), present[-1][1] if present else 0
    if len(present) <= limit:
        top = max(top, state.settled or 0)
    return [seqs.Gap(*run) for run in seqs.holes(present, first, top)][:limit]
