"""Root gives up what it is before it listens to a camera."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge.upkeep.camera.job_user import NoJobUserError, become_job_user

BECOME = """
import os
from edge.upkeep.camera.job_user import become_job_user
done = become_job_user("nobody", "nogroup")
try:
    os.setuid(0)
    again = "root again"
except PermissionError:
    again = "never again"
print(done, os.geteuid() != 0, os.getgroups() == [os.getegid()], again)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_becomes_another_and_stays_so() -> None:
    """
    User and groups are those of the job, and there is no way back.
    """
    told = subprocess.run([sys.executable, "-c", BECOME], capture_output=True, text=True, timeout=60)
    assert ("True True True never again\n", "") == (told.stdout, told.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_without_the_user_is_refused() -> None:
    """
    Root does no work at a camera where the user for it is missing: it says so, and what to do.
    """
    before = os.geteuid(), os.getgroups()
    with pytest.raises(NoJobUserError, match=r"found none on this machine.*systemd-sysusers"):
        become_job_user("no-such-user-of-edgebox", "nogroup")
    assert before == (os.geteuid(), os.getgroups())


def test_whoever_is_not_root_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On a laptop nothing changes, with the user or without it.
    """
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not become_job_user("no-such-user-of-edgebox", "nogroup")
