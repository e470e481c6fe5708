"""Keep secrets out of what is printed. Rather too much is hidden than too little."""

from __future__ import annotations

import re

HIDDEN = "***"

_SECRET_KEY = re.compile(r"pass|pwd|secret|token|credential", re.IGNORECASE)
# Up to the last @: a password may hold @ and / unescaped, which is just when an address is refused.
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:/{0,2})?.*@", re.DOTALL)
_PARAMETER = re.compile(r"(?P<name>pass\w*|pwd|secret|token|pw)=[^&]*", re.IGNORECASE | re.DOTALL)
# Cameras give the parameter with the password any name, `psw`, `p`, `auth`, and some take it in the path.
_QUERY = re.compile(r"\?.*=.*", re.DOTALL)
_ADDRESS = re.compile(r"(?P<host>[A-Za-z][A-Za-z0-9+.-]*:/+[^/?]*)(?P<rest>.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"[^/]*=[^/]*", re.DOTALL)
SHOWN_LENGTH = 60


def is_secret_key(key: str) -> bool:
    """Whether a value under this key may be a password, by mistake or not."""
    return _SECRET_KEY.search(key) is not None


def redact(text: str) -> str:
    """`text` without what stands before an @, a query, and whatever else may hold a password.

    Of an address every part of the path with a `=` is hidden, of any other text what is assigned to a name
    like `password`.
    """
    text = _CREDENTIALS.sub(lambda match: _scheme(match["scheme"]) + f"{HIDDEN}@", text, count=1)
    text = _QUERY.sub(f"?{HIDDEN}", text)
    address = _ADDRESS.fullmatch(text)
    if address:
        return address["host"] + _ASSIGNMENT.sub(HIDDEN, address["rest"])
    return _PARAMETER.sub(lambda match: f"{match['name']}={HIDDEN}", text)


def shorten(text: str, limit: int = SHOWN_LENGTH) -> str:
    """`text` cut to `limit` characters, so that a fault stays one line."""
    return text if len(text) <= limit else text[:limit - 3] + "..."


def _scheme(found: str | None) -> str:
    """A scheme is kept only when slashes follow: in `admin:secret@host` it is the user's name."""
    return found if found and found.endswith("/") else ""
