"""`./run test gpio`: guard, with the real gpiozero and lgpio, on GPIO lines that a real kernel simulates.

The amd64 image boots in QEMU with gpio-sim of its own kernel; guard runs there as on a box, in its unit. What
stands for a Pi is one line in /proc/cpuinfo. The levels are read from outside of guard, through the kernel.
Not collected by plain pytest: it takes root, QEMU and minutes.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.trial_config import trial_config
from tests.system.gpio import lgpio
from tests.system.qemu import booted, card, made_image

BOOT_S = 1800.0
_CARD_BYTES = 6 << 30
SIREN, FLOOD, BUTTON = 17, 22, 5        # the flood light is active-low

CONFIG = trial_config(f"""
[alarm]
siren_s = 150.0

[outputs.siren]
kind = "siren"
pin = {SIREN}

[outputs.flood]
kind = "flood"
pin = {FLOOD}
active_high = false
max_on_s = 30.0

[inputs.gate]
kind = "panic"
pin = {BUTTON}

[cameras.gate]
source = "nothing.mp4"

[cameras.gate.rules.anyone]
kind = "enter"
""")

GUARD = """\
[Unit]
Requires=test-sim.service
Wants=test-play.service
After=test-sim.service
[Service]
Environment=PYTHONPATH=/run/test
BindReadOnlyPaths=/run/test/cpuinfo:/proc/cpuinfo
ExecStartPre=/bin/sh -c 'until [ -e /run/test/watching ]; do sleep 0.1; done'
TimeoutStartSec=300
"""

SIM = """\
[Unit]
DefaultDependencies=no
After=local-fs.target systemd-udevd.service sys-kernel-config.mount
Before=edgebox-guard.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/edgebox/test/sim.sh
"""

TESTER = """\
[Unit]
Requires=test-sim.service
After=test-sim.service

[Service]
Type=exec
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
ExecStart=/usr/bin/python3 /var/lib/edgebox/test/play.py
ExecStopPost=systemctl --no-block poweroff
"""

# 28 lines on the first chip, as a Pi's header has. The pulls are those of the wiring: outputs to off.
SIM_SH = f"""\
set -eu
mkdir -p /run/test
mount -t tmpfs -o mode=755 tmpfs /run/test      # /run itself lets no library be loaded
cp -r /var/lib/edgebox/test/lgpio/. /run/test
{{ cat /proc/cpuinfo; echo 'Revision : c03115'; }} > /run/test/cpuinfo
modprobe gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
mkdir -p /sys/kernel/config/gpio-sim/header/bank
cd /sys/kernel/config/gpio-sim/header
echo 28 > bank/num_lines
echo 1 > live
for chip in /sys/devices/platform/gpio-sim.*/gpiochip*; do
    echo pull-up > "$chip/sim_gpio{FLOOD}/pull"
    echo pull-up > "$chip/sim_gpio{BUTTON}/pull"
done
udevadm settle
"""

PLAY = (Path(__file__).with_name("play.py")).read_text()


@dataclass(frozen=True, slots=True)
class Change:
    """What the siren's and the flood light's lines carried from a moment on."""

    at_s: float
    siren: int
    flood: int


@dataclass(frozen=True, slots=True)
class Play:
    scenes: dict[str, list[Change]]     # by what was done then
    driven: dict[str, list[int]]        # every level that the kernel was told until guard was ready
    held: str                           # what it said of both lines while guard ran


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    folder = tmp_path_factory.mktemp("gpio")
    started = time.monotonic()
    made, library = made_image("amd64"), lgpio.built()
    contents = folder / "contents"
    for name in ("config", "test"):
        (contents / name).mkdir(parents=True)
    (contents / "provisioned").touch()
    (contents / "config" / "edge.toml").write_text(CONFIG)
    (contents / "test" / "sim.sh").write_text(SIM_SH)
    (contents / "test" / "play.py").write_text(PLAY)
    shutil.copytree(library, contents / "test" / "lgpio")
    disk = card(made, folder, contents, _CARD_BYTES)
    credentials = {"systemd.extra-unit.test-sim.service": SIM,
                   "systemd.extra-unit.test-play.service": TESTER,
                   "systemd.unit-dropin.edgebox-guard.service~test": GUARD}
    with booted("amd64", made, disk, credentials) as machine:
        machine.wait_for(r"PLAYED", BOOT_S)
        print(f"\nmachine: {machine.age_s:.0f} s; altogether {time.monotonic() - started:.0f} s")
        told = [json.loads(line) for line in re.findall(r"^SCENE (.*)$", machine.text(), re.MULTILINE)]
        driven = json.loads(machine.wait_for(r"DRIVEN (.*)", 1.0)[1])
        held = machine.wait_for(r"HELD (.*)", 1.0)[1]
    disk.unlink()
    for scene in told:
        print(f"  {scene['name']}: {scene['changes']} {scene['note']}")
    changes = {scene["name"]: [Change(*change) for change in scene["changes"]] for scene in told}
    return Play(changes, driven, held)


def test_nothing_chirps_at_boot(play: Play) -> None:
    """
    From power on until guard is ready and drives both lines, no output is on for a moment, active-low
    included.
    """
    assert 2 == play.held.count("output"), play.held
    assert {0} == set(play.driven[str(SIREN)])
    assert {1} == set(play.driven[str(FLOOD)])
    assert [(0, 1)] == _levels(play.scenes["boot"])


def test_a_button_switches_on_and_time_off(play: Play) -> None:
    """
    The panic button puts siren and light on through the real library; the siren ends by its time.
    """
    assert (1, 0) in _levels(play.scenes["pressed"])
    assert (0, 1) == _levels(play.scenes["over"])[-1]


def test_a_killed_guard_leaves_no_siren_on(play: Play) -> None:
    """
    kill -9 while it sounds: off, by the kernel or by ExecStopPost, and guard resumes what is left.
    """
    sirens = [level for level, _ in itertools.groupby(change.siren for change in play.scenes["killed"])]

    assert [1, 0, 1] == sirens


def test_a_stopped_guard_leaves_all_off(play: Play) -> None:
    """
    systemctl stop while it sounds: off, and off it stays.
    """
    assert 1 in {siren for siren, _ in _levels(play.scenes["stopped"])}
    assert (0, 1) == _levels(play.scenes["stopped"])[-1]


def _levels(changes: list[Change]) -> list[tuple[int, int]]:
    return [(change.siren, change.flood) for change in changes]
