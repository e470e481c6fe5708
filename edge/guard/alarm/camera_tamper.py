"""What a camera's state sets off: held against guard's own config, whatever watch says.

Watch says with each beat how its cameras are. One that comes into a state for which its config names an alarm
raises it once, armed or not, as the box's own lid does. A guard that starts takes what it hears first for
known: a restart raises nothing. Each camera has its own limit, so that one that flaps, or is made to, takes
nothing from the others; all together have another, which bounds what a taken-over watch can do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from edge.base.errors import RetryableError
from edge.base.limiter import Flow, Limiter
from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraHealthSettings, CameraSettings
from edge.contract.messages import AlarmCause, AlarmMode, CameraState
from edge.guard.alarm.exchange import Exchange
from edge.ipc.panel import Actor, Raise

log = logging.getLogger("alarm")

AT_ONCE, EVERY_S = 3, 120.0         # of one camera so many alarms at once, and one more so often
ALL_AT_ONCE, ALL_EVERY_S = 16, 40.0         # of all: three cameras that never rest leave half of it
_ANSWER_WITHIN_S = 5.0


class CameraTamper:
    """Any thread."""

    def __init__(self, cameras: Mapping[str, CameraSettings], exchange: Exchange) -> None:
        self._health = {name: camera.health for name, camera in cameras.items() if camera.health.alarm}
        self._exchange = exchange
        self._known: dict[str, CameraState] = {}
        self._mutex = threading.Lock()
        self._own, self._all = Limiter(AT_ONCE, EVERY_S), Flow(ALL_AT_ONCE, ALL_EVERY_S)

    def heard(self, states: Mapping[str, CameraState]) -> None:
        """How the cameras are now. Raises RetryableError: the alarm does not answer."""
        with self._mutex:
            for name in self._health.keys() & states.keys():
                state, before = states[name], self._known.get(name)
                if begins(self._health[name], before, state):
                    self._raise(name, state)
                self._known[name] = state

    def _raise(self, name: str, state: CameraState) -> None:
        if not self._takes(name, time.monotonic()):
            log.error("alarm not raised, too many of cameras: camera=%s state=%s", name, state)
            return
        wish = self._health[name].alarm
        assert wish is not None
        request = Raise(Actor(AlarmCause.TAMPER, f"{name}/{state}"), AlarmMode(wish.value))
        if self._exchange.ask(request, _ANSWER_WITHIN_S) is None:
            raise RetryableError("the alarm does not answer")

    def _takes(self, name: str, now_s: float) -> bool:
        """Whether one more may be raised, which counts; what its own limit refuses costs others nothing."""
        now_ns = round(now_s * NS_PER_S)
        if self._own.wait_s(name, now_ns) or self._all.take(now_s):
            return False
        self._own.count(name, now_ns)
        return True


def begins(health: CameraHealthSettings, before: CameraState | None, state: CameraState) -> bool:
    """Whether `state` is one to tell of and the one `before` was not. Pure."""
    return before is not None and state in health.states and before not in health.states
