"""Root gives up what it is before it listens to a camera."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge.upkeep.camera.job_user import become_job_user

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


def test_where_there_is_no_such_user() -> None:
    """
    On a laptop nothing changes.
    """
    before = os.geteuid(), os.getgroups()
    assert not become_job_user("no-such-user-of-edgebox", "nogroup")
    assert before == (os.geteuid(), os.getgroups())
