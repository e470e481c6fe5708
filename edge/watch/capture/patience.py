"""How long to wait before a camera is opened again, by what was wrong with it.

Three kinds of faults: a cable or a switch comes back by itself, and somebody waits beside it; a setting has
to be changed by hand; and a login that was refused is not tried again in a hurry, as cameras lock an account
after a few wrong passwords, for everybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from edge.base.backoff import Backoff
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.watch.capture.address import CameraFault

SOON_S = 3.0                    # the longest pause for what may heal by itself
BY_HAND_S = 30.0                # where a setting is wrong, in the camera or in the config
LOGIN_S = 900.0                 # unless another password is there
STEADY_S = 30.0                 # a camera that worked this long is retried soon again
_LOOK_S = 1.0                   # how often a password file is looked at, while a login is refused
_FLAPS, _FLAPPING_S = 3, 10.0   # after so many shorter turns it is left alone for longer

LOGINS = frozenset({CameraFault.LOGIN, CameraFault.LOGIN_KIND, CameraFault.BASIC})
_BY_HAND = frozenset({CameraFault.FORBIDDEN, CameraFault.NO_STREAM, CameraFault.NOT_VIDEO,
                      CameraFault.TOO_SMALL, CameraFault.REDIRECTED, CameraFault.TRANSPORT,
                      CameraFault.BAD_REQUEST, CameraFault.OTHER})


class CameraPatience:
    """For one camera. Not thread-safe."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or Backoff(first_s=0.5, cap_s=BY_HAND_S)
        self._flaps = 0

    @property
    def attempts(self) -> int:
        """Since it last worked for long."""
        return self._backoff.attempts

    def pause_s(self, fault: CameraFault, worked_s: float | None) -> float:
        """How long to wait now.

        Args:
            worked_s: how long it gave pictures before; None where it gave none.
        """
        if worked_s is not None:
            self._flaps += 1
            if worked_s >= STEADY_S:
                self._flaps = 0
                self._backoff.reset()
        pause_s = self._backoff.next_s()
        if fault in LOGINS:
            return LOGIN_S
        return min(pause_s, self._cap_s(fault))

    def _cap_s(self, fault: CameraFault) -> float:
        if fault in _BY_HAND:
            return BY_HAND_S
        return _FLAPPING_S if self._flaps > _FLAPS else SOON_S


def wait_to_reopen(fault: CameraFault, pause_s: float, password_file: Path | None, stop: threading.Event,
                   clock: Callable[[], int]) -> None:
    """Wait so long, or until `stop`; after a refused login also until another password is there."""
    if fault not in LOGINS:
        stop.wait(pause_s)
        return
    until_ns, before = clock() + round(pause_s * NS_PER_S), _content(password_file)
    while clock() < until_ns and not stop.wait(_LOOK_S):
        beat()
        if _content(password_file) != before:
            return


def _content(file: Path | None) -> bytes | None:
    """For comparing alone; None where nothing can be read."""
    try:
        return file.read_bytes() if file else None
    except OSError:
        return None
