"""The lights themselves: the board's by sysfs, the config's by (simulated) pins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.base.blinking import WELL
from edge.config.folders import runtime_folder
from edge.config.load import load
from edge.config.model import EdgeSettings
from edge.gpio.pins import hold
from edge.gpio.simulated import changes, levels
from edge.ipc.channels import Program
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.light import Signals, board_lights
from edge.upkeep.firstboot.signals import PATTERNS
from tests.brokers import until
from tests.edge.upkeep.firstboot.stand import config_text
from tests.threads import running

BEACON, BUZZER, SIREN = 17, 27, 22
OUTPUTS = f"""
[outputs.beacon]
kind = "beacon"
pin = {BEACON}
active_high = false

[outputs.buzzer]
kind = "buzzer"
pin = {BUZZER}

[outputs.siren]
kind = "siren"
pin = {SIREN}
"""


@pytest.fixture
def leds(tmp_path: Path) -> Path:
    """As the kernel shows a Raspberry Pi's light."""
    folder = tmp_path / "leds" / "ACT"
    folder.mkdir(parents=True)
    (folder / "trigger").write_text("none usb-gadget [mmc0] timer heartbeat\n")
    (folder / "brightness").write_text("0")
    return folder.parent


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EdgeSettings:
    monkeypatch.setenv("EDGEBOX_PINS", f"simulated:{tmp_path / 'pins'}")
    path = tmp_path / "edge.toml"
    runtime = f'runtime_dir = "{tmp_path}/run"\n'
    path.write_text(config_text().replace("\n[mqtt]", f"{runtime}\n[mqtt]", 1) + OUTPUTS)
    return load(path).settings


@contextmanager
def playing(signals: Signals) -> Iterator[None]:
    try:
        with running(signals.run):
            yield
    finally:
        signals.close()


def test_the_boards_light(leds: Path) -> None:
    """
    It flashes while first boot runs, and then shows again what it showed before.
    """
    brightness = leds / "ACT" / "brightness"
    signals = Signals(board_lights(leds))
    signals.show(PATTERNS[SetupFault.NO_BUNDLE].flashes)
    with playing(signals):
        assert "none" == (leds / "ACT" / "trigger").read_text()
        for level in ("1", "0", "1", "0"):
            until(lambda level=level: brightness.read_text() == level, f"light {level}")  # type: ignore[misc]
        signals.show(WELL)
        until(lambda: brightness.read_text() == "1", "lit")

    assert "mmc0" == (leds / "ACT" / "trigger").read_text()


def test_no_light_is_no_fault(tmp_path: Path) -> None:
    """
    A board without one, or one that belongs to somebody else.
    """
    assert () == board_lights(tmp_path)


def test_beacon_and_buzzer_play_a_fault(settings: EdgeSettings, tmp_path: Path) -> None:
    """
    Whichever way they are wired; the siren is not touched, and afterwards both are off.
    """
    signals = Signals()
    signals.show(PATTERNS[SetupFault.CODE_USED].flashes)
    with playing(signals):
        signals.use_pins(settings)
        until(lambda: {BEACON: False, BUZZER: True}.items() <= levels(tmp_path / "pins").items(), "both on")
        until(lambda: {BEACON: True, BUZZER: False}.items() <= levels(tmp_path / "pins").items(), "both off")
        until(lambda: {BEACON: False, BUZZER: True}.items() <= levels(tmp_path / "pins").items(), "both on")

    off = levels(tmp_path / "pins")
    assert (True, False) == (off[BEACON], off[BUZZER])
    assert SIREN not in off


def test_a_box_that_is_ready_does_not_beep(settings: EdgeSettings, tmp_path: Path) -> None:
    """
    The beacon is on but for a wink, as guard's is afterwards; the buzzer is silent.
    """
    signals = Signals()
    signals.show(WELL)
    with playing(signals):
        signals.use_pins(settings)
        until(lambda: levels(tmp_path / "pins").get(BEACON) is False, "beacon on")
        until(lambda: [False, True, False] == [it.level for it in changes(tmp_path / "pins")
                                               if it.gpio == BEACON][1:4], "a wink")
        assert not any(it.level for it in changes(tmp_path / "pins") if it.gpio == BUZZER)


def test_guards_pins_are_left_alone(settings: EdgeSettings, tmp_path: Path) -> None:
    """
    A provisioned box that gets a new bundle: guard goes on holding its siren.
    """
    signals = Signals()
    with hold(runtime_folder(settings, Program.GUARD)), playing(signals):
        signals.use_pins(settings)

        assert not (tmp_path / "pins").exists() or {} == levels(tmp_path / "pins")


def test_pins_are_given_back(settings: EdgeSettings) -> None:
    """
    The self-test needs them: afterwards they can be used again.
    """
    signals = Signals()
    with playing(signals):
        signals.use_pins(settings)
        signals.release_pins()
        with hold(runtime_folder(settings, Program.GUARD)):
            pass
        signals.use_pins(settings)
