"""What the folder that stands for pins promises to tests, demo and benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.gpio.outputs import Outputs
from edge.gpio.simulated import Change, changes, levels, press
from tests.brokers import until
from tests.edge.gpio.pins_here import Bench, siren

SIREN_ON = """
import sys, time
from pathlib import Path
from edge.gpio.outputs import Outputs
from edge.gpio.pins import open_factory
from edge.config.model import OutputSettings
outputs = Outputs.open({"siren": OutputSettings(kind="siren", pin=17)}, open_factory(Path(sys.argv[1])))
outputs.apply({"siren": True})
time.sleep(600)
"""


def test_every_change_has_its_time(bench: Bench) -> None:
    """
    The record has every level of every output with CLOCK_MONOTONIC and process, in order.
    """
    before_ns = time.monotonic_ns()
    with bench.pins() as pins:
        outputs = Outputs.open({"siren": siren(17)}, pins)
        outputs.apply({"siren": True})
        outputs.off()

    record = changes(bench.folder)
    assert [(17, False), (17, True), (17, False)] == [(it.gpio, it.level) for it in record]
    times = [before_ns, *(it.mono_ns for it in record), time.monotonic_ns()]
    assert sorted(times) == times
    assert {os.getpid()} == {it.pid for it in record}


def test_kill_leaves_the_siren_on(bench: Bench) -> None:
    """
    After SIGKILL the level stays as it was and nothing is lost from the record; the next claim puts it off.
    """
    process = subprocess.Popen([sys.executable, "-c", SIREN_ON, str(bench.runtime_dir)])
    until(lambda: levels(bench.folder).get(17), "the siren is on")
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert {17: True} == levels(bench.folder)
    assert [False, True] == [it.level for it in changes(bench.folder)]

    with bench.pins() as pins:
        Outputs.open({"siren": siren(17)}, pins)
    assert [False, True, False] == [it.level for it in changes(bench.folder)]


def test_nothing_yet(tmp_path: Path) -> None:
    """
    A folder without pins has no levels and no changes, and a press there is kept for later.
    """
    assert {} == levels(tmp_path)
    assert [] == list[Change](changes(tmp_path))

    press(tmp_path, 5, "low")

    assert {5: False} == levels(tmp_path)


def test_long_paths(bench: Bench) -> None:
    """
    A folder whose path is longer than a socket's address may be still takes presses.
    """
    deep = bench.folder / ("x" * 100) / ("y" * 100)
    press_in = deep
    press_in.mkdir(parents=True)
    press(deep, 5, "high")

    assert {5: True} == levels(deep)


def test_what_is_no_press_is_passed_over(bench: Bench) -> None:
    """
    Garbage on the socket neither ends the listening nor changes a level.
    """
    import socket

    with bench.pins() as pins:
        pin = pins.input(5, "up")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for text in (b"x", b"5", b"5 maybe", b"\xff\xff low", b"99 low", b"5 low" * 100):
                sender.sendto(text, str(bench.folder / "inputs.sock"))
        press(bench.folder, 5, "low")

        until(lambda: not pin.level(), "the press arrives")
