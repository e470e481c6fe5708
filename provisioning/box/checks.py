"""Whether an answer will do, told at once: by the box's own checks wherever it has one. Pure.

Each returns what is wrong, or None.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from edge.config.source import CSI_PREFIX, SourceKind, kind_of, source_fault
from edge.contract.topics import Root, is_slug, to_slug
from edge.members.errors import MemberNameError
from edge.members.people import good_name
from provisioning.box.plan import Wifi, possible_alarms
from provisioning.box.wiring import standard
from provisioning.ward.identity import box_name, root_of

TITLE_MAX, SECRET_MAX = 80, 200
WIFI_KINDS = ("hidden", "wpa3")          # as fields of `Wifi`
_FORMULA = ("=", "+", "-", "@")         # a spreadsheet would run it
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,198}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault, to be said in whatever language; `instead` is what was probably meant."""

    key: str
    values: dict[str, str] = field(default_factory=dict)
    instead: str = ""


def slug(text: str) -> Wrong | None:
    if is_slug(text):
        return None
    near = to_slug(text) if re.search(r"[^\W_]", text) else ""
    return Wrong("bad-slug-near" if near else "bad-slug", {"near": near}, near)


def identity(root: Root) -> Wrong | None:
    """Whether parts that are slugs fit into a certificate together; None: they do."""
    return None if root_of(box_name(root)) else Wrong("bad-length", {"name": box_name(root)})


def title(text: str) -> Wrong | None:
    if not text or len(text) > TITLE_MAX or not text.isprintable():
        return Wrong("bad-title", {"max": str(TITLE_MAX)})
    return Wrong("bad-title-start") if text.startswith(_FORMULA) else None


def source(text: str) -> Wrong | None:
    if kind_of(text) not in (SourceKind.RTSP, SourceKind.DEVICE, SourceKind.CSI):
        return Wrong("bad-source", {"detail": ""})
    detail = source_fault(text)
    return Wrong("bad-source", {"detail": detail}) if detail else None


def port(source: str, others: Iterable[str]) -> Wrong | None:
    """Of a camera at the box's own port: whether it is told apart from the others there."""
    there = [each for each in others if kind_of(each) is SourceKind.CSI]
    is_unclear = kind_of(source) is SourceKind.CSI and bool(there) and (
        source in there or CSI_PREFIX in (source, *there))
    return Wrong("bad-port-twice") if is_unclear else None


def taken_apart(text: str) -> tuple[str, str, str]:
    """Address, user and password of an address with both in it, as camera apps show it; else "" for them."""
    try:
        parts = urlsplit(text)
        if parts.scheme.lower() not in ("rtsp", "rtsps") or parts.username is None:
            return text, "", ""
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        return bare, unquote(parts.username), unquote(parts.password or "")
    except ValueError:
        return text, "", ""


def username(text: str) -> Wrong | None:
    return None if text.isprintable() and len(text) <= SECRET_MAX else Wrong("bad-username")


def password(text: str) -> Wrong | None:
    """What is wrong with the password of a camera or an APN, which stands on one line of a file; None:
    nothing.
    """
    return None if text.isprintable() and len(text) <= SECRET_MAX else Wrong("bad-password")


def wired(text: str) -> Wrong | None:
    unknown = [name for name in names_in(text) if name not in standard()]
    return Wrong("bad-wired", {"name": unknown[0], "all": ", ".join(standard())}) if unknown else None


def camera_alarm(alarm: str, wired_text: str) -> Wrong | None:
    """What a camera sets off wants a wire that can do it; `wired_text` is one that will do."""
    possible = possible_alarms(names_in(wired_text))
    return None if alarm in possible else Wrong("bad-alarm", {"all": ", ".join(possible)})


def names_in(text: str) -> tuple[str, ...]:
    """`all`, `none`, or names with commas, in the order of the wiring."""
    if text.strip().lower() in ("all", "tất cả", "tat ca"):
        return tuple(standard())
    if text.strip().lower() in ("none", "không", "khong", ""):
        return ()
    names = _words(text)
    order = list(standard())
    return tuple(sorted(dict.fromkeys(names), key=lambda name: order.index(name) if name in order else 99))


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.split(r"[,;\s]+", text) if word]


def ssid(text: str) -> Wrong | None:
    """IEEE 802.11: 1 to 32 bytes."""
    return None if 1 <= len(text.encode()) <= 32 and text.isprintable() else Wrong("bad-ssid")


def wifi_password(text: str) -> Wrong | None:
    """IEEE 802.11 Annex J.4: a passphrase of 8 to 63 printable ASCII signs, or the key in 64 hex digits."""
    if (8 <= len(text) <= 63 and text.isascii() and text.isprintable()) or _HEX_KEY.fullmatch(text):
        return None
    return Wrong("bad-wifi-password")


def wifi_kind(text: str) -> Wrong | None:
    unknown = [word for word in _words(text) if word not in WIFI_KINDS]
    return Wrong("bad-wifi-kind", {"all": ", ".join(WIFI_KINDS)}) if unknown else None


def wifi(ssid: str, password: str, kind: str = "") -> Wifi:
    """The Wi-Fi; `kind` has been found good."""
    return Wifi(ssid, password, **{word: word in _words(kind) for word in WIFI_KINDS})


def apn(text: str) -> Wrong | None:
    return None if len(text) <= 100 and _HOST.fullmatch(text) else Wrong("bad-apn")


def host(text: str) -> Wrong | None:
    return None if _HOST.fullmatch(text) or _ip(text) else Wrong("bad-host")


def fixed_address(text: str) -> Wrong | None:
    try:
        interface = ipaddress.IPv4Interface(text)
    except ValueError:
        return Wrong("bad-address")
    inside = interface.ip not in (interface.network.network_address, interface.network.broadcast_address)
    return None if "/" in text and interface.network.prefixlen <= 30 and inside else Wrong("bad-address")


def gateway(text: str, address: str) -> Wrong | None:
    """`address`, which is the box's own, has been found good."""
    own = ipaddress.IPv4Interface(address)
    found = _ip(text)
    if found is None or found not in own.network:
        return Wrong("bad-gateway", {"network": str(own.network)})
    if found == own.ip:
        return Wrong("bad-gateway-own", {"address": str(found)})
    edges = (own.network.network_address, own.network.broadcast_address)
    return Wrong("bad-gateway-edge", {"address": str(found)}) if found in edges else None


def no_camera(text: str, sources: Iterable[str]) -> Wrong | None:
    """Whether the address, with or without its bits, is none of a camera among `sources`."""
    address = text.partition("/")[0]
    return Wrong("bad-address-camera", {"address": address}) if address in map(host_of, sources) else None


def host_of(source: str) -> str:
    """The host of a camera on the network; "" of any other."""
    try:
        return urlsplit(source).hostname or "" if kind_of(source) is SourceKind.RTSP else ""
    except ValueError:
        return ""


def first_host(address: str) -> str:
    """The usual gateway of the network that the good `address` is in."""
    return str(ipaddress.IPv4Interface(address).network.network_address + 1)


def ip(text: str) -> Wrong | None:
    return None if _ip(text) else Wrong("bad-ip")


def leader(text: str) -> Wrong | None:
    """Empty: nobody yet."""
    try:
        return None if not text or good_name(text) else Wrong("bad-leader")
    except MemberNameError:
        return Wrong("bad-leader")


def _ip(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None
