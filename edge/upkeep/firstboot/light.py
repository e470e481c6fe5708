"""Who shows the flashes: the board's own light by sysfs, the config's beacons and buzzers by their pins."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from pathlib import Path
from typing import Protocol

from edge.base.blinking import AT_WORK, WELL, Flashes, played
from edge.base.supervisor import beat
from edge.config.folders import runtime_folder
from edge.config.model import EdgeSettings, OutputKind
from edge.gpio.outputs import off_level
from edge.gpio.pins import Pin, PinError, PinsError, hold, open_factory
from edge.ipc.channels import Program

log = logging.getLogger("firstboot")

LEDS = Path("/sys/class/leds")
LED_NAMES = ("ACT", "led0")         # by what name the kernel knows the board's light
BEEPED_ROUNDS = 5                   # then a buzzer is silent until something changes; a light goes on
_TICK_S = 0.05
_SILENT = (AT_WORK, WELL)           # nothing is wrong: no beeping


class Lamp(Protocol):
    """A light, or a buzzer. Neither raises: a box without light is provisioned all the same."""

    @property
    def is_buzzer(self) -> bool: ...

    def shine(self, on: bool) -> None: ...

    def close(self) -> None: ...


class BoardLight:
    """The board's own; what it showed before it shows again afterwards."""

    is_buzzer = False

    def __init__(self, folder: Path) -> None:
        """`folder` is e.g. /sys/class/leds/ACT. Raises OSError."""
        self._brightness, self._trigger = folder / "brightness", folder / "trigger"
        active = re.search(r"\[(\S+)\]", self._trigger.read_text())
        self._before = active[1] if active else "none"
        self._trigger.write_text("none")

    def shine(self, on: bool) -> None:
        with contextlib.suppress(OSError):
            self._brightness.write_text("1" if on else "0")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._trigger.write_text(self._before)


class PinLight:
    """A beacon or a buzzer of the config."""

    def __init__(self, pin: Pin, active_high: bool, is_buzzer: bool) -> None:
        self._pin, self._active_high, self.is_buzzer = pin, active_high, is_buzzer

    def shine(self, on: bool) -> None:
        with contextlib.suppress(PinError):
            self._pin.drive(on is self._active_high)

    def close(self) -> None:
        self.shine(False)


class Signals:
    """Plays one pattern until the next. `show` from any thread, `run` in its own."""

    def __init__(self, board: tuple[Lamp, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._board = board
        self._wired: tuple[Lamp, ...] = ()
        self._pins = contextlib.ExitStack()
        self._flashes, self._since_ns = AT_WORK, time.monotonic_ns()

    def show(self, flashes: Flashes) -> None:
        """Again the same one goes on as it was."""
        with self._lock:
            if flashes != self._flashes:
                self._flashes, self._since_ns = flashes, time.monotonic_ns()

    def use_pins(self, settings: EdgeSettings) -> None:
        """Show on the config's beacons and buzzers, too, from now on, unless guard holds the pins."""
        with self._lock:
            if not self._wired:
                self._wired = _claimed(settings, self._pins)

    def release_pins(self) -> None:
        """Switch the lights off and give the pins back, for whoever needs them next."""
        with self._lock:
            for lamp in self._wired:
                lamp.close()
            self._wired = ()
            self._pins.close()

    def run(self, stop: threading.Event) -> None:
        shown: dict[Lamp, bool] = {}
        while not stop.wait(_TICK_S):
            beat()
            with self._lock:
                now = played(self._flashes, time.monotonic_ns() - self._since_ns)
                may_beep = self._flashes not in _SILENT and now.rounds < BEEPED_ROUNDS
                for lamp in (*self._board, *self._wired):
                    wanted = now.on and (may_beep or not lamp.is_buzzer)
                    if shown.get(lamp) is not wanted:
                        lamp.shine(wanted)
                        shown[lamp] = wanted

    def close(self) -> None:
        self.release_pins()
        for lamp in self._board:
            lamp.close()


def board_lights(leds: Path) -> tuple[Lamp, ...]:
    """The first of the board's lights that there is; none where there is none, or it belongs to others."""
    for name in LED_NAMES:
        with contextlib.suppress(OSError):
            return (BoardLight(leds / name),)
    return ()


def _claimed(settings: EdgeSettings, pins: contextlib.ExitStack) -> tuple[Lamp, ...]:
    """Off at first; `pins` gives them back. None where somebody else has them: there is the board's."""
    wired = [it for it in settings.outputs.values() if it.kind in (OutputKind.BEACON, OutputKind.BUZZER)]
    if not wired:
        return ()
    try:
        pins.enter_context(hold(runtime_folder(settings, Program.GUARD)))
        factory = open_factory(runtime_folder(settings, Program.GUARD))
        pins.callback(factory.close)
        return tuple(PinLight(factory.output(it.pin, off_level(it)), it.active_high,
                              it.kind is OutputKind.BUZZER) for it in wired)
    except PinsError as exc:
        log.warning("no light by pins: error=\"%s\"", exc)
        pins.close()
        return ()
