"""A camera port's process that behaves as the camera's name says; started in place of the real one."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys
import time

import numpy as np

from edge.base.own_process import die_with
from edge.watch.capture.csi.wire import (
    MAX_BYTES,
    MEMORY_BYTES,
    Plane,
    PortFailed,
    PortFault,
    PortOpened,
    PortTaken,
    asked,
    encode,
)

MAIN, SMALL = Plane("nv12", 128, 96, 160, 0), Plane("yuv420p", 64, 48, 96, 65536)
PERIOD_NS, EXPOSURE_NS = 20_000_000, 8_000_000
LUMA = 100
PADDING = 255                   # nothing of it may get into a picture


def main() -> None:
    name, speaks, memory, parent = sys.argv[1:]
    die_with(int(parent))
    watch = socket.socket(fileno=int(speaks))
    with mmap.mmap(int(memory), MEMORY_BYTES) as shared:
        if name == "no-camera":
            watch.send(encode(PortFailed(PortFault.NO_CAMERA, "there is no camera at the port")))
            return
        if name == "hangs-at-once":
            _hang()
        watch.send(encode(PortOpened("/base/i2c@1/imx708@1a", 50.0, MAIN, SMALL)))
        _answer(watch, shared, name)
        if name == "hangs-at-the-end":
            _hang()


def _answer(watch: socket.socket, shared: mmap.mmap, name: str) -> None:
    number = 0
    while (after_ns := asked(watch.recv(MAX_BYTES))) is not None:
        number += 1
        if number > 2:
            _misbehave(watch, name)
        for plane in (MAIN, SMALL):
            paint(shared, plane, number)
        time.sleep(max(PERIOD_NS, after_ns) / 1e9)
        stamp_ns = time.monotonic_ns()
        watch.send(encode(PortTaken(1 if name == "frozen-stamp" else stamp_ns, EXPOSURE_NS)))


def _misbehave(watch: socket.socket, name: str) -> None:
    match name:
        case "crashes":
            print("terminate called after throwing an instance of 'std::runtime_error'", file=sys.stderr)
            os.kill(os.getpid(), signal.SIGSEGV)
        case "stalls":
            _hang()
        case "babbles":
            watch.send(b"\xff\x00{}")
        case "lies":
            watch.send(encode(PortOpened("x", 1.0, Plane("nv12", 4096, 4096, 4096, MEMORY_BYTES - 8), None)))


def _hang() -> None:
    """Where no signal but SIGKILL ends it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)


def paint(shared: mmap.mmap, plane: Plane, number: int) -> None:
    """Luma LUMA and `number`; the two colours 64 and 192; padding that would be seen."""
    memory = np.frombuffer(shared, np.uint8, plane.size_bytes, plane.offset)
    memory[:] = PADDING
    luma = memory[:plane.stride * plane.height].reshape(plane.height, plane.stride)
    luma[:, :plane.width] = LUMA + number
    chroma = memory[plane.stride * plane.height:]
    if plane.form == "nv12":
        both = chroma.reshape(plane.height // 2, plane.stride)
        both[:, :plane.width:2], both[:, 1:plane.width:2] = 64, 192
        return
    each = chroma.reshape(2, plane.height // 2, plane.stride // 2)
    each[0, :, :plane.width // 2], each[1, :, :plane.width // 2] = 64, 192


if __name__ == "__main__":
    main()
