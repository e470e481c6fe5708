"""What FFmpeg's errors mean to the person who has to do something about the camera."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import av.error

from edge.config.source import SourceKind
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault

Advice = tuple[str, str, CameraFault]        # what was found, what to do

_OPENING: tuple[tuple[type[Exception], Advice], ...] = (
    (av.error.HTTPUnauthorizedError, ("wrong user name or password (401)",
                                      "set username and password_file to those of the camera",
                                      CameraFault.LOGIN)),
    (av.error.HTTPForbiddenError, ("the user may not watch this stream (403)",
                                   "allow it in the camera's own settings", CameraFault.FORBIDDEN)),
    (av.error.HTTPNotFoundError, ("the camera has no such stream (404)",
                                  "look up the path of its stream in the camera's manual",
                                  CameraFault.NO_STREAM)),
    (av.error.HTTPTooManyRequestsError, ("the camera has too many viewers (429)", "close other viewers",
                                         CameraFault.BUSY)),
    (av.error.ConnectionRefusedError, ("connection refused", "check the port, and that RTSP is on",
                                       CameraFault.REFUSED)),
    (av.error.ConnectionResetError, ("connection reset", "check that this is the camera's RTSP port",
                                     CameraFault.NOT_RTSP)),
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


def cannot_open(address: CameraAddress, exc: Exception, silent_s: float | None = None) -> CameraError:
    """The error to raise instead of `exc`, which quotes the URL and must not be chained.

    Args:
        silent_s: the limit that was waited for, if one was. FFmpeg calls it invalid data when a
            camera accepts the connection and then says nothing.
    """
    if silent_s is not None and isinstance(exc, (*_TIMED_OUT, av.error.InvalidDataError)):
        return address.error(f"no answer for {silent_s:.1f} s", "check its power, cable and address",
                             CameraFault.SILENT)
    for kind, advice in _OPENING:
        if isinstance(exc, kind):
            return address.error(*advice)
    if address.kind is SourceKind.RTSP:
        return _cannot_reach(address, exc)
    if isinstance(exc, _UNREADABLE):
        return address.error("not a video that can be read", "try to play it: is it a video, and whole?")
    return address.error(_told(exc), "check the source")


def _cannot_reach(address: CameraAddress, exc: Exception) -> CameraError:
    """FFmpeg says "Input/output error" to a name that it cannot resolve: ask the resolver again."""
    if isinstance(exc, av.error.InvalidDataError):
        return address.error("no answer that can be read as RTSP", "check that this is its RTSP port",
                             CameraFault.NOT_RTSP)
    host = urlsplit(address.url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except OSError as unresolved:
        return address.error(f"cannot resolve {host!r} ({unresolved.strerror})",
                             "check the name, or use the camera's IP address", CameraFault.NO_HOST)
    return address.error(_told(exc), "check its power, cable and address", CameraFault.SILENT)


def broke_off(address: CameraAddress, exc: Exception, stall_s: float) -> CameraError:
    """The error for a stream that was open."""
    if isinstance(exc, _TIMED_OUT):
        return no_picture(address, stall_s)
    if address.kind is SourceKind.FILE:
        return address.error(f"it breaks off ({_told(exc)})", "try to play it: is it whole?")
    return address.error(f"the stream broke off ({_told(exc)})", "check its cable and network")


def no_picture(address: CameraAddress, stall_s: float) -> CameraError:
    return address.error(f"no picture for {stall_s:.1f} s", "check its power and network", CameraFault.SILENT)


def _told(exc: Exception) -> str:
    """The bare reason: `str(exc)` would add the URL."""
    return getattr(exc, "strerror", None) or type(exc).__name__
