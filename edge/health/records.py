"""Camera states as records, and the heartbeat that notices when nobody writes them any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edge.base.clock import Stamp
from edge.contract.messages import CameraState, HealthData, rfc3339, to_json
from edge.contract.topics import Root
from edge.journal.entry import Entry, Rank

BEAT_INTERVAL_S = 30.0
SILENT_AFTER_S = 90.0         # three beats missed


def health_entry(root: Root, camera_id: str, state: CameraState, detail: str, stamp: Stamp,
                 since: datetime | None = None, count: int = 1) -> Entry:
    """The record of a camera's state, made at `stamp`; so `since` then, or an earlier moment.

    Args:
        count: how often it came and went until it is told.
    """
    data = HealthData(camera=camera_id, state=state.plain, exact=None if state is state.plain else state,
                      since=since or stamp.utc, count=count, detail=detail)
    return Entry(
        rank=Rank.HEALTH, topic=root.health(camera_id), type="edgebox.camera.health", subject=camera_id,
        id=f"{camera_id}.{stamp.boot_id}.{stamp.mono_ns}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
        boot_id=stamp.boot_id, data=to_json(data), retain=True)


def state_in(said: Mapping[str, object]) -> str:
    """The closest state in a record's data that is known here, whoever wrote it; "unknown" where none is."""
    exact = said.get("exact")
    known = isinstance(exact, str) and exact in set(CameraState)
    return str(exact if known else said.get("state", "unknown"))


class HeartbeatMonitor:
    """Says once that watch has fallen silent, and once that it is back. Pure: time is an argument.

    Not thread-safe.
    """

    def __init__(self, now_s: float) -> None:
        """Silence counts from here: a watch that never starts is noticed too."""
        self._heard_s = now_s
        self.silent = False

    def heard(self, now_s: float) -> None:
        """A beat has come."""
        self._heard_s = max(self._heard_s, now_s)

    def look(self, now_s: float) -> bool:
        """Whether `silent` changed by `now_s`."""
        was, self.silent = self.silent, now_s - self._heard_s >= SILENT_AFTER_S
        return self.silent != was
