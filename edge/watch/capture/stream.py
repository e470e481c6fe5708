"""Open what a camera's settings name: the source of its kind, with `Framing` before it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind
from edge.watch.capture.address import CameraError, locate
from edge.watch.capture.framing import Framing
from edge.watch.capture.source import CameraStats, Source
from edge.watch.capture.source_av import AvSource, give_up
from edge.watch.capture.source_csi import CsiSource
from edge.watch.capture.timing import LookPace


def open_stream(camera_id: str, settings: CameraSettings, *, live: bool,
                stop: threading.Event | None = None, stats: CameraStats | None = None,
                pace: LookPace | None = None, clock: Callable[[], int] = time.monotonic_ns,
                on_waiting: Callable[[CameraError], None] = give_up) -> Framing:
    """Open what `settings.source` names.

    Args:
        live: a file plays at its own speed, with the time of `clock`; otherwise as fast as it goes,
            with `mono_ns` counting from zero in media time. A camera is always live.
        stop: ends the waiting for the next picture of a file, and a camera at its next packet.
        pace: how often pictures are looked at, for who wants to change it on the way; without one,
            `settings.fps` times a second.
        on_waiting: called in the thread that iterates where a camera sends and no picture can be had yet.
            Waiting goes on for up to a minute; without it, the iteration raises what it is called with.

    Raises:
        CameraError: it cannot be opened. The message holds no password.
    """
    stats, pace, stop = stats or CameraStats(), pace or LookPace(settings.fps), stop or threading.Event()
    address = locate(camera_id, settings)
    source: Source
    if address.kind is SourceKind.CSI:
        source = CsiSource(address, settings, stats, clock, pace)
    else:
        source = AvSource(address, settings, live, stats, clock, pace, on_waiting, stop)
    stats.opened += 1
    return Framing(source, settings, pace, stats, stop, clock)
