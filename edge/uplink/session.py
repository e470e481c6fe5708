"""One connection to the ward's broker at work: what is owed goes out, PUBACKs and the ward's acks come in."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from edge.base import clock
from edge.base.mqtt_faults import FaultKind, LinkError, LinkFault
from edge.base.mqtt_values import Outgoing
from edge.base.retry import Retry
from edge.base.values import NS_PER_S
from edge.base.wake import Pollable
from edge.contract.topics import Root
from edge.journal.entry import Pending
from edge.journal.reopening_journal import AnyJournal
from edge.uplink import envelope
from edge.uplink.ack_judge import AckJudge
from edge.uplink.burial import BurialClock, tombstone
from edge.uplink.mqtt import Link
from edge.uplink.sender import Window

log = logging.getLogger("deliver")

POLL_S = 0.03               # of a journal that wakes nobody: a new row is at the broker within 50 ms
_SETTLE_EVERY_S = 0.1       # what leaves the journal is collected: each transaction is an fsync
_SETTLE_ROWS = 64
_ACK_TIMEOUT_S = 60.0
_LOOK_AGAIN_S = 1.0         # for what waits after a refusal
_RESEND_EVERY_S = 0.5       # it is looked at what is to be published again
_RESEND_ROWS = 64
_REMINDERS = 4              # of what is retained, sent at a time
_HEADER_BYTES = 32          # more than MQTT adds to topic and payload


class Session:
    """One connection at work. One thread."""

    def __init__(self, link: Link, journal: AnyJournal, window: Window, root: Root, reading: Retry,
                 wakes: Sequence[Pollable], acks: AckJudge | None, refusals: set[str],
                 ready: Callable[[], None]) -> None:
        """
        Args:
            acks: rows leave the journal by the ward's ack; None: with the PUBACK.
            refusals: reasons that were logged, over all connections.
            ready: called before the journal is used; raises RetryableError for as long as it is away.
        """
        self._wakes, self._acks, self._refusals, self._ready = wakes, acks, refusals, ready
        self._link, self._journal, self._window, self._root = link, journal, window, root
        self._rows: dict[int, int] = {}                     # message id of a row on its way -> row_id
        self._announced: deque[Outgoing] = deque()      # birth and status, ahead of all rows
        self._reminders: deque[str] = deque()   # topics of what is retained, for a broker that forgot it
        self._seen_version = -1
        self._more = True                                   # the journal may have something to send
        self._look_again_ns = 0
        self._settle_due_ns = self._resend_due_ns = self._burial_due_ns = 0
        self._burial = BurialClock()
        self._reading = reading                             # of the journal, over all connections
        self.progress = self.answered = False               # the broker took a row; or anything

    def announce(self, messages: list[Outgoing]) -> None:
        """Messages of the box itself, to go before any row."""
        self._announced.extend(messages)

    def remind(self, cameras: Sequence[str]) -> None:
        """The broker has kept nothing: publish again what is retained, after what is more urgent.

        `cameras`: those that there are; what was said of others concerns nobody any more.
        """
        self._reminders.extend([self._root.panel, self._root.lessons, *map(self._root.health, cameras)])

    def publish_once(self, make: Callable[[], Outgoing]) -> None:
        """One message that may be lost. The journal, which it tells of, may fail."""
        message: list[Outgoing] = []
        if self._with_journal(lambda: message.append(make())):
            self._link.publish(message[0])

    def count_acks(self) -> None:
        """Add what was counted of the ward's acks to the durable counters."""
        counts = {} if self._acks is None else self._acks.take_counts()
        if counts:
            self._with_journal(lambda: self._journal.count_all(counts))

    def step(self, wait_s: float) -> None:
        """Send what may be sent, then wait for the broker, `wait_s` at most. Raises LinkError."""
        now_ns = time.monotonic_ns()
        self._settle(now_ns)
        if self._acks is not None and self._reading.may_run(now_ns):
            self._hear_ward(self._acks, now_ns)
        self._send(now_ns)
        more_of_ack = self._acks is not None and self._acks.has_come and self._reading.error is None
        if more_of_ack or (self._more and self._window.room(self._link.credit)):
            wait_s = 0.0
        elif (call_s := self._call_wait_s(now_ns)) is not None:
            wait_s = min(wait_s, max(0.0, call_s))
        try:
            self._link.pump(wait_s, self._wakes)
        finally:                        # what came before the end counts
            now_ns = time.monotonic_ns()
            self._take_acks(now_ns)
        self._require_answers(now_ns)

    def finish(self, farewell: Outgoing, timeout_s: float) -> None:
        """Take the acknowledgements that are still to come, say goodbye, settle."""
        self._announced = deque([farewell])
        deadline_s = time.monotonic() + timeout_s
        while (self._announced or self._link.unacked) and time.monotonic() < deadline_s:
            self._send_announced()
            try:
                self._link.pump(POLL_S)
            finally:
                self._take_acks(time.monotonic_ns())
        self._link.close(timeout_s)

    def _send_announced(self) -> None:
        while self._announced and self._link.credit > 0:
            self._link.publish(self._announced.popleft())

    def _send(self, now_ns: int) -> None:
        self._send_announced()
        if self._announced or not self._reading.may_run(now_ns):
            self._more = False
            return
        if self._with_journal(lambda: self._send_rows(now_ns)) and self._reminders and self._link.credit > 0:
            self._with_journal(self._send_reminders)

    def _send_reminders(self) -> None:
        """Say what is the case now: a state that has changed since we connected must not be overwritten."""
        present, now = self._journal.present(), clock.now()
        for _ in range(min(len(self._reminders), _REMINDERS, self._link.credit)):
            said = present.get(self._reminders.popleft())
            if said is not None:
                self._link.publish(envelope.of_present(said, self._root, now))

    def _send_rows(self, now_ns: int) -> None:
        version = self._journal.version()
        if version != self._seen_version or (self._window.waits and now_ns >= self._look_again_ns):
            self._seen_version, self._more = version, True
            self._look_again_ns = now_ns + round(_LOOK_AGAIN_S * NS_PER_S)
        if now_ns >= self._burial_due_ns:
            self._burial_due_ns = now_ns + round(_LOOK_AGAIN_S * NS_PER_S)
            self._bury(now_ns)
        room = self._window.room(self._link.credit)
        if not self._more or room == 0:
            return
        owed = self._journal.owed(room, exclude=self._window.not_now(now_ns),
                                  ranks=self._window.ranks(now_ns))
        self._more = len(owed) == room
        stamp, epoch = clock.now(), self._journal.epoch() if owed else ""
        for row in owed:
            if self._window.asking(row.rank):
                continue
            message = envelope.of_owed(row, self._root, stamp, epoch)
            if not self._window.fits(message.size_bytes):
                self._more = False          # until an acknowledgement makes room
                break
            self._send_row(row, message, now_ns)

    def _bury(self, now_ns: int) -> None:
        """Make tombstones of what was given up."""
        while self._burial.is_due(self._journal.shed_count(), now_ns):
            self._journal.bury(lambda runs: tombstone(runs, self._root, clock.now()))
            self._more = True

    def _send_row(self, row: Pending, message: Outgoing, now_ns: int) -> None:
        limit_bytes = self._link.maximum_packet_bytes
        if message.size_bytes > limit_bytes - _HEADER_BYTES:
            self._window.too_large(row, now_ns)
            self._log_refusal(f"larger than the broker takes ({limit_bytes} bytes)", row.topic)
            return
        mid = self._link.publish(message)
        self._rows[mid] = row.row_id
        self._window.sent(row, message.size_bytes, now_ns)

    def _take_acks(self, now_ns: int) -> None:
        waited = self._window.unclaimed
        for ack in self._link.take_acks():
            self.answered = True
            self._window.answered(now_ns)
            row_id = self._rows.pop(ack.mid, None)
            if row_id is None and ack.refusal is not None:
                self._log_refusal(ack.refusal, "status or birth")
            elif row_id is not None and ack.refusal is not None:
                self._window.refused(row_id, now_ns)
                self._log_refusal(ack.refusal, f"row {row_id}")
            elif row_id is not None and ack.unclaimed:
                self._window.not_claimed(row_id, now_ns)
            elif row_id is not None:
                self._window.acknowledged(row_id)
                self.progress = True
            self._more = True
        if waited != self._window.unclaimed:
            self._log_unclaimed()

    def _call_wait_s(self, now_ns: int) -> float | None:
        """Seconds for which the answer to a call may still be awaited, be it of the journal or not."""
        waits_s = (self._window.call_wait_s(now_ns), self._link.call_wait_s(self._window.answered_ns, now_ns))
        return min((wait_s for wait_s in waits_s if wait_s is not None), default=None)

    def _require_answers(self, now_ns: int) -> None:
        """Raise LinkError where the broker has been silent for too long about what was sent."""
        call_s = self._call_wait_s(now_ns)
        if call_s is not None and call_s <= 0:
            raise LinkError(LinkFault(FaultKind.LOST, "a call was sent and nothing is answered; the path may "
                                                      "lead nowhere, another connection is made"))
        if self._window.overdue(now_ns, _ACK_TIMEOUT_S):
            raise LinkError(LinkFault(FaultKind.LOST, "the broker is there but has acknowledged nothing for "
                                                  f"{_ACK_TIMEOUT_S:.0f} s; check its disk and its log"))

    def _log_refusal(self, reason: str, what: str) -> None:
        if reason not in self._refusals:
            self._refusals.add(reason)
            log.error("ward refuses messages: reason=\"%s\" first=\"%s\"; kept and tried again; check the "
                      "broker's access list and limits", reason, what)

    def _log_unclaimed(self) -> None:
        if self._window.unclaimed:
            log.warning("ward not subscribed: reason=\"nobody at the ward is subscribed yet; kept\"; start "
                        "the ward's receiver, or check its topics")
        else:
            log.info("ward subscribed: what was kept for it is delivered")

    def _settle(self, now_ns: int) -> None:
        rows = self._window.confirmed
        due = len(rows) >= _SETTLE_ROWS or now_ns >= self._settle_due_ns or not self._window.on_their_way
        if rows and due and self._reading.may_run(now_ns):
            self._settle_due_ns = now_ns + round(_SETTLE_EVERY_S * NS_PER_S)
            self._with_journal(lambda: settle(self._journal, self._window, self._acks, now_ns))

    def _hear_ward(self, acks: AckJudge, now_ns: int) -> None:
        """Believe what the ward says that it has; publish again what it should have by now."""
        if acks.has_come and not self._with_journal(lambda: acks.judge(self._journal, now_ns)):
            return
        if now_ns < self._resend_due_ns:
            return
        self._resend_due_ns = now_ns + round(_RESEND_EVERY_S * NS_PER_S)
        acks.look(now_ns)
        due = acks.resend.due(now_ns, _RESEND_ROWS)
        if due and self._with_journal(lambda: self._journal.publish_again(due)):
            acks.resend.again(due)

    def _with_journal(self, work: Callable[[], object]) -> bool:
        """Do it; where the journal is busy or its disk is full, say so once and leave it for a while."""
        def do() -> None:
            self._ready()
            work()
        return self._reading.run(do, time.monotonic_ns())


def settle(journal: AnyJournal, window: Window, acks: AckJudge | None, now_ns: int) -> None:
    """What the broker acknowledged leaves the journal, or waits for the ward there. Raises RetryableError."""
    rows = window.confirmed
    if acks is None:
        journal.settle(rows)
    else:
        for row_id, rank in journal.note_published(rows):
            acks.resend.published(row_id, rank, now_ns)
    window.settled(rows)
