"""Findings in the reader's language: what each is about, how that is, what was found and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from edge.base.findings import Finding, Kind, State
from edge.base.words import Words, local_time

_CATALOGUE = "edge.base.findings"
_WIRED = ("output", "input")        # families of the terms: what stands in `Finding.what`
# Values that are names of the program, and the family of terms that each is of.
_FAMILIES = {"label": "class", "thing": "class", "state": "camera"}


class FindingWords:
    """The words of one language. Immutable; any thread."""

    def __init__(self, language: str) -> None:
        """`language` is one of `edge.base.words.LANGUAGES`."""
        self._words = Words(language, _CATALOGUE)

    def kind(self, kind: str) -> str:
        """The word for a Kind; one that a newer version knows stays as it is."""
        return self._words.value("kind", kind)

    def title(self, finding: Finding) -> str:
        """What it is about; outputs and inputs are called by what they are."""
        if finding.kind is Kind.CERTIFICATE and f"certificate-{finding.name or 'box'}" in self._words:
            return self._words(f"certificate-{finding.name or 'box'}")
        wired = next((self._words(f"{family}-{finding.what}") for family in _WIRED
                      if f"{family}-{finding.what}" in self._words), self.kind(finding.kind))
        return f"{wired} {finding.name}".rstrip()

    def state(self, state: State) -> str:
        """The word for a state, in capitals where somebody should look: it is seen without colours."""
        word = self._words(f"state-{state}")
        return word if state is State.SKIPPED else word.upper()

    def verdict(self, state: State, counts: Mapping[str, int]) -> str:
        """The whole in a sentence; `counts` has the number of findings by the value of their state."""
        return self._words(f"verdict-{state}", **counts)

    def found(self, finding: Finding) -> str:
        """What was found, one line. Of a code of another version, what that version said of it."""
        found = self._filled("found", "text", finding)
        if not finding.since_utc:
            return found
        return self._words("since-when", found=found, since=local_time(finding.since_utc), n=finding.count)

    def remedy(self, finding: Finding) -> str:
        """What to do about it; "" where nothing is."""
        return self._filled("do", "do", finding)

    def _filled(self, family: str, spare: str, finding: Finding) -> str:
        """Numbers are not formatted, so that a finding reads the same fresh and from a file.

        The value `spare` is what another version said: taken where it knows more than we, or gave less.
        """
        if f"found-{finding.code}" not in self._words:
            return str(finding.values.get(spare, ""))
        if f"{family}-{finding.code}" not in self._words:
            return ""
        values = {name: self._words.value(_FAMILIES[name], str(value)) if name in _FAMILIES else str(value)
                  for name, value in finding.values.items()}
        try:
            return self._words(f"{family}-{finding.code}", **values)
        except ValueError:
            if spare not in values:
                raise
            return values[spare]
