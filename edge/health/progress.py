"""How far a self-test is, for whoever waits for it: a file in `runtime_dir`, locked for as long as it runs.

Root writes it in a folder that others may write: it is always made anew and never followed to elsewhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable
from edge.base.findings import Kind

FILE = "doctor-progress.json"
_MAX_BYTES = 1024
_MODE = 0o644               # no secret is in it, and guard is another user


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `steps` are over; `kind` is what is looked at now."""

    done: int
    steps: int
    kind: str               # a value of Kind
    is_on: bool = True      # False: whoever wrote it is gone, and did not come to its end

    @property
    def about(self) -> Kind | None:
        """`kind` as a value; None where it is none of ours."""
        return Kind(self.kind) if self.kind in set(Kind) else None


OnStep = Callable[[int, int, Kind], None]


@contextlib.contextmanager
def reporting(runtime_dir: Path) -> Iterator[OnStep]:
    """A callback to report each step with, which does nothing where the folder cannot be written."""
    path = runtime_dir / FILE
    try:
        handle = _made(path)
    except OSError:
        yield lambda done, steps, kind: None
        return
    try:
        yield lambda done, steps, kind: _write(handle, {"done": done, "steps": steps, "kind": kind.value})
        discard(runtime_dir)
    finally:
        os.close(handle)


def read(runtime_dir: Path) -> Progress | None:
    """None where no self-test runs, nor has been broken off. Never waits, whatever lies there."""
    try:
        with durable.opened(runtime_dir / FILE) as handle:
            return _parsed(os.read(handle, _MAX_BYTES), _is_locked(handle))
    except OSError:
        return None


def discard(runtime_dir: Path) -> None:
    """Delete the progress file that an interrupted self-test left behind. No error where it cannot be."""
    with contextlib.suppress(OSError):
        (runtime_dir / FILE).unlink()


def _made(path: Path) -> int:
    """Locked before anybody can see it. Raises OSError."""
    fresh = path.with_name(f".{FILE}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        os.fchmod(handle, _MODE)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.replace(path)
    except OSError:
        os.close(handle)
        raise
    return handle


def _write(handle: int, said: dict[str, object]) -> None:
    """Write `said`, always as long as before, so that no reader sees the end of an older one."""
    with contextlib.suppress(OSError):
        os.pwrite(handle, json.dumps(said).ljust(128).encode(), 0)


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def _parsed(raw: bytes, is_on: bool) -> Progress:
    """The progress in `raw`; 0 of 0 steps where it is half written, or nothing of ours."""
    try:
        said = json.loads(raw)
        done, steps, kind = said["done"], said["steps"], said["kind"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Progress(0, 0, "", is_on)
    if type(done) is not int or type(steps) is not int or not 0 <= done <= steps:
        return Progress(0, 0, "", is_on)
    return Progress(done, steps, str(kind), is_on)
