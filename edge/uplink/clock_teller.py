"""The thread that watches the clock and puts what it finds into the journal."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections import deque
from pathlib import Path

from edge.base import clock, durable
from edge.base.errors import RetryableError
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.contract.messages import ClockState, TimeData
from edge.contract.topics import Root
from edge.journal.entry import Entry
from edge.journal.reopening_journal import AnyJournal
from edge.uplink.clock_watch import LOOK_EVERY_S, ClockReading, ClockWatch, time_entry

log = logging.getLogger("clock")

FILE = "clock.json"             # in the runtime folder, which ends with the boot
_MAX_BYTES = 1000
_MOST_WAITING = 100


class ClockTeller:
    """`run` is the thread's body."""

    def __init__(self, journal: AnyJournal, root: Root, runtime_dir: Path) -> None:
        self._journal, self._root, self._path = journal, root, runtime_dir / FILE
        self._watch = ClockWatch(clock.boot_id(), self._known())
        self._waiting: deque[Entry] = deque(maxlen=_MOST_WAITING)
        self._unnoted: TimeData | None = None       # what was told last, until the journal has it

    def run(self, stop: threading.Event) -> None:
        """Look once a second until `stop`."""
        while not stop.is_set():
            beat()
            self.look(reading())
            stop.wait(LOOK_EVERY_S)

    def look(self, now: ClockReading) -> None:
        """Tell what is new. What the journal refuses for now is handed over at the next look."""
        data = self._watch.look(now)
        if data is not None:
            log.info("clock: state=%s offset_ms=%d bound_ms=%s", data.state, data.offset_ms, data.bound_ms)
            self._waiting.append(time_entry(data, self._root, now))
            self._unnoted = data
        with contextlib.suppress(RetryableError):
            while self._waiting:
                self._journal.append(self._waiting[0])
                self._waiting.popleft()
            self._note_told()

    def _note_told(self) -> None:
        """Write down what the journal has. Where that fails, the next run tells it once more."""
        data, self._unnoted = self._unnoted, None
        if data is not None:
            with contextlib.suppress(OSError):
                durable.write(self._path, json.dumps({"boot_id": data.boot_id, "state": data.state}).encode(),
                              lasting=False)

    def _known(self) -> ClockState | None:
        """What an earlier run of this boot told last."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(durable.read(self._path, _MAX_BYTES))
            return ClockState(said["state"]) if said["boot_id"] == clock.boot_id() else None
        return None


def reading() -> ClockReading:
    """All clocks within a millisecond."""
    while True:
        before_ns = time.monotonic_ns()
        real_ns, boottime_ns = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        mono_ns = time.monotonic_ns()
        if mono_ns - before_ns < NS_PER_S // 1000:      # else this process was held up in between
            quality = clock.clock_quality()
            return ClockReading(real_ns, boottime_ns, mono_ns, quality.synchronised, quality.max_error_us)
