"""Reading alarms, and the log of commands; a part of `Reader`, with its promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from edge.base.sqlite import Connection, Row
from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, Envelope
from ward.store.changes import LOOK_AT_ONCE, last_change, looked_upto
from ward.store.clocks import CorrectedTime, corrected
from ward.store.connections import Connections
from ward.store.desk import CUT_OFF_SUFFIX
from ward.store.intake import ms_of
from ward.store.rows import AlarmRecordRow, AlarmRow, BoxCalls, Changes, CommandRow, Cursor, LastCallRow

_SEEN = "(SELECT {} FROM alarms_seen WHERE alarms_seen.alarm_id = alarms.alarm_id ORDER BY id LIMIT 1)"
# CASE, since AND may look at both sides; and what is no JSON to SQLite may be such to who stored it.
_SAID_LATE = ("coalesce((SELECT CASE WHEN json_valid(envelope) THEN json_extract(envelope, '$.historical')"
              " END FROM alarm_records WHERE alarm_records.alarm_id = alarms.alarm_id"
              " ORDER BY rev LIMIT 1), 0)")
_NOW = {      # what of an alarm changes without its records
    "heard_ms": "(SELECT max(received_ms) FROM alarm_records"
                " WHERE alarm_records.alarm_id = alarms.alarm_id)",
    "said_late": _SAID_LATE,
    "box_state": "(SELECT state FROM boxes WHERE boxes.box = alarms.box)",
    "box_title": "(SELECT title FROM boxes WHERE boxes.box = alarms.box)",
    "seen_by": _SEEN.format("officer"), "seen_ms": _SEEN.format("seen_ms"),
}
_ALARM = ", ".join(f"{_NOW[field.name]} AS {field.name}" if field.name in _NOW else field.name
                   for field in fields(AlarmRow))
_CUT_SEEN = ("(SELECT {} FROM alarms_seen WHERE alarms_seen.alarm_id = last.alarm_id || :suffix"
             " ORDER BY id LIMIT 1)")
_UNSEEN = f"(cause != '{AlarmCause.WARD}' AND {_SEEN.format('1')} IS NULL)"
GRACE_MS = 60_000
"""So long after its time an alarm whose end was not told is still looked at."""
LONGEST_MS = 24 * 3_600_000
"""An alarm whose end nobody knows is on for so long."""
CLOCK_OFF_MS = 60_000
"""A clock that is said to be set and is so far from ours does not say when an alarm is over."""
_ENDS = (f"CASE WHEN until_ms IS NULL THEN received_ms + {LONGEST_MS}"
         f" WHEN clock_synchronised AND abs(time_ms - received_ms) > {CLOCK_OFF_MS} AND NOT {_SAID_LATE}"
         " THEN received_ms + until_ms - time_ms ELSE until_ms END")
_IS_ON = f"(ended_ms IS NULL AND {_ENDS} > :now - {GRACE_MS})"


class AlarmReader:
    """Any thread."""

    def __init__(self, db: Connections) -> None:
        self._db = db

    def alarms(self, limit: int, before: Cursor | None = None, box: str | None = None) -> list[AlarmRow]:
        """The newest alarms, the last to come first."""
        condition, values = "1", list[object]()
        if before is not None:
            condition, values = "(received_ms, alarm_id) < (?, ?)", [before.received_ms, before.subject_id]
        if box is not None:
            condition, values = f"{condition} AND box = ?", [*values, box]
        return self._rows(f"{condition} ORDER BY received_ms DESC, alarm_id DESC LIMIT ?", *values, limit)

    def calling(self, now_ms: int, since_ms: int, per_box: int) -> list[BoxCalls]:
        """What an officer must see first: alarms that are on, and those that nobody here has taken.

        By box, so that no box pushes another's off; of each the `per_box` that matter most: what is on, then
        what nobody has taken, silent ones first, the oldest of equals; and of what nobody has taken the first
        in any case. Of our own commands only what is on.
        None that came before `since_ms`, and none that was refused.
        """
        with self._db() as db:
            found = db.execute(
                f"SELECT {_ALARM}, calls, last_ms FROM (SELECT *, row_number() OVER"                # noqa: S608
                " (PARTITION BY box, unseen ORDER BY place) AS unseen_place FROM (SELECT alarm_id, box,"
                f" {_UNSEEN} AS unseen, count(*) OVER of_box AS calls,"
                " max(received_ms) OVER of_box AS last_ms,"
                f" row_number() OVER (PARTITION BY box ORDER BY {_IS_ON} DESC, ended_ms IS NULL DESC,"
                f" {_UNSEEN} DESC, mode = '{AlarmMode.SILENT}' DESC, received_ms, alarm_id) AS place"
                " FROM alarms"
                f" WHERE received_ms >= :since AND phase != '{AlarmPhase.REFUSED}'"
                f" AND ({_UNSEEN} OR {_IS_ON}) WINDOW of_box AS (PARTITION BY box)))"
                " JOIN alarms USING (alarm_id, box) WHERE place <= :per_box OR (unseen AND unseen_place = 1)"
                " ORDER BY box, place",
                {"since": since_ms, "now": now_ms, "per_box": per_box}).fetchall()
        boxes = {row["box"]: (row["calls"], row["last_ms"]) for row in found}
        first: dict[str, list[AlarmRow]] = {box: [] for box in boxes}
        for row in found:
            values = dict(row)
            del values["calls"], values["last_ms"]
            first[row["box"]].append(_alarm(values))
        return [BoxCalls(box, tuple(first[box]), *numbers) for box, numbers in boxes.items()]

    def last_calls(self) -> list[LastCallRow]:
        """Of each box that ever called, by name: how it was heard, and its last call."""
        with self._db() as db:
            return [LastCallRow(*row) for row in db.execute(
                "SELECT boxes.box, title, state, state_ms, boxes.heard_ms, alarm_id,"  # noqa: S608
                " (SELECT max(received_ms) FROM alarm_records AS told WHERE told.alarm_id = last.alarm_id),"
                f" {_CUT_SEEN.format('officer')}, {_CUT_SEEN.format('seen_ms')} FROM boxes"
                " JOIN alarms AS last ON alarm_id = (SELECT alarm_id FROM alarms WHERE alarms.box = boxes.box"
                f" AND cause != '{AlarmCause.WARD}' AND phase != '{AlarmPhase.REFUSED}' AND NOT {_SAID_LATE}"
                " ORDER BY received_ms DESC, alarm_id DESC LIMIT 1) ORDER BY boxes.box",
                {"suffix": CUT_OFF_SUFFIX})]

    def changed(self, after: int, limit: int) -> Changes[AlarmRow]:
        """Alarms that changed since the change number `after`, oldest change first."""
        with self._db() as db:
            last, end = last_change(db), after + LOOK_AT_ONCE
        rows = self._rows("change > ? AND change <= ? ORDER BY change LIMIT ?", after, end, limit)
        return Changes(rows, looked_upto([row.change for row in rows], limit, last, end))

    def alarm(self, alarm_id: str) -> tuple[AlarmRow, list[AlarmRecordRow]] | None:
        """One alarm, and its records by rev."""
        rows = self._rows("alarm_id = ?", alarm_id)
        if not rows:
            return None
        with self._db() as db:
            return rows[0], [AlarmRecordRow(*row) for row in db.execute(
                "SELECT rev, seq, historical, received_ms, envelope FROM alarm_records WHERE alarm_id = ?"
                " ORDER BY rev", (alarm_id,))]

    def clock(self, alarm_id: str) -> CorrectedTime | None:
        """When an alarm was raised, by its box and as it was; None where there is no such alarm."""
        with self._db() as db:
            row = db.execute("SELECT box, envelope FROM alarm_records WHERE alarm_id = ? ORDER BY rev"
                             " LIMIT 1", (alarm_id,)).fetchone()
            if row is None:
                return None
            times = AlarmData.model_validate(Envelope.model_validate_json(row["envelope"]).data).t
            return corrected(db, row["box"], times.boot_id, times.mono_ns, ms_of(times.at))

    def seen(self, alarm_id: str) -> list[tuple[str, int]]:
        """Every officer who has seen it, and when (ms), in that order."""
        with self._db() as db:
            return [(row[0], row[1]) for row in db.execute(
                "SELECT officer, seen_ms FROM alarms_seen WHERE alarm_id = ? ORDER BY id", (alarm_id,))]

    def commands(self, limit: int, box: str | None = None) -> list[CommandRow]:
        """The newest commands of this ward, newest first; of one box, or of all."""
        with self._db() as db:
            rows = db.execute(
                "SELECT asked_id, box, name, duration_s, with_siren, issuer, asked_ms FROM commands"
                " WHERE ?1 IS NULL OR box = ?1 ORDER BY asked_ms DESC, asked_id LIMIT ?2",
                (box, limit)).fetchall()
            return [_command(db, row) for row in rows]

    def _rows(self, condition: str, *values: object) -> list[AlarmRow]:
        with self._db() as db:
            return [_alarm(row) for row in db.execute(
                f"SELECT {_ALARM} FROM alarms WHERE {condition}", values)]  # noqa: S608


def _alarm(row: Row | Mapping[str, Any]) -> AlarmRow:
    flags = {name: bool(row[name]) for name in ("clock_synchronised", "historical", "said_late")}
    return AlarmRow(**(dict(row) | flags | {"outputs": tuple(json.loads(row["outputs"]))}))


def _command(db: Connection, row: Row) -> CommandRow:
    """The box's word on the last signing counts; ours where it has none."""
    signings = db.execute("SELECT count(*) FROM command_signings WHERE asked_id = ?",
                          (row["asked_id"],)).fetchone()[0]
    answer = db.execute(
        "SELECT accepted, reason, alarm_id, results.received_ms FROM command_results AS results"
        " JOIN command_signings USING (cmd_id) WHERE asked_id = ? AND results.box = ?"
        " ORDER BY signed_ms DESC, results.received_ms DESC LIMIT 1",
        (row["asked_id"], row["box"])).fetchone()
    failure = db.execute("SELECT reason, failed_ms FROM command_failures WHERE asked_id = ?"
                         " ORDER BY id DESC LIMIT 1", (row["asked_id"],)).fetchone()
    told = answer["received_ms"] if answer else failure["failed_ms"] if failure else None
    return CommandRow(
        **(dict(row) | {"with_siren": bool(row["with_siren"])}), signings=signings, told_ms=told,
        accepted=bool(answer["accepted"]) if answer else None, reason=answer["reason"] if answer else None,
        alarm_id=answer["alarm_id"] if answer else None,
        failure=failure["reason"] if failure and not answer else None)
