"""Two real processes, kills at random moments, and who may repair."""

from __future__ import annotations

import random
import select
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.journal.files import Files
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, make_entry, picture_of

WAIT_S = 30.0


PICTURE_BYTES = 2000


def start_writer(path: Path, last: int, every_s: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.edge.journal.entries", str(path), str(last),
                             str(every_s), str(PICTURE_BYTES)], stdout=subprocess.PIPE, text=True)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], WAIT_S)
    assert ready, "the process said nothing in time"
    return process.stdout.readline().strip()


def read_rest(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.read().split()


def test_two_processes_write_and_read_at_once(tmp_path: Path) -> None:
    """
    One appends 200 entries while the other reads and settles: each comes exactly once, whole and in order.
    """
    path = tmp_path / "journal.db"
    reader = Journal.open(path, 64 * MIB)
    writer = start_writer(path, 200)
    records: list[int] = []
    pictures: list[int] = []
    deadline_s = time.monotonic() + WAIT_S
    while len(records) + len(pictures) < 400 and time.monotonic() < deadline_s:
        owed = reader.owed(16)
        for one in owed:
            number = int(one.id[6:12])
            assert one.seq == 2 * number - 1 or one.payload == picture_of(number, PICTURE_BYTES)
            (pictures if one.seq is None else records).append(number)
        reader.settle(one.row_id for one in owed)

    assert list(range(1, 201)) == records
    assert list(range(1, 201)) == sorted(pictures)
    assert 0 == writer.wait(WAIT_S)
    assert (0, 400) == (reader.depth().records, reader.last_seq())
    reader.close()
    read_rest(writer)


def test_a_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """
    SIGKILL 15 times amid appends: every seq that was told is there, once and whole, and seq has no
    gap.
    """
    path, rng = tmp_path / "journal.db", random.Random(1)
    told: list[int] = []
    for _ in range(15):
        writer = start_writer(path, 10_000)
        assert "open" == read_line(writer)
        read_line(writer)
        time.sleep(rng.uniform(0.0, 0.04))          # the random moment, not a wait for something
        writer.kill()
        writer.wait(WAIT_S)
        last = [int(line) for line in read_rest(writer)]
        told += last
        with sqlite3.connect(path) as db:
            assert ("ok",) == db.execute("PRAGMA integrity_check").fetchone()
            assert [] == db.execute("SELECT row_id FROM item WHERE row_id = record AND NOT EXISTS"
                                    " (SELECT 1 FROM item AS i WHERE i.record = item.row_id"
                                    " AND i.row_id = item.row_id + 1)").fetchall()
        db.close()

    journal = Journal.open(path, 64 * MIB)
    owed = journal.owed(100_000)
    seqs = [one.seq for one in owed if one.seq is not None]
    assert len(told) > 20
    assert set(told) <= set(seqs)
    assert list(range(1, journal.last_seq(), 2)) == seqs
    assert all(one.payload == picture_of(int(one.id[6:12]), PICTURE_BYTES) for one in owed if one.seq is None)
    assert {} == journal.counters()
    journal.close()


def test_two_that_start_together_make_one_journal(tmp_path: Path) -> None:
    """
    Neither sees a half-made file, and no seq is given twice.
    """
    path = tmp_path / "journal.db"
    writers = [start_writer(path, 30) for _ in range(3)]
    said = [read_rest(writer) for writer in writers]

    assert [0, 0, 0] == [writer.wait(WAIT_S) for writer in writers]
    seqs = sorted(int(line) for lines in said for line in lines[1:])
    assert list(range(1, 2 * len(seqs), 2)) == seqs
    assert [] == Files(path).damaged()


def test_a_process_that_is_alone_repairs_and_a_second_one_does_not(tmp_path: Path) -> None:
    """
    While a real process has it open, damage is not repaired but told; when it is gone, the next repairs.
    """
    path = tmp_path / "journal.db"
    writer = start_writer(path, 10_000, every_s=0.05)
    assert "open" == read_line(writer)
    mine = Journal.open(path, 64 * MIB)
    Files(path).suspect.touch()         # as the one does that meets the damage

    with pytest.raises(FatalError, match="restart both"):
        mine.append(make_entry(1))
    mine.close()
    assert 0 != writer.wait(WAIT_S)     # the other met the mark and ended as well
    read_rest(writer)

    Journal.open(path, 64 * MIB).close()
    assert not Files(path).suspect.exists()
