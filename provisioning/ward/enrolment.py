"""The ward's book of codes, certificates and revocations: `enrolment.db`. Any thread, any process.

Every call is one connection and one transaction, durable when it returns (synchronous=EXTRA). The log is a
rollback journal, so that at rest the book is one file, which a backup can copy.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Literal

from edge.base import durable, sqlite
from edge.base.errors import EdgeError
from edge.base.sqlite import Connection, Fault, Schema, transaction
from edge.contract.messages import rfc3339
from provisioning.errors import WordedError, WordedRetryableError
from provisioning.ward import codes
from provisioning.ward.identity import MAX_NAME, root_of

BUSY_S = 10.0
MOST_HELD = 100             # certificates of one box that hold at the same time: it needs two, in a renewal

Kind = Literal["box", "client"]


@cache
def schema() -> Schema:
    script = (resources("provisioning.ward") / "schema.sql").read_text(encoding="utf-8")
    return Schema("book of enrolments", 0x65646570, 1, script,                                  # "edep"
                  "install the version that wrote it")


class Denial(StrEnum):
    """Why there is no certificate. The words are told to the box, which tells them by light and report."""

    CODE_WRONG = "code-wrong"           # no such code, or of another box, or replaced by a newer one
    CODE_EXPIRED = "code-expired"
    CODE_USED = "code-used"             # by another key
    BOX_REVOKED = "box-revoked"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    TOO_MANY = "too-many"               # more than a box has any use for


class RefusedError(EdgeError):
    """Nothing was changed."""

    exit_code = os.EX_NOPERM

    def __init__(self, refusal: Denial, name: str) -> None:
        super().__init__(f"{name}: {refusal.value}")
        self.refusal, self.name = refusal, name


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it was issued."""

    serial: str             # lower-case hex
    name: str
    key: bytes              # SHA-256 of its public key (SubjectPublicKeyInfo)
    not_before: datetime
    not_after: datetime
    pem: str
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may hold certificates."""

    name: str
    kind: Kind
    may: tuple[str, ...]
    added: datetime
    revoked: datetime | None = None
    why: str | None = None


class Enrolment:
    """The book at one path. Every call raises FatalError when it is damaged, RetryableError when busy."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def create(cls, path: Path) -> Enrolment:
        """Make an empty book. Raises FatalError where there is something already."""
        try:
            durable.write_new(path, b"")
        except OSError as exc:
            raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(path), why=exc) from exc
        book = cls(path)
        with book._connected() as db:
            schema().make(db)
        return book

    @classmethod
    def open(cls, path: Path) -> Enrolment:
        """Raises FatalError: no book there, or of another version."""
        if not path.is_file():
            raise WordedError("book-missing", os.EX_NOINPUT, path=str(path))
        book = cls(path)
        with book._connected() as db:
            if not schema().is_ours(db):
                raise WordedError("book-other", os.EX_DATAERR, path=str(path))
            if (found := sqlite.version(db)) != schema().version:
                raise WordedError("book-version", os.EX_CONFIG, path=str(path), found=str(found),
                                  known=str(schema().version))
        return book

    def new_code(self, identity: str, expires: datetime, now: datetime | None = None) -> str:
        """A fresh code for the box `identity`, usable once until `expires`; earlier open ones are void.

        Raises:
            ValueError: `identity` is no box's name, or has more than 64 characters.
            RefusedError: the box was revoked; a box that comes back gets a new name.
        """
        if root_of(identity) is None:
            raise ValueError(f"want a box's name such as phuong-5.to-12.hop-01, of at most {MAX_NAME} "
                             f"characters, got {identity!r}")
        at, code = now or datetime.now(UTC), codes.make()
        with self._transaction() as db:
            _add(db, identity, "box", (), at)
            db.execute("UPDATE code SET state = 'withdrawn' WHERE name = ? AND state = 'open'", (identity,))
            db.execute("INSERT INTO code (sha256, name, made, expires, state) VALUES (?, ?, ?, ?, 'open')",
                       (codes.digest(code), identity, rfc3339(at), rfc3339(expires)))
        return code

    def redeem(self, identity: str, code: str, key: bytes, issue: Callable[[], Issued],
               now: datetime) -> Issued:
        """Exchange `code` for a certificate of `key`: once, and the same one again for the same key.

        Args:
            issue: makes the certificate; called at most once, inside the transaction that uses up the code.
                And again for the same key, where a clock that ran ahead made one that does not hold yet.

        Raises RefusedError.
        """
        with self._transaction() as db:
            row = db.execute("SELECT name, expires, state, key FROM code WHERE sha256 = ?",
                             (codes.digest(code),)).fetchone()
            if row is None or row[0] != identity:
                raise RefusedError(Denial.CODE_WRONG, identity)
            _, expires, state, used_by = row
            _refuse_revoked(db, identity)
            if state == "withdrawn":
                raise RefusedError(Denial.CODE_WRONG, identity)
            if state == "used":
                if used_by != key:
                    raise RefusedError(Denial.CODE_USED, identity)
                if (before := _given_before(db, identity, key, now)) is not None:
                    return before
            elif now > datetime.fromisoformat(expires):
                raise RefusedError(Denial.CODE_EXPIRED, identity)
            issued = issue()
            _record(db, issued, now)
            db.execute("UPDATE code SET state = 'used', used = ?, key = ? WHERE sha256 = ?",
                       (rfc3339(now), key, codes.digest(code)))
        return issued

    def renew(self, identity: str, serial: str, key: bytes, issue: Callable[[], Issued],
              now: datetime) -> Issued:
        """A new certificate for who holds the certificate `serial`; the same again for the same new key.

        A box that lost the answer asks again with its old certificate, and gets what was made for it. One
        that keeps its key gets a new certificate each time.

        Raises RefusedError.
        """
        with self._transaction() as db:
            row = db.execute("SELECT name, key, revoked FROM certificate WHERE serial = ?",
                             (serial,)).fetchone()
            if row is None or row[0] != identity:
                raise RefusedError(Denial.CERTIFICATE_UNKNOWN, identity)
            if row[2] is not None:
                raise RefusedError(Denial.BOX_REVOKED, identity)
            _refuse_revoked(db, identity)
            if row[1] != key and (before := _given_before(db, identity, key, now)) is not None:
                return before
            held = [one for one in _certificates(db, "name = ?", (identity,)) if one.not_after > now]
            if len(held) >= MOST_HELD:
                raise RefusedError(Denial.TOO_MANY, identity)
            issued = issue()
            _record(db, issued, now)
        return issued

    def add_client(self, issued: Issued, may: tuple[str, ...], now: datetime) -> None:
        """Record a certificate of one of the ward's own programs. Raises RefusedError."""
        with self._transaction() as db:
            _add(db, issued.name, "client", may, now)
            db.execute("UPDATE holder SET may = ? WHERE name = ?", (" ".join(may), issued.name))
            _record(db, issued, now)

    def revoke(self, name: str, why: str, now: datetime) -> tuple[Issued, ...]:
        """Take back all that `name` holds: certificates and open codes. Again changes nothing.

        Returns the certificates that are now on the list.

        Raises FatalError: nobody of that name.
        """
        with self._transaction() as db:
            if not db.execute("SELECT count(*) FROM holder WHERE name = ?", (name,)).fetchone()[0]:
                raise WordedError("holder-missing", os.EX_NOHOST, name=name, book=self._path.name)
            at = rfc3339(now)
            db.execute("UPDATE holder SET revoked = ?, why = ? WHERE name = ? AND revoked IS NULL",
                       (at, why, name))
            db.execute("UPDATE certificate SET revoked = ? WHERE name = ? AND revoked IS NULL", (at, name))
            db.execute("UPDATE code SET state = 'withdrawn' WHERE name = ? AND state = 'open'", (name,))
            return _certificates(db, "name = ?", (name,))

    def issued(self, identity: str) -> tuple[Issued, ...]:
        """The certificates of `identity`, oldest first."""
        with self._connected() as db:
            return _certificates(db, "name = ?", (identity,))

    def revoked(self, identity: str) -> bool:
        with self._connected() as db:
            row = db.execute("SELECT revoked FROM holder WHERE name = ?", (identity,)).fetchone()
        return row is not None and row[0] is not None

    def holders(self) -> tuple[Holder, ...]:
        """Everybody, the revoked among them, by name."""
        with self._connected() as db:
            rows = db.execute("SELECT name, kind, may, added, revoked, why FROM holder "
                              "ORDER BY name").fetchall()
        return tuple(Holder(name, kind, tuple(may.split()), datetime.fromisoformat(added), _moment(revoked),
                            why) for name, kind, may, added, revoked, why in rows)

    def listed(self, now: datetime) -> tuple[Issued, ...]:
        """The revoked certificates that have not expired at `now`: what the revocation list is made of."""
        with self._connected() as db:
            return _certificates(db, "revoked IS NOT NULL AND not_after > ?", (rfc3339(now),))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        with sqlite.judged(self._path, "use the book", _damaged, _busy, files_too=False), \
                contextlib.closing(sqlite.connect(self._path, sqlite.ONE_FILE, busy_s=BUSY_S)) as db:
            yield db

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._connected() as db, transaction(db):
            yield db


def _damaged(fault: Fault) -> WordedError:
    return WordedError("book-damaged", os.EX_DATAERR, path=str(fault.path), detail=fault.detail)


def _busy(fault: Fault) -> WordedRetryableError:
    return WordedRetryableError("book-busy", path=str(fault.path), detail=fault.detail)


def _add(db: Connection, name: str, kind: Kind, may: tuple[str, ...], now: datetime) -> None:
    """Make `name` known, unless it is. Raises RefusedError when it was revoked."""
    _refuse_revoked(db, name)
    db.execute("INSERT INTO holder (name, kind, may, added) VALUES (?, ?, ?, ?) "
               "ON CONFLICT (name) DO NOTHING", (name, kind, " ".join(may), rfc3339(now)))


def _refuse_revoked(db: Connection, name: str) -> None:
    row = db.execute("SELECT revoked FROM holder WHERE name = ?", (name,)).fetchone()
    if row is not None and row[0] is not None:
        raise RefusedError(Denial.BOX_REVOKED, name)


def _record(db: Connection, issued: Issued, now: datetime) -> None:
    db.execute("INSERT INTO certificate (serial, name, key, not_before, not_after, issued, pem) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)",
               (issued.serial, issued.name, issued.key, rfc3339(issued.not_before),
                rfc3339(issued.not_after), rfc3339(now), issued.pem))


def _given_before(db: Connection, name: str, key: bytes, now: datetime) -> Issued | None:
    """The last for `key` that has begun: of one from a clock that ran ahead the box could make no use."""
    begun = [issued for issued in _certificates(db, "name = ? AND key = ?", (name, key))
             if issued.not_before <= now]
    return begun[-1] if begun else None


def _certificates(db: Connection, where: str, values: tuple[object, ...]) -> tuple[Issued, ...]:
    """`where` is ours, never from outside."""
    query = f"SELECT * FROM certificate WHERE {where} ORDER BY issued, serial"     # noqa: S608
    rows = db.execute(query, values)
    return tuple(Issued(serial, name, key, datetime.fromisoformat(before), datetime.fromisoformat(after),
                        pem, _moment(revoked)) for serial, name, key, before, after, _, revoked, pem in rows)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
