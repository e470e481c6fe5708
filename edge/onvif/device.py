"""A camera's own account of itself: identity, streams, addresses, and how each stream may be set.

Media2 is asked where there is one, since H.265 is told by it alone; else Media, which every camera has.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from xml.etree.ElementTree import Element, register_namespace

from edge.onvif.exchange import path_in
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.soap import DEVICE, DEVICE_PATH, MEDIA, MEDIA2, SCHEMA, SoapClient, request
from edge.onvif.untrusted import below, child, number, text_of, whole
from edge.onvif.values import CameraIdentity, EncoderRange, EncoderSettings, OnvifProfile

MAX_PROFILES = 16
_RTSP_PORT = 554
_TRANSPORT = f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>' \
             f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
_UNBOUNDED_KBPS = 1_000_000         # some write the largest number that there is for "no limit"

for _prefix, _namespace in (("tt", SCHEMA), ("trt", MEDIA), ("tr2", MEDIA2), ("tds", DEVICE)):
    register_namespace(_prefix, _namespace)         # the customary ones: cheap cameras look for them


class OnvifDevice:
    """One camera that speaks ONVIF. One thread."""

    def __init__(self, client: SoapClient, device_path: str = DEVICE_PATH) -> None:
        """Learn the camera's time and where its media services are.

        Raises OnvifError: nothing there speaks ONVIF.
        """
        self.client, self.device_path = client, device_path
        client.learn_time()
        self._paths = self._services()

    @property
    def has_media2(self) -> bool:
        return MEDIA2 in self._paths

    def _services(self) -> dict[str, str]:
        """The path of each service, by namespace. Raises OnvifError: of the login alone."""
        with _passing_over_refusals():
            answer = self.client.call(self.device_path, request(
                DEVICE, "GetServices", {"IncludeCapability": "false"}))
            found = {text_of(each, "Namespace"): path for each in below(answer, "Service")
                     if (path := path_in(text_of(each, "XAddr")))}
            if MEDIA in found or MEDIA2 in found:
                return found
        with _passing_over_refusals():
            answer = self.client.call(self.device_path, request(DEVICE, "GetCapabilities",
                                                                {"Category": "All"}))
            if path := path_in(text_of(next(below(answer, "Media"), None), "XAddr")):
                return {MEDIA: path}
        return {MEDIA: "/onvif/media_service"}

    def identity(self) -> CameraIdentity:
        """Raises OnvifError."""
        told = self.client.call(self.device_path, request(DEVICE, "GetDeviceInformation"))
        return CameraIdentity(text_of(told, "Manufacturer"), text_of(told, "Model"),
                              text_of(told, "FirmwareVersion"))

    def profiles(self) -> tuple[OnvifProfile, ...]:
        """Those with video, in the camera's order: nearly always the main stream first.

        Raises OnvifError: NO_STREAM where there is none.
        """
        if self.has_media2:
            try:
                if found := self._profiles2():
                    return found
            except OnvifError as exc:
                if exc.fault in (OnvifFault.LOGIN, OnvifFault.LOCKED, OnvifFault.SILENT):
                    raise
            del self._paths[MEDIA2]         # announced, and not there
        answer = self._media(MEDIA, request(MEDIA, "GetProfiles"))
        found = tuple(_profile(each, child(each, "VideoEncoderConfiguration"),
                               child(each, "VideoSourceConfiguration")) for each in _some(answer))
        if not any(profile.encoder for profile in found):
            raise self.client.error(OnvifFault.NO_STREAM)
        return tuple(profile for profile in found if profile.encoder)

    def _profiles2(self) -> tuple[OnvifProfile, ...]:
        answer = self._media(MEDIA2, request(MEDIA2, "GetProfiles", {"Type": "All"}))
        found = (_profile(each, child(each, "Configurations", "VideoEncoder"),
                          child(each, "Configurations", "VideoSource")) for each in _some(answer))
        return tuple(profile for profile in found if profile.encoder)

    def stream(self, profile: OnvifProfile) -> str:
        """Its RTSP address at the host that we speak to, without user and password.

        A camera that names another host, as one behind a router does, is asked for at its own all the same.
        Raises OnvifError.
        """
        if self.has_media2:
            answer = self._media(MEDIA2, request(MEDIA2, "GetStreamUri", {
                "Protocol": "RTSP", "ProfileToken": profile.token}))
        else:
            answer = self._media(MEDIA, request(MEDIA, "GetStreamUri", {"ProfileToken": profile.token},
                                                _TRANSPORT))
        told = next((each.text or "" for each in below(answer, "Uri")), "").strip()
        address = stream_at(told, self.client.host.host)
        if address is None:
            raise self.client.error(OnvifFault.BAD_ANSWER, "no RTSP address")
        return address

    def encoder_range(self, profile: OnvifProfile) -> EncoderRange:
        """What the profile's encoder may be set to; nothing known where the camera does not say.

        Raises OnvifError: it cannot be reached any more, or the login.
        """
        version = MEDIA2 if self.has_media2 else MEDIA
        tokens = {"ConfigurationToken": profile.encoder.token if profile.encoder else None,
                  "ProfileToken": profile.token}
        with _passing_over_refusals():
            answer = self._media(version, request(version, "GetVideoEncoderConfigurationOptions", tokens))
            codec = profile.encoder.codec if profile.encoder else ""
            return _range2(answer, codec) if self.has_media2 else _range1(answer, codec)
        return EncoderRange()

    def set_encoder(self, configuration: str) -> None:
        """Replace one; `configuration` is the element of `edge.onvif.change.encoder_changed`.

        Raises OnvifError.
        """
        if self.has_media2:
            body = request(MEDIA2, "SetVideoEncoderConfiguration", inside=configuration)
        else:
            body = request(MEDIA, "SetVideoEncoderConfiguration",
                           inside=configuration + "<ForcePersistence>true</ForcePersistence>")
        self._media(MEDIA2 if self.has_media2 else MEDIA, body)

    def ask_for_key_frame(self, profile_token: str) -> None:
        """SetSynchronizationPoint: the stream's next picture shall be a key frame. Raises OnvifError."""
        version = MEDIA2 if self.has_media2 else MEDIA
        self._media(version, request(version, "SetSynchronizationPoint", {"ProfileToken": profile_token}))

    def _media(self, version: str, body: bytes) -> Element:
        return self.client.call(self._paths.get(version, "/onvif/media_service"), body)


@contextlib.contextmanager
def _passing_over_refusals() -> Iterator[None]:
    """Goes on after a fault of one request, not after one that all others will have as well."""
    try:
        yield
    except OnvifError as exc:
        if exc.fault not in (OnvifFault.CANNOT, OnvifFault.SAID_NO, OnvifFault.NO_ONVIF):
            raise


def _some(answer: Element) -> Iterator[Element]:
    return itertools.islice(below(answer, "Profiles"), MAX_PROFILES)


def _profile(told: Element, encoder: Element | None, source: Element | None) -> OnvifProfile:
    name = text_of(told, "Name")
    rotate = None if source is None else next(below(source, "Rotate"), None)
    mode = text_of(rotate, "Mode").upper()
    degrees = 0 if mode in ("", "OFF") else whole(text_of(rotate, "Degree")) or 180
    token = told.get("token", "")
    return OnvifProfile(token, name, None if encoder is None else encoder_in(encoder), degrees % 360)


def encoder_in(told: Element) -> EncoderSettings:
    """One encoder's settings, of Media or Media2."""
    rate, constant = child(told, "RateControl"), None
    if rate is not None and rate.get("ConstantBitRate"):
        constant = rate.get("ConstantBitRate", "").lower() in ("true", "1")
    interval = told.get("GovLength") or next(
        (text for codec in ("H264", "MPEG4") if (text := text_of(told, codec, "GovLength"))), "")
    kbps = whole(text_of(rate, "BitrateLimit"))
    return EncoderSettings(
        told.get("token", ""), text_of(told, "Encoding"), whole(text_of(told, "Resolution", "Width")),
        whole(text_of(told, "Resolution", "Height")), number(text_of(rate, "FrameRateLimit")),
        whole(interval), kbps if kbps is not None and kbps < _UNBOUNDED_KBPS else None, constant, told)


def _range1(answer: Element, codec: str) -> EncoderRange:
    found = next(below(answer, codec), None) if codec else None
    if found is None:
        return EncoderRange()
    fps = _bounds(child(found, "FrameRateRange"))
    interval = _bounds(child(found, "GovLengthRange"))
    return EncoderRange(fps or (), bool(fps), (round(interval[0]), round(interval[1])) if interval else None)


def _range2(answer: Element, codec: str) -> EncoderRange:
    found = next((each for each in below(answer, "Options") if text_of(each, "Encoding") == codec), None)
    if found is None:
        return EncoderRange()
    fps = _numbers(found.get("FrameRatesSupported", ""))
    interval = _numbers(found.get("GovLengthRange", ""))
    can_vary = found.get("ConstantBitRateSupported", "").lower() in ("true", "1")
    bounds = (round(min(interval)), round(max(interval))) if interval else None
    return EncoderRange(fps, False, bounds, can_vary)


def _bounds(told: Element | None) -> tuple[float, float] | None:
    least, most = number(text_of(told, "Min")), number(text_of(told, "Max"))
    return None if least is None or most is None else (least, most)


def _numbers(text: str) -> tuple[float, ...]:
    found = (number(word) for word in text.split()[:200])
    return tuple(value for value in found if value)


def stream_at(told: str, host: str) -> str | None:
    """The RTSP address that a camera told, at `host` and without user and password; None: it is none."""
    try:
        parts = urlsplit(told)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("rtsp", "rtsps") or not told.isprintable() or not told.isascii() \
            or " " in told or len(told) > 1024 or port == 0 or "@" in parts.path + parts.query:
        return None
    where = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme.lower(), f"{where}:{port or _RTSP_PORT}", parts.path, parts.query, ""))

