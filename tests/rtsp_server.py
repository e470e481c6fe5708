"""A real RTSP server on loopback, for tests: GStreamer's, run by the system's Python, which has its bindings.

`RtspServer` starts this file as a program of its own, so that a test can kill or freeze it.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SYSTEM_PYTHON = "/usr/bin/python3"
INSTALL = ("apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good "
           "gstreamer1.0-plugins-bad")
_PROBE = """
import gi
for name in ("Gst", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
missing = [name for name in ("qtdemux", "h264parse", "rtph264pay") if not Gst.ElementFactory.find(name)]
raise SystemExit(f"no GStreamer element {missing}" if missing else 0)
"""


def missing() -> str | None:
    """Why no server can run here, with the command that helps; None when it can."""
    try:
        done = subprocess.run([SYSTEM_PYTHON, "-c", _PROBE], capture_output=True, text=True, timeout=60,
                              check=False)
    except OSError as exc:
        return f"needs {SYSTEM_PYTHON} ({exc.strerror}): {INSTALL}"
    if done.returncode == 0:
        return None
    return f"needs an RTSP server ({(done.stderr.strip().splitlines() or ['?'])[-1]}): {INSTALL}"


class RtspServer:
    """Serves one H.264 MP4 at /cam, in real time from its start for each first viewer, with a password.

    `more` are served beside it, at /cam1 and so on.
    """

    def __init__(self, clip: Path, username: str = "cam", password: str = "secret",
                 address: str = "127.0.0.1", more: Sequence[Path] = ()) -> None:
        self._clip, self._more = clip, more
        self.username, self.password, self._address = username, password, address
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"rtsp://{self._address}:{self.port}/cam"

    def start(self) -> None:
        """Start or start again, on the same port once one was given."""
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, *self._program(), "--port", str(self.port), "--username", self.username,
             "--password", self.password, "--address", self._address], stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[1])
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("PORT "), f"the RTSP server said {line!r}"
        self.port = int(line.split()[1])

    def _program(self) -> list[str]:
        return [__file__, str(self._clip), *map(str, self._more)]

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, frozen or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        """Stop answering with the connection open, like a camera whose firmware hangs."""
        self.signal(signal.SIGSTOP)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.kill()


def guarded(address: str, port: int, username: str, password: str) -> tuple[Any, Any]:
    """A server of GStreamer's that wants a password by Digest, and the permissions for what it serves."""
    import gi  # type: ignore[import-not-found]
    for name in ("Gst", "GstRtsp", "GstRtspServer"):
        gi.require_version(name, "1.0")
    from gi.repository import Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(address)
    server.set_service(str(port))
    role, token = "viewer", GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", role)
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(username, password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(role, "media.factory.access", True)
    permissions.add_permission_for_role(role, "media.factory.construct", True)
    return server, permissions


def run(server: Any) -> None:
    """Tell the port, and serve until the process is ended."""
    from gi.repository import GLib
    assert server.attach(None), "the port cannot be had"
    print("PORT", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def serve(clips: Sequence[str], address: str, port: int, username: str, password: str) -> None:
    server, permissions = guarded(address, port, username, password)
    from gi.repository import GstRtspServer
    for number, clip in enumerate(clips):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_shared(True)
        factory.set_launch(f"( filesrc location=\"{clip}\" ! qtdemux ! h264parse ! "
                           "rtph264pay name=pay0 pt=96 config-interval=1 )")
        factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/cam{number or ''}", factory)
    run(server)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--username", default="cam")
    parser.add_argument("--password", default="secret")
    given = parser.parse_args()
    serve(given.clips, given.address, given.port, given.username, given.password)
