"""The page's texts: Fluent (https://projectfluent.org), Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from fluent.runtime import FluentBundle, FluentResource
from markupsafe import Markup

LANGUAGES = ("vi", "en")
SCRIPT_PREFIX = "js-"          # texts that the scripts put in place


@dataclass(frozen=True, slots=True)
class Text:
    """What to say, in whatever language it is read."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


class Words:
    """The texts of one language. Immutable; any thread."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self.other = next(other for other in LANGUAGES if other != self.language)
        self._bundle = _bundle(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """The text for `key`. KeyError, ValueError: our own bug, and a test looks for it."""
        if not self._bundle.has_message(key):
            raise KeyError(key)
        pattern = self._bundle.get_message(key).value
        text, errors = self._bundle.format_pattern(pattern, values) if pattern else ("", [])
        if errors or not pattern:
            raise ValueError(f"{self.language}: {key}: {errors}")
        return str(text)

    def say(self, text: Text) -> str:
        return self(text.key, **text.values)

    def value(self, prefix: str, name: str) -> str:
        """The word for a value of the contract; one that is newer than we are stays as it is."""
        key = f"{prefix}-{name}"
        return self(key) if self._bundle.has_message(key) else name

    def with_marked(self, key: str, name: str, html: str) -> Markup:
        """The text with `html` where it has the place `name`, the rest escaped."""
        before, after = self(key, **{name: "\0"}).split("\0")
        return Markup("{}{}{}").format(before, Markup(html), after)  # noqa: S704 - `html` is the caller's own

    def of_scripts(self) -> dict[str, str]:
        """Texts for the scripts, by key without prefix; their place is {n}."""
        return {key.removeprefix(SCRIPT_PREFIX): self(key, n="{n}")
                for key in keys(self.language) if key.startswith(SCRIPT_PREFIX)}


def preferred(header: str) -> str:
    """Of LANGUAGES, the one that Accept-Language puts first; the first where it names none."""
    ranked: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in LANGUAGES and weight > 0:
            ranked.append((-weight, language))
    return min(ranked, key=lambda entry: entry[0])[1] if ranked else LANGUAGES[0]


@cache
def source(language: str) -> str:
    return (files("edge.page.words") / f"{language}.ftl").read_text(encoding="utf-8")


@cache
def keys(language: str) -> tuple[str, ...]:
    return tuple(line.split("=")[0].strip() for line in source(language).splitlines()
                 if "=" in line and line[:1].isalpha())


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(source(language)))
    return bundle
