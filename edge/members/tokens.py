"""Tokens, secrets and ids. The box stores SHA-256 of what it gives away: they are random, so that is enough.

A look-up goes by the hash. What a timing could tell of it is of no use without its pre-image.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPOKEN = str.maketrans("OIL", "011", "- ")      # what people type instead
TOKEN_BYTES = 20                                 # 160 bits: 32 letters without padding
SECRET_BYTES = 32
_ID_BYTES = 5
_TOKEN_LETTERS = TOKEN_BYTES * 8 // 5
_BEGINNING = re.compile(r"[0-9A-Za-z][0-9A-Za-z\s-]*")


def new_token() -> str:
    """A token of an invite, in Crockford's base32, which can be read over the phone."""
    bits = int.from_bytes(secrets.token_bytes(TOKEN_BYTES), "big")
    return "".join(_CROCKFORD[bits >> shift & 31] for shift in range(TOKEN_BYTES * 8 - 5, -1, -5))


def new_secret() -> str:
    """A phone's credential: 256 bits, URL-safe, for a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def token_in(text: str) -> str:
    """The token's own letters, of what somebody pasted or an app made of a link: what stands before it or
    behind it is left away. "" where there is none.

    >>> token_in("https://192.168.1.20:8443/join#0123456789ABCDEFGHJKMNPQRSTVWXYZ?utm_source=x.")
    '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    """
    found = _BEGINNING.match(text.rpartition("/join#")[2].strip())
    return "" if found is None else re.sub(r"[\s-]", "", found[0])[:_TOKEN_LETTERS]


def new_id(prefix: str) -> str:
    """Short enough to be typed; its prefix tells what it names. Not secret."""
    return f"{prefix}-{secrets.token_hex(_ID_BYTES)}"


def token_hash(token: str) -> bytes:
    return _sha256(token.strip().upper().translate(_SPOKEN))


def secret_hash(secret: str) -> bytes:
    return _sha256(secret)


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
