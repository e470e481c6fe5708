"""When the motion gate need not look: while it is open anyway."""

from __future__ import annotations

from edge.capture.gate import MotionGate
from edge.config.camera_model import MotionSettings
from edge.values import NS_PER_S, Frame

_MAX_REST_NS = NS_PER_S // 2    # the gate learns from looks: at 1 s, what parks is motion for 9 s more
_MAX_FOLLOWED_REST_NS = 2 * NS_PER_S
_FOLLOWED_NS = NS_PER_S         # what moved less than this ago moves still


class RestingGate:
    """A motion gate that stays open anyway after motion, and so need not look at every frame of it.

    After motion frames pass unseen for half of `hold_s`, 0.5 s at most; and for `hold_s`, 2 s at most,
    while the tracker tells that something goes on moving. Motion may end in that time, so the gate is
    open for `hold_s` from the next look on. One capture thread.
    """

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._gate = MotionGate(settings)
        self._size: tuple[int, int] | None = None
        self._hold_ns = round(settings.hold_s * NS_PER_S)
        self._rests = False            # moved when it looked last
        self._looked_ns = self._open_until_ns = 0

    def passes(self, frame: Frame, stirred_ns: int | None) -> bool:
        """Whether the frame is worth inference. A camera that changes its resolution gets a new background.

        Args:
            stirred_ns: when the tracker last saw something move, pipeline time; None never.
        """
        now_ns, size = frame.mono_ns, (frame.width, frame.height)
        if size != self._size:
            self._gate, self._size, self._rests = MotionGate(self._settings), size, False
        followed = stirred_ns is not None and now_ns - stirred_ns < _FOLLOWED_NS
        rest_ns = (min(self._hold_ns, _MAX_FOLLOWED_REST_NS) if followed else
                   min(self._hold_ns // 2, _MAX_REST_NS))
        if self._rests and now_ns - self._looked_ns < rest_ns:
            return True
        motion = self._gate.look(frame.luma, now_ns)
        if self._rests:
            self._open_until_ns = now_ns + self._hold_ns
        self._rests, self._looked_ns = motion.moved, now_ns
        return motion.passes or now_ns <= self._open_until_ns
