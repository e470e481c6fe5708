"""What watch and the process of a camera port say to one another: a datagram each. Pure.

Watch asks for a picture, at the soonest so long after the last one, and is answered with the first that comes
then: it lies in memory that both see, and is written anew only when watch asks again. So nothing is queued,
nothing is overwritten while it is read, and what nobody looks at is not copied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

MAX_BYTES = 8192                # of a datagram
MEMORY_BYTES = 48 << 20         # at most; no more of it exists than pictures fill
MAX_SIDE_PX = 8192


class PortFault(StrEnum):
    """Why the process gives no picture."""

    NO_LIBRARY = "no-library"
    NO_CAMERA = "no-camera"     # none, or not the one that is named
    BUSY = "busy"               # another process has it
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Plane:
    """Where one stream's pictures lie: luma in rows of `stride` bytes, chroma behind it."""

    form: str                   # "nv12" or "yuv420p", as FFmpeg calls them
    width: int
    height: int
    stride: int                 # bytes of a row of luma; even
    offset: int                 # of the first byte in the shared memory

    @property
    def size_bytes(self) -> int:
        return self.stride * self.height * 3 // 2


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The camera runs."""

    identity: str               # libcamera's
    fps: float                  # pictures a second, at most
    main: Plane
    small: Plane | None         # the same view with fewer pixels; none where the camera has no smaller one


@dataclass(frozen=True, slots=True)
class PortTaken:
    """A picture lies in the memory."""

    sensor_ns: int              # CLOCK_MONOTONIC at which its first row was read out
    exposure_ns: int            # for how long it was exposed before; 0 where nobody knows


@dataclass(frozen=True, slots=True)
class PortFailed:
    """There will be no picture; the process ends."""

    fault: PortFault
    found: str


Message = PortOpened | PortTaken | PortFailed
_KINDS = {"opened": PortOpened, "taken": PortTaken, "failed": PortFailed}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def ask(after_ns: int) -> bytes:
    """Watch asks for a picture that is at least so much later than the last one, by the sensor's stamps."""
    return b"next %d" % after_ns


def asked(datagram: bytes) -> int | None:
    """What `ask` was given; None: watch asks no more."""
    word, _, after_ns = datagram.partition(b" ")
    return int(after_ns) if word == b"next" and after_ns.isdigit() else None


def encode(message: Message) -> bytes:
    return json.dumps({_NAMES[type(message)]: asdict(message)}).encode()


def decode(datagram: bytes) -> Message:
    """Raises ValueError: nothing that the process of a port says, or a picture outside of the memory."""
    try:
        [(name, values)] = json.loads(datagram).items()
        match name:
            case "opened":
                small = values["small"]
                return PortOpened(str(values["identity"]), float(values["fps"]), _plane(values["main"]),
                              None if small is None else _plane(small))
            case "taken":
                return PortTaken(int(values["sensor_ns"]), int(values["exposure_ns"]))
            case "failed":
                return PortFailed(PortFault(values["fault"]), str(values["found"]))
    except (LookupError, TypeError, AttributeError, ValueError) as exc:
        raise ValueError(f"cannot be read ({type(exc).__name__})") from exc
    raise ValueError("is of no known kind")


def _plane(values: Mapping[str, object]) -> Plane:
    numbers = (_count(values[key]) for key in ("width", "height", "stride", "offset"))
    plane = Plane(str(values["form"]), *numbers)
    fits = (plane.form in ("nv12", "yuv420p") and 0 < plane.width <= min(plane.stride, MAX_SIDE_PX)
            and 0 < plane.height <= MAX_SIDE_PX and not (plane.width | plane.height | plane.stride) & 1
            and 0 <= plane.offset <= MEMORY_BYTES - plane.size_bytes)
    if not fits:
        raise ValueError("not in the memory")
    return plane


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("want a whole number")
    return value
