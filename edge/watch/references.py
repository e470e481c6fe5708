"""The cameras' references over restarts: each is loaded once, and written when more is known of it.

The thread `references` alone touches the card, so that no camera ever waits for it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from edge.base import durable
from edge.base.supervisor import beat
from edge.health.reference_file import read_reference, reference_path, take_request
from edge.watch.capture.blocks import Grid
from edge.watch.capture.structure import Structure
from edge.watch.capture.tamper import TamperWatch
from edge.watch.capture.tiles import COLUMNS, ROWS, TILES
from edge.watch.capture.view_reference import MAX_REGIMES, Regime, ViewReference

log = logging.getLogger("references")

_LOOK_EVERY_S = 2.0
_REWRITE_S = 6 * 3600.0         # what only follows the seasons: a card is not worn for that
_FIELDS = (("field", "<f2", (ROWS, COLUMNS, 2)), ("coarse", "<f4", (TILES,)), ("fine", "<f4", (TILES,)),
           ("steady", "<f4", (TILES,)))


class References:
    """`run` is the thread's body. `of` is for the cameras' threads, each its own."""

    def __init__(self, folder: Path, cameras: Iterable[str]) -> None:
        """A folder that cannot be made or read costs what was known, and no camera."""
        self._folder = folder
        with contextlib.suppress(OSError):      # told when something is to be written
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._watches = {name: TamperWatch(decoded(read_reference(folder, name))) for name in cameras}
        now_s = time.monotonic()
        self._kept = {name: (_gist(watch.reference), now_s) for name, watch in self._watches.items()}

    def of(self, camera_id: str) -> TamperWatch:
        return self._watches[camera_id]

    def run(self, stop: threading.Event) -> None:
        """Confirm and write what there is to until `stop`, and once more then."""
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            self.step(time.monotonic())
        self.step(time.monotonic())

    def step(self, now_s: float) -> None:
        for name, watch in self._watches.items():
            if take_request(self._folder, name):
                log.info("reference is to be confirmed: camera=%s", name)
                watch.confirm()
            reference, (kept, kept_s) = watch.reference, self._kept[name]
            if reference is not None and (_gist(reference) != kept or now_s - kept_s >= _REWRITE_S):
                self._kept[name] = (_gist(reference), now_s)
                self._write(name, reference)

    def _write(self, name: str, reference: ViewReference) -> None:
        try:
            durable.write(reference_path(self._folder, name), encoded(reference), durable.SECRET)
        except OSError as exc:
            log.warning("reference cannot be kept: camera=%s error=\"%s\"", name, exc.strerror)
        else:
            log.info("reference known: camera=%s lights=%d confirmed=%s", name, len(reference.regimes),
                     reference.is_confirmed)


def _gist(reference: ViewReference | None) -> tuple[int, bool]:
    """What is worth a write at once."""
    return (0, False) if reference is None else (len(reference.regimes), reference.is_confirmed)


def encoded(reference: ViewReference) -> bytes:
    """As JSON; some 13 KB for each light."""
    return json.dumps({"version": 1, "confirmed": reference.is_confirmed, "lights": [
        {name: base64.b64encode(values.astype(kind).tobytes()).decode()
         for (name, kind, _), values in zip(_FIELDS, _parts(regime), strict=True)}
        for regime in reference.regimes]}).encode()


def _parts(regime: Regime) -> tuple[Grid, Grid, Grid, Grid]:
    return (regime.mean.field, regime.mean.coarse, regime.mean.fine, regime.steady)


def decoded(found: Mapping[str, object]) -> ViewReference | None:
    """What `encoded` has made; None for anything else: then it is learned anew."""
    lights = found.get("lights")
    if found.get("version") != 1 or not isinstance(lights, list) or not 1 <= len(lights) <= MAX_REGIMES:
        return None
    try:
        regimes = tuple(_regime(light) for light in lights)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    return ViewReference(regimes, found.get("confirmed") is True)


def _regime(light: Mapping[str, str]) -> Regime:
    """Raises KeyError, TypeError, ValueError: it is none."""
    parts: list[Grid] = []
    for name, kind, shape in _FIELDS:
        values = np.frombuffer(base64.b64decode(light[name], validate=True), kind).astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: want finite numbers")
        parts.append(values.reshape(shape))
    return Regime(Structure(*parts[:3]), parts[3])
