"""What the ward's signed ack lets guard forget: the calls that it names, and only by the receiver's keys.

Uplink brings each ack as it came and may have been taken over: it can withhold one, and no more. An old ack
that is brought again names calls that the ward once signed for, by ids that no other record ever has, so it
is as good as when it was new. An ack's numbers are uplink's matter, and not looked at.

Most acks name no call that is held here. What such a one claims is read unverified, to save the signature's
verification and with it cryptography's 9 MB of locked memory.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from edge.base import clock
from edge.contract.ack import ACK_MAX_BYTES, AckError, read_ack
from edge.contract.messages import rfc3339
from edge.contract.signing import VerifyKey, unambiguous_object

log = logging.getLogger("alarm")


class HeldCalls(Protocol):
    """The ledger, as far as acks are about it."""

    def holds(self, name: str) -> bool: ...

    def acked(self, ids: tuple[str, ...], at_utc: str) -> None: ...


def _utc() -> datetime:
    return clock.now().utc


class WardAcks:
    """Any thread."""

    def __init__(self, box: str, keys: Mapping[str, VerifyKey], calls: HeldCalls,
                 utc: Callable[[], datetime] = _utc) -> None:
        """`box` is this box's root; without `keys` nothing is believed."""
        self._box, self._keys, self._calls, self._utc = box, keys, calls, utc
        self._mutex = threading.Lock()
        self._ignored = 0

    def arrived(self, payload: bytes) -> None:
        """Let the ledger forget what `payload` names, where the ward has signed it."""
        if not any(map(self._calls.holds, _claimed(payload))):
            return
        try:
            ack = read_ack(payload, self._box, self._keys)
        except AckError as exc:
            self._ignore(exc)
            return
        self._calls.acked(ack.calls, rfc3339(self._utc()))

    def _ignore(self, exc: AckError) -> None:
        with self._mutex:
            self._ignored += 1
            count = self._ignored
        if count & (count - 1) == 0:        # the first, second, fourth...: a flood fills no log
            log.warning("%s: reason=%s ignored=%d", exc, exc.refusal, count)


def _claimed(payload: bytes) -> list[str]:
    """Whatever names of calls stand in `payload`, whoever wrote it."""
    document = unambiguous_object(payload) if len(payload) <= ACK_MAX_BYTES else None
    calls = document.get("calls") if document is not None else None
    return [name for name in calls if isinstance(name, str)] if isinstance(calls, list) else []
