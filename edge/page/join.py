"""Coming in and going out: the sign-in page, invites, and a member's own page."""

from __future__ import annotations

import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.base.words import Text
from edge.ipc.messages import Done
from edge.ipc.page_guard import ChangeCode, Found, LetIn, LookUp, Redeem, SignOut
from edge.members.errors import InviteError, RosterError
from edge.members.tokens import token_in
from edge.members.values import OpenInvite
from edge.page.guard_link import GuardLink
from edge.page.refusals import refusal
from edge.page.request_context import CREDENTIAL, Reply, RequestContext, done, refused
from edge.page.router import Need, Router, drop_cookie, set_cookie
from edge.page.show import CODE_MAX, CODE_MIN
from edge.page.visitor_browser import is_in_app
from edge.web.limits import Allowance


class Joining:
    """Handlers of one box."""

    def __init__(self, front: Router, guard: GuardLink, has_authority: bool) -> None:
        self._front, self._guard, self._has_authority = front, guard, has_authority
        # A token cannot be guessed; this is against whoever keeps the box busy with trying.
        self._allowance = Allowance(burst=12, per_minute=6, burst_all=40, per_minute_all=30)

    def routes(self) -> list[Route]:
        route = self._front.route
        return [route("/sign-in", self.sign_in, Need.NOBODY), route("/join", self.ask, Need.NOBODY),
                Route("/join", self.join, methods=["POST"]), route("/me", self.me),
                route("/me/code", self.change_code, method="POST"),
                route("/sign-out", self.sign_out, method="POST")]

    def sign_in(self, visit: RequestContext) -> Response:
        if visit.session is not None:
            return RedirectResponse("/", 303)
        return self._front.html(visit, "sign_in.html")

    def ask(self, visit: RequestContext) -> Response:
        return self._form(visit, None)

    async def join(self, request: Request) -> Response:
        """The allowance is taken in the event loop, before any thread or hash is spent on a stranger."""
        address = request.client.host if request.client else ""
        if not self._allowance.take(address, time.monotonic_ns()):
            return await self._front.answer(request, self._too_many, Need.NOBODY)
        return await self._front.answer(request, self._join, Need.NOBODY)

    def me(self, visit: RequestContext) -> Response:
        assert visit.session is not None
        phones = [phone for phone in visit.member.phones if not phone.revoked]
        return self._front.html(visit, "me.html", phones=phones, this_phone=visit.session.phone.id,
                                has_authority=self._has_authority)

    def change_code(self, visit: RequestContext) -> Response:
        fault = _code_fault(visit.form)
        if fault is not None:
            return self._front.reply(visit, fault)
        self._guard.ask(ChangeCode(credential=visit.credential, old=visit.form.get("old", ""),
                                   new=visit.form["code"]), Done)
        return self._front.reply(visit, done("done-code", "/me"))

    def sign_out(self, visit: RequestContext) -> Response:
        """The credential dies with it, wherever a copy of it is."""
        self._guard.ask(SignOut(credential=visit.credential), Done)
        answer = RedirectResponse("/sign-in", 303)
        drop_cookie(answer, CREDENTIAL)
        return answer

    def _join(self, visit: RequestContext) -> Response:
        form = visit.form
        token = token_in(form.get("token", ""))
        try:
            invite = self._guard.ask(LookUp(token=token), Found).invite
        except InviteError as exc:
            return self._form(visit, None, refusal(exc))
        if "code" not in form:
            return self._form(visit, invite)
        fault = None if invite.member_id else _code_fault(form)
        if fault is not None:
            return self._form(visit, invite, fault)
        try:
            let_in = self._guard.ask(Redeem(token=token, name=form.get("name", ""), code=form["code"],
                                            label=form.get("label", "")), LetIn)
        except RosterError as exc:
            return self._form(visit, invite, refusal(exc))
        answer = RedirectResponse("/", 303)
        set_cookie(answer, CREDENTIAL, let_in.credential)
        return answer

    def _too_many(self, visit: RequestContext) -> Response:
        return self._form(visit, None, Reply(False, Text("too-many"), 429))

    def _form(self, visit: RequestContext, invite: OpenInvite | None, fault: Reply | None = None) -> Response:
        given = {name: visit.form.get(name, "") for name in ("name", "label")}
        given["token"] = token_in(visit.form.get("token", ""))
        text = "" if fault is None else visit.words.say(fault.text)
        return self._front.html(visit, "join.html", 200 if fault is None else fault.status, invite=invite,
                                given=given, fault=text,
                                in_app=is_in_app(visit.request.headers.get("user-agent", "")))


def _code_fault(form: Mapping[str, str]) -> Reply | None:
    """Why a new code is refused, as far as the keypad goes; the roster looks at the rest."""
    code = form.get("code", "")
    if code != form.get("again"):
        return refused("code-differs", 422)
    if not (code.isascii() and code.isdecimal()):
        return refused("code-not-digits", 422)
    if len(code) < CODE_MIN:
        return refused("code-too-short", 422, min=CODE_MIN)
    if len(code) > CODE_MAX:
        return refused("code-too-long", 422, max=CODE_MAX)
    return None
