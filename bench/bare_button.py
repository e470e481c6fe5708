"""The least that sounds a siren: gpiozero's own button, whose callback sets an output. Nothing else.

A program of its own, run by `bench alarm` beside guard, on pins of the same kind: no hold, no debouncing, no
record, no limit. Ends on SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from gpiozero import Button, DigitalOutputDevice

from edge.gpio.simulated import SimulatedFactory


def main() -> None:
    pins = SimulatedFactory(Path(sys.argv[1]))
    siren = DigitalOutputDevice(int(sys.argv[2]), pin_factory=pins)
    button = Button(int(sys.argv[3]), pin_factory=pins)
    button.when_pressed, button.when_released = siren.on, siren.off
    pins.listen()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main()
