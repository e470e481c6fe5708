"""The answers to commands: one record for the ward and one line in the log for each, bounded in a flood."""

from __future__ import annotations

import logging
import uuid
from collections import deque

from edge.base.backoff import Backoff
from edge.base.clock import Stamp
from edge.base.retry import Retry
from edge.base.values import NS_PER_S
from edge.contract.command import CommandResultData
from edge.contract.messages import rfc3339, to_json
from edge.contract.topics import Root
from edge.ipc.records import Records
from edge.journal.entry import Entry, Rank

log = logging.getLogger("commands")

RESULT_TYPE = "edgebox.command.result"
UNANSWERED = "commands_unanswered"      # the durable counter of refusals that a flood left without an answer
REFUSALS_PER_MINUTE = 120               # told one by one; whoever may send to a box may send more
_KEPT = 1000                            # while uplink takes none
_MINUTE_NS = 60 * NS_PER_S


class AnswerPace:
    """Limits answers to so many within any minute. Not thread-safe."""

    def __init__(self, per_minute: int) -> None:
        self._taken_ns: deque[int] = deque(maxlen=per_minute)

    def takes(self, now_ns: int) -> bool:
        """Whether one more may be had now; then it is."""
        if len(self._taken_ns) == self._taken_ns.maxlen and now_ns - self._taken_ns[0] < _MINUTE_NS:
            return False
        self._taken_ns.append(now_ns)
        return True


class Answers:
    """Collects answers, so that many take one fsync. One thread."""

    def __init__(self, root: Root, records: Records) -> None:
        self._root, self._records = root, records
        self._owed: deque[Entry] = deque()
        self._pace = AnswerPace(REFUSALS_PER_MINUTE)
        self._untold, self._untold_since_ns = 0, 0
        self._storing = Retry("answers to commands wait", "answers to commands are stored again", log,
                              Backoff(1.0, 30.0))

    def add(self, result: CommandResultData, stamp: Stamp) -> None:
        """Tell the log now and the ward with the next `write`. In a flood, refusals are only counted."""
        if not result.accepted and not self._pace.takes(stamp.mono_ns):
            self._untold_since_ns = self._untold_since_ns if self._untold else stamp.mono_ns
            self._untold += 1
            return
        _log(result)
        self._owed.append(self._entry(result, stamp))
        if len(self._owed) > _KEPT:
            self._owed.popleft()
            self._untold += 1

    def write(self, now_ns: int, *, last: bool = False) -> None:
        """Hand over what was added. While uplink takes none it stays here, and is tried again in a while.

        `last`: there is no later.
        """
        is_counted_in_time = self._untold == 0 or (not last and now_ns - self._untold_since_ns < _MINUTE_NS)
        if (not self._owed and is_counted_in_time) or not (last or self._storing.may_run(now_ns)):
            return
        is_stored = self._storing.run(lambda: self._store(with_untold=not is_counted_in_time), now_ns)
        if last and not is_stored:
            log.error("answers to commands lost at the end: answers=%d error=\"%s\"", len(self._owed),
                      self._storing.fault)

    def _store(self, *, with_untold: bool) -> None:
        self._records.append_all(self._owed)
        self._owed.clear()
        if with_untold:
            self._records.count_all({UNANSWERED: self._untold})
            log.warning("commands refused without an answer: commands=%d counter=%s", self._untold,
                        UNANSWERED)
            self._untold = 0

    def _entry(self, result: CommandResultData, stamp: Stamp) -> Entry:
        return Entry(
            rank=Rank.ANSWER, topic=self._root.command_result, type=RESULT_TYPE, subject=self._root.box,
            id=str(uuid.uuid4()), time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns, boot_id=stamp.boot_id,
            data=to_json(result))


def _log(result: CommandResultData) -> None:
    """Log the answer to a command: no more than the id of a payload that nobody signed."""
    issuer = "-" if result.issuer is None else '"' + result.issuer.replace('"', "'") + '"'
    about = f"name={result.name or '-'} cmd={result.cmd_id or '-'} issuer={issuer}"
    if result.accepted:
        log.info("command obeyed: %s alarm=%s", about, result.alarm_id or "-")
    else:
        log.warning("command refused: %s reason=%s", about, result.reason)
