"""When phones were last seen, kept in memory until it is worth a write to the card."""

from __future__ import annotations

import threading
from datetime import datetime

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S

WRITE_EVERY_S = 3600.0


class PhonesSeen:
    """Notes every sight of a phone, and hands on at most one an hour for each. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written_ns: dict[str, int] = {}
        self._pending: dict[str, datetime] = {}

    def note(self, phone_id: str, at: Stamp) -> None:
        with self._lock:
            written_ns = self._written_ns.get(phone_id)
            if written_ns is None or at.mono_ns - written_ns >= WRITE_EVERY_S * NS_PER_S:
                self._pending[phone_id] = at.utc

    def due(self, at: Stamp) -> list[tuple[str, datetime]]:
        """Phone and time of what is to be written now; counted as written from here on."""
        with self._lock:
            due, self._pending = [*self._pending.items()], {}
            self._written_ns.update((phone_id, at.mono_ns) for phone_id, _ in due)
        return due
