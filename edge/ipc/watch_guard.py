"""What watch says to guard: that it lives, how its cameras are, and which events ask for the alarm."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from edge.contract.messages import AlarmWish, CameraState, Severity
from edge.contract.topics import SLUG
from edge.ipc.messages import Message

MAX_CAMERAS = 64
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
    """Watch lives; how its cameras are now."""

    kind: Literal["beat"] = "beat"
    cameras: Annotated[dict[Slug, CameraState], Field(max_length=MAX_CAMERAS)]


REQUESTS: TypeAdapter[Wish | Beat] = TypeAdapter(Annotated[Wish | Beat, Field(discriminator="kind")])
