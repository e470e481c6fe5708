"""The page on which keepers see whether the box is well, and have it tested. A box has no other log-in."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from edge.base.errors import RetryableError
from edge.base.words import Text, Words
from edge.config.model import InputKind, OutputKind
from edge.contract.messages import AlarmCause
from edge.ipc.health import Chores, Stage
from edge.ipc.panel import Actor, Panel, Refusal, SelfTest, View
from edge.members.roster import Roster
from edge.members.values import Act
from edge.page import output_trial as trying
from edge.page import scene as scenes
from edge.page.feed import Feed
from edge.page.request_context import Reply, RequestContext, done, refused
from edge.page.router import Need, Router
from edge.page.stream import Stream
from edge.web.limits import Pace

log = logging.getLogger("page")

_BACK = "/check"
_PARTS = ("tested", "now", "outputs", "inputs", "bundle")
_CHUNK_BYTES = 64 * 1024
_ANSWER_S = 3.0
_LIGHTS_EVERY_S, _SIREN_EVERY_S = 5.0, 60.0     # the neighbours have ears


class Checking:
    """Handlers of one box, and the page's word for its stream. Any thread."""

    def __init__(self, front: Router, panel: Panel, roster: Roster, feed: Feed, chores: Chores,
                 outputs: Mapping[str, OutputKind], inputs: Mapping[str, InputKind]) -> None:
        self._front, self._panel, self._roster, self._feed = front, panel, roster, feed
        self._chores, self._outputs, self._inputs = chores, outputs, inputs
        self._taken: tuple[str, int] | None = None      # the bundle that was handed out last, and to whom
        self._lights, self._sirens = Pace(_LIGHTS_EVERY_S), Pace(_SIREN_EVERY_S)

    def routes(self) -> list[Route]:
        route, stream = self._front.route, Stream(self._front, self._feed, self, Need.KEEPER)
        return [route("/check", self.page, Need.KEEPER),
                route("/check/test", self.start_test, Need.KEEPER, "POST"),
                route("/check/outputs", self.try_outputs, Need.KEEPER, "POST"),
                route("/check/bundle", self.start_bundle, Need.KEEPER, "POST"),
                route("/check/bundle.tar.gz", self.bundle, Need.KEEPER),
                Route("/check/stream", self._front.open_to(stream.open, Need.KEEPER))]

    def page(self, visit: RequestContext) -> Response:
        view = scenes.visible(self._panel.view(), visit.member.id)
        return self._front.html(visit, "check.html", build=self._front.assets.build,
                                **self._shown(view, visit.words))

    def start_test(self, visit: RequestContext) -> Response:
        return self._start(visit, self._chores.start_test, "self-test")

    def start_bundle(self, visit: RequestContext) -> Response:
        return self._start(visit, self._chores.start_bundle, "bundle-made")

    def bundle(self, visit: RequestContext) -> Response:
        """As it was made; in pieces, since guard's memory is locked."""
        file = self._chores.open_bundle()
        if file is None:
            return self._front.reply(visit, refused("bundle-none", 404, _BACK))
        told = os.fstat(file.fileno())
        if (taken := (visit.member.id, told.st_mtime_ns)) != self._taken:       # phones ask twice for a file
            self._taken = taken
            self._note(visit, "bundle-taken")
        name = f"edgebox-support-{datetime.fromtimestamp(told.st_mtime, UTC):%Y%m%dT%H%M%SZ}.tar.gz"
        return StreamingResponse(iter(partial(file.read, _CHUNK_BYTES), b""), media_type="application/gzip",
                                 headers={"Content-Disposition": f'attachment; filename="{name}"',
                                          "Content-Length": str(told.st_size)},
                                 background=BackgroundTask(file.close))

    def try_outputs(self, visit: RequestContext) -> Response:
        """Lights alone; with the sirens only for whoever says that the neighbours know."""
        with_siren = visit.form.get("siren") == "yes"
        if with_siren and visit.form.get("warned") != "yes":
            return self._front.reply(visit, refused("try-warn-first", 422, _BACK))
        wait_s = (self._sirens if with_siren else self._lights).take(time.monotonic())
        if wait_s:
            return self._too_soon(visit, wait_s)
        actor = Actor(AlarmCause.MEMBER, visit.member.name, visit.member.id)
        answer = self._panel.request(SelfTest(actor, with_siren), _ANSWER_S)
        if not answer.accepted:
            stopping = answer.refusal is Refusal.STOPPING
            return self._front.reply(visit, refused("try-away" if stopping else "try-busy",
                                                    503 if stopping else 409, _BACK))
        self._note(visit, "siren-tried" if with_siren else "lights-tried")
        return self._front.reply(visit, done("try-begun", _BACK))

    def news(self, view: View, words: Words, member_id: str) -> dict[str, object]:
        """What is on the page, part by part; and its state in a word, to be read out."""
        shown = self._shown(scenes.visible(view, member_id), words)
        return {
            "announce": words.say(shown["stage"]) if shown["stage"] else "",
            "parts": {part: self._front.render_part(f"check_{part}.html", words, **shown) for part in _PARTS}}

    def beat(self, _: str) -> dict[str, object]:
        return {"build": self._front.assets.build, "now_s": time.monotonic()}

    def _shown(self, view: View, words: Words) -> dict[str, Any]:
        around, now_ns = self._feed.around, time.monotonic_ns()
        health = around.health
        return {"health": health, "stage": _stage("test", health.test.stage),
                "bundling": _stage("bundle", health.support.stage),
                "rows": scenes.rows_of(view, {}, around),
                "outputs": trying.outputs_of(view, self._outputs, self._feed.driven_ns, now_ns),
                "inputs": trying.inputs_of(view, self._inputs, now_ns)}

    def _start(self, visit: RequestContext, start: Callable[[], float], what: str) -> Response:
        wait_s = start()
        if wait_s:
            return self._too_soon(visit, wait_s)
        self._note(visit, what)
        return self._front.reply(visit, done("check-asked", _BACK))

    def _too_soon(self, visit: RequestContext, wait_s: float) -> Response:
        return self._front.reply(visit, Reply(False, Text("check-too-soon"), 429, wait_s, back=_BACK))

    def _note(self, visit: RequestContext, what: str, **detail: str) -> None:
        """The deed is done, whether or not the card has room for its line."""
        try:
            self._roster.note(Act(what, visit.member.id, detail=detail))
        except RetryableError as exc:
            log.warning("act not logged: what=%s error=\"%s\"", what, exc)


def _stage(what: str, stage: Stage) -> Text | None:
    """Where there is something to be said of it."""
    return None if stage is Stage.IDLE else Text(f"{what}-{stage}")
