"""The page's texts: a small catalogue in two languages, Vietnamese first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("vi", "en")


class Words:
    """The texts of one language. Immutable; any thread."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self.other = next(other for other in LANGUAGES if other != self.language)
        self._texts = catalogue()[self.language]

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key` with {places} filled. KeyError: our own bug, and a test looks for it."""
        return self._texts[key].format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """The form of the text for this many of it; with `n` or other places filled."""
        return self._texts[key].split(" | ")[0 if number == 1 else -1].format(**values)

    def value(self, prefix: str, name: str, unknown: str | None = None) -> str:
        """The word for a value of the contract, {places} as they are.

        For a value that is newer than we are the text for the key `unknown`; without one it stays as it is.
        """
        return self._texts.get(f"{prefix}_{name}") or (self._texts[unknown] if unknown else name)


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    texts: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (files("ward.page") / "words.toml").read_text(encoding="utf-8"))
    return texts
