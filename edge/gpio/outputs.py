"""Sirens and lights by logical level: on is on, whichever way the board is wired."""

from __future__ import annotations

from collections.abc import Mapping

from edge.base.errors import RetryableError
from edge.config.model import OutputSettings
from edge.gpio.pins import Pin, PinError, Pins


class OutputError(RetryableError):
    """Outputs that did not take their level, with why, by name; all others have."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"output {name!r}: {why}" for name, why in faults.items()))
        self.faults = faults


class Outputs:
    """All outputs of a box, claimed. Not thread-safe: they belong to the alarm's thread."""

    def __init__(self, settings: Mapping[str, OutputSettings], pins: Mapping[str, Pin]) -> None:
        self._settings = settings
        self._pins = pins
        self._on: dict[str, bool | None] = dict.fromkeys(pins, False)    # None: a write failed

    @classmethod
    def open(cls, settings: Mapping[str, OutputSettings], factory: Pins) -> Outputs:
        """Claim every output, off from its first moment, whatever it was before.

        Raises:
            PinsError: one cannot be claimed; those before it are off.
        """
        factory.remember({it.pin: off_level(it) for it in settings.values()})
        return cls(settings, {name: factory.output(it.pin, off_level(it)) for name, it in settings.items()})

    def apply(self, levels: Mapping[str, bool]) -> None:
        """Make it so: what goes off first, and no write where nothing changes. Others stay as they are.

        Raises:
            OutputError: names each output that failed, after all have been tried. Apply again to retry.
        """
        faults: dict[str, str] = {}
        for name, on in sorted(levels.items(), key=lambda level: level[1]):
            if self._on[name] is on:
                continue
            self._on[name] = None
            try:
                self._pins[name].drive(on is self._settings[name].active_high)
                self._on[name] = on
            except PinError as exc:
                faults[name] = str(exc)
        if faults:
            raise OutputError(faults)

    def off(self) -> None:
        """Write the off level to all, also to those believed to be off. Raises OutputError as `apply`."""
        self._on = dict.fromkeys(self._pins)
        self.apply(dict.fromkeys(self._pins, False))

    def close(self) -> None:
        """The last word is off, and the pins stay driven until the factory is closed. Raises as `apply`."""
        self.off()


def off_level(settings: OutputSettings) -> bool:
    """Electrical: True is 3.3 V."""
    return not settings.active_high
