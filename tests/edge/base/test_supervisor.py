"""A thread that dies takes its process along; one that hangs starves the watchdog."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from edge.base.errors import EdgeError, FatalError
from edge.base.supervisor import Supervisor, beat
from tests.brokers import until


class Meals:
    """Counts how often the watchdog was fed, from another thread than the test's."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.count = 0
        self.hung = list[Sequence[str]]()
        self._thread = threading.Thread(
            target=lambda: supervisor.hold(self._eat, 0.02, on_hung=self.hung.append))
        self._thread.start()

    def _eat(self) -> None:
        self.count += 1

    def more(self, than: int) -> Callable[[], bool]:
        return lambda: self.count > than

    def end(self) -> None:
        self._thread.join()


def test_the_watchdog_starves_while_one_worker_hangs() -> None:
    """
    It is fed while all beat; not once while one of them, and be it one of many, has stopped; again after.
    """
    supervisor, hang, hanging = Supervisor(), threading.Event(), threading.Event()

    def sometimes(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            if hang.is_set():
                hanging.set()
            else:
                hanging.clear()
                beat()

    def always(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            beat()

    supervisor.start("steady", always, silent_s=60.0)
    supervisor.start("fickle", sometimes, silent_s=1.0)
    meals = Meals(supervisor)
    until(meals.more(3), "the watchdog to be fed")
    hang.set()
    until(hanging.is_set, "the worker to hang")
    until(lambda: supervisor.hung(time.monotonic()) == ["fickle"], "the hang to be noticed", 20.0)
    fed = meals.count
    threading.Event().wait(0.2)             # time for ten meals
    assert meals.count <= fed + 1           # one may have been under way
    hang.clear()
    until(meals.more(fed + 3), "the watchdog to be fed again")

    supervisor.stop.set()
    meals.end()
    assert ["fickle"] in meals.hung
    assert [] == supervisor.join()


def test_a_worker_may_ask_for_more_patience() -> None:
    """
    Each worker has its own limit, counted from its start or its last beat; one that ended does not hang.
    """
    supervisor, over = Supervisor(), threading.Event()
    began_s = time.monotonic()
    supervisor.start("slow", lambda stop: void(over.wait()), silent_s=1000.0)
    supervisor.start("quick", lambda stop: void(over.wait()), silent_s=10.0)
    ended = supervisor.start("ended", lambda stop: None, silent_s=0.0)
    ended.join()

    assert [] == supervisor.hung(began_s + 9.0)
    assert ["quick"] == supervisor.hung(time.monotonic() + 11.0)
    assert ["slow", "quick"] == supervisor.hung(time.monotonic() + 1001.0)
    over.set()
    assert [] == supervisor.join()


def test_a_thread_that_raises_ends_all() -> None:
    """
    Our own error keeps its exit code; any other becomes one that names thread and exception.
    """
    fatal, bug = Supervisor(), Supervisor()

    def raise_fatal(_: threading.Event) -> None:
        raise FatalError("no such file", 78)

    fatal.start("one", raise_fatal)
    bug.start("two", lambda stop: void(1 // 0))

    assert fatal.stop.wait(60)
    assert bug.stop.wait(60)
    assert fatal.join() == bug.join() == []
    assert fatal.failure is not None
    assert fatal.failure.exit_code == 78
    assert "thread two: ZeroDivisionError" in str(bug.failure)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_leaves_by_the_back_door_ends_all() -> None:
    """
    SystemExit in a thread is passed over by Python without a word.
    """
    supervisor = Supervisor()
    supervisor.start("three", lambda stop: sys.exit(0))

    assert supervisor.stop.wait(60)
    assert supervisor.join() == []
    with pytest.raises(EdgeError, match="thread three: left by SystemExit") as caught:
        supervisor.raise_failure()
    assert os.EX_SOFTWARE == caught.value.exit_code


def test_a_beat_outside_of_a_crew_is_nothing() -> None:
    """
    The pipeline beats in `replay` too, where nobody counts.
    """
    beat()


def void(_: object) -> None:
    """So that a lambda returns None."""


def test_a_signal_that_comes_while_the_event_is_looked_at_ends_the_process() -> None:
    """
    The handler finds the main thread with the event's lock in hand, as for a moment in every wait; it is set
    all the same, and nobody waits for ever.
    """
    program = """
import os, signal, threading
from edge.base.supervisor import stop_at_signals
stop = threading.Event()
stop_at_signals(stop)
with stop._cond:
    os.kill(os.getpid(), signal.SIGTERM)
    signal.sigpending()
print(stop.wait(20))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "True\n" == done.stdout, done.stderr


def test_top_shows_threads_by_their_names() -> None:
    """
    The kernel knows a worker by the first 15 bytes of its name, with any version of Python.
    """
    told: list[str] = []
    supervisor = Supervisor()
    supervisor.start("capture-northern-gate", lambda _stop: told.append(
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip()))
    supervisor.join()

    assert told == ["capture-norther"]
