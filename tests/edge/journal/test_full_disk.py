"""A disk that is really full, and a database that may not grow."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.journal.entry import Rank
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, make_entry


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True,
                             text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"needs to mount a small file system, as root: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(folder: Path) -> Path:
    """Leave not one byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def append_until_full(journal: Journal) -> None:
    for _ in range(200):
        journal.append(make_entry(journal.last_seq() + 1, picture_bytes=20_000))


def test_a_full_disk_is_one_clear_line_and_nothing_is_half_written(small_disk: Path) -> None:
    """
    The append that finds no space raises, gives no seq and leaves no part; with space again, all goes on.
    """
    journal = Journal.open(small_disk / "journal.db", 64 * MIB)
    assert 1 == journal.append(make_entry(1, picture_bytes=20_000))
    ballast = fill_up(small_disk)

    with pytest.raises(RetryableError, match=r"journal\.db: cannot append: .*free some of (it|the disk)"):
        append_until_full(journal)
    stored = journal.last_seq()
    assert [*range(1, stored, 2)] == [owed.seq for owed in journal.owed(1000, ranks={Rank.NEW})]
    assert stored == 2 * journal.depth().pictures

    ballast.unlink()
    assert stored + 1 == journal.append(make_entry(stored + 1, picture_bytes=20_000))
    journal.settle(owed.row_id for owed in journal.owed(1000))
    assert 0 == journal.depth().bytes
    journal.close()


def test_what_the_ward_has_is_deleted_on_a_full_disk_too(small_disk: Path) -> None:
    """
    Once file and log have their size, settling needs no more space: delivery makes room by itself.
    """
    journal = Journal.open(small_disk / "journal.db", 64 * MIB)
    for number in range(1, 31):
        journal.append(make_entry(number, picture_bytes=20_000))
    journal._db.execute("PRAGMA wal_checkpoint(RESTART)")      # as SQLite does every 4 MB
    fill_up(small_disk)

    journal.settle(owed.row_id for owed in journal.owed(1000))

    assert (0, 61) == (journal.depth().records, journal.append(make_entry(31)))
    journal.close()


def test_opening_on_a_full_disk_is_retryable(small_disk: Path) -> None:
    """
    No space for a new journal: one line, and it opens once there is some.
    """
    ballast = fill_up(small_disk)

    with pytest.raises(RetryableError, match="disk"):
        Journal.open(small_disk / "journal.db", 64 * MIB)

    ballast.unlink()
    journal = Journal.open(small_disk / "journal.db", 64 * MIB)
    assert 1 == journal.append(make_entry(1))
    journal.close()


def test_a_database_that_may_not_grow(tmp_path: Path) -> None:
    """
    SQLite's own way to be full, for machines that may not mount: the same promise.
    """
    journal = Journal.open(tmp_path / "journal.db", 64 * MIB)
    journal.append(make_entry(1))
    journal._db.execute("PRAGMA max_page_count = 20")

    with pytest.raises(RetryableError, match="disk is full: no space left; free some of the disk"):
        journal.append(make_entry(2, picture_bytes=200_000))

    assert (1, 1, 0) == (journal.last_seq(), journal.depth().records, journal.depth().pictures)
    assert 2 == journal.append(make_entry(2))
    journal.close()
