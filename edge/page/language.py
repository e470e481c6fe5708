"""Which language a phone reads, and the page's texts in it."""

from __future__ import annotations

from edge.base.words import LANGUAGES, Words, keys

CATALOGUE = "edge.page.page"
SCRIPT_PREFIX = "js-"          # texts that the scripts put in place


def page_words(language: str) -> Words:
    return Words(language, CATALOGUE)


def script_texts(words: Words) -> dict[str, str]:
    """Texts for the scripts, by key without prefix; what is filled in stands as {n}."""
    return {key.removeprefix(SCRIPT_PREFIX): words(key, n="{n}")
            for key in keys(words.language, CATALOGUE) if key.startswith(SCRIPT_PREFIX)}


def preferred(header: str) -> str:
    """The one of LANGUAGES that Accept-Language, `header`, puts first; the first where it names none."""
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
