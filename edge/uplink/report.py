"""One line per change of state between the box and the ward. Time comes in as an argument."""

from __future__ import annotations

import logging

from edge.base.mqtt_faults import FaultKind, LinkFault

log = logging.getLogger("deliver")

_SHORT_S = 10.0             # a connection that breaks sooner is no state of its own
_SHORT_LINKS = 3


class Reporter:
    """Knows what was told last. Not thread-safe."""

    def __init__(self, at: str, client_id: str) -> None:
        self._at = at
        self._flapping = LinkFault(
            FaultKind.FLAPPING,
            f"the connection to {at} breaks soon after each start; is another client there with our id "
            f"{client_id!r} (the card of this box cloned, `edgebox guard` run twice)? Otherwise read the "
            "broker's log")
        self._logged: LinkFault | None = None         # the fault of the line that holds, None while connected
        self._away_since_s: float | None = None
        self._here_since_s: float | None = None
        self._how: str | None = None            # a connection that is yet to be told
        self._attempts = self._short = 0
        self._deaf: dict[str, str] = {}         # by topic

    def away(self, fault: LinkFault, retry_s: float, now_s: float) -> None:
        """An attempt failed, or the connection broke."""
        self._attempts += 1
        if self._here_since_s is not None:
            self._short = self._short + 1 if now_s - self._here_since_s < _SHORT_S else 0
            self._here_since_s = self._how = None
            if self._short >= _SHORT_LINKS and fault.kind is not FaultKind.GARBAGE:     # it says why
                fault = self._flapping
        if self._away_since_s is None:
            self._away_since_s = now_s
        if fault != self._logged:
            self._logged = fault
            level = logging.ERROR if fault.needs_someone else logging.WARNING
            log.log(level, "ward away: broker=%s kind=%s error=\"%s\" retry_in_s=%.1f",
                    self._at, fault.kind, fault.text, retry_s)

    def here(self, how: str, now_s: float) -> None:
        """Connected; `how` is told with it. After several short connections, only once it holds."""
        self._here_since_s, self._how = now_s, how
        if self._short < _SHORT_LINKS:
            self._log_here(now_s)

    def still_here(self, now_s: float) -> None:
        """The connection holds."""
        if self._here_since_s is not None and now_s - self._here_since_s >= _SHORT_S:
            self._short = 0
            self._log_here(now_s)

    def hears(self, topic: str, deaf: str) -> None:
        """Why the broker does not let us hear what the ward says on `topic`; "" where it does."""
        if deaf == self._deaf.get(topic, ""):
            return
        self._deaf[topic] = deaf
        if deaf:
            log.error("ward not heard: broker=%s topic=%s reason=\"%s\"; let this box read its own cmd/+ and "
                      "ack in the broker's access list", self._at, topic, deaf)
        else:
            log.info("ward heard again: broker=%s topic=%s", self._at, topic)

    def _log_here(self, now_s: float) -> None:
        if self._how is None:
            return
        down_s = 0.0 if self._away_since_s is None else now_s - self._away_since_s
        log.info("ward connected: broker=%s %s down_s=%.1f attempts=%d",
                 self._at, self._how, down_s, self._attempts)
        self._logged = self._away_since_s = self._how = None
        self._attempts = 0
