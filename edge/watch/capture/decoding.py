"""Which of a camera's packets are decoded, while nothing moves and while something does. Pure.

Wanted: a still picture costs next to nothing, and nothing of what comes in is lost. Decoding is most of the
cost, key frames are a tenth of it, and the deblocking filter a quarter. So while nothing moves

- a camera that may be late is decoded by its key frames alone (*sparse*). One of them is glanced at; where
  something moves in it, the interval that led to it is decoded and looked at after all, from the beginning;
- every other is decoded whole, but without the filter (*light*): the gate does not need it, evidence does.
  Such pictures drift, since each is made of the one before it: where the gate cannot tell drift from motion,
  the interval is decoded anew, with the filter.

Assumed: a key frame needs nothing before it. Cannot: see what comes and goes between two key frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edge.base.values import NS_PER_S

GLANCE_NS = NS_PER_S // 2               # between two glances, where key frames come more often
_SOON_NS = GLANCE_NS + NS_PER_S // 20   # key frames so close together are seen as soon as anything is
_NEAR_NS = NS_PER_S // 4               # what the next key frame tells so soon need not be decoded anew
_TURN_NS = GLANCE_NS - NS_PER_S // 20   # for what comes a little early
KEPT_BYTES, KEPT_PACKETS = 8 << 20, 600     # of one interval; a longer one is seen from its end on


class Coded(Protocol):
    """What is to be known of a packet."""

    @property
    def is_key(self) -> bool: ...
    @property
    def bytes(self) -> int: ...
    @property
    def mono_ns(self) -> int: ...


P = TypeVar("P", bound=Coded)


@dataclass(frozen=True, slots=True)
class DecodeStep(Generic[P]):
    """One packet to decode now."""

    packet: P
    light: bool = False         # without the filter
    glance: bool = False        # by itself: neither those before it nor those after it are decoded with it


class DecodingPlan(Generic[P]):
    """The plan for one opening of one camera. Not thread-safe."""

    def __init__(self, *, relaxed: bool) -> None:
        """`relaxed`: what comes in may be seen one interval between key frames late."""
        self._relaxed = relaxed
        self._before: list[P] = []          # the whole interval before this one, or nothing
        self._since: list[P] = []           # this one, from its key frame on, or nothing
        self._bytes = 0                     # of it
        self._key_ns: int | None = None
        self._interval_ns: int | None = None
        self._glanced_ns: int | None = None
        self._follows = False               # the decoder has all of this interval so far
        self._light = False                 # and has decoded it without the filter

    def take(self, packet: P, *, awake: bool, filters: bool = False) -> Sequence[DecodeStep[P]]:
        """What to decode now that `packet` came; nothing, or an interval that was kept and all of it.

        `filters`: this interval is wanted with the filter, also what was decoded without it. Not where it is
        too long to be kept, or nearly over.
        """
        if packet.is_key:
            self._begin(packet)
        self._keep(packet)
        if filters and self._can_filter(packet):
            self._follows, awake = False, True
        if not awake and self._is_sparse(packet):
            self._follows = False
            return self._glance(packet)
        if packet.is_key:
            self._follows, self._light = True, not awake
        elif not self._follows:             # amid an interval: woken, or the next key frame is overdue
            self._follows, self._light = bool(self._since), not awake
            return [DecodeStep(each, self._light) for each in self._since]
        return [DecodeStep(packet, self._light)]

    def rewind(self) -> Sequence[DecodeStep[P]]:
        """Something moves in what was glanced at: all that led to it, and it once more."""
        self._follows, self._light = True, False
        return [DecodeStep(each) for each in (*self._before, *self._since)]

    def _can_filter(self, packet: P) -> bool:
        if packet.is_key or self._key_ns is None or not (self._light and self._since):
            return False
        since_ns = packet.mono_ns - self._key_ns
        return self._interval_ns is None or not 0 <= self._interval_ns - since_ns <= _NEAR_NS

    def _is_sparse(self, packet: P) -> bool:
        """Whether key frames are enough. What came soon once says nothing of the next: many an encoder puts
        one in where the scene changes, so a prompt camera waits for it no longer than that.
        """
        if self._relaxed or self._key_ns is None or self._interval_ns is None:
            return self._relaxed
        return self._interval_ns <= _SOON_NS and packet.mono_ns - self._key_ns <= _SOON_NS

    def _begin(self, key: P) -> None:
        if self._key_ns is not None:
            self._interval_ns = key.mono_ns - self._key_ns
        self._key_ns = key.mono_ns
        self._before, self._since, self._bytes = self._since, [], 0

    def _keep(self, packet: P) -> None:
        if not packet.is_key and not self._since:
            return                          # too long to be kept, or joined in its midst
        self._since.append(packet)
        self._bytes += packet.bytes
        if self._bytes > KEPT_BYTES or len(self._since) > KEPT_PACKETS:
            self._since = []

    def _glance(self, packet: P) -> Sequence[DecodeStep[P]]:
        if not packet.is_key:
            return []
        if self._glanced_ns is not None and 0 <= packet.mono_ns - self._glanced_ns < _TURN_NS:
            return []
        self._glanced_ns = packet.mono_ns
        return [DecodeStep(packet, light=True, glance=True)]
