"""How things stand, in the few facts that a desk must see: receiver, boxes, today's events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ward.page.show import Show
from ward.store.reader import Reader
from ward.store.rows import BEAT_S, BoxRow, EventFilter, Link

_SILENT_MS = 4 * BEAT_S * 1000
_LOSS_WORDS = ("lost", "loss", "dropped", "evicted")


@dataclass(frozen=True, slots=True)
class Status:
    link: str                  # connected, retrying, stopped, silent, never
    link_since_ms: int
    online: int
    total: int
    today: dict[str, int]      # events per severity


@dataclass(frozen=True, slots=True)
class BoxView:
    row: BoxRow
    firmware: str
    missing: int
    losses: dict[str, int]     # what the box itself counts as lost, above zero
    counters: dict[str, int]
    gauges: dict[str, float]


def status_of(reader: Reader, show: Show) -> Status:
    link, states = reader.link(), reader.box_states()
    start_ms, end_ms = show.today_bounds()
    state, since_ms = _link_state(link, show.now_ms)
    return Status(state, since_ms, sum(box == "online" for box in states.values()), len(states),
                  reader.severities(EventFilter(from_ms=start_ms, until_ms=end_ms)))


def _link_state(link: Link | None, now_ms: int) -> tuple[str, int]:
    """A receiver that no longer says so is not connected, whatever it said last."""
    if link is None:
        return "never", now_ms
    if link.state != "stopped" and now_ms - link.beat_ms > _SILENT_MS:
        return "silent", link.beat_ms
    return link.state, link.since_ms


def box_views(rows: list[BoxRow]) -> list[BoxView]:
    """Those that are offline first: that is what one opens the page for."""
    return sorted((_view(row) for row in rows), key=lambda view: (view.row.state == "online", view.row.box))


def _view(row: BoxRow) -> BoxView:
    metrics: dict[str, Any] = json.loads(row.metrics or "{}")
    birth: dict[str, Any] = json.loads(row.birth or "{}")
    counters: dict[str, int] = metrics.get("counters", {})
    losses = {name: count for name, count in counters.items()
              if count and any(word in name for word in _LOSS_WORDS)}
    return BoxView(row, str(birth.get("firmware", "")), sum(gap.size for gap in row.gaps), losses,
                   counters, metrics.get("gauges", {}))
