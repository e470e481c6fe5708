"""The least that following RTSP cameras takes, run by `bench cluster` beside watch: demux, keys, or decode.

`python -m bench.bare_rtsp {demux,keys,decode} URL...`: one thread a camera, one decoder thread, until it is
told to end (SIGTERM); then it prints how many pictures (packets, of `demux`) came.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import av


def follow(url: str, work: str, counts: list[int]) -> None:
    """Read for ever; each picture or packet counts."""
    with av.open(url, format="rtsp", options={"rtsp_transport": "tcp"}, timeout=20) as container:
        video = container.streams.video[0]
        video.codec_context.thread_type, video.codec_context.thread_count = "NONE", 1
        if work == "keys":
            video.codec_context.skip_frame = "NONKEY"
        for packet in container.demux(video):
            counts.append(1 if work == "demux" else len(packet.decode()))


def main() -> None:
    work, urls = sys.argv[1], sys.argv[2:]
    av.logging.set_level(None)
    counts: list[int] = []
    for url in urls:
        threading.Thread(target=follow, args=(url, work, counts), daemon=True).start()
    signal.sigwait({signal.SIGTERM})
    print(sum(counts), flush=True)
    os._exit(0)         # threads stand in reads


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()
