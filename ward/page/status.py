"""How things stand, in the few facts that a desk must see: receiver, boxes, today's events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge.contract.messages import SelfTestSummary
from ward.page.show import Show
from ward.station_health import SILENT_MS
from ward.store.intake import ms_of, plain
from ward.store.reader import Reader
from ward.store.rows import BoxRow, IncidentRow, ReceiverLink

_BOX_SILENT_MS = 4 * 60_000        # a box that is there tells its metrics once a minute
_CHECKS_MOST = 20
_INCIDENTS_COUNTED = 100
_LOSS_WORDS = ("lost", "loss", "dropped", "evicted")


@dataclass(frozen=True, slots=True)
class DeskStatus:
    link: str                  # connected, retrying, stopped, silent, never
    link_since_ms: int
    online: int
    total: int
    today: dict[str, int]      # events per severity
    incidents: int             # that nobody has put away


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """The last one, as the box told with its birth. Names: "clock", "camera/gate"."""

    at_ms: int
    verdict: str               # ok, warn, bad
    wrong: tuple[str, ...]     # the bad ones first


@dataclass(frozen=True, slots=True)
class BoxView:
    row: BoxRow
    state: str                 # online, offline, silent, unknown
    since_ms: int | None
    firmware: str
    self_test: SelfTestResult | None
    missing: int
    losses: dict[str, int]     # what the box itself counts as lost, above zero
    counters: dict[str, int]
    gauges: dict[str, float]
    incidents: tuple[IncidentRow, ...]     # of this box, that nobody has put away


def status_of(reader: Reader, show: Show) -> DeskStatus:
    link = reader.link()
    states = [presence(state, heard_ms, link, show.now_ms) for _, state, heard_ms in reader.boxes_heard()]
    start_ms, end_ms = show.today_bounds()
    state, since_ms = _link_state(link, show.now_ms)
    return DeskStatus(state, since_ms, states.count("online"), len(states),
                      reader.severities(start_ms, end_ms),
                      sum(it.put_away_ms is None for it in reader.incidents(_INCIDENTS_COUNTED)))


def _link_state(link: ReceiverLink | None, now_ms: int) -> tuple[str, int]:
    """A receiver that no longer says so is not connected, whatever it said last."""
    if link is None:
        return "never", now_ms
    if link.state != "stopped" and now_ms - link.beat_ms > SILENT_MS:
        return "silent", link.beat_ms
    return link.state, link.since_ms


def presence(state: str | None, heard_ms: int, link: ReceiverLink | None, now_ms: int) -> str:
    """Whether a box is there. One that said so and then falls silent is not, whatever it said last: a broker
    tells no last will of a box that was cut off, nor after a crash of its own.

    Silence is the box's only where the receiver was connected all that time.
    """
    if state == "online" and link is not None and link.state == "connected":
        heard_ms = max(heard_ms, link.since_ms)
        if min(now_ms, link.beat_ms) - heard_ms > _BOX_SILENT_MS:
            return "silent"
    return state or "unknown"


def box_views(rows: list[BoxRow], link: ReceiverLink | None, now_ms: int,
              incidents: Sequence[IncidentRow] = ()) -> list[BoxView]:
    """Those that are not online first: that is what one opens the page for."""
    open_ones = [it for it in incidents if it.put_away_ms is None]
    return sorted((_view(row, presence(row.state, row.heard_ms, link, now_ms),
                         tuple(it for it in open_ones if it.box == row.box)) for row in rows),
                  key=lambda view: (view.state == "online", view.row.box))


def _view(row: BoxRow, state: str, incidents: tuple[IncidentRow, ...]) -> BoxView:
    metrics: dict[str, Any] = json.loads(row.metrics or "{}")
    birth: dict[str, Any] = json.loads(row.birth or "{}")
    counters: dict[str, int] = metrics.get("counters", {})
    losses = {name: count for name, count in counters.items()
              if count and any(word in name for word in _LOSS_WORDS)}
    since_ms = row.heard_ms if state == "silent" else row.state_ms
    return BoxView(row, state, since_ms, str(birth.get("firmware", "")), _self_test(birth),
                   sum(gap.size for gap in row.gaps), losses, counters, metrics.get("gauges", {}), incidents)


def _self_test(birth: dict[str, Any]) -> SelfTestResult | None:
    """None where this box was never tested, or told it before there was such a thing."""
    if birth.get("doctor") is None:
        return None
    told = SelfTestSummary.model_validate(birth["doctor"])
    wrong = tuple(plain(name) for name in (*told.bad, *told.warn)[:_CHECKS_MOST])
    return SelfTestResult(ms_of(told.at), told.verdict, wrong)
