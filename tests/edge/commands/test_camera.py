"""`edgebox camera` against cameras that speak ONVIF and RTSP for real."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.cli import main
from edge.commands import camera as camera_command
from edge.onvif.discovery import find_cameras
from tests import rtsp_server
from tests.media import make_clip, moving_block
from tests.onvif_camera import PASSWORD, USER, OnvifCamera, answering, camera, probe_match
from tests.onvif_dialects import DAHUA, DIALECTS, HIKVISION, UNIVIEW, XIONGMAI

MAIN_PX, SUB_PX = (960, 540), (640, 360)


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of a main stream with rare key frames and of a sub stream with one a second."""
    reason = rtsp_server.missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("clips")
    main_clip = make_clip(folder / "main.mp4", moving_block(150, *MAIN_PX), fps=10, gop=150)
    sub_clip = make_clip(folder / "sub.mp4", moving_block(300, *SUB_PX), fps=20, gop=20)
    with rtsp_server.RtspServer(main_clip, USER, PASSWORD) as one, \
            rtsp_server.RtspServer(sub_clip, USER, PASSWORD) as two:
        yield one.url, two.url


@pytest.fixture(autouse=True)
def _ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is refused where the user for work at cameras is missing; these run within the tests' process."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


def called(*arguments: object) -> int:
    """The exit code; without a config unless one is named."""
    given = [str(it) for it in arguments]
    return main(["camera", *given, *([] if "--config" in given else ["--config", "/nonexistent.toml"])])


def login(running: OnvifCamera, password: Path) -> tuple[object, ...]:
    return f"127.0.0.1:{running.port}", "--user", USER, "--password-file", password


def test_a_camera_is_probed(streams: tuple[str, str], password: Path, tmp_path: Path,
                            capsys: pytest.CaptureFixture[str]) -> None:
    """
    What comes is measured, not believed; the sub stream is for detection and the main one for evidence; what
    is unwise is said in the reader's language; the lines for the config are a config.
    """
    with camera(DAHUA, streams=streams) as running:
        code = called("probe", *login(running, password), "--seconds", "2.3", "--lang", "en")
        text = capsys.readouterr().out
        assert 1 == code
        assert "Camera at 127.0.0.1: Dahua IPC-HFW2431S" in text
        assert f"For detection: stream 2 {DAHUA.encoders[1].name}" in text
        assert f"For evidence: stream 1 {DAHUA.encoders[0].name}" in text
        rows = [line.split() for line in text.splitlines() if "H.264  " in line]
        assert ["960x540", "640x360"] == [row[3] for row in rows]
        assert [">2", "1.0"] == [row[5] for row in rows]
        assert 15 < float(rows[1][4].removesuffix("/s")) < 25
        assert "pictures a second: more are decoded for nothing" in text
        assert f'source = "{streams[1]}"' in text
        assert f'evidence = "{streams[0]}"' in text
        assert PASSWORD not in text
        assert called("probe", *login(running, password), "--seconds", "0", "--json") in (0, 1)    # our clock
        facts = json.loads(capsys.readouterr().out)
    assert (1, 0) == (facts["detection"], facts["evidence"])
    assert [list(it.size) for it in DAHUA.encoders] == [
        [it["told"]["width"], it["told"]["height"]] for it in facts["streams"]]
    assert PASSWORD not in json.dumps(facts)


def test_a_stream_is_probed_without_onvif(streams: tuple[str, str], password: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    """
    Of an address that is known the stream is read, with ONVIF or without; a wrong password is said so.
    """
    code = called("probe", streams[1], "--user", USER, "--password-file", password, "--seconds", "1.3")
    text = capsys.readouterr().out
    assert 1 == code
    assert "Không có ONVIF" in text
    assert "640x360" in text
    password.write_text("wrong\n")
    assert os.EX_UNAVAILABLE == called("probe", streams[1], "--user", USER, "--password-file", password)
    assert "không đúng" in capsys.readouterr().err


@pytest.mark.parametrize("maker", DIALECTS)
def test_a_camera_is_set(maker: str, password: Path, tmp_path: Path,
                         capsys: pytest.CaptureFixture[str]) -> None:
    """
    First it is shown and nobody agreed: nothing changes. With --yes it is done and read back, the password
    last; what the camera ignores is said. The second time there is nothing to do.
    """
    new = tmp_path / "new"
    new.write_text("a-better-one-9\n")
    with camera(DIALECTS[maker]) as running:
        wanted = ("set", *login(running, password), "--time-server", "192.168.1.1", "--new-password-file",
                  new, "--lang", "en")
        before = [it.fps for it in running.encoders]
        assert os.EX_USAGE == called(*wanted)
        assert (before, PASSWORD) == ([it.fps for it in running.encoders], running.password)
        capsys.readouterr()
        code = called(*wanted, "--yes")
        text = capsys.readouterr().out
        assert "a-better-one-9" == running.password
        assert (8, "192.168.1.1", True) == (running.encoders[1 if maker != "xiongmai" else 0].fps,
                                            running.time_server, running.by_server)
        assert before[0] == running.encoders[0].fps or maker == "xiongmai"
        assert (1 if running.dialect.ignores else 0) == code
        assert ("NOT DONE" in text) == bool(running.dialect.ignores)
        assert "a-better-one-9" not in text
        again = called("set", *login(running, new), "--time-server", "192.168.1.1", "--yes", "--lang", "en")
        assert ("nothing to change" in capsys.readouterr().out) == (not running.dialect.ignores)
        assert again == code


def test_a_password_that_anybody_would_try(password: Path, tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    """
    It is refused before anything is sent; one that is there already is told of.
    """
    new = tmp_path / "new"
    with camera(UNIVIEW, password="admin123") as running:
        for weak in ("short", "admin123", "12345678\t"):
            new.write_text(f"{weak}\n")
            assert os.EX_USAGE == called("set", *login(running, password), "--yes", "--new-password-file",
                                         new)
        assert [] == running.asked
        password.write_text("admin123\n")
        assert 1 == called("probe", *login(running, password), "--seconds", "0", "--lang", "en")
        assert "has a password that cameras are sold with" in capsys.readouterr().out


def test_cameras_are_found(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Each with number, address and what it calls itself; 1 and what to do where none answers.
    """
    scopes = "onvif://www.onvif.org/name/Gate onvif://www.onvif.org/hardware/DS-2CD"
    with answering(lambda id_: probe_match(id_, "http://127.0.0.1:8899/onvif/service", scopes)) as port:
        monkeypatch.setattr(camera_command, "find_cameras", partial(find_cameras, port=port))
        assert os.EX_OK == called("find", "127.0.0.1", "--seconds", "0.5", "--lang", "en")
        assert "1. 127.0.0.1:8899  Gate, DS-2CD" in capsys.readouterr().out
        assert os.EX_OK == called("find", "127.0.0.1", "--seconds", "0.5", "--json")
        assert 8899 == json.loads(capsys.readouterr().out)[0]["port"]
    assert 1 == called("find", "127.0.0.1", "--seconds", "0.2")
    assert "Bật ONVIF" in capsys.readouterr().out


def test_a_snapshot_is_masked_and_goes_into_no_file(
        streams: tuple[str, str], password: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A JPEG into a pipe, black where the config's mask is, also when the camera is named by its address, and
    where it is another stream of that host under another name.
    """
    config = tmp_path / "edge.toml"
    config.write_text(f"""
[box]
ward = "phuong-5"
group = "to-12"
id = "hop-01"
[mqtt]
host = "127.0.0.1"
[cameras.gate]
source = "{streams[1]}"
username = "{USER}"
password_file = "{password}"
masks = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]
""", encoding="utf-8")
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        other = streams[0].replace("127.0.0.1", "localhost")
        for which in (["gate"], [streams[1]], [other, "--user", USER, "--password-file", password]):
            with os.fdopen(os.dup(writing), "w") as output:
                monkeypatch.setattr("sys.stdout", output)
                assert os.EX_OK == called("snapshot", *which, "--config", config)
        os.close(writing)
        content = pipe.read()
    pictures = content.split(b"\xff\xd8\xff")[1:]
    for each, (width, height) in zip(pictures, (SUB_PX, SUB_PX, MAIN_PX), strict=True):
        pixels = np.asarray(Image.open(io.BytesIO(b"\xff\xd8\xff" + each)).convert("L"))
        assert (height, width) == pixels.shape
        assert pixels[:, :width // 2 - 20].max() < 30 < pixels[:, width // 2 + 20:].min()
    with (tmp_path / "picture.jpg").open("w") as output:
        monkeypatch.setattr("sys.stdout", output)
        assert os.EX_USAGE == called("snapshot", "gate", "--config", config)
    assert b"" == (tmp_path / "picture.jpg").read_bytes()


@pytest.mark.parametrize(("which", "code", "text"), [
    ("/dev/video0", os.EX_USAGE, "names no camera"), ("rtsp://u:s3cret@", os.EX_USAGE, "names no camera"),
    ("file:///etc/passwd", os.EX_USAGE, "names no camera"), ("a b", os.EX_USAGE, "names no camera"),
    ("http://127.0.0.1:1", os.EX_UNAVAILABLE, "nothing listens at that port")])
def test_what_is_no_camera(which: str, code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line, without a password that was typed into it.
    """
    assert code == called("set", which, "--yes", "--lang", "en")
    error = capsys.readouterr().err
    assert text in error
    assert "s3cret" not in error


def test_a_wrong_password_is_one_try(password: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Told in the reader's language, with what to do, and tried once.
    """
    password.write_text("wrong\n")
    with camera(HIKVISION) as running:
        assert os.EX_UNAVAILABLE == called("probe", *login(running, password))
        assert "khóa tài khoản" in capsys.readouterr().err
        assert running.refused <= 2
    with camera(XIONGMAI) as running:
        running.encoders.clear()
        assert os.EX_UNAVAILABLE == called("set", *login(running, password), "--lang", "en")
        assert "has no video stream set up" in capsys.readouterr().err
