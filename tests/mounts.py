"""Mounts that nobody but one test sees."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NEW_MOUNTS = 0x0002_0000                   # linux/sched.h: CLONE_NEWNS
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x4_0000     # linux/mount.h: MS_BIND, MS_REC, MS_PRIVATE


@contextmanager
def own_mounts() -> Iterator[None]:
    """A mount namespace for the calling thread and what it starts; whatever is mounted in it ends with it.

    Without it, any program that gets a namespace of its own meanwhile gets a copy of the mounts as well, and
    keeps their devices busy for as long as it lives. Root only; raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    folder = Path.cwd()
    outside = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked("unshare", libc.unshare(_NEW_MOUNTS))
        try:
            _checked("mount", libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
            yield
        finally:
            _go_back(libc, outside)
            os.chdir(folder)                # setns(2) goes to the root
    finally:
        os.close(outside)


def shown_as(file: Path, place: Path) -> None:
    """Show `file` in the place of another, within `own_mounts`. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked("mount", libc.mount(bytes(file), bytes(place), None, _BIND, None))


def _go_back(libc: ctypes.CDLL, outside: int) -> None:
    """As setns(2), which refuses while another thread shares our root: one that was joined may still be
    ending in the kernel.
    """
    deadline_s = time.monotonic() + 10.0
    while libc.setns(outside, _NEW_MOUNTS) != 0:
        if ctypes.get_errno() != errno.EINVAL or time.monotonic() > deadline_s:
            raise OSError(ctypes.get_errno(), "setns")
        time.sleep(0.01)


def _checked(call: str, answer: int) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), call)


class Card:
    """A small file system of its own, which can be filled up and made read-only, as a dying card is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill_up(self) -> None:
        """Leave not one byte."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def make_room(self) -> None:
        self._ballast.unlink()

    def make_read_only(self) -> None:
        """Nobody has anything open for writing there."""
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)

    def make_writable(self) -> None:
        subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)


@contextmanager
def own_card(folder: Path, size: str = "3m") -> Iterator[Card]:
    """Mount a `Card` at `folder` for the calling thread and what it starts. The test is skipped without root.
    """
    if os.geteuid() != 0:
        pytest.skip("needs root: it mounts a file system of its own")
    folder.mkdir(parents=True, exist_ok=True)
    with own_mounts():
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "card", folder], check=True)
        yield Card(folder)
