"""Pins in a test's own folder, and the one fake there is: a recording stand-in for the C library lgpio."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from edge.config.model import InputKind, InputSettings, OutputKind, OutputSettings
from edge.gpio.pins import PINS_VARIABLE, SIMULATED, Pins, open_factory


class Bench:
    """A folder that stands for pins, as the demo and the benchmark use it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "pins"
        self.runtime_dir = folder / "run"
        monkeypatch.setenv(PINS_VARIABLE, f"{SIMULATED}{self.folder}")

    @contextmanager
    def pins(self) -> Iterator[Pins]:
        pins = open_factory(self.runtime_dir)
        try:
            yield pins
        finally:
            pins.close()


def siren(pin: int = 17, active_high: bool = True) -> OutputSettings:
    return OutputSettings(kind=OutputKind.SIREN, pin=pin, active_high=active_high)


def button(pin: int = 5, debounce_s: float = 0.03, **more: Any) -> InputSettings:
    return InputSettings(kind=InputKind.PANIC, pin=pin, debounce_s=debounce_s, **more)


def board(runtime_dir: Path) -> Pins:
    """The pins of a Raspberry Pi 5, inside `fake_lgpio`."""
    from gpiozero import GPIOZeroError

    from edge.gpio.board import SteadyFactory

    class Board(SteadyFactory):
        def _get_revision(self) -> int:
            return 0xC04170

    return Pins(Board(0), (GPIOZeroError, FakeLgpio.error, OSError), runtime_dir)


class FakeLgpio(ModuleType):
    """What gpiozero calls of lgpio, written down; lines behave as lgpio's C code has it (0.2.2).

    A claim of a line that is an output already changes nothing, levels are kept per line, and `fail` makes
    a call raise as lgpio does. It cannot show what the kernel or the board makes of it.
    """

    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64

    class error(Exception):     # noqa: N801, N818      # its name there
        pass

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.calls: list[tuple[Any, ...]] = []
        self.outputs: dict[int, int] = {}
        self.fail: str | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any) -> Any:
            if name == self.fail:
                raise self.error("GPIO busy")
            if name != "gpio_get_mode":
                self.calls.append((name, *args))
            return self._answer(name, args)
        return call

    def _answer(self, name: str, args: tuple[Any, ...]) -> Any:
        if name == "callback":
            return SimpleNamespace(cancel=lambda: None)
        gpio = args[1] if len(args) > 1 else -1
        if name == "gpio_claim_output" and gpio not in self.outputs:
            self.outputs[gpio] = args[2] if len(args) > 2 else 0
        elif name == "gpio_write":
            self.outputs[gpio] = int(args[2])
        elif name == "gpio_claim_input":
            self.outputs.pop(gpio, None)
        elif name == "gpio_get_mode":
            return 2 if gpio in self.outputs else 0
        elif name == "gpio_read":
            return self.outputs.get(gpio, 1)
        return 0


@contextmanager
def fake_lgpio() -> Iterator[FakeLgpio]:
    """gpiozero's own lgpio factory and our `edge.gpio.board`, freshly imported over the fake."""
    with fresh_lgpio():
        fake = FakeLgpio()
        sys.modules["lgpio"] = fake
        yield fake


@contextmanager
def fresh_lgpio() -> Iterator[None]:
    """As if nothing had been imported yet."""
    ours = ("lgpio", "gpiozero.pins.lgpio", "edge.gpio.board")
    before = {name: sys.modules.pop(name, None) for name in ours}
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
