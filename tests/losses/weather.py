"""When the way from a box to the ward's bell was whole: what a call's delay is measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

GRACE_S = 5.0           # a call is at the ward within so many seconds of a whole way


@dataclass(slots=True)
class Ways:
    """Of each box the spans in which its way was whole, in seconds of one clock; one writer."""

    _spans: dict[str, list[list[float]]] = field(default_factory=dict)
    _last_s: dict[str, float] = field(default_factory=dict)

    def note(self, whole: Mapping[str, bool], now_s: float) -> None:
        """How it is now; between two notes it was as the earlier one said, unless it then broke."""
        for box, is_whole in whole.items():
            spans = self._spans.setdefault(box, [])
            was_whole = bool(spans) and spans[-1][1] == self._last_s.get(box)
            if is_whole and was_whole:
                spans[-1][1] = now_s
            elif is_whole:
                spans.append([now_s, now_s])
            self._last_s[box] = now_s

    def due_s(self, box: str, pressed_s: float) -> float | None:
        """By when a call of `pressed_s` had to be at the ward; None: its way was never whole for so long."""
        for begun_s, ended_s in self._spans.get(box, ()):
            due_s = max(begun_s, pressed_s) + GRACE_S
            if due_s <= ended_s:
                return due_s
        return None


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0
