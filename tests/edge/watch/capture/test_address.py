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
from edge.watch.capture.address import CameraAddress, CameraError, CameraFault, locate
from edge.watch.capture.rtsp_asking import describe

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
    ("rtsp://10.0.0.9/user=admin&password=hunter2&channel=1", "rtsp://10.0.0.9/***"),
    ("rtsp://10.0.0.9/live?token=hunter2", "rtsp://10.0.0.9/live?***"),
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


def test_our_own_words_stay_whole(tmp_path: Path) -> None:
    """
    A password that is a word of ours leaves no gap in our sentences; what FFmpeg quotes has the gap.
    """
    path = tmp_path / "password"
    path.write_text("password", encoding="utf-8")
    it = locate("gate", CameraSettings(source="rtsp://10.0.0.9/live", username="u", password_file=path))

    assert "wrong user name or password (401)" in str(faults.by_status(it, 401, "DESCRIBE"))
    quoted = av.error.OSError(5, f"cannot open {it.url}", it.url)
    assert "cannot open rtsp://***@10.0.0.9/live" in str(faults.broke_off(it, quoted, 5.0))


def test_a_name_that_does_not_resolve_is_told(tmp_path: Path) -> None:
    """
    We say which name cannot be resolved.
    """
    it = _address(tmp_path, source="rtsp://no-such-camera.invalid/cam")

    with pytest.raises(CameraError, match=r"cannot resolve 'no-such-camera\.invalid'") as told:
        describe(it, 5.0)

    assert CameraFault.NO_HOST is told.value.fault


def test_other_sources_are_refused() -> None:
    """
    What the config would refuse is refused here too, where a replay names it.
    """
    with pytest.raises(CameraError, match="want rtsp:// or http://host/path, /dev/video0, csi"):
        locate("gate", CameraSettings.model_construct(source="ftp://10.0.0.9/a.mp4"))
