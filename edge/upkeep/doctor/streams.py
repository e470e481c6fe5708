"""What the cameras on the network send, compared with what is wise for a box."""

from __future__ import annotations

from dataclasses import replace

from edge.base.findings import Finding, Kind, State
from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind, kind_of
from edge.upkeep.camera.screen import unseen
from edge.upkeep.camera.wise import CameraCare, care_findings, has_default_password, stream_findings
from edge.watch.capture.address import CameraError, locate
from edge.watch.capture.measured import measure_stream

READ_S = 5.0            # long enough to miss a key frame that should have come twice


def sent(name: str, settings: CameraSettings, seconds: float = READ_S) -> list[Finding]:
    """Of the stream for detection and of that for evidence; nothing of what hangs at the box itself."""
    if kind_of(settings.source) is not SourceKind.RTSP:
        return []
    found = _read(name, settings, seconds, for_detection=True)
    if settings.evidence is not None:
        of_evidence = settings.model_copy(update={"source": settings.evidence})
        found += _read(f"{name} (evidence)", of_evidence, seconds, for_detection=False)
    return found


def _read(name: str, settings: CameraSettings, seconds: float, for_detection: bool) -> list[Finding]:
    try:
        address = locate(name, settings)
        measure = measure_stream(address, seconds, settings.stall_s, settings.transport)
    except CameraError as exc:
        # The former is said already; without the latter the box has the pictures of the former.
        state = State.SKIPPED if for_detection else State.WARN
        return [replace(unseen(name, exc), kind=Kind.STREAM, state=state)]
    login = address.login
    care = CameraCare(has_default_password=login is not None
                      and has_default_password(login.name, login.password))
    return [*stream_findings(name, measure, for_detection),
            *(care_findings(name, care) if for_detection else ())]
