"""The pages of alarms, and the same for programs. Reading only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.contract.messages import AlarmPhase
from ward.export import alarm_json, alarm_record_json, moment
from ward.page.alarm_show import alarm_place, fresh_json, steps_of, view_of
from ward.page.calls import BoxCallsView, calls_of
from ward.page.query import cursor_of, is_box_name, number_of
from ward.page.render import Renderer
from ward.store.intake import is_event_id
from ward.store.reader import Reader
from ward.store.rows import AlarmRow

PAGE_SIZE = 40
PER_BOX = 5
"""So many alarms of one box stand on a page of all boxes' alarms; the others are counted."""
_LOOK_AT = 400
_API_LIMIT = 500


@dataclass(frozen=True, slots=True)
class ListPart:
    """What one page of the list shows."""

    shown: list[AlarmRow]
    more: dict[str, int]        # how many others of its box are left out behind this alarm
    looked_at: int              # of the rows
    last: AlarmRow | None       # the last that was looked at


def page_of(rows: Sequence[AlarmRow], size: int, per_box: int) -> ListPart:
    """As many of `rows` as a page takes, of no box more than `per_box`, the others of it counted. Pure."""
    shown, counts, ends = list[AlarmRow](), Counter[str](), dict[str, str]()
    looked_at = 0
    for row in rows:
        if len(shown) == size:
            break
        looked_at += 1
        counts[row.box] += 1
        if counts[row.box] <= per_box:
            shown.append(row)
            ends[row.box] = row.alarm_id
    more = {ends[box]: count - per_box for box, count in counts.items() if count > per_box}
    return ListPart(shown, more, looked_at, rows[looked_at - 1] if looked_at else None)


def calls_json(view: BoxCallsView) -> dict[str, Any]:
    """The calls of one box for programs; `cut_off` where it fell silent within a minute of a call."""
    cut = view.cut_off
    return {"box": view.box, "box_title": view.box_title,
            "alarms": [alarm_json(each.row) | fresh_json(each) for each in view.views], "more": view.more,
            "cut_off": None if cut is None else {
                "alarm_id": cut.row.alarm_id, "since": moment(cut.since_ms), "rings": cut.rings,
                "seen": None if cut.row.seen_by is None else {
                    "officer": cut.row.seen_by, "time": moment(cut.row.seen_ms)}}}


def older_address(box: str, last: AlarmRow) -> str:
    return "?" + urlencode([*([("box", box)] if box else []), ("before", alarm_place(last))], safe="/")


class AlarmPages:
    """Any thread."""

    def __init__(self, reader: Reader, renderer: Renderer) -> None:
        self._reader, self._renderer = reader, renderer

    def list(self, request: Request) -> Response:
        """The alarms, the last to come first; of each box some, the rest counted; or all of one box."""
        show, box = self._renderer.show(request), request.query_params.get("box", "")
        box = box if is_box_name(box) else ""
        cursor = cursor_of(request.query_params.get("before", ""))
        rows = self._reader.alarms.alarms(_LOOK_AT + 1, cursor, box or None)
        part = page_of(rows[:_LOOK_AT], PAGE_SIZE, PAGE_SIZE if box else PER_BOX)
        titles = self._reader.titles()
        return self._renderer.html(
            request, show, "alarms.html", is_first=cursor is None, box=box, box_title=titles.get(box),
            views=[(view_of(self._reader, row, show.now_ms), part.more.get(row.alarm_id, 0))
                   for row in part.shown],
            older=older_address(box, part.last) if part.last and part.looked_at < len(rows) else "")

    def alarm(self, request: Request) -> Response:
        show, alarm_id = self._renderer.show(request), request.path_params["alarm_id"]
        found = self._reader.alarms.alarm(alarm_id) if is_event_id(alarm_id) else None
        if found is None:
            raise HTTPException(404)
        row, records = found
        return self._renderer.html(
            request, show, "alarm.html", view=view_of(self._reader, row, show.now_ms), row=row,
            steps=steps_of(records), closing=AlarmPhase.REFUSED, clock=self._reader.alarms.clock(alarm_id),
            seen=self._reader.alarms.seen(alarm_id))

    def api_alarms(self, request: Request) -> Response:
        """The newest alarms first; with `since`, what changed after that change number, oldest first."""
        params, now_ms = request.query_params, self._renderer.show(request).now_ms
        limit = min(number_of(params.get("limit")) or 100, _API_LIMIT)
        since, last = number_of(params.get("since")), self._reader.last_change()

        def told(rows: list[AlarmRow]) -> list[dict[str, Any]]:
            return [alarm_json(row) | fresh_json(view_of(self._reader, row, now_ms)) for row in rows]

        if since is not None:
            changes = self._reader.alarms.changed(since, limit)
            return JSONResponse({"alarms": told(changes.rows), "change": changes.upto, "last": last,
                                 "older": None})
        rows = self._reader.alarms.alarms(limit, cursor_of(params.get("before", "")))
        return JSONResponse({"alarms": told(rows), "change": last, "last": last,
                             "older": alarm_place(rows[-1]) if len(rows) == limit else None})

    def api_calls(self, request: Request) -> Response:
        """What stands on top of every page, by box, the most urgent first."""
        now_ms = self._renderer.show(request).now_ms
        return JSONResponse({"boxes": [calls_json(each) for each in calls_of(self._reader, now_ms).boxes]})

    def api_alarm(self, request: Request) -> Response:
        alarm_id = request.path_params["alarm_id"]
        found = self._reader.alarms.alarm(alarm_id) if is_event_id(alarm_id) else None
        if found is None:
            return JSONResponse({"error": f"no alarm {alarm_id[:60]!r}"}, 404)
        row, records = found
        view = view_of(self._reader, row, self._renderer.show(request).now_ms)
        return JSONResponse(alarm_json(row) | fresh_json(view) | {
            "records": [alarm_record_json(record) for record in records]})
