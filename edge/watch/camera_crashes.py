"""Which camera ended watch, so that the others are not blind for it again and again.

A bug of ours ends the process, and systemd starts it again: right for a bug that comes once. Where one
camera's pictures bring it about, that camera could keep all of them blind for ever, and whoever holds it
could on purpose. So what ends a thread while it works for a camera is written down beside its name, and a
camera that did it twice within half an hour is set aside: for ten minutes, then for twice as long each time,
six hours at most.

A thread that hangs is ended by the watchdog: counted as well, where threads of one camera alone hang.
A decoder that crashes in C takes the process along. Then Python's faulthandler still writes which thread it
was, and a table beside it says for which camera that thread worked: the next watch reads both. What it
cannot do: name a camera where the kernel ends the process for its memory, or where inference dies in C.
"""

from __future__ import annotations

import faulthandler
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from edge.base import durable
from edge.base.errors import EdgeError
from edge.base.redact import printable
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState

log = logging.getLogger("watch")

FORGIVEN_NS = 30 * 60 * NS_PER_S        # after so long in use, what was before counts no more
_FIRST_ASIDE_NS = 10 * 60 * NS_PER_S
_LONGEST_ASIDE_NS = 6 * 3600 * NS_PER_S
CAPTURE, EVIDENCE = "capture", "evidence"       # what is before a camera's name in those of its threads
_FILE, _THREADS, _FATAL = "camera-crashes.json", "camera-threads.json", "fatal-error.txt"
_CURRENT_THREAD = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)      # as faulthandler writes it
_LOGGED_LINES = 12
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
_THREADS_FORM = TypeAdapter(dict[int, str])


class CameraCrashes:
    """Of all cameras of one watch; known to the next by a file in `folder`, memory on a box. Any thread."""

    def __init__(self, folder: Path, boot_id: str, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._folder, self._boot_id, self._clock = folder, boot_id, clock
        self._counts = dict(self._read())
        self._mutex = threading.Lock()
        self._threads: dict[int, str] = {}      # for which camera each works, by its ident
        self._fatal: IO[str] | None = None
        self._blame_fatal_error()

    def name_threads_of_signals(self) -> None:
        """From now on a fatal signal leaves the thread's ident for the next watch, which logs it as well."""
        try:
            self._fatal = (self._folder / _FATAL).open("w", encoding="utf-8")
        except OSError as exc:
            log.error("cannot write which camera ends watch: folder=%s error=\"%s\"", self._folder, exc)
            return
        faulthandler.enable(self._fatal)

    @contextmanager
    def working_for(self, camera_id: str) -> Iterator[None]:
        """As `blamed_on`, and a fatal signal in this thread as well; for what is not begun often."""
        self._note_thread(camera_id)
        with self.blamed_on(camera_id):
            yield

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
                self.count(camera_id)

    def count(self, camera_id: str) -> None:
        """One more of what ends watch, and is the camera's."""
        with self._mutex:
            self._counts[camera_id] = after_crash(self._counts.get(camera_id), self._clock())
            self._write(_FILE, _FORM.dump_json(_Written(self._boot_id, self._counts)))

    def blame_hung(self, threads: Sequence[str]) -> None:
        """Count that threads hang, which the watchdog ends: where they are of one camera, and no more."""
        parts = [name.partition("-") for name in threads]
        cameras = {camera for kind, _, camera in parts if kind in (CAPTURE, EVIDENCE)}
        if len(cameras) == 1:
            self.count(*cameras)

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

    def _note_thread(self, camera_id: str) -> None:
        with self._mutex:
            if self._threads.get(threading.get_ident()) != camera_id:
                self._threads[threading.get_ident()] = camera_id
                self._write(_THREADS, _THREADS_FORM.dump_json(self._threads))

    def _write(self, name: str, content: bytes) -> None:
        try:
            durable.write(self._folder / name, content, lasting=False)
        except OSError as exc:
            log.error("cannot write which camera ends watch: folder=%s error=\"%s\"", self._folder, exc)

    def _blame_fatal_error(self) -> None:
        """Count what a fatal signal left behind, and log it; once."""
        path, owners = self._folder / _FATAL, durable.trusted(self._folder)
        try:
            said = durable.read(path, _MAX_BYTES, owners=owners).decode("utf-8", "replace")
            found = _CURRENT_THREAD.search(said)
            if said:
                log.error("the watch before was ended by a signal: %s",
                          " / ".join(printable(line) for line in said.splitlines()[:_LOGGED_LINES]))
            path.unlink()
            if found:
                threads = _THREADS_FORM.validate_json(durable.read(self._folder / _THREADS, _MAX_BYTES,
                                                                   owners=owners))
                if (camera_id := threads.get(int(found[1], 16))) is not None:
                    self.count(camera_id)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as exc:
            log.warning("which camera ended watch cannot be read: file=%s error=\"%s\"", path, exc)

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
