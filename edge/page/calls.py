"""The page with the button: calling for help, ending an alarm, the guard, and what everybody sees of it."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from edge.base.errors import RetryableError
from edge.base.words import Text, Words
from edge.config.model import OutputKind
from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Panel, Raise, Refusal, Request, View
from edge.members.roster import Roster
from edge.members.values import Act, CodeResult
from edge.page import scene as scenes
from edge.page.feed import Feed
from edge.page.request_context import CREDENTIAL, Reply, RequestContext, done, refused
from edge.page.router import Router, set_cookie
from edge.page.show import clock_at

log = logging.getLogger("page")

ANSWER_S = 3.0                 # a phone asks again after a while; the panel knows the request by its id
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{16,64}")
_MODES = {"siren": AlarmMode.SIREN, "silent": AlarmMode.SILENT}
_MAX_TOLD = 500


class Calling:
    """Handlers of one box. Any thread."""

    def __init__(self, front: Router, panel: Panel, roster: Roster, feed: Feed,
                 kinds: Mapping[str, OutputKind]) -> None:
        self._front, self._panel, self._roster, self._feed = front, panel, roster, feed
        self._kinds = kinds
        self._told: OrderedDict[str, None] = OrderedDict()     # requests that stand in the log
        self._told_lock = Lock()

    def routes(self) -> list[Route]:
        route = self._front.route
        return [route("/", self.main),
                route("/raise", self.confirm),
                route("/raise", self.raise_by_form, method="POST", urgent=True),
                route("/api/raise", self.raise_by_script, method="POST", urgent=True),
                route("/cancel", self.cancel, method="POST"), route("/arm", self.arm, method="POST"),
                route("/disarm", self.disarm, method="POST"), route("/api/alive", self.alive)]

    def main(self, visit: RequestContext) -> Response:
        news = self.news(self._panel.view(), visit.words, visit.member.id)
        view = scenes.visible(self._panel.view(), visit.member.id)
        answer = self._front.html(visit, "main.html", build=self._front.assets.build,
                                  first={key: news[key] for key in ("run", "version", "left_s", "since_s")},
                                  **self._shown(view, visit.words))
        set_cookie(answer, CREDENTIAL, visit.request.cookies[CREDENTIAL])      # its life begins anew
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
        """By the member's code; somebody else's silent call does not exist here."""
        alarm = scenes.visible(self._panel.view(), visit.member.id).alarm
        if alarm is None:
            return self._front.reply(visit, refused("refused-nothing"))
        return self._by_code(visit, Cancel(_actor(visit)), "alarm-cancelled", "done-cancelled")

    def arm(self, visit: RequestContext) -> Response:
        """By any member: it takes nothing from anybody, and the log names who did it."""
        return self._ask(visit, Arm(_actor(visit), True), "armed", "done-armed")

    def disarm(self, visit: RequestContext) -> Response:
        """By the member's code: a stolen phone opens no door."""
        return self._by_code(visit, Arm(_actor(visit), False), "disarmed", "done-disarmed")

    def news(self, view: View, words: Words, member_id: str) -> dict[str, object]:
        """All that the page shows of a view, for one member in one language."""
        view = scenes.visible(view, member_id)
        shown = self._shown(view, words)
        scene: scenes.Scene = shown["scene"]
        render = self._front.render_part
        return {
            "run": self._feed.run_id, "version": view.version, "build": self._front.assets.build,
            "tone": scene.tone, "armed": view.armed, "can_cancel": scene.can_cancel,
            "left_s": scene.left_s, "since_s": scene.since_s, "announce": words.say(scene.headline),
            "scene": render("scene.html", words, **shown), "guard": render("guard.html", words, **shown),
            "rows": render("rows.html", words, **shown)}

    def beat(self, member_id: str) -> dict[str, object]:
        """The clocks alone, as they stand now."""
        view = scenes.visible(self._panel.view(), member_id)
        scene = scenes.scene_of(view, self._kinds, self._feed.around, time.monotonic_ns())
        return {"run": self._feed.run_id, "version": view.version, "build": self._front.assets.build,
                "left_s": scene.left_s, "since_s": scene.since_s}

    def _shown(self, view: View, words: Words) -> dict[str, Any]:
        around, past = self._feed.around, self._feed.past
        return {"scene": scenes.scene_of(view, self._kinds, around, time.monotonic_ns()),
                "rows": scenes.rows_of(view, self._kinds, around), "armed": view.armed, "past": past,
                "past_by": None if past is None else scenes.raiser(past.actor),
                "past_at": "" if past is None else clock_at(words, past.since_utc)}

    def _raise(self, visit: RequestContext, with_state: bool) -> Response:
        mode, request_id = _MODES.get(visit.form.get("mode", "")), visit.form.get("request_id", "")
        if mode is None or not _REQUEST_ID.fullmatch(request_id) or visit.session is None:
            return self._front.reply(visit, refused("bad-request", 400))
        whole_id = f"{visit.session.phone.id}/{request_id}"
        answer = self._panel.request(Raise(_actor(visit), mode, request_id=whole_id), ANSWER_S)
        reply = _reply(answer, "done-raised")
        if with_state and answer.accepted:
            view = self._panel.view()
            reply = Reply(True, reply.text, more={"state": self.news(view, visit.words, visit.member.id)})
        response = self._front.reply(visit, reply)
        if answer.refusal is not Refusal.STOPPING and self._is_first(whole_id):
            what = "alarm-refused" if not answer.accepted else \
                "alarm-silent" if mode is AlarmMode.SILENT else "alarm-raised"
            act = Act(what, visit.member.id, answer.alarm_id, _detail(visit, answer))
            response.background = BackgroundTask(self._note, act)      # a slow card delays no answer
        return response

    def _by_code(self, visit: RequestContext, request: Request, what: str, key: str) -> Response:
        checked = self._roster.check_code(visit.member.id, visit.form.get("code", ""))
        if checked.ok:
            return self._ask(visit, request, what, key)
        return self._front.reply(visit, wrong_code(checked.result, checked.tries_left, checked.wait_s))

    def _ask(self, visit: RequestContext, request: Request, what: str, key: str) -> Response:
        answer = self._panel.request(request, ANSWER_S)
        if answer.accepted:
            self._note(Act(what, visit.member.id, answer.alarm_id, _detail(visit, answer)))
        return self._front.reply(visit, _reply(answer, key))

    def _note(self, act: Act) -> None:
        """The ward has it from the journal; the group's own log may miss it when its disk is full."""
        try:
            self._roster.note(act)
        except RetryableError as exc:
            log.warning("act not logged: what=%s error=\"%s\"", act.what, exc)

    def _is_first(self, whole_id: str) -> bool:
        with self._told_lock:
            if whole_id in self._told:
                return False
            self._told[whole_id] = None
            while len(self._told) > _MAX_TOLD:
                self._told.popitem(last=False)
            return True


def wrong_code(result: CodeResult, tries_left: int, wait_s: float | None) -> Reply:
    """What a member is told of a code that was not right."""
    if wait_s is None:
        return refused("code-locked-for-good", 423)
    if result is CodeResult.LOCKED:
        return Reply(False, Text("code-locked"), 429, wait_s=wait_s)
    return Reply(False, Text("code-wrong", {"left": tries_left}), 403, wait_s=wait_s)


def _actor(visit: RequestContext) -> Actor:
    return Actor(AlarmCause.MEMBER, visit.member.name, visit.member.id)


def _detail(visit: RequestContext, answer: Answer) -> dict[str, str]:
    phone = {} if visit.session is None else {"phone": visit.session.phone.label or visit.session.phone.id}
    return phone if answer.refusal is None else phone | {"refusal": answer.refusal.value}


def _reply(answer: Answer, key: str) -> Reply:
    if answer.accepted:
        return done(key)
    assert answer.refusal is not None
    stopping = answer.refusal is Refusal.STOPPING
    return Reply(False, Text(f"refused-{answer.refusal}"), 503 if stopping else 409,
                 wait_s=1.0 if stopping else 0.0, call=True)
