"""What guard may not do itself and asks a service for: by a file that a path unit of systemd's watches.

The service takes the file away when it begins (ExecStartPre), and leaves a result when it ends. Where nobody
takes it away there is no systemd that serves this box. Guard itself may start no unit.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.health.progress import Progress
from edge.ipc.health import Stage

PAUSE_S = 60.0              # between two requests that are not one
SERVED_S = 20.0             # systemd takes the file away within this, on a slow card as well

Print = tuple[int, int, int]        # of a file: inode, time and size; changes when it is replaced


@dataclass(frozen=True, slots=True)
class LastRequest:
    """The last request."""

    at_ns: int
    before: Print | None            # the result that was there already
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """What is to be seen of it now."""

    is_waiting: bool                # the file that asks lies there
    progress: Progress | None
    result: Print | None


def stage_of(asked: LastRequest | None, signs: Signs, now_ns: int, limit_s: float) -> Stage:
    """Pure. `limit_s`: a service that has been at it for so long has been stopped."""
    if signs.progress is not None and signs.progress.is_on:
        return Stage.RUNNING
    if asked is None:
        return Stage.IDLE
    if signs.result is not None and signs.result != asked.before:
        return Stage.DONE
    if asked.is_withdrawn:
        return Stage.UNSERVED
    waited_ns = now_ns - asked.at_ns
    if signs.is_waiting:
        return Stage.ASKED if waited_ns < SERVED_S * NS_PER_S else Stage.UNSERVED
    if signs.progress is not None or waited_ns > limit_s * NS_PER_S:
        return Stage.BROKEN
    return Stage.RUNNING


class JobRequest:
    """One kind of request. Any thread."""

    def __init__(self, wanted: Path, result: Path, limit_s: float,
                 progress: Callable[[], Progress | None] = lambda: None,
                 forget: Callable[[], None] = lambda: None,
                 now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """`forget` takes away the progress that one which was broken off has left."""
        self._wanted, self._result, self._limit_s = wanted, result, limit_s
        self._progress, self._forget, self._now_ns = progress, forget, now_ns
        self._asked: LastRequest | None = None
        self._lock = threading.Lock()

    def ask(self) -> float:
        """0 where it is asked for, or goes on already; else the seconds until it may be asked for again.

        Raises:
            RetryableError: the file cannot be written.
        """
        with self._lock:
            now_ns, signs = self._now_ns(), self._signs()
            if self._stage(signs, now_ns) in (Stage.ASKED, Stage.RUNNING):
                return 0.0
            if self._asked is not None and now_ns - self._asked.at_ns < PAUSE_S * NS_PER_S:
                return PAUSE_S - (now_ns - self._asked.at_ns) / NS_PER_S
            self._forget()
            self._ask()
            self._asked = LastRequest(now_ns, signs.result)
            return 0.0

    def look(self) -> tuple[Stage, Progress | None]:
        """How it stands. What nobody takes up is taken back: who comes later finds no old request."""
        with self._lock:
            signs = self._signs()
            stage = self._stage(signs, self._now_ns())
            if stage is Stage.UNSERVED and signs.is_waiting and self._asked is not None:
                with contextlib.suppress(OSError):
                    self._wanted.unlink()
                    self._asked = replace(self._asked, is_withdrawn=True)
            return stage, signs.progress

    def _stage(self, signs: Signs, now_ns: int) -> Stage:
        return stage_of(self._asked, signs, now_ns, self._limit_s)

    def _signs(self) -> Signs:
        return Signs(os.path.lexists(self._wanted), self._progress(), print_of(self._result))

    def _ask(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with contextlib.suppress(FileExistsError):      # of a guard before this one
                os.close(os.open(self._wanted, flags, 0o640))
        except OSError as exc:
            raise RetryableError(f"{self._wanted}: cannot be written: {exc.strerror}") from exc


def print_of(path: Path) -> Print | None:
    """None where there is no such file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
