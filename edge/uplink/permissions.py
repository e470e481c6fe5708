"""What each sender may have written into the journal: one table, since uplink trusts none of them.

A taken-over watch can tell the ward of events that never were; it cannot speak in the alarm's name, take a
rank that is never shed, name topics that the box does not have, or put text into the envelope. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from edge.contract.command import CommandResultData
from edge.contract.lessons import LessonsData
from edge.contract.messages import (
    AlarmData,
    CameraState,
    EventData,
    HealthData,
    Message,
    PanelData,
)
from edge.contract.topics import Root, is_slug, parse
from edge.ipc.channels import Program
from edge.journal.entry import Entry, Picture, Rank

_JPEG = b"\xff\xd8"
_EVENT_RANKS = frozenset({Rank.NEW_ALERT, Rank.NEW, Rank.UPDATE, Rank.END})
_PICTURE_RANKS = frozenset({Rank.ALERT_IMAGE, Rank.SCENE, Rank.BEFORE, Rank.IMAGE})


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of record."""

    senders: tuple[Program, ...]
    ranks: frozenset[Rank]
    type_prefix: str            # its type, or what comes before a dot and more
    retain: bool
    data: type[Message]

    def fits(self, entry: Entry) -> bool:
        has_type = entry.type == self.type_prefix or entry.type.startswith(f"{self.type_prefix}.")
        return has_type and entry.rank in self.ranks and entry.retain == self.retain


_KINDS: Mapping[str, _Kind] = {        # by the first level of the topic below the box's root
    "event": _Kind((Program.WATCH,), _EVENT_RANKS, "edgebox.event", False, EventData),
    "cam": _Kind((Program.WATCH, Program.GUARD), frozenset({Rank.HEALTH}), "edgebox.camera.health", True,
                 HealthData),
    "alarm": _Kind((Program.GUARD,), frozenset({Rank.ALARM}), "edgebox.alarm", False, AlarmData),
    "panel": _Kind((Program.GUARD,), frozenset({Rank.PANEL}), "edgebox.panel", True, PanelData),
    "lessons": _Kind((Program.GUARD,), frozenset({Rank.HEALTH}), "edgebox.lessons", True, LessonsData),
    "cmd-result": _Kind((Program.GUARD,), frozenset({Rank.ANSWER}), "edgebox.command.result", False,
                        CommandResultData),
}

_COUNTERS: Mapping[Program, Callable[[str], bool]] = {
    Program.WATCH: lambda name: not name.startswith(("journal_", "commands_", "guard_", "uplink_")) and (
        not name.startswith("lost_") or name.startswith("lost_recorder_")),
    Program.GUARD: lambda name: name.startswith(("commands_", "guard_")),
}


class Permissions:
    """What each sender of one box may have written. Any thread."""

    def __init__(self, root: Root, cameras: Collection[str]) -> None:
        self._root, self._cameras = root, frozenset(cameras)

    def breach(self, sender: Program, entry: Entry) -> str | None:
        """Why `sender` may not have `entry` written; None where it may."""
        address = parse(entry.topic)
        if address is None or address.root != self._root or not all(map(is_slug, address.leaf)):
            return "topic of another box, or none of version 1"
        kind = _KINDS.get(address.leaf[0])
        if kind is None or sender not in kind.senders:
            return f"{sender} writes no {address.leaf[0]}"
        if not kind.fits(entry):
            return f"rank {entry.rank.name}, type {entry.type} or retain {entry.retain} is not of this topic"
        try:
            data = kind.data.model_validate_json(entry.data)
        except ValidationError as exc:
            return f"data: {exc.errors(include_url=False, include_input=False)[0]['msg']}"
        return self._breach_of(sender, entry, data)

    def may_count(self, sender: Program, name: str) -> bool:
        return _COUNTERS[sender](name)

    def _breach_of(self, sender: Program, entry: Entry, data: Message) -> str | None:
        match data:
            case EventData():
                return self._breach_of_event(entry, data)
            case HealthData() if not self._is_of_camera(entry, data):
                return "topic is not of one of the box's cameras"
            case HealthData() if sender is Program.GUARD and data.exactly is not CameraState.LOST:
                return "guard says of a camera that it is lost, and no more"
            case AlarmData() if entry.id != f"{data.alarm_id}.{data.rev}":
                return "id is not of this alarm and rev"
        if not isinstance(data, HealthData) and entry.topic not in (
                self._root.alarm, self._root.panel, self._root.lessons, self._root.command_result):
            return "topic goes on where it should end"
        return None if entry.ongoing is None and not entry.pictures else "only events go on and have pictures"

    def _breach_of_event(self, entry: Entry, data: EventData) -> str | None:
        """The camera of an event that ends may have left the config meanwhile."""
        if entry.topic != self._root.event(data.camera, data.kind) or entry.subject != data.camera:
            return "topic, subject and data name several cameras or kinds"
        if data.camera not in self._cameras and entry.rank is not Rank.END:
            return f"there is no camera {data.camera!r}"
        if (entry.event_id, entry.rev) != (data.event_id, data.rev) or not is_slug(data.event_id):
            return "event and rev are not those of the data"
        if entry.ongoing is not (entry.rank is not Rank.END):
            return "an end ends its event, and nothing else does"
        return next(filter(None, (self._breach_of_picture(entry, it) for it in entry.pictures)), None)

    def _breach_of_picture(self, entry: Entry, picture: Picture) -> str | None:
        of_event = (picture.event_id, picture.rev) == (entry.event_id, entry.rev)
        if not of_event or picture.topic != self._root.image(entry.event_id, entry.rev, picture.role):
            return "a picture is of another event, or of another topic than its own"
        if picture.rank not in _PICTURE_RANKS or not picture.jpeg.startswith(_JPEG):
            return "a picture has a rank that pictures do not have, or is no JPEG"
        return None

    def _is_of_camera(self, entry: Entry, data: HealthData) -> bool:
        return data.camera in self._cameras and entry.topic == self._root.health(data.camera)
