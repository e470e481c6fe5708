"""What an officer asks of a box, and the signed document that says so. Pure but for the signing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from edge.base.limits import LIGHT_MAX_S, SIREN_MAX_S
from edge.contract.command import Command, CommandName
from edge.contract.lessons import MAX_DAYS, LessonFields, is_hours
from edge.contract.messages import EventData, rfc3339
from edge.contract.signing import ALG
from edge.contract.topics import Root
from ward.command.keys import CommandKey

LIFE_S = 30
"""From `issued` to `expires`: a command that takes longer on its way is not what the officer still wants."""
LIMITS_S = {CommandName.SIREN: SIREN_MAX_S, CommandName.LIGHT: LIGHT_MAX_S}
"""What takes a duration, and the longest that a box grants."""
MAX_ISSUER = 60


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a box shall not tell again: the object of an event, at its place."""

    event_id: str
    camera: str
    rule: str
    label: str
    rect: tuple[float, float, float, float]     # ratios of the picture
    hours: str | None                           # "18:00-23:00", local time of the box; None: all day
    days: int

    @classmethod
    def of(cls, event: EventData, hours: str | None, days: int) -> Teaching:
        """Raises ValueError: no such hours or days, or the event is of a crowd, which is no single object."""
        if hours is not None and not is_hours(hours):
            raise ValueError(f"hours {hours[:20]!r}: want such as 18:00-23:00")
        if not 1 <= days <= MAX_DAYS:
            raise ValueError(f"{days} days: want 1 to {MAX_DAYS}")
        if event.object.count > 1:
            raise ValueError("a crowd is not one object at one place: nothing can be taught of it")
        about = event.object
        return cls(event.event_id, event.camera, event.rule, about.label, about.rect, hours, days)

    def fields(self) -> dict[str, object]:
        """As they stand in the command."""
        x0, y0, x1, y1 = self.rect
        return {"event_id": self.event_id, "camera": self.camera, "rule": self.rule, "label": self.label,
                "x0": x0, "y0": y0, "x1": x1, "y1": y1, "days": self.days,
                **({} if self.hours is None else {"hours": self.hours})}


@dataclass(frozen=True, slots=True)
class Order:
    """Raises ValueError for what no box would take; the text says what is wanted."""

    name: CommandName
    duration_s: float | None = None     # siren, light; None: as the box is configured
    with_siren: bool = False            # selftest
    teaching: Teaching | None = None    # notthat: this,
    undo: str | None = None             # or the id of the lesson that shall hold no more

    def __post_init__(self) -> None:
        if self.duration_s is not None:
            limit_s = LIMITS_S.get(self.name)
            if limit_s is None:
                raise ValueError(f"{self.name} takes no duration: only siren and light end by themselves")
            if not 0 < self.duration_s <= limit_s:
                raise ValueError(f"{self.name} for {self.duration_s:g} s: want more than 0 s, at most "
                                 f"{limit_s:g} s")
        if self.with_siren and self.name is not CommandName.SELFTEST:
            raise ValueError("only selftest is quiet unless told: leave out with-siren")
        given = sum(it is not None for it in (self.teaching, self.undo))
        if given != (1 if self.name is CommandName.NOT_THAT else 0):
            raise ValueError("notthat names an event, or a lesson to undo; no other command names one")
        _check_lesson({"undo": self.undo} if self.teaching is None else self.teaching.fields())


def _check_lesson(fields: dict[str, object]) -> None:
    """Raises ValueError: a box, which may be a strange one, or a form names what no command can."""
    try:
        LessonFields.model_validate(fields)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"notthat: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from exc


def check_issuer(text: str) -> str:
    """A name as it will be read at the box and in its log. Raises ValueError."""
    name = " ".join(text.split())
    if not (0 < len(name) <= MAX_ISSUER and name.isprintable()):
        raise ValueError(f"want a name of 1 to {MAX_ISSUER} printable characters")
    return name


def signed(order: Order, cmd_id: str, root: Root, boot_id: str, issuer: str, issued: datetime,
           key: CommandKey) -> bytes:
    """The payload for `root.command(order.name)`: for this box, this boot and the next LIFE_S seconds."""
    document: dict[str, object] = {
        "cmd_id": cmd_id, "name": order.name.value, "box": root.path, "boot_id": boot_id,
        "issued": rfc3339(issued), "expires": rfc3339(issued + timedelta(seconds=LIFE_S)), "issuer": issuer,
        "kid": key.kid, "alg": ALG}
    if order.duration_s is not None:
        document["duration_s"] = order.duration_s
    if order.with_siren:
        document["with_siren"] = True
    if order.teaching is not None:
        document |= order.teaching.fields()
    if order.undo is not None:
        document["undo"] = order.undo
    document["sig"] = key.signature_of(document)
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    Command.model_validate_json(payload)        # what our own types refuse would be our own bug
    return payload
