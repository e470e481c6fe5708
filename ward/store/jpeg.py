"""Whether a picture is one: decoded in full, at a bounded cost, before it counts as evidence."""

from __future__ import annotations

import io
import struct

from PIL import Image

MAX_SIDE_PX = 4096
_MAX_SCANS = 64              # of a progressive JPEG: each costs as much as the whole picture
_START_OF_SCAN = b"\xff\xda"
_BROKEN = (OSError, SyntaxError, ValueError, LookupError, TypeError, EOFError, struct.error,
           Image.DecompressionBombError)


def measured(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG that decodes in full; None where it does not, or would cost too much."""
    if jpeg.count(_START_OF_SCAN) > _MAX_SCANS:
        return None
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            if max(picture.size) > MAX_SIDE_PX:
                return None
            picture.load()
            return picture.size
    except _BROKEN:
        return None
