"""Health for the group's page, and the two things that are done for it: the self-test and the support bundle.

A look costs a few calls of stat; what is read from the card is read when it has changed, and what wears out
twice a minute.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

from edge.base import clock, durable
from edge.base.findings import Finding, ordered
from edge.config.folders import runtime_folder, state_folder
from edge.config.model import EdgeSettings
from edge.contract.messages import rfc3339
from edge.guard.care.job_request import JobRequest, Print, print_of
from edge.health import last_result, power, progress, rules
from edge.health.system import System
from edge.health.wear import certificates, disks
from edge.ipc import health
from edge.ipc.channels import Program
from edge.ipc.health import MAX_BUNDLE_BYTES, Health, SupportBundle, Tested

TEST_WANTED, BUNDLE_WANTED = "doctor-wanted", "support-wanted"
BUNDLE = "support.tar.gz"
TEST_LIMIT_S, BUNDLE_LIMIT_S = 180.0, 90.0        # above their units' TimeoutStartSec
_UPKEEP_EVERY_S = 30.0


class Caretaker:
    """Implements `edge.ipc.health.Chores`. Any thread."""

    def __init__(self, settings: EdgeSettings, journal: Callable[[], Finding],
                 system: System = System(),  # noqa: B008 - a frozen value
                 now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """`journal` says how the journal is, as uplink has told guard."""
        self._settings, self._journal, self._system = settings, journal, system
        state, runtime = settings.box.state_dir, settings.box.runtime_dir
        self._result, self._bundle = state / last_result.FILE, runtime / BUNDLE
        self._runtime = runtime
        wanted = runtime_folder(settings, Program.GUARD)
        self._test = JobRequest(wanted / TEST_WANTED, self._result, TEST_LIMIT_S,
                                lambda: progress.read(runtime), lambda: progress.discard(runtime), now_ns)
        self._support = JobRequest(wanted / BUNDLE_WANTED, self._bundle, BUNDLE_LIMIT_S, now_ns=now_ns)
        self._lock = threading.Lock()
        self._tested: Tested | None = None
        self._tested_of: Print | None = None
        self._now: tuple[Finding, ...] = ()
        self._looked_s: float | None = None

    def start_test(self) -> float:
        return self._test.ask()

    def start_bundle(self) -> float:
        return self._support.ask()

    def open_bundle(self) -> BinaryIO | None:
        """Others may write the folder: what is no plain file of a fair size is none of ours."""
        try:
            with durable.opened(self._bundle) as handle:
                return os.fdopen(os.dup(handle), "rb") if _is_fair(os.fstat(handle)) else None
        except OSError:
            return None

    def health(self) -> Health:
        stage, found = self._test.look()
        test = health.JobProgress(stage) if found is None else \
            health.JobProgress(stage, found.done, found.steps, found.about)
        support, _ = self._support.look()
        with self._lock:
            return Health(self._last_test(), self._upkeep(), test, health.JobProgress(support),
                          self._last_bundle())

    def _last_test(self) -> Tested | None:
        seen = print_of(self._result)
        if seen != self._tested_of:
            self._tested_of = seen
            self._tested = last_result.tested(last_result.read(self._settings.box.state_dir))
        return self._tested

    def _last_bundle(self) -> SupportBundle | None:
        try:
            found = self._bundle.lstat()
        except OSError:
            return None
        if not _is_fair(found):
            return None
        return SupportBundle(rfc3339(datetime.fromtimestamp(found.st_mtime, UTC)), found.st_size)

    def _upkeep(self) -> tuple[Finding, ...]:
        now_s = time.monotonic()
        if self._looked_s is None or now_s - self._looked_s >= _UPKEEP_EVERY_S:
            self._looked_s, self._now = now_s, tuple(reversed(ordered(self._findings(datetime.now(UTC)))))
        return self._now

    def _findings(self, now: datetime) -> list[Finding]:
        """The findings that `edgebox status` has, without those that another program would have to be asked
        for.
        """
        system = self._system
        return [*certificates(self._settings, now), rules.clock(now, clock.clock_synchronised(), ""),
                *disks(state_folder(self._settings, Program.GUARD), system), self._journal(),
                *rules.board(power.read(system))]


def _is_fair(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_size <= MAX_BUNDLE_BYTES
