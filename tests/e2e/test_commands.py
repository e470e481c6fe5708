"""Commands of the ward to a real box: guard as a process, mosquitto between, pins in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from dev.trial_config import ROOT
from edge.base import clock
from edge.gpio.simulated import changes, levels
from tests.e2e.stage import Actor, Stage
from tests.edge.guard.commands.orders import INJECTED, SECRET, Ward, forgeries, public_pem
from tests.subscriber import Arrival, Subscriber

SIREN, LIGHT = 17, 27
CONFIG = """
[cameras.gate]
source = "rtsp://127.0.0.1/never-opened-by-guard"

[outputs.siren]
kind = "siren"
pin = 17

[outputs.light]
kind = "flood"
pin = 27

[commands]
keys = [{keys}]
max_per_minute = 600
"""


class Desk:
    """The ward's side: sends, and reads what the box answers."""

    def __init__(self, stage: Stage, folder: Path, *keys: Path) -> None:
        self._stage, self.pins = stage, folder / "pins"
        self._config = stage.config(CONFIG, keys=", ".join(f'"{key}"' for key in keys))
        self._wire = Subscriber(stage.broker.port, topic=f"{ROOT.path}/+")
        self.guard = self.start()

    def start(self) -> Actor:
        """A guard, and beside it an uplink; returns once both are there for the ward."""
        log = self._stage.folder / "guard.log"
        before = log.read_text().count("guarding: ") if log.exists() else 0
        self.guard = self._stage.guard(self._config, environment={"EDGEBOX_PINS": f"simulated:{self.pins}"})
        self._stage.until(lambda: self.guard.text.count("guarding: ") > before, "guard to be ready")
        if not self._wire.on("/birth"):
            self._stage.uplink(self._config)
            self._stage.until(lambda: self._wire.on("/birth"), "the birth")
        return self.guard

    @property
    def ward(self) -> Ward:
        return Ward(ROOT, clock.boot_id(), datetime.now(UTC))

    @property
    def answers(self) -> list[dict[str, Any]]:
        """By their numbers: after a kill the last one may be delivered twice."""
        by_seq = {arrival.json["seq"]: arrival.json["data"] for arrival in self._wire.on("/cmd-result")}
        return [by_seq[seq] for seq in sorted(by_seq)]

    def on(self, leaf: str) -> list[Arrival]:
        return self._wire.on(f"/{leaf}")

    @property
    def is_armed(self) -> bool:
        """As the panel told last."""
        panels = self.on("panel")
        return bool(panels) and panels[-1].json["data"]["armed"] is True

    def ask(self, payload: bytes, name: str = "siren", retained: bool = False) -> dict[str, Any]:
        """Send, and return the one answer."""
        before = len(self.answers)
        publish.single(ROOT.command(name), payload, qos=1, retain=retained, port=self._stage.broker.port)
        self._stage.until(lambda: len(self.answers) > before, f"the answer to {name} {payload[:60]!r}")
        return self.answers[before]

    def is_on(self, gpio: int) -> bool:
        return levels(self.pins).get(gpio, False)

    def was_on(self) -> set[int]:
        """Every pin that has carried its active level."""
        return {change.gpio for change in changes(self.pins) if change.level}

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def desk(stage: Stage, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(stage, tmp_path, public_pem(tmp_path / "ward.pem"))
    yield made
    made.close()


def test_no_forged_command_moves_a_box(desk: Desk) -> None:
    """
    Over 60 kinds of forgery: no pin ever moves, no alarm is told, each is answered once with its reason, and
    the log holds nothing that a forger wrote. A good command is obeyed then; the same one, sent again, is
    not: not at once, not after a kill.
    """
    forged = list(forgeries(desk.ward))
    reasons = [desk.ask(forgery.payload, forgery.name, forgery.retained)["reason"] for forgery in forged]

    assert [forgery.reason.value for forgery in forged] == reasons
    assert set() == desk.was_on()
    assert [] == desk.on("alarm")
    assert not any(answer["accepted"] for answer in desk.answers)

    order = desk.ward.command("light")
    assert desk.ask(order, "light")["accepted"]
    assert "repeated" == desk.ask(order, "light")["reason"]
    desk.guard.kill()
    desk.start()
    assert "repeated" == desk.ask(order, "light")["reason"]

    assert len(forged) + 3 == len(desk.answers)
    assert {LIGHT} == desk.was_on()
    written = desk.guard.text
    assert 1 == written.count("command obeyed:")
    assert len(forged) + 2 == written.count("command refused:")
    assert written.replace("\n", "").isprintable()
    for foreign in (SECRET, INJECTED[1:12], json.loads(order)["sig"]):
        assert foreign not in written


def test_a_command_drives_a_box(desk: Desk, stage: Stage) -> None:
    """
    The light on and off by two commands: when the answer comes the pin stands, and the records name issuer
    and alarm. The box's own limits hold: no siren soon after its first start. Arming is told by the panel.
    """
    birth = desk.on("birth")[-1].json["data"]
    raised = desk.ask(desk.ward.command("light"), "light")
    lit = desk.is_on(LIGHT)
    silenced = desk.ask(desk.ward.command("silence"), "silence")
    dark = not desk.is_on(LIGHT)
    nothing = desk.ask(desk.ward.command("silence"), "silence")
    siren = desk.ask(desk.ward.command("siren"))
    armed = desk.ask(desk.ward.command("arm"), "arm")
    stage.until(lambda: desk.is_armed, "the panel to be armed")
    disarmed = desk.ask(desk.ward.command("disarm"), "disarm")
    stage.until(lambda: not desk.is_armed, "the panel to be disarmed")
    stage.until(lambda: len(desk.on("alarm")) == 3, "the records of the alarms")

    assert (["siren", "light"], 1) == (birth["outputs"], len(birth["command_keys"]))
    assert (True, True) == (lit, dark)
    assert {True} == {answer["accepted"] for answer in (raised, silenced, armed, disarmed)}
    assert ["nothing", "pause"] == [nothing["reason"], siren["reason"]]
    assert {LIGHT} == desk.was_on()
    told = [arrival.json["data"] for arrival in desk.on("alarm")]
    assert ["raised", "silenced", "refused"] == [alarm["phase"] for alarm in told]
    assert [alarm["alarm_id"] for alarm in told] == [
        answer["alarm_id"] for answer in (raised, silenced, siren)]
    assert raised["alarm_id"] == silenced["alarm_id"]
    assert {("ward", "Trực ban Phường 5")} == {
        (alarm["raised_by"]["cause"], alarm["raised_by"]["name"]) for alarm in told}


def test_what_comes_to_a_box_without_keys(stage: Stage, tmp_path: Path) -> None:
    """
    Every command is refused with the reason that a technician needs.
    """
    desk = Desk(stage, tmp_path)

    answer = desk.ask(desk.ward.command("siren"))
    desk.close()

    assert (False, "no-keys") == (answer["accepted"], answer["reason"])
    assert set() == desk.was_on()
