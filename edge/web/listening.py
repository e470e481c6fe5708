"""The socket that a server listens on, opened before anything is served."""

from __future__ import annotations

import os
import socket

from edge.base.errors import FatalError

_BACKLOG = 1024                # a crowd waits in the kernel, and a phone behind it is not sent away
_SILENT_S = 3
_GONE_MS = 15_000              # who went out of range, or reads nothing, is given up after this


def listen(host: str, port: int, what: str, advice: str) -> socket.socket:
    """Listens on `host`; on every address of both families where it is "::", as far as the kernel has IPv6.

    Args:
        what: the settings as their user knows them, with their values: "--host 127.0.0.1 --port 8800".
        advice: what to do where it cannot be.

    Raises FatalError.
    """
    if host == "::" and not socket.has_dualstack_ipv6():
        host = "0.0.0.0"  # noqa: S104 - everybody who can reach this machine is meant
    listening = None
    try:
        if not 0 <= port <= 65535:      # getaddrinfo takes more, and less of it
            raise OverflowError
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_MS)     # and accepted ones
        # Who says nothing is the kernel's for a while, and accepted only after it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_S)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        listening.bind(address)
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as exc:
        if listening is not None:
            listening.close()
        reason = exc.strerror if isinstance(exc, OSError) else "no such port"
        raise FatalError(f"{what}: cannot listen: {reason}; {advice}", os.EX_UNAVAILABLE) from exc
    listening.setblocking(False)
    return listening
