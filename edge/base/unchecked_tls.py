"""TLS to a device that signs its certificate itself: it keeps out who listens, not who stands in between."""

from __future__ import annotations

import ssl


def unchecked_tls() -> ssl.SSLContext:
    """Encrypted, to whoever answers: cameras sign their certificates themselves, and FFmpeg checks none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
