"""What stands at the top of every page: who calls an officer now, by box, so that no box hides another."""

from __future__ import annotations

from dataclasses import dataclass

from ward.page.alarm_show import AlarmView, CutOffView, view_of
from ward.page.cut_off import cut_off_since_ms
from ward.store.alarm_reader import LONGEST_MS
from ward.store.reader import Reader
from ward.store.rows import BoxCalls, LastCallRow

PER_BOX = 3
"""So many calls of one box that are on stand there; the rest is counted."""
MAX_BOXES = 60


Urgency = tuple[int, bool, bool, int]
"""The lowest stands on top: what is on, then what may be; untaken, silent, and of equals the oldest."""
_TIERS = {"open": 0, "unknown": 1}


@dataclass(frozen=True, slots=True)
class BoxCallsView:
    """The calls of one box; at least one, or that it was cut off."""

    box: str
    box_title: str | None
    cut_off: CutOffView | None
    views: list[AlarmView]
    more: int                           # others of this box, counted
    upto_ms: int                        # when the last of them came

    @property
    def urgency(self) -> Urgency:
        keys = [urgency_of(view) for view in self.views]
        if self.cut_off is not None:
            keys.append((0, not self.cut_off.rings, True, self.cut_off.since_ms))
        return min(keys)


@dataclass(frozen=True, slots=True)
class OpenCalls:
    boxes: list[BoxCallsView]
    more_boxes: int                     # others with calls; see the list

    @property
    def count(self) -> int:
        """All that call, shown or not; of the boxes that are shown."""
        return sum(len(each.views) + each.more + (each.cut_off is not None) for each in self.boxes)


def calls_of(reader: Reader, now_ms: int, away: frozenset[str] = frozenset()) -> OpenCalls:
    """`away`: boxes that an officer has put away, which are silent by intent."""
    link = reader.link()
    cut = {row.box: (row, since_ms) for row in reader.alarms.last_calls()
           if row.box not in away and (since_ms := cut_off_since_ms(row, link, now_ms)) is not None}
    calling = {each.box: each for each in reader.alarms.calling(now_ms, now_ms - LONGEST_MS, PER_BOX)}
    views = [_box_view(reader, box, calling.get(box), cut.get(box), now_ms) for box in {*calling, *cut}]
    views.sort(key=lambda view: (view.urgency, view.box))
    return OpenCalls(views[:MAX_BOXES], max(0, len(views) - MAX_BOXES))


def _box_view(reader: Reader, box: str, calls: BoxCalls | None, cut: tuple[LastCallRow, int] | None,
              now_ms: int) -> BoxCallsView:
    views = [view_of(reader, row, now_ms) for row in calls.first] if calls else []
    shown = shown_of(views)
    cut_off = None
    if cut is not None:
        found = reader.alarms.alarm(cut[0].alarm_id)
        cut_off = CutOffView(*cut, view_of(reader, found[0], now_ms)) if found else None
    title = shown[0].row.box_title if shown else cut[0].box_title if cut else None
    return BoxCallsView(box, title, cut_off, shown, calls.count - len(shown) if calls else 0,
                        calls.last_ms if calls else 0)


def urgency_of(view: AlarmView) -> Urgency:
    return _TIERS.get(view.state, 2), not view.wants_seen, not view.is_silent, view.row.received_ms


def shown_of(views: list[AlarmView]) -> list[AlarmView]:
    """All that is on; without that the first; and of what nobody has taken one at least."""
    shown = [view for view in views if view.state == "open"] or views[:1]
    if any(view.wants_seen for view in shown):
        return shown
    return shown + [view for view in views if view.wants_seen and view not in shown][:1]
