"""The alarm's records thread: what the alarm's own thread must not wait for, the journal and the card.

While they fail it tries again for ever; what the ward is owed lies in the working copy meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.contract.messages import PanelData
from edge.contract.topics import Root
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.exchange import Exchange, Snapshot
from edge.guard.alarm.records import PanelTeller, alarm_entry, panel_data, panel_entry
from edge.guard.alarm.retry import Retry
from edge.guard.alarm.state import Saved
from edge.ipc.panel import View
from edge.journal.entry import Entry
from edge.journal.reopening_journal import AnyJournal

REFRESH_S = 5.0             # while an alarm is on, what is left of it is written anew this often
_REFRESH_NS = round(REFRESH_S * NS_PER_S)
_AHEAD_NS = _REFRESH_NS + NS_PER_S     # the copy tells what will be left then: a power cut grants never more
_LOOK_EVERY_S = 0.5


class RecordWriter:
    """`run` is the thread's body."""

    def __init__(self, exchange: Exchange, journal: AnyJournal, root: Root, file: Path,
                 view: Callable[[Snapshot], View]) -> None:
        """`file` is the lasting copy; `view` shows a snapshot as of now."""
        self._exchange, self._journal, self._root = exchange, journal, root
        self._file, self._view = file, view
        self._writing, self._storing = Retry("the alarm's lasting copy"), Retry("the alarm's records")
        self._teller: PanelTeller | None = None     # once the journal has said what was told last
        self._stored = 0                        # facts of this run that are in the journal
        self._written: object = None            # what the lasting copy says
        self._written_ns = 0

    def run(self, stop: threading.Event) -> None:
        """Keep until the alarm's thread has ended, which `stop` makes it do; and then what it has left.

        Raises:
            FatalError: as `Journal.append`.
        """
        seen: Snapshot | None = None
        while not self._exchange.closed:
            beat()
            seen = self._exchange.wait_other(seen, _LOOK_EVERY_S)
            self._keep(seen)
        self._keep(self._exchange.wait_other(None, 0.0))

    def _keep(self, snapshot: Snapshot) -> None:
        """First what a restart goes on from, then what the ward reads: a power cut between the two tells the
        ward late; the other way round the ward would know of an alarm that no box knows of."""
        self._make_last(snapshot, time.monotonic_ns())
        self._store(snapshot, time.monotonic_ns())

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

    def _store(self, snapshot: Snapshot, now_ns: int) -> None:
        if not self._storing.may_run(now_ns):
            return
        if self._teller is None and not self._storing.run(self._recall, now_ns):
            return
        assert self._teller is not None
        owed = snapshot.copy.owed
        fresh = owed[max(0, self._stored - (snapshot.number - len(owed))):]
        entries = [alarm_entry(self._root, data) for data in fresh]
        panel = panel_data(self._view(snapshot), snapshot.stamp)
        if is_panel_due := self._teller.due(panel, now_ns):
            entries.append(panel_entry(self._root, panel, snapshot.stamp))
        if entries and self._storing.run(lambda: self._append(entries), now_ns):
            if is_panel_due:
                self._teller.told(panel)
            self._stored = snapshot.number
            self._exchange.stored(self._stored)

    def _recall(self) -> None:
        """What an earlier run told: a restart alone is no news."""
        told, last = self._journal.present().get(self._root.panel), None
        with suppress(ValidationError):         # of an older version of the contract
            last = PanelData.model_validate_json(told.data) if told else None
        self._teller = PanelTeller(last)

    def _append(self, entries: list[Entry]) -> None:
        self._journal.append_all(entries)
