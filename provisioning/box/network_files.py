"""NetworkManager's keyfiles for the bundle: cable always, Wi-Fi and 4G where they are wanted. Pure.

NetworkManager itself prefers cable over Wi-Fi over 4G (route metrics 100, 600, 700), so all may be up.
Source: nm-settings-keyfile(5); values are escaped as GLib's key files want it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from edge.bundle import form
from provisioning.box.plan import Fixed, Mobile, Network, Wifi

_SPACE = uuid.UUID("7a1c4b52-2f43-4c8e-9d55-3f0f6f0c5b1d")     # ours; the same box gets the same ids again
_PLAIN_SSID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_ESCAPES = str.maketrans({"\\": "\\\\", " ": "\\s", "\t": "\\t"})


def network_files(network: Network, identity: str) -> dict[str, bytes]:
    """The network's files by their names in the bundle. They hold passwords."""
    made = {"cable": _cable(network.fixed)}
    if network.wifi is not None:
        made["wifi"] = _wifi(network.wifi)
    if network.mobile is not None:
        made["mobile"] = _mobile(network.mobile)
    return {f"{form.NETWORK}/{name}.nmconnection": _whole(name, sections, identity)
            for name, sections in made.items()}


_Sections = dict[str, dict[str, str]]


def _cable(fixed: Fixed | None) -> _Sections:
    if fixed is None:
        return {"connection": {"type": "ethernet"}, "ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}
    ipv4 = {"method": "manual", "address1": f"{fixed.address},{fixed.gateway}", "dns": f"{fixed.dns};"}
    return {"connection": {"type": "ethernet"}, "ipv4": ipv4, "ipv6": {"method": "auto"}}


def _wifi(wifi: Wifi) -> _Sections:
    # NetworkManager takes wpa-psk for WPA2 and for access points of WPA2 and WPA3 together, sae for WPA3
    # alone.
    hidden = {"hidden": "true"} if wifi.hidden else {}
    return {"connection": {"type": "wifi"},
            "wifi": {"mode": "infrastructure", "ssid": _ssid(wifi.ssid)} | hidden,
            "wifi-security": {"key-mgmt": "sae" if wifi.wpa3 else "wpa-psk", "psk": _escaped(wifi.password)},
            "ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}


def _mobile(mobile: Mobile) -> _Sections:
    return {"connection": {"type": "gsm"}, "gsm": {"apn": mobile.apn}, "ipv4": {"method": "auto"},
            "ipv6": {"method": "auto"}}


def _whole(name: str, sections: _Sections, identity: str) -> bytes:
    first = {"id": f"edgebox-{name}", "uuid": str(uuid.uuid5(_SPACE, f"{identity}/{name}"))}
    tries = {"autoconnect-retries": "0"}                # for ever
    sections = sections | {"connection": first | sections["connection"] | tries}
    order = ["connection", *(key for key in sections if key != "connection")]
    return "\n".join(line for key in order for line in _section(key, sections[key])).encode()


def _section(name: str, values: dict[str, str]) -> Iterator[str]:
    yield f"[{name}]"
    yield from (f"{key}={value}" for key, value in values.items())
    yield ""


def _ssid(ssid: str) -> str:
    """The SSID as text where that is unambiguous, else as a list of its bytes."""
    return ssid if _PLAIN_SSID.fullmatch(ssid) else "".join(f"{byte};" for byte in ssid.encode())


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
