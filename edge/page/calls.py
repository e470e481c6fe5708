"""The page with the button: calling for help, ending an alarm, the camera alarm, and what all see of it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from edge.base.words import Text, Words
from edge.config.model import OutputKind
from edge.contract.messages import AlarmMode
from edge.ipc.page_guard import Acted, ArmBox, CancelAlarm, DisarmBox, Look, RaiseAlarm, Seen
from edge.ipc.panel import Refusal
from edge.ipc.shown import Shown
from edge.page import scene as scenes
from edge.page.guard_link import GuardLink
from edge.page.request_context import CREDENTIAL, Reply, RequestContext, done, refused
from edge.page.router import Router, set_cookie
from edge.page.show import clock_at

_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{16,64}")
_MODES: Mapping[str, Any] = {"siren": AlarmMode.SIREN, "silent": AlarmMode.SILENT}


class Calling:
    """Handlers of one box. Any thread."""

    def __init__(self, front: Router, guard: GuardLink, kinds: Mapping[str, OutputKind],
                 camera_alarm: bool) -> None:
        """`camera_alarm`: any camera's rule may raise an alarm; else nobody is told that one would."""
        self._front, self._guard, self._kinds, self._camera_alarm = front, guard, kinds, camera_alarm

    def routes(self) -> list[Route]:
        route = self._front.route
        return [route("/", self.main),
                route("/raise", self.confirm),
                route("/raise", self.raise_by_form, method="POST", urgent=True),
                route("/api/raise", self.raise_by_script, method="POST", urgent=True),
                route("/cancel", self.cancel, method="POST"), route("/arm", self.arm, method="POST"),
                route("/disarm", self.disarm, method="POST"), route("/api/alive", self.alive)]

    def main(self, visit: RequestContext) -> Response:
        shown = self._guard.ask(Look(credential=visit.credential), Seen).shown
        answer = self._front.html(visit, "main.html", build=self._front.assets.build,
                                  first=self.beat(shown), **self._on_page(shown, visit.words))
        set_cookie(answer, CREDENTIAL, visit.credential)      # its life begins anew
        return answer

    def alive(self, visit: RequestContext) -> Response:
        return self._front.reply(visit, done("done-raised"))

    def confirm(self, visit: RequestContext) -> Response:
        """Two steps, for who cannot hold a button, and where scripts do not run."""
        mode = visit.request.query_params.get("mode", "siren")
        if mode not in _MODES:
            return self._front.reply(visit, refused("bad-request", 400))
        return self._front.html(visit, "raise.html", mode=mode, request_id=secrets.token_hex(16))

    def raise_by_form(self, visit: RequestContext) -> Response:
        return self._raise(visit, with_state=False)

    def raise_by_script(self, visit: RequestContext) -> Response:
        """Always JSON. The same `request_id` of one phone is one alarm, however often it is sent."""
        return self._raise(visit, with_state=True)

    def cancel(self, visit: RequestContext) -> Response:
        """End the alarm with the member's code; somebody else's silent call does not exist here."""
        asked = CancelAlarm(credential=visit.credential, code=visit.form.get("code", ""))
        return self._front.reply(visit, _reply(self._guard.ask(asked, Acted), "done-cancelled"))

    def arm(self, visit: RequestContext) -> Response:
        asked = ArmBox(credential=visit.credential)
        return self._front.reply(visit, _reply(self._guard.ask(asked, Acted), "done-armed"))

    def disarm(self, visit: RequestContext) -> Response:
        """Disarm the box with the member's code."""
        asked = DisarmBox(credential=visit.credential, code=visit.form.get("code", ""))
        return self._front.reply(visit, _reply(self._guard.ask(asked, Acted), "done-disarmed"))

    def news(self, shown: Shown, words: Words, *, is_away: bool = False) -> dict[str, object]:
        """All that the page shows of it in one language; `is_away`: guard gives no answer since."""
        on_page = self._on_page(shown, words, is_away)
        scene: scenes.Scene = on_page["scene"]
        render = self._front.render_part
        return self.beat(shown, is_away=is_away) | {
            "tone": scene.tone, "armed": shown.view.armed, "can_cancel": scene.can_cancel,
            "announce": _announced(scene, words),
            "scene": render("scene.html", words, **on_page), "guard": render("guard.html", words, **on_page),
            "rows": render("rows.html", words, **on_page)}

    def beat(self, shown: Shown, *, is_away: bool = False) -> dict[str, object]:
        """The clocks alone, as they stand now."""
        scene = self._scene(shown, is_away)
        return {"run": "away" if is_away else shown.run, "version": shown.number,
                "build": self._front.assets.build, "left_s": scene.left_s, "since_s": scene.since_s}

    def _scene(self, shown: Shown, is_away: bool) -> scenes.Scene:
        if is_away:
            return scenes.AWAY
        now_ns = time.monotonic_ns()
        view = shown.view_at(now_ns)
        if not self._camera_alarm:
            view = replace(view, arming_in_s=None)      # it comes on for nothing
        return scenes.scene_of(view, self._kinds, shown.around, now_ns)

    def _on_page(self, shown: Shown, words: Words, is_away: bool = False) -> dict[str, Any]:
        past = shown.past
        return {"scene": self._scene(shown, is_away), "armed": shown.view.armed, "past": past,
                "camera_alarm": self._camera_alarm, "is_away": is_away,
                "rows": () if is_away else scenes.rows_of(shown.view, self._kinds, shown.around),
                "past_by": None if past is None else scenes.raiser(past.actor),
                "past_at": "" if past is None else clock_at(words, past.since_utc)}

    def _raise(self, visit: RequestContext, with_state: bool) -> Response:
        mode, request_id = _MODES.get(visit.form.get("mode", "")), visit.form.get("request_id", "")
        if mode is None or not _REQUEST_ID.fullmatch(request_id):
            return self._front.reply(visit, refused("bad-request", 400))
        asked = RaiseAlarm(credential=visit.credential, mode=mode, request_id=request_id)
        answer = self._guard.ask(asked, Acted)
        reply = _reply(answer, "done-raised")
        if with_state and answer.shown is not None:
            reply = Reply(True, reply.text, more={"state": self.news(answer.shown, visit.words)})
        return self._front.reply(visit, reply)


def _announced(scene: scenes.Scene, words: Words) -> str:
    """What a screen reader reads out; that the ward has a call is worth a word of its own."""
    said = words.say(scene.headline)
    if scene.tone is scenes.Tone.ALARM and scene.stage is scenes.CallReach.WARD:
        return f"{said}. {words('stage-ward')}"
    return said


def _reply(answer: Acted, key: str) -> Reply:
    if answer.accepted:
        return done(key)
    assert answer.refusal is not None
    stopping = answer.refusal is Refusal.STOPPING
    return Reply(False, Text(f"refused-{answer.refusal}"), 503 if stopping else 409,
                 wait_s=1.0 if stopping else 0.0, call=True)
