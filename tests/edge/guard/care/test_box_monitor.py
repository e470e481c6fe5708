"""The box itself, looked at for real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from edge.base import clock
from edge.base.findings import Finding
from edge.guard.care.box_monitor import BoxMonitor
from tests.edge.health.test_rules import sysfs


def test_a_low_supply_is_a_fault_and_its_end_is_none(tmp_path: Path) -> None:
    """
    From the kernel's file to the alarm's faults, by a name of its own.
    """
    told: list[tuple[str, Finding | None]] = []
    system = sysfs(tmp_path, devices__platform__soc__socQfirmware__get_throttled="1")
    monitor = BoxMonitor(tmp_path, lambda name, fault: told.append((name, fault)), system)
    for bits in ("1", "1", "10000"):
        sysfs(tmp_path, devices__platform__soc__socQfirmware__get_throttled=bits)
        monitor.step(clock.now())

    assert [("box/power/", "power-low"), ("box/power/", "")] == [
        (name, fault.code if fault else "") for name, fault in told]


def test_a_clock_that_is_moved_is_a_fault(tmp_path: Path) -> None:
    """
    The ward reads it with the panel's faults.
    """
    told: list[tuple[str, Finding | None]] = []
    monitor = BoxMonitor(tmp_path, lambda name, fault: told.append((name, fault)), sysfs(tmp_path))
    now = replace(clock.now(), clock_synchronised=True)
    monitor.step(now)
    monitor.step(replace(now, utc=now.utc + timedelta(days=3650)))

    assert [("box/clock/", "clock-stepped")] == [
        (name, fault.code if fault else "") for name, fault in told if name == "box/clock/"]
