"""Take out of a text what must not leave the box. Pure; rather too much than too little."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edge.config.redact import HIDDEN

_PEM = re.compile(r"-----BEGIN [^-]*-----.*?(-----END [^-]*-----|\Z)", re.DOTALL)
_ADDRESS = re.compile(r"(\w+://)[^/@\s]*@")
_VALUE = re.compile(r"\b(\w*(?:pass|pwd|psw|psk|secret|token|credential|code|pin|key)\w*)(\"?\s*[=:]\s*)"
                    r"(\"[^\"]*\"|'[^']*'|[^\s&,;]+)", re.IGNORECASE)
_WHO = re.compile(r"\b(by|name|who|issuer|label|subject)=(\"[^\"]*\"|\S+)")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{24,}")       # keys, tokens, hashes, ids of events
_DIGITS = re.compile(r"(?<![\d.])\d{6,}(?![\d.])")          # members' codes
_EVENT = re.compile(r"\b(event|record|alarm|command)s? (stored|of|obeyed|refused|raised|joined|escalated|"
                    r"silenced|ended)\b")
_SHORTEST = 2           # a name of one letter would take every such letter out of the text


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, whatever case they are written in, keys, tokens and addresses' passwords."""
    text = _PEM.sub(HIDDEN, text)
    stripped = {each.strip() for each in secrets}
    known = sorted((each for each in stripped if len(each) >= _SHORTEST), key=len, reverse=True)
    if known:
        text = re.sub("|".join(map(re.escape, known)), HIDDEN, text, flags=re.IGNORECASE)
    return _LONG.sub(HIDDEN, _ADDRESS.sub(rf"\1{HIDDEN}@", text))


def facts_without(facts: object, secrets: Iterable[str]) -> object:
    """As `without`, of each text in what JSON takes; keys and numbers stay."""
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
    """As `without`, of a log, of which nobody knows what stands in it.

    What an event or an alarm was about is left out, and who did it, and whatever has a telling name.
    """
    kept = [line for line in text.splitlines() if not _EVENT.search(line)]
    text = without(_WHO.sub(rf"\1={HIDDEN}", "\n".join(kept)), secrets)
    return _DIGITS.sub(HIDDEN, _VALUE.sub(rf"\1\2{HIDDEN}", text)) + "\n"
