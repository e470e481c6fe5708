"""The alarm's disk thread: the lasting copy of its state, and the ledger of what the ward must know.

While the card fails it tries again for ever; what the ward is owed lies in the working copy meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from edge.base.findings import Finding, Kind, State
from edge.base.retry import Retry
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.exchange import Exchange, Failed, Snapshot
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.state import Saved

log = logging.getLogger("alarm")

REFRESH_S = 5.0             # while an alarm is on, what is left of it is written anew this often
_REFRESH_NS = round(REFRESH_S * NS_PER_S)
_AHEAD_NS = _REFRESH_NS + NS_PER_S     # the copy tells what will be left then: a power cut grants never more
_LOOK_EVERY_S = 0.5


class RecordWriter:
    """`run` is the thread's body."""

    def __init__(self, exchange: Exchange, ledger: Ledger, file: Path) -> None:
        """`file` is the lasting copy."""
        self._exchange, self._ledger, self._file = exchange, ledger, file
        self._writing = Retry("lasting copy cannot be written", "lasting copy is written again", log)
        self._listing = Retry("ledger of calls cannot be written", "ledger of calls is written again", log)
        self._taken = self._stored = 0          # facts of this run that are in the ledger, and durable
        self._written: object = None            # what the lasting copy says
        self._written_ns = 0
        self._fault = ""

    def run(self, stop: threading.Event) -> None:
        """Keep until the alarm's thread has ended, which `stop` makes it do; and then what it has left."""
        seen: Snapshot | None = None
        try:
            while not self._exchange.closed:
                beat()
                seen = self._exchange.wait_other(seen, _LOOK_EVERY_S)
                self._keep(seen)
            self._keep(self._exchange.wait_other(None, 0.0))
        finally:
            self._ledger.close()

    def _keep(self, snapshot: Snapshot) -> None:
        """First what a restart goes on from, then what the ward reads: a power cut between the two tells the
        ward late; the other way round the ward would know of an alarm that no box knows of."""
        self._make_last(snapshot, time.monotonic_ns())
        self._list(snapshot, time.monotonic_ns())
        fault = self._listing.fault or self._writing.fault
        if fault != self._fault:
            self._fault = fault
            self._exchange.put(Failed("card", Finding(Kind.ALARM, "", State.BAD, "calls-unsaved",
                                                      {"error": fault}) if fault else None))

    def _make_last(self, snapshot: Snapshot, now_ns: int) -> None:
        """Not for every press: a hold that a power cut has broken off begins anew."""
        state = snapshot.state
        spent = tuple(press for press in state.presses if press.is_spent)
        content = (replace(state, now_ns=0, presses=spent), snapshot.copy.owed, snapshot.copy.active)
        is_on = state.alarm is not None
        is_due = content != self._written or (is_on and now_ns - self._written_ns >= _REFRESH_NS)
        if not is_due or not self._writing.may_run(now_ns):
            return
        later = Saved(state, now_ns + (_AHEAD_NS if is_on else 0), snapshot.copy.boot_id)
        copy = replace(snapshot.copy, saved=later)    # as old as what it says; the working copy may be newer
        if self._writing.run(lambda: saved.write(self._file, copy, lasting=True), now_ns):
            self._written, self._written_ns = content, now_ns

    def _list(self, snapshot: Snapshot, now_ns: int) -> None:
        """A fact leaves the working copy once it is durable: in the ledger, or else with uplink."""
        owed = snapshot.copy.owed
        self._ledger.add(owed[max(0, self._taken - (snapshot.number - len(owed))):])
        self._taken = snapshot.number
        if self._listing.may_run(now_ns):
            self._listing.run(self._ledger.write, now_ns)
        if self._stored != self._taken and self._ledger.is_safe:
            self._stored = self._taken
            self._exchange.stored(self._stored)
