"""What a process does to the disk and the network, looked at from outside (Linux)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

import psutil

_CREATED, _MOVED_HERE = 0x100, 0x80         # <sys/inotify.h>


def written_files(pid: int) -> set[str]:
    """Files on disk that the process has open for writing now, deleted ones too, mapped ones too."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
            flags = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0]
        except FileNotFoundError:               # closed while we looked
            continue
        if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY and _on_disk(target):
            found.add(target)
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        _, rights, _, _, _, *path = line.split(maxsplit=5)
        if "w" in rights and rights.endswith("s") and path and _on_disk(path[0]):
            found.add(path[0])
    return found


def _on_disk(target: str) -> bool:
    return target.startswith("/") and not target.startswith(("/dev/null", "/dev/urandom"))


def peers(pid: int) -> set[int]:
    """Ports on the other side of its internet sockets; 0 for one that listens. Not those to itself."""
    sockets = psutil.Process(pid).net_connections(kind="inet")
    own = {socket.laddr for socket in sockets}
    return {socket.raddr.port if socket.raddr else 0 for socket in sockets if socket.raddr not in own}


class Lookout:
    """Remembers the name of everything that is ever created in some folders, however short it lives."""

    def __init__(self, folders: Iterable[Path]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._handle: int = libc.inotify_init1(os.O_NONBLOCK)
        self._folders = {libc.inotify_add_watch(self._handle, os.fsencode(folder), _CREATED | _MOVED_HERE):
                         folder for folder in folders}
        assert min(self._handle, *self._folders) >= 0, os.strerror(ctypes.get_errno())

    def created(self) -> set[Path]:
        """Since the last call."""
        found: set[Path] = set()
        while True:
            try:
                events = os.read(self._handle, 1 << 16)
            except BlockingIOError:
                return found
            while events:
                watch, mask, _, length = struct.unpack_from("iIII", events)
                assert mask & (_CREATED | _MOVED_HERE), "events were lost"
                found.add(self._folders[watch] / os.fsdecode(events[16:16 + length].rstrip(b"\0")))
                events = events[16 + length:]

    def close(self) -> None:
        os.close(self._handle)
