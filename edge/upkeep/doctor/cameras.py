"""Whether each camera gives fresh pictures: opened for real, all at once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np

from edge.base.findings import Finding, Kind, State
from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind, kind_of
from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.health.records import state_in
from edge.journal.entry import Present
from edge.upkeep.camera.screen import unseen
from edge.upkeep.doctor.reach import Needs
from edge.upkeep.doctor.sight import sights
from edge.upkeep.doctor.streams import sent
from edge.watch.capture.address import CameraError
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.health import DARK_LUMA
from edge.watch.capture.stream import open_stream

_FRAMES = 3             # the first may be left over from before
_BUSY = "resource busy"         # strerror(EBUSY)


def look_at_all(cameras: Mapping[str, CameraSettings], root: Root, present: Mapping[str, Present],
                needs: Needs) -> list[Finding]:
    """Open every camera at once; findings in the order of the config. `present` is what watch told last."""
    with ThreadPoolExecutor(max_workers=max(1, len(cameras)), thread_name_prefix="doctor") as pool:
        found = pool.map(lambda name: _look_at(name, cameras[name], present.get(root.health(name)), needs),
                         cameras)
        return [*chain.from_iterable(found)]


def _look_at(name: str, settings: CameraSettings, told: Present | None, needs: Needs) -> list[Finding]:
    """How it is, and what it can tell where it gives a picture."""
    began_s = time.monotonic()
    try:
        frames = _frames(name, settings)
    except CameraError as exc:
        if told is not None and _is_in_use(settings, exc):
            return [_as_watched(name, told)]
        return [unseen(name, exc)]
    seen = _judged(name, settings, frames, time.monotonic() - began_s)
    return [seen, *sent(name, settings), *sights(name, settings, needs, (frames[0].width, frames[0].height))]


def _is_in_use(settings: CameraSettings, fault: CameraError) -> bool:
    """A camera at USB or at the camera port is open in one process at a time."""
    kind = kind_of(settings.source)
    return kind in (SourceKind.DEVICE, SourceKind.CSI) and _BUSY in str(fault).lower()


def _judged(name: str, settings: CameraSettings, frames: Sequence[AvFrame], took_s: float) -> Finding:
    values = {"size": f"{frames[0].width}x{frames[0].height}", "seconds": f"{took_s:.1f}"}
    is_camera = kind_of(settings.source) is not SourceKind.FILE
    if is_camera and len(frames) < 2:
        return Finding(Kind.CAMERA, name, State.BAD, "camera-frozen", values)
    if all(float(np.percentile(frame.luma[::16], 99)) < DARK_LUMA for frame in frames):
        return Finding(Kind.CAMERA, name, State.WARN, "camera-dark", values)
    return Finding(Kind.CAMERA, name, State.OK, "camera-ok", values)


def _frames(name: str, settings: CameraSettings) -> list[AvFrame]:
    """A few, one after another; at least one. Raises CameraError."""
    frames: list[AvFrame] = []
    with open_stream(name, settings, live=True) as stream:
        for frame in stream:
            frames.append(frame)
            if len(frames) == _FRAMES:
                break
    return frames


def _as_watched(name: str, told: Present) -> Finding:
    """The camera is in use: by watch, whose word is taken."""
    said = json.loads(told.data)
    values = {"state": state_in(said), "detail": said.get("detail", "")}    # a forged one may lack it
    if values["state"] == CameraState.OK:
        return Finding(Kind.CAMERA, name, State.OK, "camera-watched", values)
    return Finding(Kind.CAMERA, name, State.BAD, "camera-watched-bad", values)
