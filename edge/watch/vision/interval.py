"""How often pictures usually come, so that a hole can be told from a slow camera."""

from __future__ import annotations

from collections import deque
from statistics import median_low

_REMEMBERED = 9             # gaps: a hole or two among them do not move their median
_HOLE_FACTOR = 2.5          # a gap of so many usual ones is a hole, if it is longer than patience, too


class UsualInterval:
    """A running median of the time between pictures. Not thread-safe."""

    def __init__(self) -> None:
        self._gaps_ns: deque[int] = deque(maxlen=_REMEMBERED)

    def note(self, gap_ns: int) -> None:
        """One more picture came, `gap_ns` > 0 after the one before."""
        self._gaps_ns.append(gap_ns)

    def is_hole(self, gap_ns: int, patience_ns: int) -> bool:
        """Whether nobody can know what happened in `gap_ns`, judged by the gaps noted before.

        A camera that always takes longer than `patience_ns` from picture to picture has no hole by that.
        """
        usual_ns = median_low(self._gaps_ns) if self._gaps_ns else 0
        return gap_ns > max(patience_ns, _HOLE_FACTOR * usual_ns)
