"""A stand-in for uplink, which takes guard's records or is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.base.errors import RetryableError
from edge.journal.entry import Entry, OpenEvent, Present


class Notes:
    """Takes records, and refuses the next `refusals` times."""

    def __init__(self, refusals: int = 0) -> None:
        self.entries: list[Entry] = []
        self.refusals = refusals

    def append_all(self, entries: Sequence[Entry]) -> list[int]:
        if self.refusals:
            self.refusals -= 1
            raise RetryableError("uplink is away")
        self.entries += entries
        return [1] * len(entries)

    def count_all(self, counts: Mapping[str, int]) -> None: ...

    def open_events(self) -> list[OpenEvent]:
        return []

    def said_last(self, topic: str) -> Present | None:
        return None
