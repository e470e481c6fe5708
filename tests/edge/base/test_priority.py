"""guard asks for CPU and memory as the kernel shows it, and runs without when it gets neither."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.base.priority import NICE

ROOT = Path(__file__).resolve().parents[3]
TELL = """
import os, threading
from edge.base.priority import favour_process, favour_thread
{before}
favour_process()
policies = []
thread = threading.Thread(target=lambda: (favour_thread(), policies.append(os.sched_getscheduler(0))))
thread.start(); thread.join()
print(os.getpriority(os.PRIO_PROCESS, 0), policies[0] & ~os.SCHED_RESET_ON_FORK, os.sched_getscheduler(0))
print(open('/proc/self/status').read())
"""


def told(before: str = "") -> tuple[list[int], int]:
    """Nice value, the thread's and the process's policy, and the memory locked, in kB."""
    done = subprocess.run([sys.executable, "-c", TELL.format(before=before)], capture_output=True, text=True,
                          check=True, cwd=ROOT)
    locked = re.search(r"VmLck:\s+(\d+) kB", done.stdout)
    return [int(word) for word in done.stdout.splitlines()[0].split()], int(locked[1]) if locked else -1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may raise its priority without a unit's leave")
def test_guard_gets_what_it_asks_for() -> None:
    """
    Nice -10, a real-time thread beside ordinary ones, and what is in use locked: not the address space.
    """
    (nice, thread, process), locked_kb = told()

    own = os.getpriority(os.PRIO_PROCESS, 0)        # of whoever runs the tests: never lowered
    assert [min(NICE, own), os.SCHED_RR, os.SCHED_OTHER] == [nice, thread, process]
    assert 4_000 < locked_kb < 400_000


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give up being root")
def test_guard_runs_without_it() -> None:
    """
    A user without any right to it runs at ordinary priority, and is not ended.
    """
    (nice, thread, process), locked_kb = told("os.setuid(65534)")

    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert [own, os.SCHED_OTHER, os.SCHED_OTHER, 0] == [nice, thread, process, locked_kb]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may raise its priority without a unit's leave")
@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="the kernel does not group by sessions")
@pytest.mark.parametrize(("own_session", "service", "nice"),
                         [(True, False, -10), (False, False, 0), (True, True, 0)])
def test_a_session_of_its_own_is_favoured_as_a_whole(own_session: bool, service: bool, nice: int) -> None:
    """
    Nice counts within a session alone; one that it shares with a shell stays as it is, and so does that of a
    service, whose unit says how it stands among others.
    """
    told = {name: value for name, value in os.environ.items() if name != "INVOCATION_ID"}
    program = TELL.format(before="") + "print('group', open('/proc/self/autogroup').read())"
    leader = [sys.executable, "-c", program]
    follower = [sys.executable, "-c",
                f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}], check=True)"]
    done = subprocess.run(leader if own_session else follower, capture_output=True, text=True, check=True,
                          cwd=ROOT, start_new_session=True,
                          env=told | ({"INVOCATION_ID": "0" * 32} if service else {}))
    assert re.search(rf"group /autogroup-\d+ nice {nice}\n", done.stdout), done.stdout[-200:]
