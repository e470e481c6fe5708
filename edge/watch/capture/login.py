"""How to log in to a camera over RTSP or HTTP: by Digest, or Basic where the config allows it; one try."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from edge.base.http_digest import DigestChallenge, authorization, challenge_of
from edge.watch.capture.address import CameraAddress, CameraFault


class CameraLogin:
    """Of one connection. Says nothing of who we are before the camera asks."""

    def __init__(self, address: CameraAddress) -> None:
        self._address = address
        self._used = 0                  # requests with the challenge's nonce
        self._basic = False
        self.challenge: DigestChallenge | None = None

    def take(self, offered: Sequence[str]) -> None:
        """Know from now on how to log in.

        Args:
            offered: the WWW-Authenticate headers of an answer 401.

        Raises:
            CameraError: we cannot, or may not.
        """
        if self._address.login is None:
            raise self._address.error("the camera wants a user name and a password (401)",
                                      "set username and password_file", CameraFault.LOGIN)
        self.challenge, self._used = challenge_of(offered), 0
        if self.challenge is not None:
            return
        self._basic = any(each.lower().startswith("basic") for each in offered)
        if not self._basic:
            raise self._address.error("the camera wants a way of logging in that the box does not know",
                                      "choose Digest in the camera's settings", CameraFault.LOGIN_KIND)
        if not self._address.basic:
            raise self._address.error(
                "the camera wants its password in clear (Basic)",
                "choose Digest in its settings, or write basic = true where nobody else is on its network",
                CameraFault.BASIC)

    def header(self, method: str, uri: str) -> str | None:
        """The Authorization header's value for the next request; None before the camera has asked."""
        login = self._address.login
        if login is None or not (self.challenge or self._basic):
            return None
        if self.challenge is None:
            return "Basic " + base64.b64encode(f"{login.name}:{login.password}".encode()).decode()
        self._used += 1
        return authorization(self.challenge, login, method, uri, secrets.token_hex(8), self._used)


def is_stale(offered: Sequence[str]) -> bool:
    """Whether an answer 401 means no more than that the nonce was too old."""
    challenge = challenge_of(offered)
    return challenge is not None and challenge.stale
