"""The last self-test as guard reads it, in a folder that watch may write as well."""

from __future__ import annotations

import os
from pathlib import Path

from edge.health import last_result


def test_reading_never_waits(tmp_path: Path) -> None:
    """
    A pipe that nobody writes to, a folder or a link in its place is no result, and holds guard up by nothing.
    """
    elsewhere, file = tmp_path / "elsewhere", tmp_path / last_result.FILE
    elsewhere.write_text('{"checks": []}')

    os.mkfifo(file)
    assert last_result.read(tmp_path) is None
    file.unlink()
    file.symlink_to(elsewhere)
    assert last_result.read(tmp_path) is None
    file.unlink()
    file.mkdir()
    assert last_result.read(tmp_path) is None
    file.rmdir()
    last_result.write(tmp_path, {"checks": []})
    assert {"checks": []} == last_result.read(tmp_path)
