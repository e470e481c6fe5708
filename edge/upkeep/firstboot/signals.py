"""How a box without a screen tells what is wrong: so many long flashes, so many short ones. Data only.

The long ones say where (1 card, 2 network, 3 ward, 4 the box itself, 5 cameras and siren), the short ones
what. A buzzer beeps the same. What else a light says: `edge.base.blinking`.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.blinking import Flashes
from edge.upkeep.firstboot.faults import SetupFault

LONG_S, SHORT_S, GAP_S, PAUSE_S = 1.0, 0.2, 0.3, 2.5


@dataclass(frozen=True, slots=True)
class FlashPattern:
    """First the long flashes, then the short ones."""

    long: int
    short: int

    @property
    def flashes(self) -> Flashes:
        on_s = (LONG_S,) * self.long + (SHORT_S,) * self.short
        return (*((each, GAP_S) for each in on_s[:-1]), (on_s[-1], PAUSE_S))


PATTERNS = {
    SetupFault.NO_BUNDLE: FlashPattern(1, 1),
    SetupFault.DAMAGED: FlashPattern(1, 2),
    SetupFault.BAD_SIGNATURE: FlashPattern(1, 3),
    SetupFault.OTHER_WARD: FlashPattern(1, 4),
    SetupFault.BAD_CONFIG: FlashPattern(1, 5),
    SetupFault.NO_NETWORK: FlashPattern(2, 1),
    SetupFault.NO_SERVER: FlashPattern(2, 2),
    SetupFault.WRONG_SERVER: FlashPattern(2, 3),
    SetupFault.NO_TIME: FlashPattern(2, 4),
    SetupFault.CODE_EXPIRED: FlashPattern(3, 1),
    SetupFault.CODE_USED: FlashPattern(3, 2),
    SetupFault.REFUSED: FlashPattern(3, 3),
    SetupFault.DISK_FULL: FlashPattern(4, 1),
    SetupFault.DISK_FAILED: FlashPattern(4, 2),
    SetupFault.NO_KEY: FlashPattern(4, 3),
    SetupFault.NO_ANCHOR: FlashPattern(4, 4),
    SetupFault.BAD_CAMERA: FlashPattern(5, 1),
    SetupFault.NO_SIREN_ANSWER: FlashPattern(5, 2),
    SetupFault.SELF_TEST: FlashPattern(5, 3),
}
