"""Fingers on a phone's screen, as many as one likes, told to Chromium as a touch screen tells them."""

from __future__ import annotations

import time
from typing import Any

from tests.edge.page.phones import Phone

Point = tuple[float, float]


class Fingers:
    """The fingers on one phone's screen, by name. Each is a touch of its own until it is lifted."""

    def __init__(self, phone: Phone) -> None:
        self._phone, self._down, self._numbers = phone, dict[str, Point](), dict[str, int]()
        self._began_s = 0.0
        self._command("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)

    @property
    def lasted_s(self) -> float:
        """How long ago the first finger of this gesture came down."""
        return time.monotonic() - self._began_s

    def centre(self, css: str) -> Point:
        """The middle of what is there, in the window."""
        found = self._phone.script(
            "const at = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [at.left + at.width / 2, at.top + at.height / 2]", css)
        assert isinstance(found, list)
        return float(found[0]), float(found[1])

    def down(self, name: str, at: Point) -> None:
        if not self._down:
            self._began_s = time.monotonic()
        self._numbers[name] = next(number for number in range(9) if number not in self._numbers.values())
        self._down[name] = at
        self._touch("touchStart")

    def move(self, name: str, x_px: float, y_px: float, steps: int = 1) -> None:
        """By so much, in so many steps."""
        for _ in range(steps):
            from_x_px, from_y_px = self._down[name]
            self._down[name] = (from_x_px + x_px / steps, from_y_px + y_px / steps)
            self._touch("touchMove")

    def up(self, *names: str) -> None:
        for name in names:
            self._touch("touchEnd", name)
            del self._down[name], self._numbers[name]

    def up_all(self) -> None:
        self.up(*self._down)

    def taken_away(self) -> None:
        """The system takes the whole gesture over, as for a palm on the glass."""
        self.forget()
        self._touch("touchCancel")

    def forget(self) -> None:
        """The page that they were on is no more."""
        self._down, self._numbers = {}, {}

    def rest(self, seconds: float) -> None:
        """All fingers stay as they are, for so long by the phone's own clock."""
        self._phone.chrome.execute_async_script("setTimeout(arguments[1], arguments[0])",
                                                round(seconds * 1000))

    def turn(self, width_px: int, height_px: int) -> None:
        """Turn the phone: its screen is now so wide and high."""
        self._command("Emulation.setDeviceMetricsOverride", width=width_px, height=height_px,
                      deviceScaleFactor=1, mobile=True)

    def _touch(self, kind: str, only: str = "") -> None:
        """Chromium wants all that are down; of a finger that is lifted, that one alone."""
        points = [{"x": x_px, "y": y_px, "id": self._numbers[name]}
                  for name, (x_px, y_px) in self._down.items() if not only or name == only]
        self._command("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def _command(self, method: str, **values: Any) -> None:
        self._phone.chrome.execute_cdp_cmd(method, values)
