"""The recorder thread: drafts and camera states go to the journal, whatever the disk does.

Inference hands over and goes on. While the disk is full or busy the recorder tries again and what
waits is bounded: updates are refused first, then other events, each counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.backoff import Backoff
from edge.clock import Stamp
from edge.contract.messages import CameraState, HealthData, Phase, rfc3339, to_json
from edge.contract.topics import Root
from edge.errors import RetryableError
from edge.evidence.record import RecordMaker
from edge.evidence.story import Draft
from edge.journal.entry import Entry, Rank
from edge.journal.store import Journal

log = logging.getLogger("recorder")

QUEUE_LIMIT = 256             # drafts; with their pixels about 100 MB at the very most
COUNT_INTERVAL_S = 30.0       # counters are written this often, to spare the card


@dataclass(frozen=True, slots=True)
class Health:
    """A camera's new state, not yet a record."""

    camera_id: str
    state: CameraState
    detail: str
    mono_ns: int


class Recorder:
    """`submit` and `health` may be called from any thread; `run` is the thread's body."""

    def __init__(self, journal: Journal, maker: RecordMaker, root: Root, stamp_at: Callable[[int], Stamp],
                 counts: Callable[[], Mapping[str, int]]) -> None:
        """`counts` gives running totals of this process; their growth is added to the journal's."""
        self._journal, self._maker, self._root, self._stamp_at = journal, maker, root, stamp_at
        self._counts, self._written = counts, dict[str, int]()
        self._queue: queue.SimpleQueue[Draft | Health] = queue.SimpleQueue()
        self._own: Counter[str] = Counter()
        self._finished = threading.Event()

    def submit(self, draft: Draft) -> None:
        waiting = self._queue.qsize()
        if waiting >= QUEUE_LIMIT or (waiting >= QUEUE_LIMIT // 2 and draft.phase is Phase.UPDATE):
            self._own[f"lost_recorder_{draft.phase.value}"] += 1
            return
        self._queue.put(draft)

    def health(self, camera_id: str, state: CameraState, detail: str) -> None:
        self._queue.put(Health(camera_id, state, detail, time.monotonic_ns()))

    def finish(self) -> None:
        """Nothing more will be submitted: `run` stores what waits and returns."""
        self._finished.set()

    def run(self, stop: threading.Event) -> None:
        """Store until finished. `stop` alone does not end it: the last events come after it."""
        counted_at_s = time.monotonic()
        while True:
            try:
                self._store(self._queue.get(timeout=0.2))
            except queue.Empty:
                if self._finished.is_set():
                    break
            if time.monotonic() - counted_at_s >= COUNT_INTERVAL_S:
                counted_at_s = time.monotonic()
                self._retrying(self._write_counts)
        self._retrying(self._write_counts)

    def _store(self, item: Draft | Health) -> None:
        entry = self._maker.entry(item) if isinstance(item, Draft) else self._health_entry(item)
        self._retrying(lambda: self._append(entry))

    def _append(self, entry: Entry) -> None:
        seq = self._journal.append(entry)
        self._own["records"] += 1
        self._own["pictures"] += entry.picture is not None
        if entry.event_id:
            log.info("event stored: event=%s rev=%d type=%s camera=%s seq=%d", entry.event_id, entry.rev,
                     entry.type, entry.subject, seq)

    def _health_entry(self, item: Health) -> Entry:
        stamp = self._stamp_at(item.mono_ns)
        data = HealthData(camera=item.camera_id, state=item.state, since=stamp.utc, detail=item.detail)
        return Entry(
            rank=Rank.HEALTH, topic=self._root.health(item.camera_id), type="edgebox.camera.health",
            subject=item.camera_id, id=f"{item.camera_id}.{stamp.boot_id}.{item.mono_ns}",
            time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns, boot_id=stamp.boot_id, data=to_json(data),
            retain=True)

    def _retrying(self, action: Callable[[], None]) -> None:
        """Try for as long as it takes; give up only when the process is ending."""
        backoff = Backoff(first_s=0.5, cap_s=30.0)
        while True:
            try:
                action()
            except RetryableError as exc:
                wait_s = backoff.next_s()
                if backoff.attempts == 1:
                    log.error("journal refuses: error=\"%s\" retry_in_s=%.1f", exc, wait_s)
                if self._finished.wait(wait_s) and backoff.attempts > 3:
                    log.error("record given up at exit: error=\"%s\"", exc)
                    return
            else:
                if backoff.attempts:
                    log.info("journal accepts again: attempts=%d", backoff.attempts)
                return

    def _write_counts(self) -> None:
        totals = {**self._counts(), **self._own}
        grown = {name: total - self._written.get(name, 0) for name, total in totals.items()}
        self._journal.count_all({name: by for name, by in grown.items() if by})
        self._written = totals
