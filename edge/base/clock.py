"""The time of the box: monotonic for the pipeline, wall time for people, and whether to trust it.

A Raspberry Pi 4 has no clock battery: it boots with a wrong time and nothing may wait for a right one.
"""

from __future__ import annotations

import ctypes
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from edge.base.values import NS_PER_S

_STA_UNSYNC = 0x40          # <sys/timex.h>
_TIMEX_BYTES = 512          # larger than struct timex on every Linux


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment on every clock that evidence needs."""

    utc: datetime               # aware, UTC
    mono_ns: int
    boot_id: str
    clock_synchronised: bool


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def boot_id() -> str:
    """The kernel's id of this boot; a random one where the kernel tells none (not on Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(uuid.uuid4())


def clock_synchronised() -> bool:
    """Whether the kernel says that a time source keeps the wall clock; False where it cannot say."""
    return clock_quality().synchronised


@dataclass(frozen=True, slots=True)
class ClockQuality:
    """What the kernel says of the wall clock."""

    synchronised: bool
    max_error_us: int           # of use where it is synchronised


def clock_quality() -> ClockQuality:
    """What the kernel says of the wall clock; not synchronised where it cannot say.

    Source: adjtimex(2), status bit STA_UNSYNC, which chrony and systemd-timesyncd both clear, and maxerror.
    """
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)      # modes = 0: read only
    try:
        if _libc().adjtimex(buffer) < 0:
            return ClockQuality(False, 0)
    except AttributeError:
        return ClockQuality(False, 0)
    # `modes` (int), then offset, freq, maxerror, esterror (long, aligned), then `status`.
    word = ctypes.sizeof(ctypes.c_long)
    status = ctypes.c_int.from_buffer(buffer, 5 * word).value
    return ClockQuality(not status & _STA_UNSYNC, ctypes.c_long.from_buffer(buffer, 3 * word).value)


def now() -> Stamp:
    return Stamp(datetime.now(UTC), time.monotonic_ns(), boot_id(), clock_synchronised())


class TrustedTime:
    """Local wall time, or None while it was never right. One thread.

    A box without a clock battery boots in the past, and nobody may be able to move a schedule by sending it a
    wrong time. So time counts from the first moment that the kernel calls the clock synchronised, and goes on
    by CLOCK_MONOTONIC when it no longer does: hours without a time server, in which it drifts by a second or
    two.
    """

    def __init__(self) -> None:
        self._right: Stamp | None = None        # the latest stamp of a synchronised clock

    def local(self, stamp: Stamp) -> datetime | None:
        """The local time at `stamp`."""
        if stamp.clock_synchronised:
            self._right = stamp
        if self._right is None:
            return None
        since = timedelta(microseconds=(stamp.mono_ns - self._right.mono_ns) // 1000)
        return (self._right.utc + since).astimezone()


class SleepWatch:
    """Tells when the machine has slept: CLOCK_MONOTONIC stands still meanwhile, CLOCK_BOOTTIME goes on."""

    def __init__(self, asleep_ns: Callable[[], int] | None = None) -> None:
        """`asleep_ns`: for how long the machine has slept since it booted; tests pass their own."""
        self._asleep_ns = asleep_ns or _asleep_ns
        self._known_ns = self._asleep_ns()

    def woke(self) -> bool:
        """Whether it slept for more than a second since the last call."""
        before_ns, self._known_ns = self._known_ns, self._asleep_ns()
        return self._known_ns - before_ns > NS_PER_S


def _asleep_ns() -> int:
    while True:
        mono_ns = time.monotonic_ns()
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if time.monotonic_ns() - mono_ns < NS_PER_S // 1000:    # else this process was held up in between
            return boot_ns - mono_ns
