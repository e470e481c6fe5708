"""The rules of one camera: tracks and time go in, hits come out. Pure but for its own memory."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime

from edge.base.values import NS_PER_S, Track, Tracks
from edge.config.camera_model import LEAST_HEIGHT_RATIO, RuleKind, RuleSettings
from edge.config.fields import Line, Polygon
from edge.config.schedule import applies
from edge.watch.hit import Hit
from edge.watch.rules.cross import CrossRule
from edge.watch.rules.crowd import CrowdRule
from edge.watch.rules.scene import EngineStep, HitReporter, KeepsBack, LastView, Rule, Sight, foot_in_ratios
from edge.watch.rules.stay import StayRule

# A tracker tells the end of each track. Should one vanish untold, this bounds what it leaves here.
FORGOTTEN_S = 600.0
_FORGOTTEN_NS = round(FORGOTTEN_S * NS_PER_S)


class RuleEngine:
    """Decide for one camera. Not thread-safe: one thread owns it.

    Promises, whatever the tracks do: each BEGIN gets exactly one END, when the view is lost at the
    latest; a rule has at most one event open per track (a crowd: one at all); a BEGIN names a track
    that was measured in that very picture; nothing is kept of a track that ended.
    """

    def __init__(self, rules: Mapping[str, RuleSettings], zones: Mapping[str, Polygon],
                 lines: Mapping[str, Line], least_heights: Mapping[str, float] | None = None,
                 keeps_back: KeepsBack | None = None) -> None:
        """Zones and lines are in ratios of the picture.

        `least_heights` is what the model is good for: by label, the least height in ratios of the picture's,
        for rules that set none of their own; LEAST_HEIGHT_RATIO for labels that are not in it. `keeps_back`
        is asked before anything but a crowd begins.

        Raises:
            KeyError: a rule names a zone or line that is not there, which the config does not let pass.
        """
        ids = itertools.count(1)
        self._rules = [(settings, _make(settings, zones, lines,
                                        HitReporter(name, settings, lambda: next(ids), keeps_back)))
                       for name, settings in rules.items()]
        self._least_heights = least_heights or {}
        self._last_ns = self._resumed_ns = 0
        self._known: dict[int, tuple[Track, int]] = {}     # as last seen live, and when

    def step(self, tracks: Tracks, size_px: tuple[int, int], mono_ns: int,
             local: datetime | None, unseen_ns: int = 0) -> list[Hit]:
        """Decide on what the tracker knows after one frame.

        Args:
            tracks: in pixels of a picture of `size_px`; a track in both `live` and `ended` has ended. With
                `view_lost` all that is open ends, as of when it was last seen, and nothing begins.
            size_px: (width, height); may change between calls.
            mono_ns: of the frame, CLOCK_MONOTONIC, never falling. All durations are taken from it.
            local: local wall time for the schedules; None when the clock cannot be trusted, which
                opens every schedule.
            unseen_ns: of the time since the last step, what counts for no dwell, crossing or crowd, since
                there was no picture for so long.

        Returns:
            For each rule in the order of the config, its hits; an END before a BEGIN that follows it.
        """
        if tracks.view_lost:
            return self._lose_view()
        self._last_ns = mono_ns
        if unseen_ns:
            self._resumed_ns = mono_ns
        gone = self._gone(tracks, mono_ns)
        sights = tuple(self._sight(track, size_px) for track in tracks.live if track.track_id in self._known)
        scene = EngineStep(mono_ns, size_px, sights, gone, unseen_ns, self._resumed_ns)
        return [hit for settings, rule in self._rules
                for hit in rule.step(scene, applies(settings.schedule, local))]

    def _lose_view(self) -> list[Hit]:
        """END all that is open. Cool-downs and hit ids go on."""
        last = LastView(self._last_ns, {track_id: track for track_id, (track, _) in self._known.items()})
        self._known.clear()
        return [hit for _, rule in self._rules for hit in rule.lose_view(last)]

    def _sight(self, track: Track, size_px: tuple[int, int]) -> Sight:
        return Sight(track, foot_in_ratios(*track.rect.foot, size_px), track.rect.height / size_px[1],
                     self._least_heights.get(track.label, LEAST_HEIGHT_RATIO))

    def _gone(self, tracks: Tracks, mono_ns: int) -> tuple[Track, ...]:
        """Keep account of who is there; return who is no longer."""
        self._known.update((track.track_id, (track, mono_ns)) for track in tracks.live)
        gone = [track for track in tracks.ended if self._known.pop(track.track_id, None) is not None]
        for track, seen_ns in list(self._known.values()):
            if mono_ns - seen_ns >= _FORGOTTEN_NS:
                del self._known[track.track_id]
                gone.append(track)
        return tuple(gone)


def _make(settings: RuleSettings, zones: Mapping[str, Polygon], lines: Mapping[str, Line],
          teller: HitReporter) -> Rule:
    if settings.line is not None:
        return CrossRule(settings, lines[settings.line], teller)
    zone = None if settings.zone is None else zones[settings.zone]
    if settings.kind is RuleKind.CROWD:
        return CrowdRule(settings, zone, teller)
    return StayRule(settings, zone, teller)
