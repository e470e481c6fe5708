"""Who works at a camera: a user of its own, whom the packet filter lets reach the local network and no more.

What a camera answers is read by this user. It has the group that reads the config, as watch has, and no key.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
from collections.abc import Collection

from edge.base.errors import FatalError

USER, GROUP = "edgebox-camera", "edgebox"
DEVICE_GROUPS = ("video", "render")     # of the cameras at the box itself, as watch has them


class NoJobUserError(FatalError):
    """Root is asked to work at a camera, on a machine without the user for it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"want the user {name} for work at cameras, found none on this machine: root decodes no camera's "
            "pictures; call it as a user without rights, or make that user with `systemd-sysusers`",
            os.EX_NOUSER)


def become_job_user(name: str = USER, group_name: str = GROUP, more_groups: Collection[str] = ()) -> bool:
    """Give up being root for good; whether that was done. Whoever is not root stays who they are.

    Args:
        more_groups: to be in as well, where this machine has them.

    Raises:
        NoJobUserError: root, and there is no such user.
        FatalError: the kernel refuses.
    """
    if os.geteuid() != 0:
        return False
    try:
        user, group = pwd.getpwnam(name), grp.getgrnam(group_name)
    except KeyError:
        raise NoJobUserError(name) from None
    try:
        os.setgroups([group.gr_gid, *_ids(more_groups)])
        os.setresgid(group.gr_gid, group.gr_gid, group.gr_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    except OSError as exc:
        raise FatalError(f"cannot become {name}: {exc.strerror}; run it as root", os.EX_NOPERM) from exc
    os.environ["HOME"] = "/"
    return True


def _ids(groups: Collection[str]) -> list[int]:
    ids = list[int]()
    for name in groups:
        with contextlib.suppress(KeyError):
            ids.append(grp.getgrnam(name).gr_gid)
    return ids
