"""The recorder thread: drafts and camera states go to uplink's journal, whatever becomes of uplink or disk.

Inference hands over and goes on. Until uplink says that a record is durable, the recorder keeps it and hands
it over again; what waits is bounded in number and in bytes: updates are refused first, then befores, scenes
and subjects, then the rest, each counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from pydantic import ValidationError

from edge.base.backoff import Backoff
from edge.base.clock import Stamp
from edge.base.retry import Retry
from edge.base.supervisor import beat
from edge.contract.messages import Phase
from edge.contract.topics import Root
from edge.health.records import BEAT_INTERVAL_S, health_entry
from edge.ipc.records import REFUSED, Records
from edge.journal.entry import Entry, OpenEvent
from edge.watch.camera_states import CameraReport
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.glimpse import SceneShot
from edge.watch.evidence.record import RecordMaker, closing_entry
from edge.watch.evidence.shot import Shot

log = logging.getLogger("recorder")

QUEUE_LIMIT = 256                       # drafts and states
PIXELS_LIMIT_BYTES = 64 * 1024 * 1024   # of the pictures that wait to be encoded
_TRIES_AT_EXIT = 3
_EXIT_S = 15.0                          # systemd kills after 60; one hand-over may hang for 30
_TURN_S = 1.0               # and so long at most until `finish` is seen
_BATCH = 8                              # stored together: the first waits for the last one's picture


class Recorder:
    """`submit` and `health` may be called from any thread; `run` is the thread's body."""

    def __init__(self, records: Records, maker: RecordMaker, root: Root, stamp_at: Callable[[int], Stamp],
                 counts: Callable[[], Mapping[str, int]]) -> None:
        """`counts` gives running totals of this process; their growth is added to the durable ones."""
        self._records, self._maker, self._root, self._stamp_at = records, maker, root, stamp_at
        self._counts, self._written = counts, dict[str, int]()
        self._queue: queue.SimpleQueue[EventChange | CameraReport] = queue.SimpleQueue()
        self._pixels_bytes = 0                      # of what waits
        self._states: dict[str, CameraReport] = {}        # as last told, by camera
        self._own: Counter[str] = Counter()
        self._mutex = threading.Lock()              # of the two above and of `_pixels_bytes`
        self._finished = threading.Event()
        self._finished_s = 0.0
        self._given_up = 0

    def submit(self, draft: EventChange) -> None:
        """Hand over; never waits. What finds no room is counted as `lost_recorder_<what>`."""
        waiting = self._queue.qsize()
        with self._mutex:
            if waiting >= QUEUE_LIMIT or (waiting >= QUEUE_LIMIT // 2 and draft.phase is Phase.UPDATE):
                self._own[f"lost_recorder_{draft.phase.value}"] += 1
                return
            draft = self._within_pixels(draft)
            self._pixels_bytes += _pixels_bytes(draft)
        self._queue.put(draft)

    def _within_pixels(self, draft: EventChange) -> EventChange:
        """Without the pictures for which there is no room, the least worth first."""
        room_bytes = PIXELS_LIMIT_BYTES - self._pixels_bytes
        for name, without in (("before", replace(draft, before=None)),
                              ("scene", replace(draft, before=None, scene=None)),
                              ("image", replace(draft, before=None, scene=None, shot=None))):
            if _pixels_bytes(draft) <= room_bytes:
                return draft
            if _pixels_bytes(without) < _pixels_bytes(draft):
                self._own[f"lost_recorder_{name}"] += 1
            draft = without
        return draft

    def health(self, item: CameraReport) -> None:
        """Tell a camera's new state; never waits."""
        with self._mutex:
            self._states[item.camera_id] = item
            if self._queue.qsize() >= 2 * QUEUE_LIMIT:
                self._own["lost_recorder_health"] += 1
                return
        self._queue.put(item)

    def finish(self) -> None:
        """Nothing more will be submitted: `run` stores what waits and returns, within a minute."""
        self._finished_s = time.monotonic()
        self._finished.set()

    def run(self, stop: threading.Event) -> None:
        """Store until finished. `stop` alone does not end it: the last events come after it."""
        self._retrying(self._end_former_events)
        self._retrying(self._count)
        counted_s = time.monotonic()
        while True:
            beat()
            try:
                self._store(self._waiting(self._queue.get(timeout=_TURN_S)))
            except queue.Empty:
                if self._finished.is_set():
                    break
            now_s = time.monotonic()
            if now_s - counted_s >= BEAT_INTERVAL_S:
                counted_s = now_s
                self._retrying(self._count)
        self._retrying(self._count)
        if self._given_up:
            log.error("records given up at exit, uplink takes nothing: count=%d", self._given_up)

    def tell_states_again(self) -> None:
        """Guard has told the cameras lost meanwhile: tell how they are. Never waits."""
        with self._mutex:
            states = list(self._states.values())
        for item in states:
            self._queue.put(replace(item, told_ns=time.monotonic_ns()))

    def _end_former_events(self) -> None:
        """A watch that was killed left events open at the ward: they end now."""
        tried = set[str]()
        while events := [event for event in self._records.open_events() if event.event_id not in tried]:
            tried |= {event.event_id for event in events}
            entries = [entry for event in events if (entry := self._closing(event)) is not None]
            self._records.append_all(entries)
            for entry in entries:
                log.info("event of an earlier run ended: event=%s", entry.event_id)

    def _closing(self, event: OpenEvent) -> Entry | None:
        try:
            return closing_entry(event, self._stamp_at(time.monotonic_ns()))
        except ValidationError:
            log.error("event of an earlier run cannot be read, it stays open: event=%s", event.event_id)
            return None

    def _waiting(self, first: EventChange | CameraReport) -> list[EventChange | CameraReport]:
        """`first` and what came with it: one frame often brings several, and each transaction costs."""
        items = [first]
        with suppress(queue.Empty):
            while len(items) < _BATCH:
                items.append(self._queue.get_nowait())
        return items

    def _store(self, items: list[EventChange | CameraReport]) -> None:
        entries = [self._entry(item) for item in items]
        if not self._retrying(lambda: self._append(entries)):
            self._given_up += len(entries)

    def _entry(self, item: EventChange | CameraReport) -> Entry:
        if isinstance(item, CameraReport):
            return health_entry(self._root, item.camera_id, item.state, item.detail,
                                self._stamp_at(item.told_ns), self._stamp_at(item.since_ns).utc, item.count)
        with self._mutex:
            self._pixels_bytes -= _pixels_bytes(item)
        return self._maker.entry(item)

    def _append(self, entries: list[Entry]) -> None:
        seqs = self._records.append_all(entries)
        stored = [(entry, seq) for entry, seq in zip(entries, seqs, strict=True) if seq != REFUSED]
        with self._mutex:
            self._own["lost_recorder_refused"] += len(entries) - len(stored)
            self._own["records"] += len(stored)
            self._own["event_records"] += sum(bool(entry.event_id) for entry, _ in stored)
            self._own["pictures"] += sum(len(entry.pictures) for entry, _ in stored)
        for entry, seq in stored:
            if entry.event_id:
                log.info("event stored: event=%s rev=%d type=%s camera=%s seq=%d", entry.event_id, entry.rev,
                         entry.type, entry.subject, seq)

    def _retrying(self, action: Callable[[], None]) -> bool:
        """Try for as long as it takes; False when the process is ending and uplink takes nothing."""
        if self._given_up:                          # one record has waited for all of them
            return False
        retry = Retry("uplink takes no records", "uplink takes records again", log, Backoff(0.5, 30.0))
        while not retry.run(action, now_ns := time.monotonic_ns()):
            beat()
            if self._finished.wait(retry.wait_s(now_ns)) and (
                    retry.attempts > _TRIES_AT_EXIT or time.monotonic() - self._finished_s > _EXIT_S):
                return False
        return True

    def _count(self) -> None:
        """Have what was counted since the last time added to the durable counters."""
        with self._mutex:
            totals = {**self._counts(), **self._own}
        grown = {name: total - self._written.get(name, 0) for name, total in totals.items()}
        self._records.count_all({name: by for name, by in grown.items() if by})
        self._written = totals


def _pixels_bytes(draft: EventChange) -> int:
    pictures: tuple[Shot | SceneShot | None, ...] = (draft.shot, draft.scene, draft.before)
    return sum(picture.rgb.nbytes for picture in pictures if picture is not None)
