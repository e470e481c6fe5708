"""`edgebox-ward command` and `edgebox-ward key`: what a person or a script at the station says to boxes."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import sys
from pathlib import Path

from edge.base.errors import FatalError
from edge.base.words import LANGUAGES, Words
from edge.contract.command import CommandName
from edge.contract.lessons import MAX_DAYS
from edge.contract.signing import kid_of, load_public
from ward.command.keys import make_key, open_key, passphrase_for, public_path
from ward.command.order import Order, Teaching, check_issuer
from ward.command.send import TIMEOUT_S, BoxAnswered, Log, NoLog, NotSentError, Sender, Target
from ward.export import moment
from ward.options import add_broker_options, add_key_options, add_passphrase_option, broker_settings
from ward.store.desk import Desk
from ward.store.intake import is_event_id, ms_of, named
from ward.store.reader import Reader, event_of

_REFUSED = os.EX_NOPERM
_UNITS_S = {"s": 1.0, "m": 60.0}


def add_command(parser: argparse.ArgumentParser) -> None:
    parser.description = ("Sign a command, send it, and say what the box answers. Exit code: 0 it obeys, 77 "
                          "it refuses, 69 no answer or offline, 68 no such box, 64 wrong usage.")
    parser.set_defaults(command=_command)
    add = parser.add_argument
    add("box", metavar="BOX", type=_target, help="GROUP/BOX, or BOX where its name tells which")
    add("name", metavar="WHAT", choices=[name.value for name in CommandName],
        help="siren, light, silence, arm, disarm, selftest or notthat")
    add("--for", dest="duration_s", type=_duration, metavar="30s",
        help="siren and light: how long (default, and at most: as the box is configured)")
    add("--with-siren", action="store_true", help="selftest: sound the sirens as well")
    add("--event", metavar="ID", help="notthat: the event, in --data, whose object is not to be told again")
    add("--hours", metavar="18:00-23:00", help="notthat: only then, local time of the box (default: all day)")
    add("--days", type=int, default=MAX_DAYS, metavar="N", help="notthat: for so long (default: %(default)s)")
    add("--undo", metavar="ID", help="notthat: the lesson that shall hold no more, as the box lists it")
    add("--issuer", type=_issuer, metavar="NAME", help="who orders it, as the box records it (default: the "
                                                       "name of your account)")
    add("--timeout", type=_timeout, default=TIMEOUT_S, metavar="30s",
        help="wait so long for everything (default: 10s)")
    add("--data", type=Path, metavar="DIR", help="folder of the store, which then logs the command")
    add("--json", action="store_true", help="for programs: one object on standard output")
    add("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="of the answers (default: %(default)s)")
    add_broker_options(parser)
    add_key_options(parser, required=True, help="the key that signs it: see `edgebox-ward key new`")


def add_key(parser: argparse.ArgumentParser) -> None:
    parser.description = "Keys that sign commands. The private one stays here; boxes get FILE.pub."
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key: FILE, encrypted with a passphrase, and FILE.pub")
    new.add_argument("file", metavar="FILE", type=Path)
    add_passphrase_option(new)
    new.set_defaults(command=_new_key)
    show = actions.add_parser("show", help="print the id of a public key, as boxes tell it in their birth")
    show.add_argument("file", metavar="FILE.pub", type=Path)
    show.set_defaults(command=_show_key)


def _new_key(args: argparse.Namespace) -> int:
    kid = make_key(args.file, passphrase_for(args.file, args.passphrase_file, new=True))
    print(f"kid {kid}\nmade {args.file}: keep it here, and a copy of it and its passphrase in two places\n"
          f"made {public_path(args.file)}: give it to boxes, in their config: [commands] keys = [...]")
    return os.EX_OK


def _show_key(args: argparse.Namespace) -> int:
    print(kid_of(load_public(args.file)))
    return os.EX_OK


def _command(args: argparse.Namespace) -> int:
    try:
        order = Order(CommandName(args.name), args.duration_s, args.with_siren, _teaching(args), args.undo)
    except ValueError as exc:
        raise FatalError(str(exc), os.EX_USAGE) from exc
    settings = broker_settings(args)
    key = open_key(args.command_key, passphrase_for(args.command_key, args.passphrase_file))
    log: Log = Desk(args.data) if args.data else NoLog()
    sender, words = Sender(settings, args.ward, key, log), Words(args.lang, "ward.page.ward")

    def progress(key: str, **values: object) -> None:
        print(f"edgebox-ward: {words(f'progress-{key}', **values)}", file=sys.stderr, flush=True)

    try:
        answered = sender.send(args.box, order, args.issuer or _issuer(getpass.getuser()), args.timeout,
                               progress)
    except NotSentError as exc:
        text = failure_in_words(exc, words)
        if not args.json:
            raise FatalError(text, exc.exit_code) from exc
        print(json.dumps({"accepted": None, "box": str(args.box), "name": args.name, "reason": exc.reason,
                          "text": text}))
        return exc.exit_code
    print(json.dumps(_as_json(answered, order, words)) if args.json else in_words(answered, order, words))
    return os.EX_OK if answered.result.data.accepted else _REFUSED


def _teaching(args: argparse.Namespace) -> Teaching | None:
    """Of the event that is named. Raises ValueError."""
    if args.event is None:
        return None
    if args.data is None:
        raise ValueError("--event needs --data: the folder of the store that has the event")
    found = Reader(args.data).event(args.event) if is_event_id(args.event) else None
    if found is None:
        raise ValueError(f"{args.data}: no event {args.event[:60]!r}")
    return Teaching.of(event_of(found[1][-1]), args.hours, args.days)


def in_words(answered: BoxAnswered, order: Order, words: Words) -> str:
    """What the box answered, and what to do about it."""
    data, box = answered.result.data, named(answered.box, answered.title)
    after = words("reply-after", ms=f"{answered.took_s * 1000:.0f}")
    if answered.again:
        after += words("reply-again", reason=answered.again)
    if data.accepted:
        after += words("reply-alarm", alarm=data.alarm_id) if data.alarm_id else ""
        return words("reply-obeys", box=box, done=words(f"done-{order.name}"), after=after)
    reason = data.reason or "-"
    return words("reply-refuses", box=box, reason=reason, what=words.value("answer", reason),
                 after=after)


def failure_in_words(exc: NotSentError, words: Words) -> str:
    """Why nothing came of it. What the error says besides, in English, helps a technician."""
    return str(exc) if words.language == "en" else f"{words.value('failure', exc.reason)} ({exc})"


def _as_json(answered: BoxAnswered, order: Order, words: Words) -> dict[str, object]:
    data = answered.result.data
    return {"accepted": data.accepted, "box": answered.box, "box_title": answered.title,
            "name": order.name.value, "cmd_id": data.cmd_id, "reason": data.reason,
            "alarm_id": data.alarm_id, "text": in_words(answered, order, words),
            "answered_in_s": round(answered.took_s, 4), "signed_again": answered.again or None,
            "box_time": moment(ms_of(data.at)), "box_clock_synchronised": data.clock_synchronised}


def _target(text: str) -> Target:
    try:
        return Target.of(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{exc}; got {text!r}") from exc


def _issuer(text: str) -> str:
    try:
        return check_issuer(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{exc}; got {text!r}") from exc


def _duration(text: str) -> float:
    """Seconds of "30s", "2m", "1m30s"."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([sm])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 20:
        raise argparse.ArgumentTypeError(f"want a time such as 30s, 2m or 1m30s, got {text!r}")
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)


def _timeout(text: str) -> float:
    seconds = _duration(text)
    if not 1 <= seconds <= 300:
        raise argparse.ArgumentTypeError(f"want 1s to 5m, got {text!r}")
    return seconds
