"""What people read, in Vietnamese and English: Fluent catalogues (https://projectfluent.org).

A program has one file a language, such as edge/page/page.vi.ftl, read on top of terms.vi.ftl here. That one
holds what several programs name: states of a camera, kinds of outputs, what members have done. Nothing is
imported or parsed before the first text is asked for, so a program that shows none pays for none.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

LANGUAGES = ("vi", "en")
TERMS = "edge.base.terms"

_WHY = {errno.ENOENT: "missing", errno.EACCES: "denied", errno.EPERM: "denied", errno.EEXIST: "exists",
        errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read-only", errno.EIO: "broken",
        errno.EBUSY: "busy", errno.ENOTDIR: "no-folder", errno.EISDIR: "folder", errno.ENOTEMPTY: "not-empty",
        errno.ENOMEDIUM: "gone", errno.ENODEV: "gone", errno.ENXIO: "gone", errno.ENAMETOOLONG: "long"}
_YES = frozenset({"c", "có", "co", "y", "yes"})
_KEY = re.compile(r"^([a-zA-Z][\w-]*) *=", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """A key and what is filled in: what to say, before it is known in which language."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class Sayable(Protocol):
    """A value that has words of its own, such as a fault that stands within another's sentence."""

    def said(self, language: str) -> str: ...


class Words:
    """The texts of one catalogue in one language. Immutable; any thread."""

    def __init__(self, language: str, catalogue: str) -> None:
        """`language`: one of LANGUAGES, else the first is taken. `catalogue`: a package and a file's name.

        Example: Words("vi", "edge.page.page") reads page.vi.ftl in the folder of edge.page.
        """
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self.other = next(other for other in LANGUAGES if other != self.language)
        self._catalogue = catalogue

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key`, with `values` filled in; among them Texts, OSErrors and Sayables.

        Raises:
            KeyError: there is no such text.
            ValueError: a value is missing. Both are our own bugs, and tests look for them.
        """
        bundle = _bundle(self.language, self._catalogue)
        if not bundle.has_message(key):
            raise KeyError(key)
        pattern = bundle.get_message(key).value
        filled = {name: self._plain(value) for name, value in values.items()}
        text, errors = bundle.format_pattern(pattern, filled) if pattern else ("", [])
        if errors or not pattern:
            raise ValueError(f"{self._catalogue}.{self.language}: {key}: {errors}")
        return str(text)

    def __contains__(self, key: str) -> bool:
        return _bundle(self.language, self._catalogue).has_message(key)

    def say(self, text: Text) -> str:
        return self(text.key, **text.values)

    def value(self, family: str, name: str, otherwise: str | None = None, /, **values: object) -> str:
        """The word for one of a family of values, such as ("camera", "lost").

        For a value that is newer than we are the text for the key `otherwise`; without one it stays as it is.
        """
        key = f"{family}-{name}"
        if key in self:
            return self(key, **values)
        return name if otherwise is None else self(otherwise, **values)

    def _plain(self, value: object) -> object:
        if isinstance(value, Text):
            return self.say(value)
        if isinstance(value, Sayable):
            return value.said(self.language)
        if isinstance(value, OSError):
            why = _WHY.get(value.errno or 0)
            return self(f"why-{why}") if why else value.strerror or str(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return _plain_number(value)         # 1280, not 1,280: it may be a size or a port
        return value if isinstance(value, str | float | date) else str(value)


def capital(text: str) -> str:
    """`text` with its first letter large, as a line begins; the others stay as they are."""
    return text[:1].upper() + text[1:]


def local_time(moment: str) -> str:
    """A time in RFC 3339 as people at the box read it; `moment` itself where it is none."""
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%d/%m/%Y %H:%M")
    except ValueError:
        return moment


def duration(seconds: float, words: Words) -> str:
    """`seconds` in its two largest units, as 23 hours 12 minutes; a day is 24 hours, nothing is 1 second."""
    left, parts = max(1, round(seconds)), []
    for key, size in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1)):
        count = left // size if key != "days" or left > size else 0
        if count:
            parts.append(words(key, n=count))
            left -= count * size
    return " ".join(parts[:2])


def is_yes(answer: str) -> bool:
    """Whether it says yes, in whichever of the languages."""
    return answer.strip().lower() in _YES


def source(language: str, catalogue: str) -> str:
    """The text of one file."""
    package, name = catalogue.rsplit(".", 1)
    return (files(package) / f"{name}.{language}.ftl").read_text(encoding="utf-8")


@cache
def keys(language: str, catalogue: str) -> tuple[str, ...]:
    """All keys of one file, in its order, without parsing it."""
    return tuple(_KEY.findall(source(language, catalogue)))


def _plain_number(value: int) -> object:
    from fluent.runtime.types import fluent_number

    return fluent_number(value, useGrouping=False)


@cache
def _bundle(language: str, catalogue: str) -> FluentBundle:
    from fluent.runtime import FluentBundle, FluentResource  # 0.1 s, for those alone who show a text

    bundle = FluentBundle([language], use_isolating=False)
    for each in dict.fromkeys((TERMS, catalogue)):
        bundle.add_resource(FluentResource(source(language, each)))
    return bundle
