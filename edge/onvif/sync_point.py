"""Ask a camera for a key frame now, by ONVIF: for who joins a stream in the middle of a long interval."""

from __future__ import annotations

from urllib.parse import urlsplit

from edge.onvif.device import OnvifDevice
from edge.onvif.exchange import CameraHost
from edge.onvif.faults import OnvifFault
from edge.onvif.soap import OnvifLogin, SoapClient

WITHIN_S = 3.0          # of one request; whoever waits for a key frame has it by itself before long


class KeyFrameRequest:
    """Knows which of a camera's profiles a stream is, and asks it for key frames. One thread.

    Blocks for up to six requests of WITHIN_S the first time, for one after that: not for a thread that must
    read packets meanwhile.
    """

    def __init__(self, host: CameraHost, login: OnvifLogin | None, stream: str) -> None:
        """`stream`: the RTSP address as the config has it; its path and query tell the profile."""
        self._host, self._login, self._stream = host, login, stream
        self._known: tuple[OnvifDevice, str] | None = None      # with the profile's token

    def ask(self) -> None:
        """The next picture of the stream shall be a key frame; whether it is, its packets tell.

        Raises OnvifError: CANNOT where no profile has this stream. LOGIN is not to be tried again soon: wrong
        passwords lock a camera's account.
        """
        if self._known is None:
            self._known = self._found()
        device, token = self._known
        device.ask_for_key_frame(token)

    def _found(self) -> tuple[OnvifDevice, str]:
        device = OnvifDevice(SoapClient(self._host, self._login, WITHIN_S))
        wanted = _place(self._stream)
        for profile in device.profiles():
            if _place(device.stream(profile)) == wanted:
                return device, profile.token
        raise device.client.error(OnvifFault.CANNOT)


def _place(stream: str) -> tuple[str, str]:
    parts = urlsplit(stream)
    return parts.path.rstrip("/"), parts.query
