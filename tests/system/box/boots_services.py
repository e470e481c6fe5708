"""What becomes of the four programs on a booted box when they are killed, hang, or cannot start."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.gpio.simulated import Change, changes, press
from tests.system.box.conftest import Street
from tests.system.box.freeze import frozen
from tests.system.box.machine import GUARD, PAGE, PROGRAMS, UPLINK, WATCH, Box

SIREN, FLOOD, BUTTON = 17, 22, 5        # of the standard wiring
SIREN_S = 25.0
WATCHDOG_S = 120.0                      # at most, on a machine that others use as well
SLACK_S = 10.0
STOP_S = 30.0


@pytest.fixture(scope="module")
def box(street: Street) -> Iterator[Box]:
    """A box that is provisioned and runs, with a short siren."""
    with street.box("hop-02") as box:
        street.write_card("hop-02", box)
        box.power_on()
        box.wait("the services", lambda: all(map(box.is_active, PROGRAMS)), 180.0)
        config = box.data.folder / "config" / "edge.toml"
        config.write_text(config.read_text() + f"\n[alarm]\nsiren_s = {SIREN_S}\n")
        box.say("systemctl", "restart", GUARD)
        yield box


@pytest.fixture
def sounding(box: Box) -> Iterator[int]:
    """The siren sounds; how many changes of pins there were before."""
    box.wait("guard", lambda: box.is_active(GUARD))
    box.wait("silence", lambda: not box.level(SIREN) and not box.level(FLOOD), 60.0)
    before = len(changes(box.pins))
    press(box.pins, BUTTON, "low")
    box.wait("the siren", lambda: box.level(SIREN))
    press(box.pins, BUTTON, "high")
    yield before
    box.wait("silence", lambda: not box.level(SIREN), 2 * SIREN_S + 60.0)


def test_a_line_of_the_log_is_fields_as_well(box: Box) -> None:
    """
    What a service says is found by what it is about, with its level, its thread and its unit.
    """
    lines = box.say("journalctl", "--output=json", "LOGGER=guard", f"_SYSTEMD_UNIT={GUARD}").splitlines()

    found = [json.loads(line) for line in lines]
    [first, *_] = [it for it in found if "EDGEBOX_BOX" in it]
    assert first["EDGEBOX_BOX"].endswith("/to-12/hop-02")
    assert ("6", "MainThread") == (first["PRIORITY"], first["THREAD_NAME"])


def restarts(box: Box, unit: str) -> int:
    return int(box.show(unit, "NRestarts"))


def siren(box: Box, before: int) -> list[Change]:
    return [it for it in changes(box.pins)[before:] if it.gpio == SIREN]


def assert_off_and_resumed(box: Box, before: int) -> list[Change]:
    """On, off by another process, on by the next guard for what is left, off: these four."""
    box.wait("the siren again", lambda: len(siren(box, before)) >= 3, 60.0)
    box.wait("the siren's end", lambda: len(siren(box, before)) >= 4, SIREN_S + 60.0)
    first, off, again, end = siren(box, before)[:4]
    assert [True, False, True, False] == [it.level for it in (first, off, again, end)]
    assert first.pid not in (off.pid, again.pid)
    assert (end.mono_ns - first.mono_ns) / 1e9 < SIREN_S + SLACK_S
    print(f"\nsiren: off for {(again.mono_ns - off.mono_ns) / 1e9:.2f} s, "
          f"over after {(end.mono_ns - first.mono_ns) / 1e9:.1f} of {SIREN_S:.0f} s")
    return [first, off, again, end]


def test_a_killed_guard_puts_outputs_off_and_resumes(box: Box, sounding: int) -> None:
    """
    kill -9 while the siren sounds: off at once, guard is back by itself, and the siren sounds for what is
    left and no longer.
    """
    before = restarts(box, GUARD)

    box.say("systemctl", "kill", "-s", "KILL", "--kill-whom=main", GUARD)

    _, off, again, _ = assert_off_and_resumed(box, sounding)
    assert off.pid != again.pid         # by ExecStopPost: it does not wait for the next guard
    assert before + 1 == restarts(box, GUARD)


def test_nobody_is_left_to_put_outputs_off(box: Box, sounding: int) -> None:
    """
    kill -9 of all that belongs to guard, which is ExecStopPost as well: the next guard puts outputs off
    first of all, and resumes.
    """
    box.say("systemctl", "kill", "-s", "KILL", GUARD)

    assert_off_and_resumed(box, sounding)


def test_a_hung_guard_is_ended_by_the_watchdog(box: Box, sounding: int) -> None:
    """
    Guard stands still with the siren on: the watchdog ends it, outputs go off, and the next one resumes.
    """
    before = restarts(box, GUARD)

    os.kill(box.main_pid(GUARD), signal.SIGSTOP)

    box.wait("the watchdog", lambda: restarts(box, GUARD) > before, WATCHDOG_S)
    box.wait("guard", lambda: box.is_active(GUARD))
    assert_off_and_resumed(box, sounding)
    assert f"{GUARD}: Watchdog timeout" in box.log(GUARD)


def test_one_hung_thread_of_guard_is_enough(box: Box) -> None:
    """
    All of guard lives but one worker: its name is told, and the watchdog ends the process.
    """
    box.wait("guard", lambda: box.is_active(GUARD))
    before, pid = restarts(box, GUARD), box.main_pid(GUARD)
    threads = sorted(int(it.name) for it in Path(f"/proc/{pid}/task").iterdir())

    with frozen(threads[1]):        # the first is the main thread, the next to be started the alarm's
        box.wait("the watchdog", lambda: restarts(box, GUARD) > before, WATCHDOG_S)

    assert "worker hangs, the watchdog is fed no more: name=alarm\n" in box.log(GUARD)
    box.wait("guard", lambda: box.is_active(GUARD))


def test_a_stopped_guard_leaves_all_off(box: Box, sounding: int) -> None:
    """
    systemctl stop while the siren sounds: everything is off when it returns.
    """
    assert box.level(SIREN)

    box.say("systemctl", "stop", GUARD)

    assert not box.level(SIREN)
    assert not box.level(FLOOD)
    box.say("systemctl", "start", GUARD)
    box.wait("guard", lambda: box.is_active(GUARD))


@pytest.mark.parametrize("unit", [WATCH, UPLINK, PAGE])
def test_whoever_is_killed_is_back_and_guard_does_not_notice(box: Box, unit: str) -> None:
    """
    kill -9: it runs again by itself, while guard is the same process.
    """
    before, guard = restarts(box, unit), box.main_pid(GUARD)

    box.say("systemctl", "kill", "-s", "KILL", "--kill-whom=main", unit)

    box.wait(unit, lambda: restarts(box, unit) == before + 1 and box.is_active(unit))
    assert guard == box.main_pid(GUARD)


def test_a_hung_watch_is_ended_by_the_watchdog(box: Box) -> None:
    """
    Watch stands still: the watchdog ends it, and it runs again, while guard is the same process.
    """
    before, guard = restarts(box, WATCH), box.main_pid(GUARD)

    os.kill(box.main_pid(WATCH), signal.SIGSTOP)

    box.wait("the watchdog", lambda: restarts(box, WATCH) > before, WATCHDOG_S)
    box.wait("watch", lambda: box.is_active(WATCH))
    assert f"{WATCH}: Watchdog timeout" in box.log(WATCH)
    assert guard == box.main_pid(GUARD)


def test_a_journal_that_cannot_be_opened_is_no_end_of_the_alarm(box: Box) -> None:
    """
    Uplink may not write its journal: it is ready all the same and says so, it is not started again and again,
    guard sounds the siren and says what is missing; once it may, the same processes have all they need.
    """
    lock = box.data.folder / "uplink" / "journal.lock"
    mode = lock.stat().st_mode
    lock.chmod(0)
    try:
        box.say("systemctl", "restart", UPLINK)     # returns at READY
        why = "journal.lock: not allowed to write here"
        assert why in box.show(UPLINK, "StatusText")
        box.wait("guard's word of it", lambda: why in box.show(GUARD, "StatusText"))
        before = [(restarts(box, unit), box.main_pid(unit)) for unit in (GUARD, UPLINK)]
        press(box.pins, BUTTON, "high")
        press(box.pins, BUTTON, "low")
        box.wait("the siren", lambda: box.level(SIREN))
        press(box.pins, BUTTON, "high")
        time.sleep(10.0)                            # WatchdogSec is eight
        assert box.level(SIREN)
    finally:
        lock.chmod(mode)
    for unit in (UPLINK, GUARD):
        box.wait("the journal", lambda unit=unit: "but: " not in box.show(unit, "StatusText"), 60.0)
    assert before == [(restarts(box, unit), box.main_pid(unit)) for unit in (GUARD, UPLINK)]
    box.wait("silence", lambda: not box.level(SIREN), SIREN_S + 60.0)


def test_all_end_well_together(box: Box) -> None:
    """
    systemctl stop of everything, as before a restart of the box: soon over, nobody has to be killed, the last
    records are stored, and nothing starts again by itself.
    """
    began_s = time.monotonic()
    box.say("systemctl", "stop", "edgebox.target", *PROGRAMS)    # it waits for what it names alone
    took_s = time.monotonic() - began_s
    print(f"\nall stopped in {took_s:.1f} s")

    assert took_s < STOP_S
    assert {("inactive", "success")} == {(box.show(it, "ActiveState"), box.show(it, "Result"))
                                         for it in PROGRAMS}
    assert "given up" not in box.log(WATCH)
    box.say("systemctl", "start", "edgebox.target")
    box.wait("the programs", lambda: all(map(box.is_active, PROGRAMS)))


def test_a_bad_config_is_told_and_not_tried_again(box: Box) -> None:
    """
    Exit code 78, no restart, and a status line that names key and line, of each program. All of them at once,
    as after somebody's change: a socket starts its program again for whoever still runs and speaks to it.
    """
    config = box.data.folder / "config" / "edge.toml"
    good = config.read_text()
    bad = good.replace("pin = 17", "pin = 99")
    line = bad[:bad.index("pin = 99")].count("\n") + 1
    config.write_text(bad)
    before = {unit: restarts(box, unit) for unit in PROGRAMS}
    try:
        box.run("systemctl", "restart", *PROGRAMS)
        for unit in PROGRAMS:
            box.wait("its end", lambda unit=unit: box.show(unit, "ActiveState") == "failed")
        time.sleep(5.0)         # RestartSec is at most two

        for unit in PROGRAMS:
            assert ("failed", "78") == (box.show(unit, "ActiveState"), box.show(unit, "ExecMainStatus")), unit
            assert restarts(box, unit) <= before[unit]
            status = box.show(unit, "StatusText")
            assert f"edge.toml:{line}: outputs.siren.pin: " in status
            print(f"\n{unit}: {status}")
    finally:
        config.write_text(good)
        box.say("systemctl", "restart", *PROGRAMS)
    box.wait("the programs", lambda: all(map(box.is_active, PROGRAMS)))


def test_another_machine_cannot_use_the_key(street: Street, box: Box) -> None:
    """
    The data partition in another box, without the machine's own key: uplink gets no credential; guard
    needs none, and stands.
    """
    with street.box("other") as other:
        box.say("sync")
        other.data.unmount()
        shutil.copyfile(box.data.path, other.data.path)
        other.data.mount()
        (other.data.folder / ".system" / "systemd" / "credential.secret").unlink()

        other.power_on()

        other.wait("the refusal", lambda: other.show(UPLINK, "ExecMainStatus") == "243")
        assert not other.is_active(UPLINK)
        assert other.is_active(GUARD)
        assert 1 == len(street.ward.issued("hop-02"))
