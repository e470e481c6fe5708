"""What the technician's tool says: Fluent (https://projectfluent.org), Vietnamese first, English second.

One pair of files a part, e.g. ward.vi.ftl and ward.en.ftl.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = ("vi", "en")


class Words:
    """The texts of one part in one language. Immutable; any thread."""

    def __init__(self, language: str, part: str) -> None:
        self.language, self._bundle = language, _bundle(language, part)

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key`. KeyError, ValueError: our own bug, and a test looks for it."""
        if not self._bundle.has_message(key):
            raise KeyError(key)
        pattern = self._bundle.get_message(key).value
        text, errors = self._bundle.format_pattern(pattern, values) if pattern else ("", [])
        if errors or not pattern:
            raise ValueError(f"{self.language}: {key}: {errors}")
        return str(text)


@cache
def _bundle(language: str, part: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(source(language, part)))
    return bundle


def source(language: str, part: str) -> str:
    """The text of one file."""
    return (files("provisioning.words") / f"{part}.{language}.ftl").read_text(encoding="utf-8")
