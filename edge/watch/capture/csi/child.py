"""The process of one camera port: `python -m edge.watch.capture.csi.child NAME SOCKET MEMORY PARENT`.

libcamera and its drivers have hung where no thread gets out, and have ended processes; so each camera has
a process that watch can kill. It imports as little as it can, and lives no longer than watch: the kernel ends
it when the thread that started it is gone, even while it hangs.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import socket
import sys

from edge.base.own_process import die_with
from edge.watch.capture.csi.port import Port, PortError
from edge.watch.capture.csi.wire import MAX_BYTES, MEMORY_BYTES, asked, encode


def main(arguments: list[str]) -> None:
    name, speaks, memory, parent = arguments
    die_with(int(parent))
    for number in (signal.SIGINT, signal.SIGTERM):      # a service's are meant for watch, which ends us
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(speaks)) as watch, mmap.mmap(int(memory), MEMORY_BYTES) as shared:
        try:
            _serve(watch, Port(name, shared))
        except PortError as exc:
            watch.send(encode(exc.failed))
        except (BrokenPipeError, ConnectionResetError):
            pass            # watch has let go of us
    sys.stdout.flush()
    os._exit(0)             # past picamera2's atexit, which closes what may hang


def _serve(watch: socket.socket, port: Port) -> None:
    """Answer each question with a picture, until watch closes its end."""
    watch.send(encode(port.opened))
    while (after_ns := asked(watch.recv(MAX_BYTES))) is not None:
        taken = port.take(after_ns, lambda: not select.select([watch], [], [], 0)[0])
        if taken is not None:
            watch.send(encode(taken))
    port.close()


if __name__ == "__main__":
    main(sys.argv[1:])
