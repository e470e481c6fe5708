"""Which camera ended watch, so that the others are not blind for it again and again.

A bug of ours ends the process, and systemd starts it again: right for a bug that comes once. Where one
camera's pictures bring it about, that camera could keep all of them blind for ever, and whoever holds it
could on purpose. So what ends a thread while it works for a camera is written down beside its name, and a
camera that did it twice within half an hour is set aside: for ten minutes, then for twice as long each time,
six hours at most.

What it cannot do: a decoder that crashes in C takes the process along before anybody can write.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from edge.base import durable
from edge.base.errors import EdgeError
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState

log = logging.getLogger("watch")

FORGIVEN_NS = 30 * 60 * NS_PER_S        # after so long in use, what was before counts no more
_FIRST_ASIDE_NS = 10 * 60 * NS_PER_S
_LONGEST_ASIDE_NS = 6 * 3600 * NS_PER_S
_FILE = "camera-crashes.json"
_MAX_BYTES = 64 * 1024
_TURN_S = 1.0


@dataclass(frozen=True, slots=True)
class CrashCount:
    """How often one camera has ended watch, without half an hour in use between any two."""

    count: int
    last_ns: int                        # CLOCK_MONOTONIC

    @property
    def aside_until_ns(self) -> int:
        """When it may be opened again; not after `last_ns` where it was but once."""
        if self.count < 2:
            return self.last_ns
        return self.last_ns + min(_FIRST_ASIDE_NS << min(self.count - 2, 16), _LONGEST_ASIDE_NS)


def after_crash(before: CrashCount | None, now_ns: int) -> CrashCount:
    """The count with one more at `now_ns`. Pure."""
    if before is None or now_ns - before.aside_until_ns > FORGIVEN_NS:
        return CrashCount(1, now_ns)
    return CrashCount(before.count + 1, now_ns)


@dataclass(frozen=True, slots=True)
class _Written:
    boot_id: str                        # the times are of this boot
    cameras: Mapping[str, CrashCount]


_FORM = TypeAdapter(_Written)


class CameraCrashes:
    """Of all cameras of one watch; known to the next by a file in `folder`, memory on a box. Any thread."""

    def __init__(self, folder: Path, boot_id: str, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._folder, self._boot_id, self._clock = folder, boot_id, clock
        self._counts = dict(self._read())
        self._mutex = threading.Lock()

    @contextmanager
    def blamed_on(self, camera_id: str) -> Iterator[None]:
        """What ends this block, unless it is an error raised on purpose, is counted against the camera."""
        done = False
        try:
            yield
            done = True
        except EdgeError:
            done = True
            raise
        finally:
            if not done:
                self._count(camera_id)

    def wait_aside(self, camera_id: str, stop: threading.Event,
                   on_health: Callable[[CameraState, str], None]) -> None:
        """Where the camera is set aside, say so and wait until that is over, or `stop` is set."""
        crashes = self._counts.get(camera_id)
        if crashes is None or (left_ns := crashes.aside_until_ns - self._clock()) <= 0:
            return
        why = (f"set aside for {max(1, round(left_ns / NS_PER_S / 60))} min: what it sends has ended edgebox "
               f"watch {crashes.count} times; restart it, update its software, or take it out of the config")
        log.error("camera set aside: camera=%s crashes=%d for_s=%.0f", camera_id, crashes.count,
                  left_ns / NS_PER_S)
        on_health(CameraState.LOST, why)
        while (left_ns := crashes.aside_until_ns - self._clock()) > 0:
            beat()
            if stop.wait(min(left_ns / NS_PER_S, _TURN_S)):
                return

    def _count(self, camera_id: str) -> None:
        with self._mutex:
            self._counts[camera_id] = after_crash(self._counts.get(camera_id), self._clock())
            content = _FORM.dump_json(_Written(self._boot_id, self._counts))
            try:
                durable.write(self._folder / _FILE, content, lasting=False)
            except OSError as exc:
                log.error("cannot write which camera ended watch: folder=%s error=\"%s\"", self._folder, exc)

    def _read(self) -> Mapping[str, CrashCount]:
        """Of this boot; nothing where that cannot be read."""
        path = self._folder / _FILE
        try:
            written = _FORM.validate_json(durable.read(path, _MAX_BYTES,
                                                       owners=durable.trusted(self._folder)))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            log.warning("which cameras ended watch cannot be read: file=%s error=\"%s\"", path, exc)
            return {}
        return written.cameras if written.boot_id == self._boot_id else {}
