"""The answers that flags give: checked as typed ones are, all faults at once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from edge.base.errors import FatalError
from edge.base.words import Words
from provisioning.box import checks
from provisioning.box.checks import Wrong
from provisioning.box.plan import (
    MAX_CAMERAS,
    BoxPlan,
    Camera,
    CameraAlarm,
    Fixed,
    Mobile,
    Network,
    Watch,
)
from provisioning.box.questions import KnownAnswers
from provisioning.errors import WordedError

_Add = Callable[..., object]


def add_names(add: _Add) -> None:
    add("--group", metavar="SLUG", help="of the group, e.g. to-12")
    add("--box", metavar="SLUG", help="of the box; the next free one without, e.g. hop-01")


def add_flags(add: _Add) -> None:
    """All but the names, which a box keeps."""
    add("--title", metavar="TEXT", help="where it hangs, as people call the place")
    add("--camera", action="append", metavar="[NAME=]ADDRESS",
        help="rtsp://host/path, /dev/video0 or csi; again for each camera")
    add("--camera-user", metavar="USER", help="of all cameras whose address does not hold one")
    add("--camera-password-file", action="append", metavar="[NAME=]FILE", default=[],
        help="its first line; of all cameras, or of one")
    add("--wired", metavar="NAMES", help="all, none, or names of the standard wiring with commas")
    add("--watch", choices=[*Watch], help="when a person makes an event: at night, or always")
    add("--alarm", choices=[*CameraAlarm], help="what that sets off at the box, by night and when a member "
        "switches the camera alarm on; none without")
    add("--wifi", metavar="SSID", help="with --wifi-password-file")
    add("--wifi-password-file", type=Path, metavar="FILE", help="its first line")
    add("--wifi-kind", metavar="WORDS", help="hidden: it does not tell its name; wpa3: WPA3 alone")
    add("--apn", metavar="APN", help="of a 4G modem, e.g. v-internet")
    add("--address", metavar="IP/BITS", help="a fixed address on the cable; DHCP without")
    add("--gateway", metavar="IP", help="with --address; the first of its network without")
    add("--dns", metavar="IP", help="with --address; the gateway without")
    add("--leader", metavar="NAME", help="the group's first leader")
    add("--ntp", action="append", metavar="HOST",
        help="a time server of the ward; two must agree, so name two where boxes reach no other")


def answers(args: argparse.Namespace, words: Words) -> KnownAnswers:
    """Raises FatalError with every flag that is wrong."""
    found = [(option, wrong) for option, wrong in _faults(args) if wrong]
    if found:
        raise FatalError("\n".join(f"{option}: {words(wrong.key, **wrong.values)}"
                                   for option, wrong in found), os.EX_USAGE)
    cameras = None if args.camera is None else _cameras(args)
    return KnownAnswers(getattr(args, "group", None), getattr(args, "box", None), args.title, cameras,
                        None if args.wired is None else checks.names_in(args.wired), _network(args),
                        None if args.watch is None else Watch(args.watch), args.leader,
                        None if args.ntp is None else tuple(args.ntp),
                        None if args.alarm is None else CameraAlarm(args.alarm))


def plan_without_asking(given: KnownAnswers, before: BoxPlan | None,
                        next_name: Callable[[str], str]) -> BoxPlan:
    """The plan for scripts: what is not given is as for the box before, or sensible. Raises FatalError."""
    missing = [option for option, value in (("--title", given.title), ("--camera", given.cameras),
                                            ("--group", given.group)) if value is None]
    if missing:
        raise WordedError("flags-missing", os.EX_USAGE, all=", ".join(missing))
    assert given.group is not None
    assert given.title is not None
    assert given.cameras is not None
    wired = given.wired if given.wired is not None else before.wired if before else checks.names_in("all")
    ntp = given.ntp if given.ntp is not None else before.ntp if before else ()
    return BoxPlan(given.group, given.box or next_name(given.group), given.title, given.cameras, wired,
                   given.network or Network(), given.watch or Watch.NIGHT, given.leader or "", ntp,
                   given.alarm or CameraAlarm.NONE)


def _faults(args: argparse.Namespace) -> list[tuple[str, Wrong | None]]:
    texts = (("group", checks.slug), ("box", checks.slug), ("title", checks.title), ("wired", checks.wired),
             ("wifi", checks.ssid), ("apn", checks.apn), ("address", checks.fixed_address),
             ("dns", checks.ip), ("leader", checks.leader))
    found = [(f"--{name}", check(getattr(args, name))) for name, check in texts
             if getattr(args, name, None) is not None]
    found += [("--ntp", checks.host(name)) for name in args.ntp or ()]
    if args.address is not None and checks.fixed_address(args.address) is None:
        gateway = args.gateway or checks.first_host(args.address)
        sources = [checks.taken_apart(_named(text, "")[1])[0] for text in args.camera or ()]
        found += [("--gateway", checks.gateway(gateway, args.address) or checks.no_camera(gateway, sources)),
                  ("--address", checks.no_camera(args.address, sources))]
    if args.alarm is not None and args.wired is not None and checks.wired(args.wired) is None:
        found.append(("--alarm", checks.camera_alarm(args.alarm, args.wired)))
    if args.address is None and (args.gateway or args.dns):
        found.append(("--gateway, --dns", Wrong("table-without", {"column": "--address"})))
    if (args.wifi is None) != (args.wifi_password_file is None):
        found.append(("--wifi", Wrong("table-without", {"column": "--wifi-password-file"})))
    elif args.wifi_password_file is not None:
        found.append(("--wifi-password-file", checks.wifi_password(first_line(args.wifi_password_file))))
    if args.wifi_kind is not None:
        found.append(("--wifi-kind", checks.wifi_kind(args.wifi_kind) if args.wifi is not None
                      else Wrong("table-without", {"column": "--wifi"})))
    return found + _camera_faults(args)


def _camera_faults(args: argparse.Namespace) -> list[tuple[str, Wrong | None]]:
    named = [_named(text, f"cam-{number}") for number, text in enumerate(args.camera or (), 1)]
    names = [name for name, _ in named]
    found = [("--camera", checks.slug(name) or checks.source(checks.taken_apart(address)[0]))
             for name, address in named]
    found += [("--camera", Wrong("bad-camera-twice", {"name": name})) for name in dict.fromkeys(names)
              if names.count(name) > 1]
    if args.camera is not None and len(named) > MAX_CAMERAS:
        found.append(("--camera", Wrong("bad-cameras", {"max": str(MAX_CAMERAS)})))
    for text in args.camera_password_file:
        name, file = _named(text, "")
        if name and name not in names:
            found.append(("--camera-password-file", Wrong("bad-camera-name", {"name": name})))
        found.append(("--camera-password-file", checks.password(first_line(Path(file)))))
    return found


def _cameras(args: argparse.Namespace) -> tuple[Camera, ...]:
    passwords = {name: first_line(Path(file))
                 for name, file in (_named(text, "") for text in args.camera_password_file)}
    cameras = []
    for number, text in enumerate(args.camera, 1):
        name, address = _named(text, f"cam-{number}")
        source, user, password = checks.taken_apart(address)
        user = user or args.camera_user or ""
        given = passwords.get(name) or passwords.get("") or "" if user else ""
        cameras.append(Camera(name, source, user if source.startswith("rtsp") else "",
                              (given or password) if source.startswith("rtsp") else ""))
    return tuple(cameras)


def _network(args: argparse.Namespace) -> Network | None:
    if args.wifi is None and args.apn is None and args.address is None:
        return None
    gateway = args.gateway or (checks.first_host(args.address) if args.address else "")
    wifi = (checks.wifi(args.wifi, first_line(args.wifi_password_file), args.wifi_kind or "")
            if args.wifi else None)
    return Network(wifi,
                   Mobile(args.apn) if args.apn else None,
                   Fixed(args.address, gateway, args.dns or gateway) if args.address else None)


def _named(text: str, default: str) -> tuple[str, str]:
    """NAME=REST, where what stands before the first = can be a name and is no part of an address."""
    name, equals, rest = text.partition("=")
    return (name, rest) if equals and "/" not in name and ":" not in name else (default, text)


def first_line(path: Path) -> str:
    """Raises FatalError."""
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, ValueError, IndexError) as exc:
        found = "empty" if isinstance(exc, IndexError) else "unreadable"
        raise WordedError(f"first-line-{found}", os.EX_NOINPUT, path=str(path)) from exc
