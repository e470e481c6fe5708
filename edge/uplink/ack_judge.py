"""What the ward acknowledges, judged: what is believed empties the journal, what is not is counted.

An ack reaches guard as it came, since guard believes none but its own reading: whenever it names calls, and
the first one of a connection, for a guard that was started meanwhile. One whose signature does not hold goes
no further: whoever holds the broker has no way to guard by it.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from edge.base.errors import RetryableError
from edge.base.supervisor import beat
from edge.contract.ack import MAX_BEYOND, AckError, AckRefusal, WardAck, read_ack
from edge.contract.signing import VerifyKey
from edge.contract.topics import Root
from edge.journal.reopening_journal import AnyJournal
from edge.uplink.resend import RESEND_AFTER_S, UNANSWERED_S, Resend

log = logging.getLogger("deliver")

_MOST_WAITING = 256         # acks that nobody has judged; the ward sends one a second


class AckJudge:
    """The box's side of the ward's acknowledgement. All but `counts` and `unanswered_s` for one thread."""

    def __init__(self, keys: Mapping[str, VerifyKey], root: Root, on_ack: Callable[[bytes], None],
                 on_silence: Callable[[bool], None] = lambda is_silent: None,
                 resend_after_s: float = RESEND_AFTER_S) -> None:
        """
        Args:
            keys: the receiver's public keys by their ids.
            on_ack: gets what guard is to judge for itself; returns at once.
            on_silence: told whenever PUBACKs have come for an hour and no ack, and when one comes.
        """
        self._keys, self.topic, self._box = keys, root.ack, root.path
        self._on_ack, self._on_silence = on_ack, on_silence
        self.resend = Resend(resend_after_s)
        self._came: deque[bytes] = deque()
        self._first_of_link, self._handed_on = True, b""
        self._covered, self._lost_held = list[int](), False     # by parts of the ack that is judged
        self._counts: Counter[str] = Counter()
        self._logged: AckRefusal | None = None
        self._is_silent = False
        self.unanswered_s = 0.0         # as of the last look

    def begin(self, journal: AnyJournal, now_ns: int) -> None:
        """Take over what an earlier run has published. Raises RetryableError."""
        self.resend.restored(journal.published(), now_ns)

    def connected(self) -> None:
        """The next ack is the first of a connection."""
        self._first_of_link = True

    def came(self, payload: bytes) -> None:
        """Put an ack down as it came; of a flood, the newest stay."""
        self._came.append(payload)
        if len(self._came) > _MOST_WAITING:
            self._came.popleft()
            self._counts["ack_unread"] += 1

    @property
    def has_come(self) -> bool:
        """Whether an ack waits to be judged."""
        return bool(self._came)

    def judge(self, journal: AnyJournal, now_ns: int) -> None:
        """Believe what can be believed of what came. Of an ack that covers much, a part: then `has_come` is
        still true, and calls get their turn. Raises RetryableError of the journal; the newest waits.
        """
        is_whole = True
        while self._came and is_whole:
            try:
                is_whole = self._judge(self._came[0], journal, now_ns)
            except RetryableError:
                self._hand_on_rest()
                raise
            if is_whole:
                self._came.popleft()
            beat()

    def look(self, now_ns: int) -> None:
        """See whether the ward has been silent for too long."""
        self.unanswered_s = self.resend.unanswered_s(now_ns)
        is_silent = self.unanswered_s >= UNANSWERED_S
        if is_silent == self._is_silent:
            return
        self._is_silent = is_silent
        if is_silent:
            log.error("ward acknowledges nothing: for_s=%.0f kept=%d; is its receiver running, and does the "
                      "box's bundle name its key (mqtt.ack_keys)?", self.unanswered_s, self.resend.waiting)
        else:
            log.info("ward acknowledges again")
        self._on_silence(is_silent)

    def take_counts(self) -> Mapping[str, int]:
        """What was counted since this was called last."""
        counts, self._counts = dict(self._counts), Counter()
        return counts

    def _judge(self, payload: bytes, journal: AnyJournal, now_ns: int) -> bool:
        """Whether it is done with."""
        try:
            ack = read_ack(payload, self._box, self._keys)
            self._hand_on(ack, payload)
            return self._believe(ack, journal, now_ns)
        except AckError as exc:
            self._counts[f"ack_{exc.refusal}"] += 1
            if exc.refusal is not self._logged:
                self._logged = exc.refusal
                log.warning("%s", exc)
            return True

    def _hand_on_rest(self) -> None:
        """Guard needs no journal for the calls that the ward names. The newest covers what the others do."""
        while len(self._came) > 1:
            self._came.popleft()
            with suppress(AckError):
                self._hand_on(read_ack(self._came[0], self._box, self._keys), self._came[0])

    def _hand_on(self, ack: WardAck, payload: bytes) -> None:
        if payload is not self._handed_on and (ack.calls or self._first_of_link):
            self._first_of_link, self._handed_on = False, payload
            self._on_ack(payload)

    def _believe(self, ack: WardAck, journal: AnyJournal, now_ns: int) -> bool:
        word = journal.ward_word()
        if word is not None and ack.epoch == journal.epoch() and ack.ward_time == word.ward_time:
            return True                 # the retained one, once more
        covered = journal.believe(ack)
        self._logged = None
        self._covered += covered.row_ids
        self._lost_held |= covered.lost_held
        if not covered.is_whole:
            return False
        if self._lost_held:
            log.warning("ward may lack what its broker took: what it has not acknowledged is published "
                        "again: kept=%d", self.resend.waiting)
            self.resend.ward_lost(now_ns)
        cut_at = ack.highest_seq if len(ack.beyond) == MAX_BEYOND else None
        self.resend.acked(self._covered, cut_at, now_ns)
        self._covered, self._lost_held = [], False
        return True
