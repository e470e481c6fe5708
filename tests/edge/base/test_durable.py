"""Own files: whole or not at all, and nothing trusted of what lies in their place."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from edge.base import durable
from edge.base.durable import StrangeFileError
from tests import strange


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """
    With the mode that was asked for, whatever the umask says, and nothing left beside it.
    """
    path, before = tmp_path / "state.json", os.umask(0o077)
    try:
        for lasting in (True, False):
            durable.write(path, b"first", lasting=lasting)
            durable.write(path, b"second", durable.PUBLIC, lasting=lasting)
            assert b"second" == durable.read(path, 6)
            assert durable.PUBLIC == path.stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert [path] == list(tmp_path.iterdir())
    assert durable.holds(path, b"second")
    assert not durable.holds(path, b"secon")
    assert not durable.holds(tmp_path / "none", b"")


@pytest.mark.parametrize("name", ["state.json", ".state.json.new"])
@pytest.mark.parametrize("kind", strange.KINDS)
def test_writing_hangs_on_nothing_and_follows_nothing(tmp_path: Path, name: str, kind: str) -> None:
    """
    Whatever lies in the file's place, or in that of the one to come.
    """
    path, other = tmp_path / "state.json", tmp_path / "other"
    other.write_bytes(b"another program's")
    strange.lie(kind, tmp_path / name, other)
    strange.within(5.0, lambda: durable.write(path, b"ours"))
    assert (b"ours", b"another program's") == (durable.read(path, 4), other.read_bytes())


@pytest.mark.parametrize("kind", strange.KINDS)
def test_reading_hangs_on_nothing_and_follows_nothing(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "state.json", tmp_path / "other"
    other.write_bytes(b"short")
    strange.lie(kind, path, other)

    def use() -> None:
        with pytest.raises(StrangeFileError, match="larger than 100 bytes" if kind == "huge" else kind):
            durable.read(path, 100)

    strange.within(5.0, use)


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "state.json"))
        with pytest.raises(StrangeFileError, match="socket"):
            durable.read(tmp_path / "state.json", 100)
        durable.write(tmp_path / "state.json", b"ours")
    assert b"ours" == durable.read(tmp_path / "state.json", 4)


def test_a_file_of_another_user_is_not_ours(tmp_path: Path) -> None:
    """
    Ours are our own, root's, and those of whom the folder belongs to.
    """
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    durable.write(tmp_path / "state.json", b"ours", owner=(12345, -1))
    assert b"ours" == durable.read(tmp_path / "state.json", 4)
    with pytest.raises(StrangeFileError, match="belongs to user 12345"):
        durable.read(tmp_path / "state.json", 4, owners=durable.trusted(tmp_path))
    os.chown(tmp_path, 12345, -1)
    assert b"ours" == durable.read(tmp_path / "state.json", 4, owners=durable.trusted(tmp_path))


@pytest.mark.parametrize("kind", ["FIFO", "link", "folder", "hard link"])
def test_a_lock_is_a_file_of_its_own(tmp_path: Path, kind: str) -> None:
    """
    What another program has laid in its place gives way, and what is written into the lock changes no other
    file.
    """
    path, other = tmp_path / "guard.lock", tmp_path / "members.db"
    other.write_bytes(b"the roster")
    if kind == "hard link":
        path.hardlink_to(other)
    else:
        strange.lie(kind, path, other)

    def use() -> None:
        with durable.locked(path) as handle:
            os.ftruncate(handle, 0)
            os.pwrite(handle, b"1234", 0)

    strange.within(5.0, use)
    assert (b"1234", b"the roster") == (path.read_bytes(), other.read_bytes())


def test_a_lock_that_is_held_stays(tmp_path: Path) -> None:
    """
    Opening it again gives the same file: two cannot both hold it.
    """
    with durable.locked(tmp_path / "guard.lock"):
        second = durable.open_lock(tmp_path / "guard.lock")
        with pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(second)


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "key", b"secret")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "key", b"other")
    assert b"secret" == durable.read(tmp_path / "key", 9)
    assert durable.SECRET == (tmp_path / "key").stat().st_mode & 0o777
