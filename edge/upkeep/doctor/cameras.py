"""Whether each camera gives fresh pictures: opened for real, by a process without root's rights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from edge.base.findings import Finding, Kind, State
from edge.config.camera_model import CameraSettings
from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.health.records import state_in
from edge.journal.entry import Present
from edge.upkeep.doctor.camera_process import CameraLooks, look_in_process
from edge.upkeep.doctor.reach import Needs
from edge.upkeep.doctor.sight import sights


def look_at_all(cameras: Mapping[str, CameraSettings], root: Root, present: Mapping[str, Present],
                needs: Needs) -> list[Finding]:
    """Open every camera; findings in the order of the config. `present` is what watch told last."""
    if not cameras:
        return []
    seen = look_in_process(cameras)
    return [finding for name, settings in cameras.items()
            for finding in _found(name, settings, seen, present.get(root.health(name)), needs)]


def _found(name: str, settings: CameraSettings, seen: CameraLooks, told: Present | None,
           needs: Needs) -> Iterator[Finding]:
    """How it is, and what it can tell where it gives a picture."""
    look = seen.looks.get(name)
    if look is None:
        yield (Finding(Kind.CAMERA, name, State.BAD, "camera-no-user") if seen.has_no_user else
               Finding(Kind.CAMERA, name, State.BAD, "camera-unchecked",
                       {"error": seen.ended or "it said nothing"}))
    elif look.is_in_use and told is not None:
        yield _as_watched(name, told)
    else:
        yield from look.found()
        if look.size_px is not None:
            yield from sights(name, settings, needs, look.size_px)


def _as_watched(name: str, told: Present) -> Finding:
    """The camera is in use: by watch, whose word is taken."""
    said = json.loads(told.data)
    values = {"state": state_in(said), "detail": said.get("detail", "")}    # a forged one may lack it
    if values["state"] == CameraState.OK:
        return Finding(Kind.CAMERA, name, State.OK, "camera-watched", values)
    return Finding(Kind.CAMERA, name, State.BAD, "camera-watched-bad", values)
