"""Keep the process that must never be away on the CPU and in memory, when everything else fights for both.

Each step is tried and its failure told, none is needed: on a laptop guard runs as any other program. On a
box the unit grants what is asked for here (Nice, LimitRTPRIO, LimitMEMLOCK).
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
from pathlib import Path

log = logging.getLogger("priority")

NICE = -10
REALTIME = 10           # of 1..99: ahead of all ordinary threads, behind the kernel's own

# <sys/mman.h>. ONFAULT: what is used stays, what is merely mapped costs nothing.
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def favour_process() -> None:
    """Ahead of others for the CPU, and never swapped out. Call it before threads are started."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, min(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
    except OSError as exc:
        log.warning("runs at ordinary priority: error=\"%s\"; grant it with Nice= in the unit", exc.strerror)
    _favour_session()
    _lock_memory()


def favour_thread() -> None:
    """The calling thread runs before all ordinary ones, of this process and of others.

    For a thread that works for microseconds and then waits: one that does not would starve the box.
    """
    try:
        # Linux: id 0 is the calling thread, not its process. RESET_ON_FORK: no child inherits it.
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(REALTIME))
    except OSError as exc:
        log.warning("thread is not real-time: error=\"%s\"; grant it with LimitRTPRIO= in the unit",
                    exc.strerror)


def _favour_session() -> None:
    """Put the whole session, if it is ours alone, before others: where the kernel groups processes by
    session, nice counts only within one. Not as a service of systemd: among these CPUWeight= counts, and the
    unit says it.
    """
    group = Path("/proc/self/autogroup")
    if "INVOCATION_ID" in os.environ or os.getsid(0) != os.getpid() or not group.exists():
        return
    try:
        group.write_text(str(NICE))
    except OSError as exc:
        log.warning("session runs at ordinary priority: error=\"%s\"", exc.strerror)


def _lock_memory() -> None:
    # With a bound, locking would succeed now and let some later allocation fail.
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY and os.geteuid() != 0:
        log.warning("memory is not locked: the limit is too low; grant it with LimitMEMLOCK=infinity")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        log.warning("memory is not locked: error=\"%s\"", os.strerror(ctypes.get_errno()))
