"""What the service manager is told, over systemd-python.

Nothing is told where no service manager started us: on a laptop, in a test. On a box the library comes
with the system (python3-systemd).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType

from edge.base.errors import FatalError

WATCHDOG_PARTS = 3          # fed so many times within the time that systemd allows


class Notifier:
    """Talks to systemd where NOTIFY_SOCKET is set. Any thread."""

    def __init__(self) -> None:
        """Raises FatalError where systemd waits for word and the library is missing."""
        self._daemon: ModuleType | None = None
        if os.environ.get("NOTIFY_SOCKET"):
            try:
                self._daemon = importlib.import_module("systemd.daemon")
            except ImportError as exc:
                raise FatalError(f"systemd waits to be told that we are ready, and systemd-python cannot be "
                                 f"loaded: {exc}; install python3-systemd", os.EX_UNAVAILABLE) from exc

    @property
    def feed_every_s(self) -> float:
        """How often the watchdog wants food: a part of the unit's WatchdogSec; 5 s without one."""
        limit_us = int(os.environ.get("WATCHDOG_USEC") or 0)
        return limit_us / 1e6 / WATCHDOG_PARTS if limit_us else 5.0

    def ready(self, status: str) -> None:
        """Everything is up: `status` is what `systemctl status` shows."""
        self._send(f"READY=1\nSTATUS={status}")

    def ready_to_follow(self, status: Callable[[], str]) -> Callable[[], None]:
        """Say that everything is up, and how; return what feeds the watchdog and says what has changed."""
        said = status()
        self.ready(said)

        def feed() -> None:
            nonlocal said
            self.feed()
            if (now := status()) != said:
                said = now
                self.status(said)

        return feed

    def status(self, text: str) -> None:
        self._send(f"STATUS={text}")

    def feed(self) -> None:
        """Tell the watchdog that all is well, only while every worker lives: see `Supervisor.hold`."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1\nSTATUS=stopping")

    def more_time(self, seconds: float) -> None:
        """Starting takes longer: so many seconds from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def _send(self, message: str) -> None:
        if self._daemon is not None:
            self._daemon.notify(message)
