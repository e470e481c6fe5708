"""Where a watch that is started anew finds the still things of the one before: numbers, no pictures.

In `runtime_dir`, which is memory on a box: a write costs a millisecond and no card, and a power cut forgets.
"""

from __future__ import annotations

import logging
from pathlib import Path

from edge.base import durable
from edge.watch.learning.still_things import StillThings

log = logging.getLogger("learning")

_MAX_BYTES = 256 * 1024
_WRITE_EVERY_S = 60.0


class ThingsFolder:
    """One file a camera. One thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, tuple[int, float]] = {}     # so many changes, and when
        self._failed = False

    def restored(self, camera_id: str) -> StillThings:
        """What was written last; nothing where that cannot be read: each is told once more."""
        path = self._path(camera_id)
        try:
            return StillThings.restored(durable.read(path, _MAX_BYTES, owners=durable.trusted(self._folder)))
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as exc:
            log.warning("still things cannot be read, each is told again: file=%s error=\"%s\"", path, exc)
        return StillThings()

    def write_if_due(self, camera_id: str, things: StillThings, now_s: float) -> None:
        """Where they have changed, once in a while; never raises."""
        changes, written_s = self._written.setdefault(camera_id, (things.changes, now_s))
        if things.changes != changes and now_s - written_s >= _WRITE_EVERY_S:
            self._written[camera_id] = things.changes, now_s
            self.write(camera_id, things)

    def write(self, camera_id: str, things: StillThings) -> None:
        """Now; never raises."""
        try:
            durable.write(self._path(camera_id), things.dumped(), lasting=False)
        except OSError as exc:
            if not self._failed:
                log.warning("still things cannot be written: folder=%s error=\"%s\"", self._folder, exc)
            self._failed = True

    def _path(self, camera_id: str) -> Path:
        return self._folder / f"still-{camera_id}.json"
