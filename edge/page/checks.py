"""The page on which keepers see whether the box is well, and have it tested. A box has no other log-in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from edge.base.values import NS_PER_S
from edge.base.words import Text, Words
from edge.config.model import InputKind, OutputKind
from edge.ipc.health import Stage
from edge.ipc.messages import Done
from edge.ipc.page_guard import Acted, BundlePart, Look, Part, Seen, StartBundle, StartTest, TryOutputs
from edge.ipc.panel import Refusal
from edge.ipc.shown import Shown
from edge.page import output_trial as trying
from edge.page import scene as scenes
from edge.page.feed import Feed
from edge.page.guard_link import GuardLink
from edge.page.request_context import RequestContext, done, refused
from edge.page.router import Need, Router
from edge.page.stream import Stream

_BACK = "/check"
_PARTS = ("tested", "now", "outputs", "inputs", "bundle")


class Checking:
    """Handlers of one box, and the page's word for its stream. Any thread."""

    def __init__(self, front: Router, guard: GuardLink, feed: Feed, outputs: Mapping[str, OutputKind],
                 inputs: Mapping[str, InputKind]) -> None:
        self._front, self._guard, self._feed = front, guard, feed
        self._outputs, self._inputs = outputs, inputs

    def routes(self) -> list[Route]:
        route, stream = self._front.route, Stream(self._front, self._guard, self._feed, self, Need.KEEPER)
        return [route("/check", self.page, Need.KEEPER),
                route("/check/test", self.start_test, Need.KEEPER, "POST"),
                route("/check/outputs", self.try_outputs, Need.KEEPER, "POST"),
                route("/check/bundle", self.start_bundle, Need.KEEPER, "POST"),
                route("/check/bundle.tar.gz", self.bundle, Need.KEEPER),
                Route("/check/stream", self._front.open_to(stream.open, Need.KEEPER))]

    def page(self, visit: RequestContext) -> Response:
        shown = self._guard.ask(Look(credential=visit.credential), Seen).shown
        return self._front.html(visit, "check.html", build=self._front.assets.build,
                                **self._on_page(shown, visit.words))

    def start_test(self, visit: RequestContext) -> Response:
        self._guard.ask(StartTest(credential=visit.credential), Done)
        return self._front.reply(visit, done("check-asked", _BACK))

    def start_bundle(self, visit: RequestContext) -> Response:
        self._guard.ask(StartBundle(credential=visit.credential), Done)
        return self._front.reply(visit, done("check-asked", _BACK))

    def bundle(self, visit: RequestContext) -> Response:
        """The support bundle as it was made, in the pieces in which guard hands it out."""
        first = self._guard.ask(BundlePart(credential=visit.credential), Part)
        if not first.size:
            return self._front.reply(visit, refused("bundle-none", 404, _BACK))
        made = datetime.fromtimestamp(first.made_ns / NS_PER_S, UTC)
        name = f"edgebox-support-{made:%Y%m%dT%H%M%SZ}.tar.gz"
        return StreamingResponse(self._parts(visit.credential, first), media_type="application/gzip",
                                 headers={"Content-Disposition": f'attachment; filename="{name}"',
                                          "Content-Length": str(first.size)})

    def _parts(self, credential: str, part: Part) -> Iterator[bytes]:
        """Ends early, and with it the connection, where the bundle is made anew meanwhile."""
        offset = 0
        while part.data:
            yield part.data
            offset += len(part.data)
            if offset >= part.size:
                return
            asked = BundlePart(credential=credential, offset=offset, made_ns=part.made_ns)
            part = self._guard.ask(asked, Part)

    def try_outputs(self, visit: RequestContext) -> Response:
        """Lights alone; with the sirens only for whoever says that the neighbours know."""
        with_siren = visit.form.get("siren") == "yes"
        if with_siren and visit.form.get("warned") != "yes":
            return self._front.reply(visit, refused("try-warn-first", 422, _BACK))
        answer = self._guard.ask(TryOutputs(credential=visit.credential, with_siren=with_siren), Acted)
        if not answer.accepted:
            stopping = answer.refusal is Refusal.STOPPING
            return self._front.reply(visit, refused("try-away" if stopping else "try-busy",
                                                    503 if stopping else 409, _BACK))
        return self._front.reply(visit, done("try-begun", _BACK))

    def news(self, shown: Shown, words: Words, *, is_away: bool = False) -> dict[str, object]:
        """What is on the page, part by part; and its state in a word, to be read out."""
        on_page = self._on_page(shown, words)
        stage = scenes.AWAY.headline if is_away else on_page["stage"]
        return {
            "announce": words.say(stage) if stage else "",
            "parts": {part: self._front.render_part(f"check_{part}.html", words, **on_page)
                      for part in _PARTS}}

    def beat(self, _: Shown, *, is_away: bool = False) -> dict[str, object]:
        return {"build": self._front.assets.build, "now_s": time.monotonic()}

    def _on_page(self, shown: Shown, words: Words) -> dict[str, Any]:
        now_ns, view, health = time.monotonic_ns(), shown.view, shown.around.health
        return {"health": health, "stage": _stage("test", health.test.stage),
                "bundling": _stage("bundle", health.support.stage),
                "rows": scenes.rows_of(view, {}, shown.around),
                "outputs": trying.outputs_of(view, self._outputs, shown.driven_ns, now_ns),
                "inputs": trying.inputs_of(view, self._inputs, now_ns)}


def _stage(what: str, stage: Stage) -> Text | None:
    """The line about a job's stage; None where there is nothing to be said of it."""
    return None if stage is Stage.IDLE else Text(f"{what}-{stage}")
