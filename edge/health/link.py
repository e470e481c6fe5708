"""Whether uplink has its connection to the ward, for root's tools: a file in `runtime_dir`.

It speaks for an uplink that runs; of one that does not it tells nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable
from edge.base.errors import FatalError

_FILE = "ward.json"
_GUARD_LOCK, _UPLINK_LOCK = "guard.lock", "uplink.lock"
_MAX_BYTES = 1024


@dataclass(frozen=True, slots=True)
class WardLink:
    """The connection to the ward, as uplink wrote it last."""

    up: bool
    since: str          # RFC 3339, UTC, as the box believed it


def write_link(runtime_dir: Path, up: bool, since: str) -> None:
    """Uplink tells. Nothing depends on it, so a folder that cannot be written is no error."""
    with contextlib.suppress(OSError):
        durable.write(runtime_dir / _FILE, json.dumps({"up": up, "since": since}).encode(), durable.PUBLIC,
                      lasting=False)


def read_link(runtime_dir: Path) -> WardLink | None:
    """None where no uplink has told anything since the box started."""
    try:
        said = json.loads(durable.read(runtime_dir / _FILE, _MAX_BYTES))
        return WardLink(bool(said["up"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def guard_runs(runtime_dir: Path) -> bool:
    """Whether a process works the pins: guard, as a rule."""
    return _is_held(runtime_dir / _GUARD_LOCK)


def uplink_runs(runtime_dir: Path) -> bool:
    """Whether a process has the box's connection to the ward, or tries to."""
    return _is_held(runtime_dir / _UPLINK_LOCK)


@contextlib.contextmanager
def only_uplink(runtime_dir: Path) -> Iterator[None]:
    """Be the one process that speaks to the ward: two would throw each other out.

    Raises FatalError: another one is, or the lock cannot be made.
    """
    path = runtime_dir / _UPLINK_LOCK
    try:
        runtime_dir.mkdir(parents=True, exist_ok=True)
        lock = durable.open_lock(path, durable.PUBLIC)
    except OSError as exc:
        raise FatalError(f"{path}: cannot be opened: {exc.strerror}; run as uplink's user, or name a folder "
                         "that it may write (box.runtime_dir)", os.EX_NOPERM) from exc
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FatalError(f"{path}: another edgebox uplink runs; stop it first: "
                             "systemctl stop edgebox-uplink", os.EX_TEMPFAIL) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def _is_held(path: Path) -> bool:
    """Asks the kernel who holds the lock instead of trying it, which might be just when its owner does."""
    try:
        with durable.opened(path) as handle:
            inode, pid = os.fstat(handle).st_ino, os.read(handle, 20).decode("ascii", "replace").strip()
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return False
    held = (line.split() for line in locks)
    return any(parts[1] == "FLOCK" and parts[4] == pid and parts[5].endswith(f":{inode}")
               for parts in held if len(parts) > 5)
