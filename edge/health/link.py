"""Whether guard has its connection to the ward, for other programs of the box: a file in `runtime_dir`.

It speaks for a guard that runs; of one that does not it tells nothing.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

_FILE, _LOCK = "ward.json", "guard.lock"


@dataclass(frozen=True, slots=True)
class Link:
    """As guard told it last."""

    up: bool
    since: str          # RFC 3339, UTC, as the box believed it


def tell(runtime_dir: Path, up: bool, since: str) -> None:
    """Guard tells. Nothing depends on it, so a folder that cannot be written is no error."""
    fresh = runtime_dir / f".{_FILE}.new"
    with contextlib.suppress(OSError):
        fresh.write_text(json.dumps({"up": up, "since": since}))
        fresh.chmod(0o644)
        fresh.replace(runtime_dir / _FILE)


def told(runtime_dir: Path) -> Link | None:
    """None where no guard has told anything since the box started."""
    try:
        said = json.loads((runtime_dir / _FILE).read_bytes())
        return Link(bool(said["up"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def guard_runs(runtime_dir: Path) -> bool:
    """Whether a process works the pins: guard, as a rule.

    Asks the kernel who holds the lock instead of trying it, which might be just when guard does.
    """
    path = runtime_dir / _LOCK
    try:
        inode, pid = path.stat().st_ino, path.read_text().strip()
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return False
    held = (line.split() for line in locks)
    return any(parts[1] == "FLOCK" and parts[4] == pid and parts[5].endswith(f":{inode}")
               for parts in held if len(parts) > 5)
