"""What an officer teaches a box not to tell: "not that", by a signed command; and the list that a box keeps.

A lesson is narrow by its form: objects of one class, at one place of one camera, for one rule, at some hours
of the day, for 30 days at most.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.contract.messages import Message, Ratio
from edge.contract.topics import SLUG

MAX_LESSONS = 32            # of one box, all cameras together: who needs more needs a mask or another zone
MAX_DAYS = 30
MAX_MUTED = 2**53 - 1       # what every reader of JSON can count
MAX_PLACE_RATIO = 0.25      # of the picture: a larger place would make the camera blind

_HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = re.compile(f"{_HOUR}-{_HOUR}")
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

LessonId = Annotated[str, Field(pattern=_UUID)]     # the cmd_id of the command that taught it
Name = Annotated[str, Field(pattern=f"^(?:{SLUG.pattern})$")]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
Hours = Annotated[str, Field(pattern=f"^{_HOURS.pattern}$")]      # local time; over midnight where it falls
Place = tuple[Ratio, Ratio, Ratio, Ratio]           # x0, y0, x1, y1 of the picture

_TAUGHT = ("event_id", "camera", "rule", "label", "x0", "y0", "x1", "y1", "days")


class LessonFields(BaseModel):
    """What `notthat` says besides, flat: either all of what it teaches, or whose `undo` it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    event_id: LessonId | None = None       # which event the officer judged
    camera: Name | None = None
    rule: Name | None = None
    label: Label | None = None             # the `class` of its object
    x0: Ratio | None = None                # the `rect` of its object
    y0: Ratio | None = None
    x1: Ratio | None = None
    y1: Ratio | None = None
    hours: Hours | None = None             # "18:00-23:00"; without it at all hours
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    undo: LessonId | None = None

    @model_validator(mode="after")
    def _teaches_or_undoes(self) -> LessonFields:
        given = [name for name in (*_TAUGHT, "hours") if getattr(self, name) is not None]
        if self.undo is not None and given:
            raise ValueError(f"{given[0]}: nothing is taught by an undo")
        missing = [name for name in _TAUGHT if getattr(self, name) is None]
        if given and missing:
            raise ValueError(f"{missing[0]}: missing; a lesson has all of {', '.join(_TAUGHT)}")
        return self

    @property
    def teaches(self) -> bool:
        return self.event_id is not None

    @property
    def place(self) -> Place | None:
        """Of what it teaches."""
        x0, y0, x1, y1 = self.x0, self.y0, self.x1, self.y1
        return None if x0 is None or y0 is None or x1 is None or y1 is None else (x0, y0, x1, y1)


class Lesson(Message):
    """One that a box has learned, and how often it has kept something back for it."""

    id: LessonId
    event_id: LessonId
    camera: Name
    rule: Name
    label: Label = Field(alias="class")
    rect: Place
    hours: Hours | None = None
    until: AwareDatetime
    issuer: Annotated[str, Field(max_length=100)]
    muted: Annotated[int, Field(ge=0, le=MAX_MUTED)] = 0         # events kept back since it was taught
    muted_last: AwareDatetime | None = None


class LessonsData(Message):
    """All that a box has learned and not yet forgotten: retained, at each change, and as it counts."""

    lessons: Annotated[tuple[Lesson, ...], Field(max_length=MAX_LESSONS)] = ()


def is_hours(text: str) -> bool:
    return _HOURS.fullmatch(text) is not None


def is_within(hours: str | None, local: time) -> bool:
    """Whether `local` falls into `hours`; a start is within them, an end is not; equal, they are all day."""
    if hours is None:
        return True
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    if start < end:
        return start <= local < end
    return local >= start or local < end
