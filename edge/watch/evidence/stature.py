"""How tall people are in one camera's picture, by where they stand; so two who are taken for one are noticed.

Wanted: a person twice as tall as all others were at that place is no person.
Assumed: people stand on one ground; most are seen alone most of the time.
Not done: stairs and balconies, where the ground of a band of the picture is at two distances: nobody is odd
there, since heights scatter.
"""

from __future__ import annotations

from statistics import median

from edge.base.values import Rect

_BANDS = 12            # of the picture's height, by the foot
_PEOPLE = 25           # the latest of them in one band
_LEAST = 4             # fewer say nothing


class Statures:
    """How tall people are in one camera's picture, learnt from all who are seen whole, each once in a band.
    """

    def __init__(self) -> None:
        self._bands: list[dict[int, float]] = [{} for _ in range(_BANDS)]      # height ratios by track

    def note(self, track_id: int, rect: Rect, picture_px: int) -> None:
        """Take in a person; `picture_px` is the picture's height."""
        band = self._bands[self._band(rect, picture_px)]
        band.pop(track_id, None)
        band[track_id] = rect.height / picture_px
        if len(band) > _PEOPLE:
            del band[next(iter(band))]

    def times(self, track_id: int, rect: Rect, picture_px: int) -> float:
        """How many times as tall as the others who stood there; 1 where nobody knows."""
        place = self._band(rect, picture_px)
        for bands in (self._bands[place:place + 1], self._bands[max(0, place - 1):place + 2]):
            heights = [height for band in bands for other, height in band.items() if other != track_id]
            if len(heights) >= _LEAST:
                return rect.height / picture_px / median(heights)
        return 1.0

    def _band(self, rect: Rect, picture_px: int) -> int:
        return min(_BANDS - 1, max(0, int(rect.foot[1] / picture_px * _BANDS)))
