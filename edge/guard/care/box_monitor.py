"""The thread that looks at the box itself: what is wrong with it is among the alarm's faults.

So the ward reads it with the panel's state, the group's page and `edgebox status` show it, and the beacon
tells whoever passes by.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.base import clock
from edge.base.clock import SleepWatch, Stamp
from edge.base.findings import Finding, State
from edge.base.supervisor import beat
from edge.health import power, rules
from edge.health.box import BoxHealth
from edge.health.clock_steps import ClockSteps
from edge.health.system import System
from edge.health.wear import disks

log = logging.getLogger("box")

_LOOK_EVERY_S = 5.0


class BoxMonitor:
    """`run` is the thread's body."""

    def __init__(self, folder: Path, report: Callable[[str, Finding | None], None],
                 system: System = System()) -> None:  # noqa: B008 - a frozen value
        """`folder` lies on the disk that counts; `report` takes a part's name, and what is wrong with it."""
        self._folder, self._report, self._system = folder, report, system
        self._health, self._steps, self._sleep = BoxHealth(), ClockSteps(), SleepWatch()

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            self.step(clock.now())

    def step(self, now: Stamp) -> None:
        for name, finding in self._health.look(self._findings(now), now).items():
            if finding is None:
                log.info("box: %s is well again", name)
            else:
                log.error("box: %s count=%d", finding.line, finding.count)
            self._report(f"box/{name}", finding)

    def _findings(self, now: Stamp) -> Iterator[Finding]:
        yield from rules.board(power.read(self._system))
        found = rules.clock(now.utc, now.clock_synchronised, "")
        moved = self._steps.look(now, self._sleep.woke())
        yield moved if moved is not None and found.state is State.OK else found
        yield from disks(self._folder, self._system)
