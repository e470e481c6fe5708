"""What the keys of a config may hold: the types that all settings are made of.

Lengths in the picture are ratios (0..1) of its width and height, so that a camera can change its
resolution. Durations are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from edge.base.security_contact import CONTACT_MAX, contact_fault
from edge.config.shapes import line_fault, polygon_fault
from edge.config.tables import KeyFault
from edge.contract.topics import SLUG, is_slug

ERROR_TYPE = "edgebox_cross_check"      # of a fault between keys
LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$"
MAX_S = 7 * 24 * 3600          # no duration of a box is longer than a week


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("use 1 to 48 of a-z 0-9 and -, not at the start or end")
    return text


def _polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    refuse(polygon_fault(points))
    return points


def _line(points: tuple[Point, Point]) -> tuple[Point, Point]:
    refuse(line_fault(points))
    return points


def refuse(fault: str | None) -> None:
    """Raise the error that pydantic wants of a validator for `fault`, where there is one."""
    if fault is not None:
        raise ValueError(fault)


def _clock(moment: object) -> object:
    """Read text ourselves: pydantic would take a count of seconds, and a time of another zone."""
    if not isinstance(moment, str):
        return moment
    if not re.fullmatch(LOCAL_TIME, moment):
        raise PydanticCustomError("local_time", "want a local time such as 22:30:00")
    return time.fromisoformat(moment)


def anchored(path: Path, info: ValidationInfo) -> Path:
    """A relative path starts at the config file's folder, which the loader gives as context."""
    return Path(info.context["folder"]) / path if info.context else path


def _file(path: Path, info: ValidationInfo) -> Path:
    if not path.name or not str(path).isprintable():
        raise ValueError("want the path of a file")
    return anchored(path, info)


def _host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%a-z]*", host):
        raise ValueError("want a name or address alone, such as 'mqtt.example' or '192.168.1.5'; "
                         "no scheme://, no port, no user")
    return host


def _security_contact(text: str) -> str:
    refuse(contact_fault(text))
    return text


Slug = Annotated[str, Field(pattern=f"^{SLUG.pattern}$"), AfterValidator(_slug)]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Ratio, Ratio]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=100), AfterValidator(_polygon)]
Line = Annotated[tuple[Point, Point], AfterValidator(_line)]
Host = Annotated[str, AfterValidator(_host)]
SecurityContact = Annotated[str, Field(max_length=CONTACT_MAX), AfterValidator(_security_contact)]
LocalTime = Annotated[time, BeforeValidator(_clock),
                      WithJsonSchema({"type": "string", "pattern": LOCAL_TIME})]
File = Annotated[Path, AfterValidator(_file)]
Folder = Annotated[Path, AfterValidator(anchored)]
Text = Annotated[str, Field(min_length=1)]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def raise_first(faults: Iterator[KeyFault]) -> None:
    """Refuse by the first fault between keys.

    A validator may only point at the whole table, and runs only once every key in it is right;
    the loader, which tells all faults with their keys, runs the same checks itself and knows
    these by their type.
    """
    for fault in faults:
        raise PydanticCustomError(ERROR_TYPE, "{fault}", {"fault": str(fault)})
