"""Ask a camera what it has, then read each of its streams for a while: what it says, and what it sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.base.clock import clock_synchronised
from edge.onvif.device import OnvifDevice
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.locate import open_device
from edge.onvif.soap import DEVICE_PATH, OnvifLogin
from edge.onvif.values import CameraIdentity, OnvifProfile
from edge.upkeep.camera.choice import StreamChoice, StreamForm, choose
from edge.upkeep.camera.paths import usual_paths
from edge.upkeep.camera.target import CameraTarget
from edge.upkeep.camera.wise import CameraCare, has_default_password
from edge.watch.capture.address import CameraError, CameraFault, camera_address
from edge.watch.capture.measured import StreamMeasure, measure_stream

MAX_STREAMS = 4             # of one camera that are read: main, sub, third, and one to spare
STALL_S = 6.0
_FOR_ALL = (CameraFault.LOGIN, CameraFault.LOGIN_KIND, CameraFault.BASIC, CameraFault.SILENT,
            CameraFault.REFUSED, CameraFault.NO_HOST)       # another stream would have it, too
OnStep = Callable[[str, int], None]     # a step's name and how many things it is about
_WITHOUT_ONVIF = (OnvifFault.NO_ONVIF, OnvifFault.REFUSED, OnvifFault.SILENT, OnvifFault.NO_STREAM,
                  OnvifFault.BAD_ANSWER, OnvifFault.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class ProbedStream:
    """One stream: where, what the camera says of it, and what it sends."""

    address: str                            # without user and password
    name: str = ""                          # as the camera calls it
    profile: OnvifProfile | None = None     # None: it was not found by ONVIF
    measure: StreamMeasure | None = None
    error: CameraError | None = None        # why it could not be read

    @property
    def form(self) -> StreamForm:
        """What comes, or else what the camera says."""
        if self.measure is not None:
            return StreamForm(self.measure.codec, self.measure.width, self.measure.height)
        encoder = self.profile.encoder if self.profile else None
        return StreamForm(encoder.codec, encoder.width, encoder.height) if encoder and self.error is None \
            else StreamForm("", None, None)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a camera turned out to be."""

    target: CameraTarget
    streams: tuple[ProbedStream, ...]
    choice: StreamChoice
    care: CameraCare
    identity: CameraIdentity | None = None      # None: it was not asked by ONVIF
    onvif_fault: OnvifFault | None = None       # why not
    onvif_host: str = ""
    onvif_port: int | None = None               # where the box may ask it for key frames


def probe(target: CameraTarget, password: str, seconds: float, on_step: OnStep) -> ProbeReport:
    """All of it: some seconds of questions, then `seconds` of each stream, side by side.

    Args:
        seconds: 0: nothing is read, what the camera says is taken for true.

    Raises:
        OnvifError, CameraError: the login is refused, or there is neither ONVIF nor a stream.
    """
    on_step("asking", 1)
    device, fault = _device(target, password)
    identity = device.identity() if device else None
    streams = _streams(device, target, password, fault)
    if seconds:
        on_step("reading", len(streams))
        streams = _read(streams, target, password, seconds)
    care = CameraCare(_ahead_s(device), has_default_password(target.user, password))
    return ProbeReport(target, tuple(streams), choose([stream.form for stream in streams]), care, identity,
                        fault, str(device.client.host) if device else "", _port_for_box(device))


def _device(target: CameraTarget, password: str) -> tuple[OnvifDevice | None, OnvifFault | None]:
    """Raises OnvifError: the login, unless a stream is known. Some makers keep ONVIF's users apart."""
    login = OnvifLogin(target.user, password) if target.user else None
    try:
        return open_device(target.host, login, target.port, target.path, target.tls), None
    except OnvifError as exc:
        if exc.fault not in _WITHOUT_ONVIF and not (exc.fault is OnvifFault.LOGIN and target.stream):
            raise
        return None, exc.fault


def _streams(device: OnvifDevice | None, target: CameraTarget, password: str,
             fault: OnvifFault | None) -> list[ProbedStream]:
    if device is not None:
        profiles = device.profiles()[:MAX_STREAMS]
        return _distinct([ProbedStream(device.stream(it), it.name or it.token, it) for it in profiles])
    if target.stream:
        return [ProbedStream(target.stream)]
    found = usual_paths(target, password)
    if not found:
        raise OnvifError(target.host, fault or OnvifFault.NO_ONVIF)
    return [ProbedStream(address) for address in found]


def _distinct(streams: Sequence[ProbedStream]) -> list[ProbedStream]:
    """Some cameras list a stream under two profiles."""
    return list({stream.address: stream for stream in reversed(streams)}.values())[::-1]


def _read(streams: Sequence[ProbedStream], target: CameraTarget, password: str,
          seconds: float) -> list[ProbedStream]:
    """Raises CameraError: the login is refused, or none of them could be read."""
    def read(stream: ProbedStream, seconds: float) -> ProbedStream:
        address = camera_address(target.name, stream.address, target.user, password)
        try:
            measure = measure_stream(address, seconds, STALL_S)
        except CameraError as exc:
            return replace(stream, error=exc)
        return replace(stream, measure=measure)

    first = read(streams[0], 0.0)       # alone: with a wrong password it is one try, not one a stream
    if first.error is not None and first.error.fault in _FOR_ALL:
        raise first.error
    with ThreadPoolExecutor(len(streams), thread_name_prefix="probe") as pool:
        found = [*pool.map(lambda stream: read(stream, seconds), streams)]
    if all(stream.error for stream in found) and first.error is not None:
        raise first.error
    return found


def _port_for_box(device: OnvifDevice | None) -> int | None:
    """None where it has no such service, or not at the usual path and in clear."""
    if device is None or device.client.host.tls or device.device_path != DEVICE_PATH:
        return None
    return device.client.host.port


def _ahead_s(device: OnvifDevice | None) -> float | None:
    """None where one of the clocks says nothing: ours may be the one that is wrong."""
    ahead: timedelta | None = device.client.ahead if device else None
    return None if ahead is None or not clock_synchronised() else ahead.total_seconds()
