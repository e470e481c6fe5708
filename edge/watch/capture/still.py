"""Read a JPEG or PNG as a `Frame`.

The decoder is chosen by the first bytes and never by FFmpeg's guess, which also takes a text file
for a picture (of a terminal) and a `%d` in a name for a sequence.
"""

from __future__ import annotations

import os
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import av
import av.error

from edge.base.errors import FatalError
from edge.watch.capture.frame import AvFrame, planar
from edge.watch.capture.framing import NO_MASK, framed
from edge.watch.capture.upright import EXIF, UPRIGHT, Turn

_KINDS = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG\r\n\x1a\n": "png_pipe"}
_ORIENTATION = 0x0112       # EXIF's tag


class ImageError(FatalError):
    """A file that is no picture we can read. The message says why."""


def read_image(path: Path) -> AvFrame:
    """Decode one picture; gray, RGB, palette and CMYK become planar YUV, transparency is dropped.

    It is turned as its EXIF asks for, like all programs show it.

    Raises:
        ImageError: no such file, not a JPEG or PNG, or damaged.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
            kind = next((name for magic, name in _KINDS.items() if head.startswith(magic)), None)
            if kind is None:
                raise ImageError(f"{path}: want a JPEG or PNG, found {_found(head)}", os.EX_DATAERR)
            file.seek(0)
            with av.open(file, "r", format=kind, metadata_errors="replace") as container:
                stream = container.streams.video[0]
                stream.codec_context.options = {"err_detect": "explode"}
                picture = next(container.decode(stream))
            return framed(planar(picture), _turn_of(file), NO_MASK, path.name, 0, 0.0)
    except (av.error.FFmpegError, StopIteration) as exc:
        reason = "no picture in it" if isinstance(exc, StopIteration) else getattr(exc, "strerror", str(exc))
        raise ImageError(f"{path}: damaged {_kind_name(head)}: {reason}; copy the file again",
                         os.EX_DATAERR) from exc
    except ValueError as exc:
        raise ImageError(f"{path}: {exc}; save it as an ordinary JPEG or PNG", os.EX_DATAERR) from exc
    except OSError as exc:
        raise ImageError(f"{path}: cannot read the picture: {exc.strerror}", os.EX_NOINPUT) from exc


def _turn_of(file: BinaryIO) -> Turn:
    """What a photo's EXIF asks for; nothing where it has none or is damaged, since the picture is there."""
    from PIL import Image

    file.seek(0)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as photo:     # of damaged EXIF
            return EXIF.get(photo.getexif().get(_ORIENTATION, 1), UPRIGHT)
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError):
        return UPRIGHT


def _kind_name(head: bytes) -> str:
    return "JPEG" if head.startswith(b"\xff\xd8") else "PNG"


def _found(head: bytes) -> str:
    return f"a file that begins with {head!r}" if head else "an empty file"
