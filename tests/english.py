"""English among Vietnamese: what a reader of the one trips over in a sentence of the other."""

from __future__ import annotations

import re

# Common words that are none in Vietnamese without its accents, as "to", "in" or "no" are.
_WORDS = re.compile(
    r"\b(the|is|are|was|were|has|have|had|not|cannot|of|and|or|with|without|from|its|it|this|that|these|which|whether|"
    r"where|when|while|who|whose|check|connection|refused|failed|failure|timeout|timed|already|nobody|another|"
    r"answer|answers|denied|such|directory|missing|broken|unknown|invalid|unable|wrong|only|after|before|until)\b",
    re.IGNORECASE)
# What is the same in both: commands and options, paths, addresses, quotes, names of keys, of units.
_NAMES = re.compile(
    r"`[^`]*`|“[^”]*”|\"[^\"]*\"|\bedgebox(?:-[a-z]+)?(?: [a-z-]+)*|--[a-z-]+|[\w.-]*[/_.=][\w./:=-]*|"
    r"\{[^{}]*\}|\{ \$\w+ ->|\b(?:sudo|apt install|systemctl) [\w .-]+|\b(?:systemd-\w+)")


def english_in(text: str) -> list[str]:
    """The English words of `text` that are none of the names in it."""
    return [found.group() for found in _WORDS.finditer(_NAMES.sub(" ", text))]
