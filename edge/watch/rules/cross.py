"""Kind `cross`: the foot of an object crosses a line, in a direction.

Left and right are those of someone who stands on the line's first point and looks to its second,
in the picture as it is seen on a screen:

                2                     left_to_right:  --->
          left  |  right
                |                     1 -------- 2    above is left, below is right,
                1                                     left_to_right goes down

What counts is the path through the measured feet, straight between them, so a fast object that
jumps over the line crosses it. The tracker's predictions count for nothing, nor does the way across a
pause without pictures: who was left of the line before it and is right of it after it crossed unseen.
The path since the first detection counts, so that something that crosses while it is being confirmed is
not missed.

Crossings are summed up with their direction until the foot is away from the line by its slack (see
`Sight`); what is left of the sum then is the crossing. So trembling on the line gives at most one
event, and touching the line and turning back none. Class, size, hours and cool-down are judged at
that moment, once: a crossing that they pass over does not come back later.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.values import NS_PER_S
from edge.config.camera_model import Direction, RuleSettings
from edge.contract.messages import Ending
from edge.watch.hit import Hit
from edge.watch.rules.geometry import Point, Segment, Side, crossing, distance_to_segment, side_of
from edge.watch.rules.scene import EngineStep, HitReporter, LastView, Sight, end, foot_in_ratios, suits

SHOWN_S = 2.0                  # a crossing is over at once; its event stays open so long for a better picture
_SHOWN_NS = round(SHOWN_S * NS_PER_S)
_ONTO = {Direction.LEFT_TO_RIGHT: Side.RIGHT, Direction.RIGHT_TO_LEFT: Side.LEFT}


@dataclass(slots=True)
class _Path:
    foot: Point
    mono_ns: int               # of that foot
    net: int = 0               # crossings to the right less those to the left, since last away from the line
    crossed_ns: int = 0        # the last of them

    def go(self, line: Segment, foot: Point, mono_ns: int, resumed_ns: int) -> None:
        side = crossing(line, self.foot, foot) if self.mono_ns >= resumed_ns else None
        if side is not None:
            self.net += side
            self.crossed_ns = mono_ns
        self.foot, self.mono_ns = foot, mono_ns


class CrossRule:
    def __init__(self, settings: RuleSettings, line: Segment, teller: HitReporter) -> None:
        self._settings, self._line, self._teller = settings, line, teller
        self._onto = _ONTO.get(settings.direction)         # None: either
        self._paths: dict[int, _Path] = {}
        self._open: dict[int, Hit] = {}

    def step(self, scene: EngineStep, applies: bool) -> list[Hit]:
        now_ns = scene.mono_ns
        hits = []
        for track in scene.gone:
            self._paths.pop(track.track_id, None)
            if track.track_id in self._open:
                hits.append(end(self._open.pop(track.track_id), now_ns, Ending.LEFT, track))
        tracks = {sight.track.track_id: sight.track for sight in scene.sights}
        for track_id, begun in list(self._open.items()):
            if now_ns - begun.mono_ns >= _SHOWN_NS:
                hits.append(end(self._open.pop(track_id), now_ns, Ending.ENDED, tracks.get(track_id)))
        for sight in scene.sights:
            if sight.track.matched:
                hits += self._look(sight, scene, applies)
        return hits

    def lose_view(self, last: LastView) -> list[Hit]:
        hits = [last.end(begun, last.tracks.get(track_id)) for track_id, begun in self._open.items()]
        self._open.clear()
        self._paths.clear()
        return hits

    def _look(self, sight: Sight, scene: EngineStep, applies: bool) -> list[Hit]:
        path = self._paths.get(sight.track.track_id)
        if path is None:
            path = self._paths[sight.track.track_id] = self._from_start(sight, scene)
        path.go(self._line, sight.foot, scene.mono_ns, scene.resumed_ns)
        if distance_to_segment(self._line, sight.foot) < sight.slack_ratio:
            return []
        net, path.net = path.net, 0
        wanted = net * side_of(self._line, sight.foot) > 0      # not when it went back around an end
        if not wanted or (self._onto is not None and net * self._onto < 0):
            return []
        if not (applies and suits(self._settings, sight) and self._teller.may_begin(scene.mono_ns)):
            return []
        if self._teller.keeps_back(sight.track):
            return []
        return self._begin(sight, path.crossed_ns, scene.mono_ns)

    def _begin(self, sight: Sight, since_ns: int, now_ns: int) -> list[Hit]:
        track = sight.track
        before = self._open.pop(track.track_id, None)           # crossed again within SHOWN_S
        begun = self._open[track.track_id] = self._teller.begin(track, since_ns, now_ns)
        return [begun] if before is None else [end(before, now_ns, Ending.ENDED, track), begun]

    def _from_start(self, sight: Sight, scene: EngineStep) -> _Path:
        """The path of a track that is new to this rule, up to but without its present foot."""
        earlier = [(mono_ns, foot_in_ratios(x, y, scene.size_px)) for mono_ns, x, y in sight.track.path]
        path = _Path(earlier[0][1], earlier[0][0]) if earlier else _Path(sight.foot, scene.mono_ns)
        for mono_ns, foot in earlier[1:]:
            path.go(self._line, foot, mono_ns, scene.resumed_ns)
        return path
