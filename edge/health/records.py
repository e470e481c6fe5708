"""Camera states as records, and the heartbeat that notices when nobody writes them any more."""

from __future__ import annotations

from edge.base.clock import Stamp
from edge.contract.messages import CameraState, HealthData, rfc3339, to_json
from edge.contract.topics import Root
from edge.journal.entry import Entry, Rank

BEAT = "watch_beats"          # the durable counter that watch raises while it lives
BEAT_INTERVAL_S = 30.0
SILENT_AFTER_S = 90.0         # three beats missed


def health_entry(root: Root, camera_id: str, state: CameraState, detail: str, stamp: Stamp) -> Entry:
    """The record of a camera's new state as of `stamp`."""
    data = HealthData(camera=camera_id, state=state, since=stamp.utc, detail=detail)
    return Entry(
        rank=Rank.HEALTH, topic=root.health(camera_id), type="edgebox.camera.health", subject=camera_id,
        id=f"{camera_id}.{stamp.boot_id}.{stamp.mono_ns}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
        boot_id=stamp.boot_id, data=to_json(data), retain=True)


class HeartbeatMonitor:
    """Says once that watch has fallen silent, and once that it is back. Pure: time is an argument."""

    def __init__(self, now_s: float) -> None:
        """Silence counts from here: a watch that never starts is noticed too."""
        self._beats: int | None = None
        self._heard_s = now_s
        self.silent = False

    def silent_s(self, now_s: float) -> float:
        return now_s - self._heard_s

    def look(self, beats: int, now_s: float) -> bool:
        """Whether `silent` changed, with the counter as read at `now_s`."""
        if self._beats is not None and beats != self._beats:
            self._heard_s = now_s
        self._beats = beats
        was, self.silent = self.silent, self.silent_s(now_s) >= SILENT_AFTER_S
        return self.silent != was
