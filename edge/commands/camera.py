"""`edgebox camera`: find cameras, see what they send, set them as a box wants them, look through one."""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge.base import log
from edge.base.errors import FatalError
from edge.base.findings import exit_code
from edge.base.redact import json_text
from edge.base.words import LANGUAGES, Words, is_yes
from edge.commands.camera_access import Visitor, cameras_of, new_password
from edge.commands.camera_confirm import add_confirm
from edge.config.source import SourceKind, kind_of
from edge.onvif.device import OnvifDevice
from edge.onvif.discovery import LISTEN_S, find_cameras
from edge.onvif.faults import OnvifError
from edge.onvif.locate import open_device
from edge.onvif.soap import OnvifLogin
from edge.upkeep.camera.half_blocks import half_blocks, size_for
from edge.upkeep.camera.job_user import become_job_user
from edge.upkeep.camera.probing import probe
from edge.upkeep.camera.screen import (
    CATALOGUE,
    findings,
    found_facts,
    found_text,
    onvif_text,
    report_facts,
    report_text,
)
from edge.upkeep.camera.setting import PlannedChange, SettingPlan, SettingWish, apply, plan
from edge.upkeep.camera.snapshot import masks_at, snapshot
from edge.upkeep.camera.wise import WISE_FPS, WISE_KEY_INTERVAL_S
from edge.watch.evidence.jpeg import encode

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SOMETHING_LEFT = 1
_JPEG_BYTES = 4_000_000
_WHICH = ("CAMERA is a camera's name in the config, an address (192.168.1.64, 192.168.1.64:8899), "
             "http://... of its ONVIF service, or rtsp://... of a stream.")


def add_parser(subparsers: Subparsers) -> None:
    """Add `camera` to the commands of `edgebox`; each of its own sets `run(args) -> exit code`."""
    parser = subparsers.add_parser(
        "camera", help="find cameras, see what they send, set them, look through one, confirm its view",
        description="A technician's work at cameras on the network. As root on a box it is done by a user of "
                    "its own, who reaches the local network alone; nothing is stored.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_find(actions)
    _add_probe(actions)
    _add_set(actions)
    _add_snapshot(actions)
    add_confirm(actions)


def _add_find(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "find", help="which cameras are on this network",
        description="Asks all on the networks of this machine by WS-Discovery, which cameras with ONVIF "
                    "answer. Needs no password and connects to nothing. Exits 1 when none answers.")
    parser.add_argument("hosts", nargs="*", metavar="HOST", help="ask these alone, also behind a router")
    parser.add_argument("--seconds", type=_seconds, default=LISTEN_S,
                        help="wait so long; default: %(default)s")
    _add_common(parser)
    parser.set_defaults(run=_find)


def _add_probe(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "probe", help="what a camera has and sends, what to use of it, and lines for the config",
        description="Asks the camera by ONVIF which streams it has; without ONVIF tries the paths that "
                    "makers use. Then reads each stream and says what really comes: codec, size, pictures a "
                    "second, key frames, size of the other pictures by theirs (P/I), rotation. Says which to "
                    f"use for detection and for evidence, and why. {_WHICH} Exits 1 when something should be "
                    "set otherwise.")
    _add_target(parser)
    parser.add_argument("--seconds", type=_seconds, default=10.0,
                        help="read each stream so long, 0 to believe the camera; default: %(default)s")
    _add_common(parser)
    parser.set_defaults(run=_probe)


def _add_set(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "set", help="set a camera as a box wants it, by ONVIF",
        description="Sets, where the camera allows it, the stream for detection to few pictures a second, "
                    "key frames every 2 s, a bit rate by quality; on request its time server and password. "
                    "Shows what would change and asks; reads it back. The rate of a stream for evidence "
                    f"stays. {_WHICH} Exits 1 when the camera kept something as it was.")
    _add_target(parser)
    parser.add_argument("--fps", type=_fps, default=WISE_FPS[1],
                        help="pictures a second of the stream for detection, 1 to 30; default: %(default)g")
    parser.add_argument("--key-interval", type=_seconds, default=WISE_KEY_INTERVAL_S, metavar="SECONDS",
                        help="between key frames, 0.5 to 10 is sensible; default: %(default)g")
    parser.add_argument("--time-server", default="", metavar="HOST", help="that keeps the camera's clock")
    password = parser.add_mutually_exclusive_group()
    password.add_argument("--new-password", action="store_true",
                          help="give the user another password; asks for it")
    password.add_argument("--new-password-file", type=Path, metavar="FILE",
                          help="the same, from its first line")
    parser.add_argument("--yes", action="store_true", help="change it without asking")
    _add_common(parser, with_json=False)
    parser.set_defaults(run=_set)


def _add_snapshot(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "snapshot", help="one picture on this screen, kept nowhere",
        description="Shows one picture in the terminal; into a pipe it writes a JPEG: "
                    "`ssh BOX sudo edgebox camera snapshot gate > gate.jpg` on your own computer. Privacy "
                    f"masks of the config are burnt in. It writes into no file of this machine. {_WHICH}")
    _add_target(parser)
    _add_common(parser, with_json=False)
    parser.set_defaults(run=_snapshot)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("camera", metavar="CAMERA", help="a name in the config, or an address")
    parser.add_argument("--user", help="who logs in at the camera; asked for at a terminal")
    parser.add_argument("--password-file", type=Path, metavar="FILE",
                        help="its first line is the password; asked for at a terminal without one")


def _add_common(parser: argparse.ArgumentParser, with_json: bool = True) -> None:
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="cameras and masks are known from; may be missing; default: %(default)s")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi", help="default: %(default)s")
    if with_json:
        parser.add_argument("--json", action="store_true", help="print facts for programs")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 120:
        raise argparse.ArgumentTypeError(f"want seconds from 0 to 120, got {text!r}")
    return value


def _fps(text: str) -> float:
    value = _seconds(text)
    if not 1 <= value <= 30:
        raise argparse.ArgumentTypeError(f"want 1 to 30, got {text!r}")
    return value


def _find(args: argparse.Namespace) -> int:
    log.set_up(False)
    words = Words(args.lang, CATALOGUE)
    known = {urlsplit(it.source).hostname or "": name for name, it in cameras_of(args.config).items()
             if kind_of(it.source) is SourceKind.RTSP}
    become_job_user()
    _progress(words("searching", seconds=f"{args.seconds:g}"))
    found = find_cameras(args.hosts, args.seconds)
    if args.json:
        print(json_text(found_facts(found, known)))
    else:
        print(found_text(found, known, args.lang))
    return os.EX_OK if found else _SOMETHING_LEFT


def _probe(args: argparse.Namespace) -> int:
    log.set_up(False)
    visitor = Visitor.of(args)
    become_job_user()
    words = visitor.words
    with visitor.faults_said():
        report = probe(visitor.target, visitor.password, args.seconds, lambda step, count: _progress(words(
            f"step-{step}", host=visitor.target.host, streams=count, seconds=f"{args.seconds:g}")))
    if args.json:
        print(json_text(report_facts(report, args.lang)))
    else:
        print(report_text(report, args.lang))
    return exit_code(findings(report))


def _set(args: argparse.Namespace) -> int:
    log.set_up(False)
    visitor = Visitor.of(args)
    words, target = visitor.words, visitor.target
    login = OnvifLogin(target.user, visitor.password) if target.user else None
    wish = SettingWish(args.fps, args.key_interval, args.time_server, new_password(args, visitor))
    become_job_user()
    with visitor.faults_said():
        _progress(words("step-asking", host=target.host))
        device = open_device(target.host, login, target.port, target.path, target.tls)
        wanted = plan(device, wish, target.user)
        _show_plan(device, wanted, visitor)
        if wanted.is_none:
            return os.EX_OK
        if not args.yes and not _agreed(words):
            return os.EX_OK
        return _apply(device, wanted, visitor)


def _show_plan(device: OnvifDevice, wanted: SettingPlan, visitor: Visitor) -> None:
    words, host = visitor.words, str(device.client.host)
    if wanted.is_none:
        print(words("set-nothing", host=host))
    else:
        identity = device.identity()
        print(words("set-title", host=host, known=f"{identity.maker} {identity.model}".strip() or "-"))
    for change in wanted.changes:
        print(f"  {_line(change, visitor)}")
    if wanted.fixed_rate:
        print(words("set-fixed-rate", streams=", ".join(wanted.fixed_rate)))


def _line(change: PlannedChange, visitor: Visitor) -> str:
    return visitor.words(f"set-{change.setting}", stream=change.stream, before=change.before,
                         after=change.after, user=visitor.target.user)


def _agreed(words: Words) -> bool:
    if not sys.stdin.isatty():
        raise FatalError(words("set-wants-yes"), os.EX_USAGE)
    if is_yes(input(words("set-ask") + " ")):
        return True
    print(words("set-nothing-done"))
    return False


def _apply(device: OnvifDevice, wanted: SettingPlan, visitor: Visitor) -> int:
    words, kept = visitor.words, 0
    try:
        for change, done in apply(device, wanted, visitor.target.user):
            kept += not done
            print("  " + words("set-done" if done else "set-not-done", line=_line(change, visitor)),
                  flush=True)
    except OnvifError as exc:
        why = onvif_text(exc.fault, exc.host, exc.detail, words)
        raise FatalError(words("set-stopped", why=why), os.EX_UNAVAILABLE) from None
    if wanted.wish.new_password:
        settings = visitor.target.settings
        if settings is not None and settings.password_file is not None:
            print(words("set-new-password", path=settings.password_file))
        print(words("set-new-password-other"))
    return _SOMETHING_LEFT if kept else os.EX_OK


def _snapshot(args: argparse.Namespace) -> int:
    log.set_up(False)
    if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        raise FatalError(Words(args.lang, CATALOGUE)("snapshot-file", name=args.camera), os.EX_USAGE)
    visitor = Visitor.of(args)
    become_job_user()
    with visitor.faults_said():
        stream = visitor.target.stream
        if not stream:
            report = probe(visitor.target, visitor.password, 0.0, lambda step, count: None)
            largest = max(report.streams, key=lambda it: it.form.pixels)
            stream = largest.address
        masks = () if visitor.target.settings else masks_at(visitor.target.host, visitor.cameras)
        frame = snapshot(visitor.target, stream, visitor.password, masks)
    if sys.stdout.isatty():
        columns, rows = shutil.get_terminal_size()
        print(half_blocks(frame.rgb(size_for(columns, rows, frame.width, frame.height))))
    else:
        sys.stdout.buffer.write(encode(frame.rgb(), _JPEG_BYTES).content)
        sys.stdout.buffer.flush()
    return os.EX_OK


def _progress(text: str) -> None:
    """For who waits; never among what a program reads."""
    print(text, file=sys.stderr, flush=True)


