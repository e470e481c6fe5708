"""What a camera sends, compared with what is wise for a box: findings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.base.findings import Finding, Kind, State
from edge.watch.capture.measured import StreamMeasure

WISE_FPS = (5.0, 8.0)           # more is decoded for nothing: five a second are looked at
WISE_KEY_INTERVAL_S = 2.0
CLOCK_OFF_S = 5.0               # beyond, times in the picture and of the event tell different things
_MOST_FPS, _LEAST_FPS, _MOST_KEY_INTERVAL_S = 12.0, 3.0, 4.5
_LARGE_PX = 1280 * 720
DEFAULT_PASSWORDS = frozenset({"", "admin", "12345", "123456", "888888", "666666", "password", "pass", "9999",
                               "1111", "1234", "admin123", "tlJwpbo6"})


@dataclass(frozen=True, slots=True)
class CameraCare:
    """What is known of a camera apart from its streams."""

    clock_ahead_s: float | None = None      # before ours; None: not told, or ours is not sure
    has_default_password: bool = False


def stream_findings(name: str, measure: StreamMeasure, for_detection: bool = True) -> Iterator[Finding]:
    """Of one stream that was read for a while; at least one finding.

    Args:
        name: of the camera or the stream, as the reader knows it.
        for_detection: it is decoded all the time. Of one for evidence only key frames matter.
    """
    values = {"codec": codec_name(measure.codec), "size": f"{measure.width}x{measure.height}",
              "fps": _shown(measure.fps), "interval": _shown(measure.key_interval_s),
              "kbps": "-" if measure.kbps is None else f"{measure.kbps:.0f}"}
    found = [*_keys(name, measure), *(_work(name, measure) if for_detection else ())]
    yield from found or [Finding(Kind.STREAM, name, State.OK, "stream-ok", values)]


def _keys(name: str, measure: StreamMeasure) -> Iterator[Finding]:
    if measure.codec == "mjpeg":
        return
    values: dict[str, object] = {"wise": f"{WISE_KEY_INTERVAL_S:g}", "seconds": f"{measure.seconds:.0f}",
                                 "interval": _shown(measure.key_interval_s)}
    if measure.key_interval_s is None and measure.seconds > _MOST_KEY_INTERVAL_S:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-no-keys", values)
    elif measure.key_interval_s is not None and measure.key_interval_s > _MOST_KEY_INTERVAL_S:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-keys-rare", values)


def _work(name: str, measure: StreamMeasure) -> Iterator[Finding]:
    values: dict[str, object] = {"fps": _shown(measure.fps), "least": f"{WISE_FPS[0]:g}",
                                 "most": f"{WISE_FPS[1]:g}", "size": f"{measure.width}x{measure.height}"}
    if measure.fps is not None and measure.fps > _MOST_FPS:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-fast", values)
    elif measure.fps is not None and measure.fps < _LEAST_FPS:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-slow", values)
    if measure.width * measure.height > _LARGE_PX:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-large", values)
    if measure.codec == "hevc":
        yield Finding(Kind.STREAM, name, State.WARN, "stream-hevc", values)


def has_default_password(user: str, password: str) -> bool:
    """Whether it is one that cameras are sold with. A camera without users has no password to change."""
    return bool(user) and password in DEFAULT_PASSWORDS


def care_findings(name: str, care: CameraCare) -> Iterator[Finding]:
    """Of its clock and its user; none where all is well."""
    ahead_s = care.clock_ahead_s
    if ahead_s is not None and abs(ahead_s) > CLOCK_OFF_S:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-clock", {"seconds": f"{ahead_s:+.0f}"})
    if care.has_default_password:
        yield Finding(Kind.STREAM, name, State.WARN, "stream-password")


def codec_name(codec: str) -> str:
    """As people write it."""
    return {"h264": "H.264", "hevc": "H.265", "h265": "H.265", "mjpeg": "MJPEG", "jpeg": "MJPEG"}.get(
        codec.lower(), codec)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
