"""Sources that are no video, or only partly one: one line each, and never a crash."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from tests.media import make_clip, moving_block


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "block.mp4", moving_block(130), gop=20)


def _play(source: Path, stats: CameraStats | None = None) -> int:
    with open_stream("yard", CameraSettings(source=str(source), fps=60), live=False, stats=stats) as stream:
        return len(list(stream))


def _picture_data(whole: bytes) -> slice:
    """Where an MP4 keeps its pictures: the content of `mdat`."""
    at = whole.index(b"mdat") + 4
    return slice(at, whole.index(b"moov") - 4 if whole.index(b"moov") > at else len(whole))


def _garbled(whole: bytes) -> bytes:
    data = _picture_data(whole)
    length = int(data.stop) - int(data.start)
    return whole[:data.start] + b"\xa5" * length + whole[data.stop:]


def _playlist(_: bytes) -> bytes:
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(("name", "content", "found"), [
    ("empty.mp4", lambda whole: b"", "not a video that can be read"),
    ("text.mp4", lambda whole: b"hello, police\n" * 100, "not a video that can be read"),
    ("text.txt", lambda whole: b"hello, police\n" * 100, "not a video that can be read"),
    ("cut.mp4", lambda whole: whole[:len(whole) // 2], "not a video that can be read"),
    ("list.m3u8", _playlist, "not a video that can be read"),
    ("concat.mp4", lambda whole: b"ffconcat version 1.0\nfile other.mp4\n", "not a video that can be read"),
    ("codec.mp4", lambda whole: whole.replace(b"avc1", b"zzz1"), "no video in it that can be decoded"),
    ("garbled.mp4", _garbled, "no picture in it can be decoded"),
])
def test_what_is_no_video_is_told(tmp_path: Path, clip: Path, name: str,
                                  content: Callable[[bytes], bytes], found: str) -> None:
    """
    Text, nothing, half a file, a playlist of other addresses, a codec nobody knows and garbage are told.
    """
    source = tmp_path / name
    source.write_bytes(content(clip.read_bytes()))

    with pytest.raises(CameraError) as told:
        _play(source)

    assert str(told.value).startswith(f"camera 'yard': {source}: ")
    assert found in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("source", "found"), [
    ("/nowhere/a.mp4", "no such file"),
    ("/dev/video987", "no such file"),
    (".", "is a folder"),
])
def test_what_is_not_there_is_told(source: str, found: str) -> None:
    """
    A missing file, a missing USB camera and a folder are named as such.
    """
    with pytest.raises(CameraError, match=f"camera 'yard': {source}: .*{found}; "):
        _play(Path(source))


def test_a_title_in_another_encoding_is_no_fault(tmp_path: Path, clip: Path) -> None:
    """
    Metadata that is no UTF-8, as old cameras write it, does not keep the pictures away.
    """
    whole = clip.read_bytes()
    assert whole.count(b"Lavf") == 1
    source = tmp_path / "latin.mp4"
    source.write_bytes(whole.replace(b"Lavf", b"\xe9\xe8t\xe9"))

    assert 130 == _play(source)


def test_damage_in_the_middle_is_passed_over(tmp_path: Path, clip: Path) -> None:
    """
    A file with garbage in its middle plays on after it; the damage is counted, no smeared picture passes.
    """
    whole = bytearray(clip.read_bytes())
    data = _picture_data(bytes(whole))
    middle = (data.start + data.stop) // 2
    whole[middle:middle + 2000] = b"\xa5" * 2000
    source = tmp_path / "damaged.mp4"
    source.write_bytes(whole)
    stats = CameraStats()

    played = _play(source, stats)

    assert stats.damaged > 0
    assert 80 <= played < 130
    assert played == stats.decoded


def test_a_recording_cut_short_plays_to_the_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Half a Matroska file, as a power cut leaves it, gives its first half and then ends.
    """
    caplog.set_level(logging.WARNING)
    whole = make_clip(tmp_path / "whole.mkv", moving_block(60)).read_bytes()
    source = tmp_path / "cut.mkv"
    source.write_bytes(whole[:len(whole) // 2])

    assert 20 <= _play(source) <= 40


@pytest.mark.parametrize(("content", "found"), [
    (None, "No such file or directory"), (b"", "its first line is empty"), (b"\n", "its first line is empty"),
    (b"\xff\xfe\x00", "it is not UTF-8 text"),
])
def test_a_bad_password_file_is_told(tmp_path: Path, content: bytes | None, found: str) -> None:
    """
    A password file that is missing, empty or no text is named, before the camera is tried.
    """
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    settings = CameraSettings(source="rtsp://127.0.0.1:9/cam", username="cam", password_file=path)

    with pytest.raises(CameraError, match=f"camera 'gate': password_file {path}: .*{found}"):
        open_stream("gate", settings, live=True)
