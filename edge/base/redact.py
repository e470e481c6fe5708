"""Keep secrets out of what is printed, logged or sent. Pure; rather too much is hidden than too little.

`redact` is for one value that somebody wrote into a config, `hide` and `redact_addresses` for a message that
may quote a known secret or an address, `without` and its kin for whole files that leave the box. `printable`
and `json_text` keep what strangers wrote from driving the reader's terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

HIDDEN = "***"
SHOWN_LENGTH = 60

_NAMES = "pass|pwd|psw|psk|secret|token|credential"      # parts of names that a password is given under
_SECRET_KEY = re.compile(_NAMES, re.IGNORECASE)
# Up to the last @: a password may hold @ and / unescaped, which is just when an address is refused.
_CREDENTIALS = re.compile(r"\A(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:/{0,2})?.*@", re.DOTALL)
_PARAMETER = re.compile(rf"(?P<name>\w*(?:{_NAMES})\w*|pw)=[^&]*", re.IGNORECASE | re.DOTALL)
# Cameras give the parameter with the password any name, `psw`, `p`, `auth`, and some take it in the path.
_QUERY = re.compile(r"\A(?P<before>[^?]*)\?.*=.*", re.DOTALL)
_ADDRESS = re.compile(r"(?P<host>[A-Za-z][A-Za-z0-9+.-]*:/+[^/?]*)(?P<rest>.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"(?<![^/])[^/]*=[^/]*", re.DOTALL)

# A scheme is short: without an end to it, a long word of a stranger's is searched from each of its letters.
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"'<>]+")      # an address that somebody quotes

_PEM = re.compile(r"-----BEGIN [^-]*-----.*?(-----END [^-]*-----|\Z)", re.DOTALL)
_VALUE = re.compile(rf"\b(\w*(?:{_NAMES}|code|pin|key)\w*)(\"?\s*[=:]\s*)"
                    r"(\"[^\"]*\"|'[^']*'|[^\s&,;]+)", re.IGNORECASE)
_WHO = re.compile(r"\b(by|name|who|issuer|label|subject)=(\"[^\"]*\"|\S+)")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{24,}")       # keys, tokens, hashes, ids of events
_DIGITS = re.compile(r"(?<![\d.])\d{6,}(?![\d.])")          # members' codes
_EVENT = re.compile(r"\b(event|record|alarm|command)s? (stored|of|obeyed|refused|raised|joined|escalated|"
                    r"silenced|ended)\b")
_SHORTEST = 2           # a name of one letter would take every such letter out of a file


def is_secret_key(key: str) -> bool:
    """Whether a value under this key may be a password, by mistake or not."""
    return _SECRET_KEY.search(key) is not None


def redact(text: str) -> str:
    """`text` without what stands before an @, a query, and whatever else may hold a password.

    Of an address every part of the path with a `=` is hidden, of any other text what is assigned to a name
    like `password`.
    """
    text = _CREDENTIALS.sub(lambda match: _scheme(match["scheme"]) + f"{HIDDEN}@", text, count=1)
    text = _QUERY.sub(rf"\g<before>?{HIDDEN}", text)
    address = _ADDRESS.fullmatch(text)
    if address:
        return address["host"] + _ASSIGNMENT.sub(HIDDEN, address["rest"])
    return _PARAMETER.sub(lambda match: f"{match['name']}={HIDDEN}", text)


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`, the longest first, in whatever case they are written."""
    known = sorted(filter(None, secrets), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, known)), HIDDEN, text, flags=re.IGNORECASE) if known else text


def redact_addresses(text: str) -> str:
    """`text` with `redact` applied to each address in it, and to nothing else."""
    return _IN_TEXT.sub(lambda found: redact(found[0]), text)


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, whatever case they are written in, keys, tokens and addresses' passwords."""
    text = _PEM.sub(HIDDEN, text)
    stripped = {each.strip() for each in secrets}
    text = hide(text, (each for each in stripped if len(each) >= _SHORTEST))
    return _LONG.sub(HIDDEN, redact_addresses(text))


def facts_without(facts: object, secrets: Iterable[str]) -> object:
    """`facts`, which are such as JSON takes, with `without` applied to each text; keys and numbers stay."""
    known = list(secrets)
    match facts:
        case dict():
            return {key: facts_without(value, known) for key, value in facts.items()}
        case list() | tuple():
            return [facts_without(value, known) for value in facts]
        case str():
            return without(facts, known)
    return facts


def lines_without(text: str, secrets: Iterable[str]) -> str:
    """A log, of which nobody knows what stands in it, with `without` applied and more.

    Left out besides: lines of an event or an alarm, who did something, and whatever has a telling name.
    """
    kept = [line for line in text.splitlines() if not _EVENT.search(line)]
    text = without(_WHO.sub(rf"\1={HIDDEN}", "\n".join(kept)), secrets)
    return _DIGITS.sub(HIDDEN, _VALUE.sub(rf"\1\2{HIDDEN}", text)) + "\n"


def printable(text: str, instead: str = " ") -> str:
    """`text` of a stranger for a terminal or a log: one line, in which nothing is taken for a command."""
    return "".join(sign if sign.isprintable() else instead for sign in text)


def json_text(facts: object) -> str:
    """`facts` as indented JSON, for a program or a terminal.

    Letters of every language stay; what could drive a terminal or turn a line around is an escape.
    """
    text = json.dumps(facts, ensure_ascii=False, indent=1, default=str)
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def shorten(text: str, limit: int = SHOWN_LENGTH) -> str:
    """`text` cut to `limit` characters, so that a fault stays one line."""
    return text if len(text) <= limit else text[:limit - 3] + "..."


def _scheme(found: str | None) -> str:
    """A scheme is kept only when slashes follow: in `admin:secret@host` it is the user's name."""
    return found if found and found.endswith("/") else ""
