"""Keeping the roster: members, invites, phones, the log. For leaders and technicians, but for one's own."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from edge.base.words import Words, capital
from edge.ipc.messages import Done
from edge.ipc.page_guard import (
    Acts,
    Asked,
    ChangeRole,
    Invited,
    InviteMember,
    InvitePhone,
    ListMembers,
    People,
    ReadLog,
    RevokeMember,
    RevokePhone,
    UnlockCode,
    WithdrawInvite,
)
from edge.members.rights import Deed, may
from edge.members.values import BUNDLE, INVITE_S, TOOL, LoggedAct, Member, MemberRole
from edge.page.guard_link import GuardLink
from edge.page.request_context import RequestContext, done, refused
from edge.page.router import Need, Router
from edge.page.show import qr_svg
from edge.web.addresses import host_of

LOG_PAGE = 50


class Keeping:
    """Handlers of one box. What a role may do is guard's decision, at each deed."""

    def __init__(self, front: Router, guard: GuardLink, self_made: bool, address: str) -> None:
        self._front, self._guard = front, guard
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

        found = self._guard.ask(ListMembers(credential=visit.credential), People)
        grantable = [role.value for role in MemberRole if may(me.role, Deed.INVITE, role)]
        return self._front.html(visit, "members.html", people=found.members, invites=found.invites, can=can,
                                grantable=grantable, inviter=lambda who: _by(who, visit.words))

    def invite(self, visit: RequestContext) -> Response:
        role = visit.form.get("role", "")
        if role not in set(MemberRole):
            return self._front.reply(visit, refused("bad-request", 400, "/members"))
        name = visit.form.get("name", "").strip()
        asked = InviteMember(credential=visit.credential, role=MemberRole(role), name=name)
        return self._invited(visit, asked, "/members")

    def add_phone(self, visit: RequestContext) -> Response:
        """Make an invite for a phone of one's own, or of a member whom one keeps."""
        member_id = visit.form.get("member", "")
        return self._invited(visit, InvitePhone(credential=visit.credential, member_id=member_id),
                             "/me" if member_id == visit.member.id else "/members")

    def withdraw(self, visit: RequestContext) -> Response:
        asked = WithdrawInvite(credential=visit.credential, invite_id=visit.form.get("invite", ""))
        return self._do(visit, asked, "done-withdrawn")

    def ask_revoke(self, visit: RequestContext) -> Response:
        wanted = visit.request.query_params.get("member", "")
        for person in self._guard.ask(ListMembers(credential=visit.credential), People).members:
            if person.id == wanted:
                return self._front.html(visit, "revoke.html", person=person)
        return self._front.reply(visit, refused("denied-unknown", 404, "/members"))

    def revoke(self, visit: RequestContext) -> Response:
        asked = RevokeMember(credential=visit.credential, member_id=visit.form.get("member", ""))
        return self._do(visit, asked, "done-revoked")

    def revoke_phone(self, visit: RequestContext) -> Response:
        asked = RevokePhone(credential=visit.credential, phone_id=visit.form.get("phone", ""))
        return self._do(visit, asked, "done-revoked", "/members" if visit.is_keeper else "/me")

    def unlock(self, visit: RequestContext) -> Response:
        asked = UnlockCode(credential=visit.credential, member_id=visit.form.get("member", ""))
        return self._do(visit, asked, "done-unlocked")

    def change_role(self, visit: RequestContext) -> Response:
        role = visit.form.get("role", "")
        if role not in set(MemberRole):
            return self._front.reply(visit, refused("bad-request", 400, "/members"))
        return self._do(visit, ChangeRole(credential=visit.credential, role=MemberRole(role),
                                          member_id=visit.form.get("member", "")), "done-role")

    def log(self, visit: RequestContext) -> Response:
        text = visit.request.query_params.get("before", "")
        before = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
        found = self._guard.ask(ReadLog(credential=visit.credential, limit=LOG_PAGE, before=before), Acts)
        shown = [_line(act, visit.words) for act in found.acts]
        return self._front.html(visit, "log.html", acts=shown, older=found.older, newest=before is None)

    def _invited(self, visit: RequestContext, asked: InviteMember | InvitePhone, back: str) -> Response:
        invite = self._guard.ask(asked, Invited)
        link = f"{self._origin(visit)}/join#{invite.token}"
        return self._front.html(visit, "invite.html", name=invite.name, role=invite.role.value, link=link,
                                qr=qr_svg(link), left_s=INVITE_S, self_made=self._self_made, back=back)

    def _origin(self, visit: RequestContext) -> str:
        """The page's address as the inviter's own phone reaches it; from the box itself, as others do."""
        header = visit.request.headers["host"]
        if host_of(header) in ("localhost", "127.0.0.1", "::1"):
            return self._address.rstrip("/")
        return f"https://{header}"

    def _do(self, visit: RequestContext, asked: Asked, key: str, back: str = "/members") -> Response:
        self._guard.ask(asked, Done)
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
    if left_out := act.detail.get("left_out"):
        detail = ", ".join(filter(None, (detail, words("log-left-out", count=left_out))))
    by = logged.name or _by(act.who, words)
    return {"at": at.utc.isoformat(), "time": f"{at.utc.astimezone():%d/%m %H:%M:%S}",
            "what": capital(words.value("act", act.what)), "name": by, "detail": detail,
            "unsure": not at.clock_synchronised}
