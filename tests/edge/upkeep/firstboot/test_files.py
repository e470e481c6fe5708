"""Root's files in a folder that others may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.upkeep.firstboot.files import SECRET, make_folder, write_whole


def test_nothing_is_followed_to_elsewhere(tmp_path: Path) -> None:
    """
    Whoever may write the folder lays a link where root is about to write: what it leads to stays as it was.
    """
    precious, state = tmp_path / "box.key.cred", tmp_path / "state"
    precious.write_text("the box's key")
    precious.chmod(0o600)
    state.mkdir()
    (state / ".provisioned.new").symlink_to(precious)
    (state / "provisioned").symlink_to(precious)

    write_whole(state / "provisioned", b"hop-01\n", SECRET)

    assert ("the box's key", b"hop-01\n") == (precious.read_text(), (state / "provisioned").read_bytes())
    assert not (state / "provisioned").is_symlink()
    assert ["provisioned"] == [path.name for path in state.iterdir()]


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
