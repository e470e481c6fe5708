"""Root's files in a folder that others may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.upkeep.firstboot.files import erase, make_folder


def test_what_is_erased_is_the_file_itself(tmp_path: Path) -> None:
    """
    Whoever may write the folder lays a link where root is about to erase: what it leads to stays as it was.
    """
    precious = tmp_path / "box.key.cred"
    precious.write_text("the box's key")
    (tmp_path / "code").symlink_to(precious)

    with pytest.raises(OSError, match="symbolic links"):
        erase(tmp_path / "code")
    assert "the box's key" == precious.read_text()


def test_a_folder_that_is_a_link_is_none(tmp_path: Path) -> None:
    """
    Nor is what lies behind a link given away as a folder of ours.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (tmp_path / "network").symlink_to(elsewhere)

    with pytest.raises(OSError, match="irectory"):
        make_folder(tmp_path / "network", 0o755)
    assert 0o700 == elsewhere.stat().st_mode & 0o777
