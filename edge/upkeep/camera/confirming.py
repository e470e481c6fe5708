"""A technician confirms that a camera shows what it should: watch is asked, and does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from edge.health.reference_file import ask_to_confirm, is_asked, summary

LEARN_S = 90.0          # a minute of pictures, and a little
_LOOK_EVERY_S = 0.5


class Confirmed(StrEnum):
    """What has come of it."""

    DONE = "done"
    LEARNING = "learning"       # watch took it up; it is yet to see enough
    UNSERVED = "unserved"       # watch does not run, or hangs


def confirm(folder: Path, camera_id: str, wait_s: float = LEARN_S,
            pause: Callable[[float], None] = time.sleep) -> Confirmed:
    """Have watch, whose state folder it is, confirm the view. Raises OSError: it cannot be asked."""
    ask_to_confirm(folder, camera_id)
    for _ in range(max(1, round(wait_s / _LOOK_EVERY_S))):
        if not is_asked(folder, camera_id) and (view := summary(folder, camera_id)) and view.is_confirmed:
            return Confirmed.DONE
        pause(_LOOK_EVERY_S)
    return Confirmed.UNSERVED if is_asked(folder, camera_id) else Confirmed.LEARNING
