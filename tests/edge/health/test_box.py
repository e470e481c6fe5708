"""What is wrong with the box, as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.base.clock import Stamp
from edge.base.findings import Finding, Kind, State
from edge.contract.findings import finding_data, findings_of
from edge.health import rules
from edge.health.box import LASTING_NS, BoxHealth
from edge.health.gauges import box_gauges
from edge.health.power import BoardStrain
from edge.health.system import Space, System
from tests.edge.health.test_rules import sysfs

START = Stamp(datetime(2026, 11, 23, 12, tzinfo=UTC), 0, "boot", True)
LOW, WELL = (rules.power(BoardStrain(undervolted=low)) for low in (True, False))


def _at(seconds: float) -> Stamp:
    return replace(START, mono_ns=round(seconds * 10**9), utc=START.utc + timedelta(seconds=seconds))


def _told(findings: dict[float, list[Finding]], until_s: int = 2000) -> list[tuple[int, str, int]]:
    """What was told, looked at every 5 s; `findings` holds from each time on."""
    health, told, now = BoxHealth(), [], list[Finding]()
    for second in range(0, until_s, 5):
        now = findings.get(second, now)
        changed = health.look(now, _at(second))
        told += [(second, "" if it is None else it.code, 0 if it is None else it.count)
                 for it in changed.values()]
    return told


def test_under_voltage_is_told_at_once_and_its_end() -> None:
    """
    As of when it was seen; who reads it later knows since when.
    """
    assert [(100, "power-low", 1), (130, "", 0)] == _told({0: [WELL], 100: [LOW], 130: [WELL]})
    told = BoxHealth()
    told.look([WELL], _at(0))
    changed = told.look([LOW], _at(7))["power/"]

    assert changed is not None
    assert "2026-11-23T12:00:07.000Z" == changed.since_utc


def test_a_supply_that_flaps_is_told_once_and_counted() -> None:
    """
    A motor that starts every minute pulls the voltage down: told a few times, not once a minute.
    """
    flaps = {float(60 * turn + after): [it] for turn in range(30) for after, it in ((0, LOW), (10, WELL))}

    told = _told(flaps, until_s=3000)

    assert [1, 1, 1, 1, 2, 4, 8, 16] == [count for _, code, count in told if code]
    assert ("", 0) == told[-1][1:]


def test_what_may_pass_is_waited_for() -> None:
    """
    A box that has just started knows no time, which is nothing yet; fifteen minutes later it is.
    """
    free, right = (rules.clock(START.utc, is_right, "") for is_right in (False, True))

    assert [] == _told({0: [free], 600: [right]})
    assert [(900, "clock-free", 1), (1200, "", 0)] == _told({0: [free], 1200: [right]})


@pytest.mark.parametrize(("finding", "code"), [
    (rules.disk("", Space(1, 10**9, False)), "disk-full"),
    (rules.disk("", Space(1, 1, True)), "disk-read-only"),
    (next(rules.life({"mmcblk0": 9})), "card-old"), (next(rules.ext4({"mmcblk0p6": 1})), "disk-errors")])
def test_what_wears_out_is_told(finding: Finding, code: str) -> None:
    """
    A disk that is full, read-only, worn or has lost something.
    """
    assert [(0, code, 1)] == _told({0: [finding]}, until_s=60)


def test_what_is_well_or_only_warm_is_not_told() -> None:
    """
    A short disk and a warm board stand on the page; nobody is called for them.
    """
    quiet = [WELL, rules.disk("", Space(2**28, 2**32, False)), rules.heat(BoardStrain(temperature_c=77.0))]
    assert [it.code for it in quiet if it.code in LASTING_NS] == []
    assert [] == _told({0: quiet})


def test_since_when_goes_to_the_ward_and_back() -> None:
    """
    What comes and goes has it, all else is as before.
    """
    flapping = replace(LOW, since_utc="2026-11-23T12:00:07.000Z", count=3)
    stuck = Finding(Kind.INPUT, "gate-button", State.BAD, "input-stuck", what="panic")
    sent = [finding_data(it).model_dump(mode="json", exclude_none=True) for it in (flapping, stuck)]

    back = findings_of({"faults": [flapping.line, stuck.line], "findings": sent})

    assert [("2026-11-23T12:00:07.000Z", 3), ("", 1)] == [(it.since_utc, it.count) for it in back]
    assert "since" not in sent[1]


def test_the_gauges_of_a_board(tmp_path: Path) -> None:
    """
    What it tells is a number each minute; what it does not is left out.
    """
    told = sysfs(tmp_path, class__thermal__thermal_zone0__temp="51250",
                 devices__platform__soc__socQfirmware__get_throttled="4")

    assert {"temperature_c": 51.25, "undervolted": 0.0, "throttled": 1.0}.items() <= box_gauges(
        tmp_path, told).items()
    bare = box_gauges(tmp_path / "gone", System(tmp_path / "gone"))
    assert {"clock_synchronised"} == bare.keys()
