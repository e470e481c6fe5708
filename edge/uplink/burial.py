"""Tombstones: records that tell the ward what this box gave up, made of what the journal noted of it.

A full journal gives something up with nearly each record that comes. So what was given up waits for some
seconds, and one record tells of up to 64 runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.contract.messages import Shed, TombstoneData, rfc3339, to_json
from edge.contract.topics import Root
from edge.journal.entry import Entry, Rank
from edge.journal.tombstones import MAX_RUNS, ShedRun

TOMBSTONE_TYPE = "edgebox.tombstone"
WAIT_S = 5.0


class BurialClock:
    """When the next tombstone is to be made. One thread; time comes in."""

    def __init__(self) -> None:
        self._since_ns: int | None = None       # when something was first seen to wait

    def is_due(self, waiting: int, now_ns: int) -> bool:
        """Whether it is time, where so many numbers wait to be told of."""
        if not waiting:
            self._since_ns = None
            return False
        if self._since_ns is None:
            self._since_ns = now_ns
        if waiting >= MAX_RUNS or now_ns - self._since_ns >= WAIT_S * NS_PER_S:
            self._since_ns = now_ns
            return True
        return False


def tombstone(runs: Sequence[ShedRun], root: Root, now: Stamp) -> Entry:
    """The record that tells of `runs`, which have one cause."""
    data = TombstoneData(why=runs[0].why, shed=tuple(
        Shed(first_seq=run.first_seq, last_seq=run.last_seq, of=run.of, event_id=run.event_id or None,
             sha256=run.sha256) for run in runs))
    return Entry(rank=Rank.TOMBSTONE, topic=root.tombstone, type=TOMBSTONE_TYPE, subject=root.box,
                 id=str(uuid.uuid4()), time=rfc3339(now.utc), mono_ns=now.mono_ns, boot_id=now.boot_id,
                 data=to_json(data))
