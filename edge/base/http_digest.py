"""Digest access authentication (RFC 7616), of HTTP and of RTSP, which has the same. Pure.

MD5 is what nearly every camera asks for; where one offers SHA-256 as well, that is taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

_MAX_LENGTH = 4096          # of a challenge
_MAX_CHALLENGES = 8
# A name begins where a word does: without that, a long word is searched from each of its letters.
_PAIR = re.compile(r"(?<![\w-])([\w-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,]*))")
_NEXT_SCHEME = re.compile(r",\s*(?=[A-Za-z-]+\s+[\w-]+\s*=)")


def _hashed(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


_ALGORITHMS = {"SHA-256": _hashed("sha256"), "MD5": _hashed("md5")}         # the better one first


@dataclass(frozen=True, slots=True)
class DigestChallenge:
    """What a server asks for; the texts are as it wrote them."""

    realm: str
    nonce: str
    algorithm: str              # SHA-256 or MD5
    session: bool = False       # "-sess": the hash of the password holds the nonces, too
    opaque: str | None = None
    has_qop: bool = False       # quality of protection "auth"; without, it is the older RFC 2069
    stale: bool = False         # only the nonce was too old


@dataclass(frozen=True, slots=True)
class DigestUser:
    name: str
    password: str = field(repr=False)


def challenge_of(headers: Iterable[str]) -> DigestChallenge | None:
    """The best challenge in the WWW-Authenticate headers that we can answer; None where there is none."""
    found = [challenge for header in islice(headers, _MAX_CHALLENGES)
             for part in _NEXT_SCHEME.split(header[:_MAX_LENGTH])
             if (challenge := _parsed(part)) is not None]
    order = list(_ALGORITHMS)
    return min(found, key=lambda it: order.index(it.algorithm), default=None)


def _parsed(text: str) -> DigestChallenge | None:
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    told = {name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
            for name, quoted, bare in _PAIR.findall(rest)}
    algorithm = told.get("algorithm", "MD5").upper()
    qops = {each.strip().lower() for each in told.get("qop", "").split(",")} - {""}
    base = algorithm.removesuffix("-SESS")
    if base not in _ALGORITHMS or not told.get("nonce") or (qops and "auth" not in qops):
        return None
    return DigestChallenge(told.get("realm", ""), told["nonce"], base, base != algorithm, told.get("opaque"),
                           bool(qops), told.get("stale", "").lower() == "true")


def authorization(challenge: DigestChallenge, user: DigestUser, method: str, uri: str, cnonce: str,
                  count: int = 1) -> str:
    """The value of the Authorization header.

    Args:
        uri: as it stands in the request's first line.
        cnonce: random, of our own, in letters and digits.
        count: of the requests with this nonce, from 1.
    """
    hashed = _ALGORITHMS[challenge.algorithm]
    secret = hashed(f"{user.name}:{challenge.realm}:{user.password}")
    if challenge.session:
        secret = hashed(f"{secret}:{challenge.nonce}:{cnonce}")
    middle = f":{count:08x}:{cnonce}:auth" if challenge.has_qop else ""
    response = hashed(f"{secret}:{challenge.nonce}{middle}:{hashed(f'{method}:{uri}')}")
    algorithm = challenge.algorithm + ("-sess" if challenge.session else "")
    told = {"username": user.name, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri,
            "response": response}
    if challenge.opaque is not None:
        told["opaque"] = challenge.opaque
    if challenge.has_qop or challenge.session:
        told["cnonce"] = cnonce
    quoted = ", ".join(f'{name}="{_escaped(value)}"' for name, value in told.items())
    bare = f", qop=auth, nc={count:08x}" if challenge.has_qop else ""
    return f"Digest {quoted}, algorithm={algorithm}{bare}"


def _escaped(text: str) -> str:
    """Within quotes; nothing in it may end the header's line."""
    return re.sub(r"[\r\n\0]", "", text).replace("\\", "\\\\").replace('"', '\\"')
