"""All of one event, for its page: its phases, its way through the view, its pictures checked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.contract.messages import EventData, Role
from ward.page.pictures import PictureView, Sketch, pictures_of, sketch_of
from ward.store.intake import ms_of
from ward.store.reader import Reader, event_of
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
class EventView:
    row: EventRow
    phases: list[PhaseView]
    pictures: Mapping[Role, PictureView]
    sketch: Sketch                       # of its own, for an event without a scene to draw over
    quarantined: int

    @property
    def subject(self) -> PictureView | None:
        return self.pictures.get(Role.SUBJECT)

    @property
    def scene(self) -> PictureView | None:
        return self.pictures.get(Role.SCENE)

    @property
    def before(self) -> PictureView | None:
        return self.pictures.get(Role.BEFORE)


def describe(reader: Reader, found: tuple[EventRow, list[RecordRow], list[ImageRow]],
             now_ms: int) -> EventView:
    """Reads the pictures' files once more, to compare what they are with what the records told."""
    row, records, images = found
    phases = [_phase(record) for record in records]
    told = [phase.data for phase in phases]
    return EventView(
        row=row, phases=phases, pictures=pictures_of(reader, row, told, now_ms),
        sketch=sketch_of(told[-1], told, _VIEW_W, _VIEW_H),
        quarantined=sum(image.state == "quarantined" for image in images))


def _phase(record: RecordRow) -> PhaseView:
    data = event_of(record)
    try:
        text = json.dumps(json.loads(record.envelope), indent=2, ensure_ascii=False)
    except ValueError:                 # a number that Python's parser finds too long
        text = record.envelope
    return PhaseView(record, data, ms_of(data.t.decided), text)


def numbers_missing_before(phases: list[PhaseView], gaps: list[tuple[int, int]]) -> set[int]:
    """Which of the phases' numbers follow a gap of their box."""
    ends = {last + 1 for _, last in gaps}
    return {phase.row.seq for phase in phases if phase.row.seq is not None and phase.row.seq in ends}


def summary_of(view: EventView) -> dict[str, Any]:
    """What the API adds to the event's own fields. `picture_state` and `masked` are the subject's."""
    subject = view.subject
    return {
        "picture_state": "" if subject is None or subject.state == "coming" else subject.state,
        "masked": subject is not None and subject.masked, "quarantined": view.quarantined,
        "picture_states": {role.value: picture.state for role, picture in view.pictures.items()}}
