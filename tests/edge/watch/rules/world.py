"""A camera's rules to play with: tracks are put down by foot and height, time is moved by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from edge.base.testing import FakeClock
from edge.base.values import NS_PER_S, Rect, Track, Tracks
from edge.config.camera_model import RuleSettings
from edge.config.fields import Line, Polygon
from edge.watch.hit import Hit
from edge.watch.rules.engine import RuleEngine

SIZE_PX = (1000, 500)
YARD: Polygon = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
UPRIGHT: Line = ((0.5, 0.9), (0.5, 0.1))         # from the bottom up: left is left
FRAME_S = 0.2


def at(track_id: int, x: float, y: float = 0.5, *, label: str = "person", height: float = 0.1,
       matched: bool = True, path: Iterable[tuple[float, float, float]] = (), riders: int = 0,
       mount: int | None = None) -> Track:
    """A track whose foot is at (x, y) and which is `height` high, in ratios; `path` is (s, x, y)."""
    x_px, y_px = x * SIZE_PX[0], y * SIZE_PX[1]
    rect = Rect(x_px - 10, y_px - height * SIZE_PX[1], x_px + 10, y_px)
    feet = tuple((round(s * NS_PER_S), px * SIZE_PX[0], py * SIZE_PX[1]) for s, px, py in path)
    return Track(track_id, label, 0.8, rect, 0, 0, matched, feet, riders, mount)


class Camera:
    """A rule engine with its clock, which starts at zero."""

    def __init__(self, rules: Mapping[str, RuleSettings] | RuleSettings,
                 zones: Mapping[str, Polygon] | None = None, lines: Mapping[str, Line] | None = None,
                 least_heights: Mapping[str, float] | None = None) -> None:
        self.engine = RuleEngine({"rule": rules} if isinstance(rules, RuleSettings) else rules,
                                 {"yard": YARD} if zones is None else zones,
                                 {"line": UPRIGHT} if lines is None else lines, least_heights)
        self.clock = FakeClock(0)
        self.told: list[str] = []
        self._seen_ns: dict[int, int] = {}

    def see(self, *live: Track, ended: Iterable[Track] = (), local: datetime | None = None,
            unseen_s: float = 0) -> list[Hit]:
        """One frame now; what it tells is also kept as text in `told`. What is matched is seen now."""
        self._seen_ns |= {track.track_id: self.clock() for track in live if track.matched}
        seen = tuple(replace(track, seen_ns=self._seen_ns.get(track.track_id, 0)) for track in live)
        hits = self.engine.step(Tracks(seen, tuple(ended)), SIZE_PX, self.clock(), local,
                                round(unseen_s * NS_PER_S))
        self.told += map(self._text, hits)
        return hits

    def watch(self, seconds: float, *live: Track, local: datetime | None = None) -> list[Hit]:
        """The same picture every FRAME_S, the first now, for `seconds`; then the clock is past them."""
        hits = []
        for _ in range(round(seconds / FRAME_S)):
            hits += self.see(*live, local=local)
            self.clock.advance(FRAME_S)
        return hits

    def lose_view(self) -> list[Hit]:
        """The pictures have stopped, now or before."""
        hits = self.engine.step(Tracks((), (), view_lost=True), SIZE_PX, self.clock(), None)
        self.told += map(self._text, hits)
        return hits

    def _text(self, hit: Hit) -> str:
        return f"{hit.mono_ns / NS_PER_S:g} {hit.phase} {hit.track.track_id}"
