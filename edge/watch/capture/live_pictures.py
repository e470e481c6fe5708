"""From a camera's packets to the pictures that are wanted: each stamped as it came, decoded as the plan says.

Where it is late, as after it was stopped or got no CPU, it reads on without decoding until it has caught up
with the camera, and goes on from the newest key frame; where there is none, it decodes without showing.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.stream import VideoStream

from edge.base.values import NS_PER_S
from edge.watch.capture.arrival_clock import ArrivalClock
from edge.watch.capture.decoder import PictureDecoder
from edge.watch.capture.decoding import DecodeStep, DecodingPlan
from edge.watch.capture.packet_ring import OVERHEAD_BYTES
from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.sender_time import SenderTime
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.stamps import LiveTime
from edge.watch.capture.timing import LookPace

log = logging.getLogger("capture")

LATE_NS = NS_PER_S
_CAUGHT_UP_NS = 3 * NS_PER_S // 10
_LATE_BYTES = 8 << 20       # are kept while it catches up
_SURELY_WAITED_NS = NS_PER_S // 50      # more than a busy machine takes for a packet that lay there
_MOST_AHEAD_S = 1.0         # of a picture's place in time before its place in the stream
_IN_FLIGHT = 64             # packets whose pictures may still come


@dataclass(frozen=True, slots=True)
class StampedPacket:
    """One packet and what its picture is stamped with."""

    arrived: ArrivedPacket
    media_s: float
    mono_ns: int
    sent_ns: int | None

    @property
    def is_key(self) -> bool:
        return self.arrived.is_key

    @property
    def bytes(self) -> int:
        return self.arrived.packet.size

    @property
    def is_fresh(self) -> bool:
        """Whether it surely had to be waited for, so that nothing newer lay there."""
        return self.arrived.waited_ns >= _SURELY_WAITED_NS

    @property
    def lag_ns(self) -> int:
        return self.arrived.came_ns - self.mono_ns


class LivePictures:
    """Of one opening of one camera. One thread."""

    def __init__(self, camera_id: str, video: VideoStream, decoder: PictureDecoder, pace: LookPace,
                 stats: CameraStats, on_decoded: Callable[[int, int], None], *, relaxed: bool) -> None:
        """`on_decoded` is told how many good pictures each decoded packet gave, and when that came."""
        self._time_base = time_base = video.time_base or Fraction(1, 90_000)
        self._camera_id, self._pace, self._stats = camera_id, pace, stats
        self._time, self._clock, self._sender = LiveTime(time_base), ArrivalClock(), SenderTime(time_base)
        self._plan: DecodingPlan[StampedPacket] = DecodingPlan(relaxed=relaxed)
        self._decoder, self._on_decoded = decoder, on_decoded
        self._stamps: OrderedDict[int, StampedPacket] = OrderedDict()
        self._rewinds = False
        self._waiting: list[StampedPacket] | None = None        # while it is late
        self._waiting_bytes = 0

    def rewind(self) -> None:
        """What was given last, at a glance, is wanted with all that led to it."""
        self._rewinds = True

    def of(self, packets: Iterable[ArrivedPacket]) -> Iterator[RawPicture]:
        """The pictures that are wanted, the oldest first, but for what `rewind` asks for again."""
        for arrived in packets:
            stamped = self._stamped(arrived)
            self._stats.lag_ms = stamped.lag_ns / 1e6
            for packet in self._caught_up(stamped):
                awake = packet.mono_ns < self._pace.awake_until_ns
                steps = self._plan.take(packet, awake=awake, filters=self._pace.filters)
                self._pace.filters = False
                if not steps:
                    self._pace.passed_over_ns = packet.mono_ns
                yield from self._shown(steps, stamped.mono_ns - LATE_NS)

    def _shown(self, steps: Iterable[DecodeStep[StampedPacket]], since_ns: int) -> Iterator[RawPicture]:
        for step in steps:
            for raw in self._decoded(step):
                if raw.mono_ns is not None and raw.mono_ns >= since_ns:
                    yield raw
            if self._rewinds:
                self._rewinds = False
                for again in self._plan.rewind():
                    yield from self._decoded(again)

    def _decoded(self, step: DecodeStep[StampedPacket]) -> Iterator[RawPicture]:
        packet = step.packet
        if packet.arrived.packet.pts is not None:
            self._stamps[packet.arrived.packet.pts] = packet
            while len(self._stamps) > _IN_FLIGHT:
                self._stamps.popitem(last=False)
        pictures = self._decoder.pictures(packet.arrived, light=step.light, alone=step.glance)
        self._on_decoded(len(pictures), packet.arrived.came_ns)
        for picture in pictures:
            of = packet if picture.pts is None else self._stamps.get(picture.pts)
            if of is None:      # kept back by a decoder that was left alone since
                continue
            yield RawPicture(picture, of.media_s, of.sent_ns, mono_ns=of.mono_ns, glance=step.glance,
                             drifts=step.light and not of.is_key)

    def _stamped(self, arrived: ArrivedPacket) -> StampedPacket:
        packet = arrived.packet
        self._sender.note(packet)
        in_order = packet.pts if packet.dts is None else packet.dts
        media_s = self._time.seconds(in_order, arrived.came_ns)
        mono_ns = self._clock.stamp(media_s, arrived.came_ns, arrived.waited_ns)
        if packet.pts is not None and packet.dts is not None:       # B-frames come before their turn
            ahead_s = min(max(0.0, float((packet.pts - packet.dts) * self._time_base)), _MOST_AHEAD_S)
            media_s, mono_ns = media_s + ahead_s, mono_ns + round(ahead_s * NS_PER_S)
        return StampedPacket(arrived, media_s, mono_ns, self._sender.of(packet.pts))

    def _caught_up(self, stamped: StampedPacket) -> list[StampedPacket]:
        """What to go on with: `stamped` as a rule, nothing while it is late, then what is newest."""
        if self._waiting is None:
            if stamped.lag_ns <= LATE_NS or stamped.is_fresh:
                return [stamped]
            self._stats.late += 1
            self._waiting, self._waiting_bytes = [], 0
            log.warning("camera late, catching up: camera=%s lag_s=%.1f", self._camera_id,
                        stamped.lag_ns / NS_PER_S)
        if stamped.is_key:
            self._waiting, self._waiting_bytes = [], 0
        self._waiting.append(stamped)
        self._waiting_bytes += stamped.bytes + OVERHEAD_BYTES       # many may be tiny
        behind = stamped.lag_ns > _CAUGHT_UP_NS and not stamped.is_fresh
        if behind and self._waiting_bytes <= _LATE_BYTES:
            return []
        waiting, self._waiting = self._waiting, None
        return waiting
