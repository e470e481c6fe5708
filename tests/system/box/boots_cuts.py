"""Power cuts at any point of first boot: all processes end at once, and what was not on the disks is lost."""

from __future__ import annotations

import random
import time

import pytest

from tests.system.box.conftest import Street
from tests.system.box.machine import Box

CUTS, EARLY_S = 20, 1.5
KEY = "/var/lib/edgebox/identity/box.key.cred"
_whole_s: list[float] = []


def provisioned(box: Box) -> bool:
    return (box.data.folder / "provisioned").exists() and box.report().get("state") == "provisioned"


def whole_s(street: Street) -> float:
    """From power-on to the end of first boot, without a cut."""
    if not _whole_s:
        with street.box("uncut") as box:
            street.write_card("uncut", box)
            box.power_on()
            box.wait("a first boot", lambda: provisioned(box), 180.0)
            _whole_s.append(time.monotonic() - box.powered_s)
            print(f"\nuncut: provisioned after {_whole_s[0]:.1f} s")
    return _whole_s[0]


@pytest.mark.parametrize("number", range(CUTS))
def test_a_power_cut_at_a_random_point(street: Street, number: int) -> None:
    """
    The next power-on ends provisioned, with a key that opens, exactly one certificate issued, and no code on
    any disk. Every second cut is soon after the first step has begun: there most is done in little time.
    """
    name, draw = f"cut-{number}", random.Random(number).random()
    wait_s = draw * whole_s(street) if number % 2 else draw * EARLY_S
    with street.box(name) as box:
        code = street.write_card(name, box)
        box.card.sync()
        box.power_on()
        if number % 2 == 0:
            box.wait("the first step", box.report)
        time.sleep(wait_s)
        was, after_s = box.report(), time.monotonic() - box.powered_s
        box.cut_power()

        box.power_on()

        box.wait("a first boot", lambda: provisioned(box) and box.is_active("edgebox.target"), 180.0)
        print(f"\ncut after {after_s:.1f} s, at {was.get('step') or was.get('state') or 'the start'}: "
              f"provisioned {time.monotonic() - box.powered_s:.1f} s after power came back")
        assert 1 == len(street.ward.issued(name))
        assert "BEGIN CERTIFICATE" in box.say("systemd-creds", "decrypt", "--name=box.key", KEY, "-")
        assert not (box.card.folder / "edge-bundle" / "enrol-code").exists()
        box.power_off()
        for disk in (box.card, box.data):
            disk.unmount()
            assert code.encode() not in disk.path.read_bytes()
