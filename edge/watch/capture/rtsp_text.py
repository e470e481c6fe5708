"""What an RTSP camera (RFC 2326) writes: the head of an answer, and what it says of its streams (SDP). Pure.

Nothing here believes a camera more than it must: all is bounded, and what cannot be read is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024
_MAX_DIGITS = 20                # of a length; Python refuses to read thousands of them
_STATUS_LINE = re.compile(r"RTSP/\d\.\d (\d{3})(?: (.*))?")
_RTPMAP = re.compile(r"a=rtpmap:(\d{1,3})\s+([\w.-]{1,40})/")
# Each part ends in one place alone: a line of 60 KB is read once, not once for each of its digits.
_MEDIA = re.compile(r"m=(\w+)\s+\d\S*\s+\S+\s+(\d{1,3})")
_STATIC = {"26": "JPEG"}        # payload types that need no rtpmap, of those that are pictures for us
CODECS = {"H264": "H.264", "H265": "H.265", "HEVC": "H.265", "JPEG": "MJPEG"}    # that may be decoded


@dataclass(frozen=True, slots=True)
class RtspAnswer:
    """One answer; names of headers in small letters, each with its values in order."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: str = ""

    def header(self, name: str) -> str:
        """Its first value; "" where there is none."""
        return self.headers.get(name, ("",))[0]

    @property
    def body_bytes(self) -> int:
        """How long the body is to be; 0 where nothing sensible is told."""
        told = self.header("content-length")
        is_number = told.isascii() and told.isdigit() and len(told) <= _MAX_DIGITS
        return min(int(told), MAX_BODY_BYTES) if is_number else 0


def answer_head(head: bytes) -> RtspAnswer | None:
    """The head of an answer, without the empty line after it; None where it is none of RTSP."""
    lines = head.decode("utf-8", "replace").splitlines()
    status = _STATUS_LINE.match(lines[0]) if lines else None
    if status is None:
        return None
    headers: dict[str, tuple[str, ...]] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            headers[key] = (*headers.get(key, ()), value.strip())
    return RtspAnswer(int(status[1]), headers)


@dataclass(frozen=True, slots=True)
class StreamOffer:
    """One video stream of an SDP."""

    codec: str                  # as the camera calls it, in capitals: H264
    control: str                # where it is set up, relative or not; "" where nothing is told

    @property
    def is_allowed(self) -> bool:
        return self.codec in CODECS


def video_offers(sdp: str) -> tuple[StreamOffer, ...]:
    """The video streams in an SDP, in order."""
    offers: list[StreamOffer] = []
    for section in re.split(r"^(?=m=)", sdp.replace("\r\n", "\n"), flags=re.MULTILINE):
        media = _MEDIA.match(section)
        if media is None or media[1] != "video":
            continue
        named = dict(_RTPMAP.findall(section))
        control = re.search(r"^a=control:(\S+)", section, re.MULTILINE)
        codec = named.get(media[2]) or _STATIC.get(media[2], f"payload type {media[2]}")
        offers.append(StreamOffer(codec.upper(), control[1] if control else ""))
    return tuple(offers)
