"""Who works at a camera: a user of its own, whom the packet filter lets reach the local network and no more.

What a camera answers is read by this user. It has the group that reads the config, as watch has, and no key.
"""

from __future__ import annotations

import grp
import os
import pwd

from edge.base.errors import FatalError

USER, GROUP = "edgebox-camera", "edgebox"


def become_job_user(name: str = USER, group_name: str = GROUP) -> bool:
    """Give up being root for good; whether that was done. On a machine without the user all stays as it is.

    Raises FatalError: the user is there, and the kernel refuses.
    """
    if os.geteuid() != 0:
        return False
    try:
        user, group = pwd.getpwnam(name), grp.getgrnam(group_name)
    except KeyError:
        return False
    try:
        os.setgroups([group.gr_gid])
        os.setresgid(group.gr_gid, group.gr_gid, group.gr_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    except OSError as exc:
        raise FatalError(f"cannot become {name}: {exc.strerror}; run it as root", os.EX_NOPERM) from exc
    os.environ["HOME"] = "/"
    return True
