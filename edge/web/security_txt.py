"""The answer of both pages at `/.well-known/security.txt`."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import PlainTextResponse

from edge.base.security_contact import nobody_text, security_text


def security_txt(contact: str, now: datetime) -> PlainTextResponse:
    """The ward's contact for whoever found a hole; 404, with whom to ask instead, where `contact` is ""."""
    if not contact:
        return PlainTextResponse(nobody_text(), 404)
    return PlainTextResponse(security_text(contact, now))
