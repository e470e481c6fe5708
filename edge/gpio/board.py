"""The pins of a real Raspberry Pi: gpiozero's lgpio factory, but never letting go of a pin on the way.

gpiozero 2.0.1 claims a pin first as an input without a pull, then as an output at lgpio's default level,
low, and only then writes the level that was asked for: an active-low siren chirps at every start
(gpiozero pull request 1177). At the end it turns outputs into inputs. `SteadyPin` claims once, at the level.

Imported by `edge.gpio.pins` alone and only where there is a board: the import of lgpio opens a FIFO and
starts a thread.
"""

from __future__ import annotations

from typing import Any

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

VendorError: type[Exception] = lgpio.error


class SteadyPin(LGPIOPin):  # type: ignore[misc]      # gpiozero has no types
    """Claimed when its function is first set, not before; an output keeps its level when it is closed."""

    def __init__(self, factory: Any, info: Any) -> None:
        super(LGPIOPin, self).__init__(factory, info)   # past LGPIOPin's own, which claims an input
        self._pwm = None
        self._bounce = None
        self._callback = None
        self._edges = lgpio.BOTH_EDGES

    def output_with_state(self, state: bool) -> None:
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))
        lgpio.gpio_write(self.factory._handle, self._number, int(state))    # where it was an output of ours

    def close(self) -> None:
        self.when_changed = None        # an input stays one; the kernel takes lines back with the chip


class SteadyFactory(LGPIOFactory):  # type: ignore[misc]
    def __init__(self, chip: int | None = None) -> None:
        super().__init__(chip)
        self.pin_class = SteadyPin
        # gpiozero's own dict outlives a factory that was not closed, with pins of a dead handle in it.
        self.pins: dict[Any, SteadyPin] = {}
