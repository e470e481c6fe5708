"""Processes of our own that a program has for one task: how they are started, how they end.

Their Python finds the modules of the program that starts them, wherever that was started, and nothing of the
present folder.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1           # <sys/prctl.h>
_OURS = Path(__file__).resolve().parents[2]


def python_command(module: str, *arguments: str) -> list[str]:
    """What runs `module` of ours."""
    return [sys.executable, "-P", "-m", module, *arguments]


def python_environment() -> dict[str, str]:
    """The environment for it."""
    paths = filter(None, (str(_OURS), os.environ.get("PYTHONPATH")))
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def die_with(parent: int) -> None:
    """Be killed when the thread that started us ends; at once where it has ended already.

    The kernel forgets it when the process becomes another user.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def how_ended(status: int | None) -> str:
    """An exit status in words: negative is a signal's number, None that of a process that has not ended."""
    if status is None:
        return "it hangs"
    return signal.Signals(-status).name if status < 0 else f"exit code {status}"
