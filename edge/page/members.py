"""Keeping the roster: members, invites, phones, the log. For leaders and technicians, but for one's own."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from edge.base.words import Words, capital
from edge.ipc.panel import Panel
from edge.members.errors import RosterError
from edge.members.rights import Deed, may
from edge.members.roster import INVITE_S, Roster
from edge.members.values import BUNDLE, TOOL, LoggedAct, Member, Role
from edge.page.refusals import refusal
from edge.page.request_context import RequestContext, done, refused
from edge.page.router import Need, Router
from edge.page.scene import is_silent_caller
from edge.page.show import qr_svg
from edge.web.addresses import host_of

LOG_PAGE = 50


class Keeping:
    """Handlers of one box. What a role may do is the roster's decision, again at each deed."""

    def __init__(self, front: Router, roster: Roster, panel: Panel, self_made: bool, address: str) -> None:
        self._front, self._roster, self._panel = front, roster, panel
        self._self_made, self._address = self_made, address

    def routes(self) -> list[Route]:
        def post(path: str, handler: Callable[[RequestContext], Response], need: Need = Need.KEEPER) -> Route:
            return self._front.route(path, handler, need, "POST")

        return [self._front.route("/members", self.members, Need.KEEPER),
                self._front.route("/members/revoke", self.ask_revoke, Need.KEEPER),
                self._front.route("/log", self.log, Need.KEEPER),
                post("/members/invite", self.invite), post("/members/withdraw", self.withdraw),
                post("/members/revoke", self.revoke), post("/members/unlock", self.unlock),
                post("/members/role", self.change_role),
                post("/members/add-phone", self.add_phone, Need.MEMBER),
                post("/phones/revoke", self.revoke_phone, Need.MEMBER)]

    def members(self, visit: RequestContext) -> Response:
        me = visit.member

        def can(deed: str, person: Member) -> bool:
            return may(me.role, Deed(deed), person.role, own=person.id == me.id)

        people = [person for person in self._roster.members() if not person.revoked]
        grantable = [role.value for role in Role if may(me.role, Deed.INVITE, role)]
        return self._front.html(visit, "members.html", people=people, invites=self._roster.invites(), can=can,
                                grantable=grantable, inviter=lambda who: _by(who, visit.words))

    def invite(self, visit: RequestContext) -> Response:
        role = visit.form.get("role", "")
        if role not in set(Role):
            return self._front.reply(visit, refused("bad-request", 400, "/members"))
        name = visit.form.get("name", "").strip()
        return self._invited(visit, Role(role), name, "", "/members")

    def add_phone(self, visit: RequestContext) -> Response:
        """For oneself, or for a member whom one keeps."""
        member_id = visit.form.get("member", "")
        back = "/me" if member_id == visit.member.id else "/members"
        found = [person for person in self._roster.members() if person.id == member_id]
        if not found or found[0].revoked:
            return self._front.reply(visit, refused("denied-unknown", 403, back))
        return self._invited(visit, found[0].role, found[0].name, member_id, back)

    def withdraw(self, visit: RequestContext) -> Response:
        return self._do(visit, lambda: self._roster.withdraw(visit.form.get("invite", ""), visit.member.id),
                        "done-withdrawn")

    def ask_revoke(self, visit: RequestContext) -> Response:
        wanted = visit.request.query_params.get("member", "")
        for person in self._roster.members():
            if person.id == wanted and not person.revoked:
                return self._front.html(visit, "revoke.html", person=person)
        return self._front.reply(visit, refused("denied-unknown", 404, "/members"))

    def revoke(self, visit: RequestContext) -> Response:
        return self._do(visit, lambda: self._roster.revoke_member(
            visit.form.get("member", ""), visit.member.id), "done-revoked")

    def revoke_phone(self, visit: RequestContext) -> Response:
        return self._do(visit, lambda: self._roster.revoke_phone(
            visit.form.get("phone", ""), visit.member.id), "done-revoked",
            "/members" if visit.is_keeper else "/me")

    def unlock(self, visit: RequestContext) -> Response:
        return self._do(visit, lambda: self._roster.unlock(visit.form.get("member", ""), visit.member.id),
                        "done-unlocked")

    def change_role(self, visit: RequestContext) -> Response:
        role = visit.form.get("role", "")
        if role not in set(Role):
            return self._front.reply(visit, refused("bad-request", 400, "/members"))
        return self._do(visit, lambda: self._roster.change_role(visit.form.get("member", ""), Role(role),
                                                                visit.member.id), "done-role")

    def log(self, visit: RequestContext) -> Response:
        text = visit.request.query_params.get("before", "")
        before = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
        acts = self._roster.log(LOG_PAGE + 1, before)
        older = acts[LOG_PAGE - 1].seq if len(acts) > LOG_PAGE else None
        hidden = self._silent_alarms(visit)
        shown = [_line(act, visit.words) for act in acts[:LOG_PAGE]
                 if act.act.what != "alarm-silent" or act.act.subject not in hidden]
        return self._front.html(visit, "log.html", acts=shown, older=older, newest=before is None)

    def _silent_alarms(self, visit: RequestContext) -> frozenset[str]:
        """Of a silent call that is open, and not the visitor's own: it stands in the log once it is over."""
        view = self._panel.view()
        if view.outward is None or is_silent_caller(view, visit.member.id):
            return frozenset()
        return view.outward.hidden

    def _invited(self, visit: RequestContext, role: Role, name: str, member_id: str, back: str) -> Response:
        try:
            invite = self._roster.invite(role, visit.member.id, name=name, member_id=member_id)
        except RosterError as exc:
            return self._front.reply(visit, refusal(exc, back))
        link = f"{self._origin(visit)}/join#{invite.token}"
        return self._front.html(visit, "invite.html", name=name, role=role.value, link=link, qr=qr_svg(link),
                                left_s=INVITE_S, self_made=self._self_made, back=back)

    def _origin(self, visit: RequestContext) -> str:
        """As the inviter's own phone reaches the box; from the box itself, as others do."""
        header = visit.request.headers["host"]
        if host_of(header) in ("localhost", "127.0.0.1", "::1"):
            return self._address.rstrip("/")
        return f"https://{header}"

    def _do(self, visit: RequestContext, deed: Callable[[], None], key: str,
            back: str = "/members") -> Response:
        try:
            deed()
        except RosterError as exc:
            return self._front.reply(visit, refusal(exc, back))
        return self._front.reply(visit, done(key, back))


def _by(who: str, words: Words) -> str:
    """Who did it, where it was no member: `who` as the roster has it."""
    if who == BUNDLE:
        return words("by-bundle")
    return words("by-tool") if who.split(":")[0] == TOOL else who


def _line(logged: LoggedAct, words: Words) -> dict[str, object]:
    act, at = logged.act, logged.at
    detail = ", ".join(str(act.detail[name]) for name in ("name", "from", "to", "label", "phone", "refusal")
                       if act.detail.get(name))
    by = logged.name or _by(act.who, words)
    return {"at": at.utc.isoformat(), "time": f"{at.utc.astimezone():%d/%m %H:%M:%S}",
            "what": capital(words.value("act", act.what)), "name": by, "detail": detail,
            "unsure": not at.clock_synchronised}
