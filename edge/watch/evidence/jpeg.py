"""Encode pixels as a JPEG of bounded size. The one file of the box that imports Pillow for writing."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES = (85, 75, 65, 55, 45)
_COARSE = (35, 25)          # before a picture becomes smaller than it must stay
_SKIP = 1.8                 # times too large: the next quality would be, too


@dataclass(frozen=True, slots=True)
class Jpeg:
    content: bytes
    width: int
    height: int
    sha256: str             # hex of `content`


def encode(rgb: npt.NDArray[np.uint8], max_bytes: int, keep_px: int = 0) -> Jpeg:
    """The best quality that fits `max_bytes`; where none does, a smaller picture that does.

    It is made smaller than `keep_px` on its longest side only where even coarse quality does not fit.
    Carries no metadata. Any thread may call it.
    """
    from PIL import Image

    picture = Image.fromarray(rgb)
    while True:
        must_stay = max(picture.size) * 3 // 4 < keep_px
        content = _fitting(picture, max_bytes, _QUALITIES + _COARSE if must_stay else _QUALITIES)
        if content is not None:
            return Jpeg(content, picture.width, picture.height, hashlib.sha256(content).hexdigest())
        if max(picture.size) <= 32:
            raise AssertionError(f"no JPEG of 32 px fits {max_bytes} bytes: the config allows too few")
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))


def _fitting(picture: Image.Image, max_bytes: int, qualities: tuple[int, ...]) -> bytes | None:
    left = list(qualities)
    while left:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=left.pop(0), optimize=True)
        if buffer.tell() <= max_bytes:
            return buffer.getvalue()
        if buffer.tell() > _SKIP * max_bytes and len(left) > 1:
            left.pop(0)
    return None
