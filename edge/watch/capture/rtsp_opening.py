"""How an RTSP camera is opened with FFmpeg, once it has been asked; over TCP, UDP or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import av
import av.error
from av.container import InputContainer

from edge.base.values import NS_PER_S
from edge.config.camera_model import Transport
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault
from edge.watch.capture.login_relay import LoginRelay, needs_relay
from edge.watch.capture.rtsp_asking import Described, ask_all_the_way, describe

_ASKED_AGAIN_S = 3.0            # at most: FFmpeg has failed already, and somebody waits for the reason
_TRIES = 2          # where it refuses nothing when it is asked: it was not done with the connection before
_TCP: Mapping[str, str] = {"rtsp_transport": "tcp"}
_UDP: Mapping[str, str] = {"rtsp_transport": "udp"}
# With both, FFmpeg goes on to UDP within the same session where TCP is refused (461).
_BOTH: Mapping[str, str] = {"rtsp_transport": "tcp+udp", "rtsp_flags": "prefer_tcp"}
# What FFmpeg is told, and what the camera is asked about where that fails. A few take TCP and then speak UDP.
_WAYS = {Transport.TCP: ((_TCP, "tcp"),), Transport.UDP: ((_UDP, "udp"),),
         Transport.AUTO: ((_BOTH, "tcp"), (_UDP, "udp"))}


def open_rtsp(address: CameraAddress, transport: Transport, stall_s: float,
              clock: Callable[[], int]) -> InputContainer:
    """Ask it, then open it. Raises CameraError, with the camera's own reason where it gives one."""
    described = describe(address, stall_s)
    relayed = needs_relay(described.address, described.challenge, transport)
    for options, asked in _WAYS[Transport.TCP if relayed else transport]:
        opened = _tried(described, relayed, options, asked, stall_s, clock)
        if isinstance(opened, InputContainer):
            return opened
        fault = opened
        if fault.fault is not CameraFault.TRANSPORT:
            break
    raise fault


def _tried(described: Described, relayed: bool, options: Mapping[str, str], asked: str, stall_s: float,
           clock: Callable[[], int]) -> InputContainer | CameraError:
    """An error is returned, not raised: FFmpeg's own, which quotes the URL, is not chained to it."""
    for _ in range(_TRIES):
        began_ns = clock()
        try:
            url = LoginRelay(described.address, stall_s).url if relayed else described.address.url
            return _opened(url, options, stall_s)
        except av.error.FFmpegError as exc:
            # FFmpeg counts its limit in steps of 0.1 s, rounded down.
            silent = (clock() - began_ns) / NS_PER_S >= 0.8 * stall_s
            fault = faults.cannot_play(described.address, exc, stall_s if silent else None)
        reason = None if silent else _reason(described, asked, stall_s)
        if silent or reason:
            return reason or fault
    return fault


def _opened(url: str, options: Mapping[str, str], stall_s: float) -> InputContainer:
    return av.open(url, "r", format="rtsp", timeout=(stall_s, stall_s), options={
        **options, "allowed_media_types": "video", "protocol_whitelist": "rtp,udp,tcp,tls",
        "format_whitelist": "rtsp", "codec_whitelist": "h264,hevc,mjpeg",
        "timeout": str(round(stall_s * 1e6)),       # microseconds, of one read
        # One packet is enough to begin: the camera has told its codec, and the first key frame
        # may be long in coming. Bytes, and microseconds.
        "probesize": "32", "analyzeduration": "1"},
        metadata_errors="replace")          # a camera may name its stream in any encoding


def _reason(described: Described, transport: str, stall_s: float) -> CameraError | None:
    """Why it does not play, in its own words; None where it refuses nothing."""
    try:
        ask_all_the_way(described, transport, min(stall_s, _ASKED_AGAIN_S))
    except CameraError as exc:
        return exc
    return None
