"""The journal of a process that must not end with it: away is no more than a full disk."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.journal.reopening_journal import ReopeningJournal
from edge.journal.store import Journal
from tests.brokers import until
from tests.edge.journal.entries import MIB, make_entry


class Told:
    """One lasting journal at work in a thread, and what it says of itself."""

    def __init__(self, path: Path) -> None:
        self.path, self.said, self.opened, self.attempts = path, list[str](), list[Journal](), 0
        self.stop = threading.Event()
        self.journal = ReopeningJournal(self._open, self.said.append, Backoff(0.01, 0.02, random.Random(1)))
        self._thread = threading.Thread(target=self.journal.run, args=(self.stop,))

    def _open(self) -> Journal:
        self.attempts += 1
        self.opened.append(Journal.open(self.path, MIB))
        return self.opened[-1]

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.journal.close()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path / "journal.db")
    yield made
    made.end()


def newer(path: Path) -> None:
    Journal.open(path, MIB).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def no_file(path: Path) -> None:
    path.mkdir()


def suspect(path: Path) -> None:
    path.write_bytes(b"")
    path.with_suffix(".suspect").mkdir()        # no file: unlink refuses


@pytest.mark.parametrize("spoil", [newer, no_file, suspect])
def test_whatever_keeps_it_from_opening_is_told_and_tried_again(told: Told,
                                                                spoil: Callable[[Path], None]) -> None:
    """
    Nothing ends the thread; each call says that the journal is away, which callers know from full disks.
    Once the reason is gone it opens by itself, and says so.
    """
    spoil(told.path)
    told.start()
    until(lambda: told.attempts > 2, "it to be tried again")
    assert 1 == len(told.said)          # not once more for each attempt
    with pytest.raises(RetryableError, match=r"away: .*journal"):
        told.journal.append(make_entry(1))
    assert told.journal.tried
    assert not told.journal.wait_open(0.0)

    for path in told.path.parent.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    assert told.journal.wait_open(20.0)
    until(lambda: told.said[-1] == "", "the end to be told")

    assert 1 == told.journal.append(make_entry(1))


def test_what_fails_is_let_go_of_and_opened_anew(told: Told) -> None:
    """
    The file is replaced while it is in use: one call fails, then another journal is open; a reader that
    remembers a version sees that there is something new, though both journals are as old.
    """
    told.start()
    assert told.journal.wait_open(20.0)
    told.journal.append(make_entry(1))
    seen = told.journal.version()
    for path in told.path.parent.glob("journal.db*"):
        path.unlink()

    with pytest.raises(RetryableError, match="moved or deleted"):
        told.journal.append(make_entry(1))
    until(lambda: told.said[-1:] == [""], "it to be open again")

    assert seen < told.journal.version()
    assert told.journal.last_seq() > 0          # no number twice, although the file is another one
    assert 2 == len(told.opened)
    assert "moved or deleted" in told.said[0]


def test_damage_is_repaired_once_the_other_process_lets_go(told: Told) -> None:
    """
    Another process has met damage: this one lets go at once, and repairs when it is alone; rows are kept.
    """
    told.start()
    assert told.journal.wait_open(20.0)
    told.journal.append(make_entry(1))
    other = Journal.open(told.path, MIB)
    told.path.with_suffix(".suspect").touch()
    with pytest.raises(RetryableError, match="damaged"):
        told.journal.depth()
    assert not told.journal.wait_open(0.0)

    other.close()
    assert told.journal.wait_open(20.0)
    assert 1 == told.journal.depth().records


def test_slowness_is_told_too(tmp_path: Path) -> None:
    """
    A repair that takes minutes is a reason as any other, told once somebody asks; when it is over, so is it.
    """
    said, may = list[str](), threading.Event()

    def slow() -> Journal:
        may.wait()
        return Journal.open(tmp_path / "journal.db", MIB)

    stop = threading.Event()
    journal = ReopeningJournal(slow, said.append)
    thread = threading.Thread(target=journal.run, args=(stop,))
    thread.start()
    journal.report_if_slow()
    journal.report_if_slow()
    may.set()
    assert journal.wait_open(20.0)
    journal.report_if_slow()
    stop.set()
    thread.join()
    journal.close()

    assert ["still being opened or repaired", ""] == said
