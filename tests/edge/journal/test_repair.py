"""Damaged, foreign, newer and half-made files."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.journal.entry import Rank
from edge.journal.files import Files, Reservation, read_reservation, write_reservation
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, make_entry, make_state, picture_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def filled(path: Path, count: int = 60) -> None:
    """A journal with `count` records and as many pictures, closed, all in the one file."""
    journal = Journal.open(path, 64 * MIB)
    journal._db.execute("PRAGMA synchronous = OFF")
    for number in range(1, count + 1):
        journal.append(make_entry(number, picture_bytes=3000, pad=600))
    journal.count("frames", 7)
    journal.close()


def flip(path: Path, offsets: range, rng: random.Random, count: int = 1) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(count):
        content[rng.choice(offsets)] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def drained(journal: Journal) -> list[int]:
    """The numbers of all records that can be read, each compared with what was written."""
    numbers = []
    for owed in journal.owed(10_000):
        number = int(owed.id[6:12])
        if owed.seq is None:
            assert picture_of(number) == owed.payload
        else:
            assert make_entry(number, pad=600).data.encode() == owed.payload
            numbers.append(number)
    return numbers


def test_a_newer_journal_is_refused(path: Path) -> None:
    """
    One line says which schema was found, which is known, and what to do; the file is left as it is.
    """
    filled(path, 1)
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE item ADD COLUMN something_new TEXT")
        db.execute("PRAGMA user_version = 7")
    db.close()

    with pytest.raises(FatalError, match="journal of schema 7, this edgebox knows 2: another version wrote "
                                         "it; install that version again, or move the file away") as caught:
        Journal.open(path, MIB)

    assert 78 == caught.value.exit_code
    with sqlite3.connect(path) as db:
        assert (2,) == db.execute("SELECT count(*) FROM item").fetchone()
    db.close()


@pytest.mark.parametrize("version", [99, 3])
def test_another_version_alone_is_refused(path: Path, version: int) -> None:
    """
    Also where the tables look like ours: what their content means may have changed. Nothing is rebuilt, and
    a process of that version that is at work is not disturbed.
    """
    filled(path, 1)
    other = Journal.open(path, MIB)         # holds the lock, as any version does
    for at_work in (True, False):
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version = {version}")
        db.close()
        with pytest.raises(FatalError, match=f"schema {version}, this edgebox knows 2: another version"):
            Journal.open(path, MIB)
        assert not Files(path).suspect.exists()
        if at_work:
            other.close()

    assert [] == Files(path).damaged()


@pytest.mark.parametrize("content", [b"not a database, but long enough to look" * 200, b"\x00" * 8192, b"x"])
def test_a_file_that_is_no_journal_is_set_aside(path: Path, content: bytes,
                                                caplog: pytest.LogCaptureFixture) -> None:
    """
    It is kept under another name, a new journal begins, and one line tells.
    """
    path.write_bytes(content)

    journal = Journal.open(path, MIB)

    assert 1 == journal.append(make_entry(1))
    (aside,) = Files(path).damaged()
    assert content == aside.read_bytes()
    assert ["journal damaged, rebuilt"] == [record.message.split(":")[0] for record in caplog.records]
    journal.close()


def test_a_foreign_database_is_set_aside(path: Path) -> None:
    """
    Somebody else's SQLite file is no journal, and is not written to.
    """
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()

    Journal.open(path, MIB).close()

    with sqlite3.connect(Files(path).damaged()[0]) as db:
        assert [("theirs",)] == db.execute("SELECT name FROM sqlite_master").fetchall()
    db.close()


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_cost_no_more_than_their_rows(path: Path, seed: int) -> None:
    """
    Bytes flipped anywhere behind the first page: what still reads back is delivered unchanged, the rest is
    counted, nothing false is delivered, and seq goes on above all that was given.
    """
    filled(path)
    flip(path, range(4096, path.stat().st_size), random.Random(seed), count=8)

    journal = Journal.open(path, 64 * MIB)
    numbers = drained(journal)
    counters = journal.counters()

    assert len(numbers) >= 40
    assert numbers == sorted(set(numbers))
    assert counters.get("journal_lost", 0) + journal.depth().records + journal.depth().pictures >= 120
    assert counters.get("journal_lost", 0) > 0 or 60 == len(numbers)
    assert journal.append(make_entry(99)) > 60
    journal.close()


def test_a_damaged_page_costs_only_what_it_held(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A page of the table that holds rubbish: most rows are salvaged, with the counters, and one line tells.
    """
    filled(path)
    content = bytearray(path.read_bytes())
    content[40 * 4096:41 * 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(content)

    journal = Journal.open(path, 64 * MIB)

    counters = journal.counters()
    assert 7 == counters["frames"]
    assert counters["journal_salvaged"] >= 100
    assert 120 == counters["journal_salvaged"] + counters["journal_lost"]
    assert counters["journal_lost"] == journal.depth().lost
    drained(journal)
    assert 1001 == journal.append(make_entry(99))
    assert [f"salvaged={counters['journal_salvaged']}"] == [
        word for record in caplog.records for word in record.message.split() if word.startswith("salvaged")]
    journal.close()


def test_damage_met_while_running_is_repaired_at_the_next_start(path: Path) -> None:
    """
    Reading a page that went bad is fatal, for the process must restart; the restart repairs.
    """
    filled(path)
    journal = Journal.open(path, 64 * MIB)
    content = path.read_bytes()
    with path.open("r+b") as file:
        for page in range(2, len(content) // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)
    with pytest.raises(FatalError, match=r"damaged, cannot read: .*: the first to start repairs it"):
        journal.owed(1000)
    with pytest.raises(FatalError, match="damaged, and another process has it open; restart both"):
        journal.append(make_entry(99))
    journal.close()

    journal = Journal.open(path, 64 * MIB)

    assert journal.append(make_entry(99)) == 1001
    assert 1 == len(Files(path).damaged())
    journal.close()


def test_only_one_that_is_alone_may_repair(path: Path) -> None:
    """
    While another has the journal open, a damaged one is not touched, and the line says to restart both.
    """
    filled(path)
    other = Journal.open(path, 64 * MIB)
    Files(path).suspect.touch()

    with pytest.raises(FatalError, match="restart both `edgebox watch` and `edgebox guard`"):
        Journal.open(path, 64 * MIB)

    other.close()
    Journal.open(path, 64 * MIB).close()
    assert not Files(path).suspect.exists()


def test_a_row_that_changed_by_itself_is_never_delivered(path: Path) -> None:
    """
    SQLite checks no content: a flipped bit in a JPEG is found by the row's checksum, dropped and counted.
    """
    filled(path, 3)
    content = path.read_bytes()
    at = content.index(picture_of(2)[50:200])
    path.write_bytes(content[:at] + b"?" + content[at + 1:])
    journal = Journal.open(path, MIB)

    assert [1, 2, 3] == drained(journal)
    assert (2, {"frames": 7, "journal_lost": 1}) == (journal.depth().pictures, journal.counters())
    journal.close()


def test_a_damaged_log_does_not_take_seq_back(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    SQLite ends a damaged log at the first bad frame; a seq given after it is not given again.
    """
    copy = path.with_name("copy")
    copy.mkdir()
    journal = Journal.open(path, MIB)
    for number in range(1, 31):
        journal.append(make_entry(number))
    for file in path.parent.glob("journal.*"):          # as a kill leaves them
        (copy / file.name).write_bytes(file.read_bytes())
    journal.close()
    log = copy / "journal.db-wal"
    flip(log, range(log.stat().st_size // 2, log.stat().st_size // 2 + 100), random.Random(3))

    journal = Journal.open(copy / path.name, MIB)

    assert 5 < journal.depth().records < 30
    assert 31 == journal.append(make_entry(31))
    assert any("journal went back" in record.message for record in caplog.records)
    journal.close()


@pytest.mark.parametrize("word", [b"payload BLOB", b"CREATE TABLE item", b"STRICT", b"item_in_order"])
def test_a_letter_of_the_schema_costs_nothing(path: Path, word: bytes) -> None:
    """
    SQLite takes its table definitions from the file; where they are damaged, ours are put back and all rows
    are carried over.
    """
    filled(path)
    content = path.read_bytes()
    assert word in content
    path.write_bytes(content.replace(word, word[:2] + bytes([word[2] ^ 1]) + word[3:]))

    journal = Journal.open(path, 64 * MIB)

    assert list(range(1, 61)) == drained(journal)
    assert {"frames": 7, "journal_lost": 0, "journal_salvaged": 120} == journal.counters()
    journal.close()


def test_only_two_damaged_files_are_kept(path: Path) -> None:
    """
    A card that goes bad does not fill itself with copies.
    """
    for content in (b"one" * 99, b"two" * 99, b"three" * 99):
        path.write_bytes(content)
        Journal.open(path, MIB).close()

    assert [b"two" * 99, b"three" * 99] == [file.read_bytes() for file in Files(path).damaged()]


def test_a_crash_between_the_renames_of_a_repair(path: Path) -> None:
    """
    The rebuilt file is there, the damaged one already aside: the next start takes the rebuilt one.
    """
    filled(path, 5)
    path.rename(Files(path).rebuilt)

    journal = Journal.open(path, MIB)

    assert [1, 2, 3, 4, 5] == drained(journal)
    assert not Files(path).rebuilt.exists()
    journal.close()


def test_a_half_rebuilt_file_is_not_taken(path: Path) -> None:
    """
    A crash while rebuilding leaves a file that is not yet a journal; it is made anew.
    """
    filled(path, 5)
    Files(path).rebuilt.write_bytes(b"")

    journal = Journal.open(path, MIB)

    assert [1, 2, 3, 4, 5] == drained(journal)
    journal.close()


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    """
    What a crash while making leaves behind is no damage; nothing is set aside.
    """
    path.write_bytes(b"")

    journal = Journal.open(path, MIB)

    assert 1 == journal.append(make_entry(1))
    assert [] == Files(path).damaged()
    journal.close()


def test_a_damaged_reservation_is_not_believed(tmp_path: Path) -> None:
    """
    journal.seq carries a checksum: a flipped digit reads as no reservation, not as another one.
    """
    file = tmp_path / "journal.seq"
    write_reservation(file, Reservation(5000, "0" * 16))
    assert Reservation(5000, "0" * 16) == read_reservation(file)

    file.write_bytes(file.read_bytes().replace(b"5", b"1"))

    assert read_reservation(file) is None
    assert read_reservation(tmp_path / "none") is None


def test_an_alarm_survives_a_repair_with_its_rank(path: Path) -> None:
    """
    Salvaged rows keep their order.
    """
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, Rank.NEW))
    journal.append(make_entry(2, Rank.ALARM))
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM sequence")
    db.close()

    journal = Journal.open(path, MIB)

    assert [2, 1] == [owed.seq for owed in journal.owed(5)]
    assert 2 == journal.counters()["journal_salvaged"]
    journal.close()


def test_open_events_survive_a_repair(path: Path) -> None:
    """
    They are copied where they read back as written; one that does not is left out, never told falsely.
    """
    journal = Journal.open(path, MIB)
    for number in (1, 2, 3):
        journal.append(make_entry(number, ongoing=True))
    expected = journal.open_events()
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM sequence")
        db.execute("UPDATE open_event SET topic = 'elsewhere' WHERE event_id = 'event-000002'")
    db.close()

    journal = Journal.open(path, MIB)

    assert [expected[0], expected[2]] == journal.open_events()
    assert 1 == len(Files(path).damaged())
    journal.close()


def test_open_events_that_cannot_be_read_are_dropped(path: Path) -> None:
    """
    Their page torn out: the journal is repaired, what is owed is kept, no event is open.
    """
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, ongoing=True))
    page = journal._db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'open_event'").fetchone()[0]
    journal.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096:page * 4096] = b"\xff" * 4096
    path.write_bytes(content)

    journal = Journal.open(path, MIB)

    assert ([], 1, 1) == (journal.open_events(), journal.depth().records, len(Files(path).damaged()))
    journal.close()


def test_what_is_present_survives_a_repair(path: Path) -> None:
    """
    It is copied where it reads back as written.
    """
    journal = Journal.open(path, MIB)
    for number in (1, 2, 3):
        journal.append(make_state(number, f"camera-{number}"))
    present = journal.present()
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM sequence")
        db.execute("UPDATE present SET data = '{}' WHERE subject = 'camera-2'")
    db.close()

    journal = Journal.open(path, MIB)

    assert [topic for topic in present if "camera-2" not in topic] == list(journal.present())
    assert 1 == journal.counters()["journal_lost"]
    journal.close()


def test_what_was_accepted_survives_a_repair_but_for_what_is_lost(path: Path) -> None:
    """
    Handed over again: a record that was delivered or is held keeps its seq, one that damage took is stored.
    """
    journal, entries = Journal.open(path, MIB), [make_entry(number) for number in (1, 2, 3)]
    journal.append_all(entries)
    journal.settle([1])
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM sequence")
        db.execute("UPDATE item SET topic = 'elsewhere' WHERE id = ?", (entries[1].id,))
    db.close()

    journal = Journal.open(path, MIB)

    first, second, third = journal.append_all(entries)
    assert (1, True, 3) == (first, second > 3, third)
    assert [entries[0].id] == journal.delivered(entries[0].topic, [entry.id for entry in entries])
    journal.close()


@pytest.mark.parametrize("table", ["accepted", "present"])
def test_a_torn_page_of_the_small_tables_costs_only_them(path: Path, table: str) -> None:
    """
    The journal is repaired and what is owed is kept; they are empty and can be written again.
    """
    journal, entry = Journal.open(path, MIB), make_entry(1, ongoing=True)
    journal.append(entry)
    journal.append(make_state(2))
    page = journal._db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    journal.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096:page * 4096] = b"\xff" * 4096
    path.write_bytes(content)

    journal = Journal.open(path, MIB)

    assert 2 == journal.depth().records
    assert (table != "accepted", table != "present") == (journal.append(entry) == 1, bool(journal.present()))
    later = make_entry(3)
    assert journal.append(later) == journal.append(later)
    journal.append(make_state(4))
    assert 1 == len(journal.present())
    journal.close()


def test_no_damage_stops_the_box(path: Path) -> None:
    """
    Bits flipped anywhere, pieces torn out: the journal opens, works, and delivers nothing false.
    """
    filled(path)
    journal = Journal.open(path, 64 * MIB)
    for number in (61, 62):
        journal.append(make_entry(number, pad=600, ongoing=True))
    opened = {event.data for event in journal.open_events()}
    journal.close()
    content = path.read_bytes()
    for seed in range(40):
        rng = random.Random(seed)
        path.write_bytes(content)
        flip(path, range(len(content) if seed % 2 else 4096), rng, count=rng.choice([1, 3, 30]))
        if seed % 4 == 0:
            hole = rng.randrange(len(content))
            damaged = path.read_bytes()
            path.write_bytes(damaged[:hole] + damaged[hole + rng.randrange(9000):])

        journal = Journal.open(path, 64 * MIB)

        numbers = drained(journal)
        assert numbers == sorted(set(numbers))
        assert {event.data for event in journal.open_events()} <= opened
        assert journal.append(make_entry(99)) > 60
        journal.settle(owed.row_id for owed in journal.owed(1000))
        depth = journal.depth()
        assert (0, 0, 0) == (depth.records, depth.pictures, depth.bytes)
        journal.close()
