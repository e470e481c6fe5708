"""Where phones find the group's page, for the QR code of an invite and for the page's certificate."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Sequence

from edge.config.model import EdgeSettings, PageSettings

_ANY = ("::", "0.0.0.0", "")        # noqa: S104 - compared with, not listened on
_SOMEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))     # RFC 5737, RFC 3849


def page_address(settings: EdgeSettings, own: Callable[[], Sequence[str]] | None = None) -> str:
    """Without a slash at its end, such as https://192.168.1.20:8443; `own` as `own_names`."""
    name = page_names(settings.page, own or own_names)[0]
    host = f"[{name}]" if ":" in name else name
    return f"https://{host}" + ("" if settings.page.port == 443 else f":{settings.page.port}")


def join_address(page: str, token: str) -> str:
    """The token stands behind the #: a browser sends that to nobody, so no log can hold it."""
    return f"{page}/join#{token}"


def page_names(page: PageSettings, own: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """Every name that the page may be called by, the best first; never empty.

    Those of the config; or the one address that it listens on; or whatever the box is called now, which
    DHCP may change: an installation that lasts sets page.names.
    """
    if page.names:
        return page.names
    if page.host not in _ANY:
        return (page.host,)
    return tuple(own()) or ("localhost",)


def own_names() -> list[str]:
    """The box's addresses towards its network, then its name in mDNS. Sends nothing."""
    found = []
    for target, family in _SOMEWHERE:
        # Of UDP, connect only asks the kernel for the route; without one there is no address.
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.append(str(probe.getsockname()[0]))
    host = socket.gethostname().split(".")[0]
    return [*found, f"{host}.local"] if host else found
