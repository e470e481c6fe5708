"""What every page is made with: the language of who asks, the templates, and what stands on each page."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edge.base.finding_words import FindingWords
from edge.base.words import LANGUAGES, Words
from edge.contract.messages import Role
from edge.web.templates import environment
from ward.command.order import check_issuer
from ward.page.alarm_show import AlarmWords
from ward.page.calls import calls_of
from ward.page.pictures import picture_address
from ward.page.query import place_of
from ward.page.show import Show
from ward.page.status import status_of
from ward.store.intake import named
from ward.store.reader import Reader

STATIC = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
          "icon.svg": "image/svg+xml"}
CATALOGUE = "ward.page.ward"
_COOKIE_S = 365 * 86_400


class Renderer:
    """Stateless but for the reader and the compiled templates; any thread.

    Args:
        commanding: the page may command boxes.
    """

    def __init__(self, reader: Reader, zone: tzinfo, open_to_all: bool, commanding: bool) -> None:
        self._reader, self._zone = reader, zone
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
            template, show, status=status_of(self._reader, show), calls=calls_of(self._reader, show.now_ms),
            build=self._build, path=request.url.path, open_to_all=self._open_to_all,
            commanding=self._commanding, ward=self._reader.ward(), officer=officer_of(request),
            lang_address="?" + urlencode({**request.query_params, "lang": show.words.other}), **values)
        answer = HTMLResponse(page, status_code)
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie("lang", show.words.language, max_age=_COOKIE_S, samesite="strict",
                              httponly=True)
        return answer

    def beat(self, request: Request) -> dict[str, str]:
        """The parts of every page that follow the time and all that comes in."""
        show = self.show(request)
        return {"status": self.render("status.html", show, status=status_of(self._reader, show)),
                "calls": self.render("calls.html", show, calls=calls_of(self._reader, show.now_ms),
                                     officer=officer_of(request))}

    def render(self, template: str, show: Show, **values: object) -> str:
        return self._templates.get_template(template).render(
            show=show, w=show.words, f=FindingWords(show.words.language),
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
