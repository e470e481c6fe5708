"""The pages of boxes: how they are, what somebody must know of, which numbers are missing. Reading only."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ward.export import box_json, incident_json
from ward.page.query import number_of
from ward.page.render import Renderer
from ward.page.status import box_views
from ward.store.reader import Reader

GAPS_SHOWN = 100
INCIDENTS_SHOWN = 200


class BoxPages:
    """Any thread."""

    def __init__(self, reader: Reader, renderer: Renderer) -> None:
        self._reader, self._renderer = reader, renderer

    def list(self, request: Request) -> Response:
        """Boxes that an officer has put away stand apart, until they speak again."""
        show, away = self._renderer.show(request), self._reader.losses.retired()
        incidents = self._reader.incidents(INCIDENTS_SHOWN)
        views = box_views(self._reader.boxes(), self._reader.link(), show.now_ms, incidents)
        rows = [(row, since_ms) for box, since_ms in sorted(away.items()) for row in self._reader.boxes(box)]
        return self._renderer.html(
            request, show, "boxes.html", boxes=views, away=rows,
            station_incidents=[it for it in incidents if it.put_away_ms is None and it.box == ""])

    def incidents(self, request: Request) -> Response:
        show = self._renderer.show(request)
        return self._renderer.html(request, show, "incidents.html",
                                   incidents=self._reader.incidents(INCIDENTS_SHOWN))

    def gaps(self, request: Request) -> Response:
        """The numbers that are missing of one box, the newest first."""
        show = self._renderer.show(request)
        box = f"{request.path_params['group']}/{request.path_params['box']}"
        found = self._reader.boxes(box)
        if not found:
            raise HTTPException(404)
        start = number_of(request.query_params.get("from")) or 0
        every = self._reader.losses.gaps(box)
        end = start + GAPS_SHOWN
        return self._renderer.html(
            request, show, "gaps.html", row=found[0], gaps=every[start:end], count=len(every), start=start,
            tombstones=self._reader.tombstones(box, GAPS_SHOWN) if start == 0 else [],
            older=f"?from={end}" if end < len(every) else "")

    def api_boxes(self, _: Request) -> Response:
        away = [row for box in sorted(self._reader.losses.retired()) for row in self._reader.boxes(box)]
        return JSONResponse({"boxes": [box_json(row) | {"put_away": row in away}
                                       for row in (*self._reader.boxes(), *away)]})

    def api_incidents(self, _: Request) -> Response:
        """The open ones first, then the latest first."""
        return JSONResponse({"incidents": [incident_json(row)
                                           for row in self._reader.incidents(INCIDENTS_SHOWN)]})
