"""All of one event, for its page: its phases, its way through the view, its picture checked again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from edge.contract.messages import Envelope, EventData
from ward.store.reader import Reader
from ward.store.rows import EventRow, ImageRow, RecordRow

_VIEW_W, _VIEW_H = 1600, 900       # the sketch; ratios do not tell the camera's shape, 16:9 is usual


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One record; `data` is typed, `text` is the message as it came, indented where that is possible."""

    row: RecordRow
    data: EventData
    decided_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """Where it was, in units of the sketch."""

    width: int
    height: int
    rect: tuple[float, float, float, float]      # x, y, width, height
    path: str                                    # SVG points
    last: tuple[float, float]


@dataclass(frozen=True, slots=True)
class EventView:
    row: EventRow
    phases: list[PhaseView]
    sketch: Sketch
    picture: str               # verified, broken, missing, or "" for none
    masked: bool
    quarantined: int


def describe(reader: Reader, found: tuple[EventRow, list[RecordRow], list[ImageRow]]) -> EventView:
    """Reads the picture's file once more, to compare what it is with what the record told."""
    row, records, images = found
    phases = [_phase(record) for record in records]
    best = [phase.data.image for phase in phases if phase.data.image
            and phase.data.image.sha256 == row.picture_sha256]
    return EventView(
        row=row, phases=phases, sketch=_sketch(phases), picture=_check(reader, row),
        masked=any(image.masked for image in best),
        quarantined=sum(image.state == "quarantined" for image in images))


def _phase(record: RecordRow) -> PhaseView:
    data = EventData.model_validate(Envelope.model_validate_json(record.envelope).data)
    try:
        text = json.dumps(json.loads(record.envelope), indent=2, ensure_ascii=False)
    except ValueError:                 # a number that Python's parser finds too long
        text = record.envelope
    return PhaseView(record, data, round(data.t.decided.timestamp() * 1000), text)


def _sketch(phases: list[PhaseView]) -> Sketch:
    """Where it was last, and the longest way that was told; of two as long, the later."""
    x0, y0, x1, y1 = phases[-1].data.object.rect
    points = max((phase.data.object.path for phase in reversed(phases)), key=len)
    last = points[-1] if points else ((x0 + x1) / 2, y1)
    return Sketch(
        _VIEW_W, _VIEW_H,
        (round(x0 * _VIEW_W, 1), round(y0 * _VIEW_H, 1),
         round(max(0.0, x1 - x0) * _VIEW_W, 1), round(max(0.0, y1 - y0) * _VIEW_H, 1)),
        " ".join(f"{x * _VIEW_W:.1f},{y * _VIEW_H:.1f}" for x, y in points),
        (round(last[0] * _VIEW_W, 1), round(last[1] * _VIEW_H, 1)))


def _check(reader: Reader, row: EventRow) -> str:
    if row.picture_rev is None:
        return ""
    path = reader.picture(row.event_id, row.picture_rev)
    if path is None or not path.is_file():
        return "missing"
    return "verified" if hashlib.sha256(path.read_bytes()).hexdigest() == row.picture_sha256 else "broken"


def numbers_missing_before(phases: list[PhaseView], gaps: list[tuple[int, int]]) -> set[int]:
    """Which of the phases' numbers follow a gap of their box."""
    ends = {last + 1 for _, last in gaps}
    return {phase.row.seq for phase in phases if phase.row.seq is not None and phase.row.seq in ends}


def summary_of(view: EventView) -> dict[str, Any]:
    """What the API adds to the event's own fields."""
    return {"picture_state": view.picture, "masked": view.masked, "quarantined": view.quarantined}
