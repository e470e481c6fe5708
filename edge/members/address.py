"""Where phones find the group's page: what the QR code of an invite holds."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from edge.config.model import EdgeSettings, PageSettings

_ANY = ("::", "0.0.0.0")            # noqa: S104 - compared with, not listened on
_SOMEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))     # RFC 5737, RFC 3849


def page_address(settings: EdgeSettings, own: Callable[[], str] | None = None) -> str:
    """The group page's address without a slash at its end, such as https://192.168.1.20:8443.

    The first of page.names; else the one address that it listens on; else where the box is now, by `own`,
    which is `own_address` without: DHCP may change it, so an installation that lasts sets page.names.
    """
    name = _name(settings.page, own or own_address)
    port = settings.page.port
    return f"https://{f'[{name}]' if ':' in name else name}" + ("" if port == 443 else f":{port}")


def _name(page: PageSettings, own: Callable[[], str]) -> str:
    if page.names:
        return page.names[0]
    return own() if page.host in _ANY else page.host


def join_address(page: str, token: str) -> str:
    """The token stands behind the #: a browser sends that to nobody, so no log can hold it."""
    return f"{page}/join#{token}"


def own_address() -> str:
    """The box's address towards its network, or without a network its name in mDNS. Sends nothing."""
    for target, family in _SOMEWHERE:
        # Of UDP, connect only asks the kernel for the route; without one there is no address.
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
    return f"{socket.gethostname().split('.')[0]}.local"
