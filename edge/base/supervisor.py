"""Named threads that die loudly, and that are known to live.

A thread that raises takes its process down: systemd restarts what a half-dead process would hide. A thread
that hangs is noticed because it no longer says `beat()`; then the watchdog is fed no more and systemd does
the same. A timer that beats by itself would prove nothing, so every worker beats in its own loop.

This is the one file with `except Exception`.
"""

from __future__ import annotations

import _thread
import ctypes
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.base.errors import EdgeError
from edge.base.wake import StopEvent

log = logging.getLogger("worker")

_LOOK_S = 1.0
_PR_SET_NAME = 15           # <sys/prctl.h>
_NAME_BYTES = 15
SILENT_S = 30.0             # a worker that has not beaten for so long hangs, unless it asked for longer


@dataclass(slots=True)
class _Pulse:
    """The last sign of life of one worker: written by its thread, read by the one that feeds the watchdog."""

    silent_s: float
    beaten_s: float


_own = threading.local()


def beat() -> None:
    """The calling worker is at work: call it wherever its loop comes round. Of any other thread: nothing."""
    pulse: _Pulse | None = getattr(_own, "pulse", None)
    if pulse is not None:
        pulse.beaten_s = time.monotonic()


def stop_at_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`. Only from the main thread.

    A handler runs in the main thread and may find it in `stop.wait()`, with the event's lock in hand: `set`
    would then wait for ever. So another thread sets it, one that needs no lock of ours to be started.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _thread.start_new_thread(stop.set, ()))


def wait_for_end(stop: threading.Event) -> None:
    """Wait in the main thread until `stop` is set; in parts, since a signal just before a wait does not end
    it.
    """
    while not stop.wait(_LOOK_S):
        pass


def name_thread(name: str) -> None:
    """What `top -H` shows of the calling thread: 15 bytes of a name; Python does it from 3.14 on."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_NAME_BYTES], 0, 0, 0)


class Supervisor:
    """The threads of one process. `stop` is set when any of them fails or when asked to."""

    def __init__(self) -> None:
        self.stop = StopEvent()
        self.failure: EdgeError | None = None
        self._threads: dict[threading.Thread, _Pulse] = {}

    def start(self, name: str, run: Callable[[threading.Event], None], *,
              silent_s: float = SILENT_S) -> threading.Thread:
        """Run `run(stop)` in a thread called `name`; it returns soon after `stop` is set.

        It must call `beat()` more often than every `silent_s`, whatever it waits for.
        """
        pulse = _Pulse(silent_s, time.monotonic())
        thread = threading.Thread(target=self._guarded, args=(name, run, pulse), name=name, daemon=True)
        self._threads[thread] = pulse
        thread.start()
        return thread

    def hung(self, now_s: float) -> list[str]:
        """Names of the workers that live and have been silent for too long at `now_s` (time.monotonic)."""
        return [thread.name for thread, pulse in tuple(self._threads.items())
                if thread.is_alive() and now_s - pulse.beaten_s > pulse.silent_s]

    def hold(self, feed: Callable[[], None], every_s: float, last: threading.Thread | None = None,
             on_hung: Callable[[Sequence[str]], None] = lambda names: None) -> None:
        """Call `feed` every `every_s` while no worker hangs, until `stop` is set or the worker `last` has
        ended; `on_hung` with the names of those that hang, whenever these have become others.
        """
        logged: list[str] = []
        while not self.stop.wait(every_s) and (last is None or last.is_alive()):
            hung = self.hung(time.monotonic())
            if not hung:
                feed()
            elif hung != logged:
                log.error("worker hangs, the watchdog is fed no more: name=%s", ",".join(hung))
                on_hung(hung)
            logged = hung

    def join(self, timeout_s: float = 10.0) -> list[str]:
        """Wait for every thread; return the names of those still running after `timeout_s` each."""
        for thread in tuple(self._threads):
            thread.join(timeout_s)
        return [thread.name for thread in tuple(self._threads) if thread.is_alive()]

    def end(self, timeout_s: float) -> bool:
        """Stop all threads, wait so long for each; return whether all have ended, and log which have not."""
        self.stop.set()
        if stuck := self.join(timeout_s):
            log.warning("threads still busy at exit, left to the system: %s", ",".join(stuck))
        return not stuck

    def raise_failure(self) -> None:
        """What ended a worker, in the thread of whoever answers for all of them."""
        if self.failure is not None:
            raise self.failure

    def _guarded(self, name: str, run: Callable[[threading.Event], None], pulse: _Pulse) -> None:
        _own.pulse = pulse
        name_thread(name)
        failure: EdgeError | None = EdgeError(f"thread {name}: left by SystemExit or its like")
        try:
            run(self.stop)
            failure = None
        except EdgeError as exc:
            log.error("thread ended: name=%s error=\"%s\"", name, exc)
            failure = exc
        except Exception as exc:        # our own bug: tell it in full, then let the process die
            log.exception("thread crashed: name=%s", name)
            failure = EdgeError(f"thread {name}: {type(exc).__name__}: {exc}")
        finally:
            if failure is not None:     # also of what is no Exception: threading passes SystemExit over
                self.failure = self.failure or failure
                self.stop.set()
