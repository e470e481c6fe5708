"""What goes wrong at a technician's terminal, as a key and values: worded in their language, or for a log."""

from __future__ import annotations

from edge.base.errors import EdgeError, FatalError, RetryableError
from edge.base.words import Words

CATALOGUE = "provisioning.words.faults"
_LOGGED = "en"              # also what `str` gives


class WordedError(FatalError):
    """Somebody has to do something first. The text for `key` stands in faults.*.ftl."""

    def __init__(self, key: str, exit_code: int, **values: object) -> None:
        super().__init__(Words(_LOGGED, CATALOGUE)(key, **values), exit_code)
        self.key, self.values = key, values

    def said(self, language: str) -> str:
        return Words(language, CATALOGUE)(self.key, **self.values)


class WordedRetryableError(RetryableError):
    """It may go better the next time. The text for `key` stands in faults.*.ftl."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(Words(_LOGGED, CATALOGUE)(key, **values))
        self.key, self.values = key, values

    def said(self, language: str) -> str:
        return Words(language, CATALOGUE)(self.key, **self.values)


def said(fault: EdgeError, language: str) -> str:
    """`fault` in `language` where its words are there, else in English."""
    return fault.said(language) if isinstance(fault, WordedError | WordedRetryableError) else str(fault)
