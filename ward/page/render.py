"""What every page is made with: the language of who asks, the templates, and what stands on each page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding
from edge.base.words import LANGUAGES, Words
from edge.contract.messages import Role
from edge.web.templates import environment
from ward.command.order import check_issuer
from ward.page.alarm_show import AlarmWords
from ward.page.calls import OpenCalls, calls_of
from ward.page.pictures import picture_address
from ward.page.query import place_of
from ward.page.show import Show
from ward.page.station import UNREADABLE, StationWatch
from ward.page.status import DeskStatus, status_of
from ward.station_health import StationWords
from ward.store.intake import named
from ward.store.reader import Reader

_SCRIPT = "text/javascript; charset=utf-8"
STATIC = {"page.css": "text/css; charset=utf-8", "page.js": _SCRIPT, "stream.js": _SCRIPT,
          "sound.js": _SCRIPT, "ticker.js": _SCRIPT, "icon.svg": "image/svg+xml"}
CATALOGUE = "ward.page.ward"
_COOKIE_S = 365 * 86_400
_PARTS = "status", "calls", "station"


@dataclass(frozen=True, slots=True)
class StandingParts:
    """What the parts of every page are made of; None is what cannot be read."""

    status: DeskStatus | None
    calls: OpenCalls | None
    ward: str | None
    station: tuple[Finding, ...]

    def values(self, request: Request) -> dict[str, object]:
        """For the templates of the page that `request` asks for."""
        return {"status": self.status, "calls": self.calls, "ward": self.ward, "station": self.station,
                "officer": officer_of(request)}


class Renderer:
    """Stateless but for the reader and the compiled templates; any thread.

    Args:
        commanding: the page may command boxes.
    """

    def __init__(self, reader: Reader, station: StationWatch, zone: tzinfo, open_to_all: bool,
                 commanding: bool) -> None:
        self._reader, self._station, self._zone = reader, station, zone
        self._open_to_all, self._commanding = open_to_all, commanding
        self._templates = environment("ward.page", CATALOGUE)
        folder = files("ward.page.static")
        self.static = {name: (folder / name).read_bytes() for name in STATIC}
        self._build = hashlib.sha256(b"".join(self.static.values())).hexdigest()[:8]

    def show(self, request: Request) -> Show:
        asked = request.query_params.get("lang") or request.cookies.get("lang") or LANGUAGES[0]
        return Show(Words(asked, CATALOGUE), self._zone, datetime.now(UTC))

    def html(self, request: Request, show: Show, template: str, status_code: int = 200,
             **values: object) -> Response:
        page = self.render(
            template, show, **self._standing(show).values(request), build=self._build, path=request.url.path,
            open_to_all=self._open_to_all, commanding=self._commanding,
            lang_address="?" + urlencode({**request.query_params, "lang": show.words.other}), **values)
        answer = HTMLResponse(page, status_code)
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie("lang", show.words.language, max_age=_COOKIE_S, samesite="strict",
                              httponly=True)
        return answer

    def down(self, request: Request) -> Response:
        """The page of a station whose store cannot be read; it says so, and comes back by itself. Calls for
        help have a file of their own, and stand there all the same.
        """
        show = self.show(request)
        values: dict[str, object] = {
            "status": None, "calls": self._calls_alone(show) or OpenCalls([], 0), "ward": None,
            "officer": officer_of(request), "station": self._station.findings(show.now_ms)}
        page = self.render("down.html", show, **values, build=self._build, path=request.url.path,
                           open_to_all=self._open_to_all, commanding=False, lang_address="?")
        return HTMLResponse(page, 503, {"Retry-After": "5"})

    def standing(self) -> StandingParts:
        """What stands on every page now, whoever asks."""
        show = Show(Words(LANGUAGES[0], CATALOGUE), self._zone, datetime.now(UTC))
        try:
            return self._standing(show)
        except UNREADABLE:
            return StandingParts(None, self._calls_alone(show), None, self._station.findings(show.now_ms))

    def beat(self, request: Request, standing: StandingParts) -> dict[str, str]:
        """The parts of every page that follow the time and all that comes in; where the store cannot be read,
        that alone, and the calls for help.
        """
        show, values = self.show(request), standing.values(request)
        return {name: self.render(f"{name}.html", show, **values) for name in _PARTS
                if values[name] is not None}

    def _calls_alone(self, show: Show) -> OpenCalls | None:
        """Those that stand in their own file; None where that cannot be read either."""
        try:
            return calls_of(self._reader.calls_alone, show.now_ms)
        except UNREADABLE:
            return None

    def _standing(self, show: Show) -> StandingParts:
        away = frozenset(self._reader.losses.retired())
        return StandingParts(
            status_of(self._reader, show), calls_of(self._reader, show.now_ms, away), self._reader.ward(),
            self._station.findings(show.now_ms))

    def render(self, template: str, show: Show, **values: object) -> str:
        return self._templates.get_template(template).render(
            show=show, w=show.words, f=FindingWords(show.words.language),
            sw=StationWords(show.words.language),
            place_of=place_of, named=named, aw=AlarmWords(show), Role=Role,
            picture_address=picture_address, **values)


def officer_of(request: Request) -> str:
    """Who sits there, as they said; "" where they have not. It is no sign-in."""
    try:
        return check_issuer(unquote(request.cookies.get("officer", "")))
    except ValueError:
        return ""


def remember_officer(answer: Response, officer: str) -> None:
    answer.set_cookie("officer", quote(officer), max_age=_COOKIE_S, samesite="strict", httponly=True)
