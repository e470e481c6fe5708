"""What watch says to guard: that it lives, how its cameras are, which events ask for the alarm, and what it
kept back for what the ward has taught, of which guard gives it the list.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from edge.contract.lessons import MAX_LESSONS, Lesson, LessonId
from edge.contract.messages import AlarmWish, CameraState, Severity
from edge.contract.topics import SLUG
from edge.ipc.messages import Message, Refused

MAX_CAMERAS = 64
MAX_RELIEF = 4
MAX_MUTED_IDS = 2 * MAX_LESSONS     # of one message
Slug = Annotated[str, Field(pattern=f"^(?:{SLUG.pattern})$")]
EventId = Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{1,64}$")]


class Wish(Message):
    """A new event asks for the alarm. The same one twice, after a lost answer, is one alarm."""

    kind: Literal["wish"] = "wish"
    event_id: EventId
    camera: Slug
    rule: Slug
    severity: Severity
    mode: AlarmWish
    mono_ns: Annotated[int, Field(ge=0, lt=2 ** 63)]       # when it was decided, of `boot_id`
    boot_id: Annotated[str, Field(max_length=64)]


class Beat(Message):
    """Watch lives; how it and its cameras are now."""

    kind: Literal["beat"] = "beat"
    cameras: Annotated[dict[Slug, CameraState], Field(max_length=MAX_CAMERAS)]
    relief: Annotated[int, Field(ge=0, le=MAX_RELIEF)] = 0     # how much it gives up for a strained board


class WhichLessons(Message):
    """What is not to be told now? `muted`: events kept back for each lesson since watch was started."""

    kind: Literal["which-lessons"] = "which-lessons"
    muted: Annotated[dict[LessonId, Annotated[int, Field(ge=0, lt=2 ** 40)]],
                     Field(default_factory=dict, max_length=MAX_MUTED_IDS)]


class Lessons(Message):
    """What holds now, by guard's word."""

    kind: Literal["lessons"] = "lessons"
    lessons: tuple[Lesson, ...]


Asked = Wish | Beat | WhichLessons
REQUESTS: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="kind")])
LESSON_ANSWERS: TypeAdapter[Lessons | Refused] = TypeAdapter(
    Annotated[Lessons | Refused, Field(discriminator="kind")])
