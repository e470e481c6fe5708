"""One picture of a camera, for who stands before it: masked as its config says, and kept nowhere."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from edge.config.camera_model import CameraSettings
from edge.config.fields import Polygon
from edge.config.source import SourceKind, kind_of
from edge.upkeep.camera.target import CameraTarget, canonical_host
from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.framing import Framing
from edge.watch.capture.source import CameraStats
from edge.watch.capture.source_av import AvSource
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import LookPace

_STALL_S = 10.0


def snapshot(target: CameraTarget, stream: str, password: str, masks: Sequence[Polygon]) -> AvFrame:
    """The first whole picture of `stream`; of a camera of the config that of its source, masks burnt in.

    Args:
        masks: burnt into what is no camera of the config; see `masks_at`.

    Raises:
        CameraError: it gives none.
    """
    with _opened(target, stream, password, masks) as frames:
        for frame in frames:
            return frame
    raise CameraError(f"camera {target.name!r}: gives no picture", fault=CameraFault.SILENT)


def masks_at(host: str, cameras: Mapping[str, CameraSettings],
             look_up: Callable[[str], Collection[str]] | None = None) -> tuple[Polygon, ...]:
    """The masks of all cameras of the config that are at `host`, by whichever name or address of it.

    Rather too much is hidden: of a recorder those of all its cameras, since nobody can tell which one a
    stream is of. A second address of a camera, which no name of the config leads to, is not known again.

    Args:
        look_up: a name's addresses; the system's without.
    """
    look_up = look_up or _addresses
    wanted = _known_as(host, look_up)
    return tuple(mask for camera in cameras.values() if camera.masks
                 if any(_known_as(it, look_up) & wanted for it in _hosts(camera)) for mask in camera.masks)


def _hosts(camera: CameraSettings) -> Iterator[str]:
    for source in filter(None, (camera.source, camera.evidence)):
        if kind_of(source) in (SourceKind.RTSP, SourceKind.HTTP):
            yield urlsplit(source).hostname or ""


def _known_as(host: str, look_up: Callable[[str], Collection[str]]) -> set[str]:
    name = canonical_host(host)
    return {name, *map(canonical_host, look_up(name))}


def _addresses(host: str) -> Collection[str]:
    try:
        return {str(it[4][0]) for it in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return ()


def _opened(target: CameraTarget, stream: str, password: str, masks: Sequence[Polygon]) -> Framing:
    if target.settings is not None:
        return open_stream(target.name, target.settings, live=True)
    settings, stats = CameraSettings(source=stream, stall_s=_STALL_S, masks=tuple(masks)), CameraStats()
    address, pace = camera_address(target.name, stream, target.user, password), LookPace(settings.fps)
    return Framing(AvSource(address, settings, True, stats, time.monotonic_ns, pace), settings, pace, stats,
                   threading.Event(), time.monotonic_ns)
