"""What a cluster of cameras costs: the box's four programs on real RTSP, beside decoding and other programs.

Rows: a still place, the same with two people for six seconds of each minute, and the still place by the
cameras' sub streams; each with 1 and 4 cameras, with `latency` relaxed and prompt. All parties of a row
follow the same server in one window, so that what else the machine does weighs on all of them alike:
ratios hold where seconds do not. What one camera's 1280x720 costs to decode for that long is 1.

`--rows` names some of the rows, `--quick` has shorter windows, `--long` 8 and 16 cameras as well, for which
decoding alone is the reference.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import cluster_clips, cluster_parties
from bench.cluster_parties import Party
from bench.delivery import running_broker
from bench.result import Figure, LeftOutError, Result, need_shared
from bench.scenes import Scene
from dev.troupe import Troupe
from tests import rtsp_server
from tests.rtsp_server import RtspServer

LATENCIES = ("relaxed", "prompt")
SETTLE_S, WINDOW_S, QUICK_S = 25.0, 60.0, 20.0
IDLE_TARGET_S = 0.3                         # of guard and uplink together, a minute
MEMORY_MB, CAMERA_MB = 140.0, 14.0          # of watch at rest


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A scene and how many cameras show it. `targets`: most that each latency may cost, of decoding it."""

    scene: Scene
    stream: str
    cameras: int
    targets: Mapping[str, float]
    peers: bool = True

    @property
    def name(self) -> str:
        what = "sub stream" if self.stream == "sub" else self.scene.name.removeprefix("cluster ")
        return f"{what} x{self.cameras}"


_STILL, _MOVEMENT, _SUB = ({"relaxed": relaxed, "prompt": prompt}
                           for relaxed, prompt in ((0.35, 0.85), (1.0, 1.3), (0.15, 0.45)))
ROWS = tuple(row for cameras in (1, 4) for row in (
    ClusterRow(cluster_clips.STILL, "main", cameras, _STILL),
    ClusterRow(cluster_clips.MOVEMENT, "main", cameras, _MOVEMENT),
    ClusterRow(cluster_clips.STILL, "sub", cameras, _SUB)))
LONG = tuple(ClusterRow(cluster_clips.STILL, "main", cameras, _STILL, peers=False) for cameras in (8, 16))


def run(args: argparse.Namespace) -> Result:
    """Raises LeftOutError without a broker, a server or the evaluation data."""
    shared, broker = need_shared(args), shutil.which(
        "mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if reason := rtsp_server.missing() or ("" if broker else "needs mosquitto: apt-get install mosquitto"):
        raise LeftOutError(reason)
    rows = _chosen(args)
    absent = cluster_parties.missing_peers()
    figures: list[Figure] = []
    for row in rows:
        with tempfile.TemporaryDirectory(prefix="b-") as name:
            figures += _measured(row, shared, Path(name), str(broker), absent,
                                 QUICK_S if args.quick else WINDOW_S)
    return Result("cluster", tuple(figures), (
        "1280x720 (sub stream: 640x360), 15 pictures a second, 1 Mbit/s (256 kbit/s), key frame every 2 s",
        "ratios are of all four programs' CPU to decoding the 1280x720 streams with one thread each",
        *(f"{name} left out: apt-get install {name}" for name in absent)))


def _chosen(args: argparse.Namespace) -> Sequence[ClusterRow]:
    rows = (*ROWS, *(LONG if args.long else ()))
    if not args.rows:
        return [row for row in rows if row.cameras == 1] if args.quick else rows
    names = {row.name for row in rows}
    if unknown := set(args.rows) - names:
        raise LeftOutError(f"no row {min(unknown)!r}; there are {', '.join(sorted(names))}")
    return [row for row in rows if row.name in args.rows]


def _measured(row: ClusterRow, shared: Path, folder: Path, broker: str, absent: Sequence[str],
              seconds: float) -> Iterator[Figure]:
    main = cluster_clips.recordings(row.scene, "main", shared)
    sub = cluster_clips.recordings(row.scene, "sub", shared) if row.stream == "sub" else []
    with RtspServer(main[0], more=[*main[1:], *sub]) as server, \
            running_broker(Path(broker), folder) as mqtt_port, Troupe(folder, "bench cluster") as troupe:
        open_urls = [_url(server, number) for number in range(row.cameras)]
        watched = [_url(server, number, len(main) if sub else 0) for number in range(row.cameras)]
        boxes = [cluster_parties.box(latency, latency, server, watched, mqtt_port, folder, troupe)
                 for latency in LATENCIES]
        others = list(_others(row, server, open_urls, absent, folder))
        try:
            time.sleep(SETTLE_S)
            used = cluster_parties.window([*boxes, *others], seconds)
        finally:
            cluster_parties.end(others)
        yield from _figures(row, used, boxes)


def _url(server: RtspServer, number: int, offset: int = 0) -> str:
    place = number % cluster_clips.PHASES + offset
    return f"{server.url}{place or ''}"


def _others(row: ClusterRow, server: RtspServer, urls: Sequence[str], absent: Sequence[str],
            folder: Path) -> Iterator[Party]:
    with_password = [url.replace("//", f"//{server.username}:{server.password}@") for url in urls]
    for work in ("decode", "demux", "keys"):
        if work == "decode" or row.peers:
            yield cluster_parties.bare(work, with_password, folder)
    if not row.peers:
        return
    if "motion" not in absent:
        yield cluster_parties.motion(server, urls, cluster_clips.SIZES["main"][0], folder)
    if "ffmpeg" not in absent:
        yield cluster_parties.ffmpeg(with_password)


def _figures(row: ClusterRow, used: Mapping[str, Mapping[str, float]],
             boxes: Sequence[Party]) -> Iterator[Figure]:
    """`used`: CPU seconds a minute of each process of each party."""
    total = {name: sum(each.values()) for name, each in used.items()}
    decode_s = total["decode"]
    yield Figure(f"{row.name}: decoding, a camera", decode_s / row.cameras, "s/min")
    for name in ("demux", "keys", *cluster_parties.PEERS):
        if name in total:
            yield Figure(f"{row.name}: {name}", total[name] / decode_s, "of decoding")
    for box in boxes:
        each = used[box.name]
        motion_s = total.get("motion")
        yield Figure(f"{row.name}: {box.name}", total[box.name] / decode_s, "of decoding",
                     row.targets[box.name], reference_name="motion",
                     reference=None if motion_s is None else motion_s / decode_s)
        yield Figure(f"{row.name}: {box.name}, watch alone", each["watch"] / decode_s, "of decoding")
        yield Figure(f"{row.name}: {box.name}, guard and uplink", each["guard"] + each["uplink"], "s/min",
                     IDLE_TARGET_S)
        yield Figure(f"{row.name}: {box.name}, page", each["page"], "s/min")
        yield Figure(f"{row.name}: {box.name}, memory of watch", box.rss_mb()["watch"], "MB",
                     MEMORY_MB + CAMERA_MB * row.cameras)
