"""The bare work of `edgebox watch`: decode the same recordings in real time and infer at the same rate.

A program of its own, run by `bench pipeline` beside watch: nothing that watches these cameras with this
model on one CPU can cost less. Prints one line of JSON: CPU seconds a decoded frame of each recording,
and CPU seconds an inference.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from edge.config.model import ModelSettings
from edge.watch.vision.session import ModelSession
from models.store import default_dir, load


@dataclass(slots=True)
class Camera:
    """One recording, looped in real time by its own thread."""

    path: Path
    decoded: int = 0
    cpu_s: float = 0.0

    def play(self, fps: float, due: queue.SimpleQueue[bool], until_s: float) -> None:
        """Decode, and put into `due` at every picture that is to be inferred."""
        while time.monotonic() < until_s:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                stream.thread_type = "NONE"             # as watch does
                source_fps = float(stream.average_rate or 25)
                started_s = time.monotonic()
                for index, _ in enumerate(container.decode(stream)):
                    self.decoded += 1
                    if index % round(source_fps / fps) == 0:
                        time.sleep(max(0.0, started_s + index / source_fps - time.monotonic()))
                        due.put(True)
                    if time.monotonic() >= until_s:
                        break
        self.cpu_s = time.thread_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("cameras", nargs="+", metavar="NAME=PATH")
    args = parser.parse_args()
    cameras = {name: Camera(Path(path)) for name, _, path in
               (given.partition("=") for given in args.cameras)}

    settings = ModelSettings()
    session = ModelSession(load(settings.name, default_dir()).path,
                           settings.threads or max(1, (os.cpu_count() or 2) // 2))
    pixels = np.random.default_rng(0).random((1, 3, settings.input_px, settings.input_px), np.float32)
    session.run(pixels)

    due: queue.SimpleQueue[bool] = queue.SimpleQueue()
    runs = 0
    started_cpu_s, until_s = time.process_time(), time.monotonic() + args.seconds
    threads = [threading.Thread(target=camera.play, args=(args.fps, due, until_s))
               for camera in cameras.values()]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or not due.empty():
        try:
            due.get(timeout=1)
        except queue.Empty:
            continue
        session.run(pixels)
        runs += 1
    cpu_s = time.process_time() - started_cpu_s
    decode_s = sum(camera.cpu_s for camera in cameras.values())
    print(json.dumps({"decode": {name: camera.cpu_s / camera.decoded for name, camera in cameras.items()},
                      "inference": (cpu_s - decode_s) / runs}))


if __name__ == "__main__":
    main()
