"""What rules ask of the alarm: each wish is held against guard's own config, whatever watch says.

Watch may have been taken over. A rule may raise what its config lets it, as severe as that says, in events
that guard has not heard of; the machine refuses what is disarmed, too soon or too often. Beyond that wishes
are bounded in number: what comes of each is a record that is never shed. A wish that came before, after a
lost answer, is one alarm.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

from edge.base import clock
from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.findings import Finding, Kind, State
from edge.base.limiter import Flow
from edge.base.limits import WISH_MAX_AGE_S
from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.contract.messages import AlarmCause, AlarmMode
from edge.guard.alarm.exchange import Exchange, Failed, Stale
from edge.ipc.messages import Done, Message, Refused
from edge.ipc.panel import Actor, Raise
from edge.ipc.watch_guard import Wish

log = logging.getLogger("alarm")

AT_ONCE, EVERY_S = 120, 10.0        # so many wishes at once, and one more so often
_REMEMBERED = 1024                  # events; older wishes are stale
_MAX_AGE_NS = round(WISH_MAX_AGE_S * NS_PER_S)
_ANSWER_WITHIN_S = 5.0


def breach(wish: Wish, cameras: Mapping[str, CameraSettings]) -> str | None:
    """Why guard's config does not let `wish` come about; None where it does. Pure."""
    camera = cameras.get(wish.camera)
    rule = None if camera is None else camera.rules.get(wish.rule)
    if rule is None:
        return f"there is no rule {wish.camera}/{wish.rule}"
    if rule.alarm is not wish.mode:
        return f"rule {wish.camera}/{wish.rule} may not raise {wish.mode.value}"
    if rule.severity is not wish.severity:
        return f"events of rule {wish.camera}/{wish.rule} are not of severity {wish.severity.value}"
    return None


def asked_by(wish: Wish, now: Stamp) -> Raise | Stale:
    """What `wish` is at this moment: a call for an alarm, or too old for one. Pure."""
    actor, mode = Actor(AlarmCause.RULE, f"{wish.camera}/{wish.rule}"), AlarmMode(wish.mode.value)
    if wish.boot_id != now.boot_id or not 0 <= now.mono_ns - wish.mono_ns <= _MAX_AGE_NS:
        return Stale(actor, mode, wish.event_id)
    return Raise(actor, mode, severity=wish.severity, event_id=wish.event_id, request_id=wish.event_id)


class WishDesk:
    """Judges wishes and asks the alarm. Any thread."""

    def __init__(self, cameras: Mapping[str, CameraSettings], exchange: Exchange) -> None:
        self._cameras, self._exchange = cameras, exchange
        self._mutex = threading.Lock()
        self._answered: OrderedDict[str, Wish] = OrderedDict()      # by event
        self._pace = Flow(AT_ONCE, EVERY_S)
        self.refused = 0

    def answer(self, wish: Wish) -> Message:
        """Raises RetryableError: the alarm's thread did not take it in time."""
        with self._mutex:
            before = self._answered.get(wish.event_id)
        if before == wish:
            return Done()
        why = "its event asked for something else before" if before else breach(wish, self._cameras)
        if why is None and self._pace.take(time.monotonic()):
            why = "too many wishes"
        if why is not None:
            return self._refuse(wish, why)
        if self._exchange.ask(asked_by(wish, clock.now()), _ANSWER_WITHIN_S) is None:
            raise RetryableError("the alarm does not answer")
        with self._mutex:
            self._answered[wish.event_id] = wish
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return Done()

    def _refuse(self, wish: Wish, why: str) -> Message:
        """The ward is told once, by the panel's faults: such a flood shall fill no card."""
        with self._mutex:
            self.refused += 1
            count = self.refused
        if count == 1:
            self._exchange.put(Failed("watch", Finding(Kind.BOX, "", State.WARN, "wish-refused")))
        if count & (count - 1) == 0:        # the first, second, fourth...
            log.error("wish refused: event=%s error=\"%s\" refused=%d", wish.event_id, why, count)
        return Refused(why=why)
