"""What a recording turned out to be: whole, or cut short, with holes, or another from somewhere on. Pure.

A player shows what it can and says nothing; who judges by a recording must know what was not in it.
"""

from __future__ import annotations

from collections.abc import Sequence

MIN_HOLE_S = 2.0            # less is a stutter
_MIN_HOLE_PERIODS = 5       # of a recording with a picture every few seconds
_MAX_REORDERED = 16         # packets that a decoder keeps before it gives the first picture of them
_SHORT_S, _SHORT_RATIO = 2.0, 0.05      # sound may go on a little after the last picture
_MAX_SIZES = 4              # that are named

Span = tuple[float, float]  # from when on, and how long, seconds
Size = tuple[int, int]      # width, height


class Course:
    """Follows one recording from its first packet to its end."""

    def __init__(self, period_s: float, told_s: float | None) -> None:
        """
        Args:
            period_s: from one picture to the next, as the recording tells.
            told_s: how long it says that it is; None where it does not say.
        """
        self._period_s, self._told_s = period_s, told_s
        self._end_s = 0.0               # of the last picture
        self._run = 0                   # packets since the last picture
        self._blind: list[Span] = []    # when nothing could be decoded
        self._holes: list[Span] = []    # when there was no picture
        self._cuts: list[float] = []    # when the time stamps began anew
        self._sizes: list[tuple[float, Size]] = []      # each from when on

    def packet(self, pictures: int) -> None:
        """One packet was decoded into so many good pictures."""
        self._run = 0 if pictures else self._run + 1
        if self._run > _MAX_REORDERED:
            if self._run == _MAX_REORDERED + 1:
                self._blind.append((self._end_s, 0.0))
            self._blind[-1] = (self._blind[-1][0], self._run * self._period_s)

    def picture(self, media_s: float, size: Size, cut: bool = False) -> None:
        """A picture lies at `media_s`, increasing, and is so large; with `cut` another recording begins."""
        hole_s = media_s - self._end_s
        if cut:
            self._cuts.append(media_s)
        elif hole_s > max(MIN_HOLE_S, _MIN_HOLE_PERIODS * self._period_s):
            self._holes.append((self._end_s, hole_s))
        if not self._sizes or self._sizes[-1][1] != size:
            self._sizes.append((media_s, size))
        self._end_s = media_s + self._period_s

    def faults(self) -> list[str]:
        """What is missing of it, one line each; nothing of a whole one."""
        lines, end_s = [], self._end_s + self._blind_at_first_s()
        if self._told_s is not None and self._told_s - end_s > max(_SHORT_S, _SHORT_RATIO * self._told_s):
            lines.append(f"it ends at {end_s:.1f} s of {self._told_s:.1f} s: it was cut short or is damaged; "
                         "what came before was analysed")
        blind_to_the_end = self._run > _MAX_REORDERED
        passing = self._blind[:-1] if blind_to_the_end else self._blind
        if passing:
            lines.append(f"nothing can be decoded for {_places(passing)}: it is damaged there, or begins "
                         "without a key frame; the rest was analysed")
        if blind_to_the_end:
            lines.append(f"nothing from {self._blind[-1][0]:.1f} s on can be decoded: it is damaged, or its "
                         "codec changes there; what came before was analysed")
        return lines

    def remarks(self) -> list[str]:
        """What is uncommon about it, though nothing is missing."""
        unrecorded = [hole for hole in self._holes if not self._is_blind_at(hole[0])]
        lines = [f"nothing was recorded for {_places(unrecorded)}"] if unrecorded else []
        if self._cuts:
            lines.append(f"{len(self._cuts) + 1} recordings were put together, the second from "
                         f"{self._cuts[0]:.1f} s on")
        if len(self._sizes) > 1:
            named = [f"{width}x{height} from {at_s:.1f} s on"
                     for at_s, (width, height) in self._sizes[:_MAX_SIZES]]
            more = ["..."] if len(self._sizes) > _MAX_SIZES else []
            lines.append(f"its pictures change their size: {', '.join(named + more)}")
        return lines

    def _blind_at_first_s(self) -> float:
        """What media time, which begins with the first picture, does not know of."""
        return self._blind[0][1] if self._blind and self._blind[0][0] == 0 else 0.0

    def _is_blind_at(self, at_s: float) -> bool:
        """A recording is read a picture ahead, so a blind span is known from one picture before."""
        return any(abs(at_s - from_s) <= 2 * self._period_s for from_s, _ in self._blind)


def _places(spans: Sequence[Span]) -> str:
    """`(12.0, 4.0)` as "4.0 s from 12.0 s on"; of several, how long in all and where the first is."""
    total_s = sum(length_s for _, length_s in spans)
    if len(spans) == 1:
        return f"{total_s:.1f} s from {spans[0][0]:.1f} s on"
    return f"{total_s:.1f} s in {len(spans)} places, the first at {spans[0][0]:.1f} s"
