"""One request: who sent it, in which language it is answered, and what came with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from edge.base.words import LANGUAGES, Text, Words
from edge.members.values import Member, MemberRole, PhoneSession
from edge.page.language import page_words, preferred

CREDENTIAL = "__Host-edgebox"
LANGUAGE = "__Host-language"
VIEW = "__Host-view"
_MAX_FIELDS = 12
_MAX_CREDENTIAL = 200         # characters; ours have 43


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request whose body was read and whose sender was looked up."""

    request: Request
    session: PhoneSession | None
    words: Words
    sun: bool
    form: Mapping[str, str]

    @property
    def member(self) -> Member:
        """The member whose phone was let in."""
        assert self.session is not None
        return self.session.member

    @property
    def credential(self) -> str:
        """What guard is asked with."""
        return credential_of(self.request)

    @property
    def is_keeper(self) -> bool:
        return self.session is not None and self.session.member.role is not MemberRole.MEMBER

    @property
    def wants_json(self) -> bool:
        return self.request.url.path.startswith("/api/") \
            or "application/json" in self.request.headers.get("accept", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an act, to be said in the visitor's language."""

    ok: bool
    text: Text
    status: int = 200
    wait_s: float = 0.0            # before it is worth another try
    call: bool = False             # offer to call 113 instead
    back: str = "/"
    more: Mapping[str, object] = field(default_factory=dict)     # for scripts


def done(key: str, back: str = "/") -> Reply:
    return Reply(True, Text(key), back=back)


def refused(key: str, status: int = 409, back: str = "/", **values: object) -> Reply:
    return Reply(False, Text(key, values), status, back=back)


def credential_of(request: Request) -> str:
    """The phone's credential; "" where it has none, or one that is none of ours."""
    given = request.cookies.get(CREDENTIAL, "")
    return given if len(given) <= _MAX_CREDENTIAL and given.isascii() else ""


def visit_of(request: Request, body: bytes, session: PhoneSession | None) -> RequestContext:
    """`?lang=` and `?view=` go before the cookies that they set."""
    query, cookies = request.query_params, request.cookies
    asked = query.get("lang") or cookies.get(LANGUAGE)
    language = asked if asked in LANGUAGES else preferred(request.headers.get("accept-language", ""))
    sun = (query.get("view") or cookies.get(VIEW)) == "sun"
    return RequestContext(request, session, page_words(language), sun, _fields(request, body))


def _fields(request: Request, body: bytes) -> Mapping[str, str]:
    """Texts by name, of a form or a JSON object; empty where it is neither."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = body.decode("utf-8")
        if kind == "application/json":
            found = json.loads(text)
            return {name: _text(value) for name, value in found.items() if isinstance(value, str)} \
                if isinstance(found, dict) else {}
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except (ValueError, RecursionError):
        return {}


def _text(value: str) -> str:
    """The text without lone surrogates, which JSON can hold and UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode()
