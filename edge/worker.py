"""Named threads that die loudly.

A thread that raises takes its process down: systemd restarts what a half-dead process would hide.
This is the one file with `except Exception`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from edge.errors import EdgeError

log = logging.getLogger("worker")


class Crew:
    """The threads of one process. `stop` is set when any of them fails or when asked to."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.failure: EdgeError | None = None
        self._threads: list[threading.Thread] = []

    def start(self, name: str, run: Callable[[threading.Event], None]) -> threading.Thread:
        """Run `run(stop)` in a thread called `name`; it returns soon after `stop` is set."""
        thread = threading.Thread(target=self._guarded, args=(name, run), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def join(self, timeout_s: float = 10.0) -> list[str]:
        """Wait for every thread; return the names of those still running after `timeout_s` each."""
        for thread in self._threads:
            thread.join(timeout_s)
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _guarded(self, name: str, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self.stop)
        except EdgeError as exc:
            log.error("thread ended: name=%s error=\"%s\"", name, exc)
            self.failure = self.failure or exc
            self.stop.set()
        except Exception as exc:        # our own bug: tell it in full, then let the process die
            log.exception("thread crashed: name=%s", name)
            self.failure = self.failure or EdgeError(f"thread {name}: {type(exc).__name__}: {exc}")
            self.stop.set()
