"""The self-test and the support bundle, for keepers. A box has no other log-in."""

from __future__ import annotations

import os
from collections.abc import Callable

from edge.guard.requests.act_log import ActLog
from edge.ipc.health import Chores
from edge.ipc.messages import Done, Message
from edge.ipc.page_guard import PART_BYTES, BundlePart, Part, StartBundle, StartTest, TooSoon
from edge.members.values import Act, PhoneSession


class CareRequests:
    """Any thread; each may raise RetryableError."""

    def __init__(self, chores: Chores, acts: ActLog) -> None:
        self._chores, self._acts = chores, acts
        self._taken: tuple[str, int] | None = None      # the bundle that was handed out last, and to whom

    def start_test(self, _: StartTest, session: PhoneSession) -> Message:
        return self._start(self._chores.start_test, "self-test", session)

    def start_bundle(self, _: StartBundle, session: PhoneSession) -> Message:
        return self._start(self._chores.start_bundle, "bundle-made", session)

    def bundle_part(self, asked: BundlePart, session: PhoneSession) -> Message:
        """Read in pieces, since guard's memory is locked. Whoever takes it stands in the log, once."""
        file = self._chores.open_bundle()
        if file is None:
            return Part()
        with file:
            facts = os.fstat(file.fileno())
            if asked.made_ns not in (0, facts.st_mtime_ns):
                return Part()
            taken = session.member.id, facts.st_mtime_ns
            if taken != self._taken:            # phones ask twice for a file
                self._taken = taken
                self._acts.now(Act("bundle-taken", session.member.id))
            file.seek(asked.offset)
            return Part(made_ns=facts.st_mtime_ns, size=facts.st_size, data=file.read(PART_BYTES))

    def _start(self, start: Callable[[], float], what: str, session: PhoneSession) -> Message:
        wait_s = start()
        if wait_s:
            return TooSoon(wait_s=wait_s)
        self._acts.now(Act(what, session.member.id))
        return Done()
