"""The questions about one box, in the order in which a technician knows the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edge.contract.topics import Root
from provisioning.box import checks
from provisioning.box.camera_questions import CameraTools, ask_cameras
from provisioning.box.checks import Wrong
from provisioning.box.plan import (
    BoxPlan,
    Camera,
    CameraAlarm,
    Fixed,
    Mobile,
    Network,
    Watch,
    Wifi,
    possible_alarms,
)
from provisioning.box.prompts import Asker, Check
from provisioning.box.wiring import standard

_T = TypeVar("_T")
_NETWORKS = ("cable", "fixed", "wifi", "mobile")
APN = "v-internet"


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """What is known before anybody is asked: flags, and the box before as defaults. None: ask."""

    group: str | None = None
    box: str | None = None
    title: str | None = None
    cameras: tuple[Camera, ...] | None = None
    wired: tuple[str, ...] | None = None
    network: Network | None = None
    watch: Watch | None = None
    leader: str | None = None
    ntp: tuple[str, ...] | None = None
    alarm: CameraAlarm | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Which names there are."""

    ward: str
    taken: frozenset[str]
    next_name: Callable[[str], str]
    at: Callable[[str, str], str]       # the box of that group at that place; "" where there is none


def ask_plan(asker: Asker, given: KnownAnswers, before: BoxPlan | None, names: Names,
             tools: CameraTools) -> BoxPlan:
    """All that `given` leaves open, until the technician agrees with the whole.

    Args:
        before: the box prepared last; its answers are the defaults of this one's.
        tools: what looks at cameras from here.
    """
    while True:
        plan = _once(asker, given, before, names, tools)
        show(asker, plan, names.ward)
        if asker.agree("all-right", default=True):
            return plan
        asker.say("once-more")
        before, given = plan, KnownAnswers(ntp=given.ntp)      # flags were seen, and are defaults now


def _once(asker: Asker, given: KnownAnswers, before: BoxPlan | None, names: Names,
          tools: CameraTools) -> BoxPlan:
    group = _or(given.group, lambda: asker.ask("ask-group", checks.slug, before.group if before else ""))
    free = _free(names, group)
    box = _or(given.box, lambda: asker.ask("ask-box", free, _box_default(before, group, names)))
    title = _title(asker, given.title, before.title if before else "", lambda text: names.at(group, text))
    cameras = _or(given.cameras, lambda: ask_cameras(asker, before.cameras if before else (), tools))
    wired = _or(given.wired, lambda: _wired(asker, before))
    watch = _or(given.watch, lambda: Watch(asker.choose("ask-watch", tuple(Watch),
                                                        before.watch if before else Watch.NIGHT)))
    alarm = _or(given.alarm, lambda: _alarm(asker, before, wired))
    network = _or(given.network, lambda: _network(asker, before.network if before else Network(), cameras))
    leader = _or(given.leader, lambda: asker.ask("ask-leader", checks.leader,
                                                 before.leader if before and before.group == group else ""))
    ntp = given.ntp if given.ntp is not None else before.ntp if before else ()
    return BoxPlan(group, box, title, cameras, wired, network, watch, leader, ntp, alarm)


def _or(known: _T | None, asked: Callable[[], _T]) -> _T:
    return asked() if known is None else known


def _title(asker: Asker, given: str | None, default: str, at: Callable[[str], str]) -> str:
    """Where another box hangs already, only when the technician means it."""
    title = _or(given, lambda: asker.ask("ask-title", checks.title, default))
    other = at(title)
    meant = not other or asker.agree("same-place", default=False, name=other, title=title)
    return title if meant else _title(asker, None, title, at)


def _free(names: Names, group: str) -> Check:
    def check(text: str) -> Wrong | None:
        wrong = checks.slug(text) or checks.identity(Root(names.ward, group, text))
        if wrong is None and f"{names.ward}.{group}.{text}" in names.taken:
            near = names.next_name(group)
            return Wrong("bad-taken", {"name": text, "near": near}, near)
        return wrong
    return check


def _box_default(before: BoxPlan | None, group: str, names: Names) -> str:
    """After a "no, once more" the name typed before; else the next free one."""
    same = before is not None and before.group == group
    if before is not None and same and f"{names.ward}.{group}.{before.box}" not in names.taken:
        return before.box
    return names.next_name(group)


def _wired(asker: Asker, before: BoxPlan | None) -> tuple[str, ...]:
    asker.say("wired-are", all=", ".join(standard()))
    everything = before is None or before.wired == tuple(standard())
    default = "all" if before is None or everything else ", ".join(before.wired) or "none"
    return checks.names_in(asker.ask("ask-wired", checks.wired, default))


def _alarm(asker: Asker, before: BoxPlan | None, wired: tuple[str, ...]) -> CameraAlarm:
    """Not asked where no wire is there for any."""
    possible = possible_alarms(wired)
    if len(possible) == 1:
        return CameraAlarm.NONE
    default = before.alarm if before and before.alarm in possible else CameraAlarm.NONE
    return CameraAlarm(asker.choose("ask-alarm", possible, default))


def _network(asker: Asker, before: Network, cameras: Sequence[Camera]) -> Network:
    default = "wifi" if before.wifi else "mobile" if before.mobile else "fixed" if before.fixed else "cable"
    match asker.choose("ask-network", _NETWORKS, default):
        case "wifi":
            return Network(wifi=_wifi(asker, before.wifi))
        case "mobile":
            apn = asker.ask("ask-apn", checks.apn, before.mobile.apn if before.mobile else APN)
            asker.say("mobile-alone")
            return Network(mobile=Mobile(apn))
        case "fixed":
            return Network(fixed=_fixed(asker, before.fixed, [camera.source for camera in cameras]))
        case _:
            return Network()


def _wifi(asker: Asker, before: Wifi | None) -> Wifi:
    ssid = asker.exact("ask-ssid", checks.ssid, before.ssid if before else "")
    kept = before.password if before and before.ssid == ssid else ""
    password = asker.secret("ask-wifi-password", checks.wifi_password, kept)
    kind = "-".join(word for word in checks.WIFI_KINDS if before and getattr(before, word)) or "usual"
    kind = asker.choose("ask-wifi-kind", ("usual", "hidden", "wpa3", "hidden-wpa3"), kind)
    return Wifi(ssid, password, hidden="hidden" in kind, wpa3="wpa3" in kind)


def _fixed(asker: Asker, before: Fixed | None, cameras: Sequence[str]) -> Fixed:
    """`cameras`: their sources, whose addresses are taken."""
    address = asker.ask("ask-address",
                        lambda text: checks.fixed_address(text) or checks.no_camera(text, cameras),
                        before.address if before else "")
    gateway = asker.ask("ask-gateway",
                        lambda text: checks.gateway(text, address) or checks.no_camera(text, cameras),
                        checks.first_host(address))
    return Fixed(address, gateway, asker.ask("ask-dns", checks.ip, before.dns if before else gateway))


def show(asker: Asker, plan: BoxPlan, ward: str) -> None:
    """All answers at a glance, without passwords."""
    network = plan.network
    kind = ("wifi" if network.wifi else "mobile" if network.mobile else "fixed" if network.fixed else "cable")
    asker.say("summary", name=f"{ward}.{plan.group}.{plan.box}", title=plan.title,
              wired=", ".join(plan.wired) or asker.words("nothing"),
              watch=asker.words(f"ask-watch-{plan.watch}"),
              alarm=asker.words(f"ask-alarm-{plan.camera_alarm}"), network=asker.words(f"ask-network-{kind}"),
              leader=plan.leader or asker.words("nobody"))
    if network.wifi is not None and network.wifi.has_edge_spaces:
        asker.say("spaces-kept", name=f"{plan.group}.{plan.box}")
    for camera in plan.cameras:
        print(f"    {camera.name}: {camera.source}" + (f" ({camera.username})" if camera.username else ""))
