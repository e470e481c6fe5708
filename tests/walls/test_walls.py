"""The walls between the programs: whatever one of them does, the button drives the siren.

`./run test walls` runs every attack; without it those named in QUICK run.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Iterator

import pytest

from edge.ipc.channels import Program
from tests.brokers import Broker, mosquitto
from tests.walls import ALL
from tests.walls.attacks import ATTACKS, QUICK, Attack
from tests.walls.box import ATTACKER, BUTTON, FLOOD, HOLD_S, SIREN, Box, box_of, can_build

CHOSEN = [attack for attack in ATTACKS if ALL or str(attack) in QUICK]
PRESSES = 3
_BEGINS_S = 0.6             # an attacker's Python has started by then

pytestmark = [pytest.mark.skipif(not can_build(), reason="needs root and namespaces of its own"),
              pytest.mark.xdist_group("walls"), pytest.mark.timeout(300)]

CONFIG = f"""\
[box]
ward = "phuong-5"
group = "to-12"
id = "hop-01"
title = "Tổ 12, ngõ 5"
state_dir = "{{folder}}/state"
runtime_dir = "{{folder}}/run"
[page]
host = "127.0.0.1"
port = {{page_port}}
[mqtt]
host = "127.0.0.1"
port = {{mqtt_port}}
tls = false
[alarm]
siren_s = 0.2
light_s = 0.2
[outputs.siren]
kind = "siren"
pin = {SIREN}
[outputs.flood]
kind = "flood"
pin = {FLOOD}
[inputs.gate]
kind = "panic"
pin = {BUTTON}
hold_s = {HOLD_S}
[cameras.gate]
source = "rtsp://127.0.0.1:9/none"
[cameras.gate.rules.night]
kind = "enter"
severity = "warning"
alarm = "light"
[cameras.gate.rules.quiet]
kind = "enter"
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = mosquitto(tmp_path_factory.mktemp("walls") / "broker")
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def box(broker: Broker) -> Iterator[Box]:
    """One box for all attacks: guard runs from the first to the last."""
    with box_of(CONFIG, mqtt_port=broker.port) as made:
        made.start(Program.GUARD, Program.UPLINK, Program.PAGE)
        yield made


@pytest.fixture(scope="module")
def presses() -> Iterator[list[float]]:
    """Milliseconds beyond the hold, of every press; said at the end."""
    took_ms = list[float]()
    yield took_ms
    if took_ms:
        took_ms.sort()
        print(f"\nwalls: {len(took_ms)} presses, siren beyond the hold: median "
              f"{statistics.median(took_ms):.1f} ms, p99 {took_ms[int(len(took_ms) * 0.99)]:.1f} ms, "
              f"worst {took_ms[-1]:.1f} ms")


def test_every_attack_is_python() -> None:
    """
    A script that cannot even begin would prove nothing.
    """
    for attack in ATTACKS:
        compile(ATTACKER.format(folder="/x", me="watch") + attack.script, str(attack), "exec")
    assert {str(attack) for attack in ATTACKS} >= QUICK
    assert len(ATTACKS) >= 34


@pytest.mark.parametrize("attack", CHOSEN, ids=str)
def test_the_button_does_not_care(box: Box, attack: Attack, presses: list[float]) -> None:
    """
    While a program does its worst the button drives the siren, guard is not restarted, no alarm is ended by
    anybody but time, nothing of guard's or of the roster's changes, and nothing that was closed opens.
    """
    guard, roster = box.running[Program.GUARD], roster_of(box)
    if attack.program in box.running:
        box.end(attack.program)
    attacker = box.attack(attack.program, attack.script, data_bytes=attack.data_bytes)
    try:
        time.sleep(_BEGINS_S)
        for _ in range(PRESSES):
            presses.append(box.press_ms())
        if attack.ends:
            attacker.process.wait(30.0)
    finally:
        attacker.kill()

    assert "BREACH" not in attacker.text, attacker.text[-2000:]
    assert guard.alive, guard.text[-3000:]
    assert box.running[Program.GUARD] is guard
    assert roster_of(box) == roster


def test_all_works_again_by_itself(box: Box) -> None:
    """
    After the attacks the programs start as ever, every alarm that the button raised meanwhile is in the
    journal once and in order, and the page answers.
    """
    for program in (Program.UPLINK, Program.PAGE):
        if program not in box.running:
            box.start(program)
    pressed = box.presses
    box.press_ms()

    box.until(lambda: len(raised(box)) > pressed, "every press to be in the journal")
    assert [*range(1, pressed + 2)] == [number for number, _ in enumerate(raised(box), 1)]
    assert len(set(raised(box))) == len(raised(box))
    box.until(lambda: box.page_answers("/sign-in") == 200, "the page to answer")


def raised(box: Box) -> list[str]:
    """Ids of the alarms of which the journal has, or had and delivered, the first record; in order."""
    path = box.state / "uplink" / "journal.db"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as db:
        return [str(row[0]) for row in db.execute(
            "SELECT name FROM accepted WHERE is_call = 1 AND name GLOB '*.0' ORDER BY seq")]


def roster_of(box: Box) -> list[str]:
    """All rows of the roster; it is made with one member on first use."""
    path = box.state / "guard" / "members.db"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as db:
        return list(db.iterdump())
