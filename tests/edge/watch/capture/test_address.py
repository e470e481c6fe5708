from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote, quote_plus

import av.error
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.camera_model import CameraSettings
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraError, locate

PASSWORD = "p@ss:w/ö%r d#1?"
passwords = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=20)


def _address(tmp_path: Path, source: str = "rtsp://10.0.0.9:8554/live/1") -> CameraAddress:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\nsecond line\n", encoding="utf-8")
    return locate("gate", CameraSettings(source=source, username="cam", password_file=path))


def test_credentials_are_only_in_the_url(tmp_path: Path) -> None:
    """
    User and password go percent-encoded into the URL; what people see has neither.
    """
    it = _address(tmp_path)

    assert it.url == "rtsp://cam:p%40ss%3Aw%2F%C3%B6%25r%20d%231%3F@10.0.0.9:8554/live/1"
    assert it.shown == "rtsp://10.0.0.9:8554/live/1"
    assert "p%40" not in repr(it)
    assert PASSWORD not in repr(it)


@given(passwords)
def test_no_spelling_of_a_password_survives(password: str) -> None:
    """
    Raw, percent-encoded in any way, in a URL or in a Basic header: a told error has none of them.
    """
    settings = CameraSettings.model_construct(source=f"rtsp://cam:{quote(password, safe='')}@host/x")
    it = locate("gate", settings)
    spellings = [password, quote(password, safe=""), quote(password), quote_plus(password),
                 base64.b64encode(f"cam:{password}".encode()).decode()]

    told = it.redact(" | ".join([it.url, *spellings]))

    pieces = told.replace("***", "").split(" | ")
    assert all(piece in ("", "rtsp://@host/x") for piece in pieces), told


@pytest.mark.parametrize(("source", "shown"), [
    ("rtsp://10.0.0.9/user=admin&password=hunter2&channel=1", "rtsp://10.0.0.9/user=***&password=***&channel=1"),
    ("rtsp://10.0.0.9/live?token=hunter2", "rtsp://10.0.0.9/live?..."),
    ("rtsp://[fe80::1]:554/live", "rtsp://[fe80::1]:554/live"),
])
def test_secrets_in_paths_are_not_shown(source: str, shown: str) -> None:
    """
    Cameras that take the password in the path or query are shown without it.
    """
    it = locate("gate", CameraSettings.model_construct(source=source))

    assert shown == it.shown
    assert source == it.url
    assert "hunter2" not in repr(it)


def test_a_first_line_ends_at_its_end(tmp_path: Path) -> None:
    """
    A password file written on Windows has no carriage return in its password; spaces belong to it.
    """
    path = tmp_path / "password"
    path.write_bytes(b" a b \r\n")

    it = locate("gate", CameraSettings(source="rtsp://h/x", username="u", password_file=path))

    assert it.url == "rtsp://u:%20a%20b%20@h/x"


@pytest.mark.parametrize(("kind", "found"), [
    (av.error.HTTPUnauthorizedError, "wrong user name or password (401)"),
    (av.error.HTTPForbiddenError, "may not watch this stream (403)"),
    (av.error.HTTPNotFoundError, "no such stream (404)"),
    (av.error.ConnectionRefusedError, "connection refused"),
    (av.error.TimeoutError, "no answer for 10.0 s"),
    (av.error.ExitError, "no answer for 10.0 s"),
    (av.error.InvalidDataError, "no answer for 10.0 s"),
    (av.error.InvalidDataError, "no answer that can be read as RTSP"),
    (av.error.OSError, "Input/output error"),
])
def test_opening_faults_are_told_apart(tmp_path: Path, kind: type[av.error.FFmpegError], found: str) -> None:
    """
    Each way in which a camera refuses has its own line, says what to do, and has no password in it.
    """
    it = _address(tmp_path, source="rtsp://127.0.0.1/cam")
    waited_s = 10.0 if "10.0" in found else None
    ours = faults.cannot_open(it, kind(5, "Input/output error", it.url), waited_s)

    assert str(ours).startswith("camera 'gate': rtsp://127.0.0.1/cam: ")
    assert found in str(ours)
    assert str(ours).count("; ") == 1
    assert "p%40" not in str(ours)


def test_a_name_that_does_not_resolve_is_told(tmp_path: Path) -> None:
    """
    FFmpeg says "Input/output error"; we say which name cannot be resolved.
    """
    it = _address(tmp_path, source="rtsp://no-such-camera.invalid/cam")

    ours = faults.cannot_open(it, av.error.OSError(5, "Input/output error", it.url))

    assert "cannot resolve 'no-such-camera.invalid'" in str(ours)


def test_other_sources_are_refused() -> None:
    """
    What the config would refuse is refused here too, where a replay names it.
    """
    with pytest.raises(CameraError, match="want rtsp://host/path, /dev/video0, csi, or the path of a video"):
        locate("gate", CameraSettings.model_construct(source="http://10.0.0.9/a.mp4"))
