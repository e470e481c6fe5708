"""A camera's clock and users: read, and set. Apart from its streams, which `device` has."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from xml.sax.saxutils import escape

from edge.onvif.device import OnvifDevice
from edge.onvif.faults import OnvifFault
from edge.onvif.soap import DEVICE, SCHEMA, request
from edge.onvif.untrusted import below, text_of


@dataclass(frozen=True, slots=True)
class TimeKeeping:
    """Who keeps a camera's clock."""

    by_server: bool
    servers: tuple[str, ...]        # names and addresses


def time_keeping(device: OnvifDevice) -> TimeKeeping:
    """Raises OnvifError."""
    about = device.client.call(device.device_path, request(DEVICE, "GetSystemDateAndTime"))
    kind = next((each.text or "" for each in below(about, "DateTimeType")), "")
    told = device.client.call(device.device_path, request(DEVICE, "GetNTP"))
    servers = [text_of(each, name) for source in ("NTPManual", "NTPFromDHCP")
               for each in below(told, source) for name in ("IPv4Address", "IPv6Address", "DNSname")]
    return TimeKeeping(kind.strip().upper() == "NTP", tuple(server for server in servers if server))


def set_time_server(device: OnvifDevice, server: str) -> None:
    """Have the camera's clock kept by `server`, a name or an address. Raises OnvifError."""
    device.client.call(device.device_path, request(DEVICE, "SetNTP", {"FromDHCP": "false"}, _server(server)))
    # Zone and summer time as they are: a camera may take away what is not given back.
    about = device.client.call(device.device_path, request(DEVICE, "GetSystemDateAndTime"))
    zone = escape(next((text_of(each) for each in below(about, "TZ")), ""))
    summer = next((text_of(each) for each in below(about, "DaylightSavings")), "")
    inside = f'<TimeZone><TZ xmlns="{SCHEMA}">{zone}</TZ></TimeZone>' if zone else ""
    device.client.call(device.device_path, request(DEVICE, "SetSystemDateAndTime", {
        "DateTimeType": "NTP", "DaylightSavings": summer or "false"}, inside))


def _server(server: str) -> str:
    try:
        version = ipaddress.ip_address(server).version
    except ValueError:
        kind, name = "DNS", "DNSname"
    else:
        kind, name = f"IPv{version}", f"IPv{version}Address"
    return (f'<NTPManual><Type xmlns="{SCHEMA}">{kind}</Type>'
            f'<{name} xmlns="{SCHEMA}">{escape(server)}</{name}></NTPManual>')


def set_password(device: OnvifDevice, user: str, password: str) -> None:
    """Give `user`, who is one of the camera's, another password. It goes over the network unencrypted.

    Raises OnvifError: CANNOT where there is no such user.
    """
    told = device.client.call(device.device_path, request(DEVICE, "GetUsers"))
    level = next((text_of(each, "UserLevel") for each in below(told, "User")
                  if text_of(each, "Username") == user), "")
    if not level:
        raise device.client.error(OnvifFault.CANNOT)
    inside = "".join(f'<{name} xmlns="{SCHEMA}">{escape(text)}</{name}>' for name, text in (
        ("Username", user), ("Password", password), ("UserLevel", level)))
    device.client.call(device.device_path, request(DEVICE, "SetUser", inside=f"<User>{inside}</User>"))
