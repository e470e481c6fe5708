"""The button at power-on, with the answer of buzzer and beacon; reads the config without judging it."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge.gpio.pins import HEADER_PIN, Pin, PinError, Pins, PinsError, hold, open_factory
from edge.upkeep.reset.gesture import Gesture, GesturePhase

_POLL_S = 0.05
_BLINK_S = 0.25
_ANSWERING = ("beacon", "buzzer")


@dataclass(frozen=True, slots=True)
class Button:
    gpio: int
    pull: Literal["up", "down", "none"]
    active_high: bool


@dataclass(frozen=True, slots=True)
class Wired:
    """What of a config concerns the gesture."""

    buttons: tuple[Button, ...]                 # of kind panic
    answers: Mapping[int, bool]                 # GPIO of each beacon and buzzer -> its level when on


def wired(config: Path) -> Wired:
    """What is wired, as far as the config says it; nothing where it cannot be read."""
    try:
        root = tomllib.loads(config.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return Wired((), {})
    return Wired(
        tuple(Button(it["pin"], it.get("pull", "up"), it.get("active", "low") == "high")
              for it in _tables(root, "inputs") if it.get("kind") == "panic"),
        {it["pin"]: it.get("active_high", True) is not False
         for it in _tables(root, "outputs") if it.get("kind") in _ANSWERING})


def _tables(root: Mapping[str, object], shelf: str) -> Iterator[dict[str, Any]]:
    tables = root.get(shelf)
    for it in tables.values() if isinstance(tables, dict) else ():
        if isinstance(it, dict) and type(it.get("pin")) is int and it["pin"] in HEADER_PIN:
            yield it


def asked_for(config: Path, runtime_dir: Path) -> bool:
    """Whether somebody makes the gesture now; at once where no button is down, or none can be read."""
    found = wired(config)
    if not found.buttons:
        return False
    try:
        with hold(runtime_dir):
            pins = open_factory(runtime_dir)
            try:
                return _watched(found, pins)
            finally:
                pins.close()
    except (PinsError, PinError) as exc:
        print(f"no button can be read: {exc}", flush=True)
        return False


def _watched(found: Wired, pins: Pins) -> bool:
    buttons = [(pins.input(it.gpio, it.pull), it.active_high) for it in found.buttons]
    time.sleep(_POLL_S)         # pulls take a moment
    down = [(pin, high) for pin, high in buttons if pin.level() is high]
    if len(down) != 1:          # none; or several: no hand, but water or a broken cable
        return False
    pin, high = down[0]
    gesture = Gesture(True, time.monotonic())
    answers = [(pins.output(gpio, not on), on) for gpio, on in found.answers.items()]
    try:
        last = True
        while gesture.phase not in (GesturePhase.DONE, GesturePhase.OFF):
            time.sleep(_POLL_S)
            pressed = pin.level() is high
            if pressed is last:             # still for two looks
                gesture.feed(pressed, time.monotonic())
            last = pressed
            _answer(gesture.phase, answers)
        return gesture.phase is GesturePhase.DONE
    finally:
        for output, on in answers:
            output.drive(not on)


def _answer(phase: GesturePhase, answers: list[tuple[Pin, bool]]) -> None:
    """Nothing while it is held, quick once it is long enough, steady while the second press is waited for."""
    quick = int(time.monotonic() / _BLINK_S) % 2 == 0
    shines = phase in (GesturePhase.OPEN, GesturePhase.PRESSED) or (phase is GesturePhase.ANSWERED and quick)
    for output, on in answers:
        output.drive(on is shines)
