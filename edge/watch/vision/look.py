"""One look of the detector at one picture: which part of it, and how large that enters the network."""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.values import Rect

STEP_PX = 32        # sides of an input are multiples of it: what networks of this kind halve five times


@dataclass(frozen=True, slots=True)
class Look:
    """What one inference is made of."""

    input_px: tuple[int, int]      # width and height of the network's input, multiples of STEP_PX
    window: Rect | None = None     # pixels of the frame, whole and even numbers; None is the whole picture

    @property
    def cost_px(self) -> int:
        """Pixels of the input: the time of an inference is in proportion to them."""
        return self.input_px[0] * self.input_px[1]

    def enlargement(self, width: int, height: int) -> float:
        """Input pixels for one pixel of a picture of this size, in the direction that has less of them."""
        seen = self.window or Rect(0, 0, width, height)
        return min(self.input_px[0] / seen.width, self.input_px[1] / seen.height)
