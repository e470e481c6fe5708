"""Rows as JSON for programs, and as a line for people. Times are RFC 3339, UTC."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from edge.contract.messages import Role, rfc3339
from ward.store.rows import (
    AlarmRecordRow,
    AlarmRow,
    BoxRow,
    CommandRow,
    EventRow,
    ImageRow,
    IncidentRow,
    LessonRow,
    RecordRow,
    Summary,
)


def event_json(row: EventRow) -> dict[str, Any]:
    """One event. `pictures` are those that are here and verified, by role; `picture` is that of the subject,
    None while it is not; `picture_wanted` says that it will come, unless `picture_lost` says why it does not.
    """
    group, box = row.box.split("/")
    pictures = {role.value: {"url": picture_path(row, role), "rev": shown.rev, "sha256": shown.sha256}
                for role, shown in row.pictures.items()}
    return {
        "event_id": row.event_id, "change": row.change, "group": group, "box": box,
        "box_title": row.box_title, "camera": row.camera, "kind": row.kind, "rule": row.rule,
        "zone": row.zone, "class": row.label, "count": row.count, "riders": row.riders,
        "score": row.score,
        "severity": row.severity, "phase": row.phase, "rev": row.rev,
        "time": moment(row.time_ms), "first_seen": moment(row.first_seen_ms), "ended": moment(row.ended_ms),
        "ended_why": row.ended_why,
        "received": moment(row.received_ms), "clock_synchronised": row.clock_synchronised,
        "historical": row.historical, "picture_wanted": row.picture_wanted,
        "picture_lost": row.subject_lost or None,
        "picture": pictures.get(Role.SUBJECT), "pictures": pictures,
    }


def picture_path(row: EventRow, role: Role = Role.SUBJECT) -> str:
    """The path at which the page serves a picture that `row` has. Raises KeyError: it has none of that role.
    """
    path = f"/images/{row.event_id}/{row.pictures[role].rev}"
    return path if role is Role.SUBJECT else f"{path}/{role}"


def record_json(row: RecordRow) -> dict[str, Any]:
    """One phase; `record` is the text of the message as it came, for who checks its signature."""
    return {"rev": row.rev, "phase": row.phase, "seq": row.seq, "historical": row.historical,
            "received": moment(row.received_ms), "json_bytes": row.json_bytes, "record": row.envelope}


def image_json(row: ImageRow) -> dict[str, Any]:
    return {"rev": row.rev, "role": row.role, "sha256": row.sha256, "bytes": row.bytes, "state": row.state,
            "received": moment(row.received_ms)}


def box_json(row: BoxRow) -> dict[str, Any]:
    group, box = row.box.split("/")
    return {
        "group": group, "box": box, "title": row.title, "state": row.state, "since": moment(row.state_ms),
        "heard": moment(row.heard_ms), "boot_id": row.boot_id, "birth": json.loads(row.birth or "null"),
        "metrics": json.loads(row.metrics or "null"),
        "metrics_at": moment(row.metrics_ms), "journal_restarts": row.restarts, "last_seq": row.last_seq,
        "waiting": row.waiting, "gaps": [[gap.first_seq, gap.last_seq] for gap in row.gaps],
        "cameras": [{"camera": camera.camera, "state": camera.state, "since": moment(camera.since_ms),
                     "detail": camera.detail} for camera in row.cameras],
        "panel": None if row.panel is None else {
            "phase": row.panel.phase, "armed": row.panel.armed, "outputs": row.panel.outputs,
            "faults": [fault.line for fault in row.panel.faults], "mains": row.panel.mains,
            "since": moment(row.panel.since_ms), "received": moment(row.panel.received_ms)},
        "lessons": [lesson_json(lesson) for lesson in row.lessons],
        "counters": row.counters,
    }


def incident_json(row: IncidentRow) -> dict[str, Any]:
    """What somebody must know of; open where `put_away` is None. `box` is "" of the station itself."""
    return {"id": row.incident_id, "box": row.box, "box_title": row.box_title, "kind": row.kind,
            "first": moment(row.first_ms), "last": moment(row.last_ms), "count": row.count,
            "detail": dict(row.detail), "put_away": moment(row.put_away_ms)}


def lesson_json(row: LessonRow) -> dict[str, Any]:
    """What a box has learned not to tell; over where `until` is past."""
    return {"id": row.lesson_id, "event_id": row.event_id, "camera": row.camera, "rule": row.rule,
            "class": row.label, "hours": row.hours, "until": moment(row.until_ms), "issuer": row.issuer,
            "muted": row.muted, "muted_last": moment(row.muted_last_ms)}


def alarm_json(row: AlarmRow) -> dict[str, Any]:
    """One alarm. `seen` is who at the ward was the first to see it."""
    group, box = row.box.split("/")
    return {
        "alarm_id": row.alarm_id, "change": row.change, "group": group, "box": box,
        "box_title": row.box_title, "phase": row.phase, "mode": row.mode, "rev": row.rev,
        "raised_by": {"cause": row.cause, "name": row.name},
        "by": None if row.by_cause is None else {"cause": row.by_cause, "name": row.by_name},
        "outputs": list(row.outputs), "event_id": row.event_id, "reason": row.reason,
        "time": moment(row.time_ms), "until": moment(row.until_ms), "ended": moment(row.ended_ms),
        "received": moment(row.received_ms), "clock_synchronised": row.clock_synchronised,
        "historical": row.historical,
        "seen": None if row.seen_by is None else {"officer": row.seen_by, "time": moment(row.seen_ms)},
    }


def alarm_record_json(row: AlarmRecordRow) -> dict[str, Any]:
    return {"rev": row.rev, "seq": row.seq, "historical": row.historical,
            "received": moment(row.received_ms), "record": row.envelope}


def command_json(row: CommandRow) -> dict[str, Any]:
    """`accepted` is None where the box has not answered; `failure` says what is known then."""
    return {"asked_id": row.asked_id, "box": row.box, "name": row.name, "duration_s": row.duration_s,
            "with_siren": row.with_siren, "issuer": row.issuer, "asked": moment(row.asked_ms),
            "signings": row.signings, "accepted": row.accepted, "reason": row.reason,
            "alarm_id": row.alarm_id, "told": moment(row.told_ms), "failure": row.failure}


def summary_json(summary: Summary) -> dict[str, Any]:
    """`duplicates_refused` counts messages that came again; no row ever doubles."""
    counters = dict(summary.counters)
    return {
        "events": summary.events, "records": summary.records, "severities": summary.severities,
        "images": summary.images.get("verified", 0), "images_pending": summary.images.get("pending", 0),
        "quarantined": summary.images.get("quarantined", 0),
        "duplicates_refused": counters.pop("duplicates", 0), "refused": counters.pop("refused", 0),
        "gaps": summary.gaps, "json_bytes": summary.json_bytes, "image_bytes": summary.image_bytes,
        "max_event_json_bytes": summary.max_event_json_bytes, "boxes": summary.boxes,
        "alarms": summary.alarms, "counters": counters,
    }


def event_line(row: EventRow) -> str:
    pictures = "+".join("picture" if role is Role.SUBJECT else role for role in row.pictures) or "-"
    return (f"{moment(row.time_ms)}  {row.severity:7}  {row.phase:6}  {row.box}/{row.camera}  "
            f"{row.kind} {row.label} x{row.count}  {pictures}  {row.event_id}{place_at_end(row.box_title)}")


def place_at_end(title: str | None) -> str:
    """The place of a box for the end of a line, after the columns that scripts take apart."""
    return f"  {title}" if title else ""


def moment(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(datetime.fromtimestamp(ms / 1000, UTC))
