"""The page's own files: what they are, who may have them, and the service worker made for them."""

from __future__ import annotations

import gzip
import hashlib
import json
from importlib.resources import files

from edge import __version__

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
          "png": "image/png"}
NAMES = ("page.css", "icon.svg", "icon-180.png", "icon-192.png", "icon-512.png", "icon-mask.png",
         "sign-in.js", "join.js", "main.js", "call.js", "forms.js", "hold.js", "live.js", "parts.js",
         "still.js", "words.js", "check.js", "offline.js", "codes.js")
PUBLIC = frozenset(name for name in NAMES if name.startswith("icon")) | {
    "page.css", "sign-in.js", "join.js", "codes.js"}
_SHELL = ("page.css", "icon.svg", "icon-192.png", "offline.js")


class Assets:
    """The static files in memory, since they are small and an SD card is slow. Immutable; any thread."""

    def __init__(self) -> None:
        folder = files("edge.page.static")
        self._content = {name: (folder / name).read_bytes() for name in NAMES}
        worker = (folder / "sw.js").read_text(encoding="utf-8")
        whole = b"".join([__version__.encode(), worker.encode(), *self._content.values()])
        self._packed = {name: gzip.compress(content, mtime=0) for name, content in self._content.items()
                        if not name.endswith(".png")}
        self.build = hashlib.sha256(whole).hexdigest()[:10]
        self.base = f"/static/{self.build}"
        shell = ["/offline", *(f"{self.base}/{name}" for name in _SHELL)]
        constants = f"const BUILD = {json.dumps(self.build)}, SHELL = {json.dumps(shell)};\n"
        self.worker = (constants + worker).encode()

    def packed(self, name: str) -> bytes | None:
        """A file that `find` finds, by gzip; None where that gains nothing.

        These alone are sent so, never a page: where one holds a secret and what a stranger typed, its packed
        length tells of the secret (BREACH).
        """
        return self._packed.get(name)

    def find(self, build: str, name: str) -> tuple[bytes, str] | None:
        """Content and type; None of another build, whose scripts would not fit to ours."""
        if build != self.build or name not in self._content:
            return None
        return self._content[name], _TYPES[name.rsplit(".", 1)[1]]
