"""What happens to the journal's file before anybody uses it: made, checked, or set aside and rebuilt.

All of it runs while `journal.lock` is held exclusively, so no other process has the file open.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from edge.base import durable, sqlite
from edge.base.errors import FatalError
from edge.base.sqlite import UNREADABLE, Connection, transaction
from edge.journal import accepted, files, numbers, ongoing, present, schema_1, tombstones
from edge.journal.database import SCHEMA_ROWS, DamagedError, create, our_schema, schema, translated
from edge.journal.files import Files, Reservation
from edge.journal.row import Row

log = logging.getLogger("journal")

_MAX_SEQ = 2**53                    # a higher one is damage, not a count of events
_MAX_VERSION = 127                  # likewise
THOROUGH_BYTES = 64 * 1024 * 1024   # a larger file is read throughout only after damage was met


def prepare(at: Files, noted_seq: int) -> None:
    """Leave a sound journal at `at.database`: the one found, a new one, or one rebuilt from what is readable.

    Its next seq is above `noted_seq` and above everything else that is known to have been given out.
    Raises FatalError when it is of another version, RetryableError when the disk is full or fails.
    """
    with translated(at.database, "open the journal"):
        _finish_rebuild(at)
        if not at.database.exists() or at.database.stat().st_size == 0:
            files.remove(at.database)
            _create(at)
        elif schema_1.is_it(at.database):
            _carry_over(at)
        else:
            damage = _damage(at)
            if damage:
                _rebuild(at, damage)
        _raise_seq(at, noted_seq)
        at.suspect.unlink(missing_ok=True)


def refuse_other(db: Connection, path: Path) -> None:
    """Raises FatalError where the journal, which others use already, is not of this version."""
    found = sqlite.version(db)
    if found == 0:                      # who was making it died; now it is ours to make
        raise DamagedError(f"{path}: was never finished; start again")
    _refuse_version(db, found, path)


def _refuse_version(db: Connection, version: int, path: Path) -> None:
    if 0 < version <= _MAX_VERSION:
        schema().refuse_other(db, path)


def _opened(path: Path) -> contextlib.closing[Connection]:
    """Any SQLite file, sound or not."""
    return contextlib.closing(sqlite.connect(path))


def _create(at: Files) -> None:
    found = files.read_reservation(at.sequence)
    after = found or Reservation(0)
    create(at.database, replace(after, epoch=after.epoch or files.new_epoch())).close()
    durable.sync_folder(at.database.parent)
    if found is not None:
        log.warning("journal missing, begun anew: file=%s seq_above=%d", at.database, found.ceiling)


def _damage(at: Files) -> str | None:
    """What is wrong with the file; None where it is sound. Raises FatalError of another version."""
    try:
        with _opened(at.database) as db:
            return _inspect(db, at)
    except UnicodeDecodeError:
        return "malformed schema"
    except sqlite.DatabaseError as exc:
        fault = sqlite.fault_of(exc, at.database, "open the journal")
        if (fault is not None and fault.is_damage) or sqlite.is_missing(exc):
            return str(exc)
        raise


def _inspect(db: Connection, at: Files) -> str | None:
    if not schema().is_ours(db):
        return "not a journal of edgebox"
    version = sqlite.version(db)
    _refuse_version(db, version, at.database)   # first of all: what else another one changed is no damage
    if at.suspect.exists() or at.database.stat().st_size <= THOROUGH_BYTES:
        problem = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if problem != "ok":
            return problem
    if db.execute(SCHEMA_ROWS).fetchall() != our_schema():
        return "malformed schema"
    if version != schema().version or db.execute("SELECT count(*) FROM sequence").fetchone()[0] != 1:
        return "no sequence"
    return None


def _rebuild(at: Files, damage: str) -> None:
    """Carry over what is readable, then put the damaged file aside."""
    aside = at.damaged_at(_utc())
    for old in at.damaged()[:1 - files.KEEP_DAMAGED]:          # room for the one to come
        files.remove(old)
    files.remove(at.rebuilt)
    _mend_schema(at.database)
    with _opened(at.database) as old_db, \
            contextlib.closing(create(at.rebuilt, _reserved(at, old_db))) as db, transaction(db):
        salvaged, lost = _salvage(old_db, db, _fetch)
    files.move(at.database, aside)
    _finish_rebuild(at)
    log.error("journal damaged, rebuilt: file=%s error=\"%s\" salvaged=%d lost=%d aside=%s",
              at.database, " ".join(damage.split()), salvaged, lost, aside.name)


def _utc() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def _mend_schema(path: Path) -> None:
    """Write the schema again as it was: one flipped letter in it makes every row unreadable.

    A foreign database, which has few lines in common with ours, is left alone.
    """
    with contextlib.suppress(*UNREADABLE), _opened(path) as db:
        db.execute("PRAGMA writable_schema = ON")
        if len(set(db.execute(SCHEMA_ROWS)) & set(our_schema())) >= 3:
            with transaction(db):
                db.executemany("UPDATE sqlite_master SET type = ?2, name = ?3, tbl_name = ?4, sql = ?5"
                               " WHERE rowid = ?1", our_schema())


def _carry_over(at: Files) -> None:
    """Make a journal of one that schema 1 wrote: all that it held, in its place, with its numbers."""
    files.remove(at.rebuilt)
    with _opened(at.database) as old_db:
        reserved = files.read_reservation(at.sequence)
        known = schema_1.highest_row(old_db) if reserved is None else reserved.ceiling
        last_seq, ceiling = schema_1.sequence(old_db) or (known, known)
        after = Reservation(max(last_seq, ceiling), files.new_epoch())
        with contextlib.closing(create(at.rebuilt, after)) as db, transaction(db):
            salvaged, lost = _salvage(old_db, db, schema_1.fetch)
            db.execute("UPDATE sequence SET last = ?", (last_seq,))
    if lost:
        files.move(at.database, at.damaged_at(_utc()))
    files.remove(at.database)
    _finish_rebuild(at)
    log.info("journal carried over from schema 1: file=%s rows=%d lost=%d epoch=%s", at.database, salvaged,
             lost, after.epoch)


def _reserved(at: Files, damaged: Connection) -> Reservation:
    """Above every number given out: what was reserved, or what the damaged file still says."""
    reserved = files.read_reservation(at.sequence)
    seqs, epochs = [0], [reserved.epoch] if reserved is not None else []
    for query in ("SELECT last FROM sequence", "SELECT max(row_id) FROM item"):
        with contextlib.suppress(*UNREADABLE):
            seqs += [seq for (seq,) in damaged.execute(query) if isinstance(seq, int) and seq < _MAX_SEQ]
    with contextlib.suppress(*UNREADABLE):
        epochs += [epoch for (epoch,) in damaged.execute("SELECT epoch FROM sequence")]
    epoch = next(filter(files.is_epoch, epochs), None) or files.new_epoch()
    return Reservation(max(seqs) if reserved is None else reserved.ceiling, epoch)


def _raise_seq(at: Files, noted_seq: int) -> None:
    """A log that lost its end to damage takes `last` back without a word; what was noted says so."""
    with _opened(at.database) as db:
        last = int(db.execute("SELECT last FROM sequence").fetchone()[0])
        if last < noted_seq < _MAX_SEQ:
            db.execute("UPDATE sequence SET last = ?, ceiling = max(ceiling, ?)", (noted_seq, noted_seq))
            log.error("journal went back: file=%s last_seq=%d noted_seq=%d, up to %d records lost",
                      at.database, last, noted_seq, noted_seq - last)


def _finish_rebuild(at: Files) -> None:
    """The last step of a rebuild, also after a crash between its two renames."""
    if not at.rebuilt.exists():
        return
    if not at.database.exists():
        with _opened(at.rebuilt) as db:
            complete = sqlite.version(db) == schema().version
        if complete:
            at.rebuilt.rename(at.database)
            durable.sync_folder(at.database.parent)
    files.remove(at.rebuilt)


def _salvage(damaged: Connection, into: Connection, fetch: Callable[[Connection, int], Row | None],
             ) -> tuple[int, int]:
    """Copy what reads back and matches its checksum; return how many rows did and how many did not."""
    salvaged, lost = 0, list[int]()
    for row_id in sorted(_row_ids(damaged)):
        row = fetch(damaged, row_id)
        if row is not None and row.intact:
            into.execute("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", row)
            salvaged += 1
        else:
            lost.append(row_id)
    lost_count = len(lost) + sum(table.salvage(damaged, into) for table in (ongoing.TABLE, present.TABLE))
    accepted.salvage(damaged, into, lost)
    tombstones.salvage(damaged, into)
    if fetch is _fetch:
        tombstones.bury_unknown(into, lost, numbers.last(into))
    counters = _counters(damaged)
    if fetch is _fetch:
        counters["journal_salvaged"] = counters.get("journal_salvaged", 0) + salvaged
    if lost_count or fetch is _fetch:
        counters["journal_lost"] = counters.get("journal_lost", 0) + lost_count
    into.executemany("INSERT INTO counter VALUES (?, ?)", counters.items())
    return salvaged, lost_count


def _counters(damaged: Connection) -> dict[str, int]:
    counters: dict[str, int] = {}
    with contextlib.suppress(*UNREADABLE):
        for name, value in damaged.execute("SELECT name, value FROM counter"):
            if isinstance(name, str) and isinstance(value, int):
                counters[name] = value
    return counters


def _row_ids(db: Connection) -> set[int]:
    """All that any way through the file leads to: by the index, and along the table from both ends."""
    found: set[int] = set()
    for query in ("SELECT row_id FROM item INDEXED BY item_in_order",
                  "SELECT row_id FROM item NOT INDEXED ORDER BY row_id",
                  "SELECT row_id FROM item NOT INDEXED ORDER BY row_id DESC"):
        for row_id in _until_damage(db, query):
            found.add(row_id)
    return found


def _until_damage(db: Connection, query: str) -> Iterator[int]:
    with contextlib.suppress(*UNREADABLE):
        for (row_id,) in db.execute(query):
            yield row_id


def _fetch(db: Connection, row_id: int) -> Row | None:
    with contextlib.suppress(*UNREADABLE):
        found = db.execute("SELECT * FROM item WHERE row_id = ?", (row_id,)).fetchone()
        return Row(*found) if found and len(found) == len(Row._fields) else None
    return None


def refuse_suspect(path: Path, suspect: Path) -> None:
    """The other process has met damage: only whoever opens it alone may repair it."""
    if suspect.exists():
        raise FatalError(f"{path}: damaged, and another process has it open; restart both `edgebox "
                         "watch` and `edgebox guard`: the first to start repairs it")
