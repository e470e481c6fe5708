"""The larger stream of a camera: its latest packets in memory, decoded only where an event asks.

Detection looks at the small stream. What an event is to show was in this one at the same moment; until it
asks, only packets are read. They are never written anywhere, and are gone with the process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from edge.base.backoff import Backoff
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S, Frame
from edge.config.camera_model import CameraSettings
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraError, locate
from edge.watch.capture.excerpt import Allows, Coding, Excerpt, VideoPacket
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.framing import FrameMaker
from edge.watch.capture.opening import open_video
from edge.watch.capture.packet_ring import PacketRing, StoredPacket
from edge.watch.capture.packets import ArrivedPacket, Packets
from edge.watch.capture.patience import CameraPatience, wait_to_reopen
from edge.watch.capture.sender_time import SenderTime, shift_ns
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stamps import LiveTime
from edge.watch.capture.timing import LiveClock

log = logging.getLogger("evidence")

RING_BYTES = 8 * 1024 * 1024
NO_KEY_S = 25.0                 # intervals of 20 s are in use
MAX_PAUSE_S = 30.0              # between two attempts to open it
_TOLD_NS = NS_PER_S // 10       # how far a moment may be off where the camera tells the time of both streams,
_CAME_NS = NS_PER_S // 2        # and where only their arrival is known
_LOOK_S = 0.5                   # how often the small stream is looked at, before it shows something
_WAIT_S = 1.5                   # for what is still on its way: the large stream may come later than the small


class _Stamper:
    """Pipeline time of one opening's packets. Belongs to the thread that reads."""

    def __init__(self, time_base: Fraction) -> None:
        self._live, self._clock, self._sender = LiveTime(time_base), LiveClock(), SenderTime(time_base)

    def stamped(self, arrived: ArrivedPacket) -> tuple[int, int | None]:
        """When its picture was taken, and by how much the camera's clock is ahead of that, if it tells."""
        packet = arrived.packet
        in_order = packet.pts if packet.dts is None else packet.dts     # B-frames come before their turn
        mono_ns = self._clock.stamp(self._live.seconds(in_order, arrived.came_ns), arrived.came_ns)
        self._sender.note(packet)
        sent_ns = self._sender.of(in_order)
        return mono_ns, None if sent_ns is None else sent_ns - mono_ns


@dataclass(slots=True)
class _Opening:
    """What is known of a stream that is open and was seen to be decodable."""

    coding: Coding
    maker: FrameMaker       # for whoever decodes
    width: int              # of its pictures as they are seen, pixels
    ahead_ns: int | None = None


class EvidenceStream:
    """`run` is the body of one thread; one other thread asks for pictures, and any for the rest."""

    def __init__(self, camera_id: str, settings: CameraSettings, small: CameraStats, *,
                 clock: Callable[[], int] = time.monotonic_ns, ring_bytes: int = RING_BYTES,
                 no_key_s: float = NO_KEY_S) -> None:
        """Args:
            settings: of the camera; `evidence` names the stream.
            small: counters of the stream that is looked at, which know its camera's clock.
            no_key_s: after so long without a key frame it says so, and goes on waiting.
        """
        self._no_key_s = no_key_s
        self._camera_id, self._small, self._clock = camera_id, small, clock
        self._settings = settings.model_copy(update={"source": settings.evidence, "evidence": None})
        self._ring = PacketRing[VideoPacket](ring_bytes)
        self._opening: _Opening | None = None
        self._changed = threading.Condition()       # guards the two above
        self.fault = ""                             # why it shows nothing, for people; "" while it does

    @property
    def width(self) -> int:
        """Of its pictures, pixels; 0 while it has none to show."""
        opening = self._opening
        return opening.width if opening else 0

    @property
    def reaches_ns(self) -> int | None:
        """Since when it can show pictures, pipeline time; None while it has none to show."""
        with self._changed:
            return self._ring.oldest_ns if self._opening else None

    def run(self, stop: threading.Event) -> None:
        """Keep it open until `stop`, and its latest packets in memory; trouble never leaves this thread."""
        patience = CameraPatience(Backoff(cap_s=MAX_PAUSE_S))
        while not (self._small.decoded or stop.wait(_LOOK_S)):
            beat()              # a password that is wrong is wrong for both: one of them tries it
        while not stop.is_set():
            beat()
            began_ns = self._clock()
            try:
                self._read(stop)
            except CameraError as exc:
                showed = self._opening is not None
                self._close()
                self._tell(exc.reason)
                worked_s = (self._clock() - began_ns) / NS_PER_S if showed else None
                wait_to_reopen(exc.fault, patience.pause_s(exc.fault, worked_s), self._settings.password_file,
                               stop, self._clock)

    def _read(self, stop: threading.Event) -> None:
        """Until it breaks off, or `stop`. Raises CameraError."""
        address = locate(self._camera_id, self._settings)
        container, video = open_video(address, self._settings.stall_s, self._clock, self._settings.transport)
        with container:
            coding, stamper = Coding.of(video), _Stamper(video.time_base or Fraction(1, 90_000))
            opened_ns = self._clock()
            for arrived in Packets(address, container, video, self._settings.stall_s, self._clock):
                beat()
                if stop.is_set():
                    return
                if arrived.is_key and self._opening is None:
                    self._see(address, coding, arrived.packet)
                if self._opening is None and arrived.came_ns - opened_ns >= self._no_key_s * NS_PER_S:
                    self._tell(faults.no_key_frame(address, self._no_key_s).reason)
                self._keep(arrived, *stamper.stamped(arrived))

    def _see(self, address: CameraAddress, coding: Coding, key: VideoPacket) -> None:
        """Decode one key frame: only then it is known what the stream shows. Raises CameraError."""
        decoded = coding.first_picture(key)
        if decoded is None:
            return
        maker = FrameMaker(address, self._settings)
        seen = maker.frame(decoded.picture, decoded.aspect, 0, 0.0)
        log.info("evidence stream opened: camera=%s size=%dx%d", self._camera_id, seen.width, seen.height)
        with self._changed:
            self._opening = _Opening(coding, maker, seen.width)
        self.fault = ""

    def _keep(self, arrived: ArrivedPacket, mono_ns: int, ahead_ns: int | None) -> None:
        with self._changed:
            overflows = self._ring.overflows
            fits = arrived.is_key and len(self._ring) > 0       # the interval that ends here did
            self._ring.add(StoredPacket(arrived.packet, arrived.packet.size, arrived.is_key, mono_ns))
            if self._opening is not None:
                self._opening.ahead_ns = ahead_ns
            overflowed = self._ring.overflows > overflows
            self._changed.notify_all()
        if overflowed:
            self._tell(f"more than {RING_BYTES >> 20} MB from one key frame to the next; set the camera's "
                       "key-frame (I-frame) interval to 2 s")
        elif fits and self._opening is not None:
            self.fault = ""

    def _close(self) -> None:
        with self._changed:
            self._opening = None
            self._ring.clear()

    def _tell(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("evidence stream shows nothing: camera=%s error=\"%s\"", self._camera_id, fault)
        self.fault = fault

    def excerpt(self, mono_ns: int) -> Excerpt | None:
        """What to decode for the moment of a picture of the small stream; waits for what is on its way.

        None where it is not there (any more).
        """
        opening = self._opening
        if opening is None:
            return None
        shift = shift_ns(self._small.ahead_ns, opening.ahead_ns)
        off_ns = _CAME_NS if shift is None else _TOLD_NS
        here_ns = mono_ns + (shift or 0)
        first_ns, last_ns = here_ns - off_ns, here_ns + off_ns
        with self._changed:
            self._changed.wait_for(lambda: (self._ring.newest_ns or 0) >= last_ns, _WAIT_S)
            packets = self._ring.needed_for(first_ns, last_ns) or self._ring.needed_for(here_ns, last_ns)
        if not packets or packets[-1].mono_ns < first_ns:
            return None
        return Excerpt(packets, first_ns, last_ns, opening.coding)

    def frames(self, excerpt: Excerpt, of: Frame, allows: Allows) -> Iterator[AvFrame]:
        """The pictures of `excerpt`, masked and upright, with the time of the small stream's frame `of`.

        Raises:
            CameraError: they cannot be converted.
        """
        opening = self._opening
        if opening is not None:
            for decoded in excerpt.pictures(allows):
                yield opening.maker.frame(decoded.picture, decoded.aspect, of.mono_ns, of.media_s)
