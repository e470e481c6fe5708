"""What FFmpeg's errors mean to the person who has to do something about the camera."""

from __future__ import annotations

import socket
import ssl

import av.error

from edge.base.http_digest import DigestChallenge
from edge.config.source import SourceKind
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault

Advice = tuple[str, str, CameraFault]        # what was found, what to do

UNSUPPORTED_TRANSPORT = 461
_STATUSES: dict[int, Advice] = {
    401: ("wrong user name or password", "set username and password_file to those of the camera",
          CameraFault.LOGIN),
    403: ("the user may not watch this stream", "allow it in the camera's own settings; some cameras say so "
          "when they have too many viewers", CameraFault.FORBIDDEN),
    404: ("the camera has no such stream", "look up the path of its stream in the camera's manual",
          CameraFault.NO_STREAM),
    429: ("the camera has too many viewers", "close other viewers", CameraFault.BUSY),
    453: ("the camera has too many viewers", "close other viewers, such as apps and recorders",
          CameraFault.BUSY),
    UNSUPPORTED_TRANSPORT: ("the camera does not send pictures this way",
                            "set transport to tcp or udp; with a password auto is tcp",
                            CameraFault.TRANSPORT),
}
_REFUSED_REQUEST: Advice = ("the camera does not take what it is asked",
                            "look for an update of its software, or try its other stream",
                            CameraFault.BAD_REQUEST)
_OWN_FAULT: Advice = ("the camera reports a fault of its own", "restart it, and close other viewers",
                      CameraFault.CAMERA_FAULT)

_OPENING: tuple[tuple[type[Exception], Advice], ...] = (
    (av.error.FileNotFoundError, ("no such file", "check the path and the cable of a USB camera",
                                  CameraFault.OTHER)),
    (av.error.PermissionError, ("not allowed to open it", "add this service's user to its group",
                                CameraFault.OTHER)),
    (av.error.IsADirectoryError, ("is a folder", "name one video file in it", CameraFault.OTHER)),
)
_TIMED_OUT = (av.error.TimeoutError, av.error.ExitError)     # the network's own limit, and ours

# ArgumentError: a format that FFmpeg knows and we do not allow
_UNREADABLE = (av.error.InvalidDataError, av.error.DemuxerNotFoundError, av.error.DecoderNotFoundError,
               av.error.ArgumentError, av.error.EOFError)


def by_status(address: CameraAddress, status: int, method: str) -> CameraError:
    """What a camera means by the status of its answer to `method`, which is told with it."""
    found, advice, fault = _STATUSES.get(status, _OWN_FAULT if status >= 500 else _REFUSED_REQUEST)
    where = f"{status}" if method in ("DESCRIBE", "GET") else f"{status} at {method}"
    return address.error(f"{found} ({where})", advice, fault)


def silent(address: CameraAddress, limit_s: float, method: str = "") -> CameraError:
    where = f" to {method}" if method not in ("", "DESCRIBE") else ""
    return address.error(f"no answer{where} for {limit_s:.1f} s", "check its power, cable and address",
                         CameraFault.SILENT)


def hung_up(address: CameraAddress, method: str) -> CameraError:
    return address.error(f"the camera hangs up at {method}",
                         "check that this is its RTSP port, and restart it", CameraFault.HUNG_UP)


def not_spoken(address: CameraAddress) -> CameraError:
    """Something answers there, in another protocol."""
    protocol = address.kind.value.upper()
    return address.error(f"no answer that can be read as {protocol}",
                         f"check that this is its {protocol} port", CameraFault.NOT_RTSP)


def refuse_unspoken(address: CameraAddress, challenge: DigestChallenge | None) -> None:
    """Raises CameraError where FFmpeg, which logs in after us, does not know the algorithm."""
    if challenge is not None and challenge.algorithm != "MD5":
        raise address.error("the camera takes no other login than Digest with SHA-256",
                            "allow Digest with MD5 in its settings", CameraFault.LOGIN_KIND)


def sent_in_circles(address: CameraAddress, times: int) -> CameraError:
    return address.error(f"the camera sends on more than {times} times", "look up its address anew",
                         CameraFault.REDIRECTED)


def unreachable(address: CameraAddress, exc: OSError, host: str, limit_s: float) -> CameraError:
    """Why no connection could be made."""
    if isinstance(exc, socket.gaierror):
        return address.error(f"cannot resolve {host!r} ({exc.strerror})",
                             "check the name, or use the camera's IP address", CameraFault.NO_HOST)
    if isinstance(exc, ConnectionRefusedError):
        advice = f"check the port, and that {address.kind.value.upper()} is on"
        return address.error("connection refused", advice, CameraFault.REFUSED)
    if isinstance(exc, TimeoutError):
        return silent(address, limit_s)
    if isinstance(exc, (ssl.SSLError, ConnectionResetError)):
        return not_spoken(address)
    return address.error(f"cannot be reached ({exc.strerror})", "check its power, cable and address",
                         CameraFault.SILENT)


def cannot_open(address: CameraAddress, exc: Exception) -> CameraError:
    """The error to raise instead of `exc` of a file or USB camera, which quotes its name."""
    for kind, advice in _OPENING:
        if isinstance(exc, kind):
            return address.error(*advice)
    if isinstance(exc, _UNREADABLE):
        return address.error("not a video that can be read", "try to play it: is it a video, and whole?")
    return address.error(_told(address, exc), "check the source")


def cannot_play(address: CameraAddress, exc: Exception, silent_s: float | None) -> CameraError:
    """The error to raise instead of `exc` of a network camera that was described, and refuses nothing.

    Args:
        silent_s: the limit that was waited for, if one was. FFmpeg calls it invalid data when a
            camera says nothing.
    """
    if silent_s is not None:
        return address.error(f"no picture for {silent_s:.1f} s",
                             "check its power and network, or try another transport", CameraFault.SILENT)
    return address.error(f"the stream broke off ({_told(address, exc)})", "check that it is not restarting",
                         CameraFault.HUNG_UP)


def broke_off(address: CameraAddress, exc: Exception, stall_s: float) -> CameraError:
    """The error for a stream that was open."""
    if isinstance(exc, _TIMED_OUT):
        return no_picture(address, stall_s)
    if address.kind is SourceKind.FILE:
        return address.error(f"it breaks off ({_told(address, exc)})", "try to play it: is it whole?")
    return address.error(f"the stream broke off ({_told(address, exc)})", "check its cable and network",
                         CameraFault.HUNG_UP)


def no_picture(address: CameraAddress, stall_s: float) -> CameraError:
    return address.error(f"no picture for {stall_s:.1f} s", "check its power and network", CameraFault.SILENT)


def no_key_frame(address: CameraAddress, waited_s: float) -> CameraError:
    return address.error(f"it sends, but no key frame in {waited_s:.0f} s", "set its I-frame interval to 2 s",
                         CameraFault.NO_KEY_FRAME)


def garbled(address: CameraAddress, waited_s: float) -> CameraError:
    return address.error(f"it sends, but nothing of it can be decoded for {waited_s:.1f} s",
                         "check its network; restart it", CameraFault.GARBLED)


def _told(address: CameraAddress, exc: Exception) -> str:
    """The bare reason: `str(exc)` would add the URL. Nothing but FFmpeg's own text can hold a secret."""
    return address.redact(getattr(exc, "strerror", None) or type(exc).__name__)
