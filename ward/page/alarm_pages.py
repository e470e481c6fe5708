"""The pages of alarms, and the same for programs. Reading only."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.contract.messages import AlarmPhase
from ward.export import alarm_json, alarm_record_json
from ward.page.alarm_show import alarm_place, fresh_json, steps_of, view_of
from ward.page.query import cursor_of, number_of
from ward.page.render import Renderer
from ward.store.intake import is_event_id
from ward.store.reader import Reader
from ward.store.rows import AlarmRow

PAGE_SIZE = 40
_API_LIMIT = 500


class AlarmPages:
    """Any thread."""

    def __init__(self, reader: Reader, renderer: Renderer) -> None:
        self._reader, self._renderer = reader, renderer

    def list(self, request: Request) -> Response:
        show = self._renderer.show(request)
        cursor = cursor_of(request.query_params.get("before", ""))
        rows = self._reader.alarms.alarms(PAGE_SIZE + 1, cursor)
        more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
        return self._renderer.html(
            request, show, "alarms.html", views=[view_of(self._reader, row, show.now_ms) for row in rows],
            is_first=cursor is None, older=f"?before={alarm_place(rows[-1])}" if more else "")

    def alarm(self, request: Request) -> Response:
        show, alarm_id = self._renderer.show(request), request.path_params["alarm_id"]
        found = self._reader.alarms.alarm(alarm_id) if is_event_id(alarm_id) else None
        if found is None:
            raise HTTPException(404)
        row, records = found
        return self._renderer.html(
            request, show, "alarm.html", view=view_of(self._reader, row, show.now_ms), row=row,
            steps=steps_of(records), closing=AlarmPhase.REFUSED,
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

    def api_alarm(self, request: Request) -> Response:
        alarm_id = request.path_params["alarm_id"]
        found = self._reader.alarms.alarm(alarm_id) if is_event_id(alarm_id) else None
        if found is None:
            return JSONResponse({"error": f"no alarm {alarm_id[:60]!r}"}, 404)
        row, records = found
        view = view_of(self._reader, row, self._renderer.show(request).now_ms)
        return JSONResponse(alarm_json(row) | fresh_json(view) | {
            "records": [alarm_record_json(record) for record in records]})
