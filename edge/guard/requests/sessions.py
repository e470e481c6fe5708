"""Whose phone a credential is. While the roster's disk is busy, phones that were known remain so."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

from edge.base.errors import RetryableError
from edge.members.roster import Roster
from edge.members.values import PhoneSession

_MAX_KNOWN = 500
_MAX_CREDENTIAL = 200          # characters; ours have 43


class Sessions:
    """Any thread."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._known: OrderedDict[bytes, tuple[int, PhoneSession]] = OrderedDict()  # with the roster's version
        self._lock = Lock()

    def of(self, secret: str) -> PhoneSession | None:
        """None of nobody's and of what was revoked. Raises FatalError where the roster is damaged."""
        if not secret or len(secret) > _MAX_CREDENTIAL:
            return None
        key = _key(secret)
        try:
            version, session = self._roster.version(), self._roster.authenticate(secret)
        except RetryableError:
            with self._lock:
                known = self._known.get(key)
                return None if known is None else known[1]
        with self._lock:
            self._known.pop(key, None)
            if session is not None:
                self._known[key] = version, session
            while len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return session

    def recall(self, secret: str) -> PhoneSession | None:
        """The session as `of` finds it, without a look into a roster that has not changed since the last one.
        """
        with self._lock:
            known = self._known.get(_key(secret))
        try:
            if known is not None and known[0] == self._roster.version():
                return known[1]
        except RetryableError:
            return None if known is None else known[1]
        return self.of(secret)


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
