"""Whether guard has its connection to the ward, for other programs of the box: a file in `runtime_dir`.

It speaks for a guard that runs; of one that does not it tells nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable

_FILE, _LOCK = "ward.json", "guard.lock"
_MAX_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Link:
    """As guard told it last."""

    up: bool
    since: str          # RFC 3339, UTC, as the box believed it


def tell(runtime_dir: Path, up: bool, since: str) -> None:
    """Guard tells. Nothing depends on it, so a folder that cannot be written is no error."""
    with contextlib.suppress(OSError):
        durable.write(runtime_dir / _FILE, json.dumps({"up": up, "since": since}).encode(), durable.PUBLIC,
                      lasting=False)


def told(runtime_dir: Path) -> Link | None:
    """None where no guard has told anything since the box started."""
    try:
        said = json.loads(durable.read(runtime_dir / _FILE, _MAX_BYTES))
        return Link(bool(said["up"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def guard_runs(runtime_dir: Path) -> bool:
    """Whether a process works the pins: guard, as a rule.

    Asks the kernel who holds the lock instead of trying it, which might be just when guard does.
    """
    try:
        with durable.opened(runtime_dir / _LOCK) as handle:
            inode, pid = os.fstat(handle).st_ino, os.read(handle, 20).decode("ascii", "replace").strip()
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return False
    held = (line.split() for line in locks)
    return any(parts[1] == "FLOCK" and parts[4] == pid and parts[5].endswith(f":{inode}")
               for parts in held if len(parts) > 5)
