"""The last self-test as guard reads it, in a folder that watch may write as well."""

from __future__ import annotations

import os
from pathlib import Path

from edge.upkeep.doctor import last_result as kept


def test_reading_never_waits(tmp_path: Path) -> None:
    """
    A pipe that nobody writes to, a folder or a link in its place is no result, and holds guard up by nothing.
    """
    elsewhere, file = tmp_path / "elsewhere", tmp_path / kept.FILE
    elsewhere.write_text('{"checks": []}')

    os.mkfifo(file)
    assert kept.read(tmp_path) is None
    file.unlink()
    file.symlink_to(elsewhere)
    assert kept.read(tmp_path) is None
    file.unlink()
    file.mkdir()
    assert kept.read(tmp_path) is None
    file.rmdir()
    kept.write(tmp_path, {"checks": []})
    assert {"checks": []} == kept.read(tmp_path)
