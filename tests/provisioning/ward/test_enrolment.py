"""The book of codes: one code, one certificate, whoever asks how often and at the same time as whom."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.base.errors import FatalError
from provisioning.ward import codes
from provisioning.ward.enrolment import MOST_HELD, Denial, Enrolment, Issued, RefusedError

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOX = "phuong-5.to-12.hop-01"
SOON = NOW + timedelta(days=3)


def certificate(key: bytes, serial: str, name: str = BOX) -> Issued:
    return Issued(serial, name, key, NOW - timedelta(days=1), NOW + timedelta(days=365), f"pem {serial}")


def redeem(book: Enrolment, code: str, key: bytes, serial: str, now: datetime = NOW, name: str = BOX) -> str:
    """The serial, or the refusal."""
    try:
        return book.redeem(name, code, key, lambda: certificate(key, serial, name), now).serial
    except RefusedError as exc:
        return exc.refusal.value


def test_a_code_is_long_and_readable() -> None:
    """
    Three groups of five signs that no hand mistakes, 75 bits, no two alike; small letters, spaces, O for 0
    and L for 1 are read as meant.
    """
    made = {codes.make() for _ in range(1000)}
    assert 1000 == len(made)
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){2}", code) for code in made)
    assert codes.digest("01ABC-DEFGH-JKMNP") == codes.digest(" olabc defgh jkmnp ") is not None
    for wrong in ("", "01ABC-DEFGH-JKMN", "01ABC-DEFGH-JKMNPQ", "U1ABC-DEFGH-JKMNP", "ạ" * 15, "0" * 100_000):
        assert codes.digest(wrong) is None


def test_a_code_is_good_once(tmp_path: Path) -> None:
    """
    The same key gets the same certificate again, even after the code has expired: a power cut took the
    first answer. Another key gets nothing, ever.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    code = book.new_code(BOX, SOON, NOW)

    assert "a1" == redeem(book, code, b"key one", "a1")
    assert "a1" == redeem(book, code, b"key one", "a2", SOON + timedelta(days=9))
    assert "code-used" == redeem(book, code, b"key two", "a3")
    assert ["a1"] == [issued.serial for issued in book.issued(BOX)]


def test_a_code_is_refused(tmp_path: Path) -> None:
    """
    Wrong, of another box, expired, replaced by a newer one, of a revoked box: each with its own word where
    whoever asks has shown that he holds the code, and nothing is issued.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    first = book.new_code(BOX, SOON, NOW)

    assert "code-wrong" == redeem(book, "00000-00000-00000", b"key", "a1")
    assert "code-wrong" == redeem(book, first, b"key", "a1", name="phuong-5.to-12.hop-02")
    assert "code-expired" == redeem(book, first, b"key", "a1", SOON + timedelta(seconds=1))
    second = book.new_code(BOX, SOON, NOW)
    assert "code-wrong" == redeem(book, first, b"key", "a1")
    book.revoke(BOX, "stolen", NOW)
    assert "box-revoked" == redeem(book, second, b"key", "a1")
    assert () == book.issued(BOX)


def test_a_revoked_box_gets_nothing_more(tmp_path: Path) -> None:
    """
    Its certificates are on the list until they expire; its old code, its certificate and a new code are
    refused; to revoke it again changes nothing.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    code = book.new_code(BOX, SOON, NOW)
    redeem(book, code, b"key", "a1")
    assert not book.revoked(BOX)

    book.revoke(BOX, "stolen", NOW)
    book.revoke(BOX, "twice", NOW + timedelta(days=1))

    assert book.revoked(BOX)
    assert [("a1", NOW)] == [(issued.serial, issued.revoked) for issued in book.listed(NOW)]
    assert () == book.listed(NOW + timedelta(days=366))
    assert ["stolen"] == [holder.why for holder in book.holders()]
    assert "box-revoked" == redeem(book, code, b"key", "a2")
    with pytest.raises(RefusedError) as caught:
        book.renew(BOX, "a1", b"key two", lambda: certificate(b"key two", "a2"), NOW)
    assert Denial.BOX_REVOKED is caught.value.refusal
    with pytest.raises(RefusedError):
        book.new_code(BOX, SOON, NOW)


def test_renewal(tmp_path: Path) -> None:
    """
    Who holds a certificate gets another for a new key, the same one again for that key, and a new one when
    it keeps its key. A serial that was never issued, or to another box, is refused.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    redeem(book, book.new_code(BOX, SOON, NOW), b"one", "a1")

    def renew(serial: str, key: bytes, new: str, name: str = BOX) -> str:
        try:
            return book.renew(name, serial, key, lambda: certificate(key, new, name), NOW).serial
        except RefusedError as exc:
            return exc.refusal.value

    assert "a2" == renew("a1", b"two", "a2")
    assert "a2" == renew("a1", b"two", "a3")
    assert "a4" == renew("a2", b"two", "a4")
    assert "certificate-unknown" == renew("ff", b"two", "a5")
    assert "certificate-unknown" == renew("a1", b"two", "a5", "phuong-5.to-12.hop-02")


def test_a_certificate_of_the_future_is_issued_again(tmp_path: Path) -> None:
    """
    A ward whose clock ran ahead for a moment dates a certificate so that nobody accepts it yet: once the
    clock is right the same key gets another, by its code as by its certificate, and then always that one.
    """
    book, ahead = Enrolment.create(tmp_path / "enrolment.db"), timedelta(days=400)
    code = book.new_code(BOX, SOON, NOW)

    def issue(key: bytes, serial: str, at: datetime) -> Issued:
        return replace(certificate(key, serial), not_before=at, not_after=at + timedelta(days=365))

    def by_code(key: bytes, serial: str, at: datetime) -> str:
        return book.redeem(BOX, code, key, lambda: issue(key, serial, at), at).serial

    def by_certificate(serial: str, at: datetime) -> str:
        return book.renew(BOX, "a1", b"second", lambda: issue(b"second", serial, at), at).serial

    assert ["a1", "a1"] == [by_code(b"first", "a1", NOW), by_code(b"first", "-", NOW)]
    assert ["b1", "b2", "b2"] == [by_certificate("b1", NOW + ahead), by_certificate("b2", NOW),
                                  by_certificate("-", NOW + timedelta(days=1))]
    code = book.new_code(BOX, NOW + 2 * ahead, NOW)
    assert ["c1", "c2", "c2"] == [by_code(b"third", "c1", NOW + ahead), by_code(b"third", "c2", NOW),
                                  by_code(b"third", "-", NOW)]


def test_a_box_cannot_fill_the_book(tmp_path: Path) -> None:
    """
    Who has a box's key may renew it as often as there are keys: some certificates that hold at a time, and no
    more, since each of them is an entry of the revocation list when the box is revoked. What was given is
    given again; when some have ended there is room.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    redeem(book, book.new_code(BOX, SOON, NOW), b"key", "a0")

    def renew(number: int, now: datetime = NOW) -> str:
        key = b"key %d" % number
        try:
            return book.renew(BOX, "a0", key, lambda: certificate(key, f"a{number}"), now).serial
        except RefusedError as exc:
            return exc.refusal.value

    assert ["too-many"] * 5 == [renew(number) for number in range(1, MOST_HELD + 5)][-5:]
    assert MOST_HELD == len(book.issued(BOX))
    assert "a1" == renew(1)
    assert "a999" == renew(999, NOW + timedelta(days=366))


def test_the_book_holds_no_code(tmp_path: Path) -> None:
    """
    Whoever has the file has no code; it is for its owner alone.
    """
    path = tmp_path / "enrolment.db"
    code = Enrolment.create(path).new_code(BOX, SOON, NOW)

    assert code.encode() not in path.read_bytes()
    assert code.replace("-", "").encode() not in path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("content", "told"), [
    (None, "no such file"), (b"x" * 5000, "damaged"), (b"", "is no book of enrolments")])
def test_what_is_no_book_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    """
    Missing, damaged or another file: one line, and nothing is made in its place.
    """
    path = tmp_path / "enrolment.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FatalError, match=told):
        Enrolment.open(path)
    assert content == (path.read_bytes() if path.exists() else None)


def test_a_failing_signature_leaves_the_code_open(tmp_path: Path) -> None:
    """
    What goes wrong between the look at the code and the end of the transaction uses up nothing.
    """
    book = Enrolment.create(tmp_path / "enrolment.db")
    code = book.new_code(BOX, SOON, NOW)

    def fails() -> Issued:
        raise OSError("no key")

    with pytest.raises(OSError, match="no key"):
        book.redeem(BOX, code, b"key", fails, NOW)
    assert "a1" == redeem(book, code, b"key", "a1")


STEPS = st.lists(st.tuples(st.sampled_from(["code", "redeem", "redeem", "redeem", "revoke", "later"]),
                           st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), max_size=25)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(steps=STEPS)
def test_at_most_one_certificate_a_code(steps: list[tuple[str, int, int, int]],
                                        tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    Whatever is asked in whatever order: no code ever yields two certificates, no box a certificate after it
    was revoked, and no certificate has another name than the code's.
    """
    path = tmp_path_factory.mktemp("book") / "enrolment.db"
    book, now, serial = Enrolment.create(path), NOW, 0
    made: list[tuple[str, str]] = []            # box and code
    got: dict[str, set[str]] = {}
    revoked: dict[str, int] = {}
    for step, box_number, key, which in steps:
        box = f"phuong-5.to-12.hop-{box_number}"
        match step:
            case "code" if box not in revoked:
                made.append((box, book.new_code(box, now + timedelta(days=2), now)))
            case "redeem" if made:
                code = made[which % len(made)][1]
                serial += 1
                answer = redeem(book, code, b"key %d" % key, f"{serial:04x}", now, box)
                if answer not in set(Denial):
                    got.setdefault(code, set()).add(answer)
                    assert (box, code) in made
                    assert box not in revoked
            case "revoke" if any(box == name for name, _ in made):
                book.revoke(box, "why", now)
                revoked.setdefault(box, len(book.issued(box)))
            case "later":
                now += timedelta(days=1)
    assert all(len(serials) == 1 for serials in got.values())
    assert all(len(book.issued(box)) == count for box, count in revoked.items())


def _race(path: Path, code: str, number: int, start: Barrier) -> None:
    book = Enrolment.open(path)
    start.wait()
    for attempt in range(5):
        redeem(book, code, b"key %d" % number, f"{number}{attempt}")


def test_two_processes_share_one_code(tmp_path: Path) -> None:
    """
    Four processes with four keys at the same moment: one certificate, and the rest are refused.
    """
    path = tmp_path / "enrolment.db"
    book = Enrolment.create(path)
    code = book.new_code(BOX, SOON, NOW)
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    racers = [context.Process(target=_race, args=(path, code, number, start)) for number in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)

    assert [0] * 4 == [racer.exitcode for racer in racers]
    assert 1 == len(book.issued(BOX))
    with sqlite3.connect(path) as db:
        assert [("used",)] == db.execute("SELECT state FROM code").fetchall()
