"""Every way in which IP cameras were seen to behave: opened, or said in the field's words, without secrets.

All of them are played at once by one fake camera on real sockets; each test looks at one outcome.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State
from edge.base.words import LANGUAGES
from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.stream import open_stream
from tests.fake_camera import PASSWORD, USER, FakeCamera, coded

PICTURES = 12           # of a camera that is well
STALL_S = 3.0
# Path of the fake camera -> what is said; None: nothing, it is watched.
MODES: Mapping[str, tuple[CameraFault, str] | None] = {
    # as they should be, and odd ones that are well
    "plain": None, "digest": None, "qop": None, "basic+okbasic": None, "digest+sha256": None,
    "sha256": None, "sha256+qop": None, "sound": None, "two": None,
    "title": None, "title+latin": None, "noorigin": None, "space": None, "nosprop": None, "badsprop": None,
    "noinband": None, "start=5": None, "start=5+nosprop": None, "stampzero": None, "stampjump=300": None,
    "stampfrom=4294900000": None, "stampfps=50": None, "wait=1": None, "loss=2": None, "fps=10": None,
    "udponly": None, "tcponly": None, "nonmatch": None, "redirect=same": None, "redirect=creds": None,
    # logins
    "digest+udponly": (CameraFault.TRANSPORT, "does not send pictures this way"),
    "digest+refuse": (CameraFault.LOGIN, "wrong user name or password (401)"),
    "basic": (CameraFault.BASIC, "wants its password in clear (Basic)"),
    "odd": (CameraFault.LOGIN_KIND, "a way of logging in that the box does not know"),
    "code=403": (CameraFault.FORBIDDEN, "may not watch this stream (403)"),
    # refused
    "code=400": (CameraFault.BAD_REQUEST, "does not take what it is asked (400)"),
    "code=404": (CameraFault.NO_STREAM, "no such stream (404)"),
    "code=406": (CameraFault.BAD_REQUEST, "does not take what it is asked (406)"),
    "code=454+at=PLAY": (CameraFault.BAD_REQUEST, "does not take what it is asked (454 at PLAY)"),
    "code=453+at=SETUP": (CameraFault.BUSY, "too many viewers (453 at SETUP)"),
    "code=453+at=PLAY": (CameraFault.BUSY, "too many viewers (453 at PLAY)"),
    "code=500": (CameraFault.CAMERA_FAULT, "a fault of its own (500)"),
    "code=503": (CameraFault.CAMERA_FAULT, "a fault of its own (503)"),
    "code=461+at=SETUP": (CameraFault.TRANSPORT, "does not send pictures this way (461 at SETUP)"),
    "redirect=loop": (CameraFault.REDIRECTED, "sends on more than 3 times"),
    "redirect=host": (CameraFault.REDIRECTED, "sends on to another address"),
    "redirect=file": (CameraFault.REDIRECTED, "sends on to another address"),
    "redirect=http": (CameraFault.REDIRECTED, "sends on to another address"),
    # silent, gone, or no camera
    "muteat=DESCRIBE": (CameraFault.SILENT, "no answer for 3.0 s"),
    "muteat=SETUP": (CameraFault.SILENT, "no picture for 3.0 s"),
    "muteat=PLAY": (CameraFault.SILENT, "no picture for 3.0 s"),
    "silentat=10": (CameraFault.SILENT, "no picture for 3.0 s"),
    "udponly+silentat=10": (CameraFault.SILENT, "no picture for 3.0 s"),
    "closeat=DESCRIBE": (CameraFault.HUNG_UP, "hangs up at DESCRIBE"),
    "closeat=SETUP": (CameraFault.HUNG_UP, "hangs up at SETUP"),
    "closeat=PLAY": (CameraFault.HUNG_UP, "hangs up at PLAY"),
    "endat=10": (CameraFault.HUNG_UP, "the stream"),
    "endat=10+reset": (CameraFault.HUNG_UP, "the stream"),
    "rawat=DESCRIBE": (CameraFault.NOT_RTSP, "no answer that can be read as RTSP"),
    "http": (CameraFault.NOT_RTSP, "no answer that can be read as RTSP"),
    # sends, but no pictures
    "soundonly": (CameraFault.NOT_VIDEO, "no video in what it sends"),
    "codec=MP4V-ES": (CameraFault.NOT_VIDEO, "its video is MP4V-ES"),
    "codec=VP8": (CameraFault.NOT_VIDEO, "its video is VP8"),
    "nokeys": (CameraFault.NO_KEY_FRAME, "it sends, but no key frame in 3 s"),
    "nokeys+nosprop": (CameraFault.NO_KEY_FRAME, "it sends, but no key frame in 3 s"),
    "garbleat=0": (CameraFault.GARBLED, "nothing of it can be decoded"),
    "garbleat=10": (CameraFault.GARBLED, "nothing of it can be decoded"),
    "rawfrom=10": (CameraFault.SILENT, "no picture for 3.0 s"),
}


@dataclass
class Outcome:
    pictures: int = 0
    fault: CameraError | None = None
    asked: Mapping[str, int] = field(default_factory=dict)


Outcomes = tuple[Mapping[str, Outcome], list[str]]      # of each mode, and every line that was logged


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What became of each mode, and every line that was logged."""
    password = tmp_path_factory.mktemp("ip") / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    handler, root = _Lines(), logging.getLogger()
    root.addHandler(handler)
    with FakeCamera(coded(60, 20)) as camera, ThreadPoolExecutor(len(MODES)) as pool:
        found = dict(zip(MODES, pool.map(lambda mode: _watched(camera, mode, password), MODES), strict=True))
    root.removeHandler(handler)
    return found, handler.lines


def _watched(camera: FakeCamera, mode: str, password: Path) -> Outcome:
    """Until it has given pictures enough, or, where a fault is to come, until that has come."""
    outcome, until_s = Outcome(), time.monotonic() + 60
    settings = CameraSettings(source=camera.url(mode), username=USER, password_file=password, stall_s=STALL_S,
                              fps=60, basic="okbasic" in mode)
    try:
        with open_stream("gate", settings, live=True) as stream:
            for _ in stream:
                outcome.pictures += 1
                if (MODES[mode] is None and outcome.pictures == PICTURES) or time.monotonic() > until_s:
                    break
    except CameraError as exc:
        outcome.fault = exc
    outcome.asked = {method: camera.asked(mode, method) for method in ("DESCRIBE", "SETUP", "PLAY")}
    return outcome


def test_there_are_enough_of_them() -> None:
    """
    As many as were tried in the field, and more.
    """
    assert len(MODES) >= 60
    assert sum(expected is not None for expected in MODES.values()) >= 35


@pytest.mark.parametrize("mode", [mode for mode, expected in MODES.items() if expected is None])
def test_what_is_well_is_watched(outcomes: Outcomes, mode: str) -> None:
    """
    Whatever is odd about a camera: where it sends pictures, they are had.
    """
    outcome = outcomes[0][mode]

    assert (None, PICTURES) == (outcome.fault, outcome.pictures)


@pytest.mark.parametrize("mode", [mode for mode, expected in MODES.items() if expected is not None])
def test_what_is_wrong_is_said(outcomes: Outcomes, mode: str) -> None:
    """
    Each fault has its kind and its own words, in both languages, with what to do, and the password in none.
    """
    expected, outcome = MODES[mode], outcomes[0][mode]
    assert expected is not None
    assert outcome.fault is not None

    assert expected[0] is outcome.fault.fault
    assert expected[1] in outcome.fault.reason
    assert (None, None) == (outcome.fault.__cause__, outcome.fault.__context__)
    assert PASSWORD not in f"{outcome.fault} {outcome.fault!r} {outcome.fault.reason}"
    finding = Finding(Kind.CAMERA, "gate", State.BAD, f"camera-bad-{expected[0]}",
                      {"error": outcome.fault.found})
    said = [f(finding) for words in map(FindingWords, LANGUAGES) for f in (words.found, words.remedy)]
    assert 4 == len(set(said))
    assert all(said)


def test_nothing_secret_is_logged(outcomes: Outcomes) -> None:
    """
    Of all that was logged while sixty cameras misbehaved, no line has the password.
    """
    assert [] == [line for line in outcomes[1] if PASSWORD in line]


def test_a_login_is_tried_once(outcomes: Outcomes) -> None:
    """
    A camera that refuses a password hears it once; one that wants it in clear does not hear it at all.
    """
    assert {"DESCRIBE": 2, "SETUP": 0, "PLAY": 0} == outcomes[0]["digest+refuse"].asked
    assert {"DESCRIBE": 1, "SETUP": 0, "PLAY": 0} == outcomes[0]["basic"].asked


def test_redirects_are_few(outcomes: Outcomes) -> None:
    """
    A camera that redirects to itself is asked four times, not for as long as it likes.
    """
    assert 4 == outcomes[0]["redirect=loop"].asked["DESCRIBE"]
