"""What the box knows of its clock, told at each change. Pure: readings come in.

A box without a clock battery boots in the past, and its first records have wrong times until a time server
sets the clock: the ward can put them right afterwards when it knows by how much, and of which boot they are.
A step is seen as CLOCK_REALTIME moving against CLOCK_BOOTTIME, which goes on while the machine sleeps. What a
time server's client slews away, a fraction of a second, is told to nobody.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.base.values import NS_PER_S
from edge.contract.messages import ClockState, TimeData, rfc3339, to_json
from edge.contract.topics import Root
from edge.journal.entry import Entry, Rank

TIME_TYPE = "edgebox.time"
LOOK_EVERY_S = 1.0
_NS_PER_MS = 1_000_000
STEP_MS = 500
APART_S, APART_LATER_S = 10.0, 600.0        # between two records: a clock that jumps on fills no journal
MANY = 100                                  # records of one run, from which on they lie further apart


@dataclass(frozen=True, slots=True)
class ClockReading:
    """All clocks at one moment, and what the kernel says of the wall clock."""

    real_ns: int                # CLOCK_REALTIME
    boottime_ns: int            # CLOCK_BOOTTIME
    mono_ns: int                # CLOCK_MONOTONIC
    synchronised: bool
    max_error_us: int


class ClockWatch:
    """One thread; one boot."""

    def __init__(self, boot_id: str, known: ClockState | None = None) -> None:
        """`known`: what was told last in this boot, by an earlier run; None: nothing."""
        self._boot_id, self.state = boot_id, known
        self._ahead_ns: int | None = None       # of CLOCK_REALTIME before CLOCK_BOOTTIME, at the last look
        self._step_ms, self._told_ns, self._count = 0, 0, 0
        self._was_synchronised = known in (ClockState.SYNCHRONISED, ClockState.HOLDING)

    def look(self, now: ClockReading) -> TimeData | None:
        """What is to be told now; None: nothing new, or too soon after the last time."""
        ahead_ns = now.real_ns - now.boottime_ns
        if self._ahead_ns is not None:
            moved_ms = round((ahead_ns - self._ahead_ns) / _NS_PER_MS)
            self._step_ms += moved_ms if abs(moved_ms) >= STEP_MS else 0
        self._ahead_ns = ahead_ns
        state = self._state_of(now)
        if (state is self.state and not self._step_ms) or not self._may_tell(now.mono_ns):
            return None
        data = TimeData(boot_id=self._boot_id, state=state, from_mono_ns=now.mono_ns, offset_ms=self._step_ms,
                        since=datetime.fromtimestamp(now.real_ns / NS_PER_S, UTC),
                        bound_ms=-(-now.max_error_us // 1000) if now.synchronised else None)
        self.state, self._step_ms, self._told_ns = state, 0, now.mono_ns
        self._count += 1
        return data

    def _state_of(self, now: ClockReading) -> ClockState:
        self._was_synchronised |= now.synchronised
        if now.synchronised:
            return ClockState.SYNCHRONISED
        return ClockState.HOLDING if self._was_synchronised else ClockState.NEVER

    def _may_tell(self, mono_ns: int) -> bool:
        apart_s = APART_S if self._count < MANY else APART_LATER_S
        return not self._count or mono_ns - self._told_ns >= apart_s * NS_PER_S


def time_entry(data: TimeData, root: Root, now: ClockReading) -> Entry:
    """The record that tells `data`."""
    return Entry(rank=Rank.TIME, topic=root.time, type=TIME_TYPE, subject=root.box, id=str(uuid.uuid4()),
                 time=rfc3339(datetime.fromtimestamp(now.real_ns / NS_PER_S, UTC)), mono_ns=now.mono_ns,
                 boot_id=data.boot_id, data=to_json(data))
