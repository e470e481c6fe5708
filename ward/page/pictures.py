"""The pictures of one event, for its page: what records tell of each, checked again; what is drawn on it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.contract.messages import EventData, EventPicture, Image, Role
from ward.export import picture_path
from ward.store.intake import ms_of
from ward.store.reader import Reader
from ward.store.rows import EventRow

_HEAD_RATIO = 0.035                # of the view's width: how long an arrow's head is; who moved less, stood
OVERDUE, OVERDUE_MS = "overdue", 24 * 3_600_000      # after so long a picture is not said to be on its way
_LONGEST_MS = 7 * 86_400_000       # of a `before` that is believed
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The object's place in a view, in units of `width` and `height`; texts are points of SVG."""

    width: int
    height: int
    rect: tuple[float, float, float, float]      # x, y, width, height
    way: str                                     # "" where it stood, or no way was told
    head: str                                    # of the arrow at its end
    first: Point


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture as a record tells it, and whether it is here."""

    role: Role
    state: str                 # verified, broken, missing; coming, or lost, where none was ever here
    address: str               # of the file; "" where there is none to show
    sha256: str
    width: int
    height: int
    bytes: int
    masked: bool
    pixelated: bool
    taken_ms: int | None       # None: the record does not tell
    before_ms: int | None      # so long before the scene; None: not of this role, or not told rightly
    sketch: Sketch | None      # what may be drawn over it
    lost: str                  # why it never comes: full, unreadable, refused, unexplained, overdue; or ""

    @property
    def shape(self) -> str:
        """tall, wide or square: for the frame that it is shown in."""
        ratio = self.width / self.height
        return "tall" if ratio < 0.8 else "wide" if ratio > 1.25 else "square"


def pictures_of(reader: Reader, row: EventRow, records: Sequence[EventData],
                now_ms: int) -> dict[Role, PictureView]:
    """The event's pictures by role, in the order subject, scene, before; those that no record names are left
    out. Reads each file once more, to compare what it is with what its record says.

    Reads each file once more, to compare what it is with what its record told.
    """
    told = {role: found for role in Role if (found := _told(row, records, role))}
    lost = reader.losses.lost_pictures(row.event_id)
    if now_ms - row.heard_ms > OVERDUE_MS:
        lost = dict.fromkeys(Role, OVERDUE) | lost
    return {role: _view(reader, row, records, role, told, lost.get(role, "")) for role in told}


def picture_address(row: EventRow, role: Role) -> str:
    """The address of a picture that is here; with its hash, so that no browser shows an older one that it
    keeps.

    Raises KeyError: `row` has none of that role.
    """
    return f"{picture_path(row, role)}?{row.pictures[role].sha256[:8]}"


def sketch_of(data: EventData, records: Sequence[EventData], width: int, height: int) -> Sketch:
    """The object's place by `data`, and the longest way that any record has; of two as long, the later."""
    x0, y0, x1, y1 = data.object.rect
    ratios = max((each.object.path for each in reversed(records)), key=len) or (((x0 + x1) / 2, y1),)
    points = [(round(x * width, 1), round(y * height, 1)) for x, y in ratios]
    head = _head(points, _HEAD_RATIO * width)
    return Sketch(
        width, height,
        (round(x0 * width, 1), round(y0 * height, 1),
         round(max(0.0, x1 - x0) * width, 1), round(max(0.0, y1 - y0) * height, 1)),
        _svg(points) if head else "", head, points[0])


_Facts = Image | EventPicture


def _told(row: EventRow, records: Sequence[EventData], role: Role) -> tuple[EventData, _Facts] | None:
    """The facts of the picture that is shown, by the first record with it; without one, of the last told."""
    every = [(data, facts) for data in records if (facts := _facts(data, role))]
    shown = row.pictures.get(role)
    if shown is None:
        return every[-1] if every else None
    return next((each for each in every if each[1].sha256 == shown.sha256), None)


def _facts(data: EventData, role: Role) -> _Facts | None:
    found = next((picture for picture in data.pictures if picture.role is role), None)
    return found or (data.image if role is Role.SUBJECT else None)


def _view(reader: Reader, row: EventRow, records: Sequence[EventData], role: Role,
          told: Mapping[Role, tuple[EventData, _Facts]], lost: str) -> PictureView:
    data, facts = told[role]
    state = _check(reader, row, role)
    if state == "coming" and lost:
        state = "lost"
    full = facts if isinstance(facts, EventPicture) else None
    return PictureView(
        role, state, picture_address(row, role) if state in ("verified", "broken") else "", facts.sha256,
        facts.width, facts.height, facts.bytes, facts.masked, full is not None and full.pixelated,
        ms_of(full.at) if full else None, _before_ms(row, told) if role is Role.BEFORE else None,
        None if role is Role.SUBJECT else sketch_of(data, records, facts.width, facts.height),
        lost if state == "lost" else "")


def _check(reader: Reader, row: EventRow, role: Role) -> str:
    shown = row.pictures.get(role)
    if shown is None:
        return "coming"
    path = reader.picture(row.event_id, shown.rev, role)
    if path is None or not path.is_file():
        return "missing"
    return "verified" if hashlib.sha256(path.read_bytes()).hexdigest() == shown.sha256 else "broken"


def _before_ms(row: EventRow, told: Mapping[Role, tuple[EventData, _Facts]]) -> int | None:
    """How long before the event, by the times that are shown, so that all agree; by the stream's where the
    clock was set in between.
    """
    facts = told[Role.BEFORE][1]
    assert isinstance(facts, EventPicture)
    scene = told[Role.SCENE][1] if Role.SCENE in told else None
    if isinstance(scene, EventPicture):
        by_clock, by_stream = ms_of(scene.at), round((scene.media_s - facts.media_s) * 1000)
    else:
        by_clock, by_stream = row.time_ms, 0
    ways = (by_clock - ms_of(facts.at), by_stream)
    return next((before_ms for before_ms in ways if 0 < before_ms <= _LONGEST_MS), None)


def _head(points: Sequence[Point], length: float) -> str:
    """A triangle at the end of the way, turned as its last part goes: a last step may be jitter.

    "" where all of the way is nearer to its end than `length`.
    """
    tip_x, tip_y = points[-1]
    for x, y in reversed(points[:-1]):
        gone = math.hypot(tip_x - x, tip_y - y)
        if gone >= length:
            back_x, back_y = (x - tip_x) / gone * length, (y - tip_y) / gone * length
            return _svg([(tip_x, tip_y), *((tip_x + back_x - half * back_y, tip_y + back_y + half * back_x)
                                           for half in (-0.45, 0.45))])
    return ""


def _svg(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
