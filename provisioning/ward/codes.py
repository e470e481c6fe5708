"""One-time codes: three groups of five signs of Crockford's base 32, 75 random bits. Pure but for those.

Source: https://www.crockford.com/base32.html: no I, L, O, U; what a hand writes for 1 and 0 is read as such.
"""

from __future__ import annotations

import hashlib
import secrets

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_SIGNS = 3, 5
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})
MAX_LENGTH = 64                     # of what somebody sends as a code


def make() -> str:
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(GROUP_SIGNS)) for _ in range(GROUPS))


def digest(code: str) -> bytes | None:
    """What is kept of `code`; the same for every way to write it. None when it can be no code."""
    plain = code.strip().upper().translate(_READ_AS) if len(code) <= MAX_LENGTH else ""
    if len(plain) != GROUPS * GROUP_SIGNS or any(sign not in SIGNS for sign in plain):
        return None
    return hashlib.sha256(b"edgebox enrol-code\0" + plain.encode("ascii")).digest()
