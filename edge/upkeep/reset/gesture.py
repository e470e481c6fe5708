"""A button that erases a box: held from power-on for ten seconds, let go when the box answers, pressed again.

Pure. A wire that is shorted holds a button down as well, at every power cut; but it never lets go and
presses again.
"""

from __future__ import annotations

from enum import Enum

HOLD_S = 10.0
LET_GO_S = 10.0         # after the answer
AGAIN_S = 5.0           # after it was let go
PRESS_S = 1.0           # the second press is no bounce


class GesturePhase(Enum):
    HELD = "held"           # since power-on
    ANSWERED = "answered"   # long enough: the box says so, now let go
    OPEN = "open"           # let go: now press again
    PRESSED = "pressed"     # again, and a moment longer
    DONE = "done"           # erase
    OFF = "off"             # it is no such gesture, or no longer


class Gesture:
    """One button. Feed it often, with seconds that never go back."""

    def __init__(self, pressed: bool, now_s: float) -> None:
        self.phase = GesturePhase.HELD if pressed else GesturePhase.OFF
        self._since_s = now_s

    def feed(self, pressed: bool, now_s: float) -> GesturePhase:
        """What it is at `now_s`, with a level that has been still for a moment."""
        fresh = self._next(pressed, now_s - self._since_s)
        if fresh is not self.phase:
            self.phase, self._since_s = fresh, now_s
        return self.phase

    def _next(self, pressed: bool, for_s: float) -> GesturePhase:
        match self.phase:
            case GesturePhase.HELD if not pressed:
                return GesturePhase.OFF
            case GesturePhase.HELD if for_s >= HOLD_S:
                return GesturePhase.ANSWERED
            case GesturePhase.ANSWERED if not pressed:
                return GesturePhase.OPEN
            case GesturePhase.ANSWERED if for_s >= LET_GO_S:
                return GesturePhase.OFF
            case GesturePhase.OPEN if pressed:
                return GesturePhase.PRESSED
            case GesturePhase.OPEN if for_s >= AGAIN_S:
                return GesturePhase.OFF
            case GesturePhase.PRESSED if not pressed:
                return GesturePhase.OFF
            case GesturePhase.PRESSED if for_s >= PRESS_S:
                return GesturePhase.DONE
        return self.phase
