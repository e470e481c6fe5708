"""Records become alarms, as records become events: what arrived decides, not its order.

The highest rev tells phase, mode, outputs and end; the lowest tells when it was raised. Every method
works within the caller's transaction.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import AlarmData, AlarmPhase, Envelope
from ward.store.counts import ChangeCount, Counters
from ward.store.incoming import AlarmIn
from ward.store.intake import is_event_id, ms_of, plain
from ward.store.record_table import Arrived, RecordTable, StoreOutcome

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
    """The tables alarm_records and alarms."""

    def __init__(self, db: Connection, counters: Counters, changes: ChangeCount) -> None:
        self._db = db
        self._records = RecordTable(db, counters, changes, "alarm", "alarm_records", "alarms")

    def record(self, record: AlarmIn, now_ms: int) -> StoreOutcome:
        """Fold one record in."""
        data = record.data
        kept = self._records.keep(Arrived(data.alarm_id, data.rev, record.box, record.envelope, record.raw,
                                          data.t.clock_synchronised), {}, now_ms)
        if kept in (StoreOutcome.NEW, StoreOutcome.LIVE):
            self._settle(data.alarm_id)
        return kept

    def _settle(self, alarm_id: str) -> None:
        """Bring the alarm's row to what its records add up to."""
        rows = [_Row(*row) for row in self._db.execute(
            "SELECT box, historical, received_ms, envelope FROM alarm_records WHERE alarm_id = ?"
            " ORDER BY rev", (alarm_id,))]
        self._records.write_summary(alarm_id, _summed_up(rows))


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
