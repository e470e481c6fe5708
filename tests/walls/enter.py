"""Become a program of the box: its user, its limits, its sockets, and no network where its unit says so.

    python enter.py JSON COMMAND...

Root starts it; it changes what this process sees (a mount namespace of its own), gives everything up that a
unit of systemd's would take, and becomes COMMAND. It imports nothing of ours, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from pathlib import Path

_NEW_MOUNTS, _NEW_NETWORK = 0x0002_0000, 0x4000_0000     # linux/sched.h: CLONE_NEWNS, CLONE_NEWNET
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x4_0000   # linux/mount.h: MS_BIND, MS_REC, MS_PRIVATE
_NO_NEW_PRIVILEGES = 38                                  # linux/prctl.h
_LIMITS = {"RLIMIT_RTPRIO": 14}                          # resource(2); Python's module knows it not
_FIRST_FD = 3                                            # SD_LISTEN_FDS_START


_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    wanted, command = json.loads(sys.argv[1]), sys.argv[2:]
    descriptors = _hand_over(wanted["sockets"])
    if _libc.unshare(_NEW_MOUNTS | (0 if wanted["network"] else _NEW_NETWORK)):
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("none", "/", _RECURSIVE | _PRIVATE)
    _open_way_to([Path(path) for path in wanted["reachable"]])
    for place, source in wanted["files"].items():
        _mount(source, place, _BIND)
    for path in wanted["hidden"]:
        if Path(path).is_dir():
            _mount("tmpfs", path, 0, "tmpfs", "mode=000")
    for name, value in wanted["limits"].items():
        with contextlib.suppress(ValueError):       # a container may not raise what it was given
            resource.setrlimit(getattr(resource, name, _LIMITS.get(name, 0)), (value, value))
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, wanted["nice"])
    os.setgroups(wanted["groups"])
    os.setresgid(wanted["gid"], wanted["gid"], wanted["gid"])
    os.setresuid(wanted["uid"], wanted["uid"], wanted["uid"])
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.umask(0o077)
    os.environ.update(wanted["environment"])
    if descriptors:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(descriptors),
                          LISTEN_FDNAMES=":".join(wanted["sockets"]))
    os.execvp(command[0], command)


def _hand_over(sockets: dict[str, int]) -> int:
    """Put the listening sockets where sd_listen_fds(3) has them; return how many there are."""
    apart = [os.dup(descriptor) for descriptor in sockets.values()]      # none of them is in another's place
    high = [os.dup2(descriptor, 100 + index) for index, descriptor in enumerate(apart)]
    for index, descriptor in enumerate(high):
        os.dup2(descriptor, _FIRST_FD + index, inheritable=True)
        os.close(descriptor)
    os.closerange(_FIRST_FD + len(high), 256)
    return len(high)


def _open_way_to(paths: list[Path]) -> None:
    """Where a folder above one of `paths` is closed to others (root's home), show `paths` alone in it."""
    def closed_above(path: Path) -> Path | None:
        return next((above for above in reversed(path.parents) if not above.stat().st_mode & 0o001), None)

    closed = {path: closed_above(path) for path in paths}
    held = {path: os.open(path, os.O_PATH) for path, above in closed.items() if above}
    for above in {above for above in closed.values() if above}:
        _mount("tmpfs", str(above), 0, "tmpfs", "mode=755")
    for path, descriptor in held.items():
        path.mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{descriptor}", str(path), _BIND | _RECURSIVE)
        os.close(descriptor)


def _mount(source: str, target: str, flags: int, kind: str = "none", data: str = "") -> None:
    """mount(2): mount(8) would follow the link in /proc to a place that is hidden by now."""
    if _libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()):
        raise OSError(ctypes.get_errno(), f"mount {source} on {target}")


if __name__ == "__main__":
    main()
