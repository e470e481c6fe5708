"""Encode a shot as a JPEG of bounded size. The one file of the box that imports Pillow for writing."""

from __future__ import annotations

import hashlib
import io

from edge.evidence.shot import Shot
from edge.values import Thumbnail

_QUALITIES = (85, 75, 65, 55, 45)


def encode(shot: Shot, max_bytes: int) -> Thumbnail:
    """The best quality that fits `max_bytes`; where none does, a smaller picture that does.

    Carries no metadata. Any thread may call it.
    """
    from PIL import Image

    picture = Image.fromarray(shot.rgb)
    while True:
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=quality, optimize=True)
            jpeg = buffer.getvalue()
            if len(jpeg) <= max_bytes:
                return Thumbnail(jpeg, picture.width, picture.height, hashlib.sha256(jpeg).hexdigest(),
                                 shot.masked, shot.mono_ns, shot.media_s, shot.quality)
        if max(picture.size) <= 32:
            raise AssertionError(f"no JPEG of 32 px fits {max_bytes} bytes: the config allows too few")
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
