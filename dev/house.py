"""The house around simulated pins: outputs as words on the terminal, inputs by the keyboard."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.config.model import EdgeSettings, InputKind, InputSettings, OutputKind
from edge.gpio.simulated import levels, press

_LOOK_S = 0.1
_LASTS_S = 1.5              # a strobe or a wailing siren that is off for so short counts as on
_LONGER_S = 0.5             # than the button asks for
_BUTTONS = (InputKind.PANIC, InputKind.REMOTE, InputKind.SILENT)


class House:
    """Looks at the simulated pins in `folder` and tells every change of what is on, but for beacons.

    `say` takes what it tells, line by line, from threads of the house's own.
    """

    def __init__(self, folder: Path, settings: EdgeSettings, say: Callable[[str], None]) -> None:
        self._folder, self._say, self._inputs = folder, say, settings.inputs
        self._outputs = {name: output for name, output in settings.outputs.items()
                         if output.kind is not OutputKind.BEACON}
        self._stop = threading.Event()
        self._looking = threading.Thread(target=self._look, name="house", daemon=True)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._looking.start()
        if sys.stdin is not None and sys.stdin.isatty() and self._inputs:
            threading.Thread(target=self._press_on_enter, name="buttons", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._looking.join()

    def explained(self) -> str:
        """How to press what; "" where there is nothing to press, or no keyboard."""
        button = self._button()
        if button is None or sys.stdin is None or not sys.stdin.isatty():
            return ""
        others = sorted(self._inputs.keys() - {button})
        return (f"Enter holds {button} down for a moment"
                + (f"; so does the name of another, and Enter: {', '.join(others)}" if others else ""))

    def _button(self) -> str | None:
        """What Enter alone presses: a panic button before any other."""
        return min(self._inputs, default=None, key=lambda name: (
            _BUTTONS.index(kind) if (kind := self._inputs[name].kind) in _BUTTONS else len(_BUTTONS)))

    def _look(self) -> None:
        seen_s: dict[str, float] = {}
        told: tuple[str, ...] = ()
        while not self._stop.wait(_LOOK_S):
            now_s, pins = time.monotonic(), levels(self._folder)
            seen_s |= {name: now_s for name, output in self._outputs.items()
                       if pins.get(output.pin, not output.active_high) == output.active_high}
            on = tuple(name for name in self._outputs if now_s - seen_s.get(name, -_LASTS_S) < _LASTS_S)
            if on != told:
                told = on
                self._say("  ".join(f"[{name.upper()}]" if name in on else f" {name} "
                                    for name in self._outputs))

    def _press_on_enter(self) -> None:
        for line in sys.stdin:
            name = line.strip() or self._button() or ""
            if name in self._inputs:
                self._hold(self._inputs[name])
            else:
                self._say(f"no input {name!r}; there are: {', '.join(sorted(self._inputs))}")

    def _hold(self, button: InputSettings) -> None:
        press(self._folder, button.pin, button.active)
        time.sleep(button.hold_s + _LONGER_S)
        press(self._folder, button.pin, "high" if button.active == "low" else "low")
