"""Kind `crowd`: so many objects in a zone at once, for so long.

An object joins when it is measured in the zone, of the rule's classes and size; it stays a member
while the tracker only predicts it, until it is measured outside (by its slack, see `Sight`), is of
another class or too small, or is lost. Being too few is forgiven until it has been seen to last:
DIP_S before the event, GONE_S for its end. There is one event at a time.

Outside its hours a rule counts no time and begins nothing; an event runs on to its own end. A crowd
that gathers in a cool-down and is still there when it ends begins then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.base.values import NS_PER_S, Rect, Track
from edge.config.camera_model import RuleSettings
from edge.contract.messages import Ending
from edge.watch.hit import Hit
from edge.watch.rules.geometry import Point, contains, contains_nearly
from edge.watch.rules.scene import EngineStep, HitReporter, LastView, Sight, end, suits

DIP_S = 1.0
GONE_S = 2.0
_DIP_NS = round(DIP_S * NS_PER_S)
_GONE_NS = round(GONE_S * NS_PER_S)


class CrowdRule:
    """`zone` None is the whole picture.

    A BEGIN tells the largest member that was measured in this very picture, and the number now. The
    END tells the moment of the greatest number: its largest member, rectangle and number.
    """

    def __init__(self, settings: RuleSettings, zone: Sequence[Point] | None, teller: HitReporter) -> None:
        self._settings, self._zone, self._teller = settings, zone, teller
        self._wanted_ns = round(settings.crowd_s * NS_PER_S)
        self._member_ids: frozenset[int] = frozenset()
        self._since_ns: int | None = None      # since when there are enough
        self._unseen_ns = 0                    # of the time since then
        self._few_ns: int | None = None        # since when there are too few, if that is still forgiven
        self._peak: Hit | None = None          # the open event, as it was at its greatest

    def step(self, scene: EngineStep, applies: bool) -> list[Hit]:
        self._unseen_ns += scene.unseen_ns
        members = [sight.track for sight in scene.sights if self._is_member(sight)]
        self._member_ids = frozenset(track.track_id for track in members)
        enough = len(members) >= self._settings.crowd_count
        if self._peak is not None:
            return self._go_on(self._peak, members, enough, scene.mono_ns)
        if not applies:
            self._since_ns = self._few_ns = None
            return []
        self._time(enough, scene.mono_ns)
        return self._begin(members, scene.mono_ns) if enough else []

    def lose_view(self, last: LastView) -> list[Hit]:
        hits = [] if self._peak is None else [last.end(self._peak, None)]
        self._member_ids = frozenset()
        self._since_ns = self._few_ns = self._peak = None
        return hits

    def _is_member(self, sight: Sight) -> bool:
        was = sight.track.track_id in self._member_ids
        if not sight.track.matched:
            return was
        if not suits(self._settings, sight):
            return False
        if self._zone is None:
            return True
        return (contains_nearly(self._zone, sight.foot, sight.slack_ratio) if was
                else contains(self._zone, sight.foot))

    def _time(self, enough: bool, now_ns: int) -> None:
        """Keep `_since_ns` and `_few_ns` while no event is open."""
        if enough:
            self._few_ns = None
            if self._since_ns is None:
                self._since_ns, self._unseen_ns = now_ns, 0
        elif self._since_ns is not None:
            if self._few_ns is None:
                self._few_ns = now_ns
            if now_ns - self._few_ns >= _DIP_NS:
                self._since_ns = self._few_ns = None

    def _begin(self, members: Sequence[Track], now_ns: int) -> list[Hit]:
        measured = [track for track in members if track.matched]
        if self._since_ns is None or not measured:
            return []
        if now_ns - self._since_ns - self._unseen_ns < self._wanted_ns or not self._teller.may_begin(now_ns):
            return []
        self._peak = self._teller.begin(_largest(measured), self._since_ns, now_ns,
                                        rect=_around(members), count=len(members))
        return [self._peak]

    def _go_on(self, peak: Hit, members: Sequence[Track], enough: bool, now_ns: int) -> list[Hit]:
        if enough:
            self._few_ns = None
            if len(members) > peak.count:
                self._peak = replace(peak, track=_largest(members), rect=_around(members), count=len(members))
            return []
        if self._few_ns is None:
            self._few_ns = now_ns
        if now_ns - self._few_ns < _GONE_NS:
            return []
        self._since_ns = self._few_ns = self._peak = None
        return [end(peak, now_ns, Ending.ENDED)]


def _largest(members: Sequence[Track]) -> Track:
    return max(members, key=lambda track: track.rect.area)


def _around(members: Sequence[Track]) -> Rect:
    return Rect.around(track.rect for track in members)
