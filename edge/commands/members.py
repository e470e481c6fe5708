"""`edgebox members`: the group's roster from the command line of the box, for technicians.

Whoever may run it may do everything, making the first leader among it; what is done stands in the log under
"tool:USER". Guard is asked where it runs, and the page follows at once; else the roster is opened here.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import segno

from edge.base.errors import FatalError
from edge.base.redact import json_text
from edge.base.words import LANGUAGES, Words, duration
from edge.commands.roster_access import RosterAccess, opened
from edge.config.load import load
from edge.config.model import EdgeSettings
from edge.members.address import join_address, page_address
from edge.members.values import (
    INVITE_MAX_S,
    INVITE_S,
    TOOL,
    Invite,
    LoggedAct,
    Member,
    MemberRole,
    OpenInvite,
)

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_UNITS_S = {"m": 60, "h": 3600, "d": 86400}
_PNG_SCALE = 8


def add_parser(subparsers: Subparsers) -> None:
    """Add `members` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser("members", help="invite, list and revoke the members of the group",
                                   description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    common.add_argument("--lang", choices=LANGUAGES, default="vi", help="of what is printed; %(default)s")
    common.add_argument("--json", action="store_true", help="print JSON")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, text: str, does: object) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".",
                                  parents=[common])
        made.set_defaults(run=_run, does=does)
        return made

    action("list", "who belongs to the group, with which phones, and which invites are open", _list)
    _invite_options(action("invite", "let somebody in: a QR code that works once and expires", _invite))
    action("revoke", "shut out a member with all phones, one phone, or withdraw an invite", _revoke) \
        .add_argument("id", metavar="ID", help="as `list` tells it: m-..., p-... or i-...")
    action("unlock", "let a member try codes again after too many wrong ones", _unlock) \
        .add_argument("id", metavar="ID", help="of the member: m-...")
    action("log", "who did what and when, the newest last", _log) \
        .add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; %(default)s")
    action("verify", "whether the log is as it was written; 1 where it is not", _verify)


def _invite_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", type=MemberRole, choices=[*MemberRole], default=MemberRole.MEMBER,
                        help="%(default)s")
    parser.add_argument("--name", default="", metavar="NAME",
                        help="as neighbours call them; without, they say it themselves")
    parser.add_argument("--member", default="", metavar="ID", help="instead: another phone of this member")
    parser.add_argument("--expires", type=_duration_s, default=INVITE_S, metavar="TIME",
                        help="such as 30m, 24h or 7d; 24h without")
    parser.add_argument("--png", type=Path, metavar="FILE", help="write the QR code there as well")


def _duration_s(text: str) -> float:
    """A `type` of add_argument."""
    number, unit = text[:-1], text[-1:]
    seconds = int(number) * _UNITS_S[unit] if number.isdecimal() and unit in _UNITS_S else 0
    if not 0 < seconds <= INVITE_MAX_S:
        raise argparse.ArgumentTypeError(f"want 1m to 7d, such as 24h, got {text!r}")
    return float(seconds)


def _run(args: argparse.Namespace) -> int:
    settings = load(args.config).settings
    with opened(settings, _by()) as roster:
        code: int = args.does(args, settings, roster, Words(args.lang, "edge.members.members"))
        return code


def _by() -> str:
    """Whom the log names; behind sudo, who called it."""
    try:
        return f"{TOOL}:{os.environ.get('SUDO_USER') or getpass.getuser()}"
    except (OSError, KeyError):             # a user id without a name
        return f"{TOOL}:{os.getuid()}"


def _list(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    members, invites = roster.members(), roster.invites()
    if args.json:
        _print_json({"members": [*map(_member_json, members)], "invites": [*map(_invite_json, invites)]})
        return os.EX_OK
    print(words("members") if members else words("nobody"))
    for member in members:
        print("\n".join(_member_lines(member, words)))
    if invites:
        names = {member.id: member.name for member in members}
        print(words("invites"))
        for invite in invites:
            what = words("for-phone", name=names[invite.member_id]) if invite.member_id else \
                f"{invite.name or words('anyone')}, {words(f'role-{invite.role}')}"
            print(f"  {invite.id}  {what}, {words('left', left=duration(invite.left_s, words))}, "
                  f"{words('by', by=invite.by)}")
    return os.EX_OK


def _member_lines(member: Member, words: Words) -> Iterator[str]:
    marks = [words(mark) for mark in ("revoked", "locked") if getattr(member, mark)]
    yield "  " + ", ".join([f"{member.id}  {member.name}, {words(f'role-{member.role}')}", *marks])
    for phone in member.phones:
        seen = words("never-seen") if phone.last_seen is None else words("seen", when=_local(phone.last_seen))
        state = words("revoked") if phone.revoked else seen
        yield f"      {phone.id}  {phone.label or words('no-label')}, {state}"


def _invite(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    with _new_file(args.png) if args.png else contextlib.nullcontext() as png:
        made = roster.invite(args.role, _by(), name=args.name, member_id=args.member, expires_s=args.expires)
        address = join_address(page_address(settings), made.token)
        code = segno.make(address, error="m", micro=False)
        if png is not None:
            code.save(png, kind="png", scale=_PNG_SCALE)
    if args.json:
        _print_json({"id": made.id, "role": made.role, "name": args.name, "member_id": args.member,
                     "address": address, "expires_utc": _utc(made.expires_utc), "expires_s": args.expires})
        return os.EX_OK
    print(_heading(args, made, roster, words))
    code.terminal(sys.stdout, compact=True)
    print(words("invite-how"), address, "", sep="\n")
    print(words("invite-limits", left=duration(args.expires, words), until=_local(made.expires_utc)))
    print(words("invite-back", id=made.id))
    return os.EX_OK


def _heading(args: argparse.Namespace, made: Invite, roster: RosterAccess, words: Words) -> str:
    if args.member:
        names = {member.id: member.name for member in roster.members()}
        return words("invite-phone", name=names[args.member])
    return words("invite-for", name=args.name or words("anyone"), role=words(f"role-{made.role}"))


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file at `path` that only the caller may read, since the picture lets somebody in; deleted on
    failure.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise FatalError(f"--png {path}: cannot make this file: {exc.strerror}", os.EX_CANTCREAT) from exc
    with contextlib.ExitStack() as undo:
        undo.callback(path.unlink)
        with os.fdopen(handle, "wb") as file:
            yield file
        undo.pop_all()


def _revoke(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    does = {"m": (roster.revoke_member, "member"), "p": (roster.revoke_phone, "phone"),
            "i": (roster.withdraw, "invite")}.get(args.id.split("-")[0])
    if does is None:
        raise FatalError(f"revoke {args.id}: want an id as of `edgebox members list`: m-..., p-... or i-...",
                         os.EX_USAGE)
    revoke, what = does
    revoke(args.id, _by())
    return _done(args, words, f"done-revoke-{what}")


def _unlock(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    roster.unlock(args.id, _by())
    return _done(args, words, "done-unlock")


def _done(args: argparse.Namespace, words: Words, key: str) -> int:
    if args.json:
        _print_json({"done": key.removeprefix("done-"), "id": args.id})
    else:
        print(words(key, id=args.id))
    return os.EX_OK


def _log(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    rows = roster.log(max(0, args.limit))[::-1]
    if args.json:
        _print_json([*map(_act_json, rows)])
        return os.EX_OK
    for row in rows:
        doubt = "" if row.at.clock_synchronised else f" ({words('clock-unsure')})"
        detail = " ".join(f"{key}={value}" for key, value in row.act.detail.items() if value != "")
        line = " ".join(filter(None, (words.value("act", row.act.what), row.act.subject, detail)))
        print(f"{row.seq:6} {_local(row.at.utc)}{doubt}  {row.name or row.act.who}: {line}")
    return os.EX_OK


def _verify(args: argparse.Namespace, settings: EdgeSettings, roster: RosterAccess, words: Words) -> int:
    broken, head = roster.verify_log(), roster.log_head()
    if args.json:
        _print_json({"whole": broken is None, "seq": head.seq, "sha256": head.sha256} if broken is None else
                    {"whole": False, "seq": broken.seq, "why": broken.why})
    elif broken is None:
        print(words("log-sound", seq=head.seq, sha256=head.sha256))
    else:
        print(words("log-broken", seq=broken.seq, detail=broken.why))
    return os.EX_OK if broken is None else 1


def _member_json(member: Member) -> dict[str, object]:
    return {"id": member.id, "name": member.name, "role": member.role, "revoked": member.revoked,
            "locked": member.locked, "created": _utc(member.created), "phones": [
                {"id": phone.id, "label": phone.label, "created": _utc(phone.created),
                 "last_seen": None if phone.last_seen is None else _utc(phone.last_seen),
                 "revoked": phone.revoked} for phone in member.phones]}


def _invite_json(invite: OpenInvite) -> dict[str, object]:
    return {"id": invite.id, "role": invite.role, "name": invite.name, "member_id": invite.member_id,
            "by": invite.by, "expires_utc": _utc(invite.expires_utc), "left_s": round(invite.left_s, 1)}


def _act_json(row: LoggedAct) -> dict[str, object]:
    return {"seq": row.seq, "utc": _utc(row.at.utc), "mono_ns": row.at.mono_ns, "boot_id": row.at.boot_id,
            "clock_synchronised": row.at.clock_synchronised, "what": row.act.what, "who": row.act.who,
            "name": row.name, "subject": row.act.subject, "detail": dict(row.act.detail)}


def _print_json(content: object) -> None:
    print(json_text(content))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%d/%m/%Y %H:%M")
