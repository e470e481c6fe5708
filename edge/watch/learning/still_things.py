"""Still things that rules have told of: a statue, a coat, a sign that a detector takes for a person.

Remembered by place and look, so that one that is lost and found again is no new event. Numbers alone are
kept, no picture. Not thread-safe, bounded, and without a clock: what was seen longest ago is forgotten first.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.base.values import Rect
from edge.watch.learning.appearance import ALIKE, SIZE, Appearance, decoded, encoded, likeness

MAX_THINGS = 32             # of one camera
MAX_LOOKS = 6               # of one thing: by day, by lamplight, in infra-red
SAME_PLACE_IOU = 0.5
_KNOWN_LIKENESS = 0.9       # a look that is more like one of those known adds nothing


@dataclass(eq=False, slots=True)
class StillThing:
    """One of them. Places are ratios of the picture."""

    rect: Rect
    looks: list[Appearance]                 # the oldest first
    rules: set[str] = field(default_factory=set)     # those that have told it

    def is_like(self, rect: Rect, look: Appearance) -> bool:
        return self.rect.iou(rect) >= SAME_PLACE_IOU and self._likeness(look) >= ALIKE

    def add_look(self, look: Appearance) -> bool:
        """As it looks now, while it is known to be the same; whether that was news."""
        if self._likeness(look) >= _KNOWN_LIKENESS:
            return False
        self.looks = [*self.looks, look][-MAX_LOOKS:]
        return True

    def _likeness(self, look: Appearance) -> float:
        return max(likeness(look, known) for known in self.looks)


class StillThings:
    """Those of one camera."""

    def __init__(self) -> None:
        self._things: list[StillThing] = []     # seen longest ago first
        self.changes = 0                        # so many times, so that who writes them down knows when

    def __iter__(self) -> Iterator[StillThing]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def find(self, rect: Rect, look: Appearance) -> StillThing | None:
        """The thing at this place with this look, which is then the last seen."""
        found = next((thing for thing in reversed(self._things) if thing.is_like(rect, look)), None)
        if found is not None:
            self._things.remove(found)
            self._things.append(found)
        return found

    def remember(self, rect: Rect, look: Appearance) -> StillThing:
        """The thing at this place with this look, known before or not."""
        found = self.find(rect, look)
        if found is None:
            found = StillThing(rect.clipped(1.0, 1.0), [look])
            self._things = [*self._things, found][-MAX_THINGS:]
        self.changes += 1
        return found

    def forget(self, thing: StillThing) -> None:
        """It has moved, so it lives."""
        if thing in self._things:
            self._things.remove(thing)
            self.changes += 1

    def dumped(self) -> bytes:
        """All of them, for `restored`."""
        return _Form(things=[_ThingForm(
            rect=(thing.rect.x0, thing.rect.y0, thing.rect.x1, thing.rect.y1), rules=sorted(thing.rules),
            looks=[b64encode(encoded(look)).decode() for look in thing.looks])
            for thing in self._things]).model_dump_json().encode()

    @classmethod
    def restored(cls, content: bytes) -> StillThings:
        """Raises ValueError: that is no such dump."""
        made = cls()
        try:
            form = _Form.model_validate_json(content)
            made._things = [StillThing(Rect(*it.rect), [decoded(b64decode(look)) for look in it.looks],
                                       set(it.rules)) for it in form.things]
        except ValueError as exc:       # pydantic's and base64's errors are some, too
            raise ValueError("still things: what was kept of them cannot be read; each is told once more"
                             ) from exc
        return made


_LOOK_LENGTH = 4 * ((SIZE + 2) // 3)
_Side = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class _ThingForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rect: tuple[_Side, _Side, _Side, _Side]
    rules: Annotated[list[Annotated[str, Field(max_length=48)]], Field(max_length=64)]
    looks: Annotated[list[Annotated[str, Field(min_length=_LOOK_LENGTH, max_length=_LOOK_LENGTH)]],
                     Field(min_length=1, max_length=MAX_LOOKS)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    things: Annotated[list[_ThingForm], Field(max_length=MAX_THINGS)]
