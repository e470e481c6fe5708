"""A box that the ward no longer wants, and a revocation list that ended."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from tests.system.box.conftest import Street
from tests.system.box.machine import UPLINK, Box

QUIET_S = 20.0
CUT_S = 10.0


@pytest.fixture(scope="module")
def box(street: Street) -> Iterator[Box]:
    """A box that is provisioned and connected."""
    with street.box("hop-03") as box:
        street.write_card("hop-03", box)
        box.power_on()
        box.wait("the ward", lambda: connections(box) == 1, 180.0)
        yield box


def connections(box: Box) -> int:
    return box.log(UPLINK).count("ward connected")


def losses(box: Box) -> int:
    return box.log(UPLINK).count("ward away")


def last_refusal(box: Box) -> str:
    found = re.findall(r".*deliver.*error=.*", box.log(UPLINK))
    return found[-1] if found else ""


def test_an_expired_list_locks_out_until_it_is_renewed(street: Street, box: Box) -> None:
    """
    With a revocation list that ended no box comes in: box and ward tell it; with a new one the box is back
    by itself.
    """
    before = connections(box)
    street.ward.let_list_expire()
    box.say("systemctl", "restart", UPLINK)
    box.wait("a refusal", lambda: last_refusal(box), 60.0)
    print(f"\nthe box: {last_refusal(box)}")
    assert before == connections(box)

    street.ward.renew_list()

    box.wait("the ward", lambda: connections(box) > before, 120.0)


def test_a_revoked_box_is_cut_off_at_once(street: Street, box: Box) -> None:
    """
    While it is connected: out within seconds, it does not come back, and it gets no other certificate.
    """
    before, lost = connections(box), losses(box)
    began_s = time.monotonic()

    street.ward.revoke("hop-03")

    revoked_s = time.monotonic() - began_s
    box.wait("the cut", lambda: losses(box) > lost, CUT_S)
    print(f"\nrevoked in {revoked_s:.1f} s, seen by the box after {time.monotonic() - began_s:.1f} s: "
          f"{last_refusal(box)}")
    time.sleep(QUIET_S)
    assert before == connections(box)
    renewal = box.run("edgebox", "renew", "--force")
    print(f"renew: {renewal.stderr.strip()}")
    assert renewal.returncode
    assert 1 == len(street.ward.issued("hop-03"))
