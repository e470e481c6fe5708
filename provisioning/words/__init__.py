"""What the technician's tool says: Fluent (https://projectfluent.org), Vietnamese first, English second.

One pair of files a part, e.g. ward.vi.ftl and ward.en.ftl; in faults.*.ftl, what several parts may meet.
"""

from __future__ import annotations

import errno
from functools import cache
from importlib.resources import files

from fluent.runtime import FluentBundle, FluentResource

from edge.base.errors import EdgeError, FatalError, RetryableError

LANGUAGES = ("vi", "en")
_LOGGED = "en"              # also what a log gets of a fault
_FAULTS = "faults"
_WHY = {errno.ENOENT: "missing", errno.EACCES: "denied", errno.EPERM: "denied", errno.EEXIST: "exists",
        errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read-only", errno.EIO: "broken",
        errno.EBUSY: "busy", errno.ENOTDIR: "no-folder", errno.EISDIR: "folder", errno.ENOTEMPTY: "not-empty",
        errno.ENOMEDIUM: "gone", errno.ENODEV: "gone", errno.ENXIO: "gone", errno.ENAMETOOLONG: "long"}


class Words:
    """The texts of one part in one language. Immutable; any thread."""

    def __init__(self, language: str, part: str) -> None:
        self.language, self._bundle = language, _bundle(language, part)

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key`; an OSError or ToldError among `values` is told in the same language.

        KeyError, ValueError: our own bug, and a test looks for it.
        """
        if not self._bundle.has_message(key):
            raise KeyError(key)
        pattern = self._bundle.get_message(key).value
        told = {name: self._told(value) for name, value in values.items()}
        text, errors = self._bundle.format_pattern(pattern, told) if pattern else ("", [])
        if errors or not pattern:
            raise ValueError(f"{self.language}: {key}: {errors}")
        return str(text)

    def _told(self, value: object) -> object:
        if isinstance(value, ToldError | ToldRetryableError):
            return value.said(self.language)
        if isinstance(value, OSError):
            key = _WHY.get(value.errno or 0)
            return Words(self.language, _FAULTS)(f"why-{key}") if key else value.strerror or ""
        return value


class ToldError(FatalError):
    """What somebody at the terminal meets: said in the language of --lang, and in English in a log."""

    def __init__(self, key: str, exit_code: int, **values: object) -> None:
        super().__init__(Words(_LOGGED, _FAULTS)(key, **values), exit_code)
        self.key, self.values = key, values

    def said(self, language: str) -> str:
        return Words(language, _FAULTS)(self.key, **self.values)


class ToldRetryableError(RetryableError):
    """As ToldError, for what may go better the next time."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(Words(_LOGGED, _FAULTS)(key, **values))
        self.key, self.values = key, values

    def said(self, language: str) -> str:
        return Words(language, _FAULTS)(self.key, **self.values)


def said(fault: EdgeError, language: str) -> str:
    """In `language`, where its words are there."""
    return fault.said(language) if isinstance(fault, ToldError | ToldRetryableError) else str(fault)


@cache
def _bundle(language: str, part: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(source(language, part)))
    return bundle


def source(language: str, part: str) -> str:
    """The text of one file."""
    return (files("provisioning.words") / f"{part}.{language}.ftl").read_text(encoding="utf-8")
