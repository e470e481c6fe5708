"""Mounts that nobody but one test sees."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
            _checked("setns", libc.setns(outside, _NEW_MOUNTS))
            os.chdir(folder)                # setns(2) goes to the root
    finally:
        os.close(outside)


def shown_as(file: Path, place: Path) -> None:
    """Show `file` in the place of another, within `own_mounts`. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked("mount", libc.mount(bytes(file), bytes(place), None, _BIND, None))


def _checked(call: str, answer: int) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), call)
