"""A camera with two streams on loopback: one view, encoded twice, sent as it happens to whoever watches.

As of a camera, and unlike `rtsp_server`, a viewer joins what goes on; both streams are stamped by one clock,
and sender reports tell it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tests.rtsp_server import RtspServer, guarded, run


class TwoStreamCamera(RtspServer):
    """Serves `small` at /cam and `large` at /main, in step, again and again."""

    def __init__(self, small: Path, large: Path, username: str = "cam", password: str = "secret",
                 late_s: float = 0.0) -> None:
        """`late_s`: by how much the large stream is late without telling, as of a slow encoder."""
        self._large, self._late_s = large, late_s
        super().__init__(small, username, password)

    @property
    def main_url(self) -> str:
        return self.url.removesuffix("cam") + "main"

    def _program(self) -> list[str]:
        return ["-m", "tests.two_streams", str(self._clip), str(self._large), "--late", str(self._late_s)]


class _Channel:
    """Plays a clip for ever, by the machine's clock, and gives each coded picture to all who watch."""

    def __init__(self, gst: Any, clip: str, late_s: float) -> None:
        self._gst, self._sources = gst, list[Any]()
        self._unstamped = gst.BufferCopyFlags.MEMORY | gst.BufferCopyFlags.FLAGS
        self._player = gst.parse_launch(
            f"filesrc location=\"{clip}\" ! qtdemux ! h264parse config-interval=-1 ! "
            "video/x-h264,stream-format=byte-stream,alignment=au ! "
            f"appsink name=out emit-signals=true sync=true max-buffers=50 ts-offset={round(late_s * 1e9)}")
        self._player.get_by_name("out").connect("new-sample", self._send)
        bus = self._player.get_bus()
        bus.add_signal_watch()
        bus.connect("message::segment-done", lambda *_: self._rewind(flags=gst.SeekFlags.SEGMENT))

    def prepare(self) -> None:
        """Ready to play from the first picture on; `start` then begins at once."""
        self._player.set_state(self._gst.State.PAUSED)
        self._player.get_state(self._gst.CLOCK_TIME_NONE)
        self._rewind(self._gst.SeekFlags.SEGMENT | self._gst.SeekFlags.FLUSH)
        self._player.get_state(self._gst.CLOCK_TIME_NONE)

    def start(self) -> None:
        self._player.set_state(self._gst.State.PLAYING)

    def _rewind(self, flags: Any) -> None:
        self._player.seek_simple(self._gst.Format.TIME, flags, 0)

    def _send(self, sink: Any) -> Any:
        coded = sink.emit("pull-sample").get_buffer()
        for source in tuple(self._sources):
            copy = coded.copy_region(self._unstamped, 0, coded.get_size())
            if source.emit("push-buffer", copy) is not self._gst.FlowReturn.OK:
                self._sources.remove(source)
        return self._gst.FlowReturn.OK

    def watch(self, _factory: Any, media: Any) -> None:
        self._sources.append(media.get_element().get_by_name("in"))


def serve(clips: list[str], late_s: float, address: str, port: int, username: str, password: str) -> None:
    server, permissions = guarded(address, port, username, password)
    from gi.repository import Gst, GstRtspServer  # type: ignore[import-not-found]
    channels = [_Channel(Gst, clip, late) for clip, late in zip(clips, (0.0, late_s), strict=True)]
    for channel, path in zip(channels, ("/cam", "/main"), strict=True):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_shared(True)
        factory.set_launch("( appsrc name=in is-live=true do-timestamp=true format=time "
                           "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! "
                           "video/x-h264,stream-format=avc,alignment=au ! "
                           "rtph264pay name=pay0 pt=96 config-interval=1 )")
        factory.set_permissions(permissions)
        factory.connect("media-configure", channel.watch)
        server.get_mount_points().add_factory(path, factory)
    for channel in channels:
        channel.prepare()
    for channel in channels:
        channel.start()
    run(server)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", nargs=2)
    parser.add_argument("--late", type=float, default=0.0)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--username", default="cam")
    parser.add_argument("--password", default="secret")
    given = parser.parse_args()
    serve(given.clips, given.late, given.address, given.port, given.username, given.password)
