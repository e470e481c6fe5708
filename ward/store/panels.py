"""What a box's alarm is doing, and what the box answered to commands.

Every method works within the caller's transaction.
"""

from __future__ import annotations

from edge.base.sqlite import Connection
from edge.contract.messages import to_json
from ward.store.counts import ChangeCount, Counters
from ward.store.incoming import PanelIn, ResultIn
from ward.store.intake import is_event_id, plain
from ward.store.journals import JournalState

MAX_FOREIGN_RESULTS = 1000
"""Answers of one box to commands that were not sent from this store; more are counted, not kept."""


class PanelBook:
    """The tables panels and command_results."""

    def __init__(self, db: Connection, counters: Counters, changes: ChangeCount) -> None:
        self._db, self._counters, self._changes = db, counters, changes

    def panel(self, panel: PanelIn, journal: JournalState, now_ms: int) -> bool:
        """The state of a box's panel, by the highest seq. Returns whether it was news."""
        mine = journal.position(panel.envelope)
        old = self._db.execute("SELECT epoch, seq, time_ms FROM panels WHERE box = ?",
                               (panel.box,)).fetchone()
        if old is not None and tuple(old) >= mine:
            return False
        self._db.execute("INSERT OR REPLACE INTO panels VALUES (?, ?, ?, ?, ?, ?)",
                         (panel.box, *mine, now_ms, to_json(panel.data)))
        self._changes.next()                   # open pages look again
        return True

    def result(self, result: ResultIn, now_ms: int) -> bool:
        """What a box answered to a command. Returns whether it was new."""
        if keep_result(self._db, result, now_ms):
            self._changes.next()
            return True
        self._counters.add(result.box, "duplicates")
        return False


def keep_result(db: Connection, result: ResultIn, now_ms: int) -> bool:
    """Store the answer to a command; its sender gets the same record, too. False: it is here already, or one
    of too many that nobody here asked for.
    """
    data = result.data
    ours = db.execute("SELECT 1 FROM command_signings WHERE cmd_id = ?", (data.cmd_id,)).fetchone()
    if ours is None and db.execute(
            "SELECT count(*) FROM command_results WHERE box = ? AND (cmd_id IS NULL OR cmd_id NOT IN"
            " (SELECT cmd_id FROM command_signings))", (result.box,)).fetchone()[0] >= MAX_FOREIGN_RESULTS:
        return False
    return db.execute(
        "INSERT OR IGNORE INTO command_results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (result.box, result.envelope.id, data.cmd_id, int(data.accepted), data.reason and plain(data.reason),
         data.alarm_id if is_event_id(data.alarm_id or "") else None, now_ms, result.raw)).rowcount == 1
