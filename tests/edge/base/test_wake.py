"""Who waits for a socket is woken by an event, and needs no poll."""

from __future__ import annotations

import socket
import threading
import time

from edge.base.wake import StopEvent, Wake, readable


def test_a_stop_ends_the_waiting_of_all_threads_at_once() -> None:
    """
    However long they would wait for a line, `stop` lets every one of them go.
    """
    stop, (ours, theirs) = StopEvent(), socket.socketpair()
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(readable(ours, stop, 600))) for _ in range(3)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join(60)
    ours.close()
    theirs.close()

    assert found == [False, False, False]


def test_what_can_be_read_is_told_beside_a_stop() -> None:
    """
    A stop that came hides no line that came, too.
    """
    stop, (ours, theirs) = StopEvent(), socket.socketpair()
    theirs.send(b"line\n")
    stop.set()
    with ours, theirs:
        assert readable(ours, stop, 0)


def test_a_plain_event_is_seen_within_a_second() -> None:
    """
    An event that cannot be waited for beside a socket is looked at again soon, whatever the limit.
    """
    (ours, theirs), began_s = socket.socketpair(), time.monotonic()
    with ours, theirs:
        assert not readable(ours, threading.Event(), 600)
    assert time.monotonic() - began_s < 60


def test_a_wake_lasts_until_it_is_cleared() -> None:
    """
    Set twice and cleared once it is clear; what is set after that is seen.
    """
    wake, never = Wake(), StopEvent()
    wake.set()
    wake.set()
    assert readable(wake, never, 0)
    wake.clear()
    wake.clear()
    assert not readable(wake, never, 0)
    wake.set()
    assert readable(wake, never, 0)
