"""The thread that hands the alarm's records over to uplink: what the ledger has, and the panel's states.

A thread of its own, since uplink may hang, and what is durable here must not wait for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from pydantic import ValidationError

from edge.base.retry import Retry
from edge.base.supervisor import beat
from edge.contract.messages import AlarmData, PanelData
from edge.contract.topics import Root
from edge.guard.alarm.exchange import Exchange, Snapshot
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.records import PanelTeller, alarm_entry, panel_data, panel_entry
from edge.ipc.panel import PanelView
from edge.ipc.records import MAX_ENTRIES, UNNUMBERED, Records

log = logging.getLogger("alarm")

_LOOK_EVERY_S = 1.0


class RecordSender:
    """`run` is the thread's body."""

    def __init__(self, exchange: Exchange, ledger: Ledger, records: Records, root: Root,
                 view: Callable[[Snapshot], PanelView]) -> None:
        """`view` shows a snapshot as of now."""
        self._exchange, self._ledger, self._records, self._root = exchange, ledger, records, root
        self._view = view
        self._sending = Retry("uplink takes no alarm's records", "uplink takes alarms' records again", log)
        self._panel_sending = Retry("uplink takes no state of the panel",
                                    "uplink takes the panel's state again", log)
        self._uplinks = 0
        self._teller: PanelTeller | None = None     # once uplink has said what was told last

    def run(self, stop: threading.Event) -> None:
        """Hand records over until the ledger is closed, then once more: what uplink does not take then stays
        in the ledger.
        """
        while not self._ledger.closed:
            beat()
            self._ledger.wait(_LOOK_EVERY_S)
            self._send_all()
        self._send_all()

    def _send_all(self) -> None:
        while self._send(self._exchange.wait_other(None, 0.0), time.monotonic_ns()):
            beat()

    def _send(self, snapshot: Snapshot, now_ns: int) -> bool:
        """Hand one batch over; whether there may be more. A new uplink is tried at once."""
        if self._uplinks != self._ledger.uplinks:
            self._uplinks = self._ledger.uplinks
            self._sending.at_ns = self._panel_sending.at_ns = 0
        if calls := self._ledger.due(now_ns, MAX_ENTRIES):
            return self._sending.may_run(now_ns) and self._sending.run(lambda: self._hand_over(calls), now_ns)
        if self._panel_sending.may_run(now_ns):
            self._panel_sending.run(lambda: self._tell_panel(snapshot, now_ns), now_ns)
        return False

    def _hand_over(self, calls: Sequence[AlarmData]) -> None:
        """Uplink may tell the ward of what it cannot store: that stays ours, and others get their turn."""
        seqs = self._records.append_all([alarm_entry(self._root, data) for data in calls])
        unstored = [data for data, seq in zip(calls, seqs, strict=True) if seq == UNNUMBERED]
        self._ledger.handed_over([data for data in calls if data not in unstored], time.monotonic_ns())
        self._ledger.put_off(unstored, time.monotonic_ns())

    def _tell_panel(self, snapshot: Snapshot, now_ns: int) -> None:
        if self._teller is None:
            self._recall()
        assert self._teller is not None
        panel = panel_data(self._view(snapshot), snapshot.stamp)
        if self._teller.due(panel, now_ns):
            self._records.append_all([panel_entry(self._root, panel, snapshot.stamp)])
            self._teller.published(panel)

    def _recall(self) -> None:
        """What an earlier run told: a restart alone is no news."""
        published, last = self._records.said_last(self._root.panel), None
        with suppress(ValidationError):         # of an older version of the contract
            last = PanelData.model_validate_json(published.data) if published else None
        self._teller = PanelTeller(last)
