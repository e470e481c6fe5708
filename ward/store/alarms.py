"""Records become alarms, as records become events: what arrived decides, not its order.

The highest rev tells phase, mode, outputs and end; the lowest tells when it was raised. Every method
works within the caller's transaction.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import AlarmData, AlarmPhase, Envelope, to_json
from ward.store.boxes import Counters
from ward.store.intake import AlarmIn, PanelIn, ResultIn, is_event_id, ms_of, plain
from ward.store.record_table import Arrived, RecordTable, StoreOutcome

MAX_FOREIGN_RESULTS = 1000
"""Answers of one box to commands that were not sent from this store; more are counted, not kept."""
_CLOSING = frozenset({AlarmPhase.SILENCED, AlarmPhase.ENDED, AlarmPhase.REFUSED})
_LONGEST_S = 86_400.0                # of an alarm: what a box tells beyond that is no time to wait for
_MAX_OUTPUTS = 64


@dataclass(frozen=True, slots=True)
class _Row:
    """One record of an alarm."""

    box: str
    historical: int
    received_ms: int
    envelope: str

    @property
    def data(self) -> AlarmData:
        return AlarmData.model_validate(Envelope.model_validate_json(self.envelope).data)


class AlarmBook:
    """The tables alarm_records, alarms, panels and command_results."""

    def __init__(self, db: Connection, counters: Counters) -> None:
        self._db, self._counters = db, counters
        self._records = RecordTable(db, counters, "alarm", "alarm_records", "alarms")

    def record(self, record: AlarmIn, now_ms: int) -> bool:
        """Fold one record in; return whether it was new."""
        data = record.data
        kept = self._records.keep(Arrived(data.alarm_id, data.rev, record.box, record.envelope, record.raw,
                                          data.t.clock_synchronised), {}, now_ms)
        if kept is not StoreOutcome.NOTHING:
            self._settle(data.alarm_id)
        return kept is StoreOutcome.NEW

    def panel(self, panel: PanelIn, now_ms: int) -> bool:
        """The state of a box's panel, by the highest seq. Returns whether it was news."""
        epoch = self._db.execute("SELECT epoch FROM boxes WHERE box = ?", (panel.box,)).fetchone()[0]
        seq = -1 if panel.envelope.seq is None else panel.envelope.seq
        mine = (epoch, seq, ms_of(panel.envelope.time))
        old = self._db.execute("SELECT epoch, seq, time_ms FROM panels WHERE box = ?",
                               (panel.box,)).fetchone()
        if old is not None and tuple(old) >= mine:
            return False
        self._db.execute("INSERT OR REPLACE INTO panels VALUES (?, ?, ?, ?, ?, ?)",
                         (panel.box, *mine, now_ms, to_json(panel.data)))
        self._counters.add("", "changes")      # open pages look again
        return True

    def result(self, result: ResultIn, now_ms: int) -> bool:
        """What a box answered to a command. Returns whether it was new."""
        if keep_result(self._db, result, now_ms):
            self._counters.add("", "changes")
            return True
        self._counters.add(result.box, "duplicates")
        return False

    def _settle(self, alarm_id: str) -> None:
        """Bring the alarm's row to what its records add up to."""
        rows = [_Row(*row) for row in self._db.execute(
            "SELECT box, historical, received_ms, envelope FROM alarm_records WHERE alarm_id = ?"
            " ORDER BY rev", (alarm_id,))]
        self._records.write_summary(alarm_id, _summed_up(rows))


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


def _summed_up(rows: list[_Row]) -> dict[str, object]:
    """The columns of `alarms` that its records decide."""
    first, last = rows[0].data, rows[-1].data
    time_ms, received_ms = ms_of(first.t.at), min(row.received_ms for row in rows)
    asked = next((data.event_id for row in rows if is_event_id((data := row.data).event_id or "")), None)
    return {
        "box": rows[0].box, "phase": last.phase.value, "mode": last.mode.value, "rev": last.rev,
        "cause": first.raised_by.cause.value, "name": plain(first.raised_by.name),
        "by_cause": last.by.cause.value if last.by else None,
        "by_name": plain(last.by.name) if last.by else None,
        "outputs": json.dumps([plain(name) for name in last.outputs[:_MAX_OUTPUTS]], ensure_ascii=False),
        "event_id": asked, "reason": plain(last.reason) if last.reason else None, "time_ms": time_ms,
        "until_ms": _until_ms(rows[-1], last),
        "ended_ms": ms_of(last.t.at) if last.phase in _CLOSING else None,
        "clock_synchronised": int(first.t.clock_synchronised), "historical": rows[0].historical,
        "received_ms": received_ms,
        "keep_from_ms": min(time_ms, received_ms) if first.t.clock_synchronised else received_ms,
    }


def _until_ms(row: _Row, data: AlarmData) -> int | None:
    """When it ends by itself. What the box's clock says of it counts only where that clock is set."""
    if data.t.clock_synchronised and data.t.until is not None:
        return ms_of(data.t.until)
    left_s = data.t.remaining_s
    if left_s is None or not math.isfinite(left_s):
        return None
    return row.received_ms + round(min(max(left_s, 0.0), _LONGEST_S) * 1000)
