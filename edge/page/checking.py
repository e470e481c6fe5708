"""The page on which keepers see whether the box is well, and have it tested. A box has no other log-in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from edge.errors import RetryableError
from edge.members.roster import Roster
from edge.members.values import Act
from edge.page import scene as scenes
from edge.page.feed import Feed
from edge.page.front import Front, Need
from edge.page.health import Chores, Stage
from edge.page.language import Text, Words
from edge.page.stream import Stream
from edge.page.visit import Reply, Visit, done
from edge.panel import Panel, View

log = logging.getLogger("page")

_BACK = "/check"
_PARTS = ("tested", "now")


class Checking:
    """Handlers of one box, and the page's word for its stream. Any thread."""

    def __init__(self, front: Front, panel: Panel, roster: Roster, feed: Feed, chores: Chores) -> None:
        self._front, self._panel, self._roster, self._feed = front, panel, roster, feed
        self._chores = chores

    def routes(self) -> list[Route]:
        route, stream = self._front.route, Stream(self._front, self._feed, self, Need.KEEPER)
        return [route("/check", self.page, Need.KEEPER),
                route("/check/test", self.start_test, Need.KEEPER, "POST"),
                Route("/check/stream", self._front.open_to(stream.open, Need.KEEPER))]

    def page(self, visit: Visit) -> Response:
        view = scenes.visible(self._panel.view(), visit.member.id)
        return self._front.html(visit, "check.html", build=self._front.assets.build,
                                **self._shown(view, visit.words))

    def start_test(self, visit: Visit) -> Response:
        return self._start(visit, self._chores.start_test, "self-test")

    def news(self, view: View, words: Words, member_id: str) -> dict[str, object]:
        """What is on the page, part by part; and its state in a word, to be read out."""
        shown = self._shown(scenes.visible(view, member_id), words)
        return self.beat(member_id) | {
            "announce": words.say(shown["stage"]) if shown["stage"] else "",
            "parts": {part: self._front.render_part(f"check_{part}.html", words, **shown) for part in _PARTS}}

    def beat(self, _: str) -> dict[str, object]:
        return {"run": self._feed.run_id, "build": self._front.assets.build}

    def _shown(self, view: View, words: Words) -> dict[str, Any]:
        around = self._feed.around
        health = around.health
        return {"health": health, "stage": _stage(health.test.stage), "language": words.language,
                "about": health.test.about.get(words.language, ""),
                "rows": scenes.rows_of(view, {}, around)}

    def _start(self, visit: Visit, start: Callable[[], float], what: str) -> Response:
        wait_s = start()
        if wait_s:
            return self._front.reply(visit, Reply(False, Text("check-too-soon"), 429, wait_s, back=_BACK))
        self._note(visit, what)
        return self._front.reply(visit, done("check-asked", _BACK))

    def _note(self, visit: Visit, what: str, **detail: str) -> None:
        """The deed is done, whether or not the card has room for its line."""
        try:
            self._roster.note(Act(what, visit.member.id, detail=detail))
        except RetryableError as exc:
            log.warning("act not logged: what=%s error=\"%s\"", what, exc)


def _stage(stage: Stage) -> Text | None:
    """Of a self-test, where there is something to be said of it."""
    return None if stage is Stage.IDLE else Text(f"test-{stage}")
