"""A street that a camera looks at: a still thing, people who stand or walk, and what the rules tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Rect, Track, Tracks
from edge.config.camera_model import RuleKind, RuleSettings
from edge.contract.lessons import Lesson
from edge.watch.hit import HitPhase
from edge.watch.learning.kept_back import KeptBack
from edge.watch.learning.still_things import StillThings
from edge.watch.rules.engine import RuleEngine

WIDTH, HEIGHT = 640, 360
FRAME_S = 0.2
PLACE = Rect(300, 100, 350, 220)        # where the still thing stands
AT = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
GROUND = np.random.default_rng(3).integers(60, 90, (HEIGHT, WIDTH), np.uint8)


def clothes(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """How one person, or thing, looks: coarse patches, 120 x 50."""
    patches = np.random.default_rng(seed).integers(20, 230, (12, 5), np.uint8)
    return np.kron(patches, np.ones((10, 10), np.uint8))


def lesson(rect: Rect = PLACE, *, camera: str = "gate", rule: str = "enter", label: str = "person",
           hours: str | None = None, days: int = 7, number: int = 1) -> Lesson:
    return Lesson.model_validate({
        "id": f"0198c0de-0000-7000-8000-{number:012}", "event_id": f"0198c0de-0000-7000-8000-{number:012}",
        "camera": camera, "rule": rule, "class": label, "hours": hours, "issuer": "Trực ban",
        "rect": (rect.x0 / WIDTH, rect.y0 / HEIGHT, rect.x1 / WIDTH, rect.y1 / HEIGHT),
        "until": AT + timedelta(days=days)})


def enter(**changes: object) -> RuleSettings:
    """Somebody or something enters the picture."""
    return RuleSettings(kind=RuleKind.ENTER, classes=("person", "car", "motorcycle")).model_copy(
        update=changes)


class Street:
    """One camera with its rules. Each `see` is a picture in which `rect` was measured as track `track_id`."""

    def __init__(self, rules: dict[str, RuleSettings] | None = None,
                 things: StillThings | None = None) -> None:
        self._rules = rules or {"enter": enter()}
        self.kept = KeptBack("gate", self._rules, things)
        self._engine = RuleEngine(self._rules, {}, {}, keeps_back=self.kept.keeps_back)
        self._now_ns = NS_PER_S
        self.local: datetime | None = AT
        self._tracks: dict[int, Track] = {}
        self._brightness = 1.0

    def dim(self, brightness: float) -> None:
        """Another light from now on."""
        self._brightness = brightness

    def see(self, track_id: int, rect: Rect, seed: int = 1, label: str = "person") -> list[str]:
        """The rules that begin an event, as "rule track"."""
        before = self._tracks.get(track_id)
        foot = (self._now_ns, *rect.foot)
        path = (foot,) if before is None else (*before.path, foot)
        first_ns = self._now_ns if before is None else before.first_ns
        self._tracks[track_id] = Track(track_id, label, 0.8, rect, first_ns, self._now_ns, matched=True,
                                       path=path)
        return self._step(self._picture(rect, seed), track_id)

    def stand(self, track_id: int, seconds: float, rect: Rect = PLACE, seed: int = 1,
              label: str = "person") -> list[str]:
        return [told for _ in range(round(seconds / FRAME_S))
                for told in self.see(track_id, rect, seed, label)]

    def walk(self, track_id: int, start: Rect, dx_px: float, steps: int, seed: int = 2) -> list[str]:
        return [told for step in range(steps)
                for told in self.see(track_id, Rect(start.x0 + dx_px * step, start.y0,
                                                    start.x1 + dx_px * step, start.y1), seed)]

    def lose(self, track_id: int) -> None:
        """The tracker gives it up."""
        gone = self._tracks.pop(track_id)
        self._engine.step(Tracks((), (gone,)), (WIDTH, HEIGHT), self._now_ns, self.local)

    def _step(self, picture: ArrayFrame, track_id: int) -> list[str]:
        live = (self._tracks[track_id],)
        self.kept.look(picture, live, self.local)
        hits = self._engine.step(Tracks(live, ()), (WIDTH, HEIGHT), self._now_ns, self.local)
        self.kept.note(hits)
        self._now_ns += round(FRAME_S * NS_PER_S)
        if self.local is not None:
            self.local += timedelta(seconds=FRAME_S)
        return [f"{hit.rule} {hit.track.track_id}" for hit in hits if hit.phase is HitPhase.BEGIN]

    def _picture(self, rect: Rect, seed: int) -> ArrayFrame:
        luma = GROUND.copy()
        x0, y0 = max(0, round(rect.x0)), max(0, round(rect.y0))
        part = luma[y0:y0 + 120, x0:x0 + 50]
        part[:] = clothes(seed)[:part.shape[0], :part.shape[1]]
        luma = np.clip(luma * self._brightness, 0, 255).astype(np.uint8)
        return ArrayFrame(np.dstack([luma] * 3), mono_ns=self._now_ns)
