"""Kinds `enter` and `dwell`: an object is in a zone, at once or for long enough.

The life of a stay: it starts when the object is measured in the zone, of the rule's classes and
size, within the rule's hours. It is over once the object has been measured outside for OUT_S with
no measurement inside between, or when the tracker gives the object up, as it does when the pictures
stop. A pause without pictures through which an object is kept counts for nothing. In a stay there is
at most one event, which ends with it.

- Measured positions alone decide. While the tracker only predicts an object, or has lost it for
  a moment, all stays as it was, and nothing begins.
- To leave, the foot must be outside by its slack (see `Sight`), so that standing on the edge is one stay.
- Label, size and riding decide whether a stay starts and goes on until its event; they don't end an event.
  So a label that changes into the classes counts as entering, as does a rider who gets off; one that
  changes out of them for OUT_S counts as leaving while nothing has been told yet.
- Outside its hours a rule starts nothing, and a stay without an event is forgotten: whoever is there
  when the hours begin counts as entering then. An event runs on to its own end.
- What is kept back (`edge.watch.learning`) begins its event as soon as it no longer is.
- In a cool-down, `enter` passes over who comes in, for the whole stay: the act is past when the
  cool-down ends. `dwell` begins then if the object still stands there: that is a state which lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.base.values import NS_PER_S
from edge.config.camera_model import RuleKind, RuleSettings
from edge.contract.messages import Ending
from edge.watch.hit import Hit
from edge.watch.rules.geometry import Point, contains, contains_nearly
from edge.watch.rules.scene import EngineStep, HitReporter, LastView, Sight, end, suits

OUT_S = 1.0
_OUT_NS = round(OUT_S * NS_PER_S)


@dataclass(slots=True)
class _Stay:
    since_ns: int
    unseen_ns: int = 0             # of the time since then
    out_ns: int | None = None      # first measured outside, with nothing inside since
    begun: Hit | None = None
    passed_over: bool = False


class StayRule:
    """`zone` None is the whole picture, which nobody leaves: one event per track."""

    def __init__(self, settings: RuleSettings, zone: Sequence[Point] | None, teller: HitReporter) -> None:
        self._settings, self._zone, self._teller = settings, zone, teller
        dwells = settings.kind is RuleKind.DWELL
        self._wanted_ns = round(settings.dwell_s * NS_PER_S) if dwells else 0
        self._keeps_trying = dwells
        self._stays: dict[int, _Stay] = {}

    def step(self, scene: EngineStep, applies: bool) -> list[Hit]:
        hits = []
        for track in scene.gone:
            stay = self._stays.pop(track.track_id, None)
            if stay is not None and stay.begun is not None:
                hits.append(end(stay.begun, scene.mono_ns, Ending.LEFT, track))
        if not applies:
            self._stays = {track_id: stay for track_id, stay in self._stays.items() if stay.begun is not None}
        for stay in self._stays.values():
            stay.unseen_ns += scene.unseen_ns
        for sight in scene.sights:
            if sight.track.matched:
                hits += self._look(sight, scene.mono_ns, applies)
        return hits

    def lose_view(self, last: LastView) -> list[Hit]:
        hits = [last.end(stay.begun, last.tracks.get(track_id))
                for track_id, stay in self._stays.items() if stay.begun is not None]
        self._stays.clear()
        return hits

    def _look(self, sight: Sight, now_ns: int, applies: bool) -> list[Hit]:
        track_id = sight.track.track_id
        stay = self._stays.get(track_id)
        if stay is None:
            if not (applies and suits(self._settings, sight) and self._entered(sight)):
                return []
            stay = self._stays[track_id] = _Stay(now_ns)
        elif self._over(stay, sight, now_ns):
            del self._stays[track_id]
            return [] if stay.begun is None else [end(stay.begun, now_ns, Ending.ENDED, sight.track)]
        return self._begin(stay, sight, now_ns)

    def _begin(self, stay: _Stay, sight: Sight, now_ns: int) -> list[Hit]:
        due = stay.out_ns is None and now_ns - stay.since_ns - stay.unseen_ns >= self._wanted_ns
        if stay.begun is not None or stay.passed_over or not due:
            return []
        if self._teller.keeps_back(sight.track):
            return []
        if not self._teller.may_begin(now_ns):
            stay.passed_over = not self._keeps_trying
            return []
        stay.begun = self._teller.begin(sight.track, stay.since_ns, now_ns)
        return [stay.begun]

    def _over(self, stay: _Stay, sight: Sight, now_ns: int) -> bool:
        if self._still_in(sight) and (stay.begun is not None or suits(self._settings, sight)):
            stay.out_ns = None
            return False
        if stay.out_ns is None:
            stay.out_ns = now_ns
        return now_ns - stay.out_ns >= _OUT_NS

    def _entered(self, sight: Sight) -> bool:
        return self._zone is None or contains(self._zone, sight.foot)

    def _still_in(self, sight: Sight) -> bool:
        return self._zone is None or contains_nearly(self._zone, sight.foot, sight.slack_ratio)
