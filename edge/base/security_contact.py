"""Whom to tell of a security hole, and the text of `/.well-known/security.txt` (RFC 9116). Pure.

The contact is the ward's own, never one of ours: a box is run by its ward, and nobody else may be told where
one hangs that can be broken into. Without one there is no security.txt: the RFC wants a contact in it, and an
address that nobody reads is worse than none. People who look for it are then told whom to ask.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from edge.base.words import LANGUAGES, Words

WELL_KNOWN = "/.well-known/security.txt"
CONTACT_MAX = 200
_CONTACT = re.compile(r"mailto:[^\s@]+@[^\s@]+|tel:\+?[0-9][0-9.-]+|https://[^\s/]+\S*")
_GOOD_FOR = timedelta(days=180)         # the RFC recommends less than a year
_CATALOGUE = "edge.base.security_contact"


def contact_fault(text: str) -> str | None:
    """Why `text` is no contact that may stand in a security.txt; None where it is one."""
    if len(text) <= CONTACT_MAX and text.isascii() and text.isprintable() and _CONTACT.fullmatch(text):
        return None
    return "want mailto:NAME@HOST, tel:+84... or https://..., in ASCII without spaces"


def security_text(contact: str, now: datetime) -> str:
    """The file for `contact`, good for half a year from the day of `now` on.

    Example:
        >>> from datetime import UTC, datetime
        >>> print(security_text("tel:+84240000000", datetime(2026, 12, 1, tzinfo=UTC)).splitlines()[-2])
        Expires: 2027-05-30T00:00:00Z
    """
    return "\n".join([*_comments("about"), f"Contact: {contact}",
                      f"Expires: {now + _GOOD_FOR:%Y-%m-%dT00:00:00Z}",
                      f"Preferred-Languages: {', '.join(LANGUAGES)}", ""])


def nobody_text() -> str:
    """What is said in its place, to people, where the ward has set no contact."""
    return "\n".join([*_comments("nobody"), ""])


def _comments(key: str) -> list[str]:
    return [f"# {Words(language, _CATALOGUE)(key)}" for language in LANGUAGES]
