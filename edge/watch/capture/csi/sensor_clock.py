"""When a picture of a camera port was exposed, by the sensor's own stamps. Pure.

They count in CLOCK_MONOTONIC, so nothing needs to be guessed from when a picture came: one that lay about
while the box was busy is as old as it is.
"""

from __future__ import annotations

from edge.base.values import NS_PER_S


class SensorClock:
    """A `Timeline` of one opening."""

    def __init__(self) -> None:
        self._zero_ns: int | None = None        # the first picture's exposure
        self._sensor_ns = -1
        self._place_ns = self._last_ns = -1

    def place(self, sensor_ns: int, exposure_ns: int) -> float | None:
        """Seconds from the first picture's exposure to this one's, increasing.

        Args:
            sensor_ns: when its first row was read out.
            exposure_ns: how long that row was exposed before.

        Returns None for a picture that is no later than the one before: it was handed out twice.
        """
        if sensor_ns <= self._sensor_ns:
            return None
        self._sensor_ns = sensor_ns
        exposed_ns = sensor_ns - exposure_ns
        if self._zero_ns is None:
            self._zero_ns = exposed_ns
        # A longer exposure may begin before the last one did, where the two are told of different rows.
        self._place_ns = max(self._place_ns + 1, exposed_ns - self._zero_ns)
        return self._place_ns / NS_PER_S

    def stamp(self, media_s: float, now_ns: int) -> int:
        """See `Timeline`; nothing lies in the future, whatever the sensor says."""
        exposed_ns = (self._zero_ns or 0) + round(media_s * NS_PER_S)
        self._last_ns = max(self._last_ns + 1, min(exposed_ns, now_ns))
        return self._last_ns
