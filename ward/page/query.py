"""What an address asks for: the filter and the place in the list, checked, and back into an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from edge.contract.messages import Severity
from ward.page.show import Show
from ward.store.intake import is_event_id
from ward.store.rows import Cursor, EventFilter, EventRow

_NAME = re.compile(r"[a-z0-9-]{1,48}(?:/[a-z0-9-]{1,48}){1,2}")
_MAX_TEXT = 96


@dataclass(frozen=True, slots=True)
class Query:
    """Texts of an address that a page understands; what is not valid is left out."""

    camera: str = ""           # group/box or group/box/camera
    kind: str = ""
    severity: str = ""
    label: str = ""
    day: str = ""              # YYYY-MM-DD, local
    before: str = ""           # see `cursor_of`

    @classmethod
    def of(cls, params: Mapping[str, str], show: Show) -> Query:
        def text(name: str) -> str:
            value = params.get(name, "")
            return value if len(value) <= _MAX_TEXT and value.isprintable() else ""

        camera, severity, day = text("camera"), text("severity"), text("day")
        return cls(camera=camera if _NAME.fullmatch(camera) else "", kind=text("kind"),
                   severity=severity if severity in set(Severity) else "", label=text("class"),
                   day=day if show.day_bounds(day) else "", before=text("before"))

    @property
    def is_filtered(self) -> bool:
        return replace(self, before="") != Query()

    def filter(self, show: Show) -> EventFilter:
        parts = self.camera.split("/")
        bounds = show.day_bounds(self.day) if self.day else None
        return EventFilter(
            box="/".join(parts[:2]) if self.camera else None, camera=parts[2] if len(parts) == 3 else None,
            kind=self.kind or None, severity=self.severity or None, label=self.label or None,
            from_ms=bounds[0] if bounds else None, until_ms=bounds[1] if bounds else None)

    def wanted(self, show: Show) -> dict[str, str | int]:
        """The filter for a page's script: what an event's JSON must have, and when it must have come."""
        which = self.filter(show)
        group, _, box = (which.box or "").partition("/")
        found: dict[str, str | int | None] = {
            "group": group, "box": box, "camera": which.camera, "kind": which.kind, "class": which.label,
            "severity": which.severity, "from_ms": which.from_ms, "until_ms": which.until_ms}
        return {name: value for name, value in found.items() if value}

    def address(self, **changes: str) -> str:
        """The query string with `changes`, from "?"; "" keeps nothing."""
        fields = replace(self, **changes)
        pairs = [("camera", fields.camera), ("kind", fields.kind), ("severity", fields.severity),
                 ("class", fields.label), ("day", fields.day), ("before", fields.before)]
        return "?" + urlencode([(name, value) for name, value in pairs if value], safe="/")


def cursor_of(text: str) -> Cursor | None:
    """A place in the list as addresses hold it: milliseconds, a dot, an id."""
    time, _, event_id = text.partition(".")
    if not (time.isdecimal() and len(time) < 16 and is_event_id(event_id)):
        return None
    return Cursor(int(time), event_id)


def is_box_name(text: str) -> bool:
    """Whether it may be a "group/box"."""
    return text.count("/") == 1 and _NAME.fullmatch(text) is not None


def place_of(row: EventRow) -> str:
    """The place of `row`, for `cursor_of`."""
    return f"{row.received_ms}.{row.event_id}"


def number_of(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
