"""Ask an RTSP camera before FFmpeg does, over a connection of our own: what it has, and why it refuses.

FFmpeg hides most status codes, sends a password in clear wherever a camera asks for that, and follows a
redirect to any host for as long as it is sent on. So a camera is asked for its description first (DESCRIBE),
which opens no session and costs none of its places for viewers. Only where FFmpeg fails afterwards is it
asked all the way, to hear the reason.

All is bounded: the time, the bytes of an answer, redirects, and tries to log in, of which there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from edge.base.http_digest import DigestChallenge
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraFault
from edge.watch.capture.rtsp_dialog import RtspDialog
from edge.watch.capture.rtsp_text import RtspAnswer, StreamOffer, video_offers

MAX_REDIRECTS = 3
# Told and not held: whatever a camera sends there in this moment is for nobody.
_TRANSPORTS = {"tcp": "RTP/AVP/TCP;unicast;interleaved=0-1", "udp": "RTP/AVP;unicast;client_port=50554-50555"}


@dataclass(frozen=True, slots=True)
class Described:
    """What a camera says that it has."""

    address: CameraAddress              # where it was found, redirects followed
    offers: tuple[StreamOffer, ...]     # its video streams
    base: str                           # that their addresses are relative to
    challenge: DigestChallenge | None   # how it wants to be logged in to, if by Digest


def describe(address: CameraAddress, limit_s: float) -> Described:
    """Ask what it has, at the end of all its redirects, within about `limit_s` for each of them.

    Raises:
        CameraError: the reason why it cannot be opened, without secrets.
    """
    for _ in range(1 + MAX_REDIRECTS):
        with RtspDialog(address, limit_s) as dialog:
            answer = dialog.ask("DESCRIBE", address.bare, "Accept: application/sdp")
            if 300 <= answer.status < 400:
                address = redirected(address, answer.header("location"))
                continue
            _accept(address, answer, "DESCRIBE")
            base = answer.header("content-base") or answer.header("content-location") or address.bare
            return Described(address, _videos(address, answer.body), base, dialog.login.challenge)
    raise faults.sent_in_circles(address, MAX_REDIRECTS)


def ask_all_the_way(described: Described, transport: str, limit_s: float) -> None:
    """Ask to play, as FFmpeg did in vain, and hang up at once. Returns where nothing was refused.

    Args:
        transport: of the pictures, "tcp" or "udp".

    Raises:
        CameraError: at which step and with which status it refuses.
    """
    address = described.address
    with RtspDialog(address, limit_s) as dialog:
        dialog.ask("DESCRIBE", address.bare, "Accept: application/sdp")
        answer = dialog.ask("SETUP", _track(described), f"Transport: {_TRANSPORTS[transport]}")
        _accept(address, answer, "SETUP")
        if ("TCP" in answer.header("transport").upper()) != (transport == "tcp"):
            raise faults.by_status(address, faults.UNSUPPORTED_TRANSPORT, "SETUP")
        session = f"Session: {answer.header('session').partition(';')[0]}"
        try:
            _accept(address, dialog.ask("PLAY", described.base, session, "Range: npt=0.000-"), "PLAY")
        finally:
            dialog.tell("TEARDOWN", described.base, session)


def redirected(address: CameraAddress, location: str) -> CameraAddress:
    """The same camera at another path or port. Raises CameraError where it would be another host."""
    parts = ours = urlsplit(address.bare)
    try:
        parts = urlsplit(urljoin(address.bare, location))
        same = parts.scheme == ours.scheme and parts.hostname == ours.hostname and parts.port != 0
    except ValueError:
        same = False
    if not location or not same:
        raise address.error("the camera sends on to another address", "give that address as source, if it is "
                            "the camera's; its passwords are sent to no other host", CameraFault.REDIRECTED)
    return address.elsewhere(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")))


def _accept(address: CameraAddress, answer: RtspAnswer, method: str) -> None:
    if answer.status != 200:
        raise faults.by_status(address, answer.status, method)


def _videos(address: CameraAddress, sdp: str) -> tuple[StreamOffer, ...]:
    offers = video_offers(sdp)
    if not offers:
        raise address.error("no video in what it sends", "look up the path of its video stream in the "
                            "camera's manual", CameraFault.NOT_VIDEO)
    if not offers[0].is_allowed:
        raise address.error(f"its video is {address.redact(offers[0].codec)}",
                            "set the camera to H.264, H.265 or MJPEG", CameraFault.NOT_VIDEO)
    return offers


def _track(described: Described) -> str:
    control = described.offers[0].control
    if "://" in control:
        return control
    base = described.base
    return f"{base}{'' if base.endswith('/') else '/'}{control}" if control and control != "*" else base

