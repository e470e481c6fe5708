"""What a taken-over program may lay where another keeps a file of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from edge.base.supervisor import Supervisor

KINDS = ("FIFO", "link", "folder", "huge")
_HUGE_BYTES = 1 << 40       # without a block on the disk


def lie(kind: str, path: Path, other: Path) -> None:
    """Make one of `KINDS` at `path`; a link leads to `other`."""
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "link":
            path.symlink_to(other)
        case "folder":
            path.mkdir()
            (path / "full").touch()
        case "huge":
            path.touch()
            os.truncate(path, _HUGE_BYTES)
        case _:
            raise ValueError(kind)


def within(limit_s: float, use: Callable[[], None]) -> None:
    """Run `use`, which shall neither hang nor raise."""
    supervisor = Supervisor()
    supervisor.start("use", lambda stop: use())
    assert [] == supervisor.join(limit_s), f"hangs for {limit_s} s"
    if supervisor.failure is not None:
        raise supervisor.failure
