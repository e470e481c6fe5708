"""Where makers have their streams, for cameras whose ONVIF is off."""

from __future__ import annotations

from collections.abc import Sequence

from edge.upkeep.camera.target import CameraTarget
from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.measured import measure_stream

# Main and sub: Hikvision, Dahua, TP-Link and Tapo, Uniview, Reolink, and what cheap ones have.
MAKERS = (("/Streaming/Channels/101", "/Streaming/Channels/102"),
          ("/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
          ("/stream1", "/stream2"), ("/media/video1", "/media/video2"),
          ("/h264Preview_01_main", "/h264Preview_01_sub"), ("/11", "/12"), ("/onvif1", "/onvif2"),
          ("/live/ch00_0", "/live/ch00_1"))
_TRY_S, _STALL_S = 0.1, 4.0
_GO_ON = (CameraFault.NO_STREAM, CameraFault.NOT_VIDEO, CameraFault.OTHER, CameraFault.BAD_REQUEST,
          CameraFault.CAMERA_FAULT)


def usual_paths(target: CameraTarget, password: str, port: int = 554,
                pairs: Sequence[tuple[str, str]] = MAKERS) -> list[str]:
    """The addresses of the first maker's streams that are there; none where nobody's are.

    Raises:
        CameraError: the login is refused, the user may not watch, or nothing answers: other paths would not
            help.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    for pair in pairs:
        found = [address for path in pair
                 if _is_there(address := f"rtsp://{host}:{port}{path}", target, password)]
        if found:
            return found
    return []


def _is_there(address: str, target: CameraTarget, password: str) -> bool:
    try:
        measure_stream(camera_address(target.name, address, target.user, password), _TRY_S, _STALL_S)
    except CameraError as exc:
        if exc.fault in _GO_ON:
            return False
        raise
    return True
