"""One thread of another process that stands still, while all others go on: as a debugger does it.

Run as a program of its own, so that the thread goes on when the program is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator

_SEIZE, _INTERRUPT = 0x4206, 0x4207     # <sys/ptrace.h>
_WALL = 0x40000000                      # <sys/wait.h>


@contextlib.contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Until the end, or until somebody ends its process. `thread` as /proc/PID/task names it."""
    with subprocess.Popen([sys.executable, __file__, str(thread)], stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout is not None
        try:
            assert "frozen" == process.stdout.readline().strip()
            yield
        finally:
            process.kill()


def freeze(thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    for request in (_SEIZE, _INTERRUPT):
        if libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.waitpid(thread, _WALL)
    print("frozen", flush=True)
    os.waitpid(thread, _WALL)           # its end: nobody else would be told of it


if __name__ == "__main__":
    freeze(int(sys.argv[1]))
