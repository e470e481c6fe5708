"""A store that an older version has written."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.ward.samples import NOW, Box
from tests.ward.test_store import EVENTS, fill
from ward.store import migration
from ward.store.database import CALLS_NAME, FILE_NAME, connect, connect_both
from ward.store.intake import ms_of
from ward.store.reader import Reader
from ward.store.rows import EventFilter
from ward.store.seqs import Gap

ENDED, SILENT = EVENTS[1], EVENTS[2]


def older_store(folder: Path) -> None:
    """Of schema 2: a box with two numbers missing, an event with its picture, an alarm that was seen, one
    that was not.
    """
    db = sqlite3.connect(folder / FILE_NAME)
    db.executescript((Path(__file__).parent / "store_2.sql").read_text(encoding="utf-8"))
    db.close()


def assert_whole(folder: Path) -> None:
    reader = Reader(folder)
    [box], rows = reader.boxes(), {row.alarm_id: row for row in reader.alarms.alarms(9)}
    assert ("online", 0, 8, (Gap(5, 6),)) == (box.state, box.restarts, box.last_seq, box.gaps)
    assert [EVENTS[0]] == [row.event_id for row in reader.events(EventFilter(), 9)]
    assert {ENDED: ("ended", "Lan"), SILENT: ("raised", None)} == {
        alarm_id: (row.phase, row.seen_by) for alarm_id, row in rows.items()}
    assert [("Lan", ms_of(NOW) + 5)] == reader.alarms.seen(ENDED)
    found = reader.alarms.alarm(ENDED)
    assert found is not None
    assert [0, 1] == [record.rev for record in found[1]]
    assert 7 == reader.last_change()


def test_a_store_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    """
    All that it holds stays: alarms with who saw them move to their own file, holes stay holes, what comes
    again is known, and changes are counted on.
    """
    older_store(tmp_path)

    assert_whole(tmp_path)
    assert_whole(tmp_path)

    box = Box(seq=4)
    fill(tmp_path, [Box().birth(id="birth-1"), box.health(), box.health(), Box(seq=2).alarm(SILENT)])
    [row] = Reader(tmp_path).boxes()
    assert ((), 8, 0) == (row.gaps, row.last_seq, row.restarts)


def columns_of(folder: Path) -> dict[str, set[str]]:
    with contextlib.closing(connect_both(folder)) as db:
        return {f"{file}.{table}": {row[1] for row in db.execute(f"PRAGMA {file}.table_info({table})")}
                for file in ("main", "calls") for (table,) in db.execute(
                    f"SELECT name FROM {file}.sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()}


def test_it_becomes_what_a_new_one_is(tmp_path: Path) -> None:
    """
    The same tables, columns, indexes and triggers.
    """
    (tmp_path / "old").mkdir()
    older_store(tmp_path / "old")
    assert columns_of(tmp_path / "new") == columns_of(tmp_path / "old")


def test_a_crash_while_it_is_taken_over_loses_nothing(tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Killed after the alarms were copied and before they were taken away, it is done once more.
    """
    older_store(tmp_path)
    monkeypatch.setattr(migration, "_JOURNALS", ("SELECT no_such_function()",))
    with pytest.raises(sqlite3.OperationalError, match="no_such_function"):
        connect(tmp_path)
    assert (tmp_path / CALLS_NAME).exists()
    monkeypatch.undo()

    assert_whole(tmp_path)
