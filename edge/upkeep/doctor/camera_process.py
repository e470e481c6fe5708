"""Root's side of the process that looks at cameras: start it, hear it out within bounds, and end it."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from edge.base.own_process import how_ended, python_command, python_environment
from edge.base.redact import printable, shorten
from edge.config.camera_model import CameraSettings
from edge.upkeep.doctor.camera_look import CAMERAS, CameraLook, read_look

LIMIT_S = 120.0                 # the service has 170 for all checks
_CHILD = "edge.upkeep.doctor.camera_child"
_END_S = 2.0                    # for ending by itself once it has said all
_READ_BYTES = 64 * 1024
_SAID_BYTES = 512 * 1024        # sixty-four cameras and all that may be said of each
_WORDS_BYTES = 4000             # of what it said last on standard error
_WORDS_CHARS = 200


@dataclass(frozen=True, slots=True)
class CameraLooks:
    """What the process said, by camera, and how it ended."""

    looks: Mapping[str, CameraLook]
    ended: str = ""             # why it did not get to its own end; "" where it did
    has_no_user: bool = False   # root called, on a machine without the user for it


@dataclass(slots=True)
class _Heard:
    """What came of it so far."""

    said: bytearray = field(default_factory=bytearray)
    words: bytes = b""
    broken_off: str = ""


def look_in_process(cameras: Mapping[str, CameraSettings], module: str = _CHILD,
                    clock: Callable[[], float] = time.monotonic) -> CameraLooks:
    """Have `cameras` looked at, all at once, by a process without root's rights.

    What it said before it was broken off, or died, counts.
    """
    with _as_file(cameras) as settings:
        process = subprocess.Popen(python_command(module, str(os.getpid())), stdin=settings,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=python_environment())
    try:
        heard = _hear(process, clock)
        status = None if heard.broken_off else _ended_by_itself(process)
    finally:
        _end(process)
    looks = [read_look(line) for line in bytes(heard.said).splitlines()]
    return CameraLooks({look.camera: look for look in looks if look is not None and look.camera in cameras},
                       _how(heard, status), status == os.EX_NOUSER)


def _as_file(cameras: Mapping[str, CameraSettings]) -> BinaryIO:
    """In memory, to be read from its beginning: a pipe would hold up whoever writes more than it takes."""
    file = os.fdopen(os.memfd_create("cameras", os.MFD_CLOEXEC), "w+b")
    file.write(CAMERAS.dump_json(dict(cameras)))
    file.seek(0)
    return file


def _hear(process: subprocess.Popen[bytes], clock: Callable[[], float]) -> _Heard:
    """Until it has closed both its ends, said too much, or the time is over."""
    heard, until_s = _Heard(), clock() + LIMIT_S
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            selector.register(stream.fileno(), selectors.EVENT_READ, stream is process.stdout)
        while selector.get_map():
            if (left_s := until_s - clock()) <= 0:
                heard.broken_off = "it has not ended in time"
                break
            for key, _ in selector.select(left_s):
                if not (more := os.read(key.fd, _READ_BYTES)):
                    selector.unregister(key.fd)
                elif key.data:
                    heard.said += more
                else:
                    heard.words = (heard.words + more)[-_WORDS_BYTES:]
            if len(heard.said) > _SAID_BYTES:
                heard.broken_off = "it says too much"
                break
    return heard


def _ended_by_itself(process: subprocess.Popen[bytes]) -> int | None:
    """Its exit status; None where it has closed its ends and lives on."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(_END_S)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it. In a service that may not, or where it hangs in the kernel, it ends with the service."""
    with contextlib.suppress(PermissionError, subprocess.TimeoutExpired):
        process.kill()
        process.wait(_END_S)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def _how(heard: _Heard, status: int | None) -> str:
    if heard.broken_off or status == os.EX_OK:
        return heard.broken_off
    lines = [line for line in heard.words.decode(errors="replace").splitlines() if line.strip()]
    how = how_ended(status)
    return f"{how}: {shorten(printable(lines[-1].strip()), _WORDS_CHARS)}" if lines else how
