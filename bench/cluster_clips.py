"""What the cameras of `bench cluster` send: made scenes as a camera encodes them, looped for some minutes.

1280x720 at 1 Mbit/s and the same as a 640x360 sub stream at 256 kbit/s, 15 pictures a second, H.264 of a
constant rate without B pictures, a key frame every 2 s. The first ten seconds, in which the encoder still
settles, are left out. Several recordings of one scene begin at different places of the loop, so that the
cameras of a cluster do not all move at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType

from bench.scenes import CACHE, Scene, Walk, make

FPS, INTERVAL_S, LOOP_S, SETTLES_S = 15, 2, 60, 10
LOOPS = 6
_NOISES = 24
PHASES = 4                      # recordings of one scene
NOISE = {"main": 2.5, "sub": 1.5}        # grey levels of a sensor's noise, which an encoder pays for
SIZES = {"main": ((1280, 720), "1M"), "sub": ((640, 360), "256k")}
_BITS = {"1M": 1_000_000, "256k": 256_000}

_SIZE = SIZES["main"][0]
STILL = Scene("cluster still", "plaza", SETTLES_S + LOOP_S, size=_SIZE, fps=FPS)
MOVEMENT = Scene("cluster movement", "plaza", SETTLES_S + LOOP_S, tuple(
    Walk(40 + 0.4 * who, from_left, 0.6 + 0.1 * who, 0.25, 1.5, 0, True, 3 * who)
    for who, from_left in enumerate((True, False))), size=_SIZE, fps=FPS)
"""Two people for six seconds of each minute."""


def recordings(scene: Scene, stream: str, shared: Path) -> list[Path]:
    """The PHASES recordings of `scene` as `stream` ("main" or "sub") sends it; made where they are not kept.

    Made in a minute; they take 45 MB each (main).
    """
    recipe = json.dumps([asdict(scene), SIZES[stream], NOISE[stream], FPS, INTERVAL_S, LOOPS, "zerolatency"])
    key = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    paths = [CACHE / f"{scene.name.replace(' ', '-')}-{stream}-{key}-{phase}.mp4" for phase in range(PHASES)]
    if not all(path.is_file() for path in paths):
        encoded = CACHE / f"{key}.part.mp4"
        _encode(make(scene, shared).video, encoded, *SIZES[stream], NOISE[stream])
        for phase, path in enumerate(paths):
            unfinished = path.with_suffix(".part.mp4")
            _loop(encoded, unfinished, phase * LOOP_S // PHASES // INTERVAL_S * INTERVAL_S * FPS)
            unfinished.replace(path)
        encoded.unlink()
    return paths


def _encode(source: Path, path: Path, size: tuple[int, int], rate: str, noise: float) -> None:
    made_of = np.random.default_rng(0)
    noises = [made_of.normal(0, noise, (size[1], size[0])).astype(np.int16) for _ in range(_NOISES)]
    gop = str(FPS * INTERVAL_S)
    # As a camera's chip: it looks at no picture ahead, and gives key frames little more than others.
    bits = {"b": rate, "maxrate": rate, "bufsize": str(_BITS[rate] // 3)}
    options = bits | {"preset": "veryfast", "tune": "zerolatency", "profile": "main", "bf": "0", "g": gop,
                      "keyint_min": gop, "sc_threshold": "0"}
    with av.open(str(source)) as made, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index, picture in enumerate(made.decode(video=0)):
            planes = picture.reformat(*size, format="yuv420p").to_ndarray()
            luma = planes[:size[1]]
            np.clip(luma + noises[int(made_of.integers(_NOISES))], 0, 255, out=luma, casting="unsafe")
            small = av.VideoFrame.from_ndarray(planes, "yuv420p")
            small.pts, small.time_base = index, Fraction(1, FPS)
            small.pict_type = PictureType.NONE
            container.mux(stream.encode(small))
        container.mux(stream.encode())


def _loop(encoded: Path, path: Path, start: int) -> None:
    """Copy the loop, from its picture `start` on, LOOPS times."""
    with av.open(str(encoded)) as source, av.open(str(path), "w") as container:
        video = source.streams.video[0]
        packets = [(bytes(packet), packet.is_keyframe) for packet in source.demux(video) if packet.size]
        loop = packets[SETTLES_S * FPS:][:LOOP_S * FPS]
        stream = container.add_stream_from_template(video)
        for index, (data, is_key) in enumerate([*loop[start:], *loop[:start]] * LOOPS):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, FPS), is_key
            packet.pts = packet.dts = index
            container.mux(packet)
