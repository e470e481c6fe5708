"""A box without a clock battery, and a self-test that finds something; with a clock of ours."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.config.load import load
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.light import Signals
from edge.upkeep.firstboot.run import Clock, FirstBoot
from edge.upkeep.firstboot.selftest import SelfTestProgram
from tests.edge.upkeep.firstboot.stand import Box

NO_TEST = SelfTestProgram((), Path("doctor.json"))
EPOCH = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


@dataclass
class FakeClock(Clock):
    """Of a box."""

    at: datetime
    is_synchronised: bool = False
    may_set: bool = True

    def now(self) -> datetime:
        return self.at

    def synchronised(self) -> bool:
        return self.is_synchronised

    def set_forward(self, to: datetime) -> None:
        if not self.may_set:
            raise PermissionError(1, "Operation not permitted")
        self.at = to


@pytest.fixture(autouse=True)
def _machine(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(box.machine.items())))


def boot(box: Box, of_box: Clock, self_test: SelfTestProgram = NO_TEST) -> SetupFault | None:
    """One attempt; the fault it ended with."""
    first = FirstBoot(box.places, load, self_test, Signals(), lambda _: None, of_box)
    try:
        first.attempt(threading.Event())
    except FirstbootError as exc:
        return exc.fault
    return first.report.fault


def test_a_box_in_1970(box: Box) -> None:
    """
    It is not before its bundle was made: the clock is set to then, which is told, and the box is provisioned.
    """
    box.put_bundle()
    of_box = FakeClock(EPOCH)

    assert None is boot(box, of_box)

    assert timedelta(minutes=10) > datetime.now(UTC) - of_box.at
    assert "1970-01-01T00:01:00.000Z" == box.report()["clock_set_forward_from"]
    assert False is box.report()["clock_synchronised"]


def test_a_clock_that_must_not_be_set(box: Box) -> None:
    """
    Then it waits for a time server; the ward has not heard of it.
    """
    box.put_bundle()

    assert SetupFault.NO_TIME is boot(box, FakeClock(EPOCH, may_set=False))
    assert 0 == box.issued()
    assert "waiting" == box.report()["state"]


@pytest.mark.parametrize(("wrong_days", "is_synchronised"), [(400, False), (-10, True)])
def test_a_certificate_that_does_not_hold_at_this_time(box: Box, wrong_days: int,
                                                       is_synchronised: bool) -> None:
    """
    By a clock that a reset has set a year ahead it has ended; by one that is right while the ward's runs
    ahead it has not begun. Neither is used; once both clocks are right, it is the one that was issued.
    """
    now = datetime.now(UTC)
    box.put_bundle(issued=(now - timedelta(days=30)).isoformat())

    assert SetupFault.NO_TIME is boot(box, FakeClock(now + timedelta(days=wrong_days), is_synchronised))
    assert "waiting" == box.report()["state"]
    assert not (box.places.identity / "box.key.cred").exists()

    assert None is boot(box, FakeClock(now, is_synchronised=True))
    assert 1 == box.issued()


def test_a_right_clock_refuses_an_expired_code_by_itself(box: Box) -> None:
    """
    Before anything is written, without a network.
    """
    box.put_bundle(life=timedelta(days=1), est="https://est.invalid:1")
    later = datetime.now(UTC) + timedelta(days=2)

    assert SetupFault.CODE_EXPIRED is boot(box, FakeClock(later, is_synchronised=True))
    assert not box.places.config.exists()


def test_an_expired_code_that_was_used_by_this_key(box: Box) -> None:
    """
    The ward's answer was lost in a power cut, and the box lay three months in a drawer: it is the same box.
    """
    code = box.put_bundle()
    assert None is boot(box, FakeClock(datetime.now(UTC)))
    (box.places.identity / "box.key.cred").rename(box.places.identity / "next.key.cred")    # as it was then
    box.places.marker.unlink()
    box.put_bundle(code=code)

    assert None is boot(box, FakeClock(datetime.now(UTC) + timedelta(days=91), is_synchronised=True))

    assert 1 == box.issued()
    assert "provisioned" == box.report()["state"]


def doctor_saying(tmp_path: Path, says: str) -> SelfTestProgram:
    program, told = tmp_path / "doctor.py", tmp_path / "doctor.json"
    told.write_text('{"checks": []}')       # of an earlier day
    program.write_text(f"from pathlib import Path\ntell = Path({str(told)!r}).write_text\n{says}\n")
    return SelfTestProgram((sys.executable, str(program)), told)


@pytest.mark.parametrize(("says", "fault"), [
    ('tell(\'{"checks": [{"kind": "camera", "name": "gate", "state": "good"}]}\')', None),
    ('tell(\'{"checks": [{"kind": "disk", "state": "bad"}, {"kind": "camera", "name": "gate", '
     '"state": "bad", "text": "no frame"}]}\')', SetupFault.BAD_CAMERA),
    ('tell(\'{"checks": [{"kind": "siren", "state": "bad"}]}\')', SetupFault.NO_SIREN_ANSWER),
    ('tell(\'{"checks": [{"kind": "disk", "state": "bad"}]}\')', SetupFault.SELF_TEST),
    ("raise SystemExit(3)", SetupFault.SELF_TEST),
    ("pass", SetupFault.SELF_TEST),
    ("tell('no JSON')", SetupFault.SELF_TEST),
])
def test_what_the_self_test_finds(box: Box, tmp_path: Path, says: str, fault: SetupFault | None) -> None:
    """
    It is told by light and report, and the box is provisioned all the same.
    """
    box.put_bundle()

    assert fault is boot(box, FakeClock(datetime.now(UTC)), doctor_saying(tmp_path, says))

    assert "provisioned" == box.report()["state"]
    assert fault == box.report().get("fault")
    assert box.places.marker.exists()
