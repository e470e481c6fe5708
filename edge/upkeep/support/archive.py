"""A tar.gz from texts. Pure."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from datetime import datetime


def archived(parts: Mapping[str, str], now: datetime) -> bytes:
    """Each text under its name, in a folder of its own."""
    folder, made = f"edgebox-support-{now:%Y%m%dT%H%M%SZ}", io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in parts.items():
            raw = text.encode()
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size, info.mtime, info.mode = len(raw), int(now.timestamp()), 0o600
            tar.addfile(info, io.BytesIO(raw))
    return gzip.compress(made.getvalue(), mtime=0)
