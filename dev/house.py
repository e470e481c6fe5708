"""The house around the demo's box: its siren and lights as words on the terminal, its button under Enter."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.gpio.simulated import levels, press

OUTPUTS = {"siren": 17, "strobe": 27, "flood": 22, "buzzer": 24}     # as in dev/demo.toml
PANIC = 5
_LOOK_S = 0.1
_LASTS_S = 1.5              # a strobe or a wailing siren that is off for so short counts as on
_HOLD_S = 1.3               # longer than the button asks for


class House:
    """Looks at the simulated pins in `folder` and tells every change of what is on."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._stop = threading.Event()
        self._looking = threading.Thread(target=self._look, name="house", daemon=True)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._looking.start()
        if sys.stdin is not None and sys.stdin.isatty():
            self._say("demo: Enter holds the panic button down for a moment")
            threading.Thread(target=self._press_on_enter, name="button", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._looking.join()

    def _look(self) -> None:
        seen_s: dict[str, float] = {}
        told: tuple[str, ...] = ()
        while not self._stop.wait(_LOOK_S):
            now_s, pins = time.monotonic(), levels(self._folder)
            seen_s |= {name: now_s for name, gpio in OUTPUTS.items() if pins.get(gpio)}
            on = tuple(name for name in OUTPUTS if now_s - seen_s.get(name, -_LASTS_S) < _LASTS_S)
            if on != told:
                told = on
                self._say("box:  " + "  ".join(f"[{name.upper()}]" if name in on else f" {name} "
                                               for name in OUTPUTS))

    def _press_on_enter(self) -> None:
        for _ in sys.stdin:
            press(self._folder, PANIC, "low")
            time.sleep(_HOLD_S)
            press(self._folder, PANIC, "high")
